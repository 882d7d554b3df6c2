"""A whole bot on the emulated Telegram: people write, and what they see is looked at."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from emulator import TOKEN, load

from bot.memory import Memory
from bot.telegram.application import Serving, TelegramBot
from bot.telegram.delivery import Waits
from bot.telegram.pacing import Pacing
from retrieval.library import sync
from retrieval.settings import Secret, Settings

OWNER, READER = 7, 8
SAMPLES = Path(__file__).parents[3] / "bot" / "sample_articles"
# Questions that stand alone, and what an answer from the sample articles to each must hold.
QUESTIONS = (
    ("Quel était le volume du commerce entre la Chine et le Kazakhstan en 2022 ?", "31 milliards de dollars en 2022"),
    ("Où se trouve l'atelier Luban ?", "Oskemen"),
    ("Quand a eu lieu le sommet de Samarcande ?", "15 et 16 septembre"),
)


@dataclass
class Scene:
    """A running bot, and the people around it."""

    emulator: Any
    url: str
    bot: TelegramBot
    said: list[str]  # what the program printed

    def texts(self, chat_id: int) -> list[str]:
        """What the bot has written in a chat, as a person sees it now, oldest first."""
        return [m.data.get("text", "") for m in self.sent(chat_id)]

    def sent(self, chat_id: int) -> list[Any]:
        """The bot's messages in a chat that were not deleted."""
        if chat_id not in self.emulator.chats:
            return []
        messages = self.emulator.chats[chat_id].messages.values()
        return [m for m in messages if m.data["from"]["is_bot"] and not m.deleted]

    async def until(self, condition: Callable[[], Any], seconds: float = 60.0) -> Any:
        """Wait for something to be so; what it gave."""
        end = time.monotonic() + seconds
        while not (found := condition()):
            if time.monotonic() > end:
                raise TimeoutError("it did not come to be")
            await asyncio.sleep(0.02)
        return found

    async def reply(self, chat_id: int, more_than: int, seconds: float = 60.0) -> str:
        """The bot's newest message in a chat once it has written more than so many."""
        await self.until(lambda: len(self.texts(chat_id)) > more_than, seconds)
        return self.texts(chat_id)[-1]

    async def ask(self, user: int, text: str, seconds: float = 60.0, **fields: Any) -> str:
        """Write to the bot and wait for its next message there."""
        chat = fields.get("chat_id") or user
        before = len(self.texts(chat))
        self.emulator.say(user, text, **fields)
        return await self.reply(chat, before, seconds)


@asynccontextmanager
async def emulated(**config: Any) -> AsyncIterator[Any]:
    """An emulated Telegram alone, with its flood rules on unless flood=False."""
    module = load()
    async with module.Server(module.Config(token=TOKEN, **config)) as server:
        yield server


@asynccontextmanager
async def running(
    server: Any,
    settings: Settings,
    *,
    serving: Serving | None = None,
    people: bool = True,
    readers: Iterable[int] = (),
    pacing: Pacing | None = None,
    waits: Waits | None = None,
) -> AsyncIterator[Scene]:
    """A bot that runs on an emulated Telegram; with `people`, an owner (7) and a reader (8) it knows already.

    `readers` are more people who may ask.
    """
    settings = replace(settings, telegram_bot_token=Secret(TOKEN), telegram_api_url=server.url)
    if people:
        with_people(settings, readers)
    said: list[str] = []
    bot = TelegramBot(settings, serving, said.append, pacing=pacing, waits=waits)
    task = asyncio.create_task(bot.run())
    scene = Scene(server.emulator, server.url, bot, said)
    try:
        await scene.until(
            lambda: task.done() or (bot.port if serving and serving.webhook else server.emulator.poll), 60
        )
        if task.done():
            task.result()
        yield scene
    finally:
        bot.stop()
        await asyncio.wait_for(task, 60)


@asynccontextmanager
async def brisk(settings: Settings, *, privacy_mode: bool = True, **more: Any) -> AsyncIterator[Scene]:
    """A bot on an emulated Telegram whose rule for a chat, and the bot's pace, are those of 3 s in 0.6 s.

    For scenes in which much is said to one person; the rules themselves are looked at elsewhere.
    """
    async with emulated(privacy_mode=privacy_mode) as server:
        server.emulator.limit(windows={"chat": [(3, 0.6)]})
        pace = ((3, 0.65),)
        more.setdefault("waits", Waits(thinking=0))  # "typing" as often as can be beside quick answers
        async with running(server, settings, pacing=Pacing(pace, (*pace, (20, 60.5))), **more) as scene:
            yield scene


def with_people(settings: Settings, readers: Iterable[int] = ()) -> None:
    """Let the owner and the readers in."""
    memory = Memory.open(settings)
    for user, status in ((OWNER, "owner"), (READER, "allowed"), *((reader, "allowed") for reader in readers)):
        memory.see_user(user, f"User{user}", None)
        memory.set_status(user, status)
        memory.set_language(user, "fr")
    memory.close()


@pytest.fixture(name="stock", scope="module")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of the sample articles, to be copied; the first module that asks makes it."""
    home = tmp_path_factory.getbasetemp() / "stock"
    settings = Settings(home=home, embeddings="none", mode="extractive", language="fr")
    if not home.exists():
        sync(settings, [str(SAMPLES)])
        Memory.open(settings).close()  # migrated once
    return home


@pytest.fixture(name="stocked")
def settings_of_samples(stock: Path, tmp_path: Path) -> Settings:
    """Settings of a bot that knows the sample articles, without any model."""
    shutil.copytree(stock, tmp_path / "bot")
    return Settings(home=tmp_path / "bot", embeddings="none", mode="extractive", language="fr", stop_seconds=5)
