"""What is shown while an answer is being written: drafts in private chats, "typing" elsewhere.

All of it may fail: a frame that Telegram refuses, or that comes too early, is dropped and never queued, and nothing
here ever falls back to messages or edits. The finished answer waits for none of it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from telegram import Bot
from telegram.constants import ChatAction, ParseMode
from telegram.error import RetryAfter, TelegramError

from bot.telegram.calls import Waits
from bot.telegram.pacing import Pacing, seconds_of
from bot.telegram.places import Place

log = logging.getLogger(__name__)


class Actions:
    """Sends drafts and "typing", within the budget that Telegram gives them together."""

    def __init__(self, bot: Bot, pacing: Pacing, waits: Waits) -> None:
        self._bot, self._pacing, self.waits = bot, pacing, waits
        self._typed: dict[tuple[int, int | None], float] = {}  # when "typing" was last sent there

    async def frame(self, place: Place, draft_id: int, html: str) -> bool:
        """Show one state of a draft; False: it was dropped."""
        return await self._try(
            place,
            lambda: self._bot.send_message_draft(
                place.chat_id,
                draft_id,
                html,
                message_thread_id=place.thread_id,
                parse_mode=ParseMode.HTML,
                **self.waits.timeouts,
            ),
        )

    async def type(self, place: Place) -> None:
        """Show "typing" once, unless it is still shown there."""
        key, now = (place.chat_id, place.thread_id), time.monotonic()
        if now - self._typed.get(key, 0.0) < 0.9 * self.waits.typing:
            return
        if len(self._typed) > 1000:
            self._typed = {k: at for k, at in self._typed.items() if now - at < self.waits.typing}
        self._typed[key] = now
        await self._try(
            place,
            lambda: self._bot.send_chat_action(
                place.chat_id, ChatAction.TYPING, message_thread_id=place.thread_id, **self.waits.timeouts
            ),
        )

    async def keep_typing(self, place: Place) -> None:
        """Show "typing" until cancelled; not for what is there at once, since it would outlast the answer."""
        await asyncio.sleep(self.waits.thinking)
        while True:
            await self.type(place)
            await asyncio.sleep(self.waits.typing)

    async def _try(self, place: Place, call: Callable[[], Awaitable[bool]]) -> bool:
        if not self._pacing.action(place.chat_id):
            return False
        try:
            async with asyncio.timeout(self.waits.whole):
                await call()
        except RetryAfter as told:
            self._pacing.refuse_action(place.chat_id, seconds_of(told))
        except (TelegramError, TimeoutError) as error:
            log.debug("a frame was dropped in chat %s: %s", place.chat_id, type(error).__name__)
        else:
            return True
        return False

    @asynccontextmanager
    async def typing(self, place: Place) -> AsyncIterator[None]:
        """Show "typing" meanwhile; leaving waits for nothing."""
        task = asyncio.create_task(self.keep_typing(place))
        try:
            yield
        finally:
            task.cancel()


class Draft:
    """An answer as it grows. `show` and `close` never raise and never wait for Telegram (`close`: hardly)."""

    def __init__(self, place: Place, actions: Actions) -> None:
        self._place, self._actions = place, actions
        self._id = 1 + secrets.randbelow(2**31 - 1)  # Telegram refuses 0; a new draft replaces the former
        self._wanted: str | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._in_flight, self._closed = False, False

    async def show(self, html: str) -> None:
        """This is how far the answer is: shown at the next occasion, unless a later state comes before it."""
        self._wanted = html
        self._changed.set()
        if self._task is None and not self._closed:
            run = self._frames() if self._place.private else self._actions.keep_typing(self._place)
            self._task = asyncio.create_task(run)

    async def _frames(self) -> None:
        shown = None
        while not self._closed:
            await self._changed.wait()
            self._changed.clear()
            if self._wanted is None or self._wanted == shown:
                continue
            frame, started = self._wanted, time.monotonic()
            self._in_flight = True
            try:
                if await self._actions.frame(self._place, self._id, frame):
                    shown = frame
            finally:
                self._in_flight = False
            await asyncio.sleep(self._actions.waits.frame - (time.monotonic() - started))

    async def close(self) -> None:
        """No frame after this. One in flight is given a moment, lest it appear after the answer."""
        self._closed = True
        if self._task is None:
            return
        if self._in_flight and self._actions.waits.grace > 0:
            waiting = asyncio.create_task(self._landed())
            await asyncio.wait({waiting}, timeout=self._actions.waits.grace)
            waiting.cancel()
        self._task.cancel()

    async def _landed(self) -> None:
        while self._in_flight:
            await asyncio.sleep(0.005)
