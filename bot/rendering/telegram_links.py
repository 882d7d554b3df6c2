"""Addresses of articles → links that a reader can follow to the very quote, or None."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote as percent
from urllib.parse import urlsplit, urlunsplit

_LONGEST = 2048  # characters of a link
_WHOLE = 100  # characters of a quote that is looked for as a whole; of a longer one, its first and its last words
_KEPT = ":/?#[]@!$&'()*+,;=%~-._"  # what a URL may hold as it is
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+\.?")


def link(url: str | None, quote: str = "") -> str | None:
    """`url` if it leads to a page on the web, percent-encoded, without a password, with a text fragment to `quote`.

    None for any other address, and for one that holds what no address does (a line break, a backslash).
    """
    if not url or re.search(r"[\x00-\x20\x7f-\x9f\\<>\u2028-\u202e\u2066-\u2069\ud800-\udfff]", url := url.strip()):
        return None
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host):
        return None
    place = host if port is None else f"{host}:{port}"
    path, query = percent(parts.path or "/", safe=_KEPT), percent(parts.query, safe=_KEPT)
    anchor = percent(parts.fragment.partition(":~:")[0], safe=_KEPT)
    bare = urlunsplit((parts.scheme, place, path, query, anchor))
    wanted = _fragment(quote)
    whole = f"{bare}{'' if anchor else '#'}:~:text={wanted}" if wanted else bare
    return next((found for found in (whole, bare) if len(found) <= _LONGEST), None)


def _fragment(quote: str) -> str:
    """A quote as browsers look for it: `start,end` when it is long or runs over a line break."""
    quote = re.sub(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]", " ", quote).strip()
    words = quote.split()
    if not words:
        return ""
    if len(quote) <= _WHOLE and "\n" not in quote:
        return _encoded(words)
    lines = [row.split() for row in quote.split("\n") if row.strip()]
    first, last = lines[0], lines[-1]
    if len(quote) > _WHOLE and len(words) < 8:  # Chinese, or hardly any words: by characters
        return f"{_encoded([''.join(first[:1])[:12]])},{_encoded([''.join(last[-1:])[-12:]])}"
    if len(lines) == 1:
        return f"{_encoded(words[:4])},{_encoded(words[-4:])}"
    return f"{_encoded(first[:4])},{_encoded(last[-4:])}"


def _encoded(words: Iterable[str]) -> str:
    # "-" has a meaning in a text fragment, and is the one such character that percent() leaves
    return percent(" ".join(words), safe="").replace("-", "%2D")
