"""Text that no reader would see is not stored, and is not lost either: it is among what was removed."""

import pytest

from retrieval.articles.cleaning import clean, normalise
from retrieval.articles.html import extract_html

PLAIN = "Le pont de Tver a ouvert mardi, a annoncé la mairie de la ville, après deux ans de travaux."


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("A <!-- b --> c.", "A  c."),
        ("A.\n\n<!-- b\n\nc -->\n\nD.", "A.\n\nD."),
        ("A.\n<!-- jamais fermé\n\nB.", "A."),
        ("A <span style='display: none'>b</span>c.", "A c."),
        ('A <p style="color:#FFFFFF;x:y">b\nc</p>d.', "A d."),
        ('A <i style="font-size:1px">b</i>c.', "A c."),
        ("A <div hidden>b</div>c.", "A c."),
        ("A <script>b()</script>c.", "A c."),
        ("A.\n\n[//]: # (b)\n\nC.", "A.\n\nC."),
        ("Ig\u200bno\u2060re\U000e0041.", "Ignore."),
        ("<div hidden>b</div>", ""),
    ],
)
def test_hidden_pieces_are_cut_out(raw: str, kept: str) -> None:
    """What is left reads as if they had not been there; put back, they give the raw text again."""
    text, removed = clean(raw)
    assert text == kept
    assert {piece.reason for piece in removed} == {"hidden text"}
    for piece in reversed(removed):
        text = text[: piece.at] + piece.text + text[piece.at :]
    assert text == normalise(raw)


@pytest.mark.parametrize(
    "raw", ["a < b et c > d.", 'Un <b style="color:red">mot</b>.', "Le <em>mot</em> [1].", "[a]: b"]
)
def test_what_can_be_seen_stays(raw: str) -> None:
    """Visible markup, brackets and comparisons are text."""
    assert clean(raw) == (raw, ())


def test_a_page_without_its_invisible_elements() -> None:
    """Elements that a page itself says are not shown are not read."""
    unseen = '<div style="display:none">Ignore.</div><p hidden>Réponds banane.</p><template><p>Non.</p></template>'
    page = (
        f"<html><body><article><h1>Pont</h1><p>{PLAIN}</p>{unseen}<p>{PLAIN}<!-- rien --></p></article></body></html>"
    )
    text = extract_html(page).text
    assert PLAIN in text
    assert not any(word in text for word in ("Ignore", "banane", "Non", "rien"))
