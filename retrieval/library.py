"""What is stored, and keeping it equal to its origins: incremental, one writer, safe to kill at any moment.

Articles are written in batches: noted as pending, then their passages replaced in Chroma and in the word index, then
their rows written. Whatever was pending when a process died is written again from its last good row by the next writer.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from retrieval.articles import Document, Origin, count, documents, origin_of
from retrieval.errors import ArticleError, StoreEmpty, StoreLocked, StoreMismatch
from retrieval.manifest import Entry, Known, Manifest
from retrieval.passages import PASSAGE_VERSION, TARGET, cut
from retrieval.settings import Settings
from retrieval.types import Article, Failure, Passage, Progress, SyncReport

if TYPE_CHECKING:
    from retrieval.vectors import VectorStore

BATCH = 2500  # passages written at a time: small enough that reading and writing overlap from the start


@dataclass(frozen=True, slots=True)
class Status:
    """What is stored."""

    articles: int
    passages: int
    first_published: str | None
    last_published: str | None
    embedding_model: str | None
    origins: tuple[str, ...]
    bytes: int
    interrupted: bool  # an ingest was killed; the next one mends it


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


class Library:
    """Reading what is stored."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        if not manifest_path(settings).exists():
            raise StoreEmpty(f"nothing was ingested into {settings.home} yet", remedy="run `sourcier ingest PATH`")
        self._manifest = Manifest(manifest_path(settings))

    @classmethod
    def open(cls, settings: Settings) -> Library:
        """Open for reading. Raises StoreEmpty when there is no store."""
        return cls(settings)

    def article(self, article: str) -> Article | None:
        """One article as stored, or None."""
        return self._manifest.article(article)

    def ids(self, prefix: str = "") -> list[str]:
        """Ids of the stored articles that begin with `prefix`."""
        return self._manifest.ids(prefix)

    def status(self) -> Status:
        """What is stored."""
        articles, passages, first, last = self._manifest.totals()
        size = sum(f.stat().st_size for f in self._settings.home.rglob("*") if f.is_file())
        model = self._manifest.get("embeddings")
        return Status(articles, passages, first, last, None if model == "none" else model,
                      tuple(self._manifest.origins()), size, bool(self._manifest.pending()))  # fmt: skip

    def close(self) -> None:
        """Close the manifest."""
        self._manifest.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Writer:
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

    def __enter__(self) -> _Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def indexed_text(article: Article, passage: Passage) -> str:
    """What is embedded for a passage: title and date join the slice, so that a passage carries its context."""
    head = " · ".join(filter(None, (article.title, article.published)))
    return f"{head}\n{article.text[passage.start : passage.end]}" if head else article.text[passage.start : passage.end]


def sync(
    settings: Settings,
    sources: Sequence[str] = (),
    on_progress: Callable[[Progress], None] | None = None,
    *,
    rebuild: bool = False,
) -> SyncReport:
    """Make the store equal to its sources (all known ones when none is given).

    What is unchanged is not touched, what changed is replaced, what vanished from a source is removed; what cannot be
    read is reported, and its old version stays. Raises StoreLocked, StoreMismatch.
    """
    start = time.perf_counter()
    with _Writer(settings, rebuild=rebuild) as writer:
        run = _Sync(settings, writer, on_progress)
        for source in sources or writer.manifest.origins():
            run.source(source)
        run.flush()
        _, passages, _, _ = writer.manifest.totals()
        return SyncReport(
            run.added, run.changed, run.removed, run.unchanged, tuple(run.failed), passages, time.perf_counter() - start
        )


class _Sync:
    """One run of `sync`: reads and cuts on this thread while another writes the batch before."""

    def __init__(self, settings: Settings, writer: _Writer, on_progress: Callable[[Progress], None] | None) -> None:
        self._settings, self._writer, self._on_progress = settings, writer, on_progress
        self.added = self.changed = self.removed = self.unchanged = 0
        self.failed: list[Failure] = []
        self._done, self._total, self._passages = 0, 0, 0
        self._batch: list[Entry] = []
        self._claimed: dict[str, str] = {}  # article id → origin, of what is not written yet
        self._pool = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None

    def source(self, source: str) -> None:
        try:
            origin = origin_of(source, self._settings)
        except ArticleError as error:
            self._fail(error)
            return
        self._total += count(origin) or 0
        known = self._writer.manifest.known(origin.location)
        seen: set[str] = set()
        doubtful: set[str] = set()  # locations where something failed: nothing that came from there is removed
        for document in documents(origin, self._settings):
            if isinstance(document, ArticleError):
                self._fail(document)
                doubtful.add(document.path)
            else:
                seen.add(document.id)
                self._document(origin, document, known)
            self._done += 1
            self._report()
        self.flush()
        self._writer.manifest.remember_origin(origin.location, origin.kind)
        gone = [
            k.id
            for d, k in known.items()
            if d not in seen and k.location not in doubtful and origin.location not in doubtful
        ]
        if gone and not seen:
            reason = "nothing to ingest is left there; its articles are kept"
            self.failed.append(Failure(origin.location, reason))
            return
        self._writer.write([], gone)
        self.removed += len(gone)

    def _document(self, origin: Origin, document: Document, known: dict[str, Known]) -> None:
        before = known.get(document.id)
        if before is not None and before.digest == document.digest:
            self.unchanged += 1
            return
        self._writer.vectors.start()
        try:
            article = document.read()
        except ArticleError as error:
            self._fail(error)
            return
        identity = before.id if before is not None else self._free_id(document.id, origin)
        article = replace(article, id=identity)
        entry = Entry(article, origin.location, document.id, document.location, document.digest, tuple(cut(article)))
        if before is None:
            self.added += 1
        else:
            self.changed += 1
        self._claimed[identity] = origin.location
        self._batch.append(entry)
        self._passages += len(entry.passages)
        if sum(len(e.passages) for e in self._batch) >= BATCH:
            self._write()

    def _free_id(self, wanted: str, origin: Origin) -> str:
        """The id itself, or prefixed with the origin's folder names where another origin has it already."""
        parts = [p for p in origin.location.replace("://", "/").split("/") if p]
        candidate = wanted
        while (self._claimed.get(candidate) or self._writer.manifest.owner(candidate)) not in (
            None,
            origin.location,
        ) and parts:
            candidate = f"{parts.pop()}/{candidate}"
        return candidate

    def _write(self) -> None:
        batch, self._batch = self._batch, []
        if self._writing is not None:
            self._writing.result()
        self._writing = self._pool.submit(self._writer.write, batch)

    def flush(self) -> None:
        if self._batch:
            self._write()
        if self._writing is not None:
            self._writing.result()
            self._writing = None
        self._claimed.clear()

    def _fail(self, error: ArticleError) -> None:
        self.failed.append(Failure(error.path, error.reason, error.line))

    def _report(self) -> None:
        if self._on_progress is not None:
            self._on_progress(Progress(self._done, self._total or None, self._passages))
