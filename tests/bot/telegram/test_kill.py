"""The bot as a process that is killed: whatever it was doing, every question is answered once, in order."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from emulator import TOKEN
from llmock.scenarios import Delay
from llmock.testing import LLMockServer
from running import QUESTIONS, READER, Scene, emulated, settings_of_samples, with_people
from running import sample_store as sample_store
from slow_model import SAID, called, model_server, says, settings_of_model

from retrieval.settings import Settings

__all__ = ["model_server", "settings_of_model", "settings_of_samples"]

ROOT = Path(__file__).parents[3]
(TRADE, HOLDS), _, _ = QUESTIONS
UNKNOWN = "Xyzzy plugh ?"  # answered without the model
PEOPLE = 4  # who ask in each round
Process = asyncio.subprocess.Process


async def started(server: Any, settings: Settings, **environ: str) -> Process:
    """The bot, as `sourcier telegram` starts it."""
    known = {
        name: value for name, value in os.environ.items() if not name.startswith(("SOURCIER", "TELEGRAM", "OPENAI"))
    }
    own = {
        "PYTHONPATH": str(ROOT),
        "SOURCIER_HOME": str(settings.home),
        "SOURCIER_EMBEDDINGS": "none",
        "SOURCIER_MODE": settings.mode,
        "SOURCIER_CHAT_MODEL": settings.chat_model,
        "SOURCIER_STOP_SECONDS": "1",
        "OPENAI_BASE_URL": settings.openai_base_url,
        "OPENAI_API_KEY": "sk-test",
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": server.url,
    }
    with (settings.home.parent / "process.log").open("ab") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.cli", "telegram",
            cwd=settings.home.parent, env=known | own | environ, stdout=log, stderr=log,
        )  # fmt: skip


@asynccontextmanager
async def process(server: Any, settings: Settings, **environ: str) -> AsyncIterator[Process]:
    """A bot that runs; killed at the end if it still does."""
    bot = await started(server, settings, **environ)
    try:
        yield bot
    finally:
        if bot.returncode is None:
            bot.kill()
        await bot.wait()


def polls(server: Any) -> bool:
    """Whether some process is waiting for updates now."""
    return server.emulator.poll is not None and not server.emulator.poll.done()


async def rounds(settings: Settings, seed: int, count: int) -> None:
    """In each round people ask, the process is killed, and the next one takes over; at the end all is answered."""
    moments, asked = random.Random(seed), dict[int, list[int]]()
    everyone = range(100, 100 + count * PEOPLE)
    with_people(settings, everyone)
    async with emulated() as server:
        scene = Scene(server.emulator, server.url, None, [])  # type: ignore[arg-type]  # the bot is a process
        for number in range(count):
            people = everyone[number * PEOPLE : (number + 1) * PEOPLE]
            # an answer that arrives though nobody hears so, and one on its way for a while
            scene.emulator.fault(method="sendMessage", kind="drop_after", chat_id=people[0])
            scene.emulator.fault(method="sendMessage", kind="delay", delay=0.8, chat_id=people[1])
            async with process(server, settings) as bot:
                for user in people:  # some before it listens
                    asked[user] = [scene.emulator.say(user, text)["message_id"] for text in (TRADE, UNKNOWN)]
                    await asyncio.sleep(moments.uniform(0, 0.1))
                await scene.until(lambda: polls(server), 60)
                await asyncio.sleep(moments.uniform(0, 1.6))
                assert bot.returncode is None
                bot.send_signal(signal.SIGKILL)
        async with process(server, settings):
            await scene.until(lambda: all(len(scene.sent(user)) >= 2 for user in everyone), 60)
            await asyncio.sleep(1.5)
        for user in everyone:
            replies = [m.data.get("reply_to_message", {}).get("message_id") for m in scene.sent(user)]
            assert replies == asked[user], (seed, user, scene.texts(user))
            assert HOLDS in scene.texts(user)[0], (seed, user)


def test_killed_at_any_moment_every_question_is_answered_once(
    model: LLMockServer, modelled: Settings, tmp_path: Path
) -> None:
    """Eight kills -9, at random moments before, during and after answers and their delivery, in two bots at once."""
    model.state.scenarios.add(Delay(0.7, times=None), says(*SAID[:2], times=None))
    second = tmp_path / "second" / "bot"
    shutil.copytree(modelled.home, second)

    async def scenario() -> None:
        await asyncio.gather(rounds(modelled, 1, 4), rounds(replace(modelled, home=second), 2, 4))

    asyncio.run(scenario())


def test_sigterm_ends_the_process_in_time_though_the_model_hangs(model: LLMockServer, modelled: Settings) -> None:
    """It ends by itself, with status 0; the question is answered by the next process, once."""
    model.state.scenarios.add(Delay(30.0), says(SAID[0]))
    with_people(modelled)

    async def scenario() -> None:
        async with emulated() as server:
            scene = Scene(server.emulator, server.url, None, [])  # type: ignore[arg-type]
            async with process(server, modelled) as bot:
                scene.emulator.say(READER, TRADE)
                await called(scene, model)
                began = time.monotonic()
                bot.terminate()
                assert await asyncio.wait_for(bot.wait(), 25) == 0
                assert time.monotonic() - began < 20  # the model would have taken 30
            assert scene.texts(READER) == []
            async with process(server, modelled):
                assert HOLDS in await scene.reply(READER, 0)
                await asyncio.sleep(0.5)
            assert len(scene.texts(READER)) == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("token", ["123456:WRONG-TOKEN", "no token"])
def test_a_wrong_token_is_told_in_two_lines(stocked: Settings, token: str) -> None:
    """What is wrong and what to do about it, without a traceback, without the token, status not 0."""

    async def scenario() -> str:
        async with emulated() as server, process(server, stocked, TELEGRAM_BOT_TOKEN=token) as bot:
            assert await asyncio.wait_for(bot.wait(), 60) not in (0, None)
        return (stocked.home.parent / "process.log").read_text(encoding="utf-8")

    said = asyncio.run(scenario())
    assert "BotFather" in said
    assert "Traceback" not in said
    assert token not in said
