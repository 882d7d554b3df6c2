"""Files that people send: staged until they say yes, then kept in a folder of ours that is an origin of articles.

    home/inbox/<unique>/<name>      read and shown; gone after a no, or after a week
    home/documents/<name>           kept; deleting the file and its article removes it for good

A page of the web is kept as a text file with a head (title, date, source, url), so that it can be removed like any
other document, and so that what was shown is what is kept.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import time
import unicodedata
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from retrieval.articles import documents, origin_of
from retrieval.errors import ArticleError
from retrieval.settings import Settings
from retrieval.types import Article

MOST_BYTES = 20_000_000  # that a bot may download from Telegram
SUFFIXES = {
    "application/pdf": ".pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
}
_READ = frozenset((*SUFFIXES.values(), ".htm"))
_STEM = 70  # characters; of three bytes each they stay below what file systems take
_WEEK = 7 * 86400.0

# What an ArticleError says → the last part of the key of the text that people see.
_REASONS = (
    ("encrypted", "encrypted"),
    ("empty", "empty"),
    ("scanned", "scanned"),
    ("no text", "no_text"),
    ("larger than", "too_big"),
    ("unpacks to more", "too_big"),
    ("feed", "feed"),
    ("unsupported format", "format"),
    ("private network", "private"),
    ("unknown host|cannot be fetched|no answer within|the server answered|redirects|only http", "unreachable"),
)


def kept_in(settings: Settings) -> Path:
    """The folder of the documents that people added."""
    return settings.home / "documents"


def staged(settings: Settings, place: str) -> Path:
    """The file staged at `place`, as `stage` gave it."""
    return settings.home / "inbox" / safe(place.partition("/")[0]) / safe(place.partition("/")[2])


def safe(name: str) -> str:
    """A file name without folders, hidden dots and characters that file systems or shells trip over."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    stem, dot, suffix = name.rpartition(".")
    if not dot or not re.fullmatch(r"[A-Za-z0-9]{1,8}", suffix):
        stem, dot, suffix = name, "", ""
    stem = re.sub(r"[^\w .,()’+-]+", "_", stem)
    stem = re.sub(r"\s+", " ", stem)[:_STEM].strip(" ._-") or "document"
    return f"{stem}{dot}{suffix.lower()}"


def file_name(name: str | None, mime: str | None) -> str | None:
    """The safe name of a document, its suffix by its type where it has none; None for a format that is not read."""
    name = safe(name or "document")
    if Path(name).suffix in _READ:
        return name
    suffix = SUFFIXES.get((mime or "").partition(";")[0].strip().lower())
    return f"{name}{suffix}" if suffix and not Path(name).suffix else None


def stage(settings: Settings, unique: str, name: str, data: bytes) -> str:
    """Write a file that was received to the inbox; returns its place there. What lies there for a week goes."""
    root = settings.home / "inbox"
    if root.is_dir():
        for old in root.iterdir():
            if time.time() - old.stat().st_mtime > _WEEK:
                shutil.rmtree(old, ignore_errors=True)
    place = f"{safe(unique)}/{name}"
    path = staged(settings, place)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return place


def read(path: Path, settings: Settings) -> Article:
    """The article in a file. Raises ArticleError."""
    return _only(str(path), settings)


def fetch(url: str, settings: Settings) -> tuple[str, Article]:
    """Fetch a page and stage its article: its place in the inbox, and the article. Raises ArticleError."""
    article = _only(url, settings)
    text = _with_head(article, url)
    identity = hashlib.sha256(url.encode()).hexdigest()[:12]
    parts = urlsplit(url)
    slug = re.sub(r"\W+", "-", f"{(parts.hostname or '').removeprefix('www.')}{parts.path}"[:50]).strip("-")
    return stage(settings, f"link-{identity}", f"{slug}-{identity[:6]}.md", text.encode()), article


def keep(settings: Settings, place: str) -> tuple[Path, bool]:
    """Move a staged file to the kept documents: where it is now, and whether it took the place of an older version.

    Only a link takes the place of what it was; a file whose name is taken gets another one. Raises FileNotFoundError
    when it is neither staged nor kept.
    """
    source = staged(settings, place)
    target = kept_in(settings) / source.name
    if not source.exists():
        if target.exists():  # moved before a restart
            return target, False
        raise FileNotFoundError(place)
    target.parent.mkdir(parents=True, exist_ok=True)
    is_link, number = place.startswith("link-"), 1
    while target.exists() and not is_link and target.read_bytes() != source.read_bytes():
        number += 1
        target = target.with_name(f"{source.stem}-{number}{source.suffix}")
    replaces = target.exists()
    source.replace(target)
    return target, replaces


def put_back(settings: Settings, place: str, path: Path) -> None:
    """Undo `keep`, so that it can be tried again."""
    source = staged(settings, place)
    source.parent.mkdir(parents=True, exist_ok=True)
    path.replace(source)


def drop(settings: Settings, place: str) -> None:
    """Forget a staged file."""
    shutil.rmtree(staged(settings, place).parent, ignore_errors=True)


def is_kept(settings: Settings, place: str) -> bool:
    """Whether a file of that name is among the kept documents."""
    return (kept_in(settings) / staged(settings, place).name).exists()


def file_of(settings: Settings, article: str) -> Path | None:
    """The kept file of an article by its id, which may have folder names in front; None where there is none."""
    parts = [part for part in article.split("/") if part not in ("", ".", "..")]
    for at in range(len(parts)):
        path = kept_in(settings).joinpath(*parts[at:])
        if path.is_file():
            return path
    return None


def reason(error: ArticleError) -> str:
    """Why something could not be read: the last part of a `document_…` key."""
    return next((key for pattern, key in _REASONS if re.search(pattern, error.reason)), "broken")


def words(text: str) -> int:
    """How long a text is: in words, and characters where words are not parted."""
    han = len(re.findall(r"[\u3040-\u30ff\u3400-\u9fff]", text))
    return han + len(re.findall(r"[^\W\u3040-\u30ff\u3400-\u9fff]+", text))


def _only(source: str, settings: Settings) -> Article:
    limits = replace(settings, max_file_mb=min(settings.max_file_mb, MOST_BYTES / 1_000_000))
    origin = origin_of(source, limits)
    if origin.kind == "feed":
        raise ArticleError(source, "a feed, not an article")
    for document in documents(origin, limits):
        if isinstance(document, ArticleError):
            raise document
        return document.read()
    raise ArticleError(source, "no text")


def _with_head(article: Article, url: str) -> str:
    known = {"title": article.title, "date": article.published, "source": article.source}
    known |= {"url": article.url or url, "language": article.language}
    head = [f'{name}: "{" ".join(value.split())}"' for name, value in known.items() if value]
    return "\n".join(("---", *head, "---", article.text, ""))
