"""Long texts that Telegram's apps cut in pieces are one question again."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from running import OWNER, QUESTIONS, READER, emulated, running, settings_of_samples
from running import sample_store as sample_store
from telegram import Chat, Message, User

from bot.memory import Memory
from bot.telegram.pastes import Pastes
from retrieval.settings import Settings

__all__ = ["settings_of_samples"]

TRADE, HOLDS = QUESTIONS[0]
NOW = datetime(2025, 6, 17, 12, tzinfo=UTC)


def message(number: int, text: str, *, user: int = 1, chat: int = 1, seconds: float = 0) -> Message:
    """A text as it arrives, so many seconds after the first."""
    kind = Chat.PRIVATE if chat > 0 else Chat.SUPERGROUP
    return Message(number, NOW + timedelta(seconds=seconds), Chat(chat, kind), User(user, "Ada", False), text=text)


def collect(*messages: Message, quiet: float = 0.05) -> list[str | None]:
    """What each message's handler is given when all of them arrived at once."""

    async def scenario() -> list[str | None]:
        pastes = Pastes(quiet)
        for m in messages:
            pastes.arrived(m)
        return [await pastes.rest(m) for m in messages]

    return asyncio.run(scenario())


def test_pieces_are_joined_where_they_were_cut() -> None:
    """A piece that was full was cut within a word or before one; a shorter one at the end of a line."""
    assert collect(message(1, "a" * 4096), message(2, "b" * 3600), message(3, "c")) == ["b" * 3600 + "\nc", None, None]


def test_short_messages_are_not_pieces() -> None:
    """One after another, each is its own question."""
    assert collect(message(1, "un"), message(2, "deux")) == ["", ""]


def test_what_is_sent_later_is_not_a_piece() -> None:
    """A question after a long one is its own, also when both were read together after a stop, or one never was."""
    assert collect(message(1, "a" * 3600), message(2, "b", seconds=60)) == ["", ""]
    assert collect(message(1, "a" * 3600), message(2, "b" * 3600, seconds=9), message(3, "c", seconds=9)) == [
        "",
        "\nc",
        None,
    ]


def test_a_command_is_not_a_piece() -> None:
    """/stop behind a long text stops."""
    assert collect(message(1, "a" * 3600), message(2, "/stop")) == ["", ""]


def test_what_another_person_writes_between_is_theirs() -> None:
    """In a group, pieces are told apart by who sent them."""
    pieces = [message(1, "a" * 4000, chat=-5), message(2, "x", user=2, chat=-5), message(3, "b", chat=-5)]
    assert collect(*pieces) == ["\nb", "", None]


def test_pieces_of_people_who_are_not_let_in_are_forgotten() -> None:
    """However many send long texts that no handler ever asks for."""

    async def scenario() -> None:
        pastes = Pastes(0.01)
        for number in range(3000):
            pastes.arrived(message(number, "a" * 4000, user=number, chat=number))
        assert len(pastes._pieces) <= 1000
        assert len(pastes._newest) <= 1000
        assert await pastes.rest(message(2999, "a" * 4000, user=2999, chat=2999)) == ""

    asyncio.run(scenario())


def test_a_pasted_text_is_answered_once(stocked: Settings) -> None:
    """Three messages, one answer, to the first; another person's question in between is answered meanwhile."""
    filler = "Voici un long texte que je colle ici avant de poser ma question. " * 200
    pasted = filler[:9000] + "\n" + TRADE
    pieces = [pasted[at : at + 4096] for at in range(0, len(pasted), 4096)]
    assert len(pieces) == 3

    def question() -> Any:
        memory = Memory.open(stocked)
        (turn,) = memory.history(READER, None)
        memory.close()
        return turn.question

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            first = scene.emulator.say(READER, pieces[0])["message_id"]
            scene.emulator.say(OWNER, TRADE)
            for piece in pieces[1:]:
                await asyncio.sleep(0.3)
                scene.emulator.say(READER, piece)
            assert HOLDS in await scene.reply(OWNER, 0)
            await scene.reply(READER, 0)
            await asyncio.sleep(1.5)
            (answer,) = scene.sent(READER)
            assert answer.data["reply_to_message"]["message_id"] == first
            assert (await asyncio.to_thread(question)).split() == pasted.split()

    asyncio.run(scenario())


def test_a_long_message_alone_is_hardly_delayed(stocked: Settings) -> None:
    """It waits for a second piece about as long as an app takes to send one."""
    text = "Une longue introduction sans importance. " * 90 + TRADE

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            began = time.monotonic()
            await scene.ask(READER, text)
            assert time.monotonic() - began < 3.0
            assert len(scene.texts(READER)) == 1

    asyncio.run(scenario())
