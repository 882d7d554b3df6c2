"""Forgetting: one person at their wish, everyone's past after the time it is kept for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from sqlalchemy import BigInteger, Connection, delete, func, literal, select, text, update

from bot.memory.database import BUSY_SECONDS, Database
from bot.memory.schema import chats, feedback, keys, resets, turns, updates, usage, users

NOBODY = 0  # whose usage that of forgotten people becomes: the day's total still holds
HELD = ("refused", "blocked", "owner")  # who stays so: a block is not escaped, nor a bot left without an owner
_ERASING = 0x536F7573  # the advisory lock of PostgreSQL under which one erases


class Privacy(Database):
    """What erases. Rows are overwritten on disk, as far as the database can."""

    def forget(self, user_id: int) -> int:
        """Erase what a user wrote and what is known of them; returns how many turns that were.

        Someone refused, blocked or owner stays so, without a name; anyone else is a stranger again.
        """
        with self._erasing() as connection:
            erased = connection.execute(delete(turns).where(turns.c.user_id == user_id)).rowcount
            connection.execute(delete(feedback).where(feedback.c.user_id == user_id))
            connection.execute(delete(resets).where(resets.c.chat_id == user_id))  # their private chat
            connection.execute(update(chats).where(chats.c.by_user == user_id).values(by_user=None))
            connection.execute(
                update(updates)
                .where(updates.c.user_id == user_id)  # the ids stay, against a second delivery
                .values(user_id=None, data="", done_at=func.coalesce(updates.c.done_at, updates.c.received_at))
            )
            own = select(usage.c.day, literal(NOBODY, BigInteger), usage.c.questions, usage.c.tokens, usage.c.cost_usd)
            insert = self._insert(usage).from_select(
                ["day", "user_id", "questions", "tokens", "cost_usd"],
                own.where(usage.c.user_id == user_id, usage.c.user_id != NOBODY),
            )
            added = {name: usage.c[name] + insert.excluded[name] for name in ("questions", "tokens", "cost_usd")}
            connection.execute(insert.on_conflict_do_update(index_elements=[usage.c.day, usage.c.user_id], set_=added))
            connection.execute(delete(usage).where(usage.c.user_id == user_id, usage.c.user_id != NOBODY))
            connection.execute(delete(users).where(users.c.id == user_id, users.c.status.not_in(HELD)))
            connection.execute(
                update(users)
                .where(users.c.id == user_id)
                .values(name="", username=None, language=None, code=None, seen_at=datetime.now(UTC), unreachable=False)
            )
        self._overwrite()
        return erased

    def expire(self, before: datetime) -> int:
        """Erase what is older: turns with their parts and feedback, usage, updates that are done, keys of buttons that
        were last shown before then. Returns how many turns that were.
        """
        with self._erasing() as connection:
            erased = connection.execute(delete(turns).where(turns.c.asked_at < before)).rowcount
            connection.execute(delete(resets).where(resets.c.at < before))
            connection.execute(delete(updates).where(updates.c.done_at.is_not(None), updates.c.received_at < before))
            connection.execute(delete(usage).where(usage.c.day < before.astimezone(UTC).date()))
            connection.execute(delete(keys).where(keys.c.kept_at < before))
        self._overwrite()
        return erased

    @contextmanager
    def _erasing(self) -> Iterator[Connection]:
        """One transaction, one at a time: two would meet the same rows in different orders, and PostgreSQL end one."""
        with self._write() as connection:
            if not self._sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ERASING})
            yield connection

    def _overwrite(self) -> None:
        """Empty SQLite's log, which still holds what was erased. While someone reads, the next checkpoint does it."""
        if self._sqlite:
            with closing(self._engine.raw_connection()) as connection:
                cursor = connection.cursor()
                cursor.execute("PRAGMA busy_timeout = 200")  # writers wait meanwhile
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
