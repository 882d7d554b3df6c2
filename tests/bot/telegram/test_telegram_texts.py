"""What the bot says in Telegram, in four languages."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
from bot.telegram.texts import LANGUAGES, catalogue
from bot.texts import plural

FORMS = {"fr": ("one", "other"), "en": ("one", "other"), "ru": ("one", "few", "many"), "zh": ("other",)}
_FORM = re.compile(r"_(one|few|many|other)$")


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _files() -> list[Path]:
    root = Path(bot.__file__).parent
    return [*root.glob("telegram/**/*.py"), *root.glob("rendering/telegram*.py")]


def _asked(node: ast.AST) -> Iterator[tuple[str, bool]]:
    """The literal keys that a file asks for, and whether in a plural form."""
    for call in ast.walk(node):
        if not isinstance(call, ast.Call) or not call.args:
            continue
        counted = isinstance(call.func, ast.Attribute) and call.func.attr == "count"
        named = isinstance(call.func, ast.Name) and call.func.id in ("t", "texts")
        made = isinstance(call.func, ast.Call) and "catalogue" in ast.dump(call.func.func)
        if counted or named or made:
            first = call.args[0]
            options = (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,)
            for option in options:
                if isinstance(option, ast.Constant) and isinstance(option.value, str):
                    yield option.value, counted


def test_same_keys_and_placeholders() -> None:
    """Every language has the same texts with the same placeholders; the forms of a plural are its own."""
    found: dict[str, dict[str, set[str]]] = {}
    for language in LANGUAGES:
        keys = found[language] = {}
        for key, text in catalogue(language).entries.items():
            keys.setdefault(_FORM.sub("", key), set()).update(_placeholders(text))
    assert found["en"] == found["fr"]
    assert found["ru"] == found["fr"]
    assert found["zh"] == found["fr"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_of_the_code_exists(language: str) -> None:
    """Every text that the code asks for by a literal key is there, with every form that the language has."""
    entries, asked = catalogue(language).entries, set()
    for path in _files():
        for key, counted in _asked(ast.parse(path.read_text("utf-8"))):
            asked |= {f"{key}_{form}" for form in FORMS[language]} if counted else {key}
    assert len(asked) > 40
    assert asked <= set(entries)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_says_something(language: str) -> None:
    """No text is empty, has a stray brace or space, or is longer than a message."""
    for key, text in catalogue(language).entries.items():
        assert text.strip(), key
        assert len(text) < 4096, key
        assert "  " not in text.replace("\n", "") or "\n" in text, key


def test_french_typography() -> None:
    """In French, a space that does not break stands before « : ; ? ! » and inside guillemets; apostrophes are curly."""
    for key, text in catalogue("fr").entries.items():
        assert not re.search(r"\w [:;?!»]|« ", text), key
        assert "'" not in text, key


def test_language_codes() -> None:
    """A code is read by its first letters; a language without texts is answered in English."""
    assert [catalogue(c).language for c in ("fr", "zh-hans", "RU", "pt-br", "")] == ["fr", "zh", "ru", "en", "en"]
    assert catalogue("fr") is catalogue("fr-CA")


@pytest.mark.parametrize(
    ("number", "russian"),
    [(0, "many"), (1, "one"), (2, "few"), (5, "many"), (11, "many"), (12, "many"), (21, "one"), (22, "few")],
)
def test_russian_plurals(number: int, russian: str) -> None:
    """Russian counts 1, 2 to 4 and the rest, by the last figures; Chinese has one form."""
    assert plural("ru", number) == russian
    assert plural("zh", number) == "other"


@pytest.mark.parametrize(
    ("published", "dates"),
    [
        ("2025-06-17", ["17 juin 2025", "17 June 2025", "17 июня 2025", "2025年6月17日"]),
        ("2025-08-01T10:00:00Z", ["1er août 2025", "1 August 2025", "1 августа 2025", "2025年8月1日"]),
        ("2025-06", ["juin 2025", "June 2025", "июнь 2025", "2025年6月"]),
        ("2025", ["2025", "2025", "2025", "2025年"]),
        (None, ["sans date", "undated", "без даты", "日期不详"]),
        ("2025-²", ["2025-²"] * 4),
    ],
)
def test_dates(published: str | None, dates: list[str]) -> None:
    """A date in words, as precise as it is known, by the grammar of each language."""
    assert [catalogue(language).date(published) for language in LANGUAGES] == dates
