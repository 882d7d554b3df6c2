"""The article of a web page: its text by trafilatura, its metadata from JSON-LD and meta elements."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from retrieval.articles.dates import date_in_url, parse_date
from retrieval.articles.hidden import INVISIBLE_STYLE
from retrieval.articles.metadata import Extracted

_DATES = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//meta[@property='og:published_time']/@content",
    "//meta[translate(@name,'DCTPUBLISHE','dctpublishe')='date']/@content",
    "//meta[@name='DC.date' or @name='dc.date' or @name='DC.date.issued' or @name='dcterms.date']/@content",
    "//meta[@name='pubdate' or @name='publishdate' or @name='publish-date' or @name='sailthru.date']/@content",
    "//time[@pubdate]/@datetime",
    "//article//header//time/@datetime",
)
_URLS = ("//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content")
_TITLES = ("//meta[@property='og:title']/@content", "//meta[@name='twitter:title']/@content")
_SITES = ("//meta[@property='og:site_name']/@content", "//meta[@name='application-name']/@content")
_ARTICLE_TYPES = re.compile(r"Article|BlogPosting|Report|WebPage|Liveblog", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")  # lxml takes no text that declares an encoding


def extract_html(html: str, url: str | None = None) -> Extracted:
    """The main text of a page and what it says about itself. The text is empty when there is none to be found."""
    import trafilatura
    from lxml import html as lxml_html
    from lxml.etree import LxmlError

    html = _DECLARATION.sub("", html)
    try:
        tree = lxml_html.document_fromstring(html)
    except (LxmlError, ValueError):
        return Extracted("")
    if _drop_hidden(tree):
        html = lxml_html.tostring(tree, encoding="unicode")
    # The metadata first: trafilatura takes the tree apart.
    data = _linked_data(tree)
    address = _first(tree, _URLS)
    if address and not address.startswith(("http://", "https://")):
        address = None
    address = address or url
    published = _text(data.get("datePublished")) or _first(tree, _DATES)
    title = _text(data.get("headline")) or _first(tree, _TITLES) or _heading(tree)
    source = _name(data.get("publisher")) or _first(tree, _SITES)
    language = _first(tree, ("/html/@lang", "/html/@*[name()='xml:lang']")) or _text(data.get("inLanguage"))
    text = trafilatura.extract(html, url=url, include_comments=False, include_tables=True, favor_recall=True)
    if not text:
        # By trafilatura's measure a page of a few lines is no article; its plain text is better than none.
        text = _plain(tree)
    return Extracted(
        text=text or "",
        title=title,
        published=(parse_date(published) if published else None) or (date_in_url(address) if address else None),
        source=source,
        url=address,
        language=language,
    )


def _drop_hidden(tree: Any) -> bool:
    """Take out what a browser does not show, as far as the page itself says so; whether there was any."""
    unseen = [*tree.xpath("//comment() | //template | //*[@hidden]")]
    unseen += [e for e in tree.xpath("//*[@style]") if INVISIBLE_STYLE.search(f"{e.get('style')};")]
    for element in unseen:
        if element.getparent() is not None:
            element.drop_tree()
    return bool(unseen)


def _plain(tree: Any) -> str:
    for element in tree.xpath("//script | //style | //noscript | //head | //nav | //template"):
        element.drop_tree()
    for element in tree.iter("p", "div", "li", "br", "h1", "h2", "h3", "tr", "section", "article"):
        element.tail = "\n" + (element.tail or "")
    lines = (" ".join(line.split()) for line in str(tree.text_content()).split("\n"))
    return "\n".join(line for line in lines if line)


def _first(tree: Any, paths: tuple[str, ...]) -> str | None:
    for path in paths:
        for value in tree.xpath(path):
            if str(value).strip():
                return str(value).strip()
    return None


def _heading(tree: Any) -> str | None:
    headings = [" ".join(h.text_content().split()) for h in tree.xpath("//h1")]
    if len(headings) == 1 and headings[0]:
        return str(headings[0])
    title = " ".join("".join(tree.xpath("//head/title//text()")).split())
    # " | Le Journal" after a title is the site's name.
    return re.split(r"\s+[|·–—]\s+", title)[0] or None


def _linked_data(tree: Any) -> dict[str, Any]:
    """The JSON-LD object that describes the article; empty when there is none."""
    best: dict[str, Any] = {}
    for script in tree.xpath("//script[@type='application/ld+json']"):
        try:
            parsed = json.loads(script.text_content(), strict=False)
        except (ValueError, RecursionError):
            continue  # hand-written JSON-LD is often broken; the meta elements remain
        for thing in _things(parsed):
            kind = str(thing.get("@type"))
            better = not best or ("WebPage" in str(best.get("@type")) and "WebPage" not in kind)
            if better and _ARTICLE_TYPES.search(kind):
                best = thing
    return best


def _things(parsed: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > 4:
        return
    if isinstance(parsed, list):
        for item in parsed:
            yield from _things(item, depth + 1)
    elif isinstance(parsed, dict):
        yield parsed
        yield from _things(parsed.get("@graph", []), depth + 1)


def _name(value: Any) -> str | None:
    if isinstance(value, list) and value:
        value = value[0]
    return _text(value.get("name")) if isinstance(value, dict) else _text(value)


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
