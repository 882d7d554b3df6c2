"""Whatever a model's server does, an answer comes: verified or extractive, in time, saying why, and without a leak."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from llmock.scenarios import Behavior, Delay, Fail, Reply, SlowFirstToken, StreamFault
from llmock.testing import LLMockServer

from retrieval.chain import NOTICES, Answerer
from retrieval.library import sync
from retrieval.settings import Secret, Settings
from retrieval.types import Answer, Statement

KEY = "sk-proj-0123456789abcdef"
ASKED = "Combien de conteneurs le port de Khorgos a-t-il traités en 2023 ?"
FIRST = "Le port sec de Khorgos a traité 372 000 conteneurs en 2023."
SECOND = "Une seconde grue de 41 tonnes sera livrée en mars."
WHOLE = Reply(f"{FIRST} [z9z] {SECOND} [z9z]", times=None)
SLACK = 3.0  # seconds beside the model's: the machine of a test may be busy
EVER = {"times": None}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two articles."""
    import langchain_openai  # noqa: F401 - two seconds that are no model's

    folder = tmp_path_factory.mktemp("articles")
    text = f"{FIRST} C'est 15,4 % de plus qu'un an plus tôt.\n\n{SECOND} Elle déchargera deux trains à la fois."
    (folder / "port.txt").write_text(f"Le port sec double sa capacité\n\n{text}", encoding="utf-8")
    (folder / "vin.txt").write_text("La vigne revient\n\nLes vignobles du Talas, plantés en 1985, renaissent.", "utf-8")
    home = tmp_path_factory.mktemp("home")
    sync(Settings(home=home, embeddings="none"), [str(folder)])
    return home


@pytest.fixture
def modelled(server: LLMockServer, stored: Path) -> Settings:
    """Settings by which a model of the server writes, with short limits."""
    server.state.reset()
    return Settings(
        home=stored,
        mode="model",
        embeddings="none",
        openai_base_url=server.base_url(),
        openai_api_key=Secret(KEY),
        chat_model="openai:test",
        model_retries=2,
        model_timeout=2.0,
        deadline=3.0,
    )


def answered(settings: Settings, server: LLMockServer, *behaviors: Behavior) -> tuple[Answer, list[Statement], float]:
    """The answer, what was streamed before it, and the seconds it took."""
    server.state.scenarios.add(*behaviors)
    with Answerer.open(settings) as chain:
        chain.search(ASKED)  # opening is not the model's time
        began = time.monotonic()
        *statements, answer = chain.stream(ASKED)
    assert isinstance(answer, Answer)
    return answer, statements, time.monotonic() - began  # type: ignore[return-value]


SPENT = "litellm.RateLimitError: OpenAIException - You exceeded your current quota, please check your plan"
REFUSES = Reply("Je suis désolé, je ne peux pas répondre à cette question.", times=None)
CASES: dict[str, tuple[list[Behavior], str, str | None, int, float]] = {
    # what the server does; who answers, the notice, how often it was asked, the most seconds
    "normal": ([WHOLE], "model", None, 1, 0),
    "slow": ([WHOLE, SlowFirstToken(1.0)], "model", None, 1, 1.0),
    "cut after a sentence": ([WHOLE, StreamFault("truncate", after_chunks=16)], "model", "model_truncated", 1, 0),
    "cut in the first sentence": ([WHOLE, StreamFault("truncate", 3)], "extractive", "model_truncated", 1, 0),
    "cut at the length limit": ([Reply(FIRST, finish_reason="length")], "extractive", "model_truncated", 1, 0),
    "dropped in mid-stream": ([WHOLE, StreamFault("disconnect", 3)], "extractive", "model_connection", 1, 0),
    "empty": ([Reply("", **EVER)], "extractive", "model_empty", 1, 0),
    "refused in words": ([REFUSES], "extractive", "model_unsupported", 1, 0),
    "refused by a filter": ([Reply("", finish_reason="content_filter")], "extractive", "model_refusal", 1, 0),
    "refused at once": ([Fail(400, code="content_filter", **EVER)], "extractive", "model_refusal", 1, 0),
    "wrong key": ([Fail(401, message=f"Incorrect API key: {KEY}", **EVER)], "extractive", "model_auth", 1, 0),
    "unknown model": ([Fail(404, code="model_not_found", **EVER)], "extractive", "model_missing", 1, 0),
    "rate limit that passes": ([WHOLE, Fail(429)], "model", None, 2, 0.5),
    "rate limit with its pause": ([WHOLE, Fail(429, retry_after=1)], "model", None, 2, 1.1),
    "rate limit with a long pause": ([Fail(429, retry_after=600, **EVER)], "extractive", "model_rate_limit", 1, 0),
    "rate limit that stays": ([Fail(429, **EVER)], "extractive", "model_rate_limit", 3, 1.5),
    "spent quota": ([Fail(429, code="insufficient_quota", **EVER)], "extractive", "model_quota", 1, 0),
    "quota through a proxy": ([Fail(429, message=SPENT, **EVER)], "extractive", "model_quota", 1, 0),
    "server error that passes": ([WHOLE, Fail(500)], "model", None, 2, 0.5),
    "server error that stays": ([Fail(503, **EVER)], "extractive", "model_api", 3, 1.5),
    "malformed": ([WHOLE, StreamFault("malformed", 3)], "extractive", "model_malformed", 1, 0),
    "hanging": ([WHOLE, Delay(8, **EVER)], "extractive", "model_timeout", 2, 3.0),
    "silent in mid-stream": ([WHOLE, StreamFault("stall", 16, 8)], "model", "model_timeout", 1, 3.0),
    "context overflow that halves": ([WHOLE, Fail(400, code="context_length_exceeded")], "model", None, 2, 0),
    "context overflow": ([Fail(400, code="context_length_exceeded", **EVER)], "extractive", "model_context", 2, 0),
}


@pytest.mark.parametrize("case", CASES)
def test_every_failure_ends_in_an_answer(
    server: LLMockServer, modelled: Settings, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The right one answers, says why, within its time; neither the key nor the prompt is in any log."""
    behaviors, mode, notice, asked, seconds = CASES[case]
    with caplog.at_level(logging.DEBUG):
        for name in ("openai", "httpx2", "httpcore2", "httpx", "httpcore", "langchain", "langchain_core", "retrieval"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        answer, streamed, took = answered(modelled, server, *behaviors)
    assert (answer.mode, answer.notice) == (mode, notice)
    assert notice is None or notice in NOTICES  # each has its words
    assert FIRST in answer.text
    assert tuple(streamed) == answer.statements
    assert all(s.supported and s.citations for s in answer.statements)
    assert took < seconds + SLACK
    assert took < modelled.deadline + SLACK
    begun = len(server.state.journal) + server.state.journal.in_flight
    assert begun == asked
    logged = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records)
    for secret in (KEY, KEY[3:], ASKED, FIRST, "372 000", "delimiter"):
        assert secret not in logged
    assert KEY not in repr(answer)


def test_a_refusal_in_words_is_not_shown(server: LLMockServer, modelled: Settings) -> None:
    """What the model said instead of an answer is dropped with a reason, and the articles answer."""
    answer, _, _ = answered(modelled, server, REFUSES)
    assert answer.dropped
    assert "désolé" not in answer.text


def test_a_server_that_is_not_there(modelled: Settings) -> None:
    """Nobody listens: the extractive answer comes, after the retries that a lost connection is worth."""
    with Answerer.open(replace(modelled, openai_base_url="http://127.0.0.1:9/v1", model_retries=1)) as chain:
        answer = chain.invoke(ASKED)
    assert (answer.mode, answer.notice) == ("extractive", "model_connection")
    assert FIRST in answer.text


def test_retries_can_be_turned_off(server: LLMockServer, modelled: Settings) -> None:
    """Without retries the first failure is the last."""
    answer, _, took = answered(replace(modelled, model_retries=0), server, Fail(429, **EVER))
    assert answer.notice == "model_rate_limit"
    assert took < SLACK
    assert len(server.state.journal) == 1


def test_the_key_goes_to_its_server_alone(server: LLMockServer, modelled: Settings, monkeypatch: Any) -> None:
    """Variables that redirect LangChain's or OpenAI's clients, and proxies' keys, change nothing."""
    for name in ("OPENAI_API_BASE", "OPENAI_BASE_URL", "LANGSMITH_ENDPOINT"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/v1")
    answer, _, _ = answered(modelled, server, WHOLE)
    assert (answer.mode, answer.notice) == ("model", None)
