"""The second look by a model at verified sentences: off unless it is set, and never what loses an answer."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from pathlib import Path

import pytest
from chat_server import written_by
from llmock.scenarios import Behavior, Delay, Fail, Reply, StreamFault
from llmock.testing import LLMockServer

from retrieval.chain import Answerer
from retrieval.chat_model import ChatModel
from retrieval.entailment import NOT_ENTAILED, Entailment
from retrieval.library import sync
from retrieval.settings import Settings
from retrieval.spending import ANSWERS, Ledger, today
from retrieval.types import Answer, Article, Question, Quote, Sentence, Statement, Unchecked, Usage

ASKED = "Combien de conteneurs le port de Khorgos a-t-il traités en 2023 ?"
FIRST = "Le port sec de Khorgos a traité 372 000 conteneurs en 2023, a annoncé sa directrice."
SECOND = "Une seconde grue de 41 tonnes sera livrée en mars."
DENIED = "Une seconde grue de 41 tonnes ne sera pas livrée en mars."  # no verification without a model sees it
WRITTEN = Reply(f"{FIRST} [z9z] {SECOND} [z9z]")


def verdict(proven: object, reason: str = "") -> Reply:
    return Reply(json.dumps({"reason": reason, "proven": proven}))


YES = verdict(proven=True)


@pytest.fixture
def checking(server: LLMockServer, settings: Settings, corpus: Path) -> Settings:
    """Settings by which a model writes and looks again, for a dollar a million tokens."""
    sync(settings, [str(corpus)])
    return written_by(server, settings, entailment="on", prices="test=1/1")


def ask(settings: Settings, server: LLMockServer, *behaviors: Behavior) -> tuple[Answer, list[str]]:
    """The answer, and the user messages of the calls it took."""
    server.state.scenarios.add(*behaviors)
    with Answerer.open(settings) as chain:
        *released, answer = chain.stream(ASKED)
    assert isinstance(answer, Answer)
    assert tuple(released) == answer.statements
    return answer, [r.body["messages"][1]["content"] for r in server.state.journal.records(wait=2)]


def texts(answer: Answer) -> list[str]:
    return [s.text for s in answer.statements]


def test_it_is_off_by_default(checking: Settings, server: LLMockServer) -> None:
    """Nobody pays for it unasked."""
    assert Settings().entailment == "off"
    answer, calls = ask(replace(checking, entailment=Settings().entailment), server, WRITTEN)
    assert (texts(answer), len(calls)) == ([FIRST, SECOND], 1)


def test_each_sentence_is_read_beside_its_quotes(checking: Settings, server: LLMockServer) -> None:
    """One call for each, with the sentence, its quotes and their article; what they cost is the answer's."""
    answer, (_, first, second) = ask(checking, server, WRITTEN, YES, YES)
    assert (texts(answer), answer.notice, answer.dropped) == ([FIRST, SECOND], None, ())
    assert f"Sentence: {FIRST}" in first
    assert f"Sentence: {SECOND}" in second
    assert f"Quote: {answer.citations[1].quote}" in second
    assert "Article: Le port sec de Khorgos double sa capacité" in second
    (spent,) = Ledger.of(checking).since(today())
    cost = pytest.approx(answer.usage.cost_usd)  # a sum of the same calls in another order
    assert (spent.purpose, spent.calls, spent.usage) == (ANSWERS, 3, replace(answer.usage, cost_usd=cost))


def test_what_is_not_entailed_is_dropped(checking: Settings, server: LLMockServer) -> None:
    """A denial passes verification and not the second look; the reason is told, the other sentence stays."""
    no = verdict(proven=False, reason="the quote says that it will be")
    answer, _ = ask(checking, server, Reply(f"{FIRST} [z9z] {DENIED} [z9z]"), YES, no)
    assert texts(answer) == [FIRST]
    assert [(d.text, d.reason) for d in answer.dropped] == [(DENIED, f"{NOT_ENTAILED}: the quote says that it will be")]


def test_no_link_comes_with_a_reason(checking: Settings, server: LLMockServer) -> None:
    """What an article may have told the model to say is not passed on."""
    answer, _ = ask(checking, server, WRITTEN, YES, verdict(proven=False, reason="see https://evil.example"))
    assert [d.reason for d in answer.dropped] == [NOT_ENTAILED]


def test_nothing_entailed_is_the_extractive_answer(checking: Settings, server: LLMockServer) -> None:
    """Where no sentence is left, the articles answer in their own words, and it is said."""
    no = verdict(proven=False)
    answer, _ = ask(checking, server, WRITTEN, no, no)
    assert (answer.mode, answer.notice, len(answer.dropped)) == ("extractive", "model_unsupported", 2)
    assert "372 000" in answer.text


@pytest.mark.parametrize(
    "bad",
    [Reply("Yes."), Reply(" "), verdict(proven="true"), Reply("{}"), Reply('{"proven": tru', finish_reason="length"),
     StreamFault("truncate", 1), Fail(500), Fail(429), Fail(401), Fail(400, code="content_filter")],
)  # fmt: skip
def test_a_failing_check_lets_through(
    bad: Behavior, checking: Settings, server: LLMockServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The sentence stands as verified, it is told once, and nothing more is asked; no text is in any log."""
    article = Article("port", f"{FIRST} {SECOND}", "Le port", "2024-01-15")
    sentence = Sentence(SECOND, (Quote(article, len(FIRST) + 1, len(article.text)),))
    server.state.scenarios.add(bad)
    second = Entailment(ChatModel(checking), Question(ASKED), 2.0, time.monotonic() + 5, None)
    with caplog.at_level(logging.INFO, logger="retrieval"):
        *took, failed, shown = second.checked(sentence)
    assert (failed, shown) == (Unchecked(), sentence)
    assert all(isinstance(item, Usage) for item in took)
    assert second.checked(sentence) == (sentence,)
    assert len(server.state.journal.records(wait=2)) == 1
    assert "entailment: " in caplog.text
    assert "grue" not in caplog.text


def test_an_answer_says_that_nobody_looked_again(checking: Settings, server: LLMockServer) -> None:
    """Every verified sentence is shown, by the model that wrote it, with a notice."""
    answer, calls = ask(checking, server, WRITTEN, Reply("Yes."))
    assert (texts(answer), answer.mode, answer.notice) == ([FIRST, SECOND], "model", "unchecked")
    assert len(calls) == 2


def test_a_hanging_check_is_bounded(checking: Settings, server: LLMockServer) -> None:
    """Its time is a setting, and only one sentence waits for it."""
    began = time.monotonic()
    answer, _ = ask(replace(checking, entailment_timeout=0.5), server, WRITTEN, Delay(0), Delay(5))
    assert time.monotonic() - began < 3
    assert (texts(answer), answer.notice) == ([FIRST, SECOND], "unchecked")


def test_sentences_are_released_one_by_one(checking: Settings, server: LLMockServer) -> None:
    """The first is there before the second was looked at."""
    server.state.scenarios.add(WRITTEN, YES, YES)
    with Answerer.open(checking) as chain:
        stream = chain.stream(ASKED)
        first = next(stream)
        assert isinstance(first, Statement)
        assert len(server.state.journal.records(wait=2)) == 2
        assert isinstance(next(stream), Statement)
        assert isinstance(next(stream), Answer)
