"""Passages ↔ Chroma. The only file that imports chromadb, and only when a store is opened: that takes over a second."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from retrieval.errors import ModelError, StoreError
from retrieval.types import Embedded, Period, Usage

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from retrieval.kept_vectors import KeptEmbeddings

PAGE = 5000  # chroma 1.5.9: batches beyond 5,461 are refused, and reading without a limit fails on large collections
_INDEX: dict[str, Any] = {"space": "cosine"}
_NO_INDEX: dict[str, Any] = {
    "space": "cosine",
    "ef_construction": 2,
    "max_neighbors": 2,
}  # nothing is compared: a graph as cheap as can be
_log = logging.getLogger(__name__)
_NO_VECTOR = [1.0]  # Chroma stores no record without a vector; without a model each gets this one, never compared


@dataclass(frozen=True, slots=True)
class Record:
    """One passage as Chroma holds it."""

    id: str  # "<article>#<start>-<end>"
    text: str  # the slice
    head: str  # title and date of its article
    first_day: int
    last_day: int

    @property
    def indexed(self) -> str:
        """What is embedded: title and date join the slice, so that a passage carries its context."""
        return f"{self.head}\n{self.text}" if self.head else self.text


def record_id(article: str, start: int, end: int) -> str:
    """The identity of a passage in Chroma."""
    return f"{article}#{start}-{end}"


def parse_record_id(identity: str) -> tuple[str, int, int]:
    """What `record_id` was made from."""
    article, _, span = identity.rpartition("#")
    start, _, end = span.partition("-")
    return article, int(start), int(end)


class VectorStore:
    """The collection of one corpus. Without `embeddings` it holds the passages but compares no vectors."""

    def __init__(self, folder: Path, collection: str, embeddings: Embeddings | None, url: str = "") -> None:
        self._folder, self._name, self._embeddings, self._url = folder, collection, embeddings, url
        self._kept = _kept(embeddings)
        self._using = threading.Lock()  # nobody asks a client that is being replaced
        self._open()

    def _open(self) -> None:
        import chromadb
        from chromadb.config import Settings as ChromaSettings

        quiet = ChromaSettings(anonymized_telemetry=False)
        try:
            if self._url:
                parts = urlsplit(self._url)
                port = parts.port or (443 if parts.scheme == "https" else 80)
                self._client: Any = chromadb.HttpClient(
                    host=parts.hostname or "localhost", port=port, ssl=parts.scheme == "https", settings=quiet
                )
            else:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._client = chromadb.PersistentClient(str(self._folder), settings=quiet)
            self._collection = self._client.get_or_create_collection(
                self._name, configuration={"hnsw": self._index}, embedding_function=None
            )
        except Exception as error:
            raise StoreError(
                f"the Chroma store at {self._url or self._folder} cannot be opened: {error}",
                remedy="start the server that CHROMA_URL names" if self._url else "run `sourcier doctor`",
            ) from error

    def reopen(self) -> None:
        """Open the store afresh: an open embedded Chroma does not see what another process wrote, or fails on it."""
        if not self._url:
            with self._using:
                self.close()
                self._open()

    @property
    def _index(self) -> dict[str, Any]:
        return _NO_INDEX if self._embeddings is None else _INDEX

    def add(self, records: Sequence[Record]) -> int:
        """Add passages that are not there yet; returns how many texts the model embedded.

        A text that some stored passage already has (a moved or slightly changed article) keeps that passage's vector.
        """
        embedded = 0
        for at in range(0, len(records), PAGE):
            batch = records[at : at + PAGE]
            vectors, made = self._vectors(batch)
            embedded += made
            self._collection.add(
                ids=[r.id for r in batch],
                documents=[r.text for r in batch],
                embeddings=vectors,
                metadatas=[self._metadata(r) for r in batch] if self._embeddings is not None else None,
            )
            if self._kept is not None:
                self._kept.forget(digest_of(r.indexed) for r in batch)
        return embedded

    def delete(self, ids: Sequence[str], keep: bool = False) -> None:
        """Delete passages; absent ones do not matter. With `keep`, vectors that were paid for are not lost."""
        for at in range(0, len(ids), PAGE):
            page = list(ids[at : at + PAGE])
            if keep and self._kept is not None:
                self._kept.keep(self._vectors_of(ids=page))
            self._collection.delete(ids=page)

    def search(
        self,
        question: str,
        k: int,
        period: Period | None = None,
        on_usage: Callable[[Usage], None] | None = None,
    ) -> list[tuple[str, float]]:
        """The k nearest passages as (record id, cosine similarity), best first; `on_usage` is told what it took."""
        if self._embeddings is None:
            return []
        with _named_failure():
            if self._kept is not None:
                vector, usage = self._kept.query(question)
                if on_usage is not None:
                    on_usage(usage)
            else:
                vector = self._embeddings.embed_query(question)
        with self._using:
            found = self._collection.query(
                query_embeddings=[vector], n_results=k, where=_where(period), include=["distances"]
            )
        return [
            (identity, 1.0 - distance)
            for identity, distance in zip(found["ids"][0], found["distances"][0], strict=True)
        ]

    def ids(self) -> Iterator[str]:
        """The ids of all stored passages."""
        offset = 0
        while True:
            page = self._collection.get(limit=PAGE, offset=offset, include=[])["ids"]
            yield from page
            if len(page) < PAGE:
                return
            offset += PAGE

    def texts(self, ids: Iterable[str]) -> dict[str, str]:
        """The stored text of some passages, by id."""
        wanted = list(ids)
        found: dict[str, str] = {}
        for at in range(0, len(wanted), PAGE):
            got = self._collection.get(ids=wanted[at : at + PAGE], include=["documents"])
            found.update(zip(got["ids"], got["documents"], strict=True))
        return found

    def missing(self, texts: Iterable[str]) -> set[str]:
        """Those of some texts, as they are embedded, that have no vector here yet."""
        wanted = {digest_of(text): text for text in texts}
        known = self._known_vectors(list(wanted)) if self._embeddings is not None else {}
        if self._kept is not None:
            known = known | self._kept.kept(wanted)
        return {text for digest, text in wanted.items() if digest not in known}

    def spent(self) -> Embedded:
        """What embedding took since the store was opened."""
        return self._kept.spent if self._kept is not None else Embedded()

    def settle(self) -> None:
        """Every text of the corpus has its vector: those kept for others are not needed."""
        if self._kept is not None:
            self._kept.forget_all()

    def clear(self) -> None:
        """Delete everything of this corpus. Vectors that were paid for are kept until they are added again."""
        if self._kept is not None:
            self._keep_all(self._kept)
        self._client.delete_collection(self._name)
        self._collection = self._client.create_collection(
            self._name, configuration={"hnsw": self._index}, embedding_function=None
        )

    def __len__(self) -> int:
        return int(self._collection.count())

    def close(self) -> None:
        """Let the store go, so that another process or client may open it afresh."""
        if self._kept is not None:
            self._kept.close()
        with suppress(AttributeError):  # HTTP clients of older versions have no close
            self._client.close()

    def _keep_all(self, kept: KeptEmbeddings) -> None:
        for offset in range(0, len(self), PAGE):
            try:
                kept.keep(self._vectors_of(limit=PAGE, offset=offset))
            except Exception as error:  # whatever a damaged collection raises: what cannot be read is embedded again
                _log.warning("vectors of the old store cannot be read, and are made anew: %s", error)
                return

    def _vectors_of(self, **which: Any) -> dict[str, list[float]]:
        got = self._collection.get(include=["embeddings", "metadatas"], **which)
        return {m["digest"]: list(map(float, v)) for m, v in zip(got["metadatas"], got["embeddings"], strict=True)}

    def _vectors(self, batch: Sequence[Record]) -> tuple[list[list[float]], int]:
        if self._embeddings is None:
            return [_NO_VECTOR] * len(batch), 0
        digests = [digest_of(r.indexed) for r in batch]
        known = self._known_vectors(digests)
        new = {d: r.indexed for d, r in zip(digests, batch, strict=True) if d not in known}
        if new:
            with _named_failure():
                made = self._embeddings.embed_documents(list(new.values()))
            known.update(zip(new, made, strict=True))
        return [known[d] for d in digests], len(new)

    def _known_vectors(self, digests: Sequence[str]) -> dict[str, list[float]]:
        if not len(self):
            return {}
        found: dict[str, list[float]] = {}
        for at in range(0, len(digests), PAGE):
            found |= self._vectors_of(where={"digest": {"$in": list(digests[at : at + PAGE])}}, limit=PAGE)
        return found

    def _metadata(self, record: Record) -> Mapping[str, str | int]:
        return {"digest": digest_of(record.indexed), "first_day": record.first_day, "last_day": record.last_day}


@contextmanager
def _named_failure() -> Iterator[None]:
    """A provider's error as a ModelError. Its text is left out: it may quote the key or the request."""
    try:
        yield
    except ModelError:  # ours already
        raise
    except Exception as error:
        kind = "auth" if "Auth" in type(error).__name__ else "embedding"
        raise ModelError(
            f"the embedding model could not be used ({type(error).__name__})",
            kind=kind,
            remedy="check OPENAI_API_KEY, OPENAI_BASE_URL and SOURCIER_EMBEDDINGS with `sourcier doctor`; what was "
            "ingested before is kept",
        ) from None


def _kept(embeddings: Embeddings | None) -> KeptEmbeddings | None:
    if embeddings is None:
        return None
    from retrieval.kept_vectors import KeptEmbeddings

    return embeddings if isinstance(embeddings, KeptEmbeddings) else None


def digest_of(indexed: str) -> str:
    """The name under which the vector of a text is found again."""
    return hashlib.sha256(indexed.encode()).hexdigest()[:32]


def _where(period: Period | None) -> dict[str, Any] | None:
    if period is None:
        return None
    first, last = period.days
    return {"$and": [{"last_day": {"$gte": first}}, {"first_day": {"$gte": 1}}, {"first_day": {"$lte": last}}]}
