"""`sourcier doctor --live`: what one real call of each kind tells, and what each failure is mended with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from embedding_server import EmbeddingServer
from llmock.scenarios import Behavior, Fail, Match, Reply
from llmock.testing import LLMockServer
from small_corpus import own_home  # noqa: F401 (fixture)

from bot.cli import cli
from bot.live import trial_hits
from retrieval.briefing import keys_of

BRIDGE, FERRY = keys_of(trial_hits())
GOOD = f"The bridge of Mirval is 412 metres long. [{BRIDGE}] The ferry carried 90,000 passengers in 2023. [{FERRY}]"
SECRET = "sk-live-0123456789"


@pytest.fixture(autouse=True)
def _model(home: Path, server: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - first, as it clears the settings
    server.state.reset()
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url())
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("SOURCIER_CHAT_MODEL", "openai:test")
    monkeypatch.setenv("SOURCIER_MODEL_RETRIES", "0")
    monkeypatch.setenv("SOURCIER_PRICES", "test=10/20,e=5")


def live(server: LLMockServer, *behaviors: Behavior) -> tuple[dict[str, dict[str, str]], dict[str, Any], int]:
    """The checks by name, what was measured, the exit status."""
    server.state.scenarios.add(*behaviors)
    done = CliRunner().invoke(cli, ["doctor", "--live", "--json"])
    assert SECRET not in done.output
    found = json.loads(done.stdout)
    return {check["name"]: check for check in found["checks"]}, found.get("live", {}), done.exit_code


def test_a_model_that_keeps_to_the_form(server: LLMockServer) -> None:
    """Latency, usage with its price, keys and verified sentences are told, in JSON and in words."""
    checks, measured, status = live(server, Reply(GOOD, times=None))
    assert status == 0
    assert {checks[name]["state"] for name in ("live_chat", "live_usage", "live_format")} == {"ok"}
    chat = measured["chat"]
    assert (chat["model"], chat["keys"], chat["released"], chat["dropped"]) == ("test", 2, 2, 0)
    assert 0 < chat["first_token_seconds"] <= chat["first_sentence_seconds"] <= chat["total_seconds"] < 20
    assert chat["cost_usd"] == pytest.approx((chat["input_tokens"] * 10 + chat["output_tokens"] * 20) / 1e6)
    (request,) = server.state.journal.records(wait=1)
    assert request.body["stream"]
    assert "You answer questions about news articles" in request.body["messages"][0]["content"]
    words = CliRunner().invoke(cli, ["doctor", "--live"]).stdout
    assert "✓ Modèle de langue, appelé — test : premiers mots en" in words
    assert "clés de citation écrites : 2, phrases vérifiées : 2, écartées : 0" in words


@pytest.mark.parametrize(
    ("said", "state", "released"),
    [
        (GOOD.replace(f"[{BRIDGE}]", "").replace(f"[{FERRY}]", ""), "warn", 2),
        (GOOD.replace("412", "421"), "warn", 1),
        ("I am a helpful assistant. How can I help you?", "fail", 0),
    ],
)
def test_a_model_that_does_not(server: LLMockServer, said: str, state: str, released: int) -> None:
    """No keys, a wrong figure or chatter are told with what to do; only an answer without any sentence is a failure."""
    checks, measured, status = live(server, Reply(said))
    assert (checks["live_format"]["state"], measured["chat"]["released"]) == (state, released)
    assert checks["live_format"]["remedy"]
    assert status == (1 if state == "fail" else 0)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fail(401, message=f"Incorrect API key: {SECRET}"), "OPENAI_API_KEY"),
        (Fail(404, code="model_not_found"), "SOURCIER_CHAT_MODEL"),
        (Fail(429, code="insufficient_quota"), "facturation|billing"),
        (Fail(429), "wait a minute"),
        (Fail(500), "réessayez"),
        (Fail(400, code="context_length_exceeded", times=2), "SOURCIER_CONTEXT_TOKENS"),
    ],
)
def test_each_failure_has_its_remedy(server: LLMockServer, fault: Fail, words: str) -> None:
    """The check fails, names what to do, and the exit status says so."""
    checks, measured, status = live(server, fault)
    assert (checks["live_chat"]["state"], status) == ("fail", 1)
    assert any(word in checks["live_chat"]["remedy"] for word in words.split("|"))
    assert "chat" not in measured


def test_an_unknown_price_is_told(server: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens are counted; of a server of one's own that is all, of another one the remedy names the setting."""
    monkeypatch.setenv("SOURCIER_PRICES", "")
    checks, measured, status = live(server, Reply(GOOD, times=None))
    assert (checks["live_usage"]["state"], status) == ("ok", 0)
    assert measured["chat"]["unpriced_tokens"] > 0
    monkeypatch.setattr("retrieval.estimating.is_local", lambda url: False)  # noqa: ARG005
    checks, _, status = live(server)
    assert (checks["live_usage"]["state"], checks["prices"]["state"], status) == ("warn", "warn", 0)
    assert "SOURCIER_PRICES" in checks["live_usage"]["remedy"]


def about(text: str) -> list[float]:
    """A vector by subject: bridges and fruit."""
    return [float("pont" in text or "bridge" in text), float("pommes" in text), 0.1]


def backwards(text: str) -> list[float]:
    """One that takes the price of apples for a question about bridges."""
    return [1.0, 0.0] if "bridge" in text else [0.0, 1.0]


@pytest.mark.parametrize(("vector", "state"), [(about, "ok"), (backwards, "warn")])
def test_the_embedding_model_is_called_once(monkeypatch: pytest.MonkeyPatch, vector: Any, state: str) -> None:
    """One request of three texts tells the seconds, the dimensions, the price, and whether vectors mean anything."""
    with EmbeddingServer(vector) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("SOURCIER_EMBEDDINGS", "openai:e")
        monkeypatch.setenv("SOURCIER_MODE", "extractive")
        found = json.loads(CliRunner().invoke(cli, ["doctor", "--live", "--json"]).stdout)
    checks = {check["name"]: check for check in found["checks"]}
    assert len(server.requests) == 1
    assert checks["live_embedding"]["state"] == checks["live_embedding_usage"]["state"] == "ok"
    assert checks["live_meaning"]["state"] == state
    assert found["live"]["embedding"]["dimensions"] == len(vector(""))
    assert found["live"]["embedding"]["cost_usd"] > 0
    assert "chat" not in found["live"]


def test_an_embedding_model_that_fails(server: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its check fails with the remedy, beside a chat model that works."""
    monkeypatch.setenv("SOURCIER_EMBEDDINGS", "openai:e")
    checks, measured, status = live(server, Reply(GOOD), Fail(404, match=Match(path="*/embeddings")))
    assert (checks["live_chat"]["state"], checks["live_embedding"]["state"], status) == ("ok", "fail", 1)
    assert "SOURCIER_EMBEDDINGS" in checks["live_embedding"]["remedy"]
    assert "embedding" not in measured


def test_nothing_is_called_without_live(server: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain doctor calls nobody; without any model --live has nothing to call, and says so."""
    CliRunner().invoke(cli, ["doctor"])
    assert len(server.state.journal) == 0
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    assert "rien à appeler" in CliRunner().invoke(cli, ["doctor", "--live"]).stdout
