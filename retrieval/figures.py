"""Figures of a text in French and English: numbers with their units, and dates.

Read are number words, separators, scales, percent forms, ranges and date formats. Not read: ordinals in words
(« troisième »), fractions (« la moitié »), sums, conversions of units (« trois ans » for « 36 mois »).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from retrieval.analysis import FRENCH_MONTHS, STOP_WORDS


def _numbered(first: int, *lists: str) -> dict[str, int]:
    return {name: number for names in lists for number, name in enumerate(names.split(), first)}


ENGLISH = frozenset(
    _numbered(
        0,
        """about after all also an and are as at be been before between both but by can could did do does for from had
        has have he her his how in into is it its may more most no not of on or our over said says she should since so
        some such than that the their them then there these they this those to two under up was we were what when where
        which while who whom why will with would you your""",
    )
)
IGNORED = (
    STOP_WORDS | ENGLISH | {"selon", "according", "cependant", "however", "enfin", "mme", "mr", "mrs", "oui", "etat"}
)
COUNTED = _numbered(2, "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize")
COUNTED |= _numbered(2, "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen")
COUNTED |= _numbered(17, "seventeen eighteen nineteen")
_TENS = ("vingt trente quarante cinquante soixante", "twenty thirty forty fifty sixty seventy eighty ninety")
COUNTED |= {name: 10 * number for name, number in _numbered(2, *_TENS).items()}
SCALES = {"cent": 2, "hundred": 2, "mille": 3, "thousand": 3, "million": 6, "milliard": 9, "billion": 9, "bn": 9}
_ENGLISH_MONTHS = "january february march april may june july august september october november december"
MONTHS = _numbered(1, _ENGLISH_MONTHS, " ".join(FRENCH_MONTHS))
WEEKDAYS = _numbered(0, "lundi mardi mercredi jeudi vendredi samedi dimanche")
WEEKDAYS |= _numbered(0, "monday tuesday wednesday thursday friday saturday sunday")
CURRENCIES = {"€": "euro", "$": "dollar", "£": "pound", "livre": "pound", "¥": "yen", "rmb": "yuan", "franc": "franc"}
CURRENCIES |= {name: name for name in ("euro", "dollar", "pound", "yen", "yuan", "rouble", "roupie", "bitcoin")}
_UNITS = {
    name: names.split()[0]
    for names in (
        "second seconde",
        "minute",
        "hour heure",
        "day jour",
        "month mois",
        "year an annee",
        "mm millimetre millimeter",
        "cm centimetre centimeter",
        "metre meter",
        "km kilometre kilometer",
        "mile",
        "hectare ha",
        "tonne ton",
        "kg kilogramme kilogram kilo",
        "gramme gram",
        "litre liter",
        "hectolitre",
        "degree degre °",
        "kilowatt kw kwh",
        "megawatt mw mwh",
        "gigawatt gw gwh",
    )
    for name in names.split()
}
_M = "|".join(MONTHS)
_DATE = re.compile(
    rf"\b(?P<y1>\d{{4}})-(?P<m1>\d\d)(?:-(?P<d1>\d\d))?\b|\b(?P<d2>\d\d?)/(?P<m2>\d\d?)/(?P<y2>\d{{4}})\b"
    rf"|\b(?P<m4>{'|'.join(_ENGLISH_MONTHS.split())}) (?P<d4>\d\d?)(?:st|nd|rd|th)?\b(?![.,]\d| ?%| per)"
    r"(?:,? (?P<y4>\d{4}))?\b"
    rf"|\b(?:(?P<d3>\d\d?)(?:er|st|nd|rd|th)? (?:of )?)?(?P<m3>{_M})(?: (?P<y3>\d{{4}}))?\b"
)
_RANGE_BEFORE = re.compile(r"\b(\d\d?)(?:er)? ?(?:au|et|a|to|and|-|–) ?(?:le )?$")
_SPACE = r"[ \u00a0\u202f]"
_N = rf"\d{{1,3}}(?:{_SPACE}\d{{3}})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*"
_W = "|".join(sorted(COUNTED, key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?<![^\W_])(?:(?P<digits>{_N})"
    rf"|(?P<words>(?:{_W}|cent|mille)s?(?:-(?:et-|and-)?(?:un|une|one|{_W}|cent)s?)*)(?![^\W_])"
    rf"|(?P<one>une?|one|a)(?={_SPACE}(?:million|milliard|billion|hundred|thousand)\b))"
    rf"(?:{_SPACE}?(?P<scale>cent|hundred|mille|thousand|million|milliard|billion|bn)s?\b)?"
    rf"(?P<percent>{_SPACE}?(?:%|pour cent\b|per ?cent\b))?"
)
_RANGE = re.compile(rf"{_SPACE}?(?:,|et|ou|a|and|or|to|-|–){_SPACE}?")
_MONEY = "|".join(c for c in CURRENCIES if c.isalpha())
_UNIT = re.compile(
    rf"{_SPACE}?-?(?:(?:de |d'|of )?(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})s?(?![^\W_])"
    rf"|(?:de |d'|of )?(?:[^\W\d_]+ )?(?P<currency>[€$£¥]|(?:{_MONEY})(?=s?\b)))"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number where it stands."""

    start: int
    end: int
    kind: str  # "number", "percent" or "year"
    written: str
    values: frozenset[str]  # what it may stand for: 4.200 is 4200 or 4.200
    unit: str | None  # the currency or the measure right behind it


@dataclass(frozen=True, slots=True)
class Day:
    """A date where it stands, as precise as written."""

    start: int
    end: int
    year: int | None
    month: int
    day: int | None
    written: str

    def is_of(self, other: Day) -> bool:
        """Whether the other one has its month, and its day if it has one."""
        return self.month == other.month and self.day in (None, other.day)

    @property
    def weekday(self) -> int | None:
        """0 for Monday; None where the date is not whole or does not exist."""
        try:
            return date(self.year, self.month, self.day).weekday() if self.year and self.day else None
        except ValueError:
            return None


def days(folded: str) -> list[Day]:
    """The dates of a folded text."""
    found = [_day(m) for m in _DATE.finditer(folded) if _is_date(m, folded)]
    return [*(first for d in found if (first := _first_of(d, folded))), *found]


def _first_of(last: Day, folded: str) -> Day | None:
    """The first day of a range that names its month once (« du 29 au 30 août »)."""
    before = _RANGE_BEFORE.search(folded, max(0, last.start - 12), last.start) if last.day else None
    if before is None or not int(before[1]) < (last.day or 0):
        return None
    return Day(before.start(1), before.end(1), last.year, last.month, int(before[1]), before[1])


def _is_date(m: re.Match[str], folded: str) -> bool:
    """Whether it is a date, not the verb "may", the planet Mars or a march."""
    if m[0] in ("mars", "mai", "may", "march"):
        return bool(re.search(r"\b(?:en|debut|fin|mi|in)[ -]$", folded[: m.start()]))
    return 1 <= _day(m).month <= 12


def _day(m: re.Match[str]) -> Day:
    def number(name: str) -> int | None:
        found = next((m[f"{name}{i}"] for i in "1234" if f"{name}{i}" in m.groupdict() and m[f"{name}{i}"]), None)
        return None if found is None else MONTHS.get(found) or int(found)

    return Day(m.start(), m.end(), number("y"), number("m") or 0, number("d"), m[0])


def numbers(text: str) -> list[Number]:
    """The numbers of a folded text without its dates.

    A scale or a percent sign also counts for the numbers before it (10 à 20 %).
    """
    unit: tuple[str | None, str | None] = (None, None)
    after, kept = len(text), list[Number]()
    for m in reversed(list(_NUMBER.finditer(text))):
        if not (_RANGE.fullmatch(text, m.end(), after) and after > m.end()):
            unit = (None, None)
        values = set(_scaled(m, m["scale"], m["percent"]))
        if m["scale"] or m["percent"]:
            unit = (m["scale"], m["percent"])
        values |= set(_scaled(m, *unit)) if any(unit) else set()
        after = m.start()
        definite = r"\b(?:les|ces|des|nos|leurs|ses|the|these|of) $"  # "les deux pays" counts what was named
        if m["words"] not in ("deux", "two") or not re.search(definite, text[max(0, m.start() - 8) : m.start()]):
            measure = _measure(text, m)
            kind = _kind(text, m, measure, any(unit))
            kept.append(Number(m.start(), m.end(), kind, m[0].strip(), frozenset(values), measure))
    return kept[::-1]


def _measure(text: str, m: re.Match[str]) -> str | None:
    if sign := CURRENCIES.get(text[max(0, m.start() - 1) : m.start()]):
        return sign
    found = None if m["percent"] else _UNIT.match(text, m.end())
    return found and (_UNITS[found["unit"]] if found["unit"] else CURRENCIES[found["currency"]])


def _kind(text: str, m: re.Match[str], measure: str | None, scaled: bool) -> str:
    if m["percent"] or (scaled and not m["scale"]):
        return "percent"
    year = not measure and not scaled and re.fullmatch(r"1\d{3}|20\d\d", m["digits"] or "")
    following = re.match(r" ([^\W\d_]+)", text[m.end() : m.end() + 30])
    return "year" if year and not (following and following[1] not in IGNORED) else "number"


def _scaled(m: re.Match[str], scale: str | None, percent: str | None) -> Iterator[str]:
    for value in _values(m["digits"]) if m["digits"] else [_spelled(m["words"] or "1")]:
        if scale:
            whole, _, part = value.partition(".")
            zeros, part = SCALES[scale], part.rstrip("0")
            value = whole + part[:zeros].ljust(zeros, "0") + ("." + part[zeros:] if len(part) > zeros else "")
        yield (value.lstrip("0") or "0") + ("%" if percent else "")


def _values(digits: str) -> list[str]:
    """17,62 is 17.62; 4.200 is 4200 or, with its three decimals kept, 4.200."""
    digits = re.sub(r"\s", "", digits)
    pieces = re.split(r"[.,]", digits)
    if len(pieces) == 1:
        return pieces
    whole, last = "".join(pieces[:-1]), pieces[-1]
    grouped = all(len(p) == 3 for p in pieces[1:]) and 0 < len(pieces[0]) <= 3 and pieces[0] != "0"
    found = [whole + last] if grouped else []
    if len(pieces) == 2 or re.search(r"[.].*,|,.*[.]", digits):
        trimmed = last if len(last) == 3 else last.rstrip("0")
        found.append(f"{whole}.{trimmed}" if trimmed else whole)
    return found or pieces


def _spelled(words: str) -> str:
    total = 0
    for word in words.split("-"):
        bare = word if word in COUNTED else word.removesuffix("s")
        value = {"un": 1, "une": 1, "one": 1, "cent": 100, "mille": 1000, "1": 1}.get(bare) or COUNTED.get(bare, 0)
        total = total * value if total and (value in (100, 1000) or (total == 4 and value == 20)) else total + value
    return str(total)
