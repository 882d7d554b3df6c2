"""How fast the bot may speak: windows a little below Telegram's, for each chat and over all chats.

Telegram publishes about one message a second in a chat, 20 a minute in a group and 30 a second in all, and lets a
burst of three pass. A call counts from its *end*, so that whatever the network does between two calls, Telegram
sees them no closer than the window says. Chats take turns: a chat has at most one call waiting, and those waiting
for the common window are served in the order they came. A chat that is told to wait holds up no other.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from telegram.error import BadRequest, NetworkError, RetryAfter

from bot.telegram.calls import gone, surely_unsent

log = logging.getLogger(__name__)

Limits = Sequence[tuple[int, float]]  # (calls, seconds): at most so many calls in any so many seconds

PRIVATE: Limits = ((3, 3.05),)
GROUP: Limits = ((3, 3.05), (20, 60.5))
OVERALL: Limits = ((30, 1.02),)
ACTIONS: Limits = (
    (18, 5.2),
    (37, 30.5),
)  # drafts and "typing" of one chat: they share Telegram's 20 in 5 s, 40 in 30 s
SHOWN: Limits = ((20, 1.0),)  # drafts and "typing" of all chats: what is only shown must not keep answers waiting
_ARRIVED = 1.0  # seconds after which a call still unanswered is taken to have arrived
_SWEEP = 30.0  # seconds between two sweeps of idle chats
_SLACK = 0.25  # seconds added to what Telegram tells to wait
_MANY = 3  # chats refused within a second: the common limit was hit, not theirs


def seconds_of(told: RetryAfter) -> float:
    """What Telegram told to wait, in seconds (an int or a timedelta, as PTB is set)."""
    wait = told.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


class Window:
    """Sliding windows over the times of past calls, and until when they are closed."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._past: deque[list[float]] = deque(maxlen=2 * max(count for count, _ in limits))
        self._closed = 0.0

    def wait(self) -> float:
        """Seconds until one more call fits; 0 or less: now."""
        now = time.monotonic()
        waits = [self._closed - now]
        for count, seconds in self._limits:
            if len(self._past) >= count:
                waits.append(heapq.nlargest(count, self._past)[-1][0] + seconds - now)
        return max(waits)

    def start(self) -> list[float]:
        """Count a call that starts now; `finish` or `forget` what it gives."""
        self._past.append(call := [time.monotonic() + _ARRIVED])
        return call

    def finish(self, call: list[float]) -> None:
        call[0] = min(call[0], time.monotonic())

    def forget(self, call: list[float]) -> None:
        """The call was refused: Telegram did not count it."""
        call[0] = 0.0

    def close(self, seconds: float) -> None:
        self._closed = max(self._closed, time.monotonic() + seconds + _SLACK)

    def idle(self) -> bool:
        """Whether nothing would change if this window were forgotten."""
        now, longest = time.monotonic(), max(seconds for _, seconds in self._limits)
        return self._closed <= now and all(call[0] + longest <= now for call in self._past)


class _Chat:
    def __init__(self, limits: Limits, actions: Limits) -> None:
        self.calls, self.actions = Window(limits), Window(actions)
        self.order, self.turn = asyncio.Lock(), asyncio.Lock()
        self.users = 0


class Pacing:
    """The pace of one bot. One instance for all that it sends; to be used in one event loop."""

    def __init__(
        self, private: Limits = PRIVATE, group: Limits = GROUP, overall: Limits = OVERALL, actions: Limits = ACTIONS
    ) -> None:
        self._private, self._group, self._actions = private, group, actions
        self._overall, self._shown = Window(overall), Window(SHOWN)
        self._gate, self._changed = asyncio.Lock(), asyncio.Event()
        self._chats: dict[int, _Chat] = {}
        self._refused: deque[tuple[float, int]] = deque(maxlen=_MANY)
        self._swept = time.monotonic()

    def _chat(self, chat_id: int) -> _Chat:
        now = time.monotonic()
        if now - self._swept > _SWEEP:
            self._swept = now
            for known, chat in list(self._chats.items()):
                if not chat.users and chat.calls.idle() and chat.actions.idle():
                    del self._chats[known]
        if chat_id not in self._chats:
            self._chats[chat_id] = _Chat(self._private if chat_id > 0 else self._group, self._actions)
        return self._chats[chat_id]

    @property
    def chats(self) -> int:
        """How many chats are remembered."""
        return len(self._chats)

    @asynccontextmanager
    async def in_order(self, chat_id: int) -> AsyncIterator[None]:
        """What is done within is not mixed with what others say in this chat; first come, first served."""
        chat = self._chat(chat_id)
        chat.users += 1
        try:
            async with chat.order:
                yield
        finally:
            chat.users -= 1

    @asynccontextmanager
    async def slot(self, chat_id: int) -> AsyncIterator[None]:
        """Wait until a call to this chat is allowed; make it within. A RetryAfter that passes through is obeyed."""
        chat = self._chat(chat_id)
        chat.users += 1
        try:
            async with chat.turn:
                while (wait := chat.calls.wait()) > 0:
                    await asyncio.sleep(wait)
                await self._common()
                own, common = chat.calls.start(), self._overall.start()
                try:
                    yield
                except RetryAfter as told:
                    self.refuse(chat_id, seconds_of(told))
                    chat.calls.forget(own)
                    self._overall.forget(common)
                    raise
                except NetworkError as error:
                    if surely_unsent(error) or (isinstance(error, BadRequest) and gone(error)):
                        chat.calls.forget(own)  # nothing was done in the chat
                    raise
                finally:
                    chat.calls.finish(own)
                    self._overall.finish(common)
                    self._changed.set()
        finally:
            chat.users -= 1

    async def _common(self) -> None:
        async with self._gate:  # a fair lock: one waits for the window, the others wait in their order
            while (wait := self._overall.wait()) > 0:
                self._changed.clear()
                try:
                    async with asyncio.timeout(wait):
                        await self._changed.wait()  # a call that ends early opens the window early
                except TimeoutError:
                    continue

    def refuse(self, chat_id: int, seconds: float) -> None:
        """Telegram told this chat to wait; when it tells several chats within a second, it means all of them."""
        now = time.monotonic()
        self._chat(chat_id).calls.close(seconds)
        self._refused.append((now, chat_id))
        recent = {chat for at, chat in self._refused if now - at <= 1.0}
        log.info("told to wait %.0f s in chat %s", seconds, chat_id)
        if len(recent) >= _MANY:
            log.warning("told to wait %.0f s in %d chats at once: all wait", seconds, len(recent))
            self._overall.close(seconds)
            self._changed.set()

    def action(self, chat_id: int) -> bool:
        """Whether a draft or a "typing" may be sent now; it is counted then. Otherwise it is to be dropped."""
        windows = self._chat(chat_id).actions, self._shown
        if any(window.wait() > 0 for window in windows):
            return False
        for window in windows:
            window.finish(window.start())
        return True

    def refuse_action(self, chat_id: int, seconds: float) -> None:
        """No draft and no "typing" in this chat until so many seconds have passed."""
        self._chat(chat_id).actions.close(seconds)
