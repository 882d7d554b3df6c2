"""Dates as articles write them, turned into ISO 8601 with the precision they have."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "janvier janv january jan",
            "fevrier fevr fev february feb",
            "mars march mar",
            "avril avr april apr",
            "mai may",
            "juin june jun",
            "juillet juil july jul",
            "aout august aug",
            "septembre sept september sep",
            "octobre october oct",
            "novembre november nov",
            "decembre december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_YEAR = r"((?:19|20)\d{2})"
_YMD = re.compile(rf"(?<!\d){_YEAR}([-/.])(\d{{1,2}})(?:\2(\d{{1,2}}))?(?!\d)")
_DMY = re.compile(rf"(?<!\d)(\d{{1,2}})([/.-])(\d{{1,2}})\2{_YEAR}(?!\d)")
_COMPACT = re.compile(rf"{_YEAR}(\d\d)(\d\d)(?:T?\d{{6}}Z?)?")
_D_MONTH_Y = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:er|st|nd|rd|th)?\s+(?:of\s+|de\s+)?([^\W\d]{{3,9}})\.?,?\s+{_YEAR}(?!\d)"
)
_MONTH_D_Y = re.compile(rf"\b([^\W\d]{{3,9}})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}(?!\d)")
_MONTH_Y = re.compile(rf"\b([^\W\d]{{3,9}})\.?\s+{_YEAR}(?!\d)")
_CHINESE = re.compile(rf"{_YEAR}年(\d{{1,2}})月(?:(\d{{1,2}})日)?")
_YEAR_ALONE = re.compile(_YEAR)
_NAME = re.compile(rf"(?<!\d){_YEAR}([-_.]?)(\d\d)(?:\2(\d\d))?(?!\d)")
_PATH = re.compile(rf"/{_YEAR}/(\d{{1,2}})/(?:(\d{{1,2}})/)?")


def parse_date(value: str) -> str | None:
    """The first date of `value` that has a year: "3 juillet 2024" is "2024-07-03"; "04/03" is None."""
    value = value.strip()
    if match := _YEAR_ALONE.fullmatch(value):
        return match[1]
    if match := _COMPACT.fullmatch(value):
        return _iso(match[1], match[2], match[3])
    if match := _YMD.search(value):
        return _iso(match[1], match[3], match[4])
    if match := _DMY.search(value):
        day, month = match[1], match[3]
        return _iso(match[4], month, day) or _iso(match[4], day, month)  # French order; American when only that works
    if match := _CHINESE.search(value):
        return _iso(match[1], match[2], match[3])
    if (match := _D_MONTH_Y.search(value)) and (month := _month(match[2])):
        return _iso(match[3], month, match[1])
    if (match := _MONTH_D_Y.search(value)) and (month := _month(match[1])):
        return _iso(match[3], month, match[2])
    if (match := _MONTH_Y.search(value)) and (month := _month(match[1])):
        return _iso(match[2], month, None)
    return None


def date_in_name(name: str) -> str | None:
    """The date a file name bears, such as 2024-07-03-sommet.txt. A lone year or a run of digits is none."""
    match = _NAME.search(name)
    if match is None or (match[4] is None and not match[2]):  # "202407" is as often a number as a month
        return None
    return _iso(match[1], match[3], match[4])


def date_in_url(url: str) -> str | None:
    """The date in the path of a URL, such as /2024/07/03/."""
    match = _PATH.search(url)
    return _iso(match[1], match[2], match[3]) if match else date_in_name(url.rsplit("/", 1)[-1])


def is_month(word: str) -> bool:
    """Whether a word is the name of a month, in French or English."""
    return bool(_month(word))


def _month(word: str) -> str | None:
    plain = "".join(c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c))
    number = _MONTHS.get(plain)
    return str(number) if number else None


def _iso(year: str, month: str, day: str | None) -> str | None:
    try:
        found = date(int(year), int(month), int(day) if day else 1)
    except ValueError:  # 2023-13 or 31/02/2024: looked like a date and is none
        return None
    return found.isoformat() if day else found.isoformat()[:7]
