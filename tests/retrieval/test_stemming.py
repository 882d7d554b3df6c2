"""Words without accents are brought to the same term as their other forms, and to no other."""

from __future__ import annotations

import pytest

from retrieval.analysis import fold, stem, terms

ONE = (
    "voter votée votées votent votait",
    "organiser organisent organisé organisation",
    "condamner condamnée condamnent",
    "policier policiers policière policières",
    "étranger étrangère étrangers",
    "directeur directrice directrices",
    "chanteur chanteuse",
    "public publique publics",
    "élire élu élus élue élisent",
    "vendre vendu vendues vend vendaient vendront",
    "obtenir obtient obtiennent obtenu obtint",
    "naître née nés naquit",
    "mourir meurt mourut",
    "recevoir reçu reçoit recevront",
    "travail travaux",
    "nouveau nouvelle nouvelles",
    "photo photos",
    "envoyer envoyé envoi",
)
APART = (
    ("mars", "mari"),
    ("mer", "mère"),
    ("armée", "arme"),
    ("violent", "viol"),
    ("président", "présider"),
    ("parti", "partie"),
    ("parti", "part"),
    ("cour", "cours"),
    ("employé", "emploi"),
    ("commune", "communiqué"),
    ("gens", "gène"),
    ("visa", "viser"),
    ("devant", "devoir"),
    ("suite", "suivre"),
    ("nuit", "nuire"),
    ("pays", "payer"),
    ("délit", "delà"),
)


@pytest.mark.parametrize("family", ONE)
def test_forms_of_one_word_are_one_term(family: str) -> None:
    """With accents and without."""
    assert len({stem(fold(word)) for word in family.split()}) == 1


@pytest.mark.parametrize(("one", "other"), APART)
def test_words_that_only_look_alike_stay_apart(one: str, other: str) -> None:
    """Their endings mislead."""
    assert stem(fold(one)) != stem(fold(other))


def test_accents_make_no_difference() -> None:
    """A question typed in a hurry has the terms of one typed with care."""
    typed = "quelles societes ont ete rachetees par la tresoriere"
    assert terms(typed) == terms("Quelles sociétés ont été rachetées par la trésorière")


def test_numbers_are_left_alone() -> None:
    """Their separators go, nothing else."""
    assert terms("12 500 tonnes en 2020") == ["12500", stem("tonnes"), "2020"]
