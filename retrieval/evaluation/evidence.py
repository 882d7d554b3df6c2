"""Where the evidence of a gold row stands in the stored articles, as offsets that citations and hits are held to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from retrieval.evaluation.gold import Evidence
from retrieval.evaluation.matching import locate, verbatim
from retrieval.library import Library
from retrieval.passages import cut
from retrieval.types import Article

Span = tuple[int, int]


class Corpus:
    """The stored articles, as scores look at them."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._articles: dict[str, Article | None] = {}
        self._verbatim: dict[str, str] = {}
        self._spans: dict[Evidence, tuple[Span, ...]] = {}
        self._cuts: dict[str, tuple[Span, ...]] = {}

    def article(self, name: str) -> Article | None:
        """One article as stored, or None."""
        if name not in self._articles:
            self._articles[name] = self._library.article(name)
        return self._articles[name]

    def verbatim(self, name: str) -> str:
        """Title and text of an article with white space and typography unified; "" when there is none."""
        if name not in self._verbatim:
            article = self.article(name)
            self._verbatim[name] = verbatim(f"{article.title or ''}\n{article.text}") if article else ""
        return self._verbatim[name]

    def spans(self, evidence: Evidence) -> tuple[Span, ...]:
        """Where the evidence stands: each occurrence of its quote, its offsets, else the whole article."""
        if evidence not in self._spans:
            article = self.article(evidence.article)
            found: Sequence[Span] = ()
            if article is not None and evidence.start is not None and evidence.end is not None:
                found = [(evidence.start, evidence.end)]
            elif article is not None and evidence.quote is not None:
                found = locate(evidence.quote, article.text)
            elif article is not None:
                found = [(0, len(article.text))]
            self._spans[evidence] = tuple(found)
        return self._spans[evidence]

    def shows(self, place: Mapping[str, Any], evidence: Evidence) -> bool:
        """Whether a citation or a hit (`article`, `start`, `end`) overlaps the evidence."""
        return place["article"] == evidence.article and any(
            start < place["end"] and place["start"] < end for start, end in self.spans(evidence)
        )

    def proves(self, citation: Mapping[str, Any], evidence: Evidence) -> bool:
        """Whether a citation overlaps the evidence and its quote stands there; an invented one proves nothing."""
        return self.shows(citation, evidence) and self.exact(citation)

    def exact(self, citation: Mapping[str, Any]) -> bool:
        """Whether a citation's quote is the stored text at its offsets, character by character."""
        article = self.article(citation["article"])
        quote = citation["quote"]
        return article is not None and bool(quote) and quote == article.text[citation["start"] : citation["end"]]

    def relevant_passages(self, evidence: Sequence[Evidence]) -> int:
        """How many passages of the articles, as they are cut, overlap the evidence."""
        names = dict.fromkeys(item.article for item in evidence)
        places = [{"article": name, "start": s, "end": e} for name in names for s, e in self._cut(name)]
        return sum(any(self.shows(place, item) for item in evidence) for place in places)

    def fingerprint(self) -> str:
        """What tells this corpus from another: a digest of all articles as stored."""
        digest = hashlib.sha256()
        for name in self._library.ids():
            article = self._library.article(name)
            if article is not None:
                fields = (article.id, article.title, article.published, article.source, article.text)
                digest.update(json.dumps(fields).encode())
        return digest.hexdigest()[:16]

    def _cut(self, name: str) -> tuple[Span, ...]:
        if name not in self._cuts:
            article = self.article(name)
            self._cuts[name] = tuple((p.start, p.end) for p in cut(article)) if article else ()
        return self._cuts[name]
