"""Turns: questions and their answers, and the conversations they make."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Insert,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    literal,
    select,
    update,
)

from bot.memory.chats import current, family
from bot.memory.database import Database
from bot.memory.schema import feedback, parts, resets, turns
from bot.memory.values import Turn

_EMPTY: dict[str, Any] = dict.fromkeys(
    ("understood_as", "answer", "text", "language", "answered_at", "abstained", "seconds")
)
_COLUMNS = [getattr(turns.c, name) for name in Turn.__dataclass_fields__ if name != "feedback"]


def select_turns() -> Select[Any]:
    """SELECT what a Turn holds."""
    own = select(feedback.c.value).where(feedback.c.turn_id == turns.c.id, feedback.c.user_id == turns.c.user_id)
    return select(*_COLUMNS, func.coalesce(own.correlate(turns).scalar_subquery(), 0).label("feedback"))


# Made once: building a statement takes longer than running it.
_BY_ID = select_turns().where(turns.c.id == bindparam("id"))
_BY_QUESTION = select_turns().where(turns.c.chat_id == bindparam("chat"), turns.c.message_id == bindparam("message"))
_BY_PART = select_turns().where(
    turns.c.id.in_(
        select(parts.c.turn_id).where(parts.c.chat_id == bindparam("chat"), parts.c.message_id == bindparam("message"))
    )
)

_ANSWERED = (
    update(turns)
    .where(turns.c.id == bindparam("turn"))
    .values(
        tokens=turns.c.tokens + bindparam("more_tokens"),
        cost_usd=turns.c.cost_usd + bindparam("more_usd"),
        **{
            name: bindparam(name)
            for name in ("answer", "understood_as", "text", "language", "answered_at", "abstained", "seconds")
        },
    )
)
_ALL = 2**63 - 1  # after every turn
_PLACE = and_(
    turns.c.chat_id.in_(family(bindparam("chat", type_=BigInteger))),
    func.coalesce(turns.c.thread_id, 0) == bindparam("thread", type_=BigInteger),
)
_BEGAN = select(func.coalesce(func.max(resets.c.turn_id), 0)).where(
    resets.c.chat_id == current(bindparam("chat", type_=BigInteger)),
    resets.c.thread_id == bindparam("thread", type_=BigInteger),
    resets.c.turn_id < bindparam("before", type_=BigInteger),
)
_HISTORY = (
    select_turns()
    .where(_PLACE, turns.c.id < bindparam("before", type_=BigInteger), turns.c.id > _BEGAN.scalar_subquery())
    .where(turns.c.answer.is_not(None))
    .order_by(turns.c.id.desc())
    .limit(bindparam("limit"))
)
_LAST = (
    select(
        current(bindparam("chat", type_=BigInteger)),
        bindparam("thread", type_=BigInteger),
        func.max(turns.c.id),
        bindparam("now", type_=resets.c.at.type),
    )
    .where(_PLACE)
    .having(func.max(turns.c.id).is_not(None))
)


def as_turns(rows: Iterable[Row[Any]]) -> list[Turn]:
    """The rows of `select_turns`."""
    return [Turn(**row._mapping) for row in rows]


class Turns(Database):
    """One question and its answer each, found by its id or by its messages."""

    @cached_property
    def _begin(self) -> Insert:
        """INSERT that tells the turn's id when it is new or was edited."""
        insert = self._insert(turns)
        return insert.on_conflict_do_update(
            index_elements=[turns.c.chat_id, turns.c.message_id],
            set_=_EMPTY | {"question": insert.excluded.question},
            where=turns.c.question != insert.excluded.question,
        ).returning(turns.c.id)

    def begin_turn(self, chat_id: int, thread_id: int | None, user_id: int, message_id: int, question: str) -> Turn:
        """The turn of this question's message: a new one, or the one begun before.

        If the question was edited since, its answer and the feedback on that answer are gone; its parts stay.
        """
        asked = {"chat_id": chat_id, "thread_id": thread_id, "user_id": user_id, "message_id": message_id}
        with self._write(soon=True) as connection:
            while True:
                written = connection.scalar(self._begin, {**asked, "question": question, "asked_at": datetime.now(UTC)})
                if written is not None:
                    connection.execute(delete(feedback).where(feedback.c.turn_id == written))
                if turn := _at(connection, chat_id, message_id):
                    return turn  # else it was forgotten in between

    def answered(self, turn_id: int, answer_json: str) -> None:
        """Store an answer, given as `bot.rendering.as_json` writes it. A turn that was forgotten stays so."""
        answer = json.loads(answer_json)
        spent = answer["usage"]
        values = {
            "turn": turn_id,
            "answer": answer_json,
            "understood_as": answer["understood_as"],
            "text": answer["text"],
            "language": answer["language"],
            "answered_at": datetime.now(UTC),
            "abstained": answer["abstained"],
            "seconds": answer["seconds"].get("total"),
            "more_tokens": spent["input_tokens"] + spent["output_tokens"],
            "more_usd": spent["cost_usd"],
        }
        with self._write(soon=True) as connection:  # on disk before its first message is sent: see `Parts.sending`
            connection.execute(_ANSWERED, values)

    def turn(self, turn_id: int) -> Turn | None:
        """The turn of that id."""
        with self._read() as connection:
            return next(iter(as_turns(connection.execute(_BY_ID, {"id": turn_id}))), None)

    def turn_at(self, chat_id: int, message_id: int) -> Turn | None:
        """The turn whose question, or a part of whose answer, is that message."""
        with self._read() as connection:
            if turn := _at(connection, chat_id, message_id):
                return turn
            found = connection.execute(_BY_PART, {"chat": chat_id, "message": message_id})
            return next(iter(as_turns(found)), None)

    def history(self, chat_id: int, thread_id: int | None, before: int | None = None, limit: int = 5) -> list[Turn]:
        """The last answered turns of a conversation, oldest first: since the last reset, or, with `before`, those
        that came before that turn (its id) and after the reset before it. So an old turn still has its context.
        """
        place = {"chat": chat_id, "thread": thread_id or 0, "before": _ALL if before is None else before}
        with self._read() as connection:
            return as_turns(connection.execute(_HISTORY, {**place, "limit": limit}))[::-1]

    def reset(self, chat_id: int, thread_id: int | None) -> None:
        """Begin a new conversation there: the turns so far are no longer its history."""
        with self._write() as connection:
            connection.execute(
                self._insert(resets)
                .from_select(["chat_id", "thread_id", "turn_id", "at"], _LAST)
                .on_conflict_do_nothing(),
                {"chat": chat_id, "thread": thread_id or 0, "now": datetime.now(UTC)},
            )

    def feedback(self, turn_id: int, user_id: int, value: int) -> None:
        """What a user thinks of an answer: 1, -1, or 0 to take it back. A turn that was forgotten stays so."""
        if value not in (-1, 0, 1):
            raise ValueError(f"{value} is not 1, -1 or 0")
        with self._write() as connection:
            if value == 0:
                connection.execute(delete(feedback).where(feedback.c.turn_id == turn_id, feedback.c.user_id == user_id))
                return
            given = select(turns.c.id, literal(user_id, BigInteger), literal(value)).where(turns.c.id == turn_id)
            given = given.with_for_update(read=True, key_share=True)  # it may be forgotten at this moment
            insert = self._insert(feedback).from_select(["turn_id", "user_id", "value"], given)
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=[feedback.c.turn_id, feedback.c.user_id], set_={"value": insert.excluded.value}
                )
            )

    def press_thumb(self, turn_id: int, user_id: int, value: int) -> int:
        """A user pressed 👍 (1) or 👎 (-1); the same one again takes it back. What they think now: 0 for nothing."""
        given = select(feedback.c.value).where(feedback.c.turn_id == turn_id, feedback.c.user_id == user_id)
        with self._read() as connection:
            now = 0 if connection.scalar(given) == value else value
        self.feedback(turn_id, user_id, now)
        return now

    def disliked(self) -> list[Turn]:
        """The answered turns that someone disliked, oldest first."""
        by_someone = select(feedback.c.turn_id).where(feedback.c.value == -1)
        return self._answered(turns.c.id.in_(by_someone))

    def abstained(self) -> list[Turn]:
        """The turns whose answer is that there is none, oldest first."""
        return self._answered(turns.c.abstained)

    def _answered(self, condition: ColumnElement[bool]) -> list[Turn]:
        with self._read() as connection:
            found = select_turns().where(condition, turns.c.answer.is_not(None)).order_by(turns.c.id)
            return as_turns(connection.execute(found))


def _at(connection: Connection, chat_id: int, message_id: int) -> Turn | None:
    found = connection.execute(_BY_QUESTION, {"chat": chat_id, "message": message_id})
    return next(iter(as_turns(found)), None)
