"""The documents of a URL: the page itself, or one for each entry of a feed."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urljoin

from retrieval.articles.formats import parse
from retrieval.articles.origins import Document, Origin, digest_of
from retrieval.articles.web import Page, fetch
from retrieval.errors import ArticleError
from retrieval.settings import Settings
from retrieval.types import Article


def page_documents(origin: Origin, settings: Settings) -> Iterator[Document | ArticleError]:
    """The documents of a URL. A feed's entries are fetched when they are read, not before."""
    try:
        page = origin.page or fetch(origin.location, settings)
    except ArticleError as error:
        yield error
        return
    if page.kind == "feed":
        yield from _entries(origin.location, page, settings)
        return
    read = partial(_parsed, origin.location, page, settings)
    yield Document(origin.location, origin.location, None, digest_of(page.body), read)


def _entries(location: str, page: Page, settings: Settings) -> Iterator[Document | ArticleError]:
    import feedparser

    feed = feedparser.parse(io.BytesIO(page.body))
    if not feed.entries:
        yield ArticleError(location, "feed without entries")
    outlet = str(feed.feed.get("title") or "") or None
    seen = set()
    for number, entry in enumerate(feed.entries, start=1):
        link = urljoin(page.url, str(entry.get("link") or ""))
        if not entry.get("link"):
            yield ArticleError(location, f"entry {number} of the feed has no link")
        elif link not in seen:  # feeds do repeat entries
            seen.add(link)
            # What the feed says of the entry stands for the page, whose bytes change with every advertisement.
            said = [str(dict.get(entry, name) or "") for name in ("title", "updated", "published", "summary")]
            digest = digest_of(link.encode(), *(value.encode("utf-8", "replace") for value in said))
            yield Document(link, link, None, digest, partial(_entry, link, _published(entry), outlet, settings))


def _entry(link: str, published: str | None, outlet: str | None, settings: Settings) -> Article:
    page = fetch(link, settings)
    if page.kind == "feed":
        raise ArticleError(link, "a feed inside a feed")
    article = _parsed(link, page, settings)
    return dataclasses.replace(
        article, published=article.published or published, source=article.source or outlet, url=article.url or link
    )


def _published(entry: Any) -> str | None:
    # dict.get: feedparser's own answers "updated" with "published" and warns of it
    when = dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed")
    return f"{when.tm_year:04}-{when.tm_mon:02}-{when.tm_mday:02}" if when else None


def _parsed(location: str, page: Page, settings: Settings) -> Article:
    return parse(
        location,
        page.body,
        page.kind,
        location=location,
        max_bytes=int(settings.max_file_mb * 1_000_000),
        url=page.url,
        charset=page.charset,
    )
