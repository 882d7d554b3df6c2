"""Answers as JSON and as terminal text."""

from __future__ import annotations

import dataclasses
import json
from datetime import date

import click
import pytest
from handmade import ARTICLE, DROPPED, QUOTE, abstention, answer

from bot.rendering import terminal
from bot.rendering.as_json import answer_dict, dumps, hits_dict, report_dict
from bot.rendering.terminal import Page
from bot.texts import texts
from retrieval.chain import NOTICES
from retrieval.types import Failure, Hit, Period, Removed, SyncReport, Usage

FR, EN = Page(texts("fr")), Page(texts("en"))
COLOUR = Page(texts("fr"), colour=True)


def test_answer_keys_in_contract_order() -> None:
    """The keys of an Answer object come in the order of the contract, then notice, missing and unanswered."""
    assert list(answer_dict(answer())) == [
        "id",
        "question",
        "understood_as",
        "language",
        "mode",
        "model",
        "abstained",
        "text",
        "statements",
        "dropped",
        "citations",
        "hits",
        "period",
        "newest_source",
        "usage",
        "seconds",
        "notice",
        "confidence",
        "missing",
        "unanswered",
    ]


def test_citation_and_usage_keys() -> None:
    """A citation, a hit and the usage have exactly the keys of the contract, in order."""
    found = answer_dict(answer())
    assert list(found["citations"][0]) == [
        "number",
        "article",
        "title",
        "published",
        "source",
        "url",
        "start",
        "end",
        "quote",
    ]
    assert list(found["hits"][0]) == ["article", "start", "end", "score"]
    assert list(found["usage"]) == ["input_tokens", "output_tokens", "cost_usd"]
    more = answer_dict(answer(usage=Usage(10, 5, 0.0, 4, 15)))["usage"]
    assert more == {"input_tokens": 10, "output_tokens": 5, "cost_usd": 0.0, "cached_tokens": 4, "unpriced_tokens": 15}
    assert list(found["statements"][0]) == ["text", "citations", "supported"]


def test_json_has_no_article_text() -> None:
    """A hit names its article without carrying the text."""
    assert "Le maire a salué" not in dumps(answer_dict(answer()))


def test_period_is_text() -> None:
    """A period is written as an ISO interval."""
    assert answer_dict(answer(period=Period(date(2025, 1, 1), None)))["period"] == "2025-01-01/…"


def test_hits_line() -> None:
    """A search line is the id and the hits with title and date."""
    line = hits_dict("q7", [Hit(ARTICLE, 0, 10, 1.5)])
    assert line == {
        "id": "q7",
        "hits": [
            {
                "article": "foire.txt",
                "start": 0,
                "end": 10,
                "score": 1.5,
                "title": "La foire ouvre",
                "published": "2025-06-17",
            }
        ],
    }


def test_report_keys() -> None:
    """The ingest report has the keys of the contract, failures with path, line and reason."""
    found = report_dict(SyncReport(1, 0, 0, 2, (Failure("a.jsonl", "bad", 3),), 9, 0.5))
    assert list(found) == ["added", "changed", "removed", "unchanged", "failed", "passages", "seconds"]
    assert found["failed"] == [{"path": "a.jsonl", "line": 3, "reason": "bad"}]


def test_dumps_half_surrogate() -> None:
    """A half surrogate, which UTF-8 cannot hold, is escaped and does not fail."""
    line = dumps({"text": "\ud800é"})
    assert line.isascii()
    assert json.loads(line) == {"text": "\ud800é"}


def test_answer_shows_marker_verdict_source_and_quote() -> None:
    """A rendered answer holds the marker, the verdict, the source line and the quote."""
    text = terminal.answer(answer(), FR)
    assert f"{QUOTE} [1]" in text
    assert "Vérifié : 1/1 phrases appuyées · mode extractif" in text
    assert "[1] La foire ouvre · Gazette · 17 juin 2025 · foire.txt" in text
    assert f"« {QUOTE} »" in text


def test_plain_has_no_escape() -> None:
    """Without a tty there is no escape sequence; with one, removing them gives the same words."""
    plain, coloured = terminal.answer(answer(), FR), terminal.answer(answer(), COLOUR)
    assert "\x1b" not in plain
    assert "\x1b" in coloured
    assert click.unstyle(coloured) == plain


def test_verdict_counts_dropped() -> None:
    """The verdict says how many sentences were dropped and which model wrote."""
    text = terminal.answer(answer(mode="model", model="m1", dropped=(DROPPED,)), FR)
    assert "1 phrase écartée · rédigé par m1" in text


def test_unsupported_statement_is_marked() -> None:
    """A statement that is not supported says so."""
    one = dataclasses.replace(answer().statements[0], supported=False)
    assert "(non vérifié) [1]" in " ".join(terminal.answer(answer(statements=(one,)), FR).split())


def test_notice_is_said() -> None:
    """A fallback says why it answered, and what to do; a written answer that was cut says that it is not whole."""
    told = " ".join(terminal.answer(answer(notice="model_timeout"), EN).split())
    assert "took too long. Extractive answer instead. SOURCIER_MODEL_TIMEOUT and" in told
    told = " ".join(terminal.answer(answer(notice="model_timeout", mode="model"), EN).split())
    assert "took too long. This is what it had written until then." in told
    assert "strange" in terminal.answer(answer(notice="strange"), EN)


@pytest.mark.parametrize("page", [FR, EN], ids=["fr", "en"])
def test_every_notice_has_words_and_a_remedy(page: terminal.Page) -> None:
    """Whatever the chain may say of a model; a repeated answer needs no remedy."""
    for notice in NOTICES:
        assert f"notice_{notice}" in page.t.entries
        assert f"remedy_{notice}" in page.t.entries or notice == "repeated"
        assert page.t(f"notice_{notice}").split()[0] in terminal.notice(answer(notice=notice), page)


def test_understood_only_when_it_differs() -> None:
    """How the question was understood is said only when it is not how it was asked."""
    assert "Compris" not in terminal.answer(answer(), FR)
    other = answer(understood_as="Combien à Nantes ?", period=Period(date(2025, 1, 1), None))
    assert "Compris : Combien à Nantes ?" in terminal.answer(other, FR)
    assert "Période : 1er janvier 2025 – …" in terminal.answer(other, FR)


def test_a_period_that_the_question_gave_is_preferred_only() -> None:
    """Articles of another time may answer all the same, and the line says so; `--since` leaves them out."""
    period = Period(date(2022, 1, 1), date(2022, 12, 31), "en 2022")
    line = "Période privilégiée : 1er janvier 2022 – 31 décembre 2022"
    assert line in terminal.answer(answer(period=period), FR)


def test_abstention_helps() -> None:
    """An abstention names what is missing and the nearest articles with their dates, each once."""
    text = terminal.answer(abstention(hits=answer().hits * 2), FR)
    assert "Introuvable dans les articles : « éléphant »" in text
    assert text.count("- La foire ouvre · Gazette · 17 juin 2025 · foire.txt") == 1
    assert "Vérifié" not in text


def test_wraps_to_width() -> None:
    """No line is longer than the width."""
    text = terminal.answer(answer(), Page(texts("fr"), 40))
    assert max(map(len, text.splitlines())) <= 40


def test_articles_cannot_drive_the_terminal() -> None:
    """Escape sequences and direction marks of an article never reach the terminal."""
    evil = dataclasses.replace(ARTICLE, title="\x1b[2Jvide\u202e", text="a\x1b]0;x\x07b\r\n")
    shown = [terminal.article(evil, FR), terminal.hits([Hit(evil, 0, 5, 1.0)], FR)]
    assert not any(sign in text for text in shown for sign in "\x1b\x07\u202e\r")


def test_raw_puts_pieces_back() -> None:
    """--raw shows what was removed where it stood, marked; without it only their number is said."""
    cut = dataclasses.replace(
        ARTICLE, removed=(Removed(0, "Accueil | Sport", "menu"), Removed(len(ARTICLE.text), "©", "footer"))
    )
    assert terminal.article(cut, FR, raw=True).endswith("⟦menu: Accueil | Sport⟧" + ARTICLE.text + "⟦footer: ©⟧")
    assert "2 passages parasites" in terminal.article(cut, FR)
    assert "Accueil" not in terminal.article(cut, FR)


def test_quote_in_its_context() -> None:
    """A quote is shown inside its article, marked, with what stands around it."""
    text = " ".join(terminal.quote_in_context(ARTICLE, answer().citations[0], FR).split())
    assert f"à Nantes. ⟦{QUOTE}⟧ Le maire" in text
    coloured = terminal.quote_in_context(ARTICLE, answer().citations[0], COLOUR)
    assert "\x1b[7m" in coloured
    assert "⟦" not in coloured


def test_details_show_scores_and_seconds() -> None:
    """The details hold each hit with its scores, the seconds and the tokens."""
    text = terminal.details(answer(usage=Usage(10, 5, 0.001)), EN)
    assert "foire.txt:0-" in text
    assert "words 12.300" in text
    assert "total 0.012 s" in text
    assert "10 in, 5 out" in text


def test_size() -> None:
    """A size is given in the largest unit that fits."""
    assert [terminal.size(n) for n in (0, 999, 1500, 2_000_000)] == ["0 B", "999 B", "1.5 kB", "2.0 MB"]


SILENT = "Les articles ne disent pas combien de libraires étaient là."


def test_what_the_articles_do_not_say_has_no_source() -> None:
    """It stands between the statements and the verdict, without a number; alone, in the abstention."""
    shown = terminal.answer(answer(unanswered=(SILENT,), mode="model", model="m"), FR)
    assert shown.index(QUOTE) < shown.index(SILENT) < shown.index("Vérifié")
    assert f"{SILENT} [" not in shown
    assert SILENT in terminal.answer(abstention(unanswered=(SILENT,)), FR)
    assert SILENT in terminal.answer(answer(unanswered=(SILENT,)), COLOUR)
    assert answer_dict(answer(unanswered=(SILENT,)))["unanswered"] == [SILENT]
