"""How far a judge agrees with labels given by hand: Cohen's kappa and raw agreement, with intervals.

Kappa (Cohen, Educational and Psychological Measurement 1960) is the agreement beyond chance, (po - pe) / (1 - pe), with
po the share of labels that are the same and pe the share that would be by chance at both sides' frequencies. The
intervals are bootstraps over cases, so that the statements of one case stay together (see `statistics`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.evaluation.statistics import Floats, bound, draws, interval

KAPPA_LEAST = 0.6  # "substantial" begins above .6 for Landis & Koch, Biometrics 1977
Pair = tuple[object, object]  # the label given by hand, and the judge's; None where it gave none


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of so many `labels` in so many `cases`: kappa and the share that is the same, with the limits of their intervals.

    Kappa is None where all labels and all judgements are one and the same: chance alone agrees then.
    """

    cases: int
    labels: int
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    same: float
    same_low: float | None
    same_high: float | None

    @property
    def suffices(self) -> bool:
        """Whether a judge that agrees so may be used."""
        return self.kappa is not None and self.kappa >= KAPPA_LEAST


def agreement(cases: Sequence[Sequence[Pair]]) -> Agreement:
    """The agreement over the pairs of labels of each case. A judgement that is missing agrees with nothing."""
    cases = [pairs for pairs in cases if pairs]
    if not cases:
        raise ValueError("there is no label to agree with")
    names = list(dict.fromkeys(name for pairs in cases for pair in pairs for name in pair))
    tables = np.zeros((len(cases), len(names), len(names)))
    for at, pairs in enumerate(cases):
        for label, judged in pairs:
            tables[at, names.index(label), names.index(judged)] += 1
    whole, resampled = tables.sum(axis=0, keepdims=True), np.tensordot(draws(len(cases)), tables, axes=1)
    same, kappa = (float(values[0]) for values in _measures(whole))
    of_same, of_kappa = _measures(resampled)
    low, high = (bound(same, len(cases)) if same in (0.0, 1.0) else interval(of_same)) or (None, None)
    kappa_low, kappa_high = interval(of_kappa) or (None, None)
    known = None if np.isnan(kappa) else kappa
    return Agreement(len(cases), int(whole.sum()), known, kappa_low, kappa_high, same, low, high)


def _measures(tables: Floats) -> tuple[Floats, Floats]:
    """The share that is the same, and kappa (NaN where chance alone agrees), of each table of label by judgement."""
    totals = tables.sum(axis=(1, 2))
    same = np.trace(tables, axis1=1, axis2=2) / totals
    chance = np.sum(tables.sum(axis=1) * tables.sum(axis=2), axis=1) / totals**2
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa = np.where(chance < 1, (same - chance) / (1 - chance), np.nan)
    return same, kappa
