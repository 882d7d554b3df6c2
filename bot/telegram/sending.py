"""Sending, editing and deleting one message until it is certain what became of it. `delivery` says why it is so."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter

from bot.rendering.telegram import Message
from bot.telegram import calls
from bot.telegram.calls import Moved, Unacceptable, Uncertain, Unreachable, Waits
from bot.telegram.numbering import Numbers, numbering_of
from bot.telegram.pacing import Pacing
from bot.telegram.places import Place

log = logging.getLogger(__name__)

T = TypeVar("T")
_MOVED = 1000  # migrated groups remembered
_MOST_PROBES = 60  # ids tried in one search, however many messages are looked for at once


@dataclass(slots=True)
class Route:
    """Where a message goes; a group that becomes a supergroup changes it on the way."""

    chat_id: int
    thread_id: int | None
    private: bool
    reply_to: int | None
    stack: AsyncExitStack | None  # holds the turn to speak in the chat


class Sender:
    """Makes calls that succeed, or fail for good.

    `taken(chat_id, message_id)` tells whether a message is known to be another; `migrated(old, new)` is told of
    groups that became supergroups.
    """

    def __init__(
        self,
        bot: Bot,
        pacing: Pacing,
        waits: Waits,
        numbers: Numbers,
        taken: Callable[[int, int], Awaitable[bool]],
        migrated: Callable[[int, int], Awaitable[None]],
    ) -> None:
        self._bot, self._pacing, self._waits, self._numbers = bot, pacing, waits, numbers
        self._taken, self._migrated = taken, migrated
        self._moved: dict[int, int] = {}
        self._sought = Counter[int]()  # messages of unknown fate that are being looked for, by numbering

    def route(self, place: Place, reply_to: int | None = None, stack: AsyncExitStack | None = None) -> Route:
        """Where a place is now."""
        chat = self._moved.get(place.chat_id)
        if chat is None:
            return Route(place.chat_id, place.thread_id, place.private, reply_to, stack)
        return Route(chat, None, place.private, None, stack)

    async def send(
        self,
        route: Route,
        message: Message,
        begun: Callable[[int], Awaitable[None]] | None = None,
        after: int | None = None,
    ) -> int:
        """Send a message once; its id. `begun(after)` is awaited before the first attempt.

        With `after`, an earlier run may have sent it: it is looked for first. Raises Unreachable, Unacceptable.
        """
        content, chat, attempt = calls.content(message), route.chat_id, 0
        ruled_out: set[int] = set()
        uncertain = after is not None
        while True:
            try:
                if uncertain and after is not None:
                    pause = self._waits.pause(attempt, self._waits.settle)
                    attempt += 1
                    if found := await self._search(route, content, after, ruled_out, pause):
                        return found
                if after is None:
                    after = self._numbers.highest(route.chat_id)
                    if begun:
                        await begun(after)
                uncertain = False
                return await self._once(route, content)
            except Uncertain as why:
                log.info("unknown whether a message arrived in chat %s: %s", route.chat_id, why)
                uncertain = True
            except Moved:
                uncertain = False
            except BadRequest as refusal:
                self._refused(route, refusal)
            if route.chat_id != chat:  # another numbering: nothing was sent there yet
                chat, after = route.chat_id, None
                ruled_out.clear()

    async def edit(self, route: Route, message_id: int | str, message: Message) -> bool:
        """Change a message; False: it is gone or cannot be edited. Raises Unreachable, Unacceptable, Moved.

        A message that somebody sent by inline mode has a text for an id, and no chat that we know of.
        """
        content = calls.content(message)
        try:
            return await self._repeated(lambda: self._change(route, message_id, content))
        except BadRequest as refusal:
            if calls.gone(refusal):
                return False
            raise Unacceptable(refusal.message) from None

    async def delete(self, route: Route, message_id: int) -> bool:
        """Delete a message; True also if it was gone. Raises Unreachable, Moved."""

        async def gone() -> bool:
            return await self._call(
                route, lambda chat: self._bot.delete_message(chat, message_id, **self._waits.timeouts)
            )

        try:
            return await self._repeated(gone)
        except BadRequest as refusal:
            return calls.says(refusal, "not found", "message_id_invalid")

    async def document(self, route: Route, name: str, content: bytes, caption: str) -> None:
        """Send a file, once. Raises Uncertain, Unreachable, Moved, BadRequest."""
        await self._call(
            route,
            lambda chat: self._bot.send_document(
                chat, content, caption, filename=name, message_thread_id=route.thread_id, **self._waits.timeouts
            ),
        )

    async def _once(self, route: Route, content: dict[str, Any]) -> int:
        sent = await self._call(
            route,
            lambda chat: self._bot.send_message(
                chat,
                message_thread_id=route.thread_id,
                reply_parameters=calls.reply(route.reply_to),
                **content,
                **self._waits.timeouts,
            ),
        )
        return sent.message_id

    async def _change(self, route: Route, message_id: int | str, content: dict[str, Any]) -> bool:
        """Edit to this content, or find that it has it."""

        async def change(chat: int) -> object:
            which: dict[str, Any] = {"chat_id": chat, "message_id": message_id}
            if isinstance(message_id, str):
                which = {"inline_message_id": message_id}
            return await self._bot.edit_message_text(**which, **content, **self._waits.timeouts)

        try:
            await self._call(route, change)
        except BadRequest as refusal:
            if not calls.unmodified(refusal):
                raise
        return True

    async def _search(
        self, route: Route, content: dict[str, Any], after: int, ruled_out: set[int], pause: float
    ) -> int | None:
        """After a pause, the id under which a message of unknown fate arrived, or None.

        When a connection breaks, many messages are looked for at once, and each lies between the others.
        """
        numbering = numbering_of(route.chat_id)
        self._sought[numbering] += 1
        try:
            await asyncio.sleep(pause)
            highest = self._numbers.highest(route.chat_id)
            most = min(self._waits.probes + self._sought[numbering] - 1, _MOST_PROBES)
            for number in self._numbers.candidates(route.chat_id, after, most, ruled_out):
                if self._numbers.known(route.chat_id, number) or await self._taken(route.chat_id, number):
                    continue
                if await self._is(route, number, content):
                    return number
                if number <= highest:  # given to another message; a higher one may still become ours
                    ruled_out.add(number)
        finally:
            self._sought[numbering] -= 1
            self._sought += Counter()  # drops what is 0
        return None

    async def _is(self, route: Route, number: int, content: dict[str, Any]) -> bool:
        """Whether that message has this content (or has it now: see `delivery`)."""
        try:
            return await self._repeated(lambda: self._change(route, number, content))
        except BadRequest as refusal:
            log.debug("message %d is another: %s", number, refusal.message)
            if calls.says(refusal, "can't be edited"):  # a person's in this chat, so that no other chat need try it
                self._numbers.note(route.chat_id, number)
            return False

    def _refused(self, route: Route, refusal: BadRequest) -> None:
        """What can be left out is left out for the next attempt. Raises Unacceptable if it is the text itself."""
        if route.thread_id is not None and calls.says(refusal, "thread not found", "thread_invalid", "topic_deleted"):
            route.thread_id = None
        elif route.reply_to is not None and calls.says(refusal, "replied not found", "reply message", "to reply"):
            route.reply_to = None
        else:
            raise Unacceptable(refusal.message) from None

    async def _repeated(self, call: Callable[[], Awaitable[T]]) -> T:
        """Repeat what does no harm when done twice, until it is certain."""
        attempt = 0
        while True:
            try:
                return await call()
            except Uncertain:
                await asyncio.sleep(self._waits.pause(attempt))
                attempt += 1

    async def _call(self, route: Route, call: Callable[[int], Awaitable[T]]) -> T:
        """Make a call when its turn comes; wait as told, and repeat it as long as it surely was not executed.

        Raises Uncertain, Unreachable, Moved (the route is changed), BadRequest.
        """
        attempt = 0
        while True:
            try:
                async with self._pacing.slot(route.chat_id), asyncio.timeout(self._waits.whole):
                    return await call(route.chat_id)
            except RetryAfter:
                continue  # the slot has closed the chat for the time told
            except Forbidden as refusal:
                raise Unreachable(refusal.message) from None
            except ChatMigrated as told:
                await self._follow(route, told.new_chat_id)
                raise Moved from None
            except BadRequest as refusal:
                if calls.closed_to_us(refusal):
                    raise Unreachable(refusal.message) from None
                raise
            except NetworkError as error:
                if calls.says(error, "immediately deleted"):
                    raise Unreachable(error.message) from None
                if calls.says(error, "too many requests"):
                    self._pacing.refuse(route.chat_id, self._waits.overload)
                    continue
                if not calls.surely_unsent(error):
                    raise Uncertain(type(error.__cause__ or error).__name__) from None
            except TimeoutError:
                raise Uncertain("timeout") from None
            await asyncio.sleep(self._waits.pause(attempt))
            attempt += 1

    async def _follow(self, route: Route, new: int) -> None:
        log.info("group %s became supergroup %s", route.chat_id, new)
        await self._migrated(route.chat_id, new)
        self._moved[route.chat_id] = new
        if len(self._moved) > _MOVED:
            del self._moved[next(iter(self._moved))]
        route.chat_id, route.thread_id, route.reply_to = new, None, None  # ids of the old group mean others here
        if route.stack is not None:
            await route.stack.enter_async_context(self._pacing.in_order(new))
