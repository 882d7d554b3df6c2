"""The tables, as the newest migration leaves them (a test compares the two)."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator

HEAD = "0001"  # the newest file of migrations/versions
VERSION_TABLE = "sourcier_version"  # its own name: another program's Alembic may share the database
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An aware datetime, in UTC both ways. SQLite, which has no time zones, keeps it without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text as people and models write it, without what a database refuses: NUL and halves of surrogate pairs."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


metadata = MetaData(naming_convention=NAMES)
_SERIAL = BigInteger().with_variant(Integer, "sqlite")  # only an INTEGER key counts up by itself in SQLite

updates = Table(
    "updates",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger),  # who caused it, so that it can be forgotten
    Column("data", Words, nullable=False),  # JSON; empty once done or forgotten
    Column("received_at", Moment, nullable=False),
    Column("done_at", Moment),
)
Index(
    "ix_updates_pending", updates.c.id, sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")
)
Index(None, updates.c.user_id)

turns = Table(
    "turns",
    metadata,
    Column("id", _SERIAL, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("thread_id", BigInteger),
    Column("user_id", BigInteger, nullable=False, index=True),
    Column("message_id", BigInteger, nullable=False),
    Column("question", Words, nullable=False),
    Column("understood_as", Words),
    Column("answer", Words),
    Column("text", Words),
    Column("language", Words),
    Column("asked_at", Moment, nullable=False, index=True),
    Column("answered_at", Moment),
    # out of the answer, for statistics; tokens and cost add up when a question is answered again
    Column("abstained", Boolean),
    Column("seconds", Double),
    Column("tokens", BigInteger, nullable=False, default=0),
    Column("cost_usd", Double, nullable=False, default=0),
    UniqueConstraint("chat_id", "message_id"),
    sqlite_autoincrement=True,  # else SQLite gives the id of a forgotten last turn again, and its buttons with it
)

parts = Table(
    "parts",
    metadata,
    Column("turn_id", _SERIAL, ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("message_id", BigInteger),
    Column("after", BigInteger, nullable=False),
)
Index(None, parts.c.chat_id, parts.c.message_id)

feedback = Table(
    "feedback",
    metadata,
    Column("turn_id", _SERIAL, ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False, index=True),
    Column("value", Integer, nullable=False),
)

resets = Table(  # where conversations began anew: turns up to `turn_id` belong to an earlier one
    "resets",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("thread_id", BigInteger, primary_key=True, autoincrement=False),  # 0: no thread
    Column("turn_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Words, nullable=False, default=""),
    Column("username", Words),
    Column("language", Words),
    Column("status", Words, nullable=False, default="pending"),
    Column("code", Words, unique=True),
    Column("seen_at", Moment, nullable=False),
    Column("unreachable", Boolean, nullable=False, default=False),
)

chats = Table(
    "chats",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("title", Words, nullable=False, default=""),
    Column("allowed", Boolean, nullable=False),
    Column("by_user", BigInteger),
)

moved = Table(  # groups that became supergroups: messages get new numbers there, so turns keep the old chat
    "moved",
    metadata,
    Column("old_id", BigInteger, primary_key=True, autoincrement=False),
    Column("new_id", BigInteger, nullable=False, index=True),
)

usage = Table(
    "usage",
    metadata,
    Column("day", Date, primary_key=True),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),  # 0: people who were forgotten
    Column("questions", BigInteger, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Column("cost_usd", Double, nullable=False),
)

keys = Table(
    "keys",
    metadata,
    Column("key", Words, primary_key=True),
    Column("payload", Words, nullable=False),
    Column("kept_at", Moment, nullable=False),
)
