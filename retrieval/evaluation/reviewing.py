"""Reviewing proposed rows: drafts and candidates of a file become rows of a gold set, or are rejected.

Each decision is on disk before the next row is shown. An accepted row is added to the gold file first and marked in its
own file after that, and an accepted one that is taken back is unmarked first: killed in between, what stands in the
gold file is what was decided. Both files are replaced as a whole, so none is ever half written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retrieval.evaluation import runs
from retrieval.evaluation.checking import Checker
from retrieval.evaluation.gold import WAITING, GoldError, Row, load_all, row_of
from retrieval.evaluation.matching import folded, locate, occurs
from retrieval.passages import split_sentences
from retrieval.types import Article

Fields = dict[str, Any]  # a row as its line has it
_PROPOSED = ("status", "count", "answered")  # what a reviewed row does not have


@dataclass(slots=True)
class Review:
    """The rows of a file that wait for a decision, and the gold file where accepted ones go."""

    file: Path
    gold: Path
    _rows: list[Fields] = field(default_factory=list)
    _undo: list[tuple[int, str]] = field(default_factory=list)  # places decided in this session, with the status before

    @classmethod
    def open(cls, file: Path, gold: Path) -> Review:
        """Read both files. Raises GoldError where a line of one cannot be read, or both are one file."""
        if gold.exists() and gold.samefile(file):
            raise GoldError(
                f"{file}: the file that is reviewed cannot take the rows", remedy="name another with --gold"
            )
        there = {row.id for row in (load_all(gold) if gold.exists() else ())}
        load_all(file)
        review = cls(file, gold, _lines(file))
        late = [row for row in review._rows if row.get("status") in WAITING and row["id"] in there]
        for row in late:  # accepted, and killed before that was noted here
            row["status"] = "accepted"
        if late:
            runs.write_lines(file, review._rows)
        return review

    @property
    def waiting(self) -> list[int]:
        """The places of the rows that nobody has decided on. Dialogues are not among them: they are written by hand."""
        return [at for at, row in enumerate(self._rows) if row.get("status") in WAITING and "turns" not in row]

    @property
    def decided(self) -> list[int]:
        """The places decided on in this session, in that order."""
        return [at for at, _ in self._undo]

    def row(self, at: int) -> Fields:
        """A copy of the row at a place, to be edited."""
        found: Fields = json.loads(json.dumps(self._rows[at]))
        return found

    def accept(self, at: int, row: Mapping[str, Any]) -> None:
        """Add the row to the gold file, as reviewed."""
        kept = {key: value for key, value in row.items() if key not in _PROPOSED}
        runs.write_lines(self.gold, [*_lines(self.gold), kept])
        self._mark(at, "accepted")

    def reject(self, at: int) -> None:
        """Never show this row again."""
        self._mark(at, "rejected")

    def undo(self) -> int | None:
        """Take back the last decision of this session; returns the place it was about, or None."""
        if not self._undo:
            return None
        at, before = self._undo.pop()
        accepted = self._rows[at]["status"] == "accepted"
        self._rows[at]["status"] = before
        self._write()
        if accepted:
            runs.write_lines(self.gold, [line for line in _lines(self.gold) if line["id"] != self._rows[at]["id"]])
        return at

    def _mark(self, at: int, status: str) -> None:
        self._undo.append((at, self._rows[at]["status"]))
        self._rows[at]["status"] = status
        self._write()

    def _write(self) -> None:
        """Write the file; rows that `add` put at its end meanwhile stay, and wait too."""
        self._rows += _lines(self.file)[len(self._rows) :]
        runs.write_lines(self.file, self._rows)


def problems(row: Mapping[str, Any], checker: Checker) -> list[str]:
    """What `gold check` would say of the row once it is reviewed."""
    kept = {key: value for key, value in row.items() if key not in _PROPOSED}
    try:
        found: Row = row_of(kept)
    except ValueError as error:
        return [str(error)]
    return checker.wrong(found)


def evidence(
    article: Article, start: int, end: int, words: str, answers: Sequence[str], require: str = "any"
) -> list[Fields]:
    """The words of a passage (its offsets) as evidence, with where they stand; none where they do not stand in it.

    Without words it is the first sentence of the passage with one of the answers; where all are required, the first
    with each of them.
    """
    if words.strip():
        inside = [(a, b) for a, b in locate(words, article.text) if start <= a and b <= end]
    else:
        sentences = [(a, b) for a, b in split_sentences(article.text) if start <= a and b <= end]
        holding = [[(a, b) for a, b in sentences if occurs(answer, folded(article.text[a:b]))] for answer in answers]
        inside = sorted({found[0] for found in holding if found})
    if words.strip() or require != "all":
        inside = inside[:1]
    return [{"article": article.id, "quote": article.text[a:b], "start": a, "end": b} for a, b in inside]


def add(file: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Add to a file the rows whose ids it does not have; returns how many. Raises GoldError where it cannot be read."""
    there = _lines(file)
    ids = {row.id for row in (load_all(file) if file.exists() else ())}
    new = [row for row in rows if row["id"] not in ids]
    if new:
        file.parent.mkdir(parents=True, exist_ok=True)
        runs.write_lines(file, [*there, *new])
    return len(new)


def _lines(file: Path) -> list[Fields]:
    """The rows as they are written; of a file that `load_all` could read."""
    if not file.exists():
        return []
    text = file.read_text("utf-8-sig")
    return [json.loads(line) for line in text.split("\n") if line.strip()]
