"""Vectors that were paid for, kept on disk from the moment they come until they are stored: none is paid for twice.

Whatever ends an ingest, a lost connection, Ctrl-C or a kill, the next one finds here what was embedded and not stored
yet; and what a rebuild is about to take out of Chroma waits here to be put back.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from langchain_core.embeddings import Embeddings

from retrieval.embedding import ServerEmbeddings
from retrieval.spending import INGEST, Ledger
from retrieval.types import Embedded, Usage
from retrieval.vectors import digest_of

_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (model TEXT, digest TEXT, vector BLOB NOT NULL, PRIMARY KEY (model, digest))
WITHOUT ROWID
"""


class KeptEmbeddings(Embeddings):
    """A server's embeddings with that memory. `spent` is what was asked of the server so far."""

    def __init__(self, server: ServerEmbeddings, path: Path, ledger: Ledger) -> None:
        self._server, self._path, self._ledger = server, path, ledger
        self._db: sqlite3.Connection | None = None
        self.spent = Embedded()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of texts, in order: those kept, and the others from the server, kept as they come."""
        wanted = {digest_of(text): text for text in texts}
        found = self.kept(wanted)
        for made in self._server.batches([text for digest, text in wanted.items() if digest not in found]):
            new = dict(zip(map(digest_of, made.texts), made.vectors, strict=True))
            self.keep(new)
            self._ledger.record(INGEST, self._server.model, made.usage)
            self.spent += Embedded(len(new), made.usage)
            found.update(new)
        return [found[digest_of(text)] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self._server.embed_query(text)

    def query(self, text: str) -> tuple[list[float], Usage]:
        """The vector of a question, and what it took."""
        return self._server.query(text)

    def kept(self, digests: Iterable[str]) -> dict[str, list[float]]:
        """The vectors that are kept, of those texts."""
        if self._db is None and not self._path.exists():
            return {}
        query = "SELECT digest, vector FROM vectors WHERE model = ? AND digest IN (SELECT value FROM json_each(?))"
        rows = self._open().execute(query, (self._server.model, json.dumps(list(digests))))
        return {digest: array("f", vector).tolist() for digest, vector in rows}

    def keep(self, vectors: Mapping[str, Sequence[float]]) -> None:
        """Keep vectors, by the digest of their text."""
        if vectors:
            rows = [(self._server.model, digest, array("f", vector).tobytes()) for digest, vector in vectors.items()]
            with self._open() as db:
                db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def forget(self, digests: Iterable[str]) -> None:
        """Drop vectors that are stored by now."""
        if self._db is not None or self._path.exists():
            query = "DELETE FROM vectors WHERE model = ? AND digest IN (SELECT value FROM json_each(?))"
            with self._open() as db:
                db.execute(query, (self._server.model, json.dumps(list(digests))))

    def forget_all(self) -> None:
        """Drop every vector, of this model or another, and the file's space."""
        if self._db is not None or self._path.exists():
            self._open().execute("DELETE FROM vectors")
            self._open().commit()
            self._open().execute("VACUUM")

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self._path, timeout=30, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute(_SCHEMA)
        return self._db
