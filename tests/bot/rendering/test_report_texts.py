"""The report's texts and files: complete in each language, and fit for a page."""

from __future__ import annotations

import json
import re
import string
from importlib.resources import files

from bot.rendering.report.texts import report_texts
from bot.texts import LANGUAGES, texts

PAGE = files("bot.rendering.report") / "page"


def test_same_texts_in_each_language() -> None:
    """The catalogues have the same keys and placeholders, and every key that page and scripts ask for."""
    entries = {
        name: json.loads((files("bot.texts") / "report" / f"{name}.json").read_text("utf-8")) for name in LANGUAGES
    }
    fields = {
        name: {key: {field for _, field, _, _ in string.Formatter().parse(text) if field} for key, text in one.items()}
        for name, one in entries.items()
    }
    assert fields["fr"] == fields["en"]
    source = "".join(path.read_text("utf-8") for path in PAGE.iterdir())
    asked = set(re.findall(r'\b(?:t|say)\(\s*["\']([a-z_0-9]+[a-z0-9])["\']', source))
    assert len(asked) > 80
    assert asked <= report_texts(texts("en")).entries.keys()
    here = files("bot.rendering.report").iterdir()
    source += "".join(path.read_text("utf-8") for path in here if path.name.endswith(".py"))
    # keys that are put together
    made = "group_|step_|report_(mode|print|to|judge)_|list_(by|proof|evidence)_|list_asc|list_desc|compare_"
    names = {name for name in entries["en"] if not re.match(made, name)}
    assert {name for name in names if not re.search(f"[\"']{name}[\"']", source)} == set()


def test_french_spaces_hold() -> None:
    """No line breaks before a French colon or per cent sign."""
    assert report_texts(texts("fr"))("list_missing").endswith("\u00a0:")
    assert report_texts(texts("en"))("list_missing").endswith("holds:")


def test_files_fit_in_a_page() -> None:
    """Style and scripts hold nothing that would end them early, and put no text into the page as markup."""
    for path in PAGE.iterdir():
        if path.name.endswith((".css", ".js")):
            source = path.read_text("utf-8")
            assert not re.search(r"</(script|style)|<!--", source, re.IGNORECASE)
            assert not re.search(
                r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", source
            )
            assert not re.search(r"url\(|@import|https?://|fetch\(|XMLHttpRequest|import\(", source)
