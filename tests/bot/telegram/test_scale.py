"""Many people at once, with Telegram's flood rules."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

from running import QUESTIONS, READER, emulated, running, settings_of_samples
from running import sample_store as sample_store
from sqlalchemy import Connection, Engine, event

from retrieval.settings import Settings

__all__ = ["settings_of_samples"]

CHATS = range(100, 150)


def test_fifty_chats_at_once(stocked: Settings) -> None:
    """Fifty people ask two questions each at once: each has both answers, once, in order, and hardly a limit is hit."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked, readers=CHATS) as scene:
            asked = {
                chat: [scene.emulator.say(chat, text)["message_id"] for text, _ in QUESTIONS[:2]] for chat in CHATS
            }
            await scene.until(lambda: all(len(scene.sent(chat)) >= 2 for chat in CHATS), 60)
            await asyncio.sleep(0.5)  # what is doubled would come now
            for chat in CHATS:
                sent = scene.sent(chat)
                assert [m.data["reply_to_message"]["message_id"] for m in sent] == asked[chat]
                assert [m.data["message_id"] for m in sent] == sorted(m.data["message_id"] for m in sent)
                assert [found in m.data["text"] for (_, found), m in zip(QUESTIONS, sent, strict=False)] == [True, True]
                assert [m.versions for m in sent] == [[m.data["text"]] for m in sent]
            refused = [call for call in scene.emulator.calls if not call["ok"]]
            assert len(refused) <= 5  # none on an idle machine; on a busy one calls may arrive closer than they left

    asyncio.run(scenario())


def test_a_question_takes_few_transactions(stocked: Settings) -> None:
    """Written: the update, the question, the answer, before and after the sending, the end. Read besides: three."""
    counted = Counter[str]()

    def written(_: Connection) -> None:
        counted["written"] += 1

    def begun(_: Connection) -> None:
        counted["begun"] += 1

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            await scene.ask(READER, QUESTIONS[0][0])  # what is made at first use is made
            await asyncio.sleep(0.3)
            event.listen(Engine, "commit", written)
            event.listen(Engine, "begin", begun)
            try:
                await scene.ask(READER, QUESTIONS[1][0])
                await asyncio.sleep(0.3)
            finally:
                event.remove(Engine, "commit", written)
                event.remove(Engine, "begin", begun)

    asyncio.run(scenario())
    assert counted == {"written": 6, "begun": 9}


def test_a_flood_of_one_delays_nobody(stocked: Settings) -> None:
    """One person asks nine questions at once; another, who asks after them, waits for none of these."""

    async def scenario() -> None:
        settings = replace(stocked, stop_seconds=0.2)  # what is left then need not be waited for
        async with emulated() as server, running(server, settings, readers=CHATS) as scene:
            busy, other = CHATS[0], CHATS[1]
            for number in range(9):
                scene.emulator.say(busy, QUESTIONS[number % 3][0])
            assert QUESTIONS[0][1] in await scene.ask(other, QUESTIONS[0][0])
            assert len(scene.sent(busy)) < 9

    asyncio.run(scenario())
