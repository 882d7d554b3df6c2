"""What can be compared of a text: its figures and names, each with the words near it.

Names are capitalised words. A first word of a sentence counts as one only where what follows tells; a name that is
written small (« le blé kazakh ») is a word like others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from retrieval.analysis import flat, fold, terms, terms_with_offsets
from retrieval.figures import COUNTED, CURRENCIES, ENGLISH, IGNORED, MONTHS, SCALES, WEEKDAYS, Day, days, numbers
from retrieval.scripts import ALIASES, LEAST, readable, skeletons

REACH = 8  # content words on each side of a figure or a name that count as near it

_NO_NAMES = IGNORED | MONTHS.keys() | WEEKDAYS.keys()
_NAME = re.compile(r"[^\W_]*[^\W\d_][^\W_]*")
_BREAK = re.compile(r"[,;:()«»]|\b(?:tandis|alors|contre|dont|mais|while|but|against|compared)\b")
_BARE_WEEKDAY = re.compile(rf"\b({'|'.join(WEEKDAYS)})\b(?!,? (?:le |the )?(?:\d|{'|'.join(MONTHS)}))")
_WEEKDAY_BEFORE = re.compile(rf"\b({'|'.join(WEEKDAYS)}),? (?:le |the )?$")
_RELATIVE_YEARS = {
    -1: re.compile(r"\b(?:l'an dernier|l'annee derniere|l'an passe|l'annee passee|last year)\b"),
    0: re.compile(r"\b(?:cette annee|this year)\b"),
    1: re.compile(r"\b(?:l'an prochain|l'annee prochaine|next year)\b"),
}
_FEW = {"un": 1, "one": 1} | {word: n for word, n in COUNTED.items() if n <= 10}
_YEARS_AGO = re.compile(r"\bil y a (\d{{1,2}}|{0}) ans?\b|\b(\d{{1,2}}|{0}) years? ago\b".format("|".join(_FEW)))
_AFTER_NAME = frozenset("a est ont sont avait etait va et is was has said will and".split())
_PARTICLES = frozenset(("von", "van", "der", "den", "di", "da", "dos", "al", "el", "bin", "ben"))
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "Œ": "Oe", "Æ": "Ae", "ß": "ss", "’": "'"})
_DEMONYM = re.compile(r"(ois|oise|ais|aise|ien|ienne|een|eenne|ain|aine|an|ian|ese|ish)s?$")


@dataclass(frozen=True, slots=True)
class Mark:
    """A figure, a date or a name where it stands."""

    kind: str  # "number", "percent", "year", "date" or "name"
    written: str
    values: frozenset[str]  # what it may stand for; a date: its month with its day, or its month
    around: Mapping[str, float]  # terms near it, the nearest count 1
    unit: str | None = None  # of a number: the currency or the measure right behind it; of a date: the weekday before
    sure: bool = True  # False: a capitalised word that may be no name


@dataclass(frozen=True, slots=True)
class Facts:
    """What can be compared, of a sentence or of a text."""

    marks: tuple[Mark, ...]
    days: tuple[Day, ...]
    weekdays: frozenset[str]
    currencies: frozenset[str]
    words: frozenset[str]  # folded
    terms: frozenset[str]  # content words, without figures
    order: tuple[str, ...]  # the terms as they follow each other
    initials: frozenset[str]  # of runs of words, as an acronym has them
    acronyms: frozenset[str]
    common: frozenset[str]  # words that are written in small letters
    folded: str
    values: frozenset[str]  # of all numbers, and the years of dates

    @property
    def numbers(self) -> Iterator[Mark]:
        """The marks that are numbers."""
        return (m for m in self.marks if m.kind in ("number", "percent", "year"))


@lru_cache(maxsize=8192)
def facts(text: str) -> Facts:
    """What a text holds; remembered, since passages come back."""
    text = unicodedata.normalize("NFKC", readable(text).translate(_LIGATURES))
    text = re.sub(r"\b(\d\d?) ?[hH] ?(\d\d)\b", r"\1:\2", text)
    folded = fold(text)
    if len(folded) != len(text):  # a script whose letters come apart: keep the offsets
        folded = "".join(fold(c)[:1] or " " for c in text)
    dates, rest = days(folded), folded
    for d in dates:
        rest = f"{rest[: d.start]}{'·' * (d.end - d.start)}{rest[d.end :]}"
    words = frozenset(_NAME.findall(folded))
    singular = {w.removesuffix("s") for w in words} | {c for c in "€$£¥" if c in folded}
    near = _Near(folded)
    found = [Mark(n.kind, n.written, n.values, near(n.start, n.end), n.unit) for n in numbers(rest)]
    for d in dates:
        value = f"{d.month}-{d.day}" if d.day else f"{d.month}"
        before = _WEEKDAY_BEFORE.search(folded, max(0, d.start - 14), d.start)
        found.append(Mark("date", d.written, frozenset({value}), near(d.start, d.end), before and before[1]))
    return Facts(
        marks=(*found, *_name_marks(text, near)),
        days=tuple(dates),
        weekdays=words & WEEKDAYS.keys(),
        currencies=frozenset(CURRENCIES[w] for w in singular if w in CURRENCIES),
        words=words,
        terms=frozenset(t for t in near.terms if not t[0].isdigit()),
        order=tuple(t for t in near.terms if not t[0].isdigit()),
        initials=_initials(text),
        acronyms=frozenset(w.lower() for w in _NAME.findall(text) if 2 <= len(w) <= 6 and w.isupper()),
        common=frozenset(w for w in _NAME.findall(text) if w[0].islower()),
        folded=" ".join(re.findall(r"\w+", folded)),
        values=frozenset().union(
            *(m.values for m in found if m.kind != "date"), (str(d.year) for d in dates if d.year)
        ),
    )


def merged(parts: Iterable[Facts]) -> Facts:
    """What several texts hold together."""
    of = tuple(parts)
    none = frozenset[str]()
    return Facts(
        marks=tuple(m for f in of for m in f.marks),
        days=tuple(d for f in of for d in f.days),
        weekdays=none.union(*(f.weekdays for f in of)),
        currencies=none.union(*(f.currencies for f in of)),
        words=none.union(*(f.words for f in of)),
        terms=none.union(*(f.terms for f in of)),
        order=tuple(t for f in of for t in f.order),
        initials=none.union(*(f.initials for f in of)),
        acronyms=none.union(*(f.acronyms for f in of)),
        common=none.union(*(f.common for f in of)),
        folded=" ".join(f.folded for f in of),
        values=none.union(*(f.values for f in of)),
    )


@lru_cache(maxsize=1)
def _weightless() -> frozenset[str]:
    """Terms that are no content: English function words and number words."""
    return ENGLISH | frozenset(terms(" ".join(COUNTED)))


@lru_cache(maxsize=1)
def _untold() -> frozenset[str]:
    """Terms that stand near figures of every kind."""
    return frozenset(terms(" ".join([*SCALES, *CURRENCIES, *MONTHS, *WEEKDAYS])))


class _Near:
    """The content words of a text with their places; called, what stands near a slice and how near."""

    def __init__(self, folded: str) -> None:
        self._tokens = [(t, s, e) for t, s, e in terms_with_offsets(folded) if t not in _weightless()]
        self._breaks = [m.start() for m in _BREAK.finditer(folded)]
        self.terms = [t for t, _, _ in self._tokens]

    def __call__(self, start: int, end: int) -> dict[str, float]:
        found: dict[str, float] = {}
        before = [(t, e, start) for t, _, e in self._tokens if e <= start][-REACH:]
        after = [(t, end, s) for t, s, _ in self._tokens if s >= end][:REACH]
        for side in (before[::-1], after):
            for place, (term, first, last) in enumerate(side, 1):
                year = re.fullmatch(r"1\d{3}|20\d\d", term)
                if term in _untold() or (term[0].isdigit() and not year):
                    continue  # another figure may be what is wrong
                breaks = sum(first <= b < last for b in self._breaks)
                found[term] = max(found.get(term, 0.0), (2 if year else 1) / (place + 1.5 * breaks))
        return found


def _name_marks(text: str, near: _Near) -> Iterator[Mark]:
    """Runs of capitalised words; those that open a sentence without being told as names are not sure."""
    sure = {m.start() for m in _name_matches(text)}
    for run in re.finditer(r"[^\W_]+(?:[ -][^\W_]+)*", text):
        group: list[re.Match[str]] = []
        for m in [*re.finditer(r"[^\W_]+", run[0]), None]:
            if m and len(m[0]) > 1 and m[0][0].isupper() and fold(m[0]) not in _NO_NAMES:
                group.append(m)
            elif m and group and m[0] in _PARTICLES:
                continue
            elif group:
                start, end = run.start() + group[0].start(), run.start() + group[-1].end()
                known = any(run.start() + g.start() in sure for g in group)
                yield Mark("name", text[start:end], frozenset(fold(g[0]) for g in group), near(start, end), sure=known)
                group = []


@lru_cache(maxsize=1024)
def names(sentence: str) -> tuple[str, ...]:
    """Capitalised words; at the start of a sentence only before a name or a verb that tells one."""
    return tuple(m[0] for m in _name_matches(readable(sentence)))


def _name_matches(sentence: str) -> Iterator[re.Match[str]]:
    for m in _NAME.finditer(sentence):
        word = m.group()
        if len(word) < 2 or not word[0].isupper() or fold(word) in _NO_NAMES:
            continue
        following = re.match(r"(?:['’]s)?[ -]([^\W\d_]+)", sentence[m.end() : m.end() + 40])
        starts = re.search(r"(?:^|[.:?!«“\"])[^\w]*$", sentence[max(0, m.start() - 8) : m.start()])
        if starts and not word.isupper():
            next_word = following[1] if following else ""
            if not (next_word[:1].isupper() or fold(next_word) in _AFTER_NAME):
                continue
        yield m


@lru_cache(maxsize=8192)
def resolved(text: str, published: str | None) -> tuple[str, ...]:
    """What words stand for that mean nothing without the day of publication.

    Weekdays without a date: the last and the next one, as ISO dates. « L'an dernier », "two years ago": the year.
    """
    if not published or not published[:4].isdigit():
        return ()
    folded, year = flat(text), int(published[:4])
    years = {year + n for n, words in _RELATIVE_YEARS.items() if words.search(folded)}
    counts = [m[1] or m[2] for m in _YEARS_AGO.finditer(folded)]
    years |= {year - (int(n) if n.isdigit() else _FEW[n]) for n in counts}
    found = [str(y) for y in sorted(years)]
    try:
        day = date.fromisoformat(published[:10])
    except ValueError:
        return tuple(found)
    wanted = {WEEKDAYS[w] for w in _BARE_WEEKDAY.findall(folded)}
    near = [day + timedelta(n) for n in range(-6, 7)] if wanted else []
    return (*(d.isoformat() for d in near if d.weekday() in wanted), *found)


def is_named(name: str, evidence: Facts, own: Facts, same_language: bool) -> bool:
    """Whether the evidence has a name of the sentence that holds `own`: as written, inflected, or as an acronym."""
    folded = fold(name)
    if folded in evidence.words or (name.isupper() and folded in evidence.initials):
        return True
    if any(i[0] == folded[0] for i in own.initials & evidence.acronyms):
        return True
    words: Iterable[str] = evidence.words
    if same_language and _alias(folded) is None:
        words = (w for w in words if w[:4] == folded[:4])  # no others are alike, and comparing hundreds takes its time
    return any(alike(folded, word, same_language) for word in words)


@lru_cache(maxsize=100_000)
def alike(name: str, word: str, same_language: bool) -> bool:
    """Whether two folded words are one name: a plural, who lives there (lyonnais, Lyon), or its other language's."""
    if name == word:
        return True
    shorter, longer = sorted((name, word), key=len)
    stem = shorter.rstrip("es")
    plural = longer.removeprefix(shorter) in ("s", "es")
    if len(stem) >= 4 and longer.startswith(stem) and (plural or _DEMONYM.search(longer)):
        return True
    if (group := _alias(name)) and group == _alias(word):
        return True
    if same_language:
        return False
    return word[:4] == name[:4] != word[:3] or any(len(s) >= LEAST for s in skeletons(name) & skeletons(word))


def _alias(word: str) -> str | None:
    """The group of a name, in the singular, masculine or feminine."""
    one = word.removesuffix("s")
    forms = (word, one, one.removesuffix("e"), one.removesuffix("ne"), f"{one}s")
    return next((ALIASES[f] for f in forms if f in ALIASES), None)


def is_one(mark: Mark, other: Mark) -> bool:
    """Whether two marks may be the same thing."""
    if mark.kind != other.kind:
        return False
    if mark.kind == "name":
        return any(alike(a, b, True) for a in mark.values for b in other.values)
    if mark.kind == "date":
        return any(a == b or a == b.partition("-")[0] for a in mark.values for b in other.values)
    return not mark.values.isdisjoint(other.values)


def _initials(text: str) -> frozenset[str]:
    words = [w for w in _NAME.findall(text) if fold(w) not in IGNORED]
    starts = [i for i, w in enumerate(words) if w[0].isupper()]
    runs = [words[i : i + n] for i in starts for n in range(2, min(6, len(words) - i + 1))]
    return frozenset(fold("".join(w[0] for w in run)) for run in runs)
