"""Everything the bot says goes through here: each message of an answer arrives once, whatever the API does.

Telegram's sendMessage has no idempotency key: after a timeout, a broken connection or a proxy's 502 nobody tells
whether the message was sent. Sending again may double it, giving up may lose it. So it is looked for first:

* Message ids grow, in one numbering for all private chats and basic groups of the bot, in another for each
  supergroup. Before the first attempt `Memory.sending` keeps the highest id known ("after"): if the message
  arrived, its id is above.
* After a moment, in which a request on its way arrives, each id above "after" that belongs to no known message is
  *edited to the very content that was sent*. "message is not modified" can only be said of the message itself:
  it had arrived, and its id is now known. "message to edit not found" and "can't be edited" (another chat's, or a
  person's) mean the next id. A bot's other message in the chat cannot be hit: those are said one at a time, their
  ids are known here or (after a restart) to Memory. When none answers, it had not arrived: it is sent again.
  More ids are tried while more messages are looked for: a broken connection loses many at once.
* An edit may be repeated as it is, and so may a call that surely never left (no connection).

Limits: a request that is executed later than the wait and the search, and a bot so busy that more unknown ids than
`Waits.probes` lie between; both double the message. Where no id is known at all, nothing can be looked for.

A process that is killed in between resumes from Memory.parts: `deliver` with the same turn and messages.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any
from zlib import crc32

from telegram import Bot
from telegram.error import BadRequest, TelegramError

from bot.rendering.telegram import Message
from bot.telegram import calls
from bot.telegram.calls import Moved, Unacceptable, Uncertain, Unreachable, Waits
from bot.telegram.drafts import Actions, Draft
from bot.telegram.numbering import Numbers
from bot.telegram.pacing import Pacing
from bot.telegram.places import Place
from bot.telegram.sending import Route, Sender

if TYPE_CHECKING:
    from bot.memory import Memory, Part

__all__ = ["Delivery", "Place", "Waits"]

log = logging.getLogger(__name__)
_NO_CHAT = 1 << 60  # numbers above are no chat's

_EMPTY = Message("—")  # what a surplus message becomes that is too old to be deleted


class Delivery:
    """Says things in chats. One instance for a bot; `db(f, *args)` runs f in a thread."""

    def __init__(
        self,
        bot: Bot,
        memory: Memory,
        db: Callable[..., Awaitable[Any]],
        *,
        pacing: Pacing | None = None,
        waits: Waits | None = None,
    ) -> None:
        self._bot, self._memory, self._db = bot, memory, db
        self._pacing = Pacing() if pacing is None else pacing
        self._waits = Waits() if waits is None else waits
        self._numbers = Numbers()
        self._sender = Sender(bot, self._pacing, self._waits, self._numbers, self._taken, self._migrated)
        self._actions = Actions(bot, self._pacing, self._waits)

    def note(self, chat_id: int, message_id: int) -> None:
        """A message of a person was seen (not one of the bot's own). Feed every update's: see above, "after"."""
        self._numbers.note(chat_id, message_id)

    async def deliver(
        self, turn_id: int, place: Place, messages: Sequence[Message], *, reply_to: int | None = None
    ) -> None:
        """Bring the answer of a turn into the chat as these messages, each once and in order, however long it takes.

        What is there already (an earlier run, or the answer to a question that was edited) is edited in place,
        surplus messages are deleted, missing ones sent. Raises InvalidToken; a chat that is closed to the bot is no
        error. Cancelled at any point, it can be called again with the same arguments.
        """
        if reply_to:
            self._numbers.reached(place.chat_id, reply_to)
        async with self._in_order(place, reply_to) as route:
            await self._deliver(turn_id, route, list(messages))

    async def say(self, place: Place, message: Message, *, reply_to: int | None = None) -> int | None:
        """Say something that belongs to no turn; gives its id, or None if it could not be delivered."""
        said = None
        if reply_to:
            self._numbers.reached(place.chat_id, reply_to)
        try:
            async with asyncio.timeout(self._waits.patience), self._in_order(place, reply_to) as route:
                todo, refused = [message], Counter[Message]()
                while todo:
                    try:
                        said = await self._sender.send(route, todo[0])
                    except Unacceptable as why:
                        todo[:1] = self._simpler(todo[0], why, refused)
                        continue
                    self.note(route.chat_id, said)
                    route.reply_to = None
                    todo.pop(0)
        except TimeoutError:
            log.warning("a notice could not be delivered in chat %s", place.chat_id)
        return said

    async def edit(self, place: Place, message_id: int, message: Message) -> bool:
        """Change a message of the bot; False if that is not possible (any more)."""
        done = False
        try:
            async with asyncio.timeout(self._waits.patience), self._guarded(self._sender.route(place)) as route:
                done = await self._sender.edit(route, message_id, message)
        except (Unacceptable, Moved, TimeoutError) as why:
            log.error("a message could not be edited in chat %s: %r", place.chat_id, why)
        return done

    async def edit_inline(self, message_id: str, message: Message) -> bool:
        """Change a message that somebody sent by inline mode; False if that is not possible."""
        pace = _NO_CHAT + crc32(message_id.encode())  # of its own: nobody tells in which chat it stands
        try:
            async with asyncio.timeout(self._waits.patience):
                return await self._sender.edit(Route(pace, None, False, None, None), message_id, message)
        except (Unacceptable, Unreachable, Moved, TimeoutError) as why:
            log.error("an inline message could not be edited: %r", why)
        return False

    async def document(self, place: Place, name: str, content: bytes, caption: str) -> bool:
        """Send a file; False if it could not be sent. Of one whose fate is unknown no second copy is sent."""
        try:
            async with asyncio.timeout(self._waits.patience), self._in_order(place, None) as route:
                await self._sender.document(route, name, content, caption)
                return True
        except (BadRequest, Moved, TimeoutError, Uncertain) as why:
            log.warning("a file could not be sent in chat %s: %s", place.chat_id, why)
        return False

    async def answer_callback(self, query_id: str, text: str = "", alert: bool = False) -> None:
        """Stop the spinning of a button. Never raises: a query that is too old, or a failure, is let pass."""
        try:
            async with asyncio.timeout(self._waits.whole):
                await self._bot.answer_callback_query(
                    query_id, text[:200] or None, show_alert=alert, **self._waits.timeouts
                )
        except (TelegramError, TimeoutError) as error:
            log.info("a button was not answered: %s", type(error).__name__)

    def draft(self, place: Place) -> Draft:
        """An answer as it grows; see `Draft`."""
        return Draft(place, self._actions)

    def typing(self, place: Place) -> AbstractAsyncContextManager[None]:
        """Show "typing" meanwhile."""
        return self._actions.typing(place)

    @asynccontextmanager
    async def _in_order(self, place: Place, reply_to: int | None) -> AsyncIterator[Route]:
        async with AsyncExitStack() as stack:
            route = self._sender.route(place, reply_to, stack)
            await stack.enter_async_context(self._pacing.in_order(route.chat_id))
            await stack.enter_async_context(self._guarded(route))
            yield route

    @asynccontextmanager
    async def _guarded(self, route: Route) -> AsyncIterator[Route]:
        try:
            yield route
        except Unreachable as why:
            log.warning("nothing can be said in chat %s: %s", route.chat_id, why)
            if route.private:
                await self._db(self._memory.set_unreachable, route.chat_id, True)

    async def _deliver(self, turn: int, route: Route, todo: list[Message]) -> None:
        parts: dict[int, Part] = {part.part: part for part in await self._db(self._memory.parts, turn)}
        reply_to, number, refused = route.reply_to, 0, Counter[Message]()
        while number < len(todo):
            route.reply_to = reply_to if number == 0 else None
            try:
                await self._part(turn, number, route, todo[number], parts)
            except Unacceptable as why:
                todo[number : number + 1] = self._simpler(todo[number], why, refused)
            else:
                number += 1
        for part in sorted(parts):
            if part >= len(todo):
                await self._remove(route, parts[part])
        if any(part >= len(todo) for part in parts):
            await self._db(self._memory.drop_parts, turn, len(todo))

    async def _part(self, turn: int, number: int, route: Route, message: Message, parts: dict[int, Part]) -> None:
        """Bring one message of an answer into the chat, or up to date."""
        known = parts.get(number)
        if known and known.message_id is not None:
            if known.chat_id != route.chat_id:
                return  # it stays in the group that this one was made of, where nobody can edit a question any more
            try:
                if await self._sender.edit(route, known.message_id, message):
                    return
            except Moved:
                return  # the same
            await self._clear(turn, number, route, parts)
            known = None
        after = known.after if known and known.chat_id == route.chat_id else None

        async def begun(highest: int) -> None:
            await self._db(self._memory.sending, turn, number, highest)

        message_id = await self._sender.send(route, message, begun, after)
        await asyncio.shield(self._db(self._memory.sent, turn, number, message_id))
        self._numbers.note(route.chat_id, message_id)  # not before it is kept: a known id is not looked for

    async def _clear(self, turn: int, number: int, route: Route, parts: dict[int, Part]) -> None:
        """Message `number` is gone: those after it go too, as it will be sent after them. What must stay is kept."""
        later = [part for part in sorted(parts) if part > number]
        if all([await self._remove(route, parts[part], keep=True) for part in later]):
            for part in [number, *later]:
                del parts[part]
            await self._db(self._memory.drop_parts, turn, number)

    async def _remove(self, route: Route, part: Part, keep: bool = False) -> bool:
        """Delete the message of a part; False: it is too old for that (and emptied, unless it is to be kept)."""
        if part.message_id is None or part.chat_id != route.chat_id:
            return True
        try:
            if await self._sender.delete(route, part.message_id):
                return True
            if not keep:
                await self._sender.edit(route, part.message_id, _EMPTY)
        except Moved:
            return True
        return False

    def _simpler(self, message: Message, why: Unacceptable, refused: Counter[Message]) -> list[Message]:
        log.error("Telegram refused a message of ours (%s); it is sent as plain text: %.200r", why, message.html)
        refused[message] += 1
        return calls.simpler(message, str(why), again=refused[message] > 1)

    async def _taken(self, chat_id: int, message_id: int) -> bool:
        """Whether Memory knows whose message this is."""
        return await self._db(self._memory.turn_at, chat_id, message_id) is not None

    async def _migrated(self, old: int, new: int) -> None:
        await self._db(self._memory.migrate_chat, old, new)
