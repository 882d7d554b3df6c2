"""Passages ↔ Chroma. The only file that imports chromadb, and only when a store is opened: that takes over a second."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from retrieval.errors import ModelError, StoreError
from retrieval.types import Period

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

PAGE = 5000  # chroma 1.5.9: batches beyond 5,461 are refused, and reading without a limit fails on large collections
_INDEX: dict[str, Any] = {"space": "cosine"}
_NO_INDEX: dict[str, Any] = {
    "space": "cosine",
    "ef_construction": 2,
    "max_neighbors": 2,
}  # nothing is compared: a graph as cheap as can be
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
        return embedded

    def delete(self, ids: Sequence[str]) -> None:
        """Delete passages; absent ones do not matter."""
        for at in range(0, len(ids), PAGE):
            self._collection.delete(ids=list(ids[at : at + PAGE]))

    def search(self, question: str, k: int, period: Period | None = None) -> list[tuple[str, float]]:
        """The k nearest passages as (record id, cosine similarity), best first."""
        if self._embeddings is None:
            return []
        with _named_failure():
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

    def clear(self) -> None:
        """Delete everything of this corpus."""
        self._client.delete_collection(self._name)
        self._collection = self._client.create_collection(
            self._name, configuration={"hnsw": self._index}, embedding_function=None
        )

    def __len__(self) -> int:
        return int(self._collection.count())

    def close(self) -> None:
        """Let the store go, so that another process or client may open it afresh."""
        with suppress(AttributeError):  # HTTP clients of older versions have no close
            self._client.close()

    def _vectors(self, batch: Sequence[Record]) -> tuple[list[list[float]], int]:
        if self._embeddings is None:
            return [_NO_VECTOR] * len(batch), 0
        digests = [_digest(r.indexed) for r in batch]
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
        got = self._collection.get(
            where={"digest": {"$in": list(digests)}}, include=["embeddings", "metadatas"], limit=PAGE
        )
        return {m["digest"]: list(map(float, v)) for m, v in zip(got["metadatas"], got["embeddings"], strict=True)}

    def _metadata(self, record: Record) -> Mapping[str, str | int]:
        return {"digest": _digest(record.indexed), "first_day": record.first_day, "last_day": record.last_day}


@contextmanager
def _named_failure() -> Iterator[None]:
    """A provider's error as a ModelError. Its text is left out: it may quote the key or the request."""
    try:
        yield
    except Exception as error:
        kind = "auth" if "Auth" in type(error).__name__ else "embedding"
        raise ModelError(
            f"the embedding model could not be used ({type(error).__name__})",
            kind=kind,
            remedy="check OPENAI_API_KEY, OPENAI_BASE_URL and SOURCIER_EMBEDDINGS with `sourcier doctor`; what was "
            "ingested before is kept",
        ) from None


def _digest(indexed: str) -> str:
    return hashlib.sha256(indexed.encode()).hexdigest()[:32]


def _where(period: Period | None) -> dict[str, Any] | None:
    if period is None:
        return None
    first, last = period.days
    return {"$and": [{"last_day": {"$gte": first}}, {"first_day": {"$gte": 1}}, {"first_day": {"$lte": last}}]}
