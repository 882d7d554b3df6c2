"""From the bytes of a file or a page to an article, by format. Every failure is an ArticleError with its reason."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from retrieval.articles.decoding import NotTextError, decode
from retrieval.articles.metadata import Extracted, assemble, front_matter
from retrieval.errors import ArticleError
from retrieval.types import Article

_TAIL = 2_048  # where a whole PDF ends with its end mark
_UNFINISHED = re.compile(r"[^.!?…:;»”\"]$")


def parse(
    identifier: str,
    data: bytes,
    kind: str,
    *,
    location: str,
    max_bytes: int,
    name: str | None = None,
    url: str | None = None,
    charset: str | None = None,
) -> Article:
    """One document as an article. Raises ArticleError."""
    try:
        if kind == "html":
            found = _html(data, url, charset)
        elif kind == "pdf":
            found = _pdf(data)
        elif kind == "docx":
            found = _docx(data, max_bytes)
        else:
            found = front_matter(decode(data, declared=charset))
    except NotTextError as error:
        raise ArticleError(location, str(error)) from error
    if url and not found.url:
        found = Extracted(found.text, found.title, found.published, found.source, url, found.language)
    article = assemble(identifier, found, name=name)
    if not article.text:
        raise ArticleError(location, "no text (scanned pages?)" if kind == "pdf" else "no text")
    return article


def _html(data: bytes, url: str | None, charset: str | None) -> Extracted:
    from retrieval.articles.html import extract_html

    text = decode(data, html=True, declared=charset)
    try:
        return extract_html(text, url)
    except ImportError:
        raise  # an incomplete installation is no fault of the page
    except Exception as error:  # markup nested thousands deep ends in RecursionError, and lxml has errors of its own
        raise NotTextError(f"broken HTML ({type(error).__name__})") from error


def _pdf(data: bytes) -> Extracted:
    import logging

    from pypdf import PdfReader

    if b"%PDF-" not in data[:1_024]:
        raise NotTextError("not a PDF")
    if b"%%EOF" not in data[-_TAIL:]:
        raise NotTextError("truncated PDF")
    logging.getLogger("pypdf").setLevel(logging.ERROR)  # it warns of every oddity it copes with
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise NotTextError("encrypted PDF")
        pages = [page.extract_text() for page in reader.pages]
        title = reader.metadata.title if reader.metadata else None
    except NotTextError:
        raise
    except Exception as error:  # pypdf raises whatever a broken file leads it into: KeyError, RecursionError, …
        encrypted = b"/Encrypt" in data and "crypt" in str(error).lower()
        raise NotTextError("encrypted PDF" if encrypted else f"broken PDF ({type(error).__name__}: {error})") from error
    text = "\n\n".join(_unwrap(page) for page in pages)
    # The title field is often the name of a template; it counts when the text has it too.
    known = isinstance(title, str) and len(title) > 8 and " ".join(title.split()) in " ".join(text[:3_000].split())
    return Extracted(text, title=str(title) if known else None)


def _unwrap(page: str) -> str:
    """Join the lines of a paragraph that the width of the page broke, so that sentences are whole."""
    lines = [line.strip() for line in page.splitlines()]
    width = max((len(line) for line in lines), default=0)
    out: list[str] = []
    open_line = False
    for line in lines:
        if out and open_line and line:
            if out[-1].endswith("-") and line[0].islower():
                out[-1] = out[-1][:-1] + line if out[-1][-2:-1].islower() else out[-1] + line
            else:
                out[-1] += " " + line
        else:
            out.append(line)
        open_line = len(line) > 0.7 * width and width > 40 and bool(_UNFINISHED.search(line))
    return "\n".join(out)


def _docx(data: bytes, max_bytes: int) -> Extracted:
    import docx
    from docx.table import Table

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > max_bytes:  # a zip bomb, or not for us
                raise NotTextError(f"unpacks to more than {max_bytes // 1_000_000} MB")
        document = docx.Document(io.BytesIO(data))
        blocks: list[str] = []
        for block in document.iter_inner_content():
            if isinstance(block, Table):
                blocks.extend(_row(row) for row in block.rows)
            else:
                blocks.append(block.text)
        title = document.core_properties.title
    except NotTextError:
        raise
    except Exception as error:  # as with PDFs: zip, XML and key errors of broken or encrypted files
        encrypted = data.startswith(b"\xd0\xcf\x11\xe0")  # OLE: an encrypted .docx, or an old .doc
        raise NotTextError(
            "encrypted or not a .docx" if encrypted else f"broken .docx ({type(error).__name__})"
        ) from error
    return Extracted("\n\n".join(block for block in blocks if block.strip()), title=title or None)


def _row(row: Any) -> str:
    cells: list[str] = []
    for cell in row.cells:
        if not cells or cells[-1] != cell.text.strip():  # a merged cell is given once per column
            cells.append(cell.text.strip())
    return " | ".join(cells)
