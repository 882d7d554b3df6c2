"""Hits and a question → the messages that a chat model is sent.

Passages stand under keys, grouped by article in the order of the hits. The delimiter around them is new each time, so
that nobody can have written it into an article.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

import prompts
from retrieval.analysis import words
from retrieval.figures import COUNTED
from retrieval.passages import cut
from retrieval.types import Article, Hit, Period, Question

CHARACTERS_A_TOKEN = 3.5  # French news; a guess on the safe side for current tokenizers
REPEATED = 0.85  # share of a passage's words in a better one from which it says nothing else
BETWEEN = 6  # passages at most that are given because of where they stand
LEFT_OUT = "(…)"  # between passages of an article that do not follow each other

_LANGUAGES = dict(
    pair.split("=")
    for pair in (
        "fr=French en=English de=German es=Spanish it=Italian pt=Portuguese nl=Dutch ru=Russian zh=Chinese ar=Arabic "
        "ja=Japanese ko=Korean el=Greek"
    ).split()
)
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_MONTHS = "January February March April May June July August September October November December".split()


def keys_of(hits: Sequence[Hit]) -> list[str]:
    """A short opaque key for each hit, from its content: the same passages give the same prompt."""
    keys: dict[str, None] = {}
    letters, digits = "abcdefghjkmnpqrstuvwxyz", "23456789"
    for hit in hits:
        for salt in itertools.count():
            seed = hashlib.sha256(f"{salt}\0{hit.article.id}\0{hit.start}\0{hit.text}".encode()).digest()
            key = letters[seed[0] % 23] + digits[seed[1] % 8] + letters[seed[2] % 23]
            if key not in keys:
                break
        keys[key] = None
    return list(keys)


def fitting(hits: Sequence[Hit], tokens: int) -> list[Hit]:
    """The best hits whose passages fit in so many tokens; at least one."""
    left, kept = tokens * CHARACTERS_A_TOKEN, list[Hit]()
    for hit in hits:
        left -= _size(hit)
        if left < 0 and kept:
            break
        kept.append(hit)
    return kept


def shown(hits: Sequence[Hit], tokens: int) -> list[Hit]:
    """What a model is given of the hits: the best, each said once, and what stands between, as far as it fits.

    An article often asks in one passage and answers in the next: one passage between two of an article is given too.
    """
    kept = fitting(distinct(hits), tokens)
    left = tokens * CHARACTERS_A_TOKEN - sum(map(_size, kept))
    starts: dict[str, set[int]] = {}
    for hit in kept:
        starts.setdefault(hit.article.id, set()).add(hit.start)
    added = list[Hit]()
    for article in {h.article.id: h.article for h in kept if len(starts[h.article.id]) > 1}.values():
        spans, own = cut(article), starts[article.id]
        for before, between, after in zip(spans, spans[1:], spans[2:], strict=False):
            if {before.start, after.start} <= own and between.start not in own and len(added) < BETWEEN:
                added.append(Hit(article, between.start, between.end, 0.0, between.sentences))
    return kept + [hit for hit in added if (left := left - _size(hit)) >= 0]


def _size(hit: Hit) -> int:
    return len(hit.text) + len(hit.article.title or "") + 60


def distinct(hits: Sequence[Hit]) -> list[Hit]:
    """The hits without those that repeat a better one: nearly the same words, and no other figure."""
    kept: list[tuple[frozenset[str], frozenset[str]]] = []
    found = []
    for hit in hits:
        own = _wording(hit.text)
        if any(_repeats(own, other) for other in kept):
            continue
        kept.append(own)
        found.append(hit)
    return found


@lru_cache(maxsize=1024)
def _wording(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words of a text, and its figures, those in letters too."""
    of = frozenset(words(text))
    return of, frozenset(w for w in of if w[0].isdigit() or w in COUNTED)


def _repeats(own: tuple[frozenset[str], frozenset[str]], other: tuple[frozenset[str], frozenset[str]]) -> bool:
    return own[1] <= other[1] and len(own[0] & other[0]) >= REPEATED * len(own[0])


def messages(question: Question, keys: Mapping[str, Hit], today: date) -> list[tuple[str, str]]:
    """The system and the user message; `today` is for questions such as "this year"."""
    articles: dict[str, list[str]] = {}
    ends: dict[str, int] = {}
    for hit in keys.values():
        articles.setdefault(hit.article.id, [heading(hit.article)])
    for key, hit in sorted(keys.items(), key=lambda item: item[1].start):
        parts, end = articles[hit.article.id], ends.get(hit.article.id)
        if end is not None and hit.article.text[end : hit.start].strip():
            parts.append(LEFT_OUT)
        parts.append(f"[{key}]\n{hit.text}")
        ends[hit.article.id] = hit.end
    system, user = prompts.load("write").render(
        delimiter=secrets.token_hex(8),
        passages="\n\n".join("\n".join(parts) for parts in articles.values()),
        question=question.standalone,
        language=language_name(question.language or "", "the language of the question"),
        today=day_in_words(today.isoformat()) + _time_asked(question.period),
        unfound="".join(f"\nNo passage was found on this part: {part}" for part in question.unfound),
    )
    return [("system", system), ("human", user)]


def language_name(code: str, other: str = "the language of the article") -> str:
    """The English name of a language, or `other` where it is not known."""
    return _LANGUAGES.get(code[:2], other)


def _time_asked(period: Period | None) -> str:
    """Behind today, the days that the question's words for a time stand for."""
    if period is None or not (period.first or period.last):
        return ""
    first, last = (day_in_words(day.isoformat()) if day else "" for day in (period.first, period.last))
    told = first if first == last else " ".join(f"{w} {d}" for w, d in (("from", first), ("until", last)) if d)
    expression = f"« {period.expression} » means " if period.expression else "Only articles are searched that appeared "
    return f". {expression}{told}"


def day_in_words(published: str | None) -> str:
    """ "2025-06-17" as "Tuesday 17 June 2025", "2025-06" as "June 2025": a weekday in a text is reckoned from it."""
    try:
        year, *rest = (int(part) for part in (published or "")[:10].split("-"))
        if len(rest) == 2:
            found = date(year, *rest)
            return f"{_DAYS[found.weekday()]} {found.day} {_MONTHS[found.month - 1]} {year}"
        return f"{_MONTHS[rest[0] - 1]} {year}" if rest else str(year)
    except (ValueError, IndexError):
        return published or "date unknown"


def heading(article: Article) -> str:
    """What a model is told of an article, on one line: its title, its outlet, its day."""
    parts = (article.title or "Untitled", article.source or "unknown outlet", day_in_words(article.published))
    return f"Article: {' '.join(' · '.join(parts).split())}"
