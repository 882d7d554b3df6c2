"""Questions that went wrong become candidate rows that tell nothing of who asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import retrieval.evaluation
from retrieval.evaluation.candidates import candidates, identity, since
from retrieval.evaluation.gold import load, load_all, row_of

SCHEMA = json.loads((Path(retrieval.evaluation.__file__).parent / "gold.schema.json").read_text("utf-8"))
CITED = {"number": 1, "article": "a.txt", "title": "T", "start": 3, "end": 9, "quote": "trois "}


@dataclass(frozen=True)
class Asked:
    """A turn, as the memory has it."""

    id: int
    question: str
    understood_as: str | None = None
    text: str | None = "Oui. [1]"
    language: str | None = "fr"
    asked_at: datetime = datetime(2025, 6, 17, tzinfo=UTC)
    user_id: int = 424242
    chat_id: int = 515151

    @property
    def answer(self) -> str:
        return json.dumps({"abstained": self.text is None, "text": self.text or "", "citations": [CITED]})


def test_rows() -> None:
    """What was understood is the question; the answer comes along with its quotes, an abstention without."""
    bad, none = Asked(2, "et lui ?", "Qui est le maire ?"), Asked(3, "Sans réponse ?", text=None)
    first, second = candidates([bad], [none])
    assert first == {
        "id": identity("Qui est le maire ?", "asked"), "language": "fr", "question": "Qui est le maire ?",
        "answers": [], "evidence": [], "answerable": None, "tags": ["feedback"], "status": "candidate", "count": 1,
        "answered": {
            "text": "Oui. [1]", "citations": [{"article": "a.txt", "quote": "trois ", "start": 3, "end": 9}],
        },
    }  # fmt: skip
    assert (second["tags"], second["answered"]) == (["abstained"], None)
    for row in (first, second):
        jsonschema.Draft202012Validator(SCHEMA).validate(row)
        assert not {"424242", "515151"} & set(json.dumps(row).replace('"', " ").split())
        assert row_of(row).status == "candidate"


def test_asked_twice_is_one_row() -> None:
    """The same words in another case and spacing are one question, with both tags, a count and the last answer."""
    turns = [Asked(1, "Où est le port ?", text=None), Asked(5, "ou est le PORT"), Asked(7, "Autre ?", text=None)]
    first, second = candidates([turns[1]], [turns[0], turns[2]])
    assert (first["question"], first["count"], first["tags"]) == ("Où est le port ?", 2, ["feedback", "abstained"])
    assert first["answered"]["text"] == "Oui. [1]"
    assert (second["question"], second["count"]) == ("Autre ?", 1)


def test_a_turn_that_is_both_counts_once() -> None:
    """An abstention that was disliked is one question asked once."""
    turn = Asked(1, "Où est le port ?", text=None)
    (row,) = candidates([turn], [turn])
    assert (row["count"], row["tags"]) == (1, ["feedback", "abstained"])


def test_known_questions_are_left_out() -> None:
    """Those of a gold file, the turns of its dialogues, and what was edited in a review do not come again."""
    gold = [
        row_of({"id": "a", "question": "OU est le port?", "answers": [], "evidence": [], "answerable": False}),
        row_of({"id": "d", "turns": [{"question": q, "answers": ["x"], "evidence": []} for q in ("Un ?", "Deux ?")]}),
    ]
    edited = {"id": identity("Quatre ?", "asked"), "question": "Où sont les quatre ports de la mer ?"}
    gold.append(row_of({**edited, "answers": [], "evidence": [], "answerable": False}))
    turns = [
        Asked(n, question) for n, question in enumerate(("Où est le port ?", "Deux ?", "Trois ?", "?!", "Quatre ?"))
    ]
    assert [row["question"] for row in candidates(turns, [], gold)] == ["Trois ?"]


def test_since() -> None:
    """The day itself counts."""
    turns = [Asked(n, "?", asked_at=datetime(2025, 6, n, 23, tzinfo=UTC)) for n in (1, 2, 3)]
    assert [turn.id for turn in since(turns, date(2025, 6, 2))] == [2, 3]
    assert since(turns, None) == turns


@pytest.mark.parametrize(
    ("changed", "valid"),
    [
        ({}, True),
        ({"answerable": True}, True),
        ({"status": "rejected"}, True),
        ({"status": "draft", "answerable": False}, True),
        ({"status": "reviewed"}, False),
        ({"status": "wrong"}, False),
        ({"count": -1}, False),
        ({"answered": {"text": "x"}}, False),
        ({"user": 1}, False),
    ],
)
def test_shape_of_a_candidate(changed: dict[str, Any], valid: bool, tmp_path: Path) -> None:
    """What only a proposed row may hold is refused in a reviewed one, by the reader and the schema alike."""
    row = candidates([Asked(1, "Où ?")], [])[0] | changed
    assert jsonschema.Draft202012Validator(SCHEMA).is_valid(row) is valid
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(row), "utf-8")
    if valid:
        assert (load(path), len(load_all(path))) == ([], 1)
    else:
        with pytest.raises(ValueError, match=r"unknown field|status|count|answered|answerable"):
            row_of(row)
