"""Days that are counted from another one: « la veille du 20 août », "two years after 2023". By rules.

`find` is `periods.find` where there is no such counting. A conversation needs it: what a follow-up leaves out ("and the
day after?") is put in words when it is understood, and the days are worked out here.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from retrieval import periods
from retrieval.analysis import flat
from retrieval.figures import COUNTED, WEEKDAYS
from retrieval.types import Period

_NUMBER = rf"\d{{1,3}}|un|une|one|{'|'.join(COUNTED)}"
_UNIT = r"jours?|semaines?|mois|ans?|annees?|days?|weeks?|months?|years?"
_SHORT = {"jour": "day", "semaine": "week", "moi": "month", "mois": "month", "an": "year", "annee": "year"}
_OF = r"(?:d[eu] (?:la |l')?|d'|l'|of |le |la |the )?"
_COUNTED = re.compile(
    rf"\b(?:le |la |l'|the )?(?:"
    rf"(?P<eve>avant-veille|veille|surlendemain|lendemain) {_OF}"
    rf"|(?P<n>{_NUMBER}) (?P<unit>{_UNIT}) (?:plus (?:tard|tot) que |(?P<side>apres|avant|after|before)) ?{_OF}"
    rf"|(?P<one>{_UNIT}|week-?end|{'|'.join(WEEKDAYS)}) (?:qui (?:suit|precede) |(?P<way>d'apres|apres|suivant|avant"
    rf"|d'avant|precedant|after|before|following|preceding) ?){_OF}"
    rf")(?P<rest>.+)"
)
_BARE_YEAR = re.compile(r"^(?:1[5-9]|20)\d\d\b")
_NO_WORD = re.compile(r"(?:(?:le|la|du|de|the|of|on) |d')*")
_EVES = {"avant-veille": -2, "veille": -1, "lendemain": 1, "surlendemain": 2}
_BACK = re.compile(r"avant|before|preced|plus tot")


def find(
    question: str, today: date, newest: date | None = None, known: Callable[[date, date], bool] | None = None
) -> Period | None:
    """As `periods.find`, days that are counted from the day that the question names included."""
    folded = flat(question)
    m = _COUNTED.search(folded)
    rest = _BARE_YEAR.sub(r"en \g<0>", m["rest"]) if m else ""
    base = find(rest, today, newest, known) if m else None
    if not m or base is None or base.first is None or base.last is None or not base.expression:
        return periods.find(question, today, newest, known)
    between = rest.find(base.expression)
    try:
        first, last = _counted(m, base.first, base.last)
    except (ValueError, OverflowError):
        between = -1
    if between < 0 or not _NO_WORD.fullmatch(rest[:between]):  # words stand between: the day alone is meant
        return periods.find(question, today, newest, known)
    end = m.end() - len(rest) + between + len(base.expression)
    original = question if len(folded) == len(question) else folded
    return Period(first, last, original[m.start() : end].strip())


def _counted(m: re.Match[str], first: date, last: date) -> tuple[date, date]:
    """The days that a match counts from some others."""
    if m["eve"]:
        step = timedelta(_EVES[m["eve"]])
        return (first if step.days < 0 else last) + step, (first if step.days < 0 else last) + step
    back = bool(_BACK.search(m["side"] or m["way"] or m[0][: m.start("rest") - m.start()]))
    if (name := m["one"]) in WEEKDAYS:
        return (_weekday(first if back else last, WEEKDAYS[name], back),) * 2
    if name and name.startswith("week"[:4]) and "end" in name:
        saturday = _weekday(first if back else last, 5, back)
        return saturday, saturday + timedelta(1)
    written = (m["unit"] or name).rstrip("s")
    unit = _SHORT.get(written, written)
    n = m["n"] or "1"
    count = (int(n) if n.isdigit() else COUNTED.get(n, 1)) * (-1 if back else 1)
    if unit in ("day", "week"):
        step = timedelta(count * (7 if unit == "week" else 1))
        return first + step, last + step
    months = count * (12 if unit == "year" else 1)
    if unit == "year" and m["one"]:  # « l'année d'après 2022 », "the year after 3 May 2019": the whole of it
        return date(first.year + count, 1, 1), date(first.year + count, 12, 31)
    ends_month = last.day == monthrange(last.year, last.month)[1] and first.day == 1
    end = _moved(last, months)
    return _moved(first, months), end.replace(day=monthrange(end.year, end.month)[1]) if ends_month else end


def _weekday(day: date, weekday: int, back: bool) -> date:
    """The nearest such weekday after a day, or before it."""
    step = (day.weekday() - weekday - 1) % 7 + 1 if back else (weekday - day.weekday() - 1) % 7 + 1
    return day - timedelta(step) if back else day + timedelta(step)


def _moved(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
