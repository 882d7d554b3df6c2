"""When two texts say the same to a scorer: quotes up to typography; answers also up to case, accents and spacing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_TYPOGRAPHY = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "«": '"', "»": '"'}
    | {"–": "-", "—": "-", "‑": "-", "\u00ad": None, "…": "..."}
)


def verbatim(text: str) -> str:
    """The text with white space and typographic variants unified: what a quote must be a substring of."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).translate(_TYPOGRAPHY)).strip()


def folded(text: str) -> str:
    """The text without differences of case, accents, punctuation and spacing; 1 435 and 1.435 become 1435."""
    decomposed = unicodedata.normalize("NFKD", verbatim(text).lower())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    plain = re.sub(r"\s+(?=%)", "", re.sub(r"[^\w%,.]+", " ", plain))
    return re.sub(r"(?<=\d)[ .](?=\d{3}\b)", "", plain).strip()


def occurs(answer: str, text: str) -> bool:
    """Whether `text`, already folded, holds the answer as whole words."""
    wanted = folded(answer)
    return bool(wanted) and re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text) is not None


def holds(text: str, answers: Iterable[str], require: str) -> bool:
    """Whether the text gives one of the answers ("any"), or each of them ("all"). Without answers it does not."""
    there = folded(text)
    found = [occurs(answer, there) for answer in answers if folded(answer)]
    return bool(found) and (all(found) if require == "all" else any(found))
