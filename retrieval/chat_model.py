"""The chat model of the settings, whoever provides it: what is sent, what comes back in time, and what that took.

Answers, the judge of an evaluation and proposed questions all ask through here. The model is made on first use.
"""

from __future__ import annotations

import contextvars
import itertools
import queue
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from retrieval.errors import ModelError
from retrieval.model_errors import failure, kind_of, pause_before_retry, unfinished
from retrieval.prices import Prices
from retrieval.settings import OPENAI_URL, Settings
from retrieval.spending import ANSWERS, Ledger
from retrieval.types import Usage

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

Messages = list[tuple[str, str]]  # ("system" or "human", text)


@dataclass(frozen=True, slots=True)
class Completion:
    """What came of a reply, and what it took; `error` says why it is not all of it."""

    text: str
    usage: Usage
    error: ModelError | None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a reply as it comes: its words, what the model says of its usage in it, and why the reply ended."""

    text: str
    usage: Usage
    finish: str | None


class ChatModel:
    """The chat model of the settings. It may be asked from several threads."""

    def __init__(self, settings: Settings, model: BaseChatModel | None = None, purpose: str = ANSWERS) -> None:
        self._settings, self._model, self._purpose = settings, model, purpose
        self._openai = model is None and settings.chat_model.partition(":")[0] in ("openai", self.name)
        self._prices, self._ledger = Prices.of(settings), Ledger.of(settings)
        self._making = threading.Lock()

    @property
    def name(self) -> str:
        """The model's name without its provider."""
        return self._settings.chat_model.partition(":")[2] or self._settings.chat_model

    def complete(
        self, messages: Messages, seconds: float, config: RunnableConfig | None = None, longest: int | None = None
    ) -> Completion:
        """The reply, within so many seconds. One of more than `longest` characters is broken off, and is no error."""
        text, used, finish = "", Usage(), None
        try:
            for piece in self.pieces(messages, time.monotonic() + seconds, config):
                used += piece.usage
                finish = piece.finish or finish
                text += piece.text
                if longest is not None and len(text) > longest:
                    return Completion(text, used, None)
        except ModelError as error:
            return Completion(text, used, error)
        return Completion(text, used, unfinished(finish, not text.strip()))

    def prepare(self) -> None:
        """Make the model now. Raises ModelError where that cannot be, before anything is spent."""
        self._made()

    def pieces(self, messages: Messages, deadline: float, config: RunnableConfig | None = None) -> Iterator[Piece]:
        """The reply as it comes; what it took is entered in the ledger.

        The model runs in a thread of its own, so that no silence of a server outlasts the deadline. `deadline` is a
        value of time.monotonic(). Raises ModelError.
        """
        from langchain_core.messages import HumanMessage, SystemMessage

        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise failure("timeout", "no time was left to ask the model")
        model = self._made()
        limits: dict[str, Any] = {"timeout": min(remaining, self._settings.model_timeout)} if self._openai else {}
        # as LangChain's own objects: telling what a pair of strings is costs it a millisecond for each
        prompt = [SystemMessage(text) if role == "system" else HumanMessage(text) for role, text in messages]
        arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
        stopped = threading.Event()

        def pump() -> None:
            for attempt in itertools.count():
                begun = False
                try:
                    for chunk in model.stream(prompt, config, **limits):
                        begun = True
                        arrived.put(chunk)
                        if stopped.is_set():
                            return
                    arrived.put(None)
                    return
                except Exception as error:
                    pause = pause_before_retry(error, attempt) if attempt < self._settings.model_retries else None
                    if begun or pause is None or stopped.wait(pause):  # what was shown cannot be taken back
                        arrived.put(error)
                        return

        threading.Thread(target=contextvars.copy_context().run, args=(pump,), daemon=True, name="writer").start()
        try:
            while True:
                try:
                    item = arrived.get(timeout=max(0.0, deadline - time.monotonic()))
                except queue.Empty:
                    raise failure("timeout", "the answer was not written in time") from None
                if item is None:
                    return
                if isinstance(item, Exception):
                    raise self._failed(item) from None
                yield self._piece(item)
        finally:
            stopped.set()

    def _piece(self, chunk: Any) -> Piece:
        usage = self._prices.usage_of(self.name, getattr(chunk, "usage_metadata", None))
        self._ledger.record(self._purpose, self.name, usage)
        about: dict[str, str | None] = chunk.response_metadata
        return Piece(str(chunk.text), usage, about.get("finish_reason") or about.get("stop_reason"))

    def _made(self) -> BaseChatModel:
        with self._making:
            if self._model is None:
                try:
                    self._model = _make(self._settings, self.name)
                except ModelError:
                    raise
                except Exception as error:
                    raise self._failed(error) from None
            return self._model

    def _failed(self, error: Exception) -> ModelError:
        """Our error for one of a provider's, with its text but without any key."""
        kind = kind_of(error)
        detail = " ".join(str(error).split())
        if self._settings.openai_api_key:
            detail = detail.replace(self._settings.openai_api_key, "***")
        detail = re.sub(r"\b(?:sk-|Bearer )[\w*.-]{6,}|//[^/@\s]+@", "***", detail)[:300]
        return failure(kind, f"{self.name}: {detail or type(error).__name__}")


def _make(settings: Settings, name: str) -> BaseChatModel:
    # retries are ours: a client's own repeat what no retry can mend, such as a spent quota
    limits: dict[str, Any] = {"timeout": settings.model_timeout, "max_retries": 0}
    provider = settings.chat_model.partition(":")[0]
    if provider not in ("openai", name):
        from langchain.chat_models import init_chat_model

        model: BaseChatModel = init_chat_model(name, model_provider=provider, **limits)
        return model
    if not (settings.openai_api_key or settings.openai_base_url):
        raise ModelError(
            "a model is needed, and neither a key nor a server is set",
            kind="auth", remedy="set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own",
        )  # fmt: skip
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    return ChatOpenAI(
        model=name,
        base_url=settings.openai_base_url or OPENAI_URL,
        api_key=SecretStr(settings.openai_api_key or "none"),
        use_responses_api=False,
        stream_usage=True,
        streaming=True,
        **limits,
    )
