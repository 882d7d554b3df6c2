"""The scripted chat model's server, which ends at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from llmock.testing import LLMockServer


@contextmanager
def chat_server() -> Iterator[LLMockServer]:
    """A server that runs; at the end nobody waits for the answers that it was told to hold back."""
    with LLMockServer() as running:
        yield running
        assert running._server is not None
        running._server.force_exit = True
