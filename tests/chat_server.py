"""The scripted chat model's server, which ends at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from llmock.testing import LLMockServer

from retrieval.settings import Secret, Settings


@contextmanager
def chat_server() -> Iterator[LLMockServer]:
    """A server that runs; at the end nobody waits for the answers that it was told to hold back."""
    with LLMockServer() as running:
        yield running
        assert running._server is not None
        running._server.force_exit = True


def written_by(server: LLMockServer, settings: Settings, **more: Any) -> Settings:
    """The settings, by which a model of the server writes; what the server was told before is forgotten."""
    server.state.reset()
    model: dict[str, Any] = {
        "mode": "model",
        "openai_base_url": server.base_url(),
        "openai_api_key": Secret("k"),
        "chat_model": "openai:test",
        "model_retries": 0,
    }
    return replace(settings, **model | more)
