"""Which sentences to show, and whether to answer at all: two small trained models over a few dozen clues.

The sentences of one question compete: a softmax over their weighted clues gives each the probability that it holds the
answer (ListNet's top-one probability; Cao et al., Learning to Rank: From Pairwise Approach to Listwise Approach, 2007).
Small decision trees, whose log odds add up (gradient boosting; Friedman, Greedy Function Approximation, 2001), give the
probability that the answer is there at all, from the question, its best sentences and its hits.
Both are trained by tests/benchmarks/train_sentences.py; the weights, weights/sentences.json, are for clues as they come
(not standardised), so that a sentence's score is their plain sum and each can be read off.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp
from typing import Any

from retrieval.asking import Asked
from retrieval.clues import Candidate, is_year
from retrieval.evidence import evidence
from retrieval.expecting import expected
from retrieval.kinds import MEASURES
from retrieval.types import Hit

# Kept when none of the best three sentences has the measure (an age, a price, …), the counted noun or the person's name
# that is asked for.
UNTYPED = 0.6
OTHER_YEAR = 0.35  # kept when the best sentence names a year, and neither it nor its passage the one asked about

# (clue, most it may be for the left side, left side, right side), a side being another tree or log odds
Tree = Sequence[Any] | float


@dataclass(frozen=True, slots=True)
class Weights:
    """The trained weights."""

    sentence: Mapping[str, float]  # of each clue
    answer: Sequence[Tree] = ()


@lru_cache(maxsize=1)
def weights() -> Weights:
    """The weights that the package ships."""
    raw = json.loads(files("retrieval").joinpath("weights/sentences.json").read_text(encoding="utf-8"))
    return Weights(raw["sentence"], raw["answer"])


def rank(found: Sequence[Candidate], model: Weights | None = None) -> list[Candidate]:
    """The candidates, best first, each with its score and its probability; of a text that stands twice, the first."""
    known = model or weights()
    distinct = list({c.text: c for c in reversed(found)}.values())
    for c in distinct:
        c.score = sum(w * c.clues[name] for name, w in known.sentence.items())
    best = max((c.score for c in distinct), default=0.0)
    total = sum(exp(c.score - best) for c in distinct)
    for c in distinct:
        c.chance = exp(c.score - best) / total
    return sorted(distinct, key=lambda c: (-c.score, c.hit, c.start))


def answerable(asked: Asked, ranked: Sequence[Candidate], hits: Sequence[Hit], model: Weights | None = None) -> float:
    """The probability that the hits hold an answer."""
    known = model or weights()
    clues = evidence(asked, ranked, hits)
    score = sum(leaf(tree, clues) for tree in known.answer)
    lacking = ["uncounted"]
    if asked.kinds & MEASURES:
        lacking.append("untyped")
    if (wanted := expected(asked.text)).focus and wanted.types == {"person"}:
        lacking.append("unnamed")
    unfit = any(clues[f"three_{name}"] for name in lacking)
    doubts = (UNTYPED if unfit else 1.0) * (OTHER_YEAR if _of_another_year(ranked[0]) else 1.0)
    return doubts / (1 + exp(-max(-30.0, min(30.0, score))))


def _of_another_year(best: Candidate) -> bool:
    """Whether a sentence is about a year, while its passage, title and date do not hold the one that is asked about."""
    return best.clues["other_year"] > 0 and not any(v for t, v in best.around.items() if is_year(t))


def leaf(tree: Tree, clues: Mapping[str, float]) -> float:
    """What a tree says of some clues."""
    while not isinstance(tree, float):
        name, most, left, right = tree
        tree = left if clues[name] <= most else right
    return tree
