"""When a question is about: its own words for days, months, seasons, years → a Period. French and English, by rules.

A day or month without a year is one that the articles know: the latest that is not after their newest. What is counted
from now (« hier », « l'an dernier ») is counted from `today`. Seasons are the meteorological ones.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from retrieval.analysis import FRENCH_MONTHS, flat, fold
from retrieval.types import Period

_Span = tuple[date, date]

_ENGLISH = "january february march april may june july august september october november december".split()
_SHORT = "janv fevr - avr - - juil - sept oct nov dec".split()
_MONTHS = {name: i + 1 for names in (FRENCH_MONTHS, _ENGLISH, _SHORT) for i, name in enumerate(names) if name != "-"}
_SEASONS = {"printemps": 3, "spring": 3, "ete": 6, "summer": 6, "automne": 9, "autumn": 9, "hiver": 12, "winter": 12}
_DAYS = {d: i for i, d in enumerate("lundi mardi mercredi jeudi vendredi samedi dimanche".split())}
_DAYS |= {d: i for i, d in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())}
_NUMBERS = {w: i + 1 for i, w in enumerate("un deux trois quatre cinq six sept huit neuf dix onze douze".split())}
_NUMBERS |= {"une": 1, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10}
_UNITS = {"jour": 1, "day": 1, "semaine": 7, "week": 7, "mois": 30, "month": 30, "an": 365, "annee": 365, "year": 365}
_ORDINALS = {
    "premier": 1,
    "1er": 1,
    "first": 1,
    "deuxieme": 2,
    "second": 2,
    "2e": 2,
    "2eme": 2,
    "troisieme": 3,
    "3e": 3,
}
_ORDINALS |= {"3eme": 3, "third": 3, "quatrieme": 4, "4e": 4, "4eme": 4, "dernier": 4, "fourth": 4}

_M = "|".join(sorted(_MONTHS, key=len, reverse=True))
_Y = r"(?:1[5-9]|20)\d\d"
_OF = rf"(?:,? (?:de |of )?(?P<y>{_Y})\b)?"  # the year, where there is one
_D = "|".join(_DAYS)
_N = rf"\d{{1,3}}|{'|'.join(_NUMBERS)}"
_U = r"jours?|semaines?|mois|ans?|annees?|days?|weeks?|months?|years?"
_PART = r"debut|mi|fin|courant|early|mid|late"
# What _Reader makes of each is under the same name; of those that start at one place the longest counts.
_MOMENTS = {
    "days": rf"(?:du|entre le|from|between) (?P<d>\d\d?)(?:er)? (?:au|et le|to|and)"
    rf" (?P<to>\d\d?)(?:er)? (?P<month>{_M})\b{_OF}",
    "months": rf"(?:de|d'|entre|from|between) ?(?P<month>{_M}) (?:a|et|to|and) (?P<until>{_M})\b{_OF}",
    "iso": r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)\b",
    "slashes": rf"(?P<d>\d\d?)[/.](?P<m>\d\d?)[/.](?P<y>{_Y})\b",
    "day": rf"(?:(?:{_D}),? )?(?:le |the )?(?P<d>\d\d?)(?:er|st|nd|rd|th)?(?: of)? (?P<month>{_M})\b\.?{_OF}",
    "english_day": rf"(?P<month>{'|'.join(_ENGLISH)}) (?P<d>\d\d?)(?:st|nd|rd|th)?\b(?!\d){_OF}",
    "part": rf"(?:a la |au |in |vers )?\b(?P<part>{_PART})[- ](?:de |d'|du mois de |of )?(?P<month>{_M})\b{_OF}",
    "part_of_year": rf"(?:a la |au |in )?\b(?P<part>{_PART})[- ](?:de |l'annee |of )?(?P<y>{_Y})\b",
    "quarter": rf"(?:au |in (?:the )?)?\b(?P<n>{'|'.join(_ORDINALS)})"
    rf" (?P<kind>trimestre|semestre|quarter){_OF}",
    "season": r"(?:cet|cette|this|l'|au|en|a l'|durant l'|in|of|de l') ?"
    rf"(?P<season>{'|'.join(_SEASONS)})\b(?!-la){_OF}(?! (?:dernier|passe))",
    "last_season": rf"(?:l'|le |last )(?P<season>{'|'.join(_SEASONS)})(?: (?:dernier|passe))?\b",
    "month": rf"(?:en|au mois de|du mois de|de|d'|in|of|during|fin|mois de|le mois de) ?(?P<month>{_M})\b{_OF}",
    "month_year": rf"\b(?P<month>{_M}) (?P<y>{_Y})\b",
    "decade": r"(?:dans |durant |pendant )?les annees (?P<y>(?:1[5-9]|20)?\d0)\b",
    "year": rf"(?:en|in|l'an|de|of|during|l'annee|courant|pour|for) (?:l'annee )?(?P<y>{_Y})\b(?! [a-z]+os?\b)",
    "before_yesterday": r"\bavant-hier\b|\bthe day before yesterday\b",
    "yesterday": r"\bhier\b|\byesterday\b",
    "today": r"\baujourd'hui\b|\btoday\b|\bce (?:matin|soir)\b|\bcette nuit\b|\btonight\b",
    "ago": rf"\bil y a (?P<n>{_N}) (?P<unit>{_U})\b|\b(?P<n2>{_N}) (?P<unit2>{_U}) ago\b",
    "past": rf"\bces (?P<n>{_N}) (?:dernier|derniere)e?s (?P<unit>{_U})\b"
    rf"|\b(?:les )?(?P<n2>{_N}) (?:dernier|derniere)s (?P<unit2>{_U})\b"
    rf"|\b(?:the )?(?:past|last) (?P<n3>{_N}) (?P<unit3>{_U})\b",
    "last": r"\b(?:la |le |l')?(?P<unit>semaine|mois|an|annee) (?:derniere?|passee?)\b"
    r"|\blast (?P<unit2>week|month|year)\b",
    "this": r"\b(?:cette|ce|this) (?P<unit>semaine|mois|annee|week|month|year)(?:-ci)?\b(?!-la)",
    "weekday": rf"\b(?P<name>{_D}) (?:dernier|passe)\b|\blast (?P<name2>{_D})\b",
}
_BARE = rf"(?P<y>{_Y})\b"  # a year alone, after « depuis », « avant », « entre »
_FROM = re.compile(r"\b(?:depuis|a partir(?: d[eu])?|des|since|apres|after)(?: le| la| l'annee| l'an)? ?$")
_UNTIL = re.compile(r"\b(?:avant|jusqu'(?:en|au|a|a la|a l')?|before|until|by)(?: le| la| l'annee| l'an)? ?$")
_AFTER = re.compile(r"\b(?:apres|after)\b")
_BEFORE = re.compile(r"\b(?:avant|before)\b")
_BETWEEN = re.compile(r"\b(?:entre|between|de|du|from)(?: le)? ?$")
_AND = re.compile(r" (?:et|and|a|au|to)(?: le)? ")


def find(
    question: str, today: date, newest: date | None = None, known: Callable[[date, date], bool] | None = None
) -> Period | None:
    """The first period that a question names, with its words; None where it names none.

    `newest` is the articles' latest day (by default today) and `known` tells whether they have any from some days: a
    date without a year is of the latest year in which they do.
    """
    folded = flat(question)
    original = question if len(folded) == len(question) else folded
    reader = _Reader(today, newest or today, known)
    best: tuple[int, int, _Span] | None = None
    for name, pattern in _PATTERNS.items():
        for m in pattern.finditer(folded):
            if name == "bare" and not (
                _FROM.search(folded[: m.start()]) or _UNTIL.search(folded[: m.start()]) or _opens_between(folded, m)
            ):
                continue
            span = reader.read(name, m)
            if span and (best is None or (m.start(), -m.end()) < (best[0], -best[1])):
                best = m.start(), m.end(), span
            if span:
                break
    if best is None:
        return None
    start, end, (first, last) = best
    before = folded[:start]
    own = re.match(r"(?:de|d'|en|in|of|du|au|l')? ?", folded[start:end])
    if (lead := _BETWEEN.search(before)) and (second := _second(folded, end, reader)):
        return Period(first, second[1], original[lead.start() : second[0]].strip())
    if own and own.group().startswith(("de", "du", "d'")) and (second := _second(folded, end, reader)):
        return Period(first, second[1], original[start : second[0]].strip())
    if lead := _FROM.search(before):
        opens = last + timedelta(1) if _AFTER.search(lead.group()) else first
        return Period(opens, None, original[lead.start() : end].strip())
    if lead := _UNTIL.search(before):
        closes = first - timedelta(1) if _BEFORE.search(fold(lead.group())) or "avant" in lead.group() else last
        return Period(None, closes, original[lead.start() : end].strip())
    return Period(first, last, original[start:end].strip())


def _opens_between(folded: str, m: re.Match[str]) -> bool:
    return bool(_BETWEEN.search(folded[: m.start()]) and _AND.match(folded, m.end()))


def _second(folded: str, end: int, reader: _Reader) -> tuple[int, date] | None:
    """Where the second date of « entre … et … » ends, and its last day."""
    joint = _AND.match(folded, end)
    if not joint:
        return None
    for name, pattern in _PATTERNS.items():
        m = pattern.match(folded, joint.end())
        if m and (span := reader.read(name, m)):
            return m.end(), span[1]
    month = re.compile(rf"(?P<month>{_M})\b").match(folded, joint.end())
    if month and (span := reader.read("month", month)):
        return month.end(), span[1]
    return None


_PATTERNS = {name: re.compile(rf"(?<![\w-])(?:{pattern})") for name, pattern in {**_MOMENTS, "bare": _BARE}.items()}


class _Reader:
    """Turns what a pattern matched into days."""

    def __init__(self, today: date, newest: date, known: Callable[[date, date], bool] | None) -> None:
        self._today, self._newest, self._known = today, newest, known

    def read(self, name: str, m: re.Match[str]) -> _Span | None:
        """First and last day; None where there is no such day."""
        g = {k.rstrip("23"): v for k, v in m.groupdict().items() if v}
        try:
            return self._read(name, g)
        except (ValueError, OverflowError):
            return None

    def _read(self, name: str, g: dict[str, str]) -> _Span | None:
        year = int(g["y"]) if len(g.get("y", "")) == 4 else None
        month = _MONTHS.get(g.get("month", ""), 0)
        match name:
            case "iso" | "slashes":
                day = date(int(g["y"]), int(g["m"]), int(g["d"]))
                return day, day
            case "day" | "english_day":
                return self._dated(year, lambda y: (date(y, month, int(g["d"])),) * 2)
            case "days":
                return self._dated(year, lambda y: (date(y, month, int(g["d"])), date(y, month, int(g["to"]))))
            case "months":
                return self._dated(year, lambda y: (_months(y, month, 1)[0], _months(y, _MONTHS[g["until"]], 1)[1]))
            case "part":
                return self._dated(year, lambda y: _part_of_month(y, month, g["part"]))
            case "month" | "month_year":
                return self._dated(year, lambda y: _months(y, month, 1))
            case "part_of_year":
                start = {"debut": 1, "early": 1, "mi": 5, "mid": 5, "fin": 9, "late": 9}.get(g["part"])
                return _months(int(g["y"]), start, 4) if start else _months(int(g["y"]), 1, 12)
            case "quarter":
                size = 6 if g["kind"] == "semestre" else 3
                at = min(_ORDINALS[g["n"]], 12 // size)
                return self._dated(year, lambda y: _months(y, size * (at - 1) + 1, size))
            case "season" | "last_season":
                return self._dated(year, lambda y: _months(y, _SEASONS[g["season"]], 3))
            case "decade":
                return _years(year if year else 1900 + int(g["y"]), 10)
            case "year" | "bare":
                return _years(int(g["y"]), 1)
            case _:
                return self._from_now(name, g)

    def _from_now(self, name: str, g: dict[str, str]) -> _Span:
        today, unit = self._today, _UNITS.get(g.get("unit", "").rstrip("s") if g.get("unit") != "mois" else "mois", 1)
        count = int(g["n"]) if g.get("n", "").isdigit() else _NUMBERS.get(g.get("n", ""), 1)
        monday = today - timedelta(today.weekday())
        if name == "weekday":
            back = (today.weekday() - _DAYS[g["name"]] - 1) % 7 + 1
            return (today - timedelta(back),) * 2
        if name == "past":
            return today - timedelta(count * unit), today
        if name == "ago":
            day = today - timedelta(count * unit)
            slack = timedelta(0 if unit == 1 else unit // 2)
            return (_years(today.year - count, 1)) if unit == 365 else (day - slack, day + slack)
        if name in ("last", "this"):
            back = int(name == "last")
            if unit == 7:
                return monday - timedelta(7 * back), monday - timedelta(7 * back - 6)
            if unit == 365:
                return _years(today.year - back, 1)
            index = today.year * 12 + today.month - 1 - back
            return _months(index // 12, index % 12 + 1, 1)
        day = today - timedelta({"today": 0, "yesterday": 1, "before_yesterday": 2}[name])
        return day, day

    def _dated(self, year: int | None, of: Callable[[int], _Span]) -> _Span:
        """The span in the year that is named, or in the latest year that the articles know."""
        if year is not None:
            return of(year)
        latest = self._newest.year
        spans = []
        for y in range(latest, latest - 12, -1):
            try:
                spans.append(of(y))
            except ValueError:  # 29 February
                continue
        past = [s for s in spans if s[0] <= self._newest]
        if not spans:
            raise ValueError("no such day")
        return next((s for s in past if self._known and self._known(*s)), (past or spans)[0])


def _months(year: int, month: int, count: int) -> _Span:
    index = year * 12 + month - 1 + count - 1
    y, m = index // 12, index % 12 + 1
    return date(year, month, 1), date(y, m, monthrange(y, m)[1])


def _years(year: int, count: int) -> _Span:
    return date(year, 1, 1), date(year + count - 1, 12, 31)


def _part_of_month(year: int, month: int, part: str) -> _Span:
    first, last = _months(year, month, 1)
    if part in ("debut", "early"):
        return first, first.replace(day=10)
    if part in ("mi", "mid"):
        return first.replace(day=11), first.replace(day=20)
    return (first.replace(day=21), last) if part in ("fin", "late") else (first, last)
