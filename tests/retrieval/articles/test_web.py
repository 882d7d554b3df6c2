"""Pages and feeds of a server on this machine."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from retrieval.articles import Document, count, documents, origin_of
from retrieval.articles.web import _is_public, fetch
from retrieval.errors import ArticleError
from retrieval.settings import Settings

SETTINGS = Settings(allow_private_urls=True, max_file_mb=0.2, fetch_timeout=2.0)
PROSE = "Le ministre a présenté mardi à Lyon un plan de rénovation des écoles, qui doit commencer dès la rentrée."
PAGE = f"<html lang='fr'><head><title>Un plan</title></head><body><article><p>{PROSE}</p></article></body></html>"
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Le Fil</title>
<item><title>Un</title><link>/page</link><pubDate>Wed, 03 Jul 2024 10:00:00 GMT</pubDate></item>
<item><title>Encore</title><link>/page</link></item><item><title>Perdu</title><link>/absent</link></item>
<item><title>Sans lien</title></item></channel></rss>"""


class Handler(BaseHTTPRequestHandler):
    seen: dict[str, str]

    def do_GET(self) -> None:
        type(self).seen = dict(self.headers)
        kind, body, status = "text/html; charset=utf-8", PAGE.encode(), 200
        headers = {}
        if self.path == "/feed":
            kind, body = "text/xml", FEED.encode()
        elif self.path == "/plain":
            kind, body = "text/plain", f"Publié le 3 juillet 2024\n\n{PROSE}".encode()
        elif self.path == "/image":
            kind, body = "image/png", b"\x89PNG"
        elif self.path == "/pdf":
            kind, body = "text/html", b"%PDF-1.4 truncated"
        elif self.path == "/large":
            body = b"a" * 300_000
        elif self.path == "/empty":
            body = b""
        elif self.path == "/slow":
            time.sleep(1.5)
        elif self.path == "/hop":
            status, headers = 302, {"Location": "/page"}
        elif self.path == "/loop":
            status, headers = 302, {"Location": "/loop"}
        elif self.path == "/file":
            status, headers = 302, {"Location": "file:///etc/passwd"}
        elif self.path != "/page":
            status = 404
        self.send_response(status)
        for name, value in {"Content-Type": kind, **headers}.items():
            self.send_header(name, value)
        if self.path != "/large":  # without a length, so that the limit is met while reading
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the client had enough

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()
    httpd.server_close()


def test_page(server: str) -> None:
    """A URL is one document, whose id is the URL, fetched under our name."""
    origin = origin_of(f"{server}/page", SETTINGS)
    (document,) = documents(origin, SETTINGS)
    assert isinstance(document, Document)
    article = document.read()
    assert (origin.kind, count(origin), document.id) == ("url", 1, f"{server}/page")
    assert (article.text, article.title, article.url) == (PROSE, "Un plan", f"{server}/page")
    assert Handler.seen["User-Agent"] == "sourcier/0.1"


def test_plain_text_page(server: str) -> None:
    """A plain text at a URL is read like a text file."""
    (document,) = documents(origin_of(f"{server}/plain", SETTINGS), SETTINGS)
    assert isinstance(document, Document)
    assert (document.read().text, document.read().published) == (PROSE, "2024-07-03")


def test_redirects_are_followed(server: str) -> None:
    """A redirect leads to its page."""
    assert fetch(f"{server}/hop", SETTINGS).url == f"{server}/page"


def test_feed(server: str) -> None:
    """A feed gives a document for each link; the entry fills in what the page does not say."""
    origin = origin_of(f"{server}/feed", SETTINGS)
    first, lost, without = documents(origin, SETTINGS)
    assert (origin.kind, count(origin)) == ("feed", None)
    assert isinstance(first, Document)
    article = first.read()
    assert (article.id, article.published, article.source) == (f"{server}/page", "2024-07-03", "Le Fil")
    assert isinstance(lost, Document)
    with pytest.raises(ArticleError, match="404"):
        lost.read()
    assert isinstance(without, ArticleError)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/absent", "404"),
        ("/image", "unsupported format"),
        ("/large", "larger than 0.2 MB"),
        ("/empty", "empty page"),
        ("/loop", "more than 5 redirects"),
        ("/file", "only http and https"),
    ],
)
def test_pages_that_cannot_be_used(server: str, path: str, reason: str) -> None:
    """Each failure of a fetch is an ArticleError that says why."""
    with pytest.raises(ArticleError, match=reason):
        fetch(server + path, SETTINGS)


def test_content_is_sniffed(server: str) -> None:
    """A PDF that the server calls HTML is taken for a PDF."""
    assert fetch(f"{server}/pdf", SETTINGS).kind == "pdf"


def test_slow_server(server: str) -> None:
    """A server that does not answer in time is given up."""
    with pytest.raises(ArticleError, match=r"no answer within 0\.3 s"):
        fetch(f"{server}/slow", Settings(allow_private_urls=True, fetch_timeout=0.3))


def test_closed_port() -> None:
    """A refused connection is an ArticleError."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ArticleError, match="cannot be fetched"):
        fetch(f"http://127.0.0.1:{port}/", SETTINGS)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "2130706433"])
def test_private_addresses_are_refused(host: str) -> None:
    """A private, loopback or link-local address is not connected to, however it is written."""
    with pytest.raises(ArticleError, match="private network"):
        fetch(f"http://{host}/", Settings())


def test_private_addresses_behind_a_redirect(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each hop of a redirect is checked, not only the first."""
    from retrieval.articles import web

    answers = iter([True, False])
    monkeypatch.setattr(web, "_is_public", lambda _: next(answers))
    with pytest.raises(ArticleError, match="private network"):
        fetch(f"{server}/hop", Settings())


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:220:1::1", True),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("fe80::1%eth0", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("100.64.0.1", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    """Only addresses of the public internet are public, also when an IPv6 form wraps an IPv4 address."""
    assert _is_public(address) is public
