"""The emulated Telegram (../shared/tools/telegram_emulator.py, where it lies beside the checkout) and a bot on it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from telegram import Bot

from bot.telegram.http import Requests

PATH = Path(__file__).parents[4] / "shared" / "tools" / "telegram_emulator.py"
TOKEN = "123456:TEST-TOKEN"


def load() -> ModuleType:
    """The emulator's module; the test is skipped where it is not beside the checkout."""
    if not PATH.is_file():
        pytest.skip("the Telegram emulator (shared/tools/telegram_emulator.py) is not beside the checkout")
    pytest.importorskip("aiohttp", reason="the Telegram emulator needs aiohttp")
    if "telegram_emulator" not in sys.modules:
        spec = importlib.util.spec_from_file_location("telegram_emulator", PATH)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules["telegram_emulator"] = module
        spec.loader.exec_module(module)
    return sys.modules["telegram_emulator"]


@dataclass
class Telegram:
    """An emulated Telegram that runs, and a bot that speaks to it."""

    emulator: Any
    url: str
    bot: Bot

    def texts(self, chat_id: int) -> list[str]:
        """What a person sees the bot has written in a chat, oldest first."""
        return [m.data.get("text", "") for m in self.sent(chat_id)]

    def sent(self, chat_id: int) -> list[Any]:
        """The bot's messages in a chat that were not deleted (the emulator's objects)."""
        messages = self.emulator.chats[chat_id].messages.values()
        return [m for m in messages if m.data["from"]["is_bot"] and not m.deleted]

    def calls(self, method: str = "", chat_id: int | None = None) -> list[dict[str, Any]]:
        """The calls the bot made, oldest first: method, params, ok, code, result, at."""
        found: list[dict[str, Any]] = self.emulator.find(method, chat_id=chat_id)
        return found


@asynccontextmanager
async def telegram(**config: Any) -> AsyncIterator[Telegram]:
    """An emulated Telegram with its flood rules on (flood=False: off), and a bot."""
    module = load()
    async with module.Server(module.Config(token=TOKEN, **config)) as server:
        bot = Bot(TOKEN, base_url=f"{server.url}/bot", request=Requests(), get_updates_request=Requests())
        async with bot:
            yield Telegram(server.emulator, server.url, bot)
