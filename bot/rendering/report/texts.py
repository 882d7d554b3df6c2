"""What the report says, by language: one JSON file a language below bot/texts/report, added to the common texts."""

from __future__ import annotations

import json
import re
from importlib.resources import files

from bot.texts import Texts

# French sets a space before these signs and inside its quotes; a line must not break there.
_KEPT = re.compile(r"(?<=«) | (?=[:;?!%»])")


def report_texts(t: Texts) -> Texts:
    """The texts of the report in the language of `t`, with those of `t`."""
    own: dict[str, str] = json.loads((files("bot.texts") / "report" / f"{t.language}.json").read_text("utf-8"))
    return Texts(t.language, {key: _set(text, t.language) for key, text in {**t.entries, **own}.items()})


def _set(text: str, language: str) -> str:
    return _KEPT.sub("\u00a0", text) if language == "fr" else text
