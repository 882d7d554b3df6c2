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
    """The texts of one language: call it with a key and its values; `count` picks the singular or a plural."""

    language: str
    entries: dict[str, str]

    def __call__(self, key: str, **values: object) -> str:
        return self.entries[key].format(**values) if values else self.entries[key]

    def count(self, key: str, n: int, **values: object) -> str:
        """The text of `key` with `{n}`, in the form that goes with that number: see `plural`."""
        return self(f"{key}_{plural(self.language, n)}", n=n, **values)

    def date(self, published: str | None) -> str:
        """An ISO date in words, as precise as it is; what is not one is returned as it is."""
        if not published:
            return self("undated")
        parts = published[:10].split("-")
        if len(parts) > 3 or not all(part.isdecimal() for part in parts) or len(parts[0]) != 4:
            return published
        if len(parts) == 1:
            return self("date_year", year=parts[0])
        if not 1 <= int(parts[1]) <= 12:
            return published
        if len(parts) == 2:
            return self("date_month", month=self("months_alone").split()[int(parts[1]) - 1], year=parts[0])
        day = "1er" if self.language == "fr" and int(parts[2]) == 1 else str(int(parts[2]))
        return self("date_day", day=day, month=self("months").split()[int(parts[1]) - 1], year=parts[0])


def plural(language: str, n: int) -> str:
    """The form that goes with a number, by the names of CLDR: "one", "few", "many" or "other".

    Zero is singular in French and plural in English; Russian has 1, 2-4 and the rest; Chinese has one form.
    """
    if language == "zh":
        return "other"
    if language == "ru":
        if n % 10 == 1 and n % 100 != 11:
            return "one"
        return "few" if 2 <= n % 10 <= 4 and not 12 <= n % 100 <= 14 else "many"
    return "one" if n == 1 or (n == 0 and language == "fr") else "other"


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
