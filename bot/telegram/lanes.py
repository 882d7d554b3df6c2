"""Order within a chat, none between chats: which updates wait for which.

python-telegram-bot processes updates one at a time, or all at once; a question must wait for the one before it in the
same chat, and for nothing else. What must not wait (a button, /stop, an inline query) does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from telegram import Update
from telegram.ext import BaseUpdateProcessor

MOST_AT_ONCE = 4096  # updates under way, waiting ones included
_ASKING = ("q:", "d:")  # buttons that ask a question: they keep their place in the conversation


def lane_of(update: Update) -> int | None:
    """The chat whose order an update keeps, or None for one that waits for nothing."""
    query = update.callback_query
    if query is not None:
        asks = (query.data or "").startswith(_ASKING)
        return update.effective_chat.id if asks and update.effective_chat else None
    message = update.message or update.edited_message
    if message is None or (message.text or "").partition(" ")[0].partition("@")[0].lower() == "/stop":
        return None
    return message.chat.id


class Lanes(BaseUpdateProcessor):
    """Runs updates: those of one lane in order, each reported when it is finished.

    `arrived` is called as soon as an update is there, before it waits; `finished` after it was handled, never when it
    was cancelled, so that a shutdown leaves it to be handled after the restart.
    """

    def __init__(self, arrived: Callable[[Update], None], finished: Callable[[int], Awaitable[None]]) -> None:
        super().__init__(MOST_AT_ONCE)
        self._arrived, self._finished = arrived, finished
        self._locks: dict[int, asyncio.Lock] = {}
        self._waiting: dict[int, int] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._draining = False

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Run one update when its turn comes."""
        assert isinstance(update, Update)  # noqa: S101 - nothing else is put into the queue
        if self._draining:  # it is handled after the restart
            _close(coroutine)
            return
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._arrived(update)
        lane = lane_of(update)
        if lane is None:
            await coroutine
        else:
            lock = self._locks.setdefault(lane, asyncio.Lock())
            self._waiting[lane] = self._waiting.get(lane, 0) + 1
            try:
                async with lock:
                    await coroutine
            finally:
                self._waiting[lane] -= 1
                if not self._waiting[lane]:
                    del self._waiting[lane], self._locks[lane]
                _close(coroutine)  # it never ran when its wait was cancelled
        await self._finished(update.update_id)

    @property
    def busy(self) -> int:
        """How many updates are under way."""
        return len(self._tasks)

    def waiting(self, chat_id: int) -> int:
        """How many updates of a chat's lane are under way, the one that runs included."""
        return self._waiting.get(chat_id, 0)

    async def drain(self, seconds: float) -> int:
        """Let what is under way finish within so many seconds, then cancel the rest; returns how many were.

        What comes from now on is not begun.
        """
        self._draining = True
        tasks = {t for t in self._tasks if t is not asyncio.current_task()}
        if not tasks:
            return 0
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=5)
        return len(late)

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to let go."""


def _close(coroutine: Awaitable[Any]) -> None:
    """Let go of a coroutine that may not have been awaited."""
    if asyncio.iscoroutine(coroutine):
        coroutine.close()
