"""Other words for the same thing, and other languages' words in French."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files

import pytest

from retrieval.analysis import terms
from retrieval.language import telling
from retrieval.lexicon import TRANSLATED, in_french, is_common, related, typed

FRENCH = ("synonyms.txt", "press.txt", "encyclopaedia.txt", "places.txt")


def term(word: str) -> str:
    (found,) = terms(word)
    return found


def lines(name: str) -> list[str]:
    text = files("retrieval.lexicon").joinpath(name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize(
    ("asked", "told"),
    [("boulot", "emploi"), ("flics", "policiers"), ("achat", "acheter"), ("pékin", "chinois"), ("kiev", "ukrainien")],
)
def test_words_of_a_group_stand_for_each_other(asked: str, told: str) -> None:
    """In both directions, whatever their form, and for less than the word itself."""
    assert 0 < related(term(asked))[(term(told),)] < 1
    assert (term(asked),) in related(term(told))


def test_a_kind_is_answered_by_one_of_it_and_not_the_other_way() -> None:
    """« volaille » asks for chickens too; « poulet » does not ask for ducks by way of it."""
    assert (term("poulet"),) in related(term("volaille"))
    assert (term("canard"),) not in related(term("poulet"))


def test_several_words_are_needed_together() -> None:
    """An expression stands for a word only with all of its words."""
    assert tuple(terms("organisation mondiale de la santé")) in related(term("OMS"))


def test_an_unknown_word_has_no_others() -> None:
    """Names and made-up words are themselves alone, and no everyday words."""
    assert not related("zorglub")
    assert not is_common("zorglub")
    assert is_common(term("emplois"))


def test_a_word_is_not_related_to_itself() -> None:
    """No group gives a word back as another word for it."""
    for word in ("emploi", "chine", "vente", "président"):
        assert all(term(word) not in item for item in related(term(word)))


@pytest.mark.parametrize("name", FRENCH)
def test_french_lines_are_well_formed(name: str) -> None:
    """Items between commas, at most one « > », at least two sides of something, no line twice."""
    found = lines(name)
    assert [line for line, n in Counter(found).items() if n > 1] == []
    for line in found:
        sides = line.split(">")
        items = [item.strip() for side in sides for item in side.split(",")]
        assert len(sides) <= 2, line
        assert len(items) >= 2, line
        assert all(items), line
        assert line == line.lower(), line


@pytest.mark.parametrize("language", sorted(TRANSLATED))
def test_glossary_lines_are_well_formed(language: str) -> None:
    """Headwords, a tab, French words; none empty, no headword on two lines."""
    heads: Counter[str] = Counter()
    for line in lines(f"{language}.txt"):
        left, tab, right = line.partition("\t")
        assert tab, line
        assert all(part.strip() for part in left.split("|")), line
        assert all(part.strip() for part in right.split(",")), line
        heads.update({head.strip().lower() for head in left.split("|")})
    assert [head for head, n in heads.items() if n > 1] == []


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How many jobs were lost in China?", ["combien", "emploi", "Chine"]),
        ("Сколько рабочих мест потеряно в Китае?", ["combien", "Chine"]),
        ("中国有多少个国家参加峰会？", ["combien", "Chine", "participer", "sommet"]),
    ],
)
def test_questions_in_other_languages_become_french_words(question: str, words: list[str]) -> None:
    """The words that are known stand in French, how the question asks first."""
    found = telling(question)
    assert found.startswith(words[0])
    assert [word for word in words if word not in found] == []


def test_names_and_figures_stay() -> None:
    """What no glossary knows is kept as typed."""
    assert in_french("Zorglub won 42 medals", "en", frozenset()).split()[0] == "Zorglub"
    assert "42" in in_french("Zorglub won 42 medals", "en", frozenset())
    assert "BYD" in in_french("BYD在哪里？", "zh", frozenset())


def test_lines_of_typed_words_are_well_formed() -> None:
    """One headword in lower case each, once, and another word for it."""
    heads = [line.split("\t")[0] for line in lines("typed.txt")]
    assert len(heads) == len(set(heads)) == len(typed())
    assert all(head.isalpha() and head == head.lower() and word and word != head for head, word in typed().items())
