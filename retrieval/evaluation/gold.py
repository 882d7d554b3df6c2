"""Gold rows: a question with its right answers and where they stand, one JSON object a line (`gold.schema.json`).

A row is a question, or a dialogue whose `turns` are questions asked one after the other. `load` and `read` look at the
shape of the lines; whether they hold in the stored articles is `check`, from `retrieval.evaluation.checking`.

A row counts once somebody has reviewed it: `load` leaves out the others. A draft was proposed by a model; a candidate
was asked by people, and may not say yet whether it has an answer. `sourcier gold review` decides on both, and marks
them accepted or rejected in the file that they came from.
"""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from retrieval.errors import SourcierError
from retrieval.types import Period

STATUSES = ("reviewed", "draft", "candidate", "accepted", "rejected")
WAITING = ("draft", "candidate")  # for somebody to review them


class GoldError(SourcierError):
    """A gold set that cannot be read; the text names file and line."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a row; `id` is None where the line has none that can be read."""

    line: int
    id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where an answer stands: an article, in full or at a quote, or at offsets into its stored text."""

    article: str
    quote: str | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A question with what is right about it, or a dialogue: then it has `turns`, and no question of its own.

    A turn is a row too: its id is the dialogue's with `#` and its number, its tags and language are the dialogue's
    unless it says otherwise.
    """

    line: int
    id: str
    question: str = ""
    language: str = "fr"
    answers: tuple[str, ...] = ()  # accepted spellings; of an unanswerable, what would answer it
    require: str = "any"  # "any" of the answers, or "all" of them
    evidence: tuple[Evidence, ...] = ()
    answerable: bool = True
    tags: tuple[str, ...] = ()
    period: Period | None = None  # what the question's dates should be understood as
    missing: tuple[str, ...] = ()  # what is asked and no article tells, in an article's words
    false_premise: str | None = None  # what the question takes for true and is not, put right
    forbidden: tuple[str, ...] = ()  # what no answer may hold
    status: str = "reviewed"  # one of STATUSES
    turns: tuple[Row, ...] = ()

    @property
    def asked(self) -> tuple[Row, ...]:
        """The questions of this row, in the order they are asked."""
        return self.turns or (self,)


def load(path: Path) -> list[Row]:
    """The reviewed rows of a file. Raises GoldError with file and line of the first that cannot be read."""
    return [row for row in load_all(path) if row.status == "reviewed"]


def load_all(path: Path) -> list[Row]:
    """The rows of a file, of any status. Raises GoldError with file and line of the first that cannot be read."""
    rows, problems = read(path)
    if problems:
        first = problems[0]
        raise GoldError(f"{path}:{first.line}: {first.reason}", remedy=f"sourcier gold check {path}")
    return rows


def read(path: Path) -> tuple[list[Row], list[Problem]]:
    """The rows that can be read, and what is wrong with the others. Raises GoldError when the file cannot be read."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise GoldError(f"{path}: {error.strerror or error}") from error
    rows: list[Row] = []
    problems: list[Problem] = []
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        fields: Any = None
        try:
            fields = json.loads(raw.decode("utf-8-sig" if number == 1 else "utf-8"))
            rows.append(_row(fields, number))
        except (ValueError, RecursionError) as error:
            reason = str(error) if isinstance(error, _ShapeError) else f"not JSON ({error})"
            name = fields.get("id") if isinstance(fields, dict) else None
            problems.append(Problem(number, name if isinstance(name, str) else None, reason))
    return rows, problems


def row_of(fields: object, line: int = 1) -> Row:
    """The row of one line's JSON. Raises ValueError that names the field."""
    return _row(fields, line)


class _ShapeError(ValueError):
    """A line that is JSON but no gold row; the text says why."""


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _ShapeError("is no text")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise _ShapeError("is no list of texts")
    return tuple(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _ShapeError("is neither true nor false")
    return value


def _one_of(*allowed: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if value not in allowed:
            raise _ShapeError(f"is not one of {', '.join(allowed)}")
        return str(value)

    return parse


def _offset(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _ShapeError("is no offset")
    return value


def _evidence(value: object) -> tuple[Evidence, ...]:
    if not isinstance(value, list):
        raise _ShapeError("is no list")
    found = tuple(Evidence(**_fields(item, _EVIDENCE, ("article",))) for item in value)
    if any((e.start is None) != (e.end is None) for e in found):
        raise _ShapeError("has a start without an end, or an end without a start")
    return found


def _period(value: object) -> Period | None:
    """`2023`, `2023-06`, `2023-06-17`, or two of them with `/`, where `..` leaves a side open."""
    if value is None:
        return None
    first, slash, last = _text(value).partition("/")
    try:
        days = (_day(first, last=False), _day(last if slash else first, last=True))
    except ValueError:
        days = (None, None)
    if days == (None, None) or (days[0] and days[1] and days[0] > days[1]):
        raise _ShapeError(f"is no period: {value!r}")
    return Period(*days)


def _day(text: str, *, last: bool) -> date | None:
    if text == "..":
        return None
    if not re.fullmatch(r"\d{4}(-\d{2}){0,2}", text, re.ASCII):
        raise ValueError(text)
    year, *rest = (int(part) for part in text.split("-"))
    month = rest[0] if rest else 12 if last else 1
    if len(rest) == 2:
        return date(year, month, rest[1])
    first = date(year, month, 1)
    return first.replace(day=calendar.monthrange(year, month)[1]) if last else first


_EVIDENCE: Mapping[str, Callable[[object], Any]] = {
    "article": _text, "quote": _text, "start": _offset, "end": _offset,
}  # fmt: skip
_ANSWERED: Mapping[str, Callable[[object], Any]] = {"text": _text, "citations": _evidence}
_QUESTION: Mapping[str, Callable[[object], Any]] = {
    "language": _text, "question": _text, "answers": _texts, "require": _one_of("any", "all"), "evidence": _evidence,
    "answerable": _flag, "tags": _texts, "period": _period, "missing": _texts,
    "false_premise": lambda value: None if value is None else _text(value), "forbidden": _texts,
}  # fmt: skip
_STATUS = {"status": _one_of(*STATUSES)}
_SINGLE = {"id": _text, **_QUESTION, **_STATUS}
_PROPOSAL = {  # what a row may say besides until it is reviewed: how often it was asked, and what was answered
    **_SINGLE, "answerable": lambda value: value is not None and _flag(value), "count": _offset,
    "answered": lambda value: value if value is None else _fields(value, _ANSWERED, ("text", "citations")),
}  # fmt: skip
_DIALOGUE = {"id": _text, "language": _text, "tags": _texts, **_STATUS, "turns": lambda value: value}


def _row(fields: object, line: int) -> Row:
    if not isinstance(fields, dict) or "turns" not in fields:
        proposed = isinstance(fields, dict) and fields.get("status", "reviewed") != "reviewed"
        needed = ("id", "question", "answers", "evidence", "answerable")
        found = _fields(fields, _PROPOSAL if proposed else _SINGLE, needed)
        return Row(line, **{name: value for name, value in found.items() if name not in ("count", "answered")})
    found = _fields(fields, _DIALOGUE, ("id",))
    turns = found.pop("turns")
    if not isinstance(turns, list) or not turns:
        raise _ShapeError("turns: is no list of turns")
    dialogue = Row(line, **found)
    return Row(line, **found, turns=tuple(_turn(turn, dialogue, n) for n, turn in enumerate(turns, 1)))


def _turn(fields: object, dialogue: Row, number: int) -> Row:
    try:
        found = _fields(fields, _QUESTION, ("question", "answers", "evidence"))
    except _ShapeError as error:
        raise _ShapeError(f"turn {number}: {error}") from error
    tags = dialogue.tags + tuple(tag for tag in found.pop("tags", ()) if tag not in dialogue.tags)
    given = {"language": dialogue.language, "status": dialogue.status, **found, "tags": tags}
    return Row(dialogue.line, f"{dialogue.id}#{number}", **given)


def _fields(value: object, parsers: Mapping[str, Callable[[object], Any]], required: tuple[str, ...]) -> dict[str, Any]:
    """The fields of an object, each as its parser gives it. Raises _ShapeError that names the field."""
    if not isinstance(value, dict):
        raise _ShapeError("not a JSON object")
    if unknown := sorted(value.keys() - parsers.keys()):
        raise _ShapeError(f"unknown field: {', '.join(unknown)}")
    if lacking := [name for name in required if name not in value]:
        raise _ShapeError(f"no {', '.join(lacking)}")
    found = {}
    for name, item in value.items():
        try:
            found[name] = parsers[name](item)
        except _ShapeError as error:
            raise _ShapeError(f"{name}: {error}") from error
    return found
