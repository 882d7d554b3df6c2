"""Fetches pages and feeds, without being led into the private network.

Each hop's host is resolved here, every address checked, and the connection made to a checked address with the
host's name kept for TLS and the Host header, so that a second, different DNS answer (rebinding) is never used.
Proxies of the environment are not used: through them the address could not be checked.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from retrieval.errors import ArticleError

if TYPE_CHECKING:
    import httpx

    from retrieval.settings import Settings

_HOPS = 5
_AGENT = "sourcier/0.1"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_KINDS = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "text",
    "text/markdown": "text",
    "application/rss+xml": "feed",
    "application/atom+xml": "feed",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What a URL gave: `kind` is html, feed, pdf, docx or text; `url` is where the redirects ended."""

    url: str
    kind: str
    body: bytes
    charset: str | None = None


def fetch(url: str, settings: Settings) -> Page:
    """Fetch one URL. Raises ArticleError."""
    import httpx

    deadline = time.monotonic() + settings.fetch_timeout
    here = url
    # trust_env: see above
    with httpx.Client(timeout=settings.fetch_timeout, trust_env=False, follow_redirects=False) as client:
        for _ in range(_HOPS + 1):
            try:
                request = _request(client, here, url, deadline, allow_private=settings.allow_private_urls)
                response = client.send(request, stream=True)
                try:
                    if response.is_redirect:
                        here = urljoin(here, response.headers["location"])
                        continue
                    return _page(response, here, url, deadline, int(settings.max_file_mb * 1_000_000))
                finally:
                    response.close()
            except httpx.TimeoutException as error:
                raise ArticleError(url, f"no answer within {settings.fetch_timeout:g} s") from error
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                raise ArticleError(url, f"cannot be fetched ({str(error) or type(error).__name__})") from error
    raise ArticleError(url, f"more than {_HOPS} redirects")


def _request(client: httpx.Client, here: str, asked: str, deadline: float, *, allow_private: bool) -> httpx.Request:
    parts = urlsplit(here)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ArticleError(asked, f"only http and https URLs are fetched, not {here}")
    import httpx

    target = httpx.URL(here)
    name = target.raw_host.decode("ascii")  # in IDNA form
    address = _checked_address(name, target.port or (443 if target.scheme == "https" else 80), asked, allow_private)
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpx.ReadTimeout("out of time")
    headers = {"Host": target.netloc.decode("ascii"), "User-Agent": _AGENT, "Accept": "text/html,*/*;q=0.8"}
    return client.build_request(
        "GET",
        target.copy_with(host=address, fragment=None),
        headers=headers,
        timeout=left,
        extensions={"sni_hostname": name},
    )


def _checked_address(name: str, port: int, asked: str, allow_private: bool) -> str:
    try:
        found = socket.getaddrinfo(name.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ArticleError(asked, f"unknown host {name}") from error
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not allow_private and not _is_public(address):
            raise ArticleError(
                asked, f"{name} is on a private network ({address}); SOURCIER_ALLOW_PRIVATE_URLS=true allows it"
            )
    return addresses[0]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:  # an IPv4 address in IPv6 clothes leads where the IPv4 address leads
            return inner.is_global and not inner.is_multicast
    return ip.is_global and not ip.is_multicast


def _page(response: httpx.Response, here: str, asked: str, deadline: float, limit: int) -> Page:
    import httpx

    if response.status_code != 200:
        raise ArticleError(asked, f"the server answered {response.status_code} {response.reason_phrase}".rstrip())
    too_large = ArticleError(asked, f"larger than {limit / 1_000_000:g} MB")
    length = response.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit:
        raise too_large
    body = bytearray()
    for chunk in response.iter_bytes(65_536):  # unpacked, so a compressed bomb counts by what it becomes
        body += chunk
        if len(body) > limit:
            raise too_large
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("out of time")
    if not body:
        raise ArticleError(asked, "empty page")
    declared = response.headers.get("content-type", "").split(";")[0].strip().lower()
    kind = _kind(declared, bytes(body[:2_048]))
    if kind is None:
        raise ArticleError(asked, f"unsupported format ({declared or 'no content type'})")
    return Page(here, kind, bytes(body), response.charset_encoding)


def _kind(declared: str, start: bytes) -> str | None:
    """What a page is. Its first bytes go before its content type, which servers often get wrong."""
    head = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"%pdf-"):
        return "pdf"
    if head.startswith(b"pk\x03\x04"):
        return "docx" if _KINDS.get(declared) == "docx" or b"[content_types].xml" in head or b"word/" in head else None
    if head.startswith((b"<!doctype html", b"<html")):
        return "html"
    if head.startswith((b"<?xml", b"<rss", b"<feed", b"<rdf", b"<!--")) and any(
        tag in head for tag in (b"<rss", b"<feed", b"<rdf:rdf")
    ):
        return "feed"
    kind = _KINDS.get(declared)
    if kind is None and b"<html" in head:
        return "html"
    return "html" if kind == "feed" and b"<body" in head else kind
