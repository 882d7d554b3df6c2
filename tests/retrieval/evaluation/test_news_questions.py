"""The questions about news hold in the articles, and quote none of them: they are their publishers'."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import retrieval.evaluation
from retrieval.evaluation.gold import load
from retrieval.evaluation.matching import holds

GOLD = Path(__file__).parents[2] / "gold"
SCHEMA = json.loads((Path(retrieval.evaluation.__file__).parent / "gold.schema.json").read_text("utf-8"))
NAMES = ("news.jsonl", "news_held_out.jsonl")


@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_of_theirs_is_committed(name: str) -> None:
    """A row points at its evidence by offsets; its answers are a few words."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for line in (GOLD / name).read_text("utf-8").splitlines():
        fields = json.loads(line)
        assert [error.message for error in validator.iter_errors(fields)] == []
        assert all(set(evidence) == {"article", "start", "end"} for evidence in fields["evidence"])
        assert max((len(answer.split()) for answer in fields["answers"]), default=0) <= 7


@pytest.mark.parametrize("name", NAMES)
def test_every_answer_stands_in_its_evidence(name: str, shared: Path) -> None:
    """Each of a list; for others, each wording that is accepted."""
    with (shared / "data" / "news" / "articles.jsonl").open(encoding="utf-8") as lines:
        texts = {article["id"]: article["text"] for article in map(json.loads, lines)}
    for row in load(GOLD / name):
        proof = " ".join(texts[e.article][e.start : e.end] for e in row.evidence)
        assert row.answerable == bool(row.evidence)
        assert not row.answerable or holds(proof, row.answers, "all"), row.id


def test_the_held_out_questions_are_about_other_articles() -> None:
    """What is learnt from the first cannot be known of the second."""
    known, kept = ({e.article for row in load(GOLD / name) for e in row.evidence} for name in NAMES)
    assert known.isdisjoint(kept)
