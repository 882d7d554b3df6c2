"""Answers and passages as Telegram messages: their exact look, and what must hold for any answer whatever."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bot.rendering import telegram as rendering
from bot.rendering.telegram import Button, Message
from bot.rendering.telegram_html import BYTES, ENTITIES, UNITS, clean, line, units
from bot.rendering.telegram_lines import notices
from bot.telegram.texts import LANGUAGES, catalogue
from retrieval.chain import NOTICES
from retrieval.types import Article, Statement

FR = catalogue("fr")
URL = "https://gazette.example.fr/2025/foire?page=1&x=2"
TEXT = (
    "La foire ouvre\n\nLa foire du livre a ouvert mardi à Nantes. Elle attend 12 000 visiteurs cette semaine. "
    "Le maire a salué les libraires. Il reviendra."
)
QUOTE = "Elle attend 12 000 visiteurs cette semaine."
ARTICLE = Article("foire.txt", TEXT, "La foire ouvre", "2025-06-17", "Gazette", URL)
TO_QUOTE = (
    "https://gazette.example.fr/2025/foire?page=1&amp;x=2"
    "#:~:text=Elle%20attend%2012%20000%20visiteurs%20cette%20semaine."
)


def cited(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A citation of ARTICLE."""
    start = TEXT.index(QUOTE)
    values = {"number": number, "article": ARTICLE.id, "title": ARTICLE.title, "published": ARTICLE.published}
    values |= {"source": ARTICLE.source, "url": URL, "start": start, "end": start + len(QUOTE), "quote": QUOTE}
    return values | changes


def said(text: str, *citations: int, supported: bool = True) -> dict[str, Any]:
    """A statement."""
    return {"text": text, "citations": list(citations), "supported": supported}


def an_answer(**changes: Any) -> dict[str, Any]:
    """The JSON form of an answer of one statement."""
    values: dict[str, Any] = {"id": "q1", "question": "Combien de visiteurs ?", "language": "fr", "text": ""}
    values |= {"understood_as": "Combien de visiteurs ?", "mode": "extractive", "model": None, "abstained": False}
    values |= {"statements": [said(QUOTE, 1)], "dropped": [], "citations": [cited()], "hits": [], "period": None}
    values |= {"newest_source": "2025-06-17", "usage": {}, "seconds": {}, "notice": None, "missing": []}
    values |= {"unanswered": []}
    return values | changes


def an_abstention(**changes: Any) -> dict[str, Any]:
    """The JSON form of an abstention."""
    empty = {"abstained": True, "statements": [], "citations": [], "newest_source": None, "missing": ["éléphant"]}
    return an_answer(**(empty | changes))


def seen(messages: list[Message]) -> str:
    """All that a person reads."""
    return "\n".join(rendering.text(m.html) for m in messages)


def test_answer_as_it_looks() -> None:
    """An answer by a model: how it was understood, statements with marks, verdict, cited sources, dates, buttons."""
    found = an_answer(
        question="Et cette année ?",
        understood_as="Combien de visiteurs à la foire en 2025 ?",
        mode="model",
        model="gpt-5-mini",
        period="2025-01-01/2025-12-31",
        statements=[said("La foire attend 12 000 visiteurs.", 1), said("Elle a ouvert mardi <17 juin>.", 1, 3)],
        dropped=[{"text": "Elle est gratuite.", "reason": "words not in the passage"}],
        citations=[cited(), cited(2), cited(3, title="Nantes & ses livres", url=None, published="2025-06")],
    )
    [message] = rendering.answer(found, 17, FR, corpus_until="2025-07-01", followups=["Qui a ouvert la foire ?"])
    assert message.html.replace("\u00a0", " ") == (
        "<i>Compris : Combien de visiteurs à la foire en 2025 ?\n"
        "Période privilégiée : 2025</i>\n\n"
        "La foire attend 12 000 visiteurs. [1] Elle a ouvert mardi &lt;17 juin&gt;. [1] [3]\n\n"
        "<i>✓ 2/2 phrases vérifiées · 1 phrase écartée · rédigé par gpt-5-mini</i>\n\n"
        "<b>Sources</b>\n"
        f'[1] <a href="{TO_QUOTE}">La foire ouvre</a> · Gazette · 17 juin 2025\n'
        "[3] Nantes &amp; ses livres · Gazette · juin 2025\n\n"
        "<i>Source la plus récente : 17 juin 2025 · dernier article du corpus : 1er juillet 2025</i>"
    )
    assert "12 000 visiteurs.\u00a0[1] Elle" in message.html
    assert message.buttons == (
        (Button("[1]", "p:17:1"), Button("[3]", "p:17:3")),
        (Button("👍", "f:17:1"), Button("👎", "f:17:-1")),
        (Button("Qui a ouvert la foire ?", "q:17:0"),),
        (Button("Toutes les dates", "d:17"),),
    )


def test_abstention_as_it_looks() -> None:
    """An abstention names what is missing, the nearest articles once each, and how to ask."""
    near = [ARTICLE, ARTICLE, Article("b", "", "Une autre", "2024", None, None)]
    [message] = rendering.answer(an_abstention(), 18, FR, corpus_until="2025-07-01", nearest=near, asked="Où ?")
    assert message.html.replace("\u00a0", " ") == (
        "❓ <i>Où ?</i>\n\n"
        "Je n’ai pas trouvé de quoi répondre dans les articles.\nIntrouvable : « éléphant ».\n\n"
        "<b>Articles les plus proches</b>\n"
        f'• <a href="{URL.replace("&", "&amp;")}">La foire ouvre</a> · Gazette · 17 juin 2025\n'
        "• Une autre · 2024\n\n"
        "💡 Essayez d’autres mots, un nom de personne ou de lieu, ou une date.\n\n"
        "<i>Dernier article du corpus : 1er juillet 2025</i>"
    )
    assert message.buttons == ((Button("👍", "f:18:1"), Button("👎", "f:18:-1")),)


def test_list_items_are_lines() -> None:
    """Items of a list get a bullet and a line each; what follows the list begins a line."""
    statements = [said("Trois :", 1), said("- un", 1), said("- deux", 1), said("Fin.", 1, supported=False)]
    [message] = rendering.answer(an_answer(statements=statements), 1, FR)
    rows = message.html.replace("\u00a0", " ").split("\n")
    assert rows[:4] == ["Trois : [1]", "• un [1]", "• deux [1]", "Fin. (non vérifié) [1]"]
    assert "⚠️ 3/4 phrases vérifiées · mode extractif" in message.html


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("2024-01-01/2024-12-31", "Période privilégiée : 2024"),
        ("2024-02-01/2024-02-29", "Période privilégiée : février 2024"),
        ("2023-02-01/2023-02-27", "Période privilégiée : du 1er février 2023 au 27 février 2023"),
        ("2026-11-21/2026-11-21", "Période privilégiée : 21 novembre 2026"),
        ("2020-01-01/2022-12-31", "Période privilégiée : du 1er janvier 2020 au 31 décembre 2022"),
        ("2020-01-01/…", "Période privilégiée : à partir du 1er janvier 2020"),
        ("…/2020-12-31", "Période privilégiée : jusqu’au 31 décembre 2020"),
        ("9999-01-01/9999-12-31", "Période privilégiée : 9999"),
    ],
)
def test_the_period_is_said_to_be_preferred(period: str, words: str) -> None:
    """A year, a month and a day by their names; articles of other dates may answer too, so it is called no filter."""
    shown = seen(rendering.answer(an_answer(period=period), 1, FR)).replace("\u00a0", " ")
    assert words in shown.split("\n")


def test_articles_in_another_language() -> None:
    """Where the nearest articles are in another language than the question, that is the hint, and not each word."""
    french = [Article(f"{n}.txt", "x", "Un titre", language="fr") for n in range(2)]
    found = an_abstention(language="en", missing=["trade", "between"])
    shown = seen(rendering.answer(found, 1, catalogue("en"), nearest=french))
    assert "These articles are in French: try asking in French." in shown
    assert "Not found" not in shown
    for nearest in ([], [*french, Article("c.txt", "x", "A title", language="en")], [Article("d.txt", "x", "?")]):
        shown = seen(rendering.answer(found, 1, catalogue("en"), nearest=nearest))
        assert "Not found: “trade”, “between”." in shown
        assert "try asking" not in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_the_model_did_not_write(language: str) -> None:
    """Every notice that the chain may give in plain words of every language: no key, code or English name of it."""
    t = catalogue(language)
    for notice in NOTICES:
        (words,) = notices(an_answer(notice=notice), t)
        assert words != t("answer_notice_unknown")
        assert not re.search(r"API|key|HTTP|\d|OPENAI|_", words, re.IGNORECASE)


def test_notice_in_words() -> None:
    """A known reason of a fallback has its words, an unknown one the general ones."""
    for notice, words in (("budget", "budget du modèle est épuisé"), ("model_odd", "Le modèle n’a pas pu finir.")):
        assert words in seen(rendering.answer(an_answer(notice=notice), 1, FR))
        assert words in seen(rendering.answer(an_abstention(notice=notice), 1, FR))


def test_mark_without_citation_is_not_shown() -> None:
    """A number that no citation has would lead nowhere."""
    [message] = rendering.answer(an_answer(statements=[said("Oui.", 1, 9)]), 1, FR)
    assert "[9]" not in rendering.text(message.html)


def test_answer_from_json() -> None:
    """An answer comes back from its JSON text; anything but an object is refused."""
    assert rendering.answer_of(json.dumps(an_answer())) == an_answer()
    with pytest.raises(ValueError, match="object"):
        rendering.answer_of("[]")


def test_passage_in_its_context() -> None:
    """A passage: the quote in bold between the sentence before and the sentence after, and a link to it."""
    [message] = rendering.passage(cited(), ARTICLE, FR)
    assert message == Message(
        "[1] <b>La foire ouvre</b>\nGazette · 17 juin 2025\n\n"
        "<blockquote expandable>La foire du livre a ouvert mardi à Nantes. "
        f"<b>{QUOTE}</b> Le maire a salué les libraires.</blockquote>\n\n"
        f'<a href="{TO_QUOTE}">Lire l’article</a>'
    )


def test_passage_leaves_out_the_headline() -> None:
    """A headline right before the quote is not repeated below the title; the rest of a cut sentence is shown."""
    quote = "La foire du livre a ouvert"
    start = TEXT.index(quote)
    [message] = rendering.passage(cited(quote=quote, start=start, end=start + len(quote)), ARTICLE, FR)
    assert f"<blockquote expandable><b>{quote}</b> mardi à Nantes.</blockquote>" in message.html


@pytest.mark.parametrize(
    ("article", "words"),
    [(None, "n’est plus dans le corpus"), (Article("foire.txt", "Autre texte."), "L’article a changé depuis")],
)
def test_passage_of_an_article_that_is_not_as_it_was(article: Article | None, words: str) -> None:
    """When the article is gone or changed, it says so and shows what was quoted."""
    [message] = rendering.passage(cited(), article, FR)
    assert words in message.html
    assert f"<blockquote expandable><b>{QUOTE}</b></blockquote>" in message.html


def test_long_passage_is_split_inside_its_tags() -> None:
    """A quote of 20,000 characters fills several messages, each with its own blockquote, nothing lost."""
    quote = " ".join(f"mot{n} <&>" for n in range(1800))
    messages = rendering.passage(cited(quote=quote, start=0, end=len(quote)), Article("a", quote), FR)
    assert len(messages) > 4
    assert all(rendering.fits(m.html) for m in messages)
    assert "".join(quote.split()) in "".join(seen(messages).split())
    assert all(m.html.count("<blockquote") == m.html.count("</blockquote>") for m in messages)


def test_frame_is_what_is_there_so_far() -> None:
    """A frame ends with an ellipsis and, when it is too long, begins on a later sentence."""
    few = [Statement("Un.", (1,)), Statement("- deux", (2,)), Statement("- trois", (1, 3))]
    assert rendering.frame(few, FR).replace("\u00a0", " ") == "Un. [1]\n• deux [2]\n• trois [1] [3] …"
    assert rendering.frame([], FR) == "…"
    many = [Statement(f"Phrase {n} " + "<mot> " * 50 + "fin.", (n,)) for n in range(40)]
    frame = rendering.frame(many, FR)
    assert rendering.fits(frame)
    assert re.fullmatch(r"… Phrase \d+ .* fin\.\u00a0\[39] …", rendering.text(frame))
    one = rendering.frame([Statement("mot " * 5000 + "fin.", (1,))], FR)
    assert rendering.fits(one)
    assert one.endswith("fin.\u00a0[1] …")


def test_notice_is_escaped_and_fits() -> None:
    """A notice shows any text as it is, with commands that work; a blank or endless one can still be sent."""
    assert rendering.notice("1 < 2 & /nouveau").html == "1 &lt; 2 &amp; /nouveau"
    assert rendering.notice(" \x00").html == "…"
    assert rendering.fits(rendering.notice("<" * 50_000).html)
    assert rendering.plain("1 < 2 @moi") == "1 &lt; 2 <code>@moi</code>"


def test_clean() -> None:
    """Control characters, half surrogates and direction overrides go; letters, joiners and line breaks stay."""
    assert clean("a\x00b\u202ec\u2066d\ud800e\x7f") == "abcde"
    assert clean("a\r\nb\tc\u2028d") == "a\nb c d"
    assert clean("👨‍👩‍👧 é \u200f") == "👨‍👩‍👧 é \u200f"
    assert line("\u200b\u2066 ") == ""
    assert line("a" * 300, 200) == "a" * 199 + "…"


def test_a_long_sentence_keeps_its_mark() -> None:
    """A sentence of 20,000 characters is cut between words, and its mark stays with its last words."""
    text = " ".join(f"mot{n}" for n in range(2700)) + " fin."
    messages = rendering.answer(an_answer(statements=[said("Avant.", 1), said(text, 1)]), 1, FR)
    assert len(messages) >= 5
    assert all(units(rendering.text(m.html)) <= UNITS for m in messages)
    shown = seen(messages).split()
    assert shown[: len(text.split()) + 3] == ["Avant.", "[1]", *text.split(), "[1]"]
    assert sum("fin.\u00a0[1]" in rendering.text(m.html) for m in messages) == 1
    assert [bool(m.buttons) for m in messages] == [False] * (len(messages) - 1) + [True]


def test_no_cut_inside_an_emoji() -> None:
    """Where there is no space to cut at, families, flags and accents stay whole."""
    family, flag = "👨‍👩‍👧‍👦", "🇫🇷"
    for sign in (family, flag, "e\u0301", "👍🏽"):
        messages = rendering.answer(an_answer(statements=[said(sign * 2500, 1)]), 1, FR)
        assert len(messages) > 1
        for message in messages[:-1]:
            assert re.fullmatch(f"(?:{sign})+", rendering.text(message.html))


def test_many_sources_and_followups_keep_the_keyboard_small() -> None:
    """Eight numbers a row, at most a hundred buttons, labels of sixty characters; every source is still listed."""
    numbers = range(1, 131)
    found = an_answer(statements=[said("Oui.", *numbers)], citations=[cited(n) for n in numbers])
    messages = rendering.answer(found, 1, FR, followups=["q" * 200, " ", "ok"] * 5)
    rows = messages[-1].buttons
    assert max(map(len, rows)) == 8
    assert sum(map(len, rows)) <= 100
    assert all(len(b.label) <= 60 and len((b.data or "").encode()) <= 64 for row in rows for b in row)
    assert [b.data for row in rows for b in row if (b.data or "").startswith("q:")] == ["q:1:0", "q:1:2", "q:1:3"]
    listed = re.findall(r"^\[(\d+)] La foire", seen(messages), re.MULTILINE)
    assert listed == [str(n) for n in numbers]
    assert all(len(re.findall("<[a-z]", m.html)) <= ENTITIES for m in messages)
    assert all(len(m.html.encode()) <= BYTES for m in messages)


def test_words_of_others_never_become_links() -> None:
    """Addresses, mentions, commands and tags in a statement are set as code; plain punctuation is left alone."""
    text = "Voir https://evil.example/x?a=1, evil.com (ou @moi), /start, #vrai, $USD et a@b.fr. Fin.Suite : 3.5 et/ou."
    [message] = rendering.answer(an_answer(statements=[said(text, 1)]), 1, FR)
    assert message.html.startswith(
        "Voir <code>https://evil.example/x?a=1</code>, <code>evil.com</code> (ou <code>@moi</code>), "
        "<code>/start</code>, <code>#vrai</code>, <code>$USD</code> et <code>a@b.fr</code>. Fin.Suite : 3.5 et/ou."
    )


def test_a_link_across_the_edge_of_a_quote() -> None:
    """What would be a hashtag only together with the words behind the quote is no link either."""
    [message] = rendering.passage(cited(quote="#", start=0, end=1, url=None), Article("a", "#vrai"), FR)
    assert "<blockquote expandable><code>#vrai</code></blockquote>" in message.html


def test_what_the_articles_do_not_say_is_in_italics() -> None:
    """It follows the statements without a mark, also in an abstention; an older answer has none."""
    silent = "Les articles ne disent pas qui a payé <b> a.example/x."
    [message] = rendering.answer(an_answer(unanswered=[silent]), 7, FR)
    assert "<i>Les articles ne disent pas qui a payé &lt;b&gt; </i><code>a.example/x</code><i>.</i>" in message.html
    assert message.html.index("12 000") < message.html.index("Les articles") < message.html.index("✓")
    [message] = rendering.answer(an_abstention(unanswered=["On ne le dit pas."]), 7, FR)
    assert "<i>On ne le dit pas.</i>" in message.html
    old = an_answer()
    del old["unanswered"]
    assert rendering.answer(old, 7, FR)
