"""What the noun that is asked for lets expect, and where a sentence has it."""

from __future__ import annotations

import pytest

from retrieval.analysis import terms, terms_with_offsets
from retrieval.expecting import Expected, expected, instances_in, names_for

NAMED = (
    ("Quelle comédienne jouait Phèdre ?", "comedienne", {"person"}),
    ("Dans quel bled se retrouvent les motards ?", "bled", {"town"}),
    ("Sur quelle aire d'autoroute le car s'est-il arrêté ?", "aire d'autoroute", {"place"}),
    ("Quel est le nom du village ?", "village", {"town"}),
    ("Quels sénateurs ont voté contre ?", "senateurs", {"person"}),
    ("Quelle maison d'édition publie ce roman ?", "maison d'edition", {"organisation"}),
)


@pytest.mark.parametrize(("question", "focus", "types"), NAMED)
def test_a_noun_tells_the_type_of_name(question: str, focus: str, types: set[str]) -> None:
    """In the singular and in the plural, behind « le nom de »."""
    assert (expected(question).focus, set(expected(question).types)) == (focus, types)


@pytest.mark.parametrize(
    ("question", "sentence", "found"),
    [
        ("Quel animal a traversé la route ?", "Un loup a traversé la route.", "loup"),
        ("De quelle couleur est la façade ?", "La façade est peinte en bleu.", "bleu"),
        ("Quels animaux vivent ici ?", "La route est longue.", None),
        ("Quel animal vit avec le loup ?", "Le loup vit seul.", None),
    ],
)
def test_an_instance_of_the_noun(question: str, sentence: str, found: str | None) -> None:
    """A wolf is an animal; what the question itself holds answers nothing."""
    words = terms_with_offsets(sentence)
    held = frozenset(terms(question))
    assert instances_in(expected(question), words, held) == ([] if found is None else [sentence.index(found)])


def test_nothing_is_expected_of_an_unknown_noun() -> None:
    """No lexicon knows it."""
    assert expected("Quel zorglub a été vu ?") == Expected()
    assert expected("Pourquoi le train s'arrête-t-il ?") == Expected()


def test_the_noun_is_the_one_that_is_asked_for() -> None:
    """Not one further on, behind « de » or an article."""
    assert expected("Quel zorglub du maire a été vu ?").focus == ""
    assert expected("Quel zorglub les sénateurs ont-ils vu ?").focus == ""
    assert expected("Quelle ancienne comédienne préside le jury ?").focus == "comedienne"


def test_a_name_that_the_question_holds_is_no_answer() -> None:
    """Only what is new counts."""
    question = "Quel réalisateur a tourné avec Jeanne Valmont ?"
    sentence = "Hier, Jeanne Valmont a été filmée par Étienne Roustan."
    held = frozenset(terms(question))
    assert names_for(expected(question), sentence, held) == [sentence.index("Étienne")]
    assert sentence.index("Jeanne") in names_for(expected(question), sentence, frozenset())


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("Le sommet s'est tenu au Kazakhstan.", None),
        ("Le sommet s'est tenu à Astana.", "Astana"),
        ("Le sommet s'est tenu en Normandie, près de Zorgoville.", "Zorgoville"),
    ],
)
def test_a_country_or_a_region_is_no_town(sentence: str, found: str | None) -> None:
    """A town is asked for: what is known to be wider does not do, an unknown place does."""
    places = names_for(expected("Dans quelle ville le sommet a-t-il eu lieu ?"), sentence, frozenset())
    assert places == ([] if found is None else [sentence.index(found)])
