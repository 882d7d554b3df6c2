"""What tells whether some hits hold an answer."""

from __future__ import annotations

from math import log

from retrieval.analysis import terms
from retrieval.asking import analysed
from retrieval.choosing import rank
from retrieval.clues import candidates
from retrieval.evidence import NONE, evidence
from retrieval.types import Article, Hit

TEXT = "Le maire Paul Arnoult a inauguré le pont de Sainte-Colombe en 2019. Le pont mesure 320 mètres."
ARTICLE = Article("pont.txt", TEXT, "Un pont à Sainte-Colombe", "2019-06-01")


class Corpus:
    """Of a given size; every term stands in one passage but those that nobody wrote."""

    def __init__(self, size: int) -> None:
        self._size = size

    def rarity(self, term: str) -> float:
        df = int(self.holds(term))
        return log(1 + (self._size - df + 0.5) / (df + 0.5))

    def holds(self, term: str) -> bool:
        return term in terms(f"{TEXT} {ARTICLE.title}")


def _hit() -> Hit:
    return Hit(ARTICLE, 0, len(TEXT), 10.0)


def told(question: str, size: int = 100) -> dict[str, float]:
    """The evidence of a question over the one passage."""
    asked = analysed(question, Corpus(size))
    return evidence(asked, rank(candidates(asked, [_hit()])), [_hit()])


def test_what_is_asked_and_said() -> None:
    """All of the question is there, its names with their capitals."""
    found = told("Qui a inauguré le pont de Sainte-Colombe ?")
    assert (found["absent"], found["absent_names"], found["capitals"]) == (0.0, 0.0, 1.0)
    assert found["plain_said"] == 1.0


def test_a_name_that_nobody_has() -> None:
    """It weighs as much as a word can, and is missing."""
    found = told("Qui a inauguré le pont de Zanzibar ?")
    assert found["highest"] == 1.0
    assert found["absent"] > 0
    assert found["absent_names"] == 1.0
    assert found["capitals"] == 0.0


def test_a_common_noun_is_no_name() -> None:
    """« Pont » with a capital is asked for; the article only writes it small."""
    assert told("Que sait-on de Pont ?")["capitals"] < 1.0
    assert told("que sait-on du pont ?")["capitals"] == NONE


def test_rarity_is_a_share_whatever_the_size_of_the_corpus() -> None:
    """A word that nobody wrote weighs 1 among a hundred passages and among thirty thousand."""
    assert told("Où est Zanzibar ?", 100)["highest"] == told("Où est Zanzibar ?", 30_000)["highest"] == 1.0
