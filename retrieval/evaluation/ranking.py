"""Measures of a ranked list, from which of its entries are relevant (best first) and how many relevant ones exist.

Relevance is yes or no. The definitions are those of trec_eval (as ir-measures calls them: R@k, RR@k, nDCG@k), which the
tests compare them with; ir-measures itself is no dependency, as it brings scipy (100 MB) for three sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2


def recall(relevant: Sequence[bool], total: int, k: int) -> float:
    """The share of the relevant entries that stand among the first k, 0 to 1."""
    return sum(relevant[:k]) / total


def reciprocal_rank(relevant: Sequence[bool], k: int) -> float:
    """One over the rank of the first relevant entry; 0 where none stands among the first k."""
    return next((1 / rank for rank, good in enumerate(relevant[:k], 1) if good), 0.0)


def ndcg(relevant: Sequence[bool], total: int, k: int) -> float:
    """Normalised discounted cumulative gain, 0 to 1 (Järvelin & Kekäläinen, TOIS 2002; discount log2(rank + 1))."""
    gained = sum(1 / log2(rank + 1) for rank, good in enumerate(relevant[:k], 1) if good)
    return gained / sum(1 / log2(rank + 1) for rank in range(1, min(k, total) + 1))
