"""What the bot says in Telegram, by language: one JSON file a language below bot/texts/telegram."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from bot.texts import Texts

LANGUAGES = ("fr", "en", "ru", "zh")


def catalogue(language: str) -> Texts:
    """The texts of a language, by any code that begins with it ("zh-hans"); English for one that has none."""
    short = language[:2].lower()
    return _load(short if short in LANGUAGES else "en")


@cache
def _load(language: str) -> Texts:
    return Texts(language, json.loads((files("bot.texts") / "telegram" / f"{language}.json").read_text("utf-8")))
