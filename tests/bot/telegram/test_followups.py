"""Further questions under an answer."""

from __future__ import annotations

import pytest

from bot.telegram import followups
from bot.telegram.texts import LANGUAGES, catalogue
from retrieval.types import Answer, Article, Citation, Hit, Usage


def answer(*articles: Article, cited: str = "", abstained: bool = False) -> Answer:
    """An answer that found these articles."""
    quotes = (Citation(1, cited, None, None, None, None, 0, 1, "x"),) if cited else ()
    hits = tuple(Hit(article, 0, 1, 1.0) for article in articles)
    fields = {"understood_as": "?", "language": "fr", "mode": "extractive", "model": None, "text": "", "statements": ()}
    rest = {"dropped": (), "period": None, "newest_source": None, "usage": Usage(), "seconds": {}}
    return Answer(id="x", question="?", abstained=abstained, citations=quotes, hits=hits, **fields, **rest)  # type: ignore[arg-type]


def article(name: str, title: str | None) -> Article:
    """An article of one word."""
    return Article(name, "x", title)


def test_two_articles_that_are_not_cited() -> None:
    """The best first, each once, with a title that can be read; nothing under an abstention."""
    found = [
        article("a", "Cité"),
        article("b", None),
        article("c", "\u200b"),
        article("d", "Un"),
        article("e", "Un"),
        article("f", "Deux"),
        article("g", "Trois"),
    ]
    assert followups.titles(answer(*found, cited="a")) == ["Un", "Deux"]
    assert followups.titles(answer(*found, abstained=True)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_button_holds_its_whole_question(language: str) -> None:
    """A long title is cut inside the quotation marks: the end of the question stays; marks in it are inner ones."""
    t = catalogue(language)
    shown = followups.label("«\u00a0Le corridor médian ne remplacera pas la route du Nord\u00a0», dit un expert", t)
    assert len(shown) <= 55
    assert "Le corridor médian ne" in shown
    assert shown[-1] in "?？"
    assert "…" in shown
    assert "« «" not in followups.question("«\u00a0Le corridor\u00a0»", t).replace("\u00a0", " ")
