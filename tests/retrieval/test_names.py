"""The proper names of a sentence, persons and places."""

from __future__ import annotations

import pytest

from retrieval.names import names_in


def test_names_of_persons_and_places() -> None:
    """A given name or a title tells a person, a preposition a place."""
    found = {
        n.text: (n.person, n.placed) for n in names_in("Hier, Claire Dubreuil a quitté Sturgis pour aller à Anduze.")
    }
    assert found["Claire Dubreuil"] == (True, False)
    assert found["Anduze"] == (False, True)


@pytest.mark.parametrize(
    ("sentence", "places"),
    [
        ("Au Japon, la pluie a cessé.", ["Japon"]),
        ("La route passe par l'Ouzbékistan, le Tadjikistan et Zorgoville.", ["Ouzbékistan", "Tadjikistan"]),
        ("La Rochelle attend les voiliers.", ["La Rochelle"]),
        ("Le Louvre a fermé.", []),
        ("Florence Dubreuil vit à Florence.", ["Florence"]),
    ],
)
def test_places(sentence: str, places: list[str]) -> None:
    """By the preposition before, also where it opens the sentence, or known by their name; a person's name is none."""
    assert [n.text for n in names_in(sentence) if n.placed] == places
