"""Embeddings of a server: within its limits, through what passes, and never paid for twice."""

from __future__ import annotations

import time
from typing import Any

import pytest
from embedding_server import EmbeddingServer
from llmock.scenarios import Delay, Fail
from llmock.testing import LLMockServer

from retrieval.embedding import (
    INPUT_TOKENS,
    REQUEST_INPUTS,
    REQUEST_TOKENS,
    ServerEmbeddings,
    spans,
)
from retrieval.errors import ModelError
from retrieval.settings import Secret, Settings
from retrieval.tokens import most_tokens
from retrieval.types import Usage

KEY = "sk-abcdef1234567890"


@pytest.fixture(autouse=True)
def _fresh(server: LLMockServer) -> None:
    server.state.reset()


def settings(server: LLMockServer, **changed: Any) -> Settings:
    values: dict[str, Any] = {"prices": "e=10", "model_retries": 2} | changed
    return Settings(openai_base_url=server.base_url(), openai_api_key=Secret(KEY), **values)


def requests(server: LLMockServer) -> list[list[str]]:
    """The inputs of each request that was answered."""
    return [r.body["input"] for r in server.state.journal.records(wait=2) if r.status == 200]


def test_texts_are_cut_into_requests_within_the_limits() -> None:
    """However long the texts are, no request exceeds what OpenAI takes, and no text is left out or sent twice."""
    texts = ["a" * 900, "é" * 5000, "漢" * 9000, ""] * 700
    cuts = list(spans(texts))
    assert [i for start, end in cuts for i in range(start, end)] == list(range(len(texts)))
    for start, end in cuts:
        assert end - start <= REQUEST_INPUTS
        assert sum(min(most_tokens(t), INPUT_TOKENS) for t in texts[start:end]) <= REQUEST_TOKENS
    assert list(spans([])) == []


def test_vectors_come_in_order_with_their_usage(server: LLMockServer) -> None:
    """Many texts go in several requests; each has its vector, and the tokens have their price."""
    texts = [f"texte {i} {'x' * (i % 7)}" for i in range(600)]
    model = ServerEmbeddings("e", settings(server))
    made = list(model.batches(texts))
    assert len(requests(server)) == len(made) == 3
    alone = [ServerEmbeddings("e", settings(server)).embed_query(texts[i]) for i in (0, 300, 599)]
    together = [vector for m in made for vector in m.vectors]
    assert [together[i] for i in (0, 300, 599)] == alone
    usage = sum((m.usage for m in made), Usage())
    assert usage.input_tokens > 600
    assert usage.cost_usd == pytest.approx(usage.input_tokens * 10 / 1e6)


def test_no_input_is_longer_than_a_server_takes(server: LLMockServer) -> None:
    """A text beyond the limit of one input is cut, an empty one is not sent empty."""
    ServerEmbeddings("e", settings(server)).embed_documents(["漢" * 9000, "  "])
    (long, empty) = requests(server)[0]
    assert 0 < most_tokens(long) <= INPUT_TOKENS
    assert empty.strip()


@pytest.mark.parametrize("fault", [Fail(429, retry_after=0.2), Fail(429), Fail(500), Fail(503)])
def test_what_passes_is_waited_out(server: LLMockServer, fault: Fail) -> None:
    """A rate limit and a server's own fault are retried, after the pause that the server asks for."""
    server.state.scenarios.add(fault)
    began = time.monotonic()
    assert len(ServerEmbeddings("e", settings(server)).embed_documents(["un", "deux"])) == 2
    assert time.monotonic() - began >= (fault.retry_after or 0.25)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fail(429, code="insufficient_quota", times=None), "quota"),
        (Fail(401, times=None, message=f"Incorrect API key provided: {KEY}"), "auth"),
        (Fail(404, times=None), "missing"),
        (Fail(429, retry_after=3600, times=None), "rate_limit"),
    ],
)
def test_what_does_not_pass_is_not_retried(server: LLMockServer, fault: Fail, kind: str) -> None:
    """A spent quota, a wrong key, an unknown model and an hour's pause fail at once, with a remedy, without the key."""
    server.state.scenarios.add(fault)
    with pytest.raises(ModelError) as raised:
        ServerEmbeddings("e", settings(server)).embed_documents(["un"])
    assert raised.value.kind == kind
    assert raised.value.remedy
    assert KEY not in f"{raised.value} {raised.value.remedy}"
    assert len(server.state.journal.records(wait=2)) == 1


def test_retries_are_bounded(server: LLMockServer) -> None:
    """A server that fails for good is given up; without retries at once."""
    server.state.scenarios.add(Fail(500, times=None))
    with pytest.raises(ModelError):
        ServerEmbeddings("e", settings(server, model_retries=0)).embed_documents(["un"])
    assert len(server.state.journal.records(wait=2)) == 1


def test_a_question_does_not_outlast_its_share_of_the_deadline(server: LLMockServer) -> None:
    """A hanging server delays an answer by a quarter of its deadline at most, retries included."""
    server.state.scenarios.add(Delay(20, times=None))
    began = time.monotonic()
    with pytest.raises(ModelError) as raised:
        ServerEmbeddings("e", settings(server, deadline=4.0, model_timeout=30.0)).embed_query("un")
    assert raised.value.kind == "timeout"
    assert time.monotonic() - began < 15


def test_a_server_that_takes_less_gets_less() -> None:
    """Requests are halved until they fit, a text that is too long alone is cut, and the order stays."""
    with EmbeddingServer(lambda text: [float(len(text)), 1.0]) as small:
        small.most_inputs, small.most_characters = 3, 300
        lengths = [10, 20, 900, 40, 50, 60, 70]
        model = ServerEmbeddings("e", Settings(openai_base_url=small.url))
        assert [v[0] for v in model.embed_documents(["x" * n for n in lengths])] == [10, 20, 225, 40, 50, 60, 70]
    assert small.texts.total() == 7


def test_a_lost_connection_is_made_again() -> None:
    """Every third request is dropped in the middle, and each text is embedded once all the same."""
    with EmbeddingServer(lambda text: [float(len(text)), 1.0]) as dropping:
        dropping.most_inputs, dropping.failing = 3, dict.fromkeys(range(3, 100, 3), 0)
        texts = ["y" * n for n in range(1, 25)]
        model = ServerEmbeddings("e", Settings(openai_base_url=dropping.url, model_retries=2))
        assert [int(v[0]) for v in model.embed_documents(texts)] == list(range(1, 25))
    assert set(dropping.texts.values()) == {1}
    assert set(dropping.texts) == set(texts)
