"""The first tables: updates, turns with their parts and feedback, users, chats, usage, keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """From an empty database."""
    op.create_table(
        "updates",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("done_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_updates"),
    )
    pending = sa.text("done_at IS NULL")
    op.create_index("ix_updates_pending", "updates", ["id"], sqlite_where=pending, postgresql_where=pending)
    op.create_index("ix_updates_user_id", "updates", ["user_id"])
    op.create_table(
        "turns",
        sa.Column("id", _SERIAL, nullable=False),
        sa.Column("chat_id", sa.BigInteger, nullable=False),
        sa.Column("thread_id", sa.BigInteger),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("understood_as", sa.Text),
        sa.Column("answer", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("answered_at", _TIME),
        sa.Column("abstained", sa.Boolean),
        sa.Column("seconds", sa.Double),
        sa.Column("tokens", sa.BigInteger, nullable=False),
        sa.Column("cost_usd", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_turns"),
        sa.UniqueConstraint("chat_id", "message_id", name="uq_turns_chat_id_message_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_turns_asked_at", "turns", ["asked_at"])
    op.create_index("ix_turns_user_id", "turns", ["user_id"])
    op.create_table(
        "parts",
        sa.Column("turn_id", _SERIAL, autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("chat_id", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("after", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("turn_id", "part", name="pk_parts"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name="fk_parts_turn_id", ondelete="CASCADE"),
    )
    op.create_index("ix_parts_chat_id_message_id", "parts", ["chat_id", "message_id"])
    op.create_table(
        "feedback",
        sa.Column("turn_id", _SERIAL, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("turn_id", "user_id", name="pk_feedback"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name="fk_feedback_turn_id", ondelete="CASCADE"),
    )
    op.create_index("ix_feedback_user_id", "feedback", ["user_id"])
    op.create_table(
        "resets",
        sa.Column("chat_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("thread_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("turn_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "thread_id", "turn_id", name="pk_resets"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("username", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("seen_at", _TIME, nullable=False),
        sa.Column("unreachable", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("code", name="uq_users_code"),
    )
    op.create_table(
        "chats",
        sa.Column("id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("allowed", sa.Boolean, nullable=False),
        sa.Column("by_user", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_chats"),
    )
    op.create_table(
        "moved",
        sa.Column("old_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("new_id", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("old_id", name="pk_moved"),
    )
    op.create_index("ix_moved_new_id", "moved", ["new_id"])
    op.create_table(
        "usage",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("user_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("questions", sa.BigInteger, nullable=False),
        sa.Column("tokens", sa.BigInteger, nullable=False),
        sa.Column("cost_usd", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("day", "user_id", name="pk_usage"),
    )
    op.create_table(
        "keys",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("kept_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_keys"),
    )
