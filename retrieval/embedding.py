"""Embedding models by name, as LangChain Embeddings: `openai:<model>` and `model2vec:<name or folder>`."""

from __future__ import annotations

import itertools
import math
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings

from retrieval.errors import ModelError, SettingsError
from retrieval.model_errors import failure, kind_of, pause_before_retry
from retrieval.prices import Prices
from retrieval.settings import OPENAI_URL, Settings
from retrieval.tokens import most_tokens
from retrieval.types import Usage

if TYPE_CHECKING:
    from retrieval.kept_vectors import KeptEmbeddings

# What OpenAI takes (platform.openai.com/docs/api-reference/embeddings). Tokens are counted as bytes, which they cannot
# be more than: so no tokenizer is needed, and no request is refused for its size.
INPUT_TOKENS, REQUEST_TOKENS, REQUEST_INPUTS = 8192, 300_000, 2048
_INPUTS = 256  # in a request of ours: what a lost connection costs is one request
_PATIENCE = 3  # times the retries of a question: nobody waits for an ingest to answer
_TOO_MUCH = re.compile(r"context length|too (?:large|long|many)|maximum.{0,20}tokens|batch size", re.IGNORECASE)
_REMEDY = "run `sourcier doctor --live`"
_KEPT = "what was embedded is kept: the same command goes on from there"
_SHORTEST = 200  # characters below which a text is not cut any further to make it fit


@dataclass(frozen=True, slots=True)
class Made:
    """What one request gave."""

    texts: Sequence[str]
    vectors: Sequence[list[float]]
    usage: Usage


def open_embeddings(name: str, settings: Settings) -> Embeddings:
    """The embedding model of that name. Raises SettingsError for a name that cannot be used."""
    provider, _, model = name.partition(":")
    if provider == "openai" and model:
        return _kept(model, settings)
    if provider == "model2vec" and model:
        return _model2vec(model)
    raise SettingsError(
        f"SOURCIER_EMBEDDINGS={name!r} names no embedding model",
        remedy="set it to none, auto, openai:<model> or model2vec:<name or folder>",
    )


class ServerEmbeddings(Embeddings):
    """The embeddings of OpenAI, or of a compatible server, request by request, with what each took."""

    def __init__(self, model: str, settings: Settings) -> None:
        self.model, self._settings, self._prices = model, settings, Prices.of(settings)
        self._made: Any = None

    def batches(self, texts: Sequence[str]) -> Iterator[Made]:
        """The vectors of texts, in order, a request at a time. Raises ModelError; what came before it stays good."""
        waiting = [list(texts[start:end]) for start, end in spans(texts)][::-1]
        while waiting:
            batch = waiting.pop()
            try:
                yield Made(batch, *self._asked(batch, self._settings.model_retries * _PATIENCE))
            except _SmallerError:  # half of it may go, or go in time
                half = (len(batch) + 1) // 2
                waiting += [batch[half:], batch[:half]]
            except ModelError as error:
                error.remedy = f"{error.remedy or _REMEDY}; {_KEPT}"
                raise

    def prepare(self) -> None:
        """Make the client, so that the first request need not. Raises ModelError where no key is set."""
        self._client()

    def query(self, text: str) -> tuple[list[float], Usage]:
        """The vector of a question, and what it took. Raises ModelError, within a part of an answer's deadline."""
        seconds = min(self._settings.model_timeout, self._settings.deadline / 4)
        vectors, usage = self._asked([text], self._settings.model_retries, time.monotonic() + seconds)
        return vectors[0], usage

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of texts, in order."""
        return [vector for made in self.batches(texts) for vector in made.vectors]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self.query(text)[0]

    def _asked(self, texts: Sequence[str], retries: int, until: float = math.inf) -> tuple[list[list[float]], Usage]:
        sent = [_cut(text) for text in texts]
        for attempt in itertools.count():
            timeout = min(self._settings.model_timeout, max(0.1, until - time.monotonic()))
            try:
                reply = self._client().embeddings.create(
                    model=self.model, input=sent, encoding_format="float", timeout=timeout
                )
                return self._read(reply, len(sent))
            except ModelError:
                raise
            except Exception as error:
                too_much = bool(_TOO_MUCH.search(str(error))) and kind_of(error) not in ("rate_limit", "quota")
                if len(sent) > 1 and (too_much or kind_of(error) == "timeout"):
                    raise _SmallerError from None
                if too_much and len(sent[0]) > _SHORTEST:  # of a model that takes less than OpenAI's
                    sent = [sent[0][: len(sent[0]) // 2]]
                    continue
                pause = pause_before_retry(error, attempt) if attempt < retries else None
                if pause is None or time.monotonic() + pause >= until:
                    raise self._failed(error) from None
                time.sleep(pause)
        raise AssertionError  # the loop has no other end

    def _read(self, reply: Any, wanted: int) -> tuple[list[list[float]], Usage]:
        found = sorted(reply.data or [], key=lambda item: item.index)
        vectors = [item.embedding for item in found]
        sizes = {len(vector) for vector in vectors}
        if [item.index for item in found] != list(range(wanted)) or len(sizes) != 1 or 0 in sizes:
            raise failure("malformed", f"{self.model}: {wanted} vectors were asked for, and others came")
        if not all(math.isfinite(sum(vector)) for vector in vectors):
            raise failure("malformed", f"{self.model}: a vector holds what is no number")
        return vectors, self._prices.usage(self.model, getattr(reply.usage, "prompt_tokens", 0) or 0)

    def _client(self) -> Any:
        if self._made is None:
            if not (self._settings.openai_api_key or self._settings.openai_base_url):
                raise failure("auth", f"{self.model}: no API key is set")
            from openai import OpenAI

            self._made = OpenAI(
                api_key=self._settings.openai_api_key or "none",
                base_url=self._settings.openai_base_url or OPENAI_URL,
                max_retries=0,  # retries are ours
            )
        return self._made

    def _failed(self, error: Exception) -> ModelError:
        """Our error for one of a server's, without its text: that may quote the key or what was sent."""
        about = " ".join(str(a) for a in (getattr(error, "status_code", None), getattr(error, "code", None)) if a)
        named = f"{type(error).__name__} {about}".strip()
        made = failure(kind_of(error), f"the embedding model {self.model} could not be used ({named})")
        made.remedy = made.remedy or _REMEDY
        return made


class _SmallerError(Exception):
    """A request that may go through in two halves."""


def spans(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where to cut a list of texts into requests, within the limits of tokens and of inputs."""
    start = size = 0
    for at, text in enumerate(texts):
        tokens = min(most_tokens(text), INPUT_TOKENS)
        if at > start and (size + tokens > REQUEST_TOKENS or at - start >= min(_INPUTS, REQUEST_INPUTS)):
            yield start, at
            start, size = at, 0
        size += tokens
    if texts:
        yield start, len(texts)


def _cut(text: str) -> str:
    """A text within the limit of one input, and not empty, which servers refuse."""
    if most_tokens(text) > INPUT_TOKENS:
        text = text.encode("utf-8", "replace")[:INPUT_TOKENS].decode("utf-8", "ignore")
    return text if text.strip() else "-"


def _kept(model: str, settings: Settings) -> KeptEmbeddings:
    from retrieval.kept_vectors import KeptEmbeddings
    from retrieval.spending import Ledger

    return KeptEmbeddings(ServerEmbeddings(model, settings), settings.home / "vectors.sqlite", Ledger.of(settings))


def _model2vec(model: str) -> Embeddings:
    try:
        from model2vec import StaticModel
    except ImportError:
        raise SettingsError("model2vec is not installed", remedy="pip install 'sourcier[local]'") from None
    try:
        static = StaticModel.from_pretrained(model)
    except Exception as error:
        raise ModelError(
            f"model2vec cannot load {model!r}: {error}", kind="missing", remedy="give the folder of a downloaded model"
        ) from error

    class Static(Embeddings):
        """A model2vec model, run in process."""

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[float(x) for x in vector] for vector in static.encode(texts)]

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    return Static()
