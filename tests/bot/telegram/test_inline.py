"""Inline mode: search while typing, an answer only on request, for admitted people alone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from recorded import ANNA, STRANGER, Desk, desk_in
from telegram import InlineQueryResultArticle
from telegram.error import BadRequest

from bot.rendering.telegram_html import fits
from bot.telegram import inline
from retrieval.settings import Settings
from retrieval.types import Article, Hit

QUESTION = "Combien de conteneurs le port sec de Khorgos a-t-il traités en 2023 ?"
WHERE = "AgAAAInline1"


def offered(desk: Desk) -> tuple[list[InlineQueryResultArticle], dict[str, Any]]:
    method, args, fields = desk.bot.calls[-1]
    assert method == "answer_inline_query"
    return args[1], fields


def asked(desk: Desk) -> str:
    desk.do(inline.on_inline_query, desk.inline(ANNA, QUESTION))
    return offered(desk)[0][0].id


def test_typing_finds_passages_and_offers_the_answer(desk: Desk) -> None:
    desk.do(inline.on_inline_query, desk.inline(ANNA, "  port   sec Khorgos "))
    results, fields = offered(desk)
    assert fields["is_personal"]
    assert fields["cache_time"] <= 30
    assert results[0].title == "Répondre à cette question"
    assert results[0].input_message_content.message_text == "🔎 port sec Khorgos"  # type: ignore[attr-defined]
    assert results[0].reply_markup is not None
    data = results[0].reply_markup.inline_keyboard[0][0].callback_data
    assert desk.memory.kept(str(data).removeprefix("i:")) == "port sec Khorgos"
    assert results[1].title == "Le port sec de Khorgos double sa capacité"
    text = results[1].input_message_content.message_text  # type: ignore[attr-defined]
    assert "<blockquote>" in text
    assert "Khorgos" in text
    assert len({r.id for r in results}) == len(results) <= 10
    assert desk.delivery.inline == []


@pytest.mark.parametrize("query", ["", "po", "    p "])
def test_too_few_letters_are_not_searched_for(desk: Desk, query: str) -> None:
    desk.do(inline.on_inline_query, desk.inline(ANNA, query))
    results, fields = offered(desk)
    assert results == []
    assert fields["button"].text == "Écrivez au moins trois lettres"


@pytest.mark.parametrize("user", [STRANGER, 555])
def test_a_stranger_finds_nothing_but_the_door(desk: Desk, user: int) -> None:
    desk.do(inline.on_inline_query, desk.inline(user, "port sec"))
    results, fields = offered(desk)
    assert results == []
    assert fields["button"].start_parameter == "inline"
    assert desk.memory.user(555) is None


def test_there_is_no_second_page(desk: Desk) -> None:
    desk.do(inline.on_inline_query, desk.inline(ANNA, "port sec", "10"))
    assert offered(desk)[0] == []


def test_a_query_answered_too_late_is_forgotten(desk: Desk) -> None:
    desk.bot.failures = [BadRequest("Query is too old and response timeout expired or query ID is invalid")]
    desk.do(inline.on_inline_query, desk.inline(ANNA, "port sec"))
    assert len(desk.bot.calls) == 1


def test_an_empty_store_finds_nothing(settings: Settings) -> None:
    desk = Desk(settings)
    desk.do(inline.on_inline_query, desk.inline(ANNA, "port sec"))
    assert offered(desk)[0] == []


def test_the_chosen_question_is_answered_in_its_place(desk: Desk) -> None:
    desk.do(inline.on_chosen, desk.chosen(ANNA, asked(desk), QUESTION, WHERE))
    ((where, message),) = desk.delivery.inline
    assert where == WHERE
    assert "372 000 conteneurs" in message.html
    assert QUESTION in message.html
    assert message.buttons == ()
    assert fits(message.html)


def test_a_chosen_passage_is_left_alone(desk: Desk) -> None:
    desk.do(inline.on_chosen, desk.chosen(ANNA, "h:0", QUESTION, WHERE), desk.chosen(ANNA, "i:x", QUESTION, None))
    assert desk.bot.calls == desk.delivery.inline == []


def test_button_and_choice_answer_once(desk: Desk) -> None:
    data = asked(desk)

    async def both() -> None:
        chosen = inline.on_chosen(desk.chosen(ANNA, data, QUESTION, WHERE), desk.context)
        pressed = inline.on_inline_button(desk.press(ANNA, data, inline_message_id=WHERE), desk.context)
        await asyncio.gather(chosen, pressed)

    asyncio.run(both())
    assert len(desk.delivery.inline) == 1
    assert [text for _, text, _ in desk.delivery.callbacks] == ["Je cherche la réponse…"]
    asyncio.run(inline.on_inline_button(desk.press(ANNA, data, inline_message_id="another"), desk.context))
    assert len(desk.delivery.inline) == 2


def test_a_stranger_in_the_chat_may_not_press(desk: Desk) -> None:
    data = asked(desk)
    desk.do(inline.on_inline_button, desk.press(STRANGER, data, inline_message_id=WHERE))
    assert desk.delivery.inline == []
    (_, text, alert), *_ = desk.delivery.callbacks
    assert alert
    assert "admises" in text


def test_a_forgotten_question_says_so(desk: Desk) -> None:
    desk.do(inline.on_inline_button, desk.press(ANNA, "i:unknown", inline_message_id=WHERE))
    assert "mémoire" in desk.delivery.callbacks[0][1]


def test_a_failure_leaves_the_button(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    data = asked(desk)

    async def fails(*_: Any) -> None:
        raise OSError("disk")

    monkeypatch.setattr(desk.answers, "answer", fails)
    desk.do(inline.on_chosen, desk.chosen(ANNA, data, QUESTION, WHERE))
    ((_, message),) = desk.delivery.inline
    assert "Désolé" in message.html
    assert "disk" not in message.html
    assert message.buttons[0][0].data == data


def test_the_quota_counts_inline_answers_too(store: Settings, tmp_path: Path) -> None:
    desk = desk_in(tmp_path / "home", store, daily_questions=1)
    data = asked(desk)
    desk.do(inline.on_inline_button, desk.press(ANNA, data, inline_message_id=WHERE))
    desk.do(inline.on_inline_button, desk.press(ANNA, data, inline_message_id=WHERE))
    assert len(desk.delivery.inline) == 1
    assert desk.delivery.callbacks[-1][2]


HOSTILE = "<b>&amp; \u202e @everyone /stop https://x.y/?a=<script> " + "é😀" * 3000


def test_hostile_articles_make_messages_that_telegram_takes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    article = Article("a", HOSTILE, title=HOSTILE, source=HOSTILE, url="https://x.y/" + "a" * 3000)
    links = " ".join(f"a{n}.example.org" for n in range(300))
    many = Article("b", links, url='https://x.example/"><b>')

    async def search(*_: Any) -> list[Hit]:
        return [Hit(article, 0, len(HOSTILE), 1.0), Hit(many, 0, len(links), 0.5), Hit(Article("c", "…"), 0, 1, 0.1)]

    monkeypatch.setattr(desk.answers, "search", search)
    desk.do(inline.on_inline_query, desk.inline(ANNA, HOSTILE[:250]))
    results, _ = offered(desk)
    assert len(results) == 4
    assert all(fits(r.input_message_content.message_text) for r in results)  # type: ignore[attr-defined]
    assert "<script>" not in str([r.input_message_content.message_text for r in results])  # type: ignore[attr-defined]
