"""The word index: French analysis, typos, dates, and a reader beside a writer."""

from datetime import date
from pathlib import Path

import pytest

from retrieval.analysis import terms
from retrieval.passages import cut
from retrieval.types import Article, Period
from retrieval.words import WordIndex, days

ARTICLES = [
    Article(
        "greve",
        "La grève des cheminots de la SNCF a duré trois jours. L'été fut perturbé.",
        "Grève à la SNCF",
        "2020-07-14",
    ),
    Article(
        "oeuf", "Le prix des œufs a bondi. Les éleveurs s'inquiètent de la grippe aviaire.", "Œufs plus chers", "2021"
    ),
    Article("sommet", "Les présidents se sont rencontrés à Xi'an pour un sommet régional.", "Sommet à Xi'an", None),
]


@pytest.fixture
def index(tmp_path: Path) -> WordIndex:
    words = WordIndex(tmp_path / "words")
    for article in ARTICLES:
        words.add(article, "v1", cut(article))
    words.commit()
    return words


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("greve sncf", "greve"),
        ("Grèves", "greve"),
        ("l'ETE perturbe", "greve"),
        ("oeuf", "oeuf"),
        ("ŒUFS", "oeuf"),
        ("qu'arrive-t-il aux éleveurs", "oeuf"),
        ("chemniots", "greve"),
        ("rencontre des presidants", "sommet"),
    ],
)
def test_sloppy_questions_find_their_article(index: WordIndex, question: str, article: str) -> None:
    """Accents, capitals, elisions, ligatures, inflections and typos do not matter."""
    assert index.search(question, 3)[0].article == article


def test_accents_never_change_the_ranking(index: WordIndex) -> None:
    """A question typed without accents gives the same hits and scores."""
    assert index.search("La grève de l'été", 3) == index.search("la greve de l'ete", 3)


def test_numbers_are_one_term_however_written() -> None:
    """Separators of thousands and decimals do not matter."""
    assert terms("4.200 ou 4 200") == terms("4200 ou 4200") == ["4.200", "4200"] or terms("4 200 et 17,62") == [
        "4200",
        "17.62",
    ]


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (date(2020, 7, 14), date(2020, 7, 14), {"greve"}),
        (date(2020, 1, 1), None, {"greve", "oeuf"}),
        (None, date(2020, 12, 31), {"greve"}),
        (date(2021, 6, 1), date(2021, 6, 30), {"oeuf"}),
        (date(2022, 1, 1), None, set()),
    ],
)
def test_a_period_keeps_what_was_published_in_it(
    index: WordIndex, first: date | None, last: date | None, found: set[str]
) -> None:
    """A date of year precision overlaps any day of its year; an article without a date is in no period."""
    hits = index.search("grève œufs sommet", 10, Period(first, last))
    assert {h.article for h in hits} == found


def test_elided_words_of_questions_say_nothing() -> None:
    """« Qu'est-ce que » is no word to look for."""
    assert terms("Qu'est-ce que c'est ? Lorsqu'il neige, jusqu'à quand ?") == ["neig"]


def test_a_question_of_stop_words_finds_nothing(index: WordIndex) -> None:
    """Nothing to search for is no error."""
    assert index.search("qui est-ce que", 5) == []
    assert index.search("", 5) == []


def test_a_reader_sees_commits_of_a_writer(index: WordIndex, tmp_path: Path) -> None:
    """A second opening sees what was committed and nothing else."""
    index.delete(["greve"])
    assert WordIndex(tmp_path / "words").search("grève", 3)[0].article == "greve"
    index.commit()
    assert "greve" not in {h.article for h in WordIndex(tmp_path / "words").search("grève", 3)}


def test_days_of_partial_dates() -> None:
    """A month covers its days, a year its months, an unknown date none."""
    assert [days(p) for p in ("2025-06-17", "2025-06", "2025", None)] == [
        (20250617, 20250617),
        (20250601, 20250631),
        (20250101, 20251231),
        (0, 0),
    ]
