"""The time that a question names, in French and English; what is no time; what articles know decides the year."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from retrieval.chain import Answerer
from retrieval.library import sync
from retrieval.periods import find
from retrieval.search import Searcher
from retrieval.settings import Settings
from retrieval.types import Period, Question

TODAY = date(2026, 11, 22)  # a Sunday
NEWEST = date(2020, 9, 28)  # of the articles

NAMED = """
Que s'est-il passé le 6 septembre ? | 2020-09-06/2020-09-06 | le 6 septembre
Qu'a fait la Chine le 14 juillet 2019 ? | 2019-07-14/2019-07-14 | le 14 juillet 2019
le 1er mai | 2020-05-01/2020-05-01 | le 1er mai
le 24 aout, combien d'habitants | 2020-08-24/2020-08-24 | le 24 aout
Au 30 août, combien de morts ? | 2020-08-30/2020-08-30 | 30 août
Le mardi 22 septembre, combien ? | 2020-09-22/2020-09-22 | mardi 22 septembre
vendredi 7 août 2020 | 2020-08-07/2020-08-07 | vendredi 7 août 2020
le 25 décembre | 2019-12-25/2019-12-25 | le 25 décembre
le 29 février | 2020-02-29/2020-02-29 | le 29 février
12/07/2020 | 2020-07-12/2020-07-12 | 12/07/2020
12.07.2020 | 2020-07-12/2020-07-12 | 12.07.2020
le décret du 2020-07-12 | 2020-07-12/2020-07-12 | 2020-07-12
du 3 au 5 juin 2020 | 2020-06-03/2020-06-05 | du 3 au 5 juin 2020
entre le 3 et le 5 juin | 2020-06-03/2020-06-05 | entre le 3 et le 5 juin
du 12 juin au 3 juillet | 2020-06-12/2020-07-03 | du 12 juin au 3 juillet
en juillet 2020 | 2020-07-01/2020-07-31 | en juillet 2020
en mars | 2020-03-01/2020-03-31 | en mars
en octobre | 2019-10-01/2019-10-31 | en octobre
au mois de mai | 2020-05-01/2020-05-31 | au mois de mai
les émeutes de septembre | 2020-09-01/2020-09-30 | de septembre
la crise d'août 2020 | 2020-08-01/2020-08-31 | d'août 2020
début septembre | 2020-09-01/2020-09-10 | début septembre
mi-août | 2020-08-11/2020-08-20 | mi-août
fin juillet | 2020-07-21/2020-07-31 | fin juillet
fin février 2019 | 2019-02-21/2019-02-28 | fin février 2019
à la fin de juin 2020 | 2020-06-21/2020-06-30 | à la fin de juin 2020
entre janvier et mars 2020 | 2020-01-01/2020-03-31 | entre janvier et mars 2020
de mai à juillet | 2020-05-01/2020-07-31 | de mai à juillet
début 2019 | 2019-01-01/2019-04-30 | début 2019
fin 2019 | 2019-09-01/2019-12-31 | fin 2019
au premier trimestre 2022 | 2022-01-01/2022-03-31 | au premier trimestre 2022
au second semestre 2021 | 2021-07-01/2021-12-31 | au second semestre 2021
cet été | 2020-06-01/2020-08-31 | cet été
l'été dernier | 2020-06-01/2020-08-31 | l'été dernier
au printemps 2019 | 2019-03-01/2019-05-31 | au printemps 2019
l'hiver 2019 | 2019-12-01/2020-02-29 | l'hiver 2019
en 2023 | 2023-01-01/2023-12-31 | en 2023
le budget de 2022 | 2022-01-01/2022-12-31 | de 2022
dans les années 1990 | 1990-01-01/1999-12-31 | dans les années 1990
dans les années 80 | 1980-01-01/1989-12-31 | dans les années 80
depuis 2022 | 2022-01-01/… | depuis 2022
depuis le 3 mars 2021 | 2021-03-03/… | depuis le 3 mars 2021
à partir de juin 2020 | 2020-06-01/… | à partir de juin 2020
après 2015 | 2016-01-01/… | après 2015
avant mars 2021 | …/2021-02-28 | avant mars 2021
avant le 14 juillet | …/2020-07-13 | avant le 14 juillet
jusqu'en 2019 | …/2019-12-31 | jusqu'en 2019
jusqu'au 3 mars 2020 | …/2020-03-03 | jusqu'au 3 mars 2020
entre 2021 et 2023 | 2021-01-01/2023-12-31 | entre 2021 et 2023
de 2021 à 2023 | 2021-01-01/2023-12-31 | de 2021 à 2023
hier | 2026-11-21/2026-11-21 | hier
avant-hier | 2026-11-20/2026-11-20 | avant-hier
aujourd'hui | 2026-11-22/2026-11-22 | aujourd'hui
la semaine dernière | 2026-11-09/2026-11-15 | la semaine dernière
cette semaine | 2026-11-16/2026-11-22 | cette semaine
le mois dernier | 2026-10-01/2026-10-31 | le mois dernier
ce mois-ci | 2026-11-01/2026-11-30 | ce mois-ci
l'an dernier | 2025-01-01/2025-12-31 | l'an dernier
l’année dernière | 2025-01-01/2025-12-31 | l’année dernière
cette année | 2026-01-01/2026-12-31 | cette année
lundi dernier | 2026-11-16/2026-11-16 | lundi dernier
il y a trois jours | 2026-11-19/2026-11-19 | il y a trois jours
il y a deux ans | 2024-01-01/2024-12-31 | il y a deux ans
ces 7 derniers jours | 2026-11-15/2026-11-22 | ces 7 derniers jours
in July 2020 | 2020-07-01/2020-07-31 | in July 2020
on July 14, 2020 | 2020-07-14/2020-07-14 | July 14, 2020
on the 14th of July | 2020-07-14/2020-07-14 | the 14th of July
early September | 2020-09-01/2020-09-10 | early September
since 2022 | 2022-01-01/… | since 2022
before March 2021 | …/2021-02-28 | before March 2021
between 2021 and 2023 | 2021-01-01/2023-12-31 | between 2021 and 2023
yesterday | 2026-11-21/2026-11-21 | yesterday
last week | 2026-11-09/2026-11-15 | last week
last year | 2025-01-01/2025-12-31 | last year
three days ago | 2026-11-19/2026-11-19 | three days ago
this summer | 2020-06-01/2020-08-31 | this summer
"""
CASES = [tuple(part.strip() for part in line.split("|")) for line in NAMED.strip().splitlines()]


@pytest.mark.parametrize(("question", "days", "expression"), CASES)
def test_a_question_names_its_time(question: str, days: str, expression: str) -> None:
    """What is understood, and by which words; the words are the question's own."""
    period = find(question, TODAY, NEWEST)
    assert period is not None
    assert (str(period), period.expression) == (days, expression)
    assert expression in question


@pytest.mark.parametrize(
    "question",
    [
        "Qui est le maire de Lyon ?",
        "la sonde et le robot partis vers Mars cet été-là",
        "avant le sommet de Tianjin",
        "un montant de 2020 euros",
        "Qui est Mai Linh ?",
        "le 31 février",
        "le 45 mars",
        "32/13/2020",
        "le vol 2020-99-99",
        "Combien de jours dure la grève ?",
        "Le sport en 14 questions",
        "d'une part et de l'autre",
        "",
    ],
)
def test_what_names_no_time_gives_none(question: str) -> None:
    """Planets, sums, names and days that do not exist are no time."""
    assert find(question, TODAY, NEWEST) is None


def test_a_date_without_a_year_is_of_the_latest_year_with_articles() -> None:
    """The articles decide: not today's year, nor one of which nothing is stored."""
    known = [date(2017, 7, 15), date(2020, 9, 1)]
    period = find(
        "le 14 juillet", TODAY, NEWEST, lambda first, last: any(first <= d and (d - last).days < 3 for d in known)
    )
    assert period == Period(date(2017, 7, 14), date(2017, 7, 14), "le 14 juillet")
    assert str(find("le 14 juillet", TODAY)) == "2026-07-14/2026-07-14"


@pytest.fixture
def news(settings: Settings, tmp_path: Path) -> Settings:
    """Two reports that differ in nothing but their day, and an undated text."""
    folder = tmp_path / "depeches"
    folder.mkdir()
    for day, cases in (("2020-06-10", 12), ("2020-08-21", 31)):
        text = f"---\ndate: {day}\n---\nPékin a fait état de {cases} nouveaux malades, selon les autorités sanitaires."
        (folder / f"{day}.md").write_text(text, encoding="utf-8")
    (folder / "note.txt").write_text("Les autorités sanitaires de Pékin publient des chiffres.", encoding="utf-8")
    sync(settings, [str(folder)])
    return settings


@pytest.mark.parametrize(("when", "article"), [("le 20 août", "2020-08-21.md"), ("le 10 juin", "2020-06-10.md")])
def test_articles_of_the_time_asked_about_come_first(news: Settings, when: str, article: str) -> None:
    """A date prefers what was published then or shortly after; nothing is left out."""
    with Searcher.open(news) as searcher:
        question = f"Combien de nouveaux malades à Pékin {when} ?"
        hits = searcher.search(question, 10, searcher.period_of(question, TODAY))
        assert hits[0].article.id == article
        assert len({h.article.id for h in hits}) == 3


def test_a_time_without_articles_is_not_understood(news: Settings) -> None:
    """Nothing was published then: the date stays words to search for."""
    with Searcher.open(news) as searcher:
        assert searcher.period_of("Combien de malades hier ?", TODAY) is None
        assert searcher.period_of("Combien de malades en 1950 ?", TODAY) is None
        assert str(searcher.period_of("Combien de malades hier ?", date(2020, 8, 22))) == "2020-08-21/2020-08-21"


def test_an_answer_shows_the_time_unless_it_is_not_wanted(news: Settings) -> None:
    """The period is in the answer; `any_date` leaves it out; an explicit one is a filter and stays."""
    question = Question("Combien de nouveaux malades à Pékin le 21 août ?", today=TODAY)
    with Answerer.open(news) as answerer:
        assert str(answerer.invoke(question).period) == "2020-08-21/2020-08-21"
        assert answerer.invoke(replace(question, any_date=True)).period is None
        june = Period(date(2020, 6, 1), date(2020, 6, 30))
        answer = answerer.invoke(replace(question, period=june))
        assert answer.period == june
        assert {h.article.id for h in answer.hits} == {"2020-06-10.md"}


def test_the_latest_prefers_recent_articles_mildly(news: Settings) -> None:
    """« Dernier » puts the newer of two like reports first; without it, their order is the word index's."""
    with Searcher.open(news) as searcher:
        hits = searcher.search("le dernier bilan des nouveaux malades à Pékin", 10)
        assert hits[0].article.id == "2020-08-21.md"
        assert hits[1].article.id == "2020-06-10.md"
