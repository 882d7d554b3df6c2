"""Updates from Telegram to the application, none lost: each is stored before Telegram is told that it arrived.

python-telegram-bot's own poller confirms an update while it is still in memory; a process killed then has lost it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from telegram import Update
from telegram.error import Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from retrieval.errors import SourcierError

if TYPE_CHECKING:
    from bot.telegram.desk import Desk

ALLOWED = [
    "message", "edited_message", "callback_query", "inline_query", "chosen_inline_result", "my_chat_member",
    "message_reaction",
]  # fmt: skip
LONG_POLL = 30  # seconds that Telegram holds a request
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
        self._conflicts = 0
        self.heard: float | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop` is set. Raises AnotherPoller when somebody else keeps polling, InvalidToken."""
        offset, pause = 0, 1.0
        await self._desk.bot.delete_webhook()
        stopping = asyncio.create_task(stop.wait())
        asking: asyncio.Task[tuple[Update, ...]] | None = None
        try:
            while not stop.is_set():
                asking = asyncio.create_task(
                    self._desk.bot.get_updates(
                        offset=offset, timeout=LONG_POLL, allowed_updates=ALLOWED, read_timeout=LONG_POLL + 10
                    )
                )
                await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not asking.done():
                    return
                try:
                    updates = asking.result()
                    if updates:
                        await accept(self._desk, self._queue, updates)
                        offset = updates[-1].update_id + 1
                    self.heard, pause, self._conflicts = asyncio.get_running_loop().time(), 1.0, 0
                except (InvalidToken, Forbidden):
                    raise
                except Conflict:
                    self._conflict()
                    await _wait(stopping, 3.0)
                except RetryAfter as error:
                    await _wait(stopping, float(error._retry_after.total_seconds()) + 0.5)
                except (NetworkError, TelegramError) as error:
                    _log.warning("Telegram does not answer (%s); next try in %.0f s", error.message, pause)
                    await _wait(stopping, pause)
                    pause = min(pause * 2, 30.0)
        finally:
            stopping.cancel()
            if asking is not None:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)

    def _conflict(self) -> None:
        self._conflicts += 1
        _log.warning("another process polls for this bot, or a webhook is set")
        if self._conflicts >= 5:
            raise AnotherPoller(
                "another process is receiving this bot's messages",
                remedy="stop the other `sourcier telegram`, or give each its own token from @BotFather",
            )


async def _wait(stopping: asyncio.Task[Any], seconds: float) -> None:
    await asyncio.wait({stopping}, timeout=seconds)
