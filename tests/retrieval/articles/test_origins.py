"""Folders, files and .jsonl files give documents; what cannot be read is reported and the rest goes on."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from pathlib import Path

import docx
import pypdf
import pytest

from retrieval.articles import Document, count, documents, origin_of
from retrieval.articles.cleaning import normalise
from retrieval.articles.jsonl import MAX_LINE
from retrieval.errors import ArticleError
from retrieval.settings import Settings
from retrieval.types import Article

SETTINGS = Settings()
PROSE = "Le ministre a présenté mardi à Lyon un plan de rénovation des écoles, qui doit commencer dès la rentrée."
DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"


def found(path: Path, settings: Settings = SETTINGS) -> list[Document | ArticleError]:
    return list(documents(origin_of(str(path), settings), settings))


def read_one(path: Path, settings: Settings = SETTINGS) -> Article:
    (document,) = found(path, settings)
    if isinstance(document, ArticleError):
        raise document
    return document.read()


def pdf(text: str) -> bytes:
    """A one-page PDF by hand."""
    shown = " ".join(f"({line}) Tj 0 -14 Td" for line in text.split("\n"))
    stream = f"BT /F1 11 Tf 50 700 Td {shown} ET".encode("cp1252")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj%s\nendobj\n" % (number, body)
    xref = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return bytes(out + b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % xref)


def encrypted_pdf() -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("Secret")))
    writer.encrypt("motdepasse", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_folder_in_sorted_order(tmp_path: Path) -> None:
    """A folder is read recursively, sorted by id; hidden files and unknown formats are left out."""
    for name in ("b.txt", "a/z.md", "a.txt", ".hidden.txt", ".git/x.txt", "photo.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(PROSE, encoding="utf-8")
    (tmp_path / "c.jsonl").write_text('{"id": "k1", "text": "Un"}\n\n{"id": "k2", "text": "Deux"}\n', encoding="utf-8")
    origin = origin_of(str(tmp_path), SETTINGS)
    names = [d.id for d in documents(origin, SETTINGS) if isinstance(d, Document)]
    assert (origin.kind, origin.location) == ("folder", str(tmp_path))
    assert names == ["a.txt", "a/z.md", "b.txt", "k1", "k2"]
    assert count(origin) == 5


def test_sources_that_do_not_exist() -> None:
    """A missing path and a scheme that is not fetched are refused with the reason."""
    with pytest.raises(ArticleError, match="no such file or folder"):
        origin_of("/nowhere/at/all", SETTINGS)
    with pytest.raises(ArticleError, match="only http and https"):
        origin_of("ftp://example.org/a.txt", SETTINGS)


def test_digest_follows_the_bytes(tmp_path: Path) -> None:
    """The digest is the same for the same bytes and another for others."""
    path = tmp_path / "a.txt"
    digests = []
    for text in (PROSE, PROSE, PROSE + " Fin."):
        path.write_text(text, encoding="utf-8")
        (document,) = found(path)
        assert isinstance(document, Document)
        digests.append(document.digest)
    assert digests[0] == digests[1] != digests[2]
    assert len(digests[0]) == 64


@pytest.mark.parametrize(
    "data",
    [
        PROSE.encode(),
        b"\xef\xbb\xbf" + PROSE.encode(),
        PROSE.encode("utf-16"),
        PROSE.encode("cp1252"),
    ],
)
def test_encodings(tmp_path: Path, data: bytes) -> None:
    """UTF-8 with and without mark, UTF-16 with mark and cp1252 give the same text."""
    (tmp_path / "a.txt").write_bytes(data)
    assert read_one(tmp_path / "a.txt").text == PROSE


def test_russian_encoding_is_guessed(tmp_path: Path) -> None:
    """A text in a legacy Cyrillic encoding is read as Russian."""
    text = "Министр представил во вторник план ремонта школ, который начнётся в сентябре этого года."
    (tmp_path / "a.txt").write_bytes(text.encode("cp1251"))
    assert (read_one(tmp_path / "a.txt").text, read_one(tmp_path / "a.txt").language) == (text, "ru")


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt", b"", "empty file"),
        ("a.txt", b"  \n ", "no text"),
        ("a.txt", bytes(range(256)) * 20, "binary"),
        ("a.md", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "binary"),
        ("a.pdf", pdf("Un texte")[:300], "truncated PDF"),
        ("a.pdf", b"hello", "not a PDF"),
        ("a.pdf", b"%PDF-1.4\nrubbish\n%%EOF", "broken PDF"),
        ("a.pdf", encrypted_pdf(), "encrypted PDF"),
        ("a.pdf", pdf(""), "no text"),
        ("a.docx", b"PK\x03\x04rubbish", "broken .docx"),
        ("a.docx", b"\xd0\xcf\x11\xe0" + b"\0" * 100, "encrypted or not a .docx"),
        ("a.html", b"<html><body></body></html>", "no text"),
        ("a.png", b"\x89PNG", "unsupported format"),
        ("a.txt", b"a" * 2_000_000, "larger than 1 MB"),
        ("a.jsonl", b"", "empty file"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    """Each kind of unusable file gives an ArticleError that says why, with its path."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ArticleError, match=reason) as raised:
        read_one(tmp_path / name, Settings(max_file_mb=1))
    assert raised.value.path == str(tmp_path / name)


def test_broken_files_do_not_stop_a_folder(tmp_path: Path) -> None:
    """Files beside a broken one are still given."""
    (tmp_path / "a.txt").write_bytes(b"")
    (tmp_path / "b.txt").symlink_to(tmp_path / "gone.txt")
    (tmp_path / "c.txt").write_text(PROSE, encoding="utf-8")
    first, second, third = found(tmp_path)
    assert isinstance(first, ArticleError)
    assert isinstance(second, ArticleError)
    assert isinstance(third, Document)


def test_pdf_text(tmp_path: Path) -> None:
    """The lines of a PDF paragraph are joined to whole sentences."""
    (tmp_path / "a.pdf").write_bytes(
        pdf("Le maire de la ville a ouvert mardi la nouvelle salle de lecture du\nquartier nord, devant la foule.")
    )
    article = read_one(tmp_path / "a.pdf")
    assert article.text == (
        "Le maire de la ville a ouvert mardi la nouvelle salle de lecture du quartier nord, devant la foule."
    )


def test_docx_text(tmp_path: Path) -> None:
    """Paragraphs and tables of a .docx come in their order, with the title of its properties."""
    document = docx.Document()
    document.core_properties.title = "Un plan"
    document.add_paragraph(PROSE)
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Lyon", "12 écoles"
    document.add_paragraph("Fin.")
    document.save(str(tmp_path / "a.docx"))
    article = read_one(tmp_path / "a.docx")
    assert (article.title, article.text) == ("Un plan", f"{PROSE}\n\nLyon | 12 écoles\n\nFin.")


def test_html_text_and_metadata(tmp_path: Path) -> None:
    """A page gives its article and what JSON-LD says of it, in a declared charset too."""
    linked = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebPage", "datePublished": "1999-01-01"},
            {
                "@type": "NewsArticle",
                "headline": "Un plan pour les écoles",
                "datePublished": "2024-07-03T10:00:00Z",
                "publisher": {"@type": "Organization", "name": "Le Journal"},
            },
        ],
    }
    page = f"""<!doctype html><html lang="fr"><head><meta charset="iso-8859-1"><title>Un plan | Le Journal</title>
    <link rel="canonical" href="https://example.org/plan">
    <script type="application/ld+json">{json.dumps(linked)}</script>
    </head><body><nav><a href="/">Accueil</a></nav><article><h1>Un plan pour les écoles</h1>
    <p>{PROSE}</p><p>{PROSE} En 2019, il avait renoncé.</p></article><footer>Contact</footer></body></html>"""
    (tmp_path / "a.html").write_bytes(page.encode("latin-1"))
    article = read_one(tmp_path / "a.html")
    assert PROSE in article.text
    assert "Contact" not in article.text
    assert (article.title, article.published, article.source, article.url, article.language) == (
        "Un plan pour les écoles", "2024-07-03", "Le Journal", "https://example.org/plan", "fr",
    )  # fmt: skip


def test_html_fragment(tmp_path: Path) -> None:
    """A fragment of a few words is read, without its scripts."""
    (tmp_path / "a.html").write_text("<script>var a = 1</script><p>Il fait beau.</p><p>Et chaud.</p>", encoding="utf-8")
    assert read_one(tmp_path / "a.html").text == "Il fait beau.\nEt chaud."


def test_html_without_date(tmp_path: Path) -> None:
    """The date of an event told in a page is not its date of publication."""
    text = f"<html><body><article><p>{PROSE}</p><p>Le 3 juillet 2024, il avait renoncé.</p></article></body></html>"
    (tmp_path / "a.html").write_text(text, encoding="utf-8")
    article = read_one(tmp_path / "a.html")
    assert (article.published, article.source, article.url) == (None, None, None)


def test_jsonl_lines(tmp_path: Path) -> None:
    """Good lines become articles; each bad one is an error with its line, and the others go on."""
    good = {"id": "a1", "title": "Un plan", "text": PROSE, "date": "2024-07", "url": "https://e.org", "source": "AFP"}
    lines = [
        "\ufeff" + json.dumps(good),
        "{broken",
        "[1]",
        '{"text": "sans id"}',
        '{"id": "a3", "text": " "}',
        json.dumps(good),
        '{"id": "a4", "text": "\\ud800"}',
        "",
        '{"id": 7, "text": "Sept."}',
    ]
    path = tmp_path / "a.jsonl"
    path.write_bytes("\n".join(lines).encode() + b'\n{"id": "b", "text": "\xff"}\n')
    results = found(path)
    errors = {e.line: e.reason for e in results if isinstance(e, ArticleError)}
    assert {line: reason.split(" (")[0] for line, reason in errors.items()} == {
        2: "not JSON", 3: "not a JSON object", 4: "no id", 5: "no text", 6: f"duplicate id 'a1', first at {path}:1",
        7: "holds half a character", 10: "not UTF-8",
    }  # fmt: skip
    first, last = [d for d in results if isinstance(d, Document)]
    assert first.read() == Article("a1", PROSE, "Un plan", "2024-07", "AFP", "https://e.org", "fr")
    assert (last.id, last.line, last.read().text) == ("7", 9, "Sept.")


def test_jsonl_line_too_long(tmp_path: Path) -> None:
    """A line above the limit is skipped, and a .jsonl may be larger than max_file_mb."""
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"id": "x", "text": "{"a" * MAX_LINE}"}}\n{{"id": "y", "text": "Oui."}}\n', encoding="utf-8")
    error, document = found(path, Settings(max_file_mb=1))
    assert isinstance(error, ArticleError)
    assert (error.line, error.reason) == (1, "line longer than 10 MB")
    assert isinstance(document, Document)
    assert document.line == 2


def test_import_is_light() -> None:
    """Importing the room loads none of the libraries that parse and fetch."""
    code = (
        "import sys, retrieval.articles; "
        "heavy = ('trafilatura', 'pypdf', 'docx', 'feedparser', 'charset_normalizer', 'httpx'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared articles are not here")
def test_the_five_articles() -> None:
    """The given articles lose their boilerplate and nothing else, and what is known of them is right."""
    articles = []
    for document in found(DATA / "articles"):
        assert isinstance(document, Document)
        article = document.read()
        text = article.text
        for piece in reversed(article.removed):
            text = text[: piece.at] + piece.text + text[piece.at :]
        assert text == normalise(Path(document.location).read_text(encoding="utf-8"))
        articles.append(article)
    assert [a.published for a in articles] == ["2023-05", None, "2025-06-17", None, None]
    assert [a.source for a in articles] == [None, None, "Xinhua", None, None]
    assert [(a.title or "-")[:36] for a in articles] == [
        "-", "-", "La Chine est disposée à travailler a", "La Chine et le Kazakhstan s'engagent", "-",
    ]  # fmt: skip
    assert [a.language for a in articles] == ["fr"] * 5
    assert all(a.text.rstrip()[-1] == "." for a in articles)
    assert all(a.text.startswith("L") for a in articles)


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared articles are not here")
def test_news_lose_almost_nothing_and_are_quick() -> None:
    """Of thousands of clean articles almost none loses a line, and reading one takes well under a millisecond."""
    started = time.process_time()
    articles = [d.read() for d in found(DATA / "news" / "articles.jsonl") if isinstance(d, Document)]
    assert time.process_time() - started < 0.002 * len(articles)  # four times what it may take, for busy machines
    assert len(articles) == 7206
    assert sum(bool(a.removed) for a in articles) < 20
