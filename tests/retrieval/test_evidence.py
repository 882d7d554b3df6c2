"""What tells whether some hits hold an answer."""

from __future__ import annotations

from math import log

from retrieval.analysis import terms
from retrieval.asking import analysed
from retrieval.choosing import answerable, rank
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


def test_what_is_counted_must_be_said() -> None:
    """A number of metres is no number of arches, and « quel » counts nothing."""
    assert told("Combien d'arches compte le pont de Sainte-Colombe ?")["three_uncounted"] == 1.0
    assert told("Combien de mètres mesure le pont de Sainte-Colombe ?")["three_uncounted"] == 0.0
    assert told("Quelle est la longueur du pont de Sainte-Colombe ?")["three_uncounted"] == 0.0


def test_the_kind_that_is_asked_for_is_told() -> None:
    """One of each kind of question."""
    assert told("Qui a inauguré le pont ?")["asks_person"] == 1.0
    assert told("Qui a inauguré le pont ?")["asks_reason"] == 0.0


def test_without_the_person_that_is_named_an_answer_is_less_probable() -> None:
    """The mayor has a name here; the architect is somebody whom no sentence names."""
    text = "Le pont de Sainte-Colombe a été dessiné par une architecte de la région. Il mesure 320 mètres."
    nameless = Hit(Article("pont.txt", text, "Un pont à Sainte-Colombe"), 0, len(text), 10.0)
    named = Hit(
        Article("pont.txt", text.replace("une", "Claire Dubreuil,"), "Un pont à Sainte-Colombe"), 0, len(text), 10.0
    )
    asked = analysed("Comment s'appelle l'architecte du pont de Sainte-Colombe ?", Corpus(100))
    less, more = (answerable(asked, rank(candidates(asked, [hit])), [hit]) for hit in (nameless, named))
    assert less < more


def test_rarity_is_a_share_whatever_the_size_of_the_corpus() -> None:
    """A word that nobody wrote weighs 1 among a hundred passages and among thirty thousand."""
    assert told("Où est Zanzibar ?", 100)["highest"] == told("Où est Zanzibar ?", 30_000)["highest"] == 1.0
