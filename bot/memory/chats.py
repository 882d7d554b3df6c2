"""Groups: which may ask, and which became supergroups."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, CompoundSelect, delete, func, literal, select, union_all, update

from bot.memory.database import Database
from bot.memory.schema import chats, moved, resets


def current(chat_id: int | ColumnElement[int]) -> ColumnElement[int]:
    """SQL for the chat that a chat is today: itself, or the supergroup it became."""
    value: Any = literal(chat_id, BigInteger) if isinstance(chat_id, int) else chat_id
    became = select(moved.c.new_id).where(moved.c.old_id == value).scalar_subquery()
    return func.coalesce(became, value)


def family(chat_id: ColumnElement[int]) -> CompoundSelect[Any]:
    """SQL for every id that a chat has or had."""
    return union_all(select(current(chat_id)), select(moved.c.old_id).where(moved.c.new_id == current(chat_id)))


class Chats(Database):
    """The list of groups that may ask. A group is known by its old id too."""

    def allow_chat(self, chat_id: int, title: str, by_user: int) -> None:
        """Let a group ask."""
        self._set_chat(chat_id, allowed=True, title=title, by_user=by_user)

    def refuse_chat(self, chat_id: int) -> None:
        """Let a group ask no longer."""
        self._set_chat(chat_id, allowed=False)

    def _set_chat(self, chat_id: int, **values: object) -> None:
        with self._write() as connection:
            insert = self._insert(chats).values(id=connection.scalar(select(current(chat_id))), **values)
            connection.execute(insert.on_conflict_do_update(index_elements=[chats.c.id], set_=values))

    def chat_allowed(self, chat_id: int) -> bool:
        """Whether a group may ask."""
        with self._read() as connection:
            return bool(connection.scalar(select(chats.c.allowed).where(chats.c.id == current(chat_id))))

    def chats(self) -> list[tuple[int, str]]:
        """The groups that may ask: id and title, by title."""
        with self._read() as connection:
            found = connection.execute(
                select(chats.c.id, chats.c.title).where(chats.c.allowed).order_by(chats.c.title, chats.c.id)
            )
            return [(number, title) for number, title in found]

    def migrate_chat(self, old: int, new: int) -> None:
        """A group became a supergroup, whose messages are numbered anew. Its conversations and its permission go on.

        Turns and parts keep the id they were made under, so that no old message is taken for a new one.
        """
        if old == new:
            return
        with self._write() as connection:
            insert = self._insert(moved).values(old_id=old, new_id=new)
            connection.execute(insert.on_conflict_do_update(index_elements=[moved.c.old_id], set_={"new_id": new}))
            connection.execute(update(moved).where(moved.c.new_id == old).values(new_id=new))
            if was := connection.execute(select(chats).where(chats.c.id == old)).one_or_none():
                permit = self._insert(chats).values({**was._mapping, "id": new})
                connection.execute(permit.on_conflict_do_nothing(index_elements=[chats.c.id]))
                connection.execute(delete(chats).where(chats.c.id == old))
            connection.execute(update(resets).where(resets.c.chat_id == old).values(chat_id=new))
