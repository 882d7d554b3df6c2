"""Hits → the one to three sentences that answer a question, each a verbatim slice; or none where the evidence is thin.

A sentence is scored by the share of the question's terms, weighted by rarity, that it holds itself or that stand close by
(the sentences around it, its passage, its article's title), by whether it holds what the question asks for (a number, a
date, a name, …), and by the rank of its passage. Nothing is written: what is shown is `article.text[start:end]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from retrieval.analysis import fold, terms, terms_with_offsets
from retrieval.passages import split_sentences
from retrieval.types import Article, Hit, Quote, Sentence

# What a question's term counts for where it stands. Chosen on every 8th question of PIAF.
NEAR = {"sentence": 1.0, "before": 0.6, "after": 0.4, "title": 0.6, "passage": 0.45}
PREFIX_STRENGTH = 0.7  # of a match by a shared beginning (chinois, chine) or by one letter (typos)
TYPE_BONUS = 0.2  # the sentence holds the kind of thing that is asked for
UNIT_BONUS = 0.2  # a number stands right before a word of the question
RANK_BONUS = 0.3  # for the best hit; others by their score's share of it
EARLY_BONUS = 0.03  # at the start of an article, falling to nothing at its end
FRAGMENT_MALUS = 0.2  # headings and other lines that are no sentence
KEEP = 0.5  # a further sentence is shown from this share of the best one's score
SAME = 0.8  # shared terms from which two sentences say the same
ABSTAIN_BELOW = 0.5
GENERIC_SHARE = 0.3  # of the weight of words that name the kind of answer: a text need not hold them
CARRY_LIMIT = 700  # characters a slice may grow to when the sentence before is needed


@dataclass(frozen=True, slots=True)
class Extraction:
    """Sentences found, best first; none when abstaining. `missing` are the question's words without a trace."""

    sentences: tuple[Sentence, ...]
    confidence: float  # 0..1
    missing: tuple[str, ...]


class Corpus(Protocol):
    """What is known of all that is stored; `Searcher` is one."""

    def rarity(self, term: str) -> float:
        """Inverse document frequency."""

    def holds(self, term: str) -> bool:
        """Whether the term occurs at all."""


_MONTHS = r"janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre"
_DAYS = r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
_NUMBER_WORDS = (
    r"deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|quarante|cinquante|soixante|cents?|mille"
    r"|millions?|milliards?|(?:diz|douz|quinz|vingt|trent|quarant|cinquant|cent)aines?|milliers?|moitie|tiers|quart"
)
# Kind of answer: how questions ask for it, what it looks like in a text. Both are matched on folded text.
_ASKED = {
    "age": r"\bage\b",
    "date": r"\bquand\b|\bquel(?:le)?s? (?:est la |etait la )?(?:annees?|dates?|jours?|mois|siecles?|epoques?|periode|heure)\b",
    "number": r"\bcombien\b|\bquel(?:le)?s? (?:\w+ )?(?:\w+ )?(?:nombre|distance|taille|superficie|population|prix|montant|part"
    r"|pourcentage|taux|somme|budget|volume|vitesse|hauteur|longueur|poids|duree|temperature|capacite|proportion|altitude|score)\b",
    "reason": r"\bpourquoi\b|\bquel(?:le)?s? (?:raisons?|buts?|motifs?|causes?)\b",
    "place": r"^ou\b|\bd'ou\b|\bquel(?:le)?s? (?:pays|villes?|regions?|lieux?|endroits?|communes?|departements?|iles?)\b",
    "person": r"^(?:a |de |par |pour |avec |chez )?qui\b|(?<!')\bqui (?:est|etait|a|ont|sont)\b",
}
_LOOKS = {
    "age": r"\b\d{1,3} ans\b",
    "date": rf"\b1\d{{3}}\b|\b20\d\d\b|\b(?:{_MONTHS})\b|\b(?:{_DAYS})\b|\bsiecle\b|\b\d{{1,2}} ?h\b|\bhier\b",
    "number": rf"\d|\b(?:{_NUMBER_WORDS})\b",
    "reason": r"\bparce qu|\bcar\b|\bafin\b|\ben raison\b|\ba cause\b|\bgrace a\b|\bpour\b|\bpuisqu|\bdu fait\b|\bsuite a\b",
}
_NAME = re.compile(r"(?<![.!?…»] )(?<!^)\b[A-ZÀ-Ý][\w’'-]+")
_PLACE = re.compile(r"\b(?:à|en|au|aux|dans|vers|près de|de|du|d['’])\s?(?:l[ae]s? |l['’])?([A-ZÀ-Ý][\w-]+)")
_GENERIC = frozenset(
    terms(
        """année date jour mois siècle époque période heure nombre âge raison but motif cause pays ville lieu endroit région
        nom titre type sorte genre personne gens appelle nomme situe trouve passe est-ce signifie quantité combien"""
    )
)
# How a sentence starts that is not understood without the one before.
_ORPHAN = re.compile(
    r"(?:[«\"“]\s?)?(?:ils?|elles?|ce dernier|cette derniere|ces derniers|ces dernieres|celui-ci|celle-ci|ceux-ci|celles-ci"
    r"|cet|cette|ces|ce|c'est|c'etait|cela|ceci|ca|son|sa|ses|leurs?|selon (?:lui|elle|eux)|pour (?:lui|elle|eux)|l'un|l'une"
    r"|les deux|tous deux|toutes deux|y|en outre|de plus|par ailleurs|mais|car|ainsi|a l'inverse|en revanche|toutefois"
    r"|cependant|et|or|d'ou|enfin|le meme|la meme|he|she|it|they|his|her|their|this|these)\b"
)
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class _Candidate:
    article: Article
    start: int
    end: int
    hit: int  # its rank
    score: float
    support: float  # 0..1: coverage of the question by the sentence and what stands around it
    typed: bool  # holds the kind of thing that is asked for
    found: frozenset[str]  # terms of the question in its passage or title

    @property
    def text(self) -> str:
        return self.article.text[self.start : self.end]


def extract(question: str, hits: Sequence[Hit], corpus: Corpus, most: int = 3) -> Extraction:
    """The best sentences of some hits for a question; no sentence where the confidence is too low."""
    weights = _weights(question, corpus)
    if not weights or not hits:
        return Extraction((), 0.0, _words(question, weights))
    found = sorted(_candidates(question, hits, weights, corpus), key=lambda c: -c.score)
    if not found:
        return Extraction((), 0.0, _words(question, weights))
    confidence = _confidence(found[0])
    missing = _words(question, {t: w for t, w in weights.items() if t not in found[0].found})
    if confidence < ABSTAIN_BELOW:
        return Extraction((), confidence, missing)
    return Extraction(tuple(_shown(_chosen(found, most))), confidence, missing)


def _confidence(best: _Candidate) -> float:
    return round(min(1.0, best.support * (1.0 if best.typed else 0.7)), 4)


def kinds(question: str) -> frozenset[str]:
    """What a question asks for: "number", "date", "person", "place", "reason", "age"; several or none."""
    folded = fold(question).replace("’", "'").strip(" ¿«\"")
    return frozenset(kind for kind, pattern in _ASKED.items() if re.search(pattern, folded))


def _weights(question: str, corpus: Corpus) -> dict[str, float]:
    """The question's terms with what each counts for."""
    asked = dict.fromkeys(terms(question))
    return {t: corpus.rarity(t) * (GENERIC_SHARE if t in _GENERIC else 1.0) for t in asked}


def _words(question: str, wanted: Mapping[str, float]) -> tuple[str, ...]:
    """The question's words, as typed, whose terms are wanted."""
    return tuple(dict.fromkeys(question[s:e] for t, s, e in terms_with_offsets(question) if t in wanted and t not in _GENERIC))


@lru_cache(maxsize=20_000)
def _terms(text: str) -> tuple[str, ...]:
    return tuple(terms(text))


@lru_cache(maxsize=50_000)
def _alike(asked: str, term: str, typos: bool) -> bool:
    """Whether two terms are forms of one word, or (`typos`) one letter apart."""
    if len(asked) < 5 or len(term) < 5 or asked[0].isdigit() or term[0].isdigit():
        return False
    if asked[:5] == term[:5] and abs(len(asked) - len(term)) <= 4:
        return True
    return typos and abs(len(asked) - len(term)) <= 1 and _one_edit(asked, term)


def _one_edit(a: str, b: str) -> bool:
    """Whether one letter inserted, left out or replaced, or two swapped, make one word of the other."""
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    x, y = a[at:], b[at:]
    return x[1:] == y[1:] or x[1:] == y or x == y[1:] or (x[:2] == y[1::-1] and x[2:] == y[2:])


def _candidates(question: str, hits: Sequence[Hit], weights: Mapping[str, float], corpus: Corpus) -> Iterator[_Candidate]:
    asked_kinds = kinds(question)
    total = sum(weights.values()) or 1.0
    typos = {t: not corpus.holds(t) for t in weights}
    matches: dict[str, dict[str, float]] = {}  # term of a text → what it matches, how well

    def strengths(words: Sequence[str]) -> dict[str, float]:
        best: dict[str, float] = {}
        for word in words:
            if word not in matches:
                matches[word] = {
                    t: 1.0 if t == word else PREFIX_STRENGTH for t in weights if t == word or _alike(t, word, typos[t])
                }
            for t, strength in matches[word].items():
                best[t] = max(best.get(t, 0.0), strength)
        return best

    top = max(h.score for h in hits) or 1.0
    seen: set[tuple[str, int]] = set()
    for rank, hit in enumerate(hits):
        text = hit.article.text
        spans = hit.sentences or tuple((hit.start + s, hit.start + e) for s, e in split_sentences(hit.text))
        own = [strengths(_terms(text[s:e])) for s, e in spans]
        title = strengths(_terms(hit.article.title or ""))
        passage: dict[str, float] = {}
        for strength in own:
            passage.update({t: max(v, passage.get(t, 0.0)) for t, v in strength.items()})
        for at, (start, end) in enumerate(spans):
            if (hit.article.id, start) in seen:
                continue
            seen.add((hit.article.id, start))
            places = {
                "sentence": own[at],
                "before": own[at - 1] if at else {},
                "after": own[at + 1] if at + 1 < len(own) else {},
                "title": title,
                "passage": passage,
            }
            coverage = sum(w * max(NEAR[p] * s.get(t, 0.0) for p, s in places.items()) for t, w in weights.items()) / total
            support = sum(w * max(passage.get(t, 0.0), title.get(t, 0.0)) for t, w in weights.items()) / total
            sentence = text[start:end]
            typed, unit = _holds_kind(sentence, asked_kinds, weights)
            score = (
                coverage
                + (TYPE_BONUS if typed else 0.0)
                + (UNIT_BONUS if unit else 0.0)
                + RANK_BONUS * max(0.0, hit.score) / top
                + EARLY_BONUS * (1 - start / max(1, len(text)))
                - (FRAGMENT_MALUS if _is_fragment(sentence) else 0.0)
            )
            yield _Candidate(hit.article, start, end, rank, score, support, typed or not asked_kinds,
                             frozenset(passage) | frozenset(title))  # fmt: skip


def _holds_kind(sentence: str, asked: frozenset[str], weights: Mapping[str, float]) -> tuple[bool, bool]:
    """Whether a sentence holds what is asked for and the question does not say itself; whether a unit stands behind it."""
    folded = fold(sentence)
    typed = unit = False
    for kind in asked:
        if kind in ("person", "place"):
            names = _NAME.findall(sentence) if kind == "person" else _PLACE.findall(sentence)
            typed = typed or any(t not in weights for name in names for t in _terms(name))
            continue
        for m in re.finditer(_LOOKS[kind], folded):
            if m.group() in weights:
                continue
            typed = True
            if kind in ("number", "age"):
                behind = _terms(folded[m.end() : m.end() + 40].partition(". ")[0])[:3]
                unit = unit or kind == "age" or any(t in weights for t in behind)
    return typed, unit


def _is_fragment(sentence: str) -> bool:
    return sentence[-1] not in ".!?…»\"”)" and len(sentence) < 100


def _chosen(found: Sequence[_Candidate], most: int) -> list[_Candidate]:
    """The best candidates that say different things."""
    chosen: list[_Candidate] = []
    for candidate in found:
        if len(chosen) == most or (chosen and candidate.score < KEEP * chosen[0].score):
            break
        words = frozenset(_terms(candidate.text))
        if words and not any(_same(words, frozenset(_terms(c.text))) for c in chosen):
            chosen.append(candidate)
    return chosen


def _same(a: frozenset[str], b: frozenset[str]) -> bool:
    return len(a & b) >= SAME * min(len(a), len(b))


def _shown(chosen: Sequence[_Candidate]) -> Iterator[Sentence]:
    """The slices to show, best first: each grown so that it can be understood, neighbours joined."""
    slices: list[tuple[Article, int, int]] = []
    for c in chosen:
        start, end = _understandable(c.article.text, c.start), c.end
        for at, (article, s, e) in enumerate(slices):
            touching = article.id == c.article.id and not article.text[min(end, e) : max(start, s)].strip()
            if touching and max(e, end) - min(s, start) <= 2 * CARRY_LIMIT:
                slices[at] = (article, min(s, start), max(e, end))
                break
        else:
            slices.append((c.article, start, end))
    for article, start, end in slices:
        quote = Quote(article, start, end)
        yield Sentence(quote.text, (quote,))


def _understandable(text: str, start: int) -> int:
    """The start of the slice that a sentence needs: one or two sentences earlier where it begins with a pronoun."""
    first = start
    for _ in range(2):
        if not _ORPHAN.match(fold(text[start : start + 40]).replace("’", "'")):
            break
        window = max(text.rfind("\n", 0, max(0, start - CARRY_LIMIT)) + 1, start - 2 * CARRY_LIMIT, 0)
        before = split_sentences(text[window:start])
        if not before or first - (window + before[-1][0]) > CARRY_LIMIT:
            break
        start = window + before[-1][0]
    return start
