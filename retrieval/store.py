"""The stores of one corpus, opened together: which embedding model they hold, and the one writer.

A batch is noted as pending, its passages replaced in Chroma and in the word index, then its rows written. Whatever was
pending when a process died is written again from its last good row by the next writer.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from retrieval.errors import StoreEmpty, StoreLocked, StoreMismatch
from retrieval.manifest import Entry, Manifest
from retrieval.passages import PASSAGE_VERSION, TARGET, cut
from retrieval.settings import Settings
from retrieval.types import Article, Passage, Progress

if TYPE_CHECKING:
    from retrieval.vectors import Record, VectorStore

_ARTICLES = 500  # written at a time where articles are written again: mending and rebuilding
_REBUILDING, _CLEARED = "rebuilding ", "behind "  # values of "shape" and of "rebuilt" before what they name
_EMBEDDED = 100  # of them where a model embeds them, which takes longer


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


def shape_of(model: str | None) -> str:
    """What the indexes of a corpus are made with: the embedding model, the passages, the word index."""
    from retrieval.words import INDEX_VERSION

    return f"{collection_name(model)}|{INDEX_VERSION}"


def is_outdated(manifest: Manifest, shape: str, rebuild: bool) -> tuple[bool, bool]:
    """Whether the indexes are to be made anew, and whether that goes on where it was interrupted.

    `shape` is what they should be made with.
    """
    found = manifest.get("shape")
    goes_on = found == f"{_REBUILDING}{shape}" and bool(manifest.get("rebuilt"))
    return rebuild or found not in (None, shape), goes_on


@dataclass(frozen=True, slots=True)
class Batch:
    """Articles to replace and articles to remove, together."""

    entries: Sequence[Entry]
    removed: Sequence[str]
    records: Sequence[Record]  # of all entries, made before it is the batch's turn: Chroma should not wait for them


def batch(entries: Sequence[Entry], removed: Sequence[str] = ()) -> Batch:
    """What `StoreWriter.write` takes."""
    return Batch(entries, removed, [r for e in entries for r in _records(e.article, e.passages)])


@dataclass(frozen=True, slots=True)
class Stored:
    """An article that the manifest has, cut again."""

    article: Article
    version: str
    passages: tuple[Passage, ...]


def indexed(article: Article, passages: Sequence[Passage]) -> Iterator[str]:
    """What is embedded of an article."""
    return (record.indexed for record in _records(article, passages))


def _records(article: Article, passages: Sequence[Passage]) -> Iterator[Record]:
    from retrieval.vectors import Record, record_id
    from retrieval.words import days

    head = " · ".join(filter(None, (article.title, article.published)))
    first, last = days(article.published)
    for p in passages:
        yield Record(record_id(article.id, p.start, p.end), article.text[p.start : p.end], head, first, last)


class StoreWriter:
    """The store opened for writing: holds the lock, mends what an interrupted ingest left."""

    def __init__(
        self, settings: Settings, *, rebuild: bool = False, on_progress: Callable[[Progress], None] | None = None
    ) -> None:
        from filelock import FileLock, Timeout

        from retrieval.vector_process import VectorProcess
        from retrieval.words import WordIndex

        settings.home.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(settings.home / "write.lock")
        self._pool = ThreadPoolExecutor(1)
        self._opened = ExitStack()
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise StoreLocked(
                f"another process is writing to {settings.home}",
                remedy="wait for it to end, then run the command again",
            ) from None
        self._opened.callback(self._lock.release)
        try:
            self.manifest = Manifest(manifest_path(settings))
            self._opened.callback(self.manifest.close)
            model = (
                settings.embedding_model if rebuild else embedding_in_force(settings, self.manifest.get("embeddings"))
            )
            self.model, self._on_progress = model, on_progress
            shape = shape_of(model)
            outdated, goes_on = is_outdated(self.manifest, shape, rebuild)
            try:
                self.words = WordIndex(settings.home / "words")
            except StoreMismatch:  # its fields are another version's: it is made again from the stored articles
                shutil.rmtree(settings.home / "words")
                self.words, outdated, goes_on = WordIndex(settings.home / "words"), True, False
            self._opened.callback(self.words.close)
            self.vectors = VectorProcess(settings, model)
            self._opened.callback(self.vectors.close)
            self._opened.callback(self._pool.shutdown)
            self.manifest.set("embeddings", model or "none")
            if outdated:
                self._rebuild(f"{_REBUILDING}{shape}", goes_on)
            self.manifest.set("shape", shape)
            self._mend()
        except BaseException:
            self.close()
            raise

    def write(self, batch: Batch) -> None:
        """Replace articles and remove others."""
        names = [e.article.id for e in batch.entries]
        stale = self.manifest.spans([*names, *batch.removed])
        self.manifest.begin(batch.entries, batch.removed)
        self._store(batch.entries, batch.records, stale)
        self.manifest.finish(batch.entries, batch.removed)

    def _store(
        self,
        entries: Sequence[Entry | Stored],
        records: Sequence[Record],
        stale: dict[str, set[tuple[int, int]]],
        keep: bool = False,
    ) -> None:
        from retrieval.vectors import record_id

        old = [record_id(a, *span) for a, spans in stale.items() for span in sorted(spans)]
        new = {r.id for r in records} if old else set()

        def to_chroma() -> None:
            # same place, perhaps another text: Chroma ignores an id that exists, so it goes first
            self.vectors.delete([r for r in old if r in new], keep)
            self.vectors.add(records)
            self.vectors.delete([r for r in old if r not in new], keep)

        # Chroma works in a process of its own: the French analysis runs meanwhile
        chroma = self._pool.submit(to_chroma)
        self.words.delete(article for article, spans in stale.items() if spans)
        for entry in entries:
            self.words.add(entry.article, entry.version, entry.passages)
        self.words.commit()
        chroma.result()

    def _mend(self) -> None:
        pending = self.manifest.pending()
        for at in range(0, len(pending), _ARTICLES):
            some = pending[at : at + _ARTICLES]
            self._store_again(some, self.manifest.spans(some))
            self.manifest.forget_pending(some)

    def _rebuild(self, mark: str, goes_on: bool) -> None:
        """Make both indexes anew from the stored articles; one that was interrupted goes on behind the last batch."""
        if not goes_on:
            self.manifest.set("rebuilt", "")
            self.manifest.set("shape", mark)
            self.vectors.clear()
            self.words.clear()
            self.manifest.set("rebuilt", _CLEARED)
        done = (self.manifest.get("rebuilt") or "").removeprefix(_CLEARED)
        every, step, passages = self.manifest.ids(), _EMBEDDED if self.model else _ARTICLES, 0
        start = sum(article <= done for article in every)
        for at in range(start, len(every), step):
            some = every[at : at + step]
            # of the batch that an interruption hit, some may be there
            half = self.manifest.spans(some) if goes_on and at == start else {}
            passages += self._store_again(some, half)
            self.manifest.set("rebuilt", _CLEARED + some[-1])
            if self._on_progress is not None:
                self._on_progress(Progress(at + len(some), len(every), passages, "rebuild"))
        if self.model:
            self.vectors.settle()

    def _store_again(self, articles: Sequence[str], stale: dict[str, set[tuple[int, int]]]) -> int:
        found = [Stored(article, version, tuple(cut(article))) for article, version in self.manifest.current(articles)]
        records = [r for s in found for r in _records(s.article, s.passages)]
        self._store(found, records, stale, keep=True)
        return len(records)

    def close(self) -> None:
        """Finish background work and let the lock go."""
        self._opened.close()

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
