"""Hits → the one to three statements that answer a question, each a verbatim slice; or none where there is no answer.

The sentences of the hits are described (`clues`), ranked and given a probability (`choosing`). A sentence is shown when
its probability is worth its length; one that begins with a pronoun brings the sentence before, and neighbours that are
both worth showing are one statement. Nothing is written: what is shown is `article.text[start:end]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.asking import Asked, Corpus, analysed, parts, words_of
from retrieval.choosing import Weights, answerable, rank
from retrieval.clues import Candidate, candidates, is_orphan
from retrieval.hostile import is_order
from retrieval.language import telling
from retrieval.passages import split_sentences
from retrieval.types import Article, Hit, Quote, Sentence

# A further sentence is shown when its probability is at least this much for every character it adds: chosen so that
# answers to news have less than 450 characters in the mean. Lists are worth more.
COST = 0.00045
LIST_COST = 0.00025
APART = 30  # characters that a statement of its own costs more than one more sentence of another: it brings its source
LONGEST = 700  # characters of a statement
BUDGET = 700  # characters of an answer beyond which nothing is added to its best sentence
SAME = 0.8  # shared terms from which two sentences say the same
ANSWER_FROM = 0.4  # probability of an answer below which nothing is shown, unless the settings say otherwise
CARRY_LIMIT = 500  # characters that a slice may grow by when the sentence before is needed
STEPS = 1  # sentences before at most


@dataclass(frozen=True, slots=True)
class Extraction:
    """Sentences found, best first; none when abstaining. `missing` are the question's words without a trace."""

    sentences: tuple[Sentence, ...]
    confidence: float  # 0..1, the probability that the hits hold an answer
    missing: tuple[str, ...]


@dataclass(slots=True)
class _Slice:
    """A statement in the making."""

    article: Article
    start: int
    end: int


def extract(
    question: str,
    hits: Sequence[Hit],
    corpus: Corpus,
    most: int = 3,
    model: Weights | None = None,
    answer_from: float | None = None,
) -> Extraction:
    """The best sentences of some hits for a question; none where an answer is less probable than `answer_from`."""
    asked = analysed(telling(question), corpus)
    found = candidates(asked, hits) if asked.weights and hits else []
    if not found:
        return Extraction((), 0.0, words_of(asked, asked.weights))
    ranked = rank(found, model)
    confidence = answerable(asked, ranked, hits, model)
    missing = words_of(asked, frozenset(t for t in asked.weights if not any(c.around[t] for c in ranked)))
    if confidence < (ANSWER_FROM if answer_from is None else answer_from):
        return Extraction((), confidence, missing)
    if len(pieces := parts(asked.text)) > 1:  # an answer to each
        each = [analysed(piece, corpus) for piece in pieces[:most]]
        slices = _apart([s for part in each for s in choose(part, rank(candidates(part, hits), model), 1)])
    else:
        slices = choose(asked, ranked, most)
    return Extraction(tuple(_quoted(slices)), confidence, missing)


def choose(asked: Asked, ranked: Sequence[Candidate], most: int) -> list[_Slice]:
    """The slices to show, best first: the best sentence, and those whose probability is worth their length."""
    price = LIST_COST if asked.several else COST
    slices: list[_Slice] = []
    taken: list[Candidate] = []
    for c in ranked:
        if c.chance < price * 40:
            break  # not worth the shortest sentence; nor are those behind it
        article, start = c.article, c.start
        if any(s.article.id == article.id and s.start <= start and c.end <= s.end for s in slices):
            continue
        grown = _understandable(article.text, start)
        if slices:
            apart = not any(_joins(s, _Slice(article, grown, c.end)) for s in slices)
            too_long = c.end - grown + sum(s.end - s.start for s in slices) > BUDGET
            if too_long or c.chance < price * (c.end - grown + APART * apart):
                continue
        if any(_same(c, other) for other in taken):
            continue
        for s in slices:  # a copy of a dispatch: its sentences are quoted from one article
            if s.article.id != article.id and (at := s.article.text.find(c.text)) >= 0:
                article, start, grown = s.article, at, _understandable(s.article.text, at)
        new = _Slice(article, grown, start + len(c.text))
        beside = next((s for s in slices if _joins(s, new)), None)
        if beside is not None:
            beside.start, beside.end = min(beside.start, new.start), max(beside.end, new.end)
        elif len(slices) < most:
            slices.append(new)
        else:
            continue
        taken.append(c)
    if not slices and ranked:
        c = ranked[0]
        slices = [_Slice(c.article, _understandable(c.article.text, c.start), c.end)]
    return _apart(slices)


def _apart(slices: list[_Slice]) -> list[_Slice]:
    """Slices that came to touch as they grew, joined."""
    done: list[_Slice] = []
    for s in slices:
        for other in [o for o in done if o.article.id == s.article.id and s.start < o.end and o.start < s.end]:
            s.start, s.end = min(s.start, other.start), max(s.end, other.end)
            done[done.index(other)] = s
        if s not in done:
            done.append(s)
    return list({(s.article.id, s.start): s for s in done}.values())


def _joins(s: _Slice, new: _Slice) -> bool:
    """Whether two slices overlap, or follow each other and are short enough together."""
    if s.article.id != new.article.id:
        return False
    first, last = (s, new) if s.start <= new.start else (new, s)
    if last.start < first.end:
        return True
    return not s.article.text[first.end : last.start].strip() and last.end - first.start <= LONGEST


def _same(a: Candidate, b: Candidate) -> bool:
    """Whether two sentences say the same. Two figures of one thing are both worth knowing."""
    if any(t[0].isdigit() for t in a.content - b.content) and any(t[0].isdigit() for t in b.content - a.content):
        return False
    return len(a.content & b.content) >= SAME * min(len(a.content), len(b.content))


def _quoted(slices: Sequence[_Slice]) -> Iterator[Sentence]:
    for s in slices:
        quote = Quote(s.article, s.start, s.end)
        yield Sentence(quote.text, (quote,))


def _understandable(text: str, start: int) -> int:
    """The start of the slice that a sentence needs: one or two sentences earlier where it begins with a pronoun."""
    first, steps = start, STEPS
    while steps and is_orphan(text[start : start + 60]):
        steps -= 1
        window = max(text.rfind("\n", 0, max(0, start - CARRY_LIMIT)) + 1, start - 2 * CARRY_LIMIT, 0)
        before = split_sentences(text[window:start])
        if not before or first - (window + before[-1][0]) > CARRY_LIMIT or is_order(text[window:][slice(*before[-1])]):
            break
        start = window + before[-1][0]
    return start
