"""A question → hits: word search, joined by vector search where an embedding model is set."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

from retrieval.analysis import fold
from retrieval.anchored import find
from retrieval.errors import ModelError
from retrieval.language import detect, telling
from retrieval.passages import split_sentences
from retrieval.ranking import DEPTH, Asked, Candidate, asked, scores
from retrieval.rarity import rarity
from retrieval.settings import Settings
from retrieval.spending import ANSWERS, Ledger
from retrieval.store import embedding_in_force, open_manifest, open_vectors
from retrieval.types import Article, Hit, Period, Usage
from retrieval.words import WordHit, WordIndex

AFTERWARDS = 3  # days after an event in which it is still reported
SHORT = 100  # days up to which a period says when articles appeared; longer ones are more often what articles speak of
OF_THE_YEAR = 0.25  # share of the bonus for articles of such a longer period
RECENT = 0.2  # share of the bonus for the newest article where a question asks for the latest; half at a month's age
REST = 30  # seconds without vectors after an embedding model failed: no second question waits for the same
SAMPLE = 25  # articles that tell the language of all
_LATEST = re.compile(
    r"\b(?:derni(?:er|ere)s?|actuel\w*|recent\w*|recemment|maintenant|latest|current\w*|recently|now)\b"
)

_log = logging.getLogger(__name__)


class Searcher:
    """Searching a store, from any thread. Safe beside a writer: each search sees what was last committed."""

    def __init__(self, settings: Settings) -> None:
        self._manifest = open_manifest(settings)
        model = embedding_in_force(settings, self._manifest.get("embeddings"))
        self._words = WordIndex(settings.home / "words", settings.title_weight)
        # opened only where vectors are compared: importing chromadb takes longer than all the rest
        self._vectors = open_vectors(settings, model) if model else None
        self._weight = settings.vector_weight
        self._silent_until = 0.0  # a time of time.monotonic() before which no embedding is asked for
        self._model, self._ledger = (model or "").partition(":")[2], Ledger.of(settings)
        self._refreshing = threading.Lock()
        self._newest: tuple[date | None] | None = None  # read when a question first needs it
        self._language: tuple[str | None] | None = None

    @classmethod
    def open(cls, settings: Settings) -> Searcher:
        """Open for searching. Raises StoreEmpty, StoreMismatch."""
        return cls(settings)

    def search(
        self,
        text: str,
        k: int = 10,
        period: Period | None = None,
        on_usage: Callable[[Usage], None] | None = None,
        *,
        words_only: bool = False,
    ) -> list[Hit]:
        """The k best passages for a question, best first; by words alone also where vectors are stored.

        With a period, only articles published within it; one that a question's words gave is preferred only.
        `on_usage` is told what an embedding model took.
        """
        self._refresh()
        spans: dict[tuple[str, int, int], dict[str, float]] = {}
        ranked = []
        for hit, score in self._ranked(text, k if words_only else max(k, DEPTH), period):
            spans[hit.article, hit.start, hit.end] = {"bm25": hit.score, "words": score}
            ranked.append((score, (hit.article, hit.start, hit.end)))
        if self._vectors is not None and not words_only:
            ranked = self._fused(text, k, period if period and not period.expression else None, spans, on_usage)
        found = []
        cache: dict[str, Article | None] = {}
        for score, (identity, start, end) in ranked:
            if identity not in cache:
                cache[identity] = self._manifest.article(identity)
            article = cache[identity]
            # an entry may outlive its article for a moment while another process writes
            if article is None or not _on_borders(article.text, start, end):
                continue
            sentences = tuple((start + s, start + e) for s, e in _sentences(article.text[start:end]))
            found.append(Hit(article, start, end, score, sentences, spans[identity, start, end]))
            if len(found) == k:
                break
        return found

    def revision(self) -> str:
        """Another one whenever the articles or the indexes change."""
        return self._manifest.revision()

    def rarity(self, term: str) -> float:
        """Inverse document frequency of a term, in nats; unknown terms are the rarest."""
        return rarity(term, self._words.document_frequency(term), len(self._words))

    def holds(self, term: str) -> bool:
        """Whether a term occurs anywhere in the corpus."""
        return self._words.document_frequency(term) > 0

    def period_of(self, text: str, today: date | None = None) -> Period | None:
        """The time that a question's words name, where articles of that time are stored."""
        self._refresh()
        found = find(text, today or date.today(), self._newest_day(), lambda a, b: self._words.has(_reported(a, b)))
        return found if found and self._words.has(_reported(found.first, found.last)) else None

    def language(self) -> str | None:
        """The language of most articles, by a sample of them, as ISO 639-1."""
        self._refresh()
        if self._language is None:
            told = Counter(a.language or detect(a.text) for a in self._manifest.newest(0, SAMPLE))
            self._language = (told.most_common(1)[0][0] if told else None,)
        return self._language[0]

    def _newest_day(self) -> date | None:
        if self._newest is None:
            self._newest = (self._manifest.newest_day(),)
        return self._newest[0]

    def candidates(
        self, text: str, depth: int, period: Period | None = None
    ) -> tuple[Asked, list[WordHit], list[Candidate]]:
        """A question as ranking takes it, the word index's hits, and the first of them as candidates.

        Where a time is preferred, what was found of it is among the candidates however far down it stands.
        """
        text = telling(text)
        if period is None or period.expression is None:
            hits = self._words.search(text, depth, period)
            first = [candidate(h) for h in hits[:DEPTH]]
            if period is None and _LATEST.search(fold(text)) and (newest := self._newest_day()):
                first = [replace(c, timely=_recent(h.days[1], newest)) for c, h in zip(first, hits, strict=False)]
            return asked(text, self.rarity), hits, first
        hits = self._words.search(text, depth)
        then = _reported(period.first, period.last)
        known = {(h.article, h.start) for h in hits}
        timely = [h for h in self._words.search(text, DEPTH // 2, then) if (h.article, h.start) not in known]
        hits[DEPTH:DEPTH] = timely
        dated = period.expression if _is_short(period) else None
        return asked(text, self.rarity, dated), hits, [candidate(h, then) for h in hits[: DEPTH + len(timely)]]

    def _ranked(self, text: str, depth: int, period: Period | None) -> list[tuple[WordHit, float]]:
        """The word index's hits, the first of them ranked again."""
        question, hits, first = self.candidates(text, depth, period)
        found = sorted(zip(hits, scores(question, first), strict=False), key=lambda pair: -pair[1])
        return found + [(h, 0.0) for h in hits[len(first) :]]

    def _fused(
        self,
        text: str,
        k: int,
        period: Period | None,
        spans: dict[tuple[str, int, int], dict[str, float]],
        on_usage: Callable[[Usage], None] | None,
    ) -> list[tuple[float, tuple[str, int, int]]]:
        """A convex combination of the words' scores, relative to the best, and cosine similarities.

        As Bruch, Gai & Ingber (TOIS 2023) combine them. Reciprocal ranks, measured beside it, let a weak model cost
        .09 nDCG@10 and a meaningless one .19 (PIAF; tests/benchmarks/fusion.py).
        """
        from retrieval.vectors import parse_record_id

        assert self._vectors is not None  # noqa: S101 - for the type checker
        best = max((found["words"] for found in spans.values()), default=1.0)
        fused = {key: found["words"] / (best or 1.0) for key, found in spans.items()}
        nearest = list[tuple[str, float]]()
        if time.monotonic() >= self._silent_until:
            try:
                nearest = self._vectors.search(text, max(k, DEPTH), period, self._noted(on_usage))
            except ModelError as error:
                _log.warning("%s: words alone are searched for %d s", error, REST)
                self._silent_until = time.monotonic() + REST
        for identity, similarity in nearest:
            key = parse_record_id(identity)
            spans.setdefault(key, {})["vectors"] = similarity
            fused[key] = fused.get(key, 0.0) + self._weight * max(0.0, similarity)
        return sorted(((score, key) for key, score in fused.items()), key=lambda item: -item[0])

    def _noted(self, on_usage: Callable[[Usage], None] | None) -> Callable[[Usage], None]:
        """Usage goes to the ledger, and to who asked for it."""

        def noted(usage: Usage) -> None:
            self._ledger.record(ANSWERS, self._model, usage)
            if on_usage is not None:
                on_usage(usage)

        return noted

    def _refresh(self) -> None:
        """See what another process, or this one's writer, has committed since the last search."""
        with self._refreshing:
            if self._manifest.changed():
                self._words.reload()
                self._newest = self._language = None
                if self._vectors is not None:
                    self._vectors.reopen()

    def __len__(self) -> int:
        return len(self._words)

    def close(self) -> None:
        """Close the store."""
        if self._vectors is not None:
            self._vectors.close()
        self._manifest.close()

    def __enter__(self) -> Searcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@lru_cache(maxsize=2048)
def _sentences(passage: str) -> list[tuple[int, int]]:
    """As `split_sentences`; remembered, since passages come back."""
    return split_sentences(passage)


def _on_borders(text: str, start: int, end: int) -> bool:
    return 0 <= start < end <= len(text) and not text[start].isspace() and not text[end - 1].isspace()


def candidate(hit: WordHit, then: Period | None = None) -> Candidate:
    """A hit of the word index as ranking takes it; `then` is the time that is asked about."""
    timely = 0.0
    if then is not None and hit.days[0]:
        first, last = then.days
        within = hit.days[1] >= first and hit.days[0] <= last
        timely = float(within) * (1.0 if _is_short(then) else OF_THE_YEAR)
    return Candidate(" ".join(hit.heading) or hit.article, hit.score, hit.sentences, hit.heading, timely)


def _recent(day: int, newest: date) -> float:
    """How recent a day is beside the newest; an unknown day is not."""
    if not day:
        return 0.0
    age = (newest.year - day // 10_000) * 365 + (newest.month - day // 100 % 100) * 30 + newest.day - day % 100
    return RECENT / (1 + max(0, age) / 30)


def _is_short(period: Period) -> bool:
    return bool(period.first and period.last and (period.last - period.first).days <= SHORT)


def _reported(first: date | None, last: date | None) -> Period:
    """When articles about some days are published: until a few days later."""
    return Period(first, last + timedelta(days=AFTERWARDS) if last else None)
