"""Hits → sentences by a chat model, streamed. A sentence leaves only after it was verified.

prompt ─▶ model ─▶ prompts.Reply (whole sentences with their keys) ─▶ verify ─▶ Sentence | Dropped ─▶ Usage
"""

from __future__ import annotations

import contextvars
import math
import queue
import re
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import prompts
from retrieval.briefing import keys_of, messages, shown
from retrieval.errors import ModelError, SettingsError
from retrieval.model_errors import failure, kind_of, unfinished
from retrieval.passages import split_sentences
from retrieval.settings import Settings
from retrieval.types import Dropped, Hit, Question, Sentence, Unanswered, Usage
from retrieval.unproven import has_link, is_absence, only_absence
from retrieval.verifying import verify

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

NO_EVIDENCE = "NO_EVIDENCE"  # what the model writes when no passage answers
MISSING = "more than what the passages do not say"  # Dropped.reasons
LINK = "a link or markup"
NEAREST = 0.8  # of the words that the best passage holds: what one holds at least that proves a sentence instead
Written = Sentence | Unanswered | Dropped | Usage
OPENAI_URL = "https://api.openai.com/v1"  # explicit, so that no variable of the environment redirects it


class Writer:
    """Writes answers with the chat model of the settings. The model is made on first use."""

    def __init__(self, settings: Settings, model: BaseChatModel | None = None) -> None:
        self._settings, self._model = settings, model
        self._openai = model is None and settings.chat_model.partition(":")[0] in ("openai", self.name)
        self._prices = parse_prices(settings.prices)

    @property
    def name(self) -> str:
        """The model's name without its provider."""
        return self._settings.chat_model.partition(":")[2] or self._settings.chat_model

    def stream(
        self, question: Question, hits: Sequence[Hit], deadline: float, config: RunnableConfig | None = None
    ) -> Iterator[Written]:
        """Verified sentences as they are complete, what the passages do not say, what was dropped, and last the usage.

        `deadline` is a value of time.monotonic(). Raises ModelError, after the sentences that were complete. An
        answer without any sentence means that the model found no evidence, or that nothing it wrote could be proven.
        """
        given = shown(hits, self._settings.context_tokens)
        try:
            yield from self._attempt(question, given, hits, deadline, config)
        except ModelError as error:  # a context overflow comes before the first sentence
            if error.kind != "context" or len(given) < 2:
                raise
            yield from self._attempt(question, given[: len(given) // 2], hits, deadline, config)

    def reply(
        self, messages: list[tuple[str, str]], deadline: float, config: RunnableConfig | None = None
    ) -> Iterator[str | Usage]:
        """The model's words as they come, and what they took. Raises ModelError, also where they are not all."""
        finish, empty = None, True
        for chunk in self._chunks(messages, deadline, config):
            if counted := getattr(chunk, "usage_metadata", None):
                yield self._usage(counted)
            finish = (
                chunk.response_metadata.get("finish_reason") or chunk.response_metadata.get("stop_reason") or finish
            )
            if text := str(chunk.text):
                empty = False
                yield text
        if failed := unfinished(finish, empty):
            raise failed

    def _attempt(
        self, question: Question, given: list[Hit], hits: Sequence[Hit], deadline: float, config: RunnableConfig | None
    ) -> Iterator[Written]:
        keys = dict(zip(keys_of(given), given, strict=True))
        parser, usage, finish, failure = prompts.Reply(split_sentences), Usage(), None, None
        try:
            for chunk in self._chunks(messages(question, keys, question.today or date.today()), deadline, config):
                usage += self._usage(getattr(chunk, "usage_metadata", None))
                about = chunk.response_metadata
                finish = about.get("finish_reason") or about.get("stop_reason") or finish
                for text, cited in parser.feed(str(chunk.text)):
                    yield from self._checked(text, cited, keys, hits, question)
            failure = unfinished(finish, parser.empty)
        except ModelError as error:
            failure = error
        for text, cited in parser.close(cut=failure is not None):
            yield from self._checked(text, cited, keys, hits, question)
        if usage != Usage() or failure is None:
            yield usage
        if failure is not None:
            raise failure

    def _checked(
        self, text: str, cited: Sequence[str], keys: dict[str, Hit], hits: Sequence[Hit], question: Question
    ) -> Iterator[Written]:
        """The sentence with its quotes: as cited, else with one other hit that proves it, else dropped.

        That hit holds about as many of its words as any: none is passed over that says the same with other figures.
        """
        text = text.replace(NO_EVIDENCE, "").strip(" .:")
        if not text:
            return
        text += "" if re.search(r"[.!?…。！？][»\"”’)\s]*$", text) else "."
        if only_absence(text, question.standalone, question.language):
            yield Unanswered(text)
            return
        if has_link(text) or (not cited and is_absence(text)):
            yield Dropped(text, LINK if has_link(text) else MISSING)
            return
        known = [keys[k] for k in dict.fromkeys(cited) if k in keys]
        tried = [verify(text, known, question.standalone, question.language)]
        if not tried[0].supported:
            rest = {id(h): h for h in [*keys.values(), *hits] if h not in known}.values()
            tried += [verify(text, [h], question.standalone, question.language) for h in rest]
        most = max(v.share for v in tried)
        for verdict in tried:
            if verdict.supported and verdict.share >= NEAREST * most:
                yield Sentence(text, verdict.quotes)
                return
        nearest = tried[0] if known else max(tried[1:] or tried, key=lambda v: v.share)
        yield Dropped(text, nearest.reason or "another passage says otherwise")

    def _usage(self, counted: Any) -> Usage:
        if not counted:
            return Usage()
        read, written = counted["input_tokens"], counted["output_tokens"]
        price_in, price_out = self._prices.get(self.name, (0.0, 0.0))
        return Usage(read, written, (read * price_in + written * price_out) / 1_000_000)

    def _chunks(self, messages: list[tuple[str, str]], deadline: float, config: RunnableConfig | None) -> Iterator[Any]:
        """The model's chunks. It runs in a thread of its own, so that no silence of a server outlasts the deadline."""
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise failure("timeout", "no time was left to ask the model")
        model = self._chat_model()
        limits: dict[str, Any] = {"timeout": min(remaining, self._settings.model_timeout)} if self._openai else {}
        arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
        stopped = threading.Event()

        def pump() -> None:
            try:
                for chunk in model.stream(messages, config, **limits):
                    arrived.put(chunk)
                    if stopped.is_set():
                        return
                arrived.put(None)
            except Exception as error:
                arrived.put(error)

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
                yield item
        finally:
            stopped.set()

    def _chat_model(self) -> BaseChatModel:
        if self._model is None:
            try:
                self._model = _made(self._settings, self.name)
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


def _made(settings: Settings, name: str) -> BaseChatModel:
    limits: dict[str, Any] = {"timeout": settings.model_timeout, "max_retries": settings.model_retries}
    provider = settings.chat_model.partition(":")[0]
    if provider not in ("openai", name):
        from langchain.chat_models import init_chat_model

        model: BaseChatModel = init_chat_model(name, model_provider=provider, **limits)
        return model
    if not (settings.openai_api_key or settings.openai_base_url):
        raise failure("auth", "no API key is set")
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


def parse_prices(text: str) -> dict[str, tuple[float, float]]:
    """Dollars for a million tokens, in and out, by model, of `model=in/out,…`. Raises SettingsError."""
    prices = {}
    for entry in filter(None, (e.strip() for e in text.split(","))):
        model, _, amounts = entry.rpartition("=")
        try:
            price_in, price_out = (float(a) for a in amounts.split("/"))
        except ValueError:
            price_in = price_out = -1.0
        if not model.strip() or not all(math.isfinite(p) and p >= 0 for p in (price_in, price_out)):
            raise SettingsError(
                f"SOURCIER_PRICES={entry!r} is not model=input/output", remedy="set it like gpt-6-luna=0.10/0.50"
            )
        prices[model.strip()] = (price_in, price_out)
    return prices
