"""When two texts say the same to a scorer: quotes up to typography; answers also up to case, accents and spacing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_TYPOGRAPHY = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "«": '"', "»": '"'}
    | {"–": "-", "—": "-", "‑": "-", "\u00ad": None, "…": "..."}
)
_CLUSTER = re.compile(r".[\u0300-\u036f]*", re.DOTALL)  # a character with the accents that follow it


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


def locate(quote: str, text: str) -> list[tuple[int, int]]:
    """Where a quote stands in a text, up to white space and typography: offsets into the text as it is, in order."""
    wanted = verbatim(quote)
    unified, starts, ends = _unified(text)
    found = []
    at = unified.find(wanted) if wanted else -1
    while at >= 0:
        found.append((starts[at], ends[at + len(wanted) - 1]))
        at = unified.find(wanted, at + len(wanted))
    return found


@lru_cache(maxsize=512)
def _unified(text: str) -> tuple[str, list[int], list[int]]:
    """The text as `verbatim` has it, and for each of its characters where that began and ended in the text."""
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for cluster in _CLUSTER.finditer(text):
        for character in unicodedata.normalize("NFKC", cluster.group()).translate(_TYPOGRAPHY):
            space = character.isspace()
            if space and characters[-1:] == [" "]:
                ends[-1] = cluster.end()
                continue
            characters.append(" " if space else character)
            starts.append(cluster.start())
            ends.append(cluster.end())
    return "".join(characters), starts, ends
