"""What the bot says."""

from __future__ import annotations

import json
import re
import string
from importlib.resources import files
from pathlib import Path

import pytest

import bot
from bot.texts import LANGUAGES, texts


def _entries(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(files("bot.texts").joinpath(f"{language}.json").read_text("utf-8"))
    return found


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_same_keys_and_placeholders() -> None:
    """Every language has the same keys, with the same placeholders in each text."""
    first, *others = ({key: _placeholders(text) for key, text in _entries(name).items()} for name in LANGUAGES)
    assert all(other == first for other in others)


def test_every_key_of_the_code_exists() -> None:
    """Every text that the code asks for by a literal key is there."""
    entries, asked = _entries("en"), set()
    for path in Path(bot.__file__).parent.rglob("*.py"):
        if "telegram" in str(path.relative_to(Path(bot.__file__).parent)):
            continue  # speaks from a catalogue of its own
        source = path.read_text("utf-8")
        asked |= set(re.findall(r'\b(?:t|texts\(\)|own_texts\(\))\(\s*"([a-z_]+)"', source))
        asked |= {f"{key}_one" for key in re.findall(r'\bt\.count\(\s*"([a-z_]+)"', source)}
    assert len(asked) > 40
    assert asked <= set(entries)


def test_unknown_language_is_english() -> None:
    """A language that has no texts is answered in English."""
    assert texts("pt_BR").language == "en"
    assert texts("fr_FR").language == "fr"


def test_plural_of_zero() -> None:
    """Zero takes the singular in French and the plural in English."""
    assert texts("fr").count("dropped", 0) == "0 phrase écartée"
    assert texts("en").count("dropped", 0) == "0 sentences dropped"


@pytest.mark.parametrize(
    ("published", "french", "english"),
    [
        ("2025-06-17", "17 juin 2025", "17 June 2025"),
        ("2025-08-01T10:00:00Z", "1er août 2025", "1 August 2025"),
        ("2025-06", "juin 2025", "June 2025"),
        ("2025", "2025", "2025"),
        (None, "sans date", "undated"),
        ("2025-13", "2025-13", "2025-13"),
        ("hier", "hier", "hier"),
    ],
)
def test_dates_as_precise_as_known(published: str | None, french: str, english: str) -> None:
    """A date is said in words with the precision it has, and what is no date is left as it is."""
    assert (texts("fr").date(published), texts("en").date(published)) == (french, english)
