"""What is stored, and keeping it equal to its origins: incremental, complete, safe to kill at any moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from retrieval.articles import Document, Origin, count, documents, origin_of
from retrieval.errors import ArticleError
from retrieval.manifest import Entry, Known
from retrieval.passages import cut
from retrieval.settings import Settings
from retrieval.store import StoreWriter, batch, open_manifest
from retrieval.types import Article, Failure, Progress, SyncReport

# Passages written at a time. Chroma is the slow part: it gets what there is as soon as it is free, so that reading and
# writing overlap from the start, and at most one of its own batches, which costs it least for each passage.
LEAST, MOST = 500, 5000
MOST_EMBEDDED = 1000  # where a model embeds them: it is the slow part then, and what is done should show


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


class Library:
    """Reading what is stored."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._manifest = open_manifest(settings)

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

    def newest(self, offset: int, limit: int) -> list[Article]:
        """A page of the stored articles, the latest published first, the undated last."""
        return self._manifest.newest(offset, limit)

    def origin(self, article: str) -> str | None:
        """The file, folder or URL that an article came from, or None."""
        return self._manifest.owner(article)

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
    with StoreWriter(settings, rebuild=rebuild, on_progress=on_progress) as writer:
        run = _Sync(settings, writer, on_progress)
        for source in sources or writer.manifest.origins():
            run.source(source)
        run.flush()
        _, passages, _, _ = writer.manifest.totals()
        took = writer.vectors.spent()
        seconds = time.perf_counter() - start
        return SyncReport(
            run.added, run.changed, run.removed, run.unchanged, tuple(run.failed), passages, seconds, took
        )


def remove(settings: Settings, articles: Sequence[str]) -> int:
    """Take articles out of the store; returns how many were there. What is still at its origin comes back with `sync`.

    Raises StoreLocked, StoreMismatch.
    """
    with StoreWriter(settings) as writer:
        found = [article.id for article, _ in writer.manifest.current(articles)]
        writer.write(batch((), found))
        return len(found)


class _Sync:
    """One run of `sync`: reads and cuts on this thread while another writes the batch before."""

    def __init__(self, settings: Settings, writer: StoreWriter, on_progress: Callable[[Progress], None] | None) -> None:
        self._settings, self._writer, self._on_progress = settings, writer, on_progress
        self.added = self.changed = self.removed = self.unchanged = 0
        self.failed: list[Failure] = []
        self._done, self._total, self._passages = 0, 0, 0
        self._batch: list[Entry] = []
        self._waiting = 0  # passages in the batch
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
        self._writer.write(batch((), gone))
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
        self._waiting += len(entry.passages)
        idle = self._writing is None or self._writing.done()
        most = MOST_EMBEDDED if self._writer.model else MOST
        if self._waiting >= (LEAST if idle else most):
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
        ready = batch(self._batch)
        self._batch, self._waiting = [], 0
        if self._writing is not None:
            self._writing.result()
        self._writing = self._pool.submit(self._writer.write, ready)

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
