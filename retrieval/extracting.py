"""Hits → the one to three sentences that answer a question, each a verbatim slice; or none where the evidence is thin.

A sentence is scored by the share of the question's terms, weighted by rarity, that it holds itself or that stand close
by (the sentences around it, its passage, its article's title and date), by whether it holds what the question asks for
(a number, a date, a name, …), and by the rank of its passage. Nothing is written: what is shown is
`article.text[start:end]`.
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

# What a term of the question counts for where it stands. Weights down to KEEP: chosen on every 8th question of PIAF;
# "title", "passage", UNIT_BONUS and the measures below with a look at both news sets, which are thus not held out.
NEAR = {"sentence": 1.0, "before": 0.6, "after": 0.4, "title": 0.6, "passage": 0.45}
PREFIX_STRENGTH = 0.7  # of a match by a shared beginning (chinois, chine) or by one letter (typos)
TYPE_BONUS = 0.2  # the sentence holds the kind of thing that is asked for
UNIT_BONUS = 0.2  # a number stands right before a word of the question
RANK_BONUS = 0.3  # for the best hit; others by their score's share of it
EARLY_BONUS = 0.03  # at the start of an article, falling to nothing at its end
FRAGMENT_MALUS = 0.2  # headings and other lines that are no sentence
KEEP = 0.65  # a further sentence is shown from this share of the best one's score
SAME = 0.8  # shared terms from which two sentences say the same
GENERIC_SHARE = 0.3  # of the weight of words that name the kind of answer: a text need not hold them
CARRY_LIMIT = 700  # characters a slice may grow to when the sentence before is needed
# Confidence: chosen on piaf_abstain, every 8th question of PIAF and both news sets; none of them is held out.
ABSTAIN_BELOW = 0.48
ELSEWHERE = 0.5  # a term that only the rest of the article holds
LONGEST_READ = 20_000  # characters of an article looked at for that
ANCHOR_SHARE = 0.5  # lost when no name or number of the question is near the best sentence
UNTYPED = 0.55  # kept when the best sentence lacks the kind of thing that is asked for


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
    r"deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|quarante|cinquante|soixante|cents?"
    r"|mille|millions?|milliards?|(?:diz|douz|quinz|vingt|trent|quarant|cinquant|cent)aines?|milliers?|moitie|tiers|quart"
)
# Kind of answer: how questions ask for it, what it looks like in a text. Both are matched on folded text.
_ASKED = {
    "age": r"\bage\b",
    "date": r"\bquand\b|\bquel(?:le)?s? (?:est la |etait la )?(?:annees?|dates?|jours?|mois|siecles?|epoques?|periode"
    r"|heure)\b",
    "number": r"\bcombien\b|\bquel(?:le)?s? (?:\w+ )?(?:\w+ )?(?:nombre|taille|superficie|population|part|pourcentage"
    r"|taux|volume|vitesse|temperature|capacite|proportion|score)\b",
    "money": r"\b(?:combien|quel).*\b(?:prix|salaires?|cout\w*|montants?|sommes?|budget|vers(?:e|er|ait)|payer?)\b",
    "weight": r"\b(?:combien|quel).*\b(?:poids|pes(?:e|ent|er|ait))\b",
    "length": r"\bquel.*\b(?:distance|longueur|hauteur|altitude|largeur|profondeur)\b",
    "duration": r"\bquel.*\bduree\b|\bcombien (?:de temps|d'heures|de jours|d'annees)\b",
    "reason": r"\bpourquoi\b|\bquel(?:le)?s? (?:raisons?|buts?|motifs?|causes?)\b",
    "place": r"^ou\b|\bd'ou\b|\bquel(?:le)?s? (?:pays|villes?|regions?|lieux?|endroits?|communes?|iles?)\b",
    "person": r"^(?:a |de |par |pour |avec |chez )?qui\b|(?<!')\bqui (?:est|etait|a|ont|sont)\b",
}
_LOOKS = {
    "age": r"\b\d{1,3} ans\b",
    "date": rf"\b1\d{{3}}\b|\b20\d\d\b|\b(?:{_MONTHS})\b|\b(?:{_DAYS})\b|\bsiecle\b|\b\d{{1,2}} ?h\b|\bhier\b",
    "number": rf"\d+(?:[.,]\d+)*|\b(?:{_NUMBER_WORDS})\b",
    "money": r"\b(?:euros?|dollars?|francs?|livres|yuans?|yens?|roubles?|couronnes|roupies?|nairas?)\b|[€$£]",
    "weight": r"\b(?:kg|kilos?|kilogrammes?|grammes?|tonnes?)\b",
    "length": r"\b(?:km|kilometres?|m|metres?|cm|centimetres?|pieds)\b",
    "duration": r"\b(?:secondes?|minutes?|heures?|(?:demi-)?journees?|jours?|semaines?|mois|ans?|annees?|siecles?)\b",
    "reason": r"\b(?:parce qu|car\b|afin\b|en raison\b|a cause\b|grace a\b|pour\b|puisqu|du fait\b|suite a\b)",
}
_NAME = re.compile(r"\b[A-ZÀ-Ý][\w’'-]+")
_PLACE = re.compile(r"\b(?:à|en|au|aux|dans|vers|près de|de|du|d['’])\s?(?:l[ae]s? |l['’])?([A-ZÀ-Ý][\w-]+)")
_GENERIC = frozenset(
    terms(
        """année date jour mois siècle époque période heure nombre âge raison but motif cause pays ville lieu endroit
        région nom titre type sorte genre personne gens appelle nomme situe trouve passe signifie quantité vaut valent
        valait coûte atteint représente compte élève chiffre existe"""
    )
)
# Not looked for in texts: what these words ask for is in `_ASKED`.
_ASKING = frozenset(terms("combien quand est-ce how many when where who what which is the of to in"))
# How a sentence starts that is not understood without the one before.
_ORPHAN = re.compile(
    r"(?:[«\"“]\s?)?(?:ils?|elles?|(?:ce|cette|ces) derni(?:er|ere)s?|(?:celui|celle|ceux|celles)-ci|cet|cette|ces|ce"
    r"|c'est|c'etait|cela|ceci|ca|son|sa|ses|leurs?|(?:selon|pour|d'apres) (?:lui|elles?|eux)|l'une?|les deux|tous deux"
    r"|toutes deux|y|en outre|de plus|par ailleurs|mais|car|ainsi|a l'inverse|en revanche|toutefois|cependant|et|or"
    r"|d'ou|enfin|l[ea] meme|he|she|it|they|his|her|their|this|these)\b"
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    article: Article
    start: int
    end: int
    score: float
    typed: bool  # holds the kind of thing that is asked for, if any is known
    around: Mapping[str, float]  # how well its passage and heading hold each term of the question

    @property
    def text(self) -> str:
        return self.article.text[self.start : self.end]


def extract(question: str, hits: Sequence[Hit], corpus: Corpus, most: int = 3) -> Extraction:
    """The best sentences of some hits for a question; no sentence where the confidence is too low."""
    weights = _weights(question, corpus)
    found = sorted(_candidates(question, hits, weights, corpus), key=lambda c: -c.score) if weights and hits else []
    if not found:
        return Extraction((), 0.0, _words(question, weights))
    best = found[0]
    confidence = _confidence(best, weights, _anchors(question) & weights.keys())
    missing = _words(question, {t: w for t, w in weights.items() if not best.around[t]})
    if confidence < ABSTAIN_BELOW:
        return Extraction((), confidence, missing)
    return Extraction(tuple(_shown(_chosen(found, most))), confidence, missing)


def _confidence(best: _Candidate, weights: Mapping[str, float], anchors: frozenset[str]) -> float:
    """How much of the question the best sentence's passage, and by half its article, speak of."""
    around = dict(best.around)
    if absent := [t for t, strength in around.items() if not strength]:
        elsewhere = frozenset(_terms(best.article.text[:LONGEST_READ]))
        around |= dict.fromkeys(elsewhere.intersection(absent), ELSEWHERE)
    support = sum(w * around[t] for t, w in weights.items()) / (sum(weights.values()) or 1.0)
    lost = sum(not around[t] for t in anchors) / len(anchors) if anchors else 0.0
    return round(min(1.0, support * (1 - ANCHOR_SHARE * lost) * (1.0 if best.typed else UNTYPED)), 4)


def _kinds(question: str) -> frozenset[str]:
    """What a question asks for, as keys of `_ASKED`; several or none."""
    folded = fold(question).replace("’", "'").strip(' ¿«"')
    found = frozenset(kind for kind, pattern in _ASKED.items() if re.search(pattern, folded))
    return found - {"number"} if found & {"age", "money", "weight", "length", "duration"} else found


def _weights(question: str, corpus: Corpus) -> dict[str, float]:
    """The question's terms with what each counts for."""
    asked = dict.fromkeys(t for t in terms(question) if t not in _ASKING)
    if "age" in _kinds(question) and len(asked) > 1:
        asked.pop("age", None)  # a text says « 70 ans »
    return {t: corpus.rarity(t) * (GENERIC_SHARE if t in _GENERIC else 1.0) for t in asked}


def _words(question: str, wanted: Mapping[str, float]) -> tuple[str, ...]:
    """The question's words, as typed, whose terms are wanted."""
    words = terms_with_offsets(question)
    return tuple(dict.fromkeys(question[s:e] for t, s, e in words if t in wanted and t not in _GENERIC))


def _anchors(question: str) -> frozenset[str]:
    """The names (capitals that do not open the question) and numbers among its terms."""
    words = terms_with_offsets(question)
    return frozenset(t for t, s, _ in words if t[0].isdigit() or (s and question[s].isupper()))


@lru_cache(maxsize=2_000)
def _heading(title: str | None, published: str | None) -> tuple[str, ...]:
    """Terms of an article's title and of its date as a question would write it."""
    year, month, day = ([*(published or "").split("T")[0].split("-"), "", "", ""])[:3]
    name = _MONTHS.split("|")[int(month) - 1] if month.isdigit() and 1 <= int(month) <= 12 else ""
    return _terms(f"{title or ''} . {day.lstrip('0')} {name} {year}")


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


def _candidates(question: str, hits: Sequence[Hit], weights: Mapping[str, float], corpus: Corpus) -> list[_Candidate]:
    found: list[_Candidate] = []
    asked_kinds = _kinds(question)
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
    for hit in hits:
        text = hit.article.text
        spans = hit.sentences or tuple((hit.start + s, hit.start + e) for s, e in split_sentences(hit.text))
        own = [strengths(_terms(text[s:e])) for s, e in spans]
        title = strengths(_heading(hit.article.title, hit.article.published))
        passage: dict[str, float] = {}
        for strength in own:
            passage.update({t: max(v, passage.get(t, 0.0)) for t, v in strength.items()})
        for at, (start, end) in enumerate(spans):
            if (hit.article.id, start) in seen:
                continue
            seen.add((hit.article.id, start))
            before, after = own[at - 1] if at else {}, own[at + 1] if at + 1 < len(own) else {}
            places = {"sentence": own[at], "before": before, "after": after, "title": title, "passage": passage}
            near = {t: max(NEAR[p] * s.get(t, 0.0) for p, s in places.items()) for t in weights}
            coverage = sum(w * near[t] for t, w in weights.items()) / total
            typed, unit = _holds_kind(text[start:end], asked_kinds, weights)
            score = coverage + TYPE_BONUS * typed + UNIT_BONUS * unit - FRAGMENT_MALUS * _is_fragment(text[start:end])
            score += RANK_BONUS * max(0.0, hit.score) / top + EARLY_BONUS * (1 - start / len(text))
            around = {t: max(passage.get(t, 0.0), title.get(t, 0.0)) for t in weights}
            found.append(_Candidate(hit.article, start, end, score, typed or not asked_kinds, around))
    return found


def _holds_kind(sentence: str, asked: frozenset[str], weights: Mapping[str, float]) -> tuple[bool, bool]:
    """Whether a sentence holds what is asked for and not said by the question; whether a unit stands behind it."""
    folded = fold(sentence)
    typed = unit = False
    for kind in asked:
        if kind in ("person", "place"):
            names = _NAME.findall(sentence) if kind == "person" else _PLACE.findall(sentence)
            typed = typed or any(t not in weights for name in names for t in _terms(name))
            continue
        for m in re.finditer(_LOOKS[kind], folded):
            if not weights.keys().isdisjoint(_terms(m.group())[:1]):
                continue
            typed = True
            if kind in ("number", "age"):
                behind = _terms(folded[m.end() : m.end() + 40].partition(". ")[0])[:3]
                unit = unit or kind == "age" or any(t in weights for t in behind)
    return typed, unit


def _is_fragment(sentence: str) -> bool:
    return sentence[-1] not in '.!?…»"”)' and len(sentence) < 100


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
    if any(t[0].isdigit() for t in a - b) and any(t[0].isdigit() for t in b - a):
        return False  # two figures of one thing: both are worth knowing
    return len(a & b) >= SAME * min(len(a), len(b))


def _shown(chosen: Sequence[_Candidate]) -> Iterator[Sentence]:
    """The slices to show, best first: each grown so that it can be understood, neighbours joined."""
    slices: list[tuple[Article, int, int]] = []
    for c in chosen:
        article, start = c.article, c.start
        for other, _, _ in slices:  # a copy of a dispatch: its sentences are quoted from one article
            if other.id != article.id and (at := other.text.find(c.text)) >= 0:
                article, start = other, at
        end = start + len(c.text)
        start = _understandable(article.text, start)
        place = len(slices)
        for at in reversed(range(len(slices))):
            if slices[at][0].id == article.id and _join(article.text, slices[at][1:], (start, end)):
                _, s, e = slices.pop(at)
                start, end, place = min(s, start), max(e, end), at
        slices.insert(place, (article, start, end))
    for article, start, end in slices:
        quote = Quote(article, start, end)
        yield Sentence(quote.text, (quote,))


def _join(text: str, a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether two slices overlap, or follow each other and are short enough together."""
    (_, end), (start, last) = sorted((a, b))
    return start < end or (not text[end:start].strip() and last - min(a[0], b[0]) <= 2 * CARRY_LIMIT)


def _understandable(text: str, start: int) -> int:
    """The start of the slice that a sentence needs: one or two sentences earlier where it begins with a pronoun."""
    first, steps = start, 2
    while steps and _ORPHAN.match(fold(text[start : start + 40]).replace("’", "'")):
        steps -= 1
        window = max(text.rfind("\n", 0, max(0, start - CARRY_LIMIT)) + 1, start - 2 * CARRY_LIMIT, 0)
        before = split_sentences(text[window:start])
        if not before or first - (window + before[-1][0]) > CARRY_LIMIT:
            break
        start = window + before[-1][0]
    return start
