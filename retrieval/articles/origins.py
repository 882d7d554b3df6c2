"""Where articles come from, and the documents found there: files of a folder, lines of a .jsonl, a page, a feed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from retrieval.errors import ArticleError

# What parses is imported when the first document is read: `sourcier --help` must not wait for its patterns to compile.
if TYPE_CHECKING:
    from retrieval.articles.web import Page
    from retrieval.settings import Settings
    from retrieval.types import Article

FORMATS = {
    ".txt": "text", ".md": "text", ".html": "html", ".htm": "html", ".pdf": "pdf", ".docx": "docx", ".jsonl": "jsonl",
}  # fmt: skip
EXTRACTION_VERSION = "1"  # raise it when reading or cleaning changes, so that an ingest reads everything again


@dataclass(frozen=True, slots=True)
class Origin:
    """What was given to be ingested; `location` is an absolute path or a URL."""

    kind: Literal["folder", "file", "jsonl", "url", "feed"]
    location: str
    page: Page | None = field(default=None, compare=False, repr=False)  # what origin_of fetched to tell a feed


@dataclass(frozen=True, slots=True)
class Document:
    """One article, found but not parsed yet: `read` does that, and raises ArticleError."""

    id: str
    location: str
    line: int | None
    digest: str
    read: Callable[[], Article] = field(compare=False, repr=False)


def origin_of(source: str, settings: Settings) -> Origin:
    """What `source` is. A URL is fetched, to tell a feed from a page. Raises ArticleError."""
    if "://" in source:
        if urlsplit(source).scheme.lower() not in ("http", "https"):
            raise ArticleError(source, "only http and https URLs are fetched")
        from retrieval.articles.web import fetch

        page = fetch(source, settings)
        return Origin("feed" if page.kind == "feed" else "url", source, page)
    path = os.path.abspath(os.path.expanduser(source)) if source else ""  # resolve() would follow links
    if not source or not os.path.exists(path):
        raise ArticleError(source, "no such file or folder")
    if os.path.isdir(path):
        return Origin("folder", path)
    return Origin("jsonl" if path.lower().endswith(".jsonl") else "file", path)


def documents(origin: Origin, settings: Settings) -> Iterator[Document | ArticleError]:
    """The documents of an origin one by one, in a fixed order; what cannot be read is an ArticleError among them."""
    seen: dict[str, str] = {}
    for found in _found(origin, settings):
        if isinstance(found, Document):
            where = f"{found.location}:{found.line}" if found.line else found.location
            if found.id in seen:
                reason = f"duplicate id {found.id!r}, first at {seen[found.id]}"
                yield ArticleError(found.location, reason, line=found.line)
                continue
            seen[found.id] = where
        yield found


def count(origin: Origin) -> int | None:
    """How many documents there are, without reading them; None when only fetching could tell."""
    if origin.kind == "feed":
        return None
    if origin.kind == "folder":
        return sum(_lines(path) if path.lower().endswith(".jsonl") else 1 for _, path in _files(origin.location, []))
    return _lines(origin.location) if origin.kind == "jsonl" else 1


def digest_of(*parts: bytes) -> str:
    """The digest of raw bytes and of the version of what reads them."""
    digest = hashlib.sha256(EXTRACTION_VERSION.encode())
    for part in parts:
        digest.update(b"\0" + part)
    return digest.hexdigest()


def _found(origin: Origin, settings: Settings) -> Iterator[Document | ArticleError]:
    if origin.kind in ("url", "feed"):
        from retrieval.articles.pages import page_documents

        yield from page_documents(origin, settings)
    elif origin.kind == "folder":
        failures: list[ArticleError] = []
        files = _files(origin.location, failures)
        yield from failures
        for name, path in files:
            yield from _file(name, path, settings)
    elif origin.kind == "jsonl" or Path(origin.location).suffix.lower() in FORMATS:
        yield from _file(Path(origin.location).name, origin.location, settings)
    else:
        yield ArticleError(origin.location, f"unsupported format (one of {', '.join(FORMATS)} is)")


def _files(folder: str, failures: list[ArticleError]) -> list[tuple[str, str]]:
    """Id and path of each file of a known format below a folder, sorted by id; hidden ones are left out."""

    def failed(error: OSError) -> None:
        failures.append(ArticleError(error.filename or folder, error.strerror or "cannot be read"))

    found = []
    for root, folders, names in os.walk(folder, onerror=failed):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = os.path.join(root, name)  # thousands of files: Path costs more than the rest
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in FORMATS:
                below = os.path.relpath(path, folder).replace(os.sep, "/")
                # A name that is no UTF-8 has half characters, which no store takes.
                found.append((below.encode("utf-8", "surrogateescape").decode("utf-8", "replace"), path))
    return sorted(found)


def _file(name: str, path: str, settings: Settings) -> Iterator[Document | ArticleError]:
    try:
        if not os.path.isfile(path):  # a broken link, or a pipe that reading would wait on for ever
            raise ArticleError(path, "not a file that can be read")
        if path.lower().endswith(".jsonl"):
            yield from _jsonl(path)
            return
        limit = int(settings.max_file_mb * 1_000_000)
        data = _bytes(path, limit)
        read = partial(_read, name, path, limit)
        yield Document(name, path, None, digest_of(name.encode(), data), read)
    except ArticleError as error:
        yield error
    except OSError as error:
        yield ArticleError(path, error.strerror or type(error).__name__)


def _bytes(path: str, limit: int) -> bytes:
    size = os.path.getsize(path)
    if size == 0:
        raise ArticleError(path, "empty file")
    if size > limit:
        raise ArticleError(path, f"larger than {limit / 1_000_000:g} MB")
    return Path(path).read_bytes()


def _read(name: str, path: str, limit: int) -> Article:
    from retrieval.articles.formats import parse

    # Read anew, so that a list of documents does not hold every file in memory.
    try:
        data = _bytes(path, limit)
    except OSError as error:
        raise ArticleError(path, error.strerror or type(error).__name__) from error
    kind = FORMATS[Path(path).suffix.lower()]
    return parse(name, data, kind, location=path, max_bytes=limit, name=name)


def _jsonl(path: str) -> Iterator[Document | ArticleError]:
    from retrieval.articles import jsonl

    with Path(path).open("rb") as file:
        empty = True
        for number, line in jsonl.lines(file):
            empty = False
            try:
                identifier, fields = jsonl.record(line, path, number)
            except ArticleError as error:
                yield error
                continue
            read = partial(jsonl.article, identifier, fields)
            yield Document(identifier, path, number, digest_of(line or b""), read)
    if empty:
        yield ArticleError(path, "empty file")


def _lines(path: str) -> int:
    try:
        with Path(path).open("rb") as file:
            return sum(1 for line in file if line.strip())
    except OSError:
        return 1  # `documents` says why it cannot be read; that is one failure
