"""Hits → sentences by a chat model, streamed. A sentence leaves only after it was verified.

prompt ─▶ model ─▶ prompts.Reply (whole sentences with their keys) ─▶ verify ─▶ Sentence | Dropped ─▶ Usage
"""

from __future__ import annotations

import contextvars
import hashlib
import itertools
import math
import queue
import re
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import prompts
from retrieval.errors import ModelError, SettingsError
from retrieval.passages import split_sentences
from retrieval.settings import Settings
from retrieval.types import Dropped, Hit, Question, Sentence, Usage
from retrieval.verifying import verify

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

NO_EVIDENCE = "NO_EVIDENCE"  # what the model writes when no passage answers
MISSING = "says what the passages do not hold"  # Dropped.reason of a sentence that rightly rests on no passage
NEAREST = 0.8  # of the words that the best passage holds: what one holds at least that proves a sentence instead
CHARACTERS_A_TOKEN = 3.5  # French news; a guess on the safe side for current tokenizers
OPENAI_URL = "https://api.openai.com/v1"  # explicit, so that no variable of the environment redirects it

_ABSENCE = re.compile(
    r"^(?!.{0,12}(?:selon|d['’]après|according)).{0,30}?\b(?:articles?|passages?|sources?|extraits?|documents?)\b"
    r".{0,40}?\b(?:ne\b|n['’]|d(?:o|oes|id) ?n[o'’]t)"
    r"|\b(?:aucun|no|none of the)\b.{0,20}\b(?:articles?|passages?|sources?|extraits?)\b",
    re.IGNORECASE,
)
_LANGUAGES = {"fr": "French", "en": "English", "de": "German", "es": "Spanish", "it": "Italian", "zh": "Chinese"}
_KINDS = {  # the first that is found in the names of an error's classes, its code and its status
    "context": "ContextOverflow|context_length_exceeded",
    "quota": r"insufficient_quota|billing|\b402\b",
    "refusal": "Refusal|content_filter|content_policy",
    "timeout": "Timeout",
    "rate_limit": "RateLimit",
    "auth": "Authentication|PermissionDenied",
    "malformed": "JSONDecodeError",
    "connection": "ConnectionError|TransportError|NetworkError|ProtocolError|OSError",
}
_REMEDIES = {
    "timeout": "try again, or raise SOURCIER_MODEL_TIMEOUT",
    "quota": "check the plan and the billing of your provider",
    "rate_limit": "wait a minute and try again",
    "connection": "check the network and OPENAI_BASE_URL",
    "auth": "check OPENAI_API_KEY",
    "context": "lower SOURCIER_CONTEXT_TOKENS",
}


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
    ) -> Iterator[Sentence | Dropped | Usage]:
        """Verified sentences as they are complete, what was dropped, and last the usage.

        `deadline` is a value of time.monotonic(). Raises ModelError, after the sentences that were complete. An
        answer without any sentence means that the model found no evidence, or that nothing it wrote could be proven.
        """
        shown = fitting(hits, self._settings.context_tokens)
        try:
            yield from self._attempt(question, shown, hits, deadline, config)
        except ModelError as error:  # a context overflow comes before the first sentence
            if error.kind != "context" or len(shown) < 2:
                raise
            yield from self._attempt(question, shown[: len(shown) // 2], hits, deadline, config)

    def _attempt(
        self, question: Question, shown: list[Hit], hits: Sequence[Hit], deadline: float, config: RunnableConfig | None
    ) -> Iterator[Sentence | Dropped | Usage]:
        keys = dict(zip(keys_of(shown), shown, strict=True))
        parser, usage, finish, failure = prompts.Reply(split_sentences), Usage(), None, None
        try:
            for chunk in self._chunks(_messages(question, keys), deadline, config):
                usage += self._usage(getattr(chunk, "usage_metadata", None))
                about = chunk.response_metadata
                finish = about.get("finish_reason") or about.get("stop_reason") or finish
                for text, cited in parser.feed(str(chunk.text)):
                    yield from self._checked(text, cited, keys, hits, question)
            failure = _unfinished(finish, parser.empty)
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
    ) -> Iterator[Sentence | Dropped]:
        """The sentence with its quotes: as cited, else with one other hit that proves it, else dropped.

        That hit holds about as many of its words as any: none is passed over that says the same with other figures.
        """
        if NO_EVIDENCE in text:
            return
        if not cited and _ABSENCE.search(text):
            yield Dropped(text, MISSING)
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
            raise _failure("timeout", "no time was left to ask the model")
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
                    raise _failure("timeout", "the answer was not written in time") from None
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
        kind = _kind(error)
        detail = " ".join(str(error).split())
        if self._settings.openai_api_key:
            detail = detail.replace(self._settings.openai_api_key, "***")
        detail = re.sub(r"\b(?:sk-|Bearer )[\w*.-]{6,}|//[^/@\s]+@", "***", detail)[:300]
        return _failure(kind, f"{self.name}: {detail or type(error).__name__}")


def keys_of(hits: Sequence[Hit]) -> list[str]:
    """A short opaque key for each hit, from its content: the same passages give the same prompt."""
    keys: dict[str, None] = {}
    letters, digits = "abcdefghjkmnpqrstuvwxyz", "23456789"
    for hit in hits:
        for salt in itertools.count():
            seed = hashlib.sha256(f"{salt}\0{hit.article.id}\0{hit.start}\0{hit.text}".encode()).digest()
            key = letters[seed[0] % 23] + digits[seed[1] % 8] + letters[seed[2] % 23]
            if key not in keys:
                break
        keys[key] = None
    return list(keys)


def fitting(hits: Sequence[Hit], tokens: int) -> list[Hit]:
    """The best hits whose passages fit in so many tokens; at least one."""
    left, kept = tokens * CHARACTERS_A_TOKEN, list[Hit]()
    for hit in hits:
        left -= len(hit.text) + len(hit.article.title or "") + 60
        if left < 0 and kept:
            break
        kept.append(hit)
    return kept


def _messages(question: Question, keys: dict[str, Hit]) -> list[tuple[str, str]]:
    articles: dict[str, list[str]] = {}
    for hit in keys.values():
        about = hit.article
        head = f"{about.title or 'Untitled'} · {about.source or 'unknown source'} · {about.published or 'date unknown'}"
        articles.setdefault(about.id, [f"Article: {' '.join(head.split())}"])
    for key, hit in sorted(keys.items(), key=lambda item: item[1].start):
        articles[hit.article.id].append(f"[{key}]\n{hit.text}")
    passages = "\n\n".join("\n".join(parts) for parts in articles.values())
    system, user = prompts.load("write").render(
        delimiter=secrets.token_hex(8),  # nobody can have written it into an article
        passages=passages,
        question=question.standalone,
        language=_LANGUAGES.get((question.language or "")[:2], "the language of the question"),
    )
    return [("system", system), ("human", user)]


def _made(settings: Settings, name: str) -> BaseChatModel:
    limits: dict[str, Any] = {"timeout": settings.model_timeout, "max_retries": settings.model_retries}
    provider = settings.chat_model.partition(":")[0]
    if provider not in ("openai", name):
        from langchain.chat_models import init_chat_model

        model: BaseChatModel = init_chat_model(name, model_provider=provider, **limits)
        return model
    if not (settings.openai_api_key or settings.openai_base_url):
        raise _failure("auth", "no API key is set")
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


def _unfinished(finish: str | None, empty: bool) -> ModelError | None:
    if finish in ("content_filter", "refusal", "SAFETY"):
        return _failure("refusal", "the provider's filter stopped the answer")
    if finish is None:
        return _failure("truncated", "the stream ended before the answer did")
    if finish.lower() in ("length", "max_tokens"):
        return _failure("truncated", "the answer was cut at the model's length limit")
    return _failure("empty", "the model wrote nothing") if empty else None


def _failure(kind: str, message: str) -> ModelError:
    return ModelError(message, kind=kind, remedy=_REMEDIES.get(kind))


def _kind(error: Exception) -> str:
    """The kind of a provider's error, by names: of LangChain's classes, OpenAI's, and httpx's (in mid-stream)."""
    names = " ".join(c.__name__ for c in type(error).__mro__)
    about = f"{names} {getattr(error, 'code', '')} {getattr(error, 'type', '')} {getattr(error, 'status_code', '')}"
    return next((kind for kind, pattern in _KINDS.items() if re.search(pattern, about)), "api")


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
