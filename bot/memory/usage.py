"""What questions took, by user and day, and what happened over a time."""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Insert, Select, bindparam, case, func, select

from bot.memory.database import Database
from bot.memory.schema import feedback, turns, usage
from bot.memory.values import Spent, Stats


def _sums(*conditions: ColumnElement[bool]) -> Select[Any]:
    sums = [func.coalesce(func.sum(column), 0) for column in (usage.c.questions, usage.c.tokens, usage.c.cost_usd)]
    return select(*sums).where(*conditions)


_OF_ALL = _sums(usage.c.day == bindparam("day"))
_OF_USER = _sums(usage.c.day == bindparam("day"), usage.c.user_id == bindparam("user"))


class Usage(Database):
    """Quotas and statistics."""

    def spent(self, user_id: int, day: date) -> Spent:
        """What one user's questions took that day."""
        return self._spent(_OF_USER, {"day": day, "user": user_id})

    def spent_all(self, day: date) -> Spent:
        """What all questions took that day."""
        return self._spent(_OF_ALL, {"day": day})

    def _spent(self, sums: Select[Any], values: dict[str, date | int]) -> Spent:
        with self._read() as connection:
            questions, tokens, cost_usd = connection.execute(sums, values).one()
            return Spent(int(questions), int(tokens), float(cost_usd))

    def count(self, user_id: int, day: date, tokens: int, cost_usd: float) -> None:
        """Add one question to what a user's took that day; the cost is in US dollars."""
        row = {"day": day, "user_id": user_id, "questions": 1, "tokens": tokens, "cost_usd": cost_usd}
        with self._write(soon=True) as connection:
            connection.execute(self._added, row)

    @cached_property
    def _added(self) -> Insert:
        insert = self._insert(usage)
        added = {name: usage.c[name] + insert.excluded[name] for name in ("questions", "tokens", "cost_usd")}
        return insert.on_conflict_do_update(index_elements=[usage.c.day, usage.c.user_id], set_=added)

    def stats(self, since: datetime) -> Stats:
        """What came of the questions asked since then, as far as they are still remembered."""
        asked = turns.c.asked_at >= since
        with self._read() as connection:
            questions, people, abstained, tokens, cost = connection.execute(
                select(
                    func.count(),
                    func.count(turns.c.user_id.distinct()),
                    func.coalesce(func.sum(case((turns.c.abstained, 1), else_=0)), 0),
                    func.coalesce(func.sum(turns.c.tokens), 0),
                    func.coalesce(func.sum(turns.c.cost_usd), 0),
                ).where(asked)
            ).one()
            counted = connection.execute(
                select(feedback.c.value, func.count())
                .join(turns, turns.c.id == feedback.c.turn_id)
                .where(asked)
                .group_by(feedback.c.value)
            )
            votes = {value: int(count) for value, count in counted}
            seconds = list(
                connection.scalars(
                    select(turns.c.seconds).where(asked, turns.c.seconds.is_not(None)).order_by(turns.c.seconds)
                )
            )
        return Stats(
            questions=questions,
            users=people,
            abstained=int(abstained),
            liked=votes.get(1, 0),
            disliked=votes.get(-1, 0),
            p50_seconds=_percentile(seconds, 50),
            p95_seconds=_percentile(seconds, 95),
            cost_usd=float(cost),
            tokens=int(tokens),
        )


def _percentile(ordered: list[float], percent: int) -> float | None:
    """The nearest rank: the smallest value that `percent` % of the values do not exceed."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None
