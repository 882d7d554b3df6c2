"""From use to gold: questions whose answer was disliked or missing, as candidate rows (`gold`).

A question that was asked twice is one row that says how often; nothing in a row tells who asked, or where.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from retrieval.evaluation.gold import Row
from retrieval.evaluation.matching import folded

TAGS = ("feedback", "abstained")


class Asked(Protocol):
    """A question with its answer, as the bot's memory has it."""

    @property
    def id(self) -> int: ...
    @property
    def question(self) -> str: ...
    @property
    def understood_as(self) -> str | None: ...
    @property
    def answer(self) -> str | None: ...  # an Answer in its JSON form
    @property
    def language(self) -> str | None: ...


def candidates(
    disliked: Sequence[Asked], abstained: Sequence[Asked], known: Iterable[Row] = ()
) -> list[dict[str, Any]]:
    """Candidate rows, by when each was first asked, each question once; those of `known` rows are left out.

    A known row is told by its question, or by its id where a reviewer put the question otherwise. `answered` is what
    was answered last.
    """
    known = list(known)
    taken = {folded(asked.question) for row in known for asked in row.asked}
    reviewed = {row.id for row in known}
    tagged: dict[int, tuple[Asked, list[str]]] = {}
    for turns, tag in zip((disliked, abstained), TAGS, strict=True):
        for turn in turns:
            tagged.setdefault(turn.id, (turn, []))[1].append(tag)
    rows: dict[str, dict[str, Any]] = {}
    for turn, tags in (tagged[key] for key in sorted(tagged)):
        question = turn.understood_as or turn.question
        same = folded(question)
        if not same or same in taken or identity(question, "asked") in reviewed:
            continue
        row = rows.setdefault(same, _row(question, turn.language, tags))
        row["count"] += 1
        row["tags"] = [tag for tag in TAGS if tag in row["tags"] or tag in tags]
        row["answered"] = _answered(turn.answer)
    return list(rows.values())


def identity(question: str, prefix: str) -> str:
    """The id of a proposed row: the same question always has the same, wherever it was asked."""
    return f"{prefix}-{hashlib.sha256(folded(question).encode('utf-8', 'replace')).hexdigest()[:10]}"


def _row(question: str, language: str | None, tags: Sequence[str]) -> dict[str, Any]:
    return {
        "id": identity(question, "asked"), "language": language or "fr", "question": question, "answers": [],
        "evidence": [], "answerable": None, "tags": list(tags), "status": "candidate", "count": 0, "answered": None,
    }  # fmt: skip


def _answered(answer: str | None) -> dict[str, Any] | None:
    """What was answered, with its quotes; None of an abstention."""
    found: Mapping[str, Any] = json.loads(answer) if answer else {"abstained": True}
    if found["abstained"]:
        return None
    quotes = [{key: cited[key] for key in ("article", "quote", "start", "end")} for cited in found["citations"]]
    return {"text": found["text"], "citations": quotes}


def since(turns: Iterable[Any], day: date | None) -> list[Any]:
    """Those that were asked on that day (UTC) or later; all where it is None."""
    return [turn for turn in turns if day is None or turn.asked_at.date() >= day]
