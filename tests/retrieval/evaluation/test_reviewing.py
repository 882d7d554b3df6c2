"""What a review decides is on disk at once, and holds after a kill at any moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from retrieval.evaluation import runs
from retrieval.evaluation.gold import GoldError, load
from retrieval.evaluation.reviewing import Review, add, evidence
from retrieval.types import Article

ARTICLE = Article("a.txt", "Le port a traité 372 000 conteneurs. Une grue de 41 tonnes arrive. Une grue part.")


def row(name: str, **more: Any) -> dict[str, Any]:
    """A candidate."""
    return {"id": name, "question": f"{name} ?", "answers": [], "evidence": [], "answerable": None,
            "status": "candidate", "count": 2, "answered": None, **more}  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three proposed rows, one that was reviewed, and a dialogue."""
    path = tmp_path / "proposed.jsonl"
    done = {"id": "z", "question": "?", "answers": [], "evidence": [], "answerable": False}
    turns = [{"question": "?", "answers": ["x"], "evidence": []}] * 2
    lines = [
        row("a"),
        done,
        row("b", status="draft", answerable=True),
        row("c"),
        {"id": "d", "status": "draft", "turns": turns},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def statuses(file: Path) -> dict[str, str]:
    """What the file says of each row."""
    return {line["id"]: line.get("status", "reviewed") for line in runs.read_lines(file)}


def opened(file: Path) -> Review:
    """The review, as a new process opens it."""
    return Review.open(file, file.with_name("gold.jsonl"))


def test_what_waits(file: Path) -> None:
    """Drafts and candidates wait; reviewed rows and dialogues do not."""
    review = opened(file)
    assert [review.row(at)["id"] for at in review.waiting] == ["a", "b", "c"]


def test_decisions(file: Path) -> None:
    """An accepted row is in the gold file as a reviewed one; a rejected one is in its own file alone."""
    review = opened(file)
    review.accept(0, row("a", answers=["x"], answerable=False))
    review.reject(2)
    assert statuses(file) == {"a": "accepted", "z": "reviewed", "b": "rejected", "c": "candidate", "d": "draft"}
    (kept,) = runs.read_lines(file.with_name("gold.jsonl"))
    assert kept == {"id": "a", "question": "a ?", "answers": ["x"], "evidence": [], "answerable": False}
    assert [one.id for one in load(file.with_name("gold.jsonl"))] == ["a"]
    assert [opened(file).row(at)["id"] for at in opened(file).waiting] == ["c"]


def test_rows_that_are_added_meanwhile(file: Path) -> None:
    """What another command adds to the file during a review is kept, and reviewed too."""
    review = opened(file)
    add(file, [row("new")])
    review.reject(0)
    assert [review.row(at)["id"] for at in review.waiting] == ["b", "c", "new"]
    assert list(statuses(file)) == ["a", "z", "b", "c", "d", "new"]


def test_undo(file: Path) -> None:
    """Decisions are taken back one after the other, those of this session."""
    review = opened(file)
    assert review.undo() is None
    review.accept(0, row("a", answerable=False))
    review.reject(2)
    assert review.undo() == 2
    assert review.undo() == 0
    assert review.undo() is None
    assert statuses(file) == statuses(file) | {"a": "candidate", "b": "draft"}
    assert runs.read_lines(file.with_name("gold.jsonl")) == []


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
def test_a_kill_between_two_writes(writes: int, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a kill at any write of an accept and its undo, the gold file and what waits say the same."""
    real, left = runs.write_lines, [writes]

    def write(path: Path, lines: Any) -> None:
        if not left[0]:
            raise Killed
        left[0] -= 1
        real(path, lines)

    def decide(review: Review) -> None:
        review.accept(0, row("a", answerable=False))
        review.undo()
        review.reject(0)

    review = opened(file)
    monkeypatch.setattr(runs, "write_lines", write)
    with pytest.raises(Killed):
        decide(review)
    monkeypatch.setattr(runs, "write_lines", real)
    again = opened(file)
    waits = "a" in [again.row(at)["id"] for at in again.waiting]
    gold = file.with_name("gold.jsonl")
    assert waits is ("a" not in [one["id"] for one in (runs.read_lines(gold) if gold.exists() else [])])


def test_files_that_cannot_be_used(file: Path) -> None:
    """A broken line is named, and a file is not reviewed into itself."""
    with pytest.raises(GoldError, match="cannot take"):
        Review.open(file, file)
    with file.open("a") as lines:
        lines.write("{\n")
    with pytest.raises(GoldError, match=r":6: not JSON"):
        opened(file)


@pytest.mark.parametrize(
    ("words", "answers", "quote"),
    [
        ("grue de 41  tonnes", [], "grue de 41 tonnes"),
        ("", ["41 tonnes"], "Une grue de 41 tonnes arrive."),
        ("", ["personne"], None),
        ("grue de 42 tonnes", [], None),
        ("Une grue part", [], None),
    ],
)
def test_evidence(words: str, answers: list[str], quote: str | None) -> None:
    """Words of the passage, or the sentence with the answer, with their offsets; nothing from outside of it."""
    end = ARTICLE.text.index(" Une grue part")
    found = evidence(ARTICLE, 0, end, words, answers)
    assert [piece["quote"] for piece in found] == ([quote] if quote else [])
    for piece in found:
        assert ARTICLE.text[piece["start"] : piece["end"]] == quote


def test_evidence_of_all_answers() -> None:
    """Where all answers are required, each has its sentence."""
    found = evidence(ARTICLE, 0, len(ARTICLE.text), "", ["41 tonnes", "372 000"], "all")
    assert [piece["quote"][:8] for piece in found] == ["Le port ", "Une grue"]


def test_adding_is_done_once(tmp_path: Path) -> None:
    """Rows that are there already are not added again, and a file is made where there is none."""
    path = tmp_path / "new" / "rows.jsonl"
    assert add(path, [row("a"), row("b")]) == 2
    assert add(path, [row("b"), row("c")]) == 1
    assert list(statuses(path)) == ["a", "b", "c"]
