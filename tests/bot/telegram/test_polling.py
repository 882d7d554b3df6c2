"""How updates arrive: whatever Telegram or the network does to getUpdates, and who else polls."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from emulator import TOKEN
from running import QUESTIONS, READER, Scene, emulated, running, settings_of_samples
from running import sample_store as sample_store
from telegram import Bot

from bot.memory import Memory
from bot.telegram.application import TelegramBot
from bot.telegram.polling import AnotherPoller
from retrieval.errors import SettingsError
from retrieval.settings import Secret, Settings

__all__ = ["settings_of_samples"]

TRADE, HOLDS = QUESTIONS[0]
WRONG = "123456:WRONG-TOKEN"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others are given less time to end than in earnest."""
    monkeypatch.setattr("bot.telegram.polling.PAUSE", 0.2)


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything that is logged; no token ever is."""
    caplog.set_level(logging.DEBUG)
    yield caplog
    for secret in (TOKEN, WRONG):
        assert secret not in caplog.text


def ended(scene: Scene) -> bool:
    """Whether the bot has ended, or is about to."""
    return scene.bot._stop.is_set()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop"},
        {"kind": "drop_after"},
        {"kind": "bad_gateway"},
        {"code": 500, "description": "Internal Server Error"},
        {"code": 429, "description": "Too Many Requests: retry after 1", "parameters": {"retry_after": 1}},
        {"code": 409, "description": "Conflict: terminated by other getUpdates request"},
    ],
)
def test_a_failure_to_poll_loses_nothing(
    stocked: Settings, log: pytest.LogCaptureFixture, fault: dict[str, Any]
) -> None:
    """The question that Telegram held meanwhile is answered, once."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            scene.emulator.fault(method="getUpdates", **fault)
            scene.emulator.say(READER, TRADE)  # ends the poll under way, whose answer passes: its fault was decided
            scene.emulator.say(READER, TRADE.replace("2022", "2023"))
            await scene.reply(READER, 1)
            await asyncio.sleep(0.5)
            assert len(scene.texts(READER)) == 2

    asyncio.run(scenario())
    assert not [record for record in log.records if record.levelno >= logging.ERROR]


def test_a_database_that_fails_for_a_moment_loses_nothing(stocked: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be stored is not confirmed: Telegram gives it again."""
    receive, failures = Memory.receive, [OSError("disk full")]

    def failing(self: Memory, new: Any) -> list[int]:
        if new and failures:
            raise failures.pop()
        return receive(self, new)

    monkeypatch.setattr(Memory, "receive", failing)

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            assert HOLDS in await scene.ask(READER, TRADE)
            assert not failures

    asyncio.run(scenario())


def test_another_poller_is_told_apart_in_words_that_help(stocked: Settings) -> None:
    """It gives up after a few tries, and says what to do; once the other has gone, a new start works."""

    async def other(scene: Scene) -> None:
        async with Bot(TOKEN, base_url=f"{scene.url}/bot") as bot:
            while True:
                with contextlib.suppress(Exception):
                    await bot.get_updates(timeout=5)
                await asyncio.sleep(0.1)

    async def until_it_ends(server: Any) -> None:
        async with running(server, stocked) as scene:
            task = asyncio.create_task(other(scene))
            await scene.until(lambda: ended(scene))
            task.cancel()

    async def scenario() -> None:
        async with emulated() as server:
            with pytest.raises(AnotherPoller) as raised:
                await until_it_ends(server)
            assert "stop the other" in str(raised.value.remedy)
            async with running(server, stocked, people=False) as scene:
                assert HOLDS in await scene.ask(READER, TRADE)

    asyncio.run(scenario())


def test_a_moment_with_another_poller_is_survived(stocked: Settings) -> None:
    """As when the former process is still ending."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            scene.emulator.interrupt("Conflict: terminated by other getUpdates request")
            assert HOLDS in await scene.ask(READER, TRADE)

    asyncio.run(scenario())


def test_a_wrong_token_ends_it_at_once(stocked: Settings, log: pytest.LogCaptureFixture) -> None:
    """With an error that says what to do, and does not hold the token."""
    assert log

    async def scenario() -> None:
        async with emulated() as server:
            settings = replace(stocked, telegram_bot_token=Secret(WRONG), telegram_api_url=server.url)
            began, said = time.monotonic(), list[str]()
            with pytest.raises(SettingsError) as raised:
                await TelegramBot(settings, say=said.append).run()
            assert said == []
            assert time.monotonic() - began < 30
            assert "BotFather" in str(raised.value.remedy)
            assert "WRONG" not in repr(raised.value) + str(raised.value.remedy)

    asyncio.run(scenario())


def test_a_token_that_is_revoked_ends_it(stocked: Settings, log: pytest.LogCaptureFixture) -> None:
    """A running bot whose token no longer holds ends with the same error."""
    assert log

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            scene.emulator.config.token = "123456:NEW"
            scene.emulator.interrupt("ended")
            await scene.until(lambda: ended(scene))

    with pytest.raises(SettingsError, match="does not know this bot token"):
        asyncio.run(scenario())


def test_it_waits_for_a_telegram_that_cannot_be_reached(stocked: Settings, log: pytest.LogCaptureFixture) -> None:
    """At the start it tries until Telegram answers, says so each time, and then works."""
    assert log

    async def scenario() -> None:
        async with emulated() as server:
            server.emulator.fault(method="getMe", kind="bad_gateway")
            server.emulator.fault(method="deleteWebhook", kind="bad_gateway")
            async with running(server, stocked) as scene:
                assert [line for line in scene.said if "cannot be reached" in line]
                assert HOLDS in await scene.ask(READER, TRADE)

    asyncio.run(scenario())


def test_it_can_be_stopped_while_telegram_cannot_be_reached(stocked: Settings) -> None:
    """A stop does not wait for the next try."""

    async def scenario() -> None:
        said: list[str] = []
        settings = replace(stocked, telegram_bot_token=Secret(TOKEN), telegram_api_url="http://127.0.0.1:9")
        bot = TelegramBot(settings, say=said.append)
        task = asyncio.create_task(bot.run())
        while not said:
            await asyncio.sleep(0.02)
        bot.stop()
        await asyncio.wait({task}, timeout=5)
        assert "before Telegram could be reached" in str(task.exception())

    asyncio.run(scenario())
