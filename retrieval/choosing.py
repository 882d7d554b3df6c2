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
from itertools import pairwise
from math import exp
from typing import Any

from retrieval.analysis import terms, terms_with_offsets
from retrieval.asking import Asked
from retrieval.clues import Candidate, heading, is_year
from retrieval.kinds import MEASURES
from retrieval.types import Hit

ELSEWHERE = 0.5  # strength of a term that only the rest of the article holds
LONGEST_READ = 20_000  # characters of an article looked at for that
UNTYPED = 0.35  # kept when a measure is asked for (an age, a price, …) and none of the best three sentences has one
OTHER_YEAR = 0.35  # kept when the best sentence names a year, and neither it nor its passage the one asked about
NO_OTHER = 5.0  # how far the best sentence leads where all are of one article
# Clues of the best sentence, and maxima over all, that the probability of an answer is read from.
OF_BEST = ("own", "rough", "lacking", "rarest_near", "names_near")
OF_ALL = ("own", "rough", "support", "names_near", "pairs")

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
    untyped = bool(asked.kinds & MEASURES) and all(c.clues["untyped"] for c in ranked[:3])
    doubts = (UNTYPED if untyped else 1.0) * (OTHER_YEAR if _of_another_year(ranked[0]) else 1.0)
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


def evidence(asked: Asked, ranked: Sequence[Candidate], hits: Sequence[Hit]) -> dict[str, float]:
    """What tells whether there is an answer."""
    best = ranked[0]
    total = sum(asked.weights.values()) or 1.0
    found = {f"best_{name}": best.clues[name] for name in OF_BEST}
    found |= {f"most_{name}": max(c.clues[name] for c in ranked) for name in OF_ALL}
    found["bm25"] = hits[0].score / total
    found["support"] = sum(w * v for w, v in zip(asked.weights.values(), _article(asked, best), strict=True)) / total
    named = len(asked.anchors) or 1
    found["nameless"] = float(not asked.anchors)
    found["unknown_names"] = len(asked.anchors & asked.unknown) / named
    found["absent_names"] = min(sum(not c.around[t] for t in asked.anchors) for c in ranked[:5]) / named
    others = [c.score for c in ranked if c.article.title != best.article.title]
    found["lead"] = best.score - max(others, default=best.score - NO_OTHER)  # over what is said elsewhere
    found["best_score"], found["best_chance"] = best.score, best.chance
    elsewhere = next((h.score for h in hits if h.article.title != hits[0].article.title), 0.0)
    found["bm25_lead"] = (hits[0].score - elsewhere) / total
    found["one_title"] = sum(h.article.title == hits[0].article.title for h in hits) / len(hits)
    found["terms"], found["names"] = float(len(asked.weights)), float(len(asked.anchors))
    found["whole_names"] = _whole_names(asked, hits)
    found["untyped_three"] = min(c.clues["untyped"] for c in ranked[:3])
    found["untyped_measure"] = found["untyped_three"] * bool(asked.kinds & MEASURES)
    typed = [c for c in ranked if not c.clues["untyped"]]
    for name in ("rough", "own"):  # how much less of the question is said where the kind that is asked for stands
        found[f"typed_{name}_gap"] = found[f"most_{name}"] - max((c.clues[name] for c in typed), default=0.0)
    found["typed_measure_gap"] = found["typed_own_gap"] * bool(asked.kinds & MEASURES)
    found["near_three"] = max(c.clues["near"] for c in ranked[:3])
    found["own_three"] = max(c.clues["own"] for c in ranked[:3])
    return found


def _article(asked: Asked, best: Candidate) -> list[float]:
    """How well the best sentence's passage, heading and (by ELSEWHERE) article hold each term."""
    strengths = [best.around[t] for t in asked.weights]
    if not all(strengths):
        rest = frozenset(terms(best.article.text[:LONGEST_READ]))
        strengths = [v or ELSEWHERE * (t in rest) for t, v in zip(asked.weights, strengths, strict=True)]
    return strengths


def _whole_names(asked: Asked, hits: Sequence[Hit]) -> float:
    """The share of the question's names of several words that stand together somewhere in the hits; 1 without any."""
    words = [(t, s, e) for t, s, e in terms_with_offsets(asked.text) if t in asked.anchors and not t[0].isdigit()]
    pairs = {(a, b) for (a, _, end), (b, start, _) in pairwise(words) if start - end <= 1}
    if not pairs:
        return 1.0
    met: set[tuple[str, str]] = set()
    for hit in hits:
        met |= pairs & set(pairwise(terms(hit.text)))
        met |= pairs & set(pairwise(heading(hit.article.title, hit.article.published)))
    return len(met) / len(pairs)
