"""Ranking candidates again: what each measure prefers, and scores that stay comparable."""

from __future__ import annotations

import pytest

from retrieval.analysis import words
from retrieval.ranking import WEIGHTS, Candidate, asked, features, scores


def entry(text: str, heading: str = "", score: float = 10.0, group: str = "") -> Candidate:
    sentences = tuple(tuple(words(s)) for s in text.split(". "))
    return Candidate(group or text, score, sentences, tuple(words(heading)))


@pytest.mark.parametrize(
    ("question", "better", "worse"),
    [
        ("le port de Khorgos", "Le port de Khorgos grandit", "Khorgos est loin de tout et son nouveau port grandit"),
        ("exportations de blé", "Les exportations de blé montent", "Exporter est permis. Du blé aussi"),
        (
            "grève des cheminots",
            "La grève des cheminots dure",
            "La grève dure. Les trains roulent. Les cheminots aussi",
        ),
        ("Que dit Tokaïev du blé ?", "Tokaiev parle du prix du pain", "Le prix du blé monte encore"),
        ("les presidants", "Les présidents parlent de tout", "Les habitants parlent de tout"),
        ("la nomination de Zhan", "Zhan est nommé ambassadeur", "Zhan est parti en vacances"),
    ],
)
def test_what_fits_better_scores_higher(question: str, better: str, worse: str) -> None:
    """Words close together, in one sentence, names, and words spelt alike count where BM25 says the same."""
    first, second = scores(asked(question, lambda _: 5.0), [entry(better), entry(worse)])
    assert first > second


def test_every_measure_has_its_weight() -> None:
    """No measure is computed in vain and no weight waits for one."""
    assert set(features(asked("le port", lambda _: 5.0), [entry("Un port")])[0]) == set(WEIGHTS)


def test_scores_are_positive_and_the_best_is_as_before() -> None:
    """The best hit's score is BM25's best; none is below nothing."""
    found = scores(
        asked("le port de Khorgos", lambda _: 5.0), [entry("port de Khorgos", score=9.0), entry("rien", score=1.0)]
    )
    assert found[0] == 9.0
    assert 0 <= found[1] < 9.0


def test_passages_under_one_heading_support_each_other() -> None:
    """Of two like passages the one whose neighbour was found, too, comes first."""
    question = asked("budget du port", lambda _: 5.0)
    alone, beside, neighbour = entry("Le budget", group="a"), entry("Le budget", group="b"), entry("Le port", group="b")
    first, second, _ = scores(question, [alone, beside, neighbour])
    assert second > first


def test_nothing_asked_or_nothing_found_is_no_error() -> None:
    """A question of stop words keeps BM25's order; no candidates give no scores."""
    assert scores(asked("qui est-ce", lambda _: 5.0), [entry("Un port", score=3.0)]) == [3.0]
    assert scores(asked("le port", lambda _: 5.0), []) == []
