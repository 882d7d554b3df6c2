"""Rarity: that of the collection, with French at large beside it."""

from __future__ import annotations

import pytest

from retrieval.analysis import terms
from retrieval.rarity import PRIOR, rarity, usual


def test_of_two_words_that_stand_once_the_everyday_one_is_commoner() -> None:
    """Five articles cannot tell « grand » from « Zorglub »; French at large can."""
    (everyday,), (name,) = terms("grand"), terms("Zorglub")
    assert rarity(everyday, 1, 30) < rarity(name, 1, 30)
    assert rarity(name, 2, 30) < rarity(name, 1, 30) < rarity(name, 0, 30)


def test_a_large_collection_speaks_for_itself() -> None:
    """In a hundred thousand passages the prior changes a rarity by less than a hundredth."""
    (everyday,) = terms("grand")
    assert rarity(everyday, 5_000, 100_000) == pytest.approx(rarity("zorglub", 5_000, 100_000), rel=0.01)


def test_what_the_file_says_are_shares_of_terms_as_the_index_knows_them() -> None:
    """Each a share between nothing and one; the words of everyday French are terms that are found under themselves."""
    assert all(0 < share < 1 for share in usual().values())
    words = "pays grand année homme ville président mettre prendre premier nouveau"
    assert [word for word in words.split() if not set(terms(word)) & usual().keys()] == []
    assert PRIOR > 0
