"""How far the confidence of answers can be believed: of those that are 80 % sure, are 80 % right?

A reliability diagram (Murphy & Winkler, Applied Statistics 1977) in bins of equal mass, which estimate the calibration
error with less bias than bins of equal width (Roelofs et al., AISTATS 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.evaluation.statistics import LEVEL, RESAMPLES, SEED, Floats, interval

_BINS = 10  # at most; as many as the square root of the answers where that is less
_Z = 1.959963984540054  # of the normal distribution, for LEVEL


def reliability(confidences: Sequence[float], right: Sequence[bool]) -> dict[str, Any] | None:
    """The bins with their counts, the Brier score and the expected calibration error; None without an answer.

    Confidences are 0 to 1. `brier` is the mean squared error (Brier, Monthly Weather Review 1950), with its bootstrap
    interval. `ece` is the mean gap of the bins, by their mass (Naeini, Cooper & Hauskrecht, AAAI 2015); `by_chance` is
    what it would be were each confidence the true chance of being right, on average and at most (in 95 % of draws), as
    few answers always leave gaps (Bröcker & Smith, Weather and Forecasting 2007). The interval of a bin's share is
    Wilson's (JASA 1927).
    """
    if not confidences:
        return None
    sure, hit = np.array(confidences, dtype=np.float64), np.array(right, dtype=np.float64)
    bins = _bins(sure)
    chance = np.random.default_rng(SEED)
    drawn = np.array([_error(sure, (chance.random(len(sure)) < sure).astype(np.float64), bins)
                      for _ in range(RESAMPLES)])  # fmt: skip
    squared = (sure - hit) ** 2
    means = squared[chance.integers(0, len(sure), (RESAMPLES, len(sure)))].mean(axis=1)
    low, high = interval(means) or (None, None)
    return {
        "answers": len(sure),
        "right": float(hit.mean()),
        "confidence": float(sure.mean()),
        "brier": {"value": float(squared.mean()), "low": low, "high": high},
        "ece": {
            "value": _error(sure, hit, bins),
            "by_chance": {"mean": float(drawn.mean()), "high": float(np.quantile(drawn, LEVEL))},
        },
        "bins": [_bin(sure[bins == b], hit[bins == b]) for b in np.unique(bins)],
    }


def _bins(sure: Floats) -> NDArray[np.intp]:
    """Which bin each answer falls into; answers that are equally sure fall into the same."""
    count = max(1, min(_BINS, isqrt(len(sure))))
    edges = np.quantile(sure, np.linspace(0, 1, count + 1)[1:-1])
    return np.searchsorted(edges, sure, side="right")


def _error(sure: Floats, hit: Floats, bins: NDArray[np.intp]) -> float:
    return float(np.abs(np.bincount(bins, sure - hit)).sum() / len(sure))


def _bin(sure: Floats, hit: Floats) -> dict[str, float]:
    low, high = wilson(float(hit.sum()), len(hit))
    return {
        "low": float(sure.min()), "high": float(sure.max()), "answers": len(sure), "confidence": float(sure.mean()),
        "right": float(hit.mean()), "right_low": low, "right_high": high,
    }  # fmt: skip


def wilson(count: float, of: int) -> tuple[float, float]:
    """The interval of a share of so many (Wilson, JASA 1927)."""
    share, spread = count / of, _Z**2 / of
    middle = share + spread / 2
    reach = _Z * np.sqrt(share * (1 - share) / of + spread / of / 4)
    return float(max(0.0, (middle - reach) / (1 + spread))), float(min(1.0, (middle + reach) / (1 + spread)))
