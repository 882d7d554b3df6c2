"""What is ingested, in SQLite: each article whole, what it was made from, and what was being written when.

This is the commit point of an ingest: Chroma and the word index are filled first, then the article's row is written. A
row in `pending` names an article whose passages may be half written; `library.Store` writes those again when it opens.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from retrieval.types import Article, Passage, Removed

_SCHEMA = """
CREATE TABLE IF NOT EXISTS articles (
    id TEXT PRIMARY KEY, origin TEXT NOT NULL, document TEXT NOT NULL, location TEXT NOT NULL, digest TEXT NOT NULL,
    version TEXT NOT NULL, title TEXT, published TEXT, source TEXT, url TEXT, language TEXT,
    text TEXT NOT NULL, removed TEXT NOT NULL, spans TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS articles_by_origin ON articles (origin);
CREATE TABLE IF NOT EXISTS pending (id TEXT PRIMARY KEY, spans TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS origins (location TEXT PRIMARY KEY, kind TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_REVISED = """
INSERT INTO meta VALUES ('revision', '1') ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1
"""
_ARTICLE = "id, text, title, published, source, url, language, removed"


@dataclass(frozen=True, slots=True)
class Entry:
    """An article ready to be stored, with where it came from and how it was cut."""

    article: Article
    origin: str
    document: str  # its id within its origin, before any clash of ids between origins was resolved
    location: str
    digest: str
    passages: tuple[Passage, ...]

    @property
    def version(self) -> str:
        """Fingerprint of what the word index was given: an entry of another version is stale."""
        a = self.article
        return hashlib.sha256("\0".join((a.text, a.title or "", a.published or "")).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of a stored article, enough to see whether its document changed."""

    id: str
    digest: str
    location: str


class Manifest:
    """The SQLite file. One writer, any number of readers beside it, each from any thread."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # SQLite lets one thread in at a time anyway; closing under a reader would take the whole process down
        self._turn = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, timeout=30, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        self._seen = self._data_version()

    def known(self, origin: str) -> dict[str, Known]:
        """The stored articles of an origin, by the id of their document."""
        rows = self._rows("SELECT document, id, digest, location FROM articles WHERE origin = ?", (origin,))
        return {document: Known(*rest) for document, *rest in rows}

    def owner(self, article: str) -> str | None:
        """The origin that an article id belongs to, or None when the id is free."""
        return next(
            (str(origin) for (origin,) in self._rows("SELECT origin FROM articles WHERE id = ?", (article,))), None
        )

    def article(self, article: str) -> Article | None:
        """One article, whole."""
        rows = self._rows(f"SELECT {_ARTICLE} FROM articles WHERE id = ?", (article,))  # noqa: S608 - a constant
        return _article(rows[0]) if rows else None

    def current(self, articles: Sequence[str]) -> list[tuple[Article, str]]:
        """Those of the articles that are stored, each with its version."""
        query = f"SELECT {_ARTICLE}, version FROM articles WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"  # noqa: S608 - a constant
        return [(_article(row[:-1]), str(row[-1])) for row in self._rows(query, (json.dumps(list(articles)),))]

    def articles(self) -> Iterator[tuple[Article, tuple[tuple[int, int], ...]]]:
        """All articles with the spans of their passages, by id."""
        for (article,) in self._rows("SELECT id FROM articles ORDER BY id"):
            for row in self._rows(f"SELECT {_ARTICLE}, spans FROM articles WHERE id = ?", (article,)):  # noqa: S608 - a constant
                yield _article(row[:-1]), _spans(row[-1])

    def ids(self, prefix: str = "") -> list[str]:
        """The ids that begin with a prefix, sorted."""
        escaped = prefix.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        query = "SELECT id FROM articles WHERE id LIKE ? ESCAPE '\\' ORDER BY id"
        return [r[0] for r in self._rows(query, (escaped + "%",))]

    def newest(self, offset: int, limit: int) -> list[Article]:
        """A page of the articles, the latest published first, the undated last."""
        query = f"SELECT {_ARTICLE} FROM articles ORDER BY published DESC NULLS LAST, id LIMIT ? OFFSET ?"  # noqa: S608 - a constant
        return [_article(row) for row in self._rows(query, (limit, offset))]

    def spans(self, articles: Iterable[str]) -> dict[str, set[tuple[int, int]]]:
        """Where passages of these articles are or, after an interruption, may be: all to delete on replacing."""
        found: dict[str, set[tuple[int, int]]] = {article: set() for article in articles}
        wanted = json.dumps(list(found))
        for table in ("articles", "pending"):
            query = f"SELECT id, spans FROM {table} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 - constants
            for article, spans in self._rows(query, (wanted,)):
                found[article].update(_spans(spans))
        return found

    def begin(self, entries: Iterable[Entry], removed: Iterable[str]) -> None:
        """Note what is about to be written, before anything is."""
        rows = [(e.article.id, json.dumps([[p.start, p.end] for p in e.passages])) for e in entries]
        rows += [(article, "[]") for article in removed]
        # in one statement: between any two, another thread's Python may run for a while, and Chroma waits for this
        query = "INSERT OR REPLACE INTO pending SELECT value ->> 0, value ->> 1 FROM json_each(?)"
        with self._transaction() as db:
            db.execute(query, (json.dumps(rows),))

    def finish(self, entries: Sequence[Entry], removed: Sequence[str]) -> None:
        """Write the rows of a batch whose passages are stored, and forget that it was pending."""
        rows = list(map(_row, entries))
        with self._transaction() as db:
            db.executemany("INSERT OR REPLACE INTO articles VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", rows)
            db.executemany("DELETE FROM articles WHERE id = ?", [(r,) for r in removed])
            done = [(e.article.id,) for e in entries] + [(r,) for r in removed]
            db.executemany("DELETE FROM pending WHERE id = ?", done)
            if done:
                db.execute(_REVISED)

    def pending(self) -> list[str]:
        """Articles that an interrupted ingest was writing."""
        return [r[0] for r in self._rows("SELECT id FROM pending ORDER BY id")]

    def forget_pending(self, articles: Iterable[str]) -> None:
        """Articles whose passages are whole again."""
        with self._turn:
            self._db.executemany("DELETE FROM pending WHERE id = ?", [(a,) for a in articles])

    def remember_origin(self, location: str, kind: str) -> None:
        """Note an origin, so that `ingest` without arguments syncs it again."""
        self._rows("INSERT OR REPLACE INTO origins VALUES (?, ?)", (location, kind))

    def origins(self) -> list[str]:
        """The locations ingested so far."""
        return [r[0] for r in self._rows("SELECT location FROM origins ORDER BY location")]

    def get(self, key: str) -> str | None:
        """A remembered value, such as the embedding model."""
        return next((str(value) for (value,) in self._rows("SELECT value FROM meta WHERE key = ?", (key,))), None)

    def set(self, key: str, value: str) -> None:
        """Remember a value."""
        self._rows("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def revision(self) -> str:
        """Another one whenever the articles or what the indexes are made with change."""
        return f"{self.get('shape')} {self.get('revision')}"

    def changed(self) -> bool:
        """Whether another connection has written since this was last asked (SQLite's `data_version`)."""
        before, self._seen = self._seen, self._data_version()
        return before != self._seen

    def _data_version(self) -> int:
        return int(self._rows("PRAGMA data_version")[0][0])

    def totals(self) -> tuple[int, int, str | None, str | None]:
        """Articles, passages, first and last date of publication."""
        query = (
            "SELECT count(*), coalesce(sum(json_array_length(spans)), 0), min(published), max(published) FROM articles"
        )
        [(count, passages, first, last)] = self._rows(query)
        return int(count), int(passages), first, last

    def newest_day(self) -> date | None:
        """The last day that a date of publication covers, among those not after today."""
        today = date.today().isoformat()
        [(newest,)] = self._rows("SELECT max(published) FROM articles WHERE published <= ?", (today,))
        return date.fromisoformat((newest + "-12-28"[len(newest) - 4 :])[:10]) if newest else None

    def close(self) -> None:
        """Close the file, once nobody reads in it; who asks it something afterwards gets sqlite3.ProgrammingError."""
        with self._turn:
            self._db.close()

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        with self._turn:
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            self._db.execute("BEGIN IMMEDIATE")
            with self._db:  # commits, or rolls back on an error
                yield self._db


def _row(e: Entry) -> tuple[str | None, ...]:
    a = e.article
    removed = json.dumps([[r.at, r.text, r.reason] for r in a.removed], ensure_ascii=False)
    spans = json.dumps([[p.start, p.end] for p in e.passages])
    return (
        a.id,
        e.origin,
        e.document,
        e.location,
        e.digest,
        e.version,
        a.title,
        a.published,
        a.source,
        a.url,
        a.language,
        a.text,
        removed,
        spans,
    )


def _article(row: Sequence[str]) -> Article:
    identity, text, title, published, source, url, language, removed = row
    cuts = tuple(Removed(*r) for r in json.loads(removed))
    return Article(identity, text, title, published, source, url, language, cuts)


def _spans(text: str) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in json.loads(text))
