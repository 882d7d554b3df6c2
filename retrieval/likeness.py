"""Which words of a text stand for which of a question: the same, its forms, slips of typing, other words for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from retrieval.asking import Asked
from retrieval.lexicon import related

ALIKE = 0.7  # Dice similarity of beginnings from which two terms are forms of one word
TYPO = 0.7  # strength of a match one letter apart


@lru_cache(maxsize=50_000)
def likeness(asked: str, term: str, typos: bool) -> float:
    """How surely two terms are one word: 1 the same, 0 not at all, between them its forms or (`typos`) a slip."""
    if asked == term:
        return 1.0
    if len(asked) < 4 or len(term) < 4 or asked[0].isdigit() or term[0].isdigit():
        return 0.0
    if asked[:4] == term[:4]:
        same = next(
            (i for i, (x, y) in enumerate(zip(asked, term, strict=False)) if x != y), min(len(asked), len(term))
        )
        dice = 2 * same / (len(asked) + len(term))
        if dice >= ALIKE:
            return 0.9 * dice
    return TYPO if typos and (_one_edit(asked, term) or _shuffled(asked, term)) else 0.0


def _one_edit(a: str, b: str) -> bool:
    """Whether one letter inserted, left out or replaced, or two swapped, make one of the other, from 5 letters on."""
    if len(a) < 5 or abs(len(a) - len(b)) > 1:
        return False
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    x, y = a[at:], b[at:]
    return x[1:] == y[1:] or x[1:] == y or x == y[1:] or (x[:2] == y[1::-1] and x[2:] == y[2:])


def _shuffled(a: str, b: str) -> bool:
    """Whether two words have the same letters, the first in its place: Itawa, Iwata."""
    return a[0] == b[0] and sorted(a) == sorted(b)


class Matcher:
    """Terms of texts → how well they hold each term of the question."""

    def __init__(self, asked: Asked) -> None:
        self._asked, self._known = asked, dict[str, dict[str, float]]()
        self._beginnings: dict[str, list[str]] = {}
        self._others: dict[str, dict[str, float]] = {}  # other words for the question's: single ones
        self._together: list[tuple[str, frozenset[str], float]] = []  # and of several words
        for t in asked.weights:
            self._beginnings.setdefault(t[:4], []).append(t)
            for item, strength in related(t).items():
                if len(item) == 1:
                    self._others.setdefault(item[0], {})[t] = strength
                else:
                    self._together.append((t, frozenset(item), strength))

    def one(self, word: str) -> Mapping[str, float]:
        found = self._known.get(word)
        if found is None:
            unknown = self._asked.unknown
            near = {*self._beginnings.get(word[:4], ()), *unknown}
            found = dict(self._others.get(word, {}))
            found |= {t: v for t in near if (v := likeness(t, word, t in unknown)) > found.get(t, 0.0)}
            self._known[word] = found
        return found

    def all(self, words: Sequence[str]) -> dict[str, float]:
        best: dict[str, float] = {}
        for word in words:
            for t, strength in self.one(word).items():
                if strength > best.get(t, 0.0):
                    best[t] = strength
        for t, item, strength in self._together:
            if strength > best.get(t, 0.0) and item.issubset(words):
                best[t] = strength
        return best
