"""The best candidates of the word index, ranked again by what BM25 does not see.

A linear model over a dozen explainable measures of a candidate: its BM25 score, how close together the question's words
stand (Tao & Zhai, An Exploration of Proximity Measures in Information Retrieval, 2007; word pairs in order as in
Metzler & Croft, A Markov Random Field Model for Term Dependencies, 2005), what its best sentence covers, whether names
and numbers are there, words spelt exactly as asked, words spelt alike, and what else was found under its heading. The
weights are learnt by listwise softmax regression (Cao et al., Learning to Rank: From Pairwise to Listwise Approach,
2007) on PIAF dev, cross-validated by article: tests/benchmarks/train_ranking.py, which prints WEIGHTS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from math import log

from retrieval.analysis import fold, stem, terms_with_offsets
from retrieval.asking import GENERIC, GENERIC_SHARE, names_and_numbers
from retrieval.lexicon import related

DEPTH = 40  # candidates that are ranked again
K1, B, MEAN_LENGTH = 1.2, 0.75, 90  # of BM25; terms of a usual passage
USUAL_RARITY = 5.0  # of a word of a heading that is not asked with
GAP = 3  # words of two sentences are not close
TIMELY = 3.0  # what being of the time that is asked about adds to the learnt score; chosen on the dated news questions
SPREAD = 12.0  # difference of learnt scores that takes a hit's score from the best one's to nothing
SHORTEST_ALIKE = 4  # letters
LEAST_ALIKE = 0.4  # Dice coefficient of letter trigrams from which two words count as spelt alike
_GENERIC = GENERIC | {"combien"}

WEIGHTS: dict[str, float] = {
    "bm25": 0.093,
    "relative": 3.953,
    "body": -0.305,
    "exact": 0.149,
    "heading": -0.096,
    "heading_share": 0.962,
    "sentence": 1.439,
    "similar": 4.363,
    "near": 2.431,
    "ordered": 1.168,
    "anchors": 0.980,
    "anchors_missing": -0.070,
    "missing": -0.171,
    "missing_most": 0.053,
    "length": -0.906,
    "group": 0.807,
    "group_best": 0.560,
    "group_more": 0.116,
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the index knows of an entry: its words by sentence and its heading's, folded, stop words left out."""

    group: str  # entries with the same heading, or of one article without heading
    score: float  # BM25's
    sentences: tuple[tuple[str, ...], ...]
    heading: tuple[str, ...]
    timely: float = 0.0  # how well it fits the time that is asked about: 1 where it was published then


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's words, by term, and what each counts for."""

    rarity: Mapping[str, float]  # in the order of the question
    weight: Mapping[str, float]  # rarity, words that name the kind of answer counting less
    spelt: Mapping[str, str]  # the word as typed, folded
    anchors: frozenset[str]  # names and numbers


def asked(question: str, rarity: Callable[[str], float], dated: str | None = None) -> Asked:
    """What a question asks with; the words of its date, where that is looked at by itself, are left out."""
    if dated:
        question = question.replace(dated, " " * len(dated), 1)
    words = terms_with_offsets(question)
    rare = {t: rarity(t) for t, _, _ in words}
    return Asked(
        rare,
        {t: v * (GENERIC_SHARE if t in _GENERIC else 1.0) for t, v in rare.items()},
        {t: fold(question[s:e]) for t, s, e in words},
        names_and_numbers(question),
    )


def scores(question: Asked, candidates: Sequence[Candidate]) -> list[float]:
    """A score for each candidate, the best one's as BM25 has it: comparable within the list."""
    if not candidates or not question.rarity:
        return [c.score for c in candidates]
    learnt = [
        sum(WEIGHTS[name] * value for name, value in f.items()) + TIMELY * c.timely
        for f, c in zip(features(question, candidates), candidates, strict=True)
    ]
    best, top = max(learnt), max(c.score for c in candidates)
    return [top * max(0.0, 1 + (value - best) / SPREAD) for value in learnt]


def features(question: Asked, candidates: Sequence[Candidate]) -> list[dict[str, float]]:
    """The measures of each candidate, by name."""
    rare, weight, total = question.rarity, question.weight, sum(question.rarity.values()) or 1.0
    weighed = sum(weight.values()) or 1.0
    anchored = sum(rare[t] for t in question.anchors)
    top = max((c.score for c in candidates), default=1.0) or 1.0
    order = list(rare)
    found: list[dict[str, float]] = []
    covered: list[set[str]] = []
    ranks: dict[str, list[float]] = {}
    vocabulary = set(chain.from_iterable(chain.from_iterable(c.sentences) for c in candidates))
    vocabulary.update(chain.from_iterable(c.heading for c in candidates))
    stems = dict(zip(vocabulary, map(stem, vocabulary), strict=True))
    means = {w: t for w, t in stems.items() if t in rare}  # words of the candidates that the question asks with
    alike = _alike(order, stems)
    any_alike = frozenset(chain.from_iterable(alike.values()))
    for c in candidates:
        at: dict[str, list[int]] = {}
        spelt, size, in_sentence = dict[str, int](), 0, 0.0
        heading = {means[w] for w in c.heading if w in means}
        head = sum(weight[t] for t in heading)
        for number, sentence in enumerate(c.sentences):
            if here := means.keys() & sentence:
                matched = {means[w] for w in here} - heading
                in_sentence = max(in_sentence, sum(weight[t] for t in matched))
                for place, word in enumerate(sentence, size + GAP * number):
                    if word in here:
                        at.setdefault(means[word], []).append(place)
                        spelt[word] = spelt.get(word, 0) + 1
            size += len(sentence)
        norm = K1 * (1 - B + B * size / MEAN_LENGTH)
        held = heading.union(at)
        body = sum(rare[t] * (K1 + 1) * len(p) / (len(p) + norm) for t, p in at.items())
        exact = sum(rare[t] * (K1 + 1) * spelt[w] / (spelt[w] + norm) for t, w in question.spelt.items() if w in spelt)
        near, ordered = _proximity(order, at, rare)
        similar = sum(weight[t] for t in held)
        if len(held) < len(order):
            own = any_alike.intersection(chain.from_iterable(c.sentences))
            for term in order:
                if term not in held and alike[term]:
                    similar += weight[term] * max((alike[term][w] for w in alike[term].keys() & own), default=0.0)
        named = sum(rare[t] for t in heading)
        missing = [rare[t] for t in order if t not in held]
        found.append(
            {
                "bm25": c.score,
                "relative": c.score / top,
                "body": body,
                "exact": exact,
                "heading": named,
                "heading_share": named / (named + USUAL_RARITY * (len({*c.heading}) - len(heading)) or 1.0),
                "sentence": (in_sentence + head) / weighed,
                "similar": similar / weighed,
                "near": near / total,
                "ordered": ordered / total,
                "anchors": sum(rare[t] for t in question.anchors & held) / anchored if anchored else 0.0,
                "anchors_missing": sum(rare[t] for t in question.anchors - held),
                "missing": sum(weight[t] for t in order if t not in held),
                "missing_most": max(missing, default=0.0),
                "length": log(1 + size),
            }
        )
        covered.append(held.intersection(rare))
        ranks.setdefault(c.group, []).append(c.score / top)
    together: dict[str, set[str]] = {}
    for c, held in zip(candidates, covered, strict=True):
        together.setdefault(c.group, set()).update(held)
    for c, f in zip(candidates, found, strict=True):
        others = sorted(ranks[c.group], reverse=True)
        others.remove(c.score / top)
        f["group"] = sum(weight[t] for t in together[c.group]) / weighed
        f["group_best"] = others[0] if others else 0.0
        f["group_more"] = sum(others[:3])
    return found


def _proximity(order: Sequence[str], at: Mapping[str, list[int]], rare: Mapping[str, float]) -> tuple[float, float]:
    """How close the question's words stand, and how much of it stands word behind word."""
    near = ordered = 0.0
    for i, a in enumerate(order):
        if a not in at:
            continue
        for j in range(i + 1, len(order)):
            b = order[j]
            if b not in at:
                continue
            least = min(abs(x - y) for x in at[a] for y in at[b])
            near += min(rare[a], rare[b]) / least
            if j == i + 1 and least == 1 and any(x + 1 in at[b] for x in at[a]):
                ordered += (rare[a] + rare[b]) / 2
    return near, ordered


def _alike(order: Sequence[str], stems: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """For each of the question's terms, the words spelt much like it (typos, compounds, forms), or of one meaning."""
    found: dict[str, dict[str, float]] = {term: {} for term in order}
    begun: dict[str, list[str]] = {}
    for term in order:
        if len(term) >= SHORTEST_ALIKE:
            begun.setdefault(term[0], []).append(term)
    others: dict[str, list[tuple[str, float]]] = {}
    for term in order:
        for item, strength in related(term).items():
            if len(item) == 1:
                others.setdefault(item[0], []).append((term, strength))
    for word, own in stems.items():
        first = word[0]
        if first in begun and len(word) >= SHORTEST_ALIKE and not first.isdigit():
            for term in begun[first]:
                if abs(len(word) - len(term)) <= 6 and (v := _dice(term, own)) >= LEAST_ALIKE:
                    found[term][word] = v
        if own in others:
            for term, strength in others[own]:
                found[term][word] = max(strength, found[term].get(word, 0.0))
    return found


@lru_cache(maxsize=100_000)
def _trigrams(word: str) -> frozenset[str]:
    return frozenset(word[i : i + 3] for i in range(len(word) - 2))


def _dice(a: str, b: str) -> float:
    x, y = _trigrams(a), _trigrams(b)
    return 2 * len(x & y) / (len(x) + len(y) or 1)
