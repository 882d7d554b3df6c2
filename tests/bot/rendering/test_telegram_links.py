"""Links to articles, down to the quote."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

from bot.rendering.telegram_links import link


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.fr/x", "https://a.fr/x"),
        (" https://a.fr/x?q=é \n", "https://a.fr/x?q=%C3%A9"),
        ('https://a.fr/"onclick=', "https://a.fr/%22onclick="),
        ("https://user:secret@a.fr:8080/", "https://a.fr:8080/"),
        ("https://müller.de/ä", "https://xn--mller-kva.de/%C3%A4"),
        ("javascript:alert(1)", None),
        ("https://a.fr/x\nhttps://b.fr", None),
        ("https://a.fr\\@b.fr", None),
        ("https://localhost/x", None),
        ("https://[::1", None),
        ("https://a.fr:99999999/", None),
        ("file:///etc/passwd", None),
        ("https://a.fr/" + "x" * 3000, None),
        ("", None),
        (None, None),
    ],
)
def test_link(url: str | None, expected: str | None) -> None:
    """Only addresses on the web become links, without what could break out of the tag or leak a password."""
    assert link(url) == expected


def test_text_fragment() -> None:
    """The quote in the fragment: commas and hyphens encoded, first and last words of a long one, after an anchor."""
    assert link("https://a.fr/#haut", "peut-être, oui & non") == (
        "https://a.fr/#haut:~:text=peut%2D%C3%AAtre%2C%20oui%20%26%20non"
    )
    long = link("https://a.fr/", " ".join(f"mot{n}" for n in range(60))) or ""
    assert unquote(long) == "https://a.fr/#:~:text=mot0 mot1 mot2 mot3,mot56 mot57 mot58 mot59"
    lines = link("https://a.fr/#:~:text=old", "Un titre\n\nUne phrase.") or ""
    assert unquote(lines) == "https://a.fr/#:~:text=Un titre,Une phrase."
    chinese = unquote(link("https://a.cn/", "中国和哈萨克斯坦" * 20) or "")
    assert chinese == "https://a.cn/#:~:text=中国和哈萨克斯坦中国和哈,萨克斯坦中国和哈萨克斯坦"
