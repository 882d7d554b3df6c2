"""The questions about news hold in the articles; that they quote none is looked at in test_real_articles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrieval.evaluation.gold import load
from retrieval.evaluation.matching import holds

GOLD = Path(__file__).parents[2] / "gold"
NAMES = ("news.jsonl", "news_held_out.jsonl")


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
