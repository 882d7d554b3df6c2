"""Follow-ups of the gold dialogues, understood by a scripted model: what each needs is found.

`understood.jsonl` holds what a careful model would reply, written by hand from the prompt alone, for all 43 turns.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from llmock.scenarios import Reply
from llmock.testing import LLMockServer

from retrieval.chain import Answerer
from retrieval.evaluation.gold import Row, load
from retrieval.library import sync
from retrieval.settings import Secret, Settings
from retrieval.types import Answer, Question, Turn

GOLD = Path(__file__).parents[1] / "gold"
DIALOGUES = load(GOLD / "dialogues.jsonl")
UNDERSTOOD = {
    row["id"]: row["turns"] for row in map(json.loads, (GOLD / "understood.jsonl").read_text("utf-8").splitlines())
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, server: LLMockServer) -> Settings:
    """The sample articles, and a scripted model."""
    settings = Settings(
        home=tmp_path_factory.mktemp("dialogues"), embeddings="none", mode="model", chat_model="openai:test",
        openai_base_url=server.base_url(), openai_api_key=Secret("k"), model_retries=0,
    )  # fmt: skip
    sync(settings, [str(GOLD.parents[1] / "bot" / "sample_articles"), str(GOLD / "hostile_articles")])
    return settings


def found(row: Row, answer: Answer) -> bool:
    """Whether a passage that holds one of the row's quotes is among the hits."""
    texts = [(h.article.id, " ".join(h.text.split())) for h in answer.hits]
    quotes = [(e.article, " ".join((e.quote or "").split())) for e in row.evidence]
    return any(a == article and quote in text for article, quote in quotes for a, text in texts)


def follow_ups(answerer: Answerer, server: LLMockServer | None) -> list[tuple[Row, Answer]]:
    """Each follow-up that has evidence with its answer; the history is what was understood and answered right."""
    answered = []
    for row in DIALOGUES:
        history: tuple[Turn, ...] = ()
        for turn, reply in zip(row.turns, UNDERSTOOD[row.id], strict=True):
            if server is not None:
                server.state.reset()
                server.state.scenarios.add(Reply(json.dumps(reply, ensure_ascii=False), times=None))
            answer = answerer.invoke(Question(turn.question, history=history))
            if history and turn.evidence:
                answered.append((turn, answer))
            said = turn.evidence[0].quote if turn.evidence else None
            history = (*history, Turn(answer.understood_as, said or ""))
    return answered


def test_every_reply_is_there() -> None:
    """A reply was written for each of the 43 turns."""
    assert sum(len(row.turns) for row in DIALOGUES) == sum(map(len, UNDERSTOOD.values())) == 43


def test_every_follow_up_finds_its_passage(store: Settings, server: LLMockServer) -> None:
    """With the scripted model the passage of each follow-up is found; without one, not of each."""
    with Answerer.open(store) as answerer:
        answered = follow_ups(answerer, server)
    with Answerer.open(replace(store, mode="extractive")) as answerer:
        alone = follow_ups(answerer, None)
    missed = [(row.id, answer.understood_as) for row, answer in answered if not found(row, answer)]
    by_rules = sum(found(row, answer) for row, answer in alone)
    first = [sum(found(row, replace(a, hits=a.hits[:1])) for row, a in some) for some in (alone, answered)]
    print(f"found of {len(alone)} follow-ups: {by_rules} by rules (first hit: {first[0]}), "
          f"{len(answered) - len(missed)} with a model (first hit: {first[1]})")  # fmt: skip
    assert len(answered) == 24
    assert missed == []
    assert all("understanding" in answer.seconds for _, answer in answered)
    asked = {turn["question"] for turns in UNDERSTOOD.values() for turn in turns}
    assert [answer.understood_as for _, answer in answered if answer.understood_as not in asked] == []
