"""What the bot says, by language: one JSON file a language, the same keys in each (a test checks it)."""

from __future__ import annotations

import json
import locale
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LANGUAGES = ("fr", "en")


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language: call it with a key and its values; `count` picks the singular or the plural."""

    language: str
    entries: dict[str, str]

    def __call__(self, key: str, **values: object) -> str:
        return self.entries[key].format(**values) if values else self.entries[key]

    def count(self, key: str, n: int) -> str:
        """The text `key_one` or `key_other` with `{n}`; zero is singular in French and plural in English."""
        one = n < 2 if self.language == "fr" else n == 1
        return self(f"{key}_{'one' if one else 'other'}", n=n)

    def date(self, published: str | None) -> str:
        """An ISO date in words, as precise as it is; what is not one is returned as it is."""
        if not published:
            return self("undated")
        parts = published[:10].split("-")
        if len(parts) > 3 or not all(part.isdigit() for part in parts) or len(parts[0]) != 4:
            return published
        if len(parts) == 1:
            return parts[0]
        if not 1 <= int(parts[1]) <= 12:
            return published
        month = self("months").split()[int(parts[1]) - 1]
        if len(parts) == 2:
            return f"{month} {parts[0]}"
        day = "1er" if self.language == "fr" and int(parts[2]) == 1 else str(int(parts[2]))
        return f"{day} {month} {parts[0]}"


@cache
def _load(language: str) -> Texts:
    return Texts(language, json.loads(files(__name__).joinpath(f"{language}.json").read_text("utf-8")))


def texts(language: str = "auto") -> Texts:
    """The texts of `language`; "auto" follows the locale, and a language that is not there is answered in English."""
    if language == "auto":
        try:
            language = locale.getlocale(locale.LC_CTYPE)[0] or "en"
        except ValueError:  # a locale that Python cannot name
            language = "en"
    short = language[:2].lower()
    return _load(short if short in LANGUAGES else "en")
