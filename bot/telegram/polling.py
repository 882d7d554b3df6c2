"""Updates from Telegram to the application, none lost: each is stored before Telegram is told that it arrived.

python-telegram-bot's own poller confirms an update while it is still in memory; a process killed then has lost it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from telegram import Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.telegram.alerts import alert
from bot.telegram.pacing import seconds_of
from retrieval.errors import SettingsError, SourcierError

if TYPE_CHECKING:
    from bot.telegram.desk import Desk

ALLOWED = [
    "message", "edited_message", "callback_query", "inline_query", "chosen_inline_result", "my_chat_member",
    "message_reaction",
]  # fmt: skip
LONG_POLL = 30  # seconds that Telegram holds a request
PAUSE = 3.0  # seconds before we poll again where another process took our place
CONFLICTS = 4  # times that it did after which we give up
_log = logging.getLogger(__name__)


class AnotherPoller(SourcierError):
    """Another process receives this bot's updates."""


async def accept(desk: Desk, queue: asyncio.Queue[Any], updates: Sequence[Update]) -> None:
    """Store updates, then hand those that are new to the application."""
    new = set(await desk.db(desk.memory.receive, [(u.update_id, u.to_json()) for u in updates]))
    for update in updates:
        if update.update_id in new:
            await queue.put(update)


async def resume(desk: Desk, queue: asyncio.Queue[Any]) -> int:
    """Hand over what an earlier run received and did not finish; returns how many updates that is."""
    left = await desk.db(desk.memory.pending)
    for _, raw in left:
        update = Update.de_json(json.loads(raw), desk.bot)
        if update is not None:
            await queue.put(update)
    return len(left)


class Poller:
    """Asks Telegram for updates until `stop`. `heard` is the loop's time of its last good answer."""

    def __init__(self, desk: Desk, queue: asyncio.Queue[Any]) -> None:
        self._desk, self._queue = desk, queue
        self._conflicts: deque[float] = deque(maxlen=CONFLICTS)
        self._offset: int | None = None  # None: a webhook may still be set
        self.heard: float | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop` is set. Raises AnotherPoller when somebody else keeps polling, SettingsError (token)."""
        pause, loop = 1.0, asyncio.get_running_loop()
        stopping = asyncio.create_task(stop.wait())
        asking: asyncio.Task[tuple[Update, ...]] | None = None
        try:
            while not stop.is_set():
                asking = asyncio.create_task(self._updates())
                await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not asking.done():
                    return
                wait = 0.0
                try:
                    updates = asking.result()
                    if updates:
                        await accept(self._desk, self._queue, updates)
                        self._offset = updates[-1].update_id + 1
                    self.heard, pause = loop.time(), 1.0
                except InvalidToken:
                    raise wrong_token() from None
                except Conflict:
                    self._conflict(loop.time())
                    wait = PAUSE
                except RetryAfter as told:
                    wait = seconds_of(told) + 0.5
                except TelegramError as error:
                    _log.warning("Telegram does not answer (%s); next try in %.0f s", error.message, pause)
                    wait, pause = pause, min(pause * 2, 30.0)
                except Exception as error:  # they were not stored: Telegram gives them again
                    await alert(self._desk, error, "receiving")
                    wait, pause = pause, min(pause * 2, 30.0)
                if wait:
                    await asyncio.wait({stopping}, timeout=wait)
        finally:
            stopping.cancel()
            if asking is not None:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)

    async def _updates(self) -> tuple[Update, ...]:
        bot = self._desk.bot
        if self._offset is None:
            await bot.delete_webhook()
            self._offset = 0
        return await bot.get_updates(
            offset=self._offset, timeout=LONG_POLL, allowed_updates=ALLOWED, read_timeout=LONG_POLL + 10
        )

    def _conflict(self, now: float) -> None:
        self._conflicts.append(now)
        _log.warning("another process polls for this bot, or a webhook is set")
        # Two processes that take turns wait for each other's pause too; updates may come in between.
        if len(self._conflicts) == CONFLICTS and now - self._conflicts[0] < 4 * CONFLICTS * PAUSE:
            raise AnotherPoller(
                "another process is receiving this bot's messages",
                remedy="stop the other `sourcier telegram`, or give each its own token from @BotFather",
            )


def wrong_token() -> SettingsError:
    """What to say of a token that Telegram refuses, without it."""
    return SettingsError(
        "Telegram does not know this bot token", remedy="copy it again from @BotFather to TELEGRAM_BOT_TOKEN"
    )
