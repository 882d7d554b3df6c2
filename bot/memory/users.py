"""People: who they are, and what the bot lets them do."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from bot.memory.database import Database
from bot.memory.schema import users
from bot.memory.values import STATUSES, User

SEEN = timedelta(minutes=1)  # `seen_at` is not written again before
_USER = select(users).where(users.c.id == bindparam("user"))


class Users(Database):
    """Everyone who ever wrote, until they are forgotten."""

    def see_user(self, user_id: int, name: str, username: str | None) -> User:
        """A user wrote: note their names, and that they can be reached. A new one is "pending"."""
        now = datetime.now(UTC)
        known = self.user(user_id)
        if (
            known
            and (known.name, known.username, known.unreachable) == (name, username, False)
            and abs(now - known.seen_at) < SEEN
        ):
            return known  # the usual case writes nothing
        values = {"name": name, "username": username, "seen_at": now, "unreachable": False}
        insert = self._insert(users).values(id=user_id, **values)
        with self._write() as connection:
            row = connection.execute(
                insert.on_conflict_do_update(index_elements=[users.c.id], set_=values).returning(*users.c)
            ).one()
        return User(**row._mapping)

    def user(self, user_id: int) -> User | None:
        """The user of that id."""
        with self._read() as connection:
            row = connection.execute(_USER, {"user": user_id}).one_or_none()
        return None if row is None else User(**row._mapping)

    def users(self) -> list[User]:
        """Everyone, last seen first."""
        return self._users()

    def owners(self) -> list[User]:
        """The owners."""
        return self._users(users.c.status == "owner")

    def _users(self, *conditions: ColumnElement[bool]) -> list[User]:
        with self._read() as connection:
            found = connection.execute(select(users).where(*conditions).order_by(users.c.seen_at.desc(), users.c.id))
            return [User(**row._mapping) for row in found]

    def set_status(self, user_id: int, status: str) -> None:
        """Make someone one of STATUSES, also who never wrote. Their access code is used up, unless still pending."""
        if status not in STATUSES:
            raise ValueError(f"{status!r} is not one of {', '.join(STATUSES)}")
        self._set_user(user_id, {"status": status} | ({} if status == "pending" else {"code": None}))

    def set_language(self, user_id: int, code: str | None) -> None:
        """The language that someone chose; None: as Telegram says."""
        self._set_user(user_id, {"language": code})

    def set_unreachable(self, user_id: int, unreachable: bool) -> None:
        """Whether someone blocked the bot. Their next message tells that they did no longer."""
        with self._write() as connection:
            connection.execute(update(users).where(users.c.id == user_id).values(unreachable=unreachable))

    def _set_user(self, user_id: int, values: dict[str, Any]) -> None:
        insert = self._insert(users).values(id=user_id, seen_at=datetime.now(UTC), **values)
        with self._write() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=[users.c.id], set_=values))

    def access_code(self, user_id: int) -> str:
        """Six digits by which owners recognise who asks for access; the same while it is pending."""
        while True:
            known = self.user(user_id)
            if known and known.code:
                return known.code
            code = f"{secrets.randbelow(10**6):06d}"
            insert = self._insert(users).values(id=user_id, seen_at=datetime.now(UTC), code=code)
            try:
                with self._write() as connection:
                    connection.execute(
                        insert.on_conflict_do_update(
                            index_elements=[users.c.id], set_={"code": code}, where=users.c.code.is_(None)
                        )
                    )
            except IntegrityError:
                continue  # someone else's code: draw again

    def user_of_code(self, code: str) -> User | None:
        """Who asks for access with that code."""
        return next(iter(self._users(users.c.code == code, users.c.status == "pending")), None)
