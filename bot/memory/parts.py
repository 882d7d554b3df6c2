"""What was sent for a turn: one row a message, written before the sending and completed after it."""

from __future__ import annotations

from functools import cached_property

from sqlalchemy import Insert, bindparam, delete, select, update

from bot.memory.chats import current
from bot.memory.database import Database
from bot.memory.schema import parts, turns
from bot.memory.values import Part

_CHAT = select(current(turns.c.chat_id)).where(turns.c.id == bindparam("turn"))  # it may have moved since `sending`
_SENT = (
    update(parts)
    .where(parts.c.turn_id == bindparam("turn"), parts.c.part == bindparam("number"))
    .values(message_id=bindparam("message_id"), chat_id=_CHAT.scalar_subquery())
)
_PARTS = (
    select(parts.c.part, parts.c.message_id, parts.c.after, parts.c.chat_id)
    .where(parts.c.turn_id == bindparam("turn"))
    .order_by(parts.c.part)
)


class Parts(Database):
    """The messages of answers. Calls for a turn that was forgotten do nothing."""

    @cached_property
    def _sending(self) -> Insert:
        given = [bindparam(name, type_=parts.c[name].type) for name in ("part", "after")]
        values = select(turns.c.id, current(turns.c.chat_id), *given).where(turns.c.id == bindparam("turn"))
        values = values.with_for_update(of=turns, read=True, key_share=True)  # it may be forgotten at this moment
        insert = self._insert(parts).from_select(["turn_id", "chat_id", "part", "after"], values)
        return insert.on_conflict_do_update(
            index_elements=[parts.c.turn_id, parts.c.part],
            set_={"message_id": None, "after": insert.excluded.after, "chat_id": insert.excluded.chat_id},
        )

    def sending(self, turn_id: int, part: int, after: int) -> None:
        """Note that a part is about to be sent; `after` is the highest message id known in the chat.

        It is on disk then, and with it all that was written before: the turn and its answer.
        """
        with self._write() as connection:
            connection.execute(self._sending, {"turn": turn_id, "part": part, "after": after})

    def sent(self, turn_id: int, part: int, message_id: int) -> None:
        """Note that a part arrived, as that message."""
        with self._write(soon=True) as connection:
            connection.execute(_SENT, {"turn": turn_id, "number": part, "message_id": message_id})

    def parts(self, turn_id: int) -> list[Part]:
        """The parts of a turn, in order."""
        with self._read() as connection:
            return [Part(*row) for row in connection.execute(_PARTS, {"turn": turn_id})]

    def drop_parts(self, turn_id: int, from_part: int) -> None:
        """Forget that part and those after it: their messages were deleted."""
        with self._write() as connection:
            connection.execute(delete(parts).where(parts.c.turn_id == turn_id, parts.c.part >= from_part))
