"""Inline mode in a whole bot: results as one types, the answer where its question was sent, whatever fails."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from inline_messages import InlineMode
from running import QUESTIONS, READER, emulated, running, settings_of_samples
from running import sample_store as sample_store
from test_faults import BROKEN, QUICK, SEVERAL

from retrieval.settings import Settings

__all__ = ["settings_of_samples"]

TRADE, HOLDS = QUESTIONS[0]
STRANGER = 9
ASK = "Obtenir la réponse"


def test_the_answer_on_press(stocked: Settings) -> None:
    """A question that was sent waits for its button; pressed, it becomes its answer, in one edit."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            mode = InlineMode(scene)
            sent = await mode.choose(READER, TRADE)
            message = mode.messages[sent]
            assert message.text == f"🔎 {TRADE}"
            await asyncio.sleep(0.3)
            assert len(message.versions) == 1
            told = mode.press(READER, sent, ASK)
            await scene.until(lambda: len(message.versions) == 2)
            assert [answer["text"] for answer in told] == ["Je cherche la réponse…"]
            assert message.text.startswith(f"❓ {TRADE}")
            assert HOLDS in message.text
            assert "[1] Chine et Kazakhstan au-dessus de 31 milliards" in message.text
            assert message.buttons == {}

    asyncio.run(scenario())


def test_the_answer_without_a_press_where_choices_are_told(stocked: Settings) -> None:
    """With BotFather's feedback the answer comes by itself; a press at that moment adds nothing; a passage stays."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            mode = InlineMode(scene, feedback=True)
            sent = await mode.choose(READER, TRADE)
            mode.press(READER, sent, ASK)
            passage = await mode.choose(READER, TRADE, 1)
            await scene.until(lambda: len(mode.messages[sent].versions) > 1)
            await asyncio.sleep(0.5)
            assert HOLDS in mode.messages[sent].text
            assert len(mode.messages[sent].versions) == 2
            assert len(mode.messages[passage].versions) == 1
            assert mode.messages[passage].data["entities"][0]["type"] == "blockquote"

    asyncio.run(scenario())


def test_who_may_press(stocked: Settings) -> None:
    """A stranger in that chat is told to ask for access, and the message stays for who may."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            mode = InlineMode(scene)
            sent = await mode.choose(READER, TRADE)
            told = mode.press(STRANGER, sent, ASK)
            await scene.until(lambda: told)
            assert "let in" in told[0]["text"]
            assert told[0]["show_alert"] == "true"
            assert len(mode.messages[sent].versions) == 1
            mode.press(READER, sent, ASK)
            await scene.until(lambda: HOLDS in mode.messages[sent].text)

    asyncio.run(scenario())


@pytest.mark.parametrize("faults", [*([fault] for fault in BROKEN.values()), SEVERAL], ids=[*BROKEN, "several"])
def test_the_answer_arrives_once_whatever_fails(stocked: Settings, faults: list[dict[str, Any]]) -> None:
    """Every fault of the edit: the answer is there in the end, and was put there once."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked, waits=QUICK) as scene:
            mode = InlineMode(scene)
            sent = await mode.choose(READER, TRADE)
            for fault in faults:
                scene.emulator.fault(**{"method": "editMessageText", **fault})
            mode.press(READER, sent, ASK)
            await scene.until(lambda: HOLDS in mode.messages[sent].text)
            await scene.until(lambda: not any(fault.times for fault in scene.emulator.faults))
            await asyncio.sleep(0.3)
            assert len(mode.messages[sent].versions) == 2

    asyncio.run(scenario())


def test_a_press_after_a_restart(stocked: Settings) -> None:
    """The button of a question that was sent long ago still asks it."""

    async def scenario() -> None:
        async with emulated() as server:
            async with running(server, stocked) as scene:
                mode = InlineMode(scene)
                sent = await mode.choose(READER, TRADE)
            async with running(server, stocked, people=False) as scene:
                mode.press(READER, sent, ASK)
                await scene.until(lambda: HOLDS in mode.messages[sent].text)

    asyncio.run(scenario())
