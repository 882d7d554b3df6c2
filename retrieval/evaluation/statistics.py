"""Intervals and tests for scores of one set of questions: how far they may be chance.

Intervals are percentile bootstraps over questions (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13):
a resample draws as many questions as there are, with replacement, and two runs are compared on the same draws. Tests
are exact or by permutation, and take the pairs that the questions make. scipy has the same; numpy, which the store
brings along, suffices, and scipy is 100 MB: the tests compare with it where it is installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import comb

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEVEL = 0.95  # of all intervals
RESAMPLES = 2_000
PERMUTATIONS = 10_000
SEED = 20_250_617
_BLOCK = 1_000  # permutations at a time
_ENOUGH = 0.95  # of the resamples that must have a value


def draws(questions: int, resamples: int = RESAMPLES, seed: int = SEED) -> Floats:
    """How often each question is drawn in each resample: a row a resample, a column a question."""
    drawn = np.random.default_rng(seed).multinomial(questions, np.full(questions, 1 / questions), resamples)
    return drawn.astype(np.float64)


def interval(values: Floats) -> tuple[float, float] | None:
    """The middle LEVEL of the resamples' values; None where too many of them have none."""
    known = values[~np.isnan(values)]
    if not len(values) or len(known) < _ENOUGH * len(values):
        return None
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def bound(value: float, questions: int) -> tuple[float, float]:
    """The interval of a share that is 0 or 1 of so many questions, where each resample says the same as all.

    Exact (Clopper & Pearson, Biometrika 1934): of 15 questions without a failure, up to 22 % may fail.
    """
    reach = 1 - ((1 - LEVEL) / 2) ** (1 / questions)
    return (0.0, reach) if value == 0 else (1 - reach, 1.0)


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided p of the exact test of McNemar: as many or more pairs that changed one way, were both ways as likely.

    Binomial on the pairs that changed (McNemar, Psychometrika 1947; Dietterich, Neural Computation 1998).
    """
    changed = gained + lost
    tail = sum(comb(changed, k) for k in range(min(gained, lost) + 1))
    return float(min(1.0, 2 * tail / 2**changed))


def swaps(questions: int, permutations: int = PERMUTATIONS, seed: int = SEED) -> Iterator[Floats]:
    """Which questions change sides in each permutation, 0 or 1: a row a permutation, a column a question; in blocks."""
    chance = np.random.default_rng(seed)
    for start in range(0, permutations, _BLOCK):
        yield chance.integers(0, 2, (min(_BLOCK, permutations - start), questions), np.int8).astype(np.float64)


def permuted(difference: float, others: Floats) -> float:
    """Two-sided p of a paired permutation test: how often a difference as large comes of swapping sides by chance.

    Noreen 1989; (count + 1) / (permutations + 1), so that it is never 0 (Phipson & Smyth 2010).
    """
    others = others[~np.isnan(others)]
    return float((np.sum(np.abs(others) >= abs(difference) - 1e-12) + 1) / (len(others) + 1))


def holm(values: Mapping[str, float], weights: Mapping[str, float] | None = None) -> dict[str, float]:
    """The p of several tests, each raised so that one false alarm among all is as rare as asked.

    Holm, Scandinavian Journal of Statistics 1979, with his weights: a test of a larger one is raised less.
    """
    weight = {name: (weights or {}).get(name, 1.0) for name in values}
    adjusted: dict[str, float] = {}
    highest, left = 0.0, sum(weight.values())
    for name in sorted(values, key=lambda name: values[name] / weight[name]):
        highest = max(highest, min(1.0, values[name] * left / weight[name]))
        adjusted[name] = highest
        left -= weight[name]
    return adjusted
