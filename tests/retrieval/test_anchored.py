"""Days that are counted from another one."""

from datetime import date

import pytest

from retrieval.anchored import find

TODAY, NEWEST = date(2026, 11, 22), date(2020, 9, 30)


@pytest.mark.parametrize(
    ("words", "period"),
    [
        ("la veille du 20 août 2020", "2020-08-19/2020-08-19"),
        ("la veille du 20 août", "2020-08-19/2020-08-19"),
        ("l'avant-veille du 1er mars 2024", "2024-02-28/2024-02-28"),
        ("le lendemain du lundi 21 septembre", "2020-09-22/2020-09-22"),
        ("le surlendemain du 30 décembre 2019", "2020-01-01/2020-01-01"),
        ("the day after 3 May 2019", "2019-05-04/2019-05-04"),
        ("le dimanche après le dimanche 6 septembre", "2020-09-13/2020-09-13"),
        ("le mercredi qui suit le 21 septembre 2020", "2020-09-23/2020-09-23"),
        ("the Sunday before 6 September 2020", "2020-08-30/2020-08-30"),
        ("le week-end après le 6 août 2020", "2020-08-08/2020-08-09"),
        ("l'année d'après 2022", "2023-01-01/2023-12-31"),
        ("l'année précédant 2024", "2023-01-01/2023-12-31"),
        ("the year before 2024", "2023-01-01/2023-12-31"),
        ("deux ans après 2023", "2025-01-01/2025-12-31"),
        ("two years after 2023", "2025-01-01/2025-12-31"),
        ("un mois après janvier 2020", "2020-02-01/2020-02-29"),
        ("trois jours avant le 1er mars 2024", "2024-02-27/2024-02-27"),
        ("une semaine après la veille du 3 mai 2020", "2020-05-09/2020-05-09"),
        ("Et combien de cas la veille du 20 août 2020, en tout ?", "2020-08-19/2020-08-19"),
    ],
)
def test_days_are_counted(words: str, period: str) -> None:
    """The code does the arithmetic, over months, years and leap years."""
    assert str(find(words, TODAY, NEWEST)) == period


@pytest.mark.parametrize(
    ("words", "period"),
    [
        ("hier", "2026-11-21/2026-11-21"),
        ("après le 5 mai 2020", "2020-05-06/…"),
        ("depuis 2019", "2019-01-01/…"),
        ("la veille du départ, combien de morts le 20 août ?", "2020-08-20/2020-08-20"),
        ("un an après l'explosion, en août 2020", "2020-08-01/2020-08-31"),
        ("la veille de la finale", "None"),
    ],
)
def test_without_a_day_to_count_from_nothing_is_counted(words: str, period: str) -> None:
    """Then the words mean what the other rules say of them."""
    assert str(find(words, TODAY, NEWEST)) == period


def test_the_words_are_kept() -> None:
    """The expression is the question's own, whatever its accents."""
    found = find("Combien de cas l’avant-veille du 20 août 2020 ?", TODAY, NEWEST)
    assert found is not None
    assert found.expression == "l’avant-veille du 20 août 2020"
