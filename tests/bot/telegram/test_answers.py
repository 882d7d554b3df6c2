"""Many answers at once: who begins, and what goes on meanwhile."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from running import QUESTIONS, settings_of_samples
from running import sample_store as sample_store

from bot.telegram import answers
from bot.telegram.answers import Answers, Stopped
from retrieval.chain import Answerer
from retrieval.settings import Secret, Settings
from retrieval.types import Answer, Question, Statement

__all__ = ["settings_of_samples"]

COUNT = 12


class Chain:
    """In the place of the chain: searches, asks a model (or not), and waits for it."""

    def __init__(self, stocked: Settings, calls: int = 1, model: float = 0.5) -> None:
        with Answerer.open(stocked) as answerer:
            self._answer = answerer.invoke(Question(QUESTIONS[0][0]))
        self._calls, self._model, self._lock = calls, model, threading.Lock()
        self.searching = self.most = 0
        self.began: list[str] = []
        self.at: list[float] = []  # when

    def stream(self, _: Answerer, question: Question, config: dict[str, Any]) -> Iterator[Statement | Answer]:
        with self._lock:
            self.began.append(question.id or "")
            self.at.append(time.monotonic())
            self.searching += 1
            self.most = max(self.most, self.searching)
        time.sleep(0.02)
        with self._lock:
            self.searching -= 1
        for _call in range(self._calls):
            for callback in config["callbacks"]:
                callback.on_chat_model_start()
        time.sleep(self._model)
        yield self._answer


async def asked(settings: Settings) -> float:
    """Ask COUNT questions at once; the seconds until all are answered."""
    here, began = Answers(replace(settings, mode="model", openai_api_key=Secret("k"))), time.monotonic()
    questions = [Question("?", id=str(number)) for number in range(COUNT)]
    await asyncio.gather(*(here.answer(q, lambda _: None, threading.Event()) for q in questions))
    took = time.monotonic() - began
    here.close()
    return took


def test_few_search_at_once_and_all_wait_for_the_model_together(
    stocked: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They begin in their order, a few at a time; while they wait for the model the next ones begin."""
    chain = Chain(stocked)
    monkeypatch.setattr(Answerer, "stream", lambda self, *a: chain.stream(self, *a))
    took = asyncio.run(asked(stocked))
    assert chain.most <= answers.BEGINNING
    assert [abs(int(number) - at) < answers.BEGINNING for at, number in enumerate(chain.began)] == [True] * COUNT
    assert took < 5.5  # one after another they would take 6


def test_no_more_ask_than_may_be_answered(stocked: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some begin at once, the others at a pace: about as many as Telegram takes answers."""
    monkeypatch.setattr(answers, "AT_ONCE", 4)
    monkeypatch.setattr(answers, "A_SECOND", 10.0)
    chain = Chain(stocked)
    monkeypatch.setattr(Answerer, "stream", lambda self, *a: chain.stream(self, *a))
    asyncio.run(asked(stocked))
    paced = chain.at[4 + answers.BEGINNING :]
    assert [later - chain.at[0] >= 0.099 * number for number, later in enumerate(paced, 1)] == [True] * len(paced)


def test_an_answer_of_several_calls_counts_once(stocked: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What else is asked for an answer (to understand the question, to look twice) delays no other."""
    monkeypatch.setattr(answers, "AT_ONCE", COUNT)
    monkeypatch.setattr(answers, "A_SECOND", 1.0)
    chain = Chain(stocked, calls=5)
    monkeypatch.setattr(Answerer, "stream", lambda self, *a: chain.stream(self, *a))
    asyncio.run(asked(stocked))
    assert chain.at[-1] - chain.at[0] < answers.HELD  # at five a question they would wait for HELD, time and again


def test_one_that_asks_no_model_holds_up_nobody_for_long(stocked: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever does not tell that the model was asked lets the next begin after a while."""
    monkeypatch.setattr(answers, "HELD", 0.05)
    chain = Chain(stocked, calls=0)
    monkeypatch.setattr(Answerer, "stream", lambda self, *a: chain.stream(self, *a))
    assert asyncio.run(asked(stocked)) < 3.0


def test_one_that_is_stopped_lets_the_next_begin(stocked: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped or failed before it asked the model: its turn is over."""
    chain = Chain(stocked, calls=0, model=0.0)
    monkeypatch.setattr(Answerer, "stream", lambda self, *a: chain.stream(self, *a))

    async def scenario() -> None:
        here, stop = Answers(replace(stocked, mode="model", openai_api_key=Secret("k"))), threading.Event()
        stop.set()
        for number in range(3 * answers.BEGINNING):
            with pytest.raises(Stopped):
                await here.answer(Question("?", id=str(number)), lambda _: None, stop)
        assert await here.answer(Question("?", id="x"), lambda _: None, threading.Event())
        here.close()

    began = time.monotonic()
    asyncio.run(scenario())
    assert time.monotonic() - began < answers.HELD
