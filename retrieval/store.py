"""The stores of one corpus, opened together: which embedding model they hold, and the one writer.

A batch is noted as pending, its passages replaced in Chroma and in the word index, then its rows written. Whatever was
pending when a process died is written again from its last good row by the next writer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from retrieval.errors import StoreEmpty, StoreLocked, StoreMismatch
from retrieval.manifest import Entry, Manifest
from retrieval.passages import PASSAGE_VERSION, TARGET, cut
from retrieval.settings import Settings
from retrieval.types import Article, Passage

if TYPE_CHECKING:
    from retrieval.vectors import VectorStore


def embedding_in_force(settings: Settings, stored: str | None) -> str | None:
    """The embedding model to use with a store made with `stored` ("none" or a name; None: a new store).

    `auto` follows the store, so that setting a key later breaks nothing. Raises StoreMismatch where a model was named
    that is not the store's.
    """
    wanted = settings.embedding_model
    if stored is None or stored == (wanted or "none"):
        return wanted
    if settings.embeddings == "auto":
        return None if stored == "none" else stored
    raise StoreMismatch(
        f"the store was made with embeddings {stored}, the settings ask for {wanted or 'none'}",
        remedy="run `sourcier ingest --rebuild`, or set SOURCIER_EMBEDDINGS back",
    )


def collection_name(model: str | None) -> str:
    """The Chroma collection for an embedding model and the passage settings of this version."""
    identity = f"{model or 'none'}|{PASSAGE_VERSION}|{TARGET}"
    return f"passages-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


def open_vectors(settings: Settings, model: str | None) -> VectorStore:
    """The Chroma collection that belongs to a model, and the model."""
    from retrieval.embedding import open_embeddings
    from retrieval.vectors import VectorStore

    embeddings = open_embeddings(model, settings) if model else None
    return VectorStore(settings.home / "chroma", collection_name(model), embeddings, settings.chroma_url)


def manifest_path(settings: Settings) -> Path:
    """Where the manifest lies."""
    return settings.home / "library.sqlite"


def open_manifest(settings: Settings) -> Manifest:
    """The manifest, for reading. Raises StoreEmpty when nothing was ingested yet."""
    path = manifest_path(settings)
    if not path.exists():
        raise StoreEmpty(f"nothing was ingested into {settings.home} yet", remedy="run `sourcier ingest PATH`")
    return Manifest(path)


class StoreWriter:
    """The store opened for writing: holds the lock, mends what an interrupted ingest left."""

    def __init__(self, settings: Settings, *, rebuild: bool = False) -> None:
        from filelock import FileLock, Timeout

        from retrieval.vector_process import VectorProcess
        from retrieval.words import INDEX_VERSION, WordIndex

        settings.home.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(settings.home / "write.lock")
        self._pool = ThreadPoolExecutor(1)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise StoreLocked(
                f"another process is writing to {settings.home}",
                remedy="wait for it to end, then run the command again",
            ) from None
        try:
            self.manifest = Manifest(manifest_path(settings))
            model = (
                settings.embedding_model if rebuild else embedding_in_force(settings, self.manifest.get("embeddings"))
            )
            self.words = WordIndex(settings.home / "words")
            self.vectors = VectorProcess(settings, model)
            shape = f"{collection_name(model)}|{INDEX_VERSION}"
            if rebuild or self.manifest.get("shape") not in (None, shape):
                self.manifest.set("shape", "rebuilding")  # killed meanwhile, the next writer starts over
                self._rebuild()
            self.manifest.set("embeddings", model or "none")
            self.manifest.set("shape", shape)
            self._mend()
        except BaseException:
            self._lock.release()
            raise

    def write(self, entries: Sequence[Entry], removed: Sequence[str] = ()) -> None:
        """Replace articles and remove others."""
        stale = self.manifest.spans([*(e.article.id for e in entries), *removed])
        self.manifest.begin(entries, removed)
        self._store([(e.article, e.version, e.passages) for e in entries], stale)
        self.manifest.finish(entries, removed)

    def _store(
        self, whole: Sequence[tuple[Article, str, Sequence[Passage]]], stale: dict[str, set[tuple[int, int]]]
    ) -> None:
        from retrieval.vectors import Record, record_id
        from retrieval.words import days

        new = [
            Record(
                record_id(a.id, p.start, p.end), a.id, a.text[p.start : p.end], indexed_text(a, p), *days(a.published)
            )
            for a, _, passages in whole
            for p in passages
        ]
        kept = {r.id for r in new}
        old = [record_id(a, *span) for a, spans in stale.items() for span in sorted(spans)]

        def to_chroma() -> None:
            # same place, perhaps another text: Chroma ignores an id that exists, so it goes first
            self.vectors.delete([r for r in old if r in kept])
            self.vectors.add(new)
            self.vectors.delete([r for r in old if r not in kept])

        # Chroma works in a process of its own: the French analysis runs meanwhile
        chroma = self._pool.submit(to_chroma)
        self.words.delete(article for article, spans in stale.items() if spans)
        for article, version, passages in whole:
            self.words.add(article, version, passages)
        self.words.commit()
        chroma.result()

    def _mend(self) -> None:
        for article in self.manifest.pending():
            found = self.manifest.current(article)
            whole = [(found[0], found[1], cut(found[0]))] if found else []
            self._store(whole, self.manifest.spans([article]))
            self.manifest.forget_pending([article])

    def _rebuild(self) -> None:
        self.vectors.clear()
        self.words.clear()
        for article in self.manifest.ids():
            found = self.manifest.current(article)
            if found:
                self._store([(found[0], found[1], cut(found[0]))], {})

    def close(self) -> None:
        """Finish background work and let the lock go."""
        self._pool.shutdown()
        self.words.close()
        self.vectors.close()
        self.manifest.close()
        self._lock.release()

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def indexed_text(article: Article, passage: Passage) -> str:
    """What is embedded for a passage: title and date join the slice, so that a passage carries its context."""
    head = " · ".join(filter(None, (article.title, article.published)))
    return f"{head}\n{article.text[passage.start : passage.end]}" if head else article.text[passage.start : passage.end]
