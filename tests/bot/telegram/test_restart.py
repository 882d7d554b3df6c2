"""Stopped and started again: old messages go on working, and what was under way is finished, once."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from llmock.scenarios import Delay
from llmock.testing import LLMockServer
from running import QUESTIONS, READER, emulated, running, settings_of_samples
from running import sample_store as sample_store
from slow_model import SAID, called, model_server, nothing_more, says, settings_of_model

from bot.memory import Memory
from retrieval.settings import Settings

__all__ = ["model_server", "settings_of_model", "settings_of_samples"]

(TRADE, HOLDS), (WORKSHOP, PLACE), _ = QUESTIONS
PREFERRED, ANY_DATE = "Période", "Toutes les dates"


def pending(settings: Settings) -> int:
    """How many updates are received and not done."""
    memory = Memory.open(settings)
    try:
        return len(memory.pending())
    finally:
        memory.close()


def test_old_messages_work_after_a_restart(stocked: Settings) -> None:
    """A passage, a thumb, a follow-up question, a follow-up, a reply to an old answer: as before."""

    async def scenario() -> None:
        people = range(20, 25)
        async with emulated() as server:
            async with running(server, stocked, readers=people) as scene:
                await asyncio.gather(*(scene.ask(user, TRADE) for user in people))
                await asyncio.gather(*(scene.ask(user, WORKSHOP) for user in people))
            async with running(server, stocked, people=False) as scene:
                old = {user: scene.sent(user)[0].data for user in people}
                number = {user: old[user]["message_id"] for user in people}
                scene.emulator.press(20, "[1]", message_id=number[20])
                thumb = scene.emulator.press(21, "👍", message_id=number[21])
                offered = old[22]["reply_markup"]["inline_keyboard"][2][0]["callback_data"]
                scene.emulator.press(22, offered, message_id=number[22])
                scene.emulator.say(23, "Et en 2023 ?")
                scene.emulator.say(24, "Et en 2023 ?", reply_to=number[24])
                assert "La Gazette des steppes" in await scene.reply(20, 2)
                query = scene.emulator.callbacks[thumb["callback_query_id"]]
                await scene.until(lambda: query["answers"])
                assert query["answers"][0]["text"].startswith("Merci")
                assert (await scene.reply(22, 2)).startswith("❓ Que dit l’article")
                assert WORKSHOP.rstrip(" ?") in (await scene.reply(23, 2)).split("\n")[0]
                assert TRADE.replace("2022", "2023") in (await scene.reply(24, 2)).split("\n")[0]
                assert {user: len(scene.texts(user)) for user in people} == {20: 3, 21: 2, 22: 3, 23: 3, 24: 3}

    asyncio.run(scenario())


def test_a_stop_lets_an_answer_under_way_finish(model: LLMockServer, modelled: Settings) -> None:
    """Within `stop_seconds` it is given, and nothing of it is left for the next start."""
    model.state.scenarios.add(Delay(1.0), says(SAID[0]))

    async def scenario() -> None:
        async with emulated() as server:
            async with running(server, modelled) as scene:
                scene.emulator.say(READER, TRADE)
                await called(scene, model)
                scene.bot.stop()
            assert [HOLDS in text for text in scene.texts(READER)] == [True]
            assert await asyncio.to_thread(pending, modelled) == 0

    asyncio.run(scenario())


def test_a_stop_puts_off_what_takes_too_long(model: LLMockServer, modelled: Settings) -> None:
    """It ends on time though the model hangs; after the restart each question is answered once, in order."""
    model.state.scenarios.add(Delay(20.0), says(SAID[0]), says(SAID[0]), says("L'atelier Luban se trouve à Oskemen."))
    settings = replace(modelled, stop_seconds=0.5)

    async def scenario() -> None:
        async with emulated() as server:
            async with running(server, settings) as scene:
                asked = [scene.emulator.say(READER, text)["message_id"] for text in (TRADE, WORKSHOP)]
                await called(scene, model)
                began = time.monotonic()
                scene.bot.stop()
            assert time.monotonic() - began < 15  # the model would have taken 20
            assert scene.texts(READER) == []
            assert await asyncio.to_thread(pending, settings) == 2
            scene.emulator.say(READER, "Xyzzy plugh ?")  # while nobody listens
            async with running(server, settings, people=False) as scene:
                await scene.reply(READER, 2)
                replied = [m.data["reply_to_message"]["message_id"] for m in scene.sent(READER)]
                assert replied[:2] == asked
                assert [HOLDS in scene.texts(READER)[0], PLACE in scene.texts(READER)[1]] == [True, True]
                await nothing_more(scene, READER, 3, 0.5)
            assert await asyncio.to_thread(pending, settings) == 0

    asyncio.run(scenario())


def test_any_date_is_remembered(model: LLMockServer, modelled: Settings) -> None:
    """A question asked again without its period, put off by a stop, is answered without it after the restart."""
    model.state.scenarios.add(says(SAID[0]))
    settings = replace(modelled, stop_seconds=0.3)

    async def scenario() -> None:
        async with emulated() as server:
            async with running(server, settings) as scene:
                assert PREFERRED in await scene.ask(READER, TRADE)
                model.state.scenarios.add(Delay(4.0), says(SAID[0]))
                scene.emulator.press(READER, ANY_DATE)
                await called(scene, model, 2)
                scene.bot.stop()
            assert len(scene.texts(READER)) == 1
            async with running(server, settings, people=False) as scene:
                text = await scene.reply(READER, 1)
                assert HOLDS in text
                assert PREFERRED not in text
                assert ANY_DATE not in str(scene.sent(READER)[-1].data["reply_markup"])

    asyncio.run(scenario())


def test_an_update_given_twice_is_handled_once(stocked: Settings) -> None:
    """Telegram gives updates again whose confirmation it did not hear: also after a restart."""

    async def scenario() -> None:
        async with emulated() as server:
            async with running(server, stocked) as scene:
                scene.emulator.say(READER, TRADE)
                scene.emulator.say(READER, "/nouveau")
                again = list(scene.emulator.queue)
                await scene.reply(READER, 1)
                scene.emulator.queue.extend(again)
                scene.emulator.say(READER, WORKSHOP)
                assert PLACE in await scene.reply(READER, 2)
            server.emulator.queue.clear()
            server.emulator.queue.extend(again)
            async with running(server, stocked, people=False) as scene:
                await nothing_more(scene, READER, 3, 0.5)

    asyncio.run(scenario())
