"""Updates, kept from the moment Telegram hands them over until they are done with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import bindparam, select, update

from bot.memory.database import Database
from bot.memory.schema import updates

_DONE = (
    update(updates).where(updates.c.id == bindparam("update")).values(data="", done_at=bindparam("now"))
)  # made once: building a statement takes longer than running it


class Updates(Database):
    """What Telegram sent. Once an update is received, Telegram may forget it."""

    def receive(self, new: Sequence[tuple[int, str]]) -> list[int]:
        """Store updates, given as id and JSON; returns the ids that were not known before, in the order given."""
        if not new:
            return []
        now, batch = datetime.now(UTC), dict(new)
        rows = [
            {"id": number, "user_id": causer(data), "data": data, "received_at": now} for number, data in batch.items()
        ]
        statement = self._insert(updates).on_conflict_do_nothing(index_elements=[updates.c.id]).returning(updates.c.id)
        with self._write() as connection:
            stored = set(connection.scalars(statement, rows))
        return [number for number in batch if number in stored]

    def pending(self) -> list[tuple[int, str]]:
        """What was received and not done, by id."""
        with self._read() as connection:
            found = connection.execute(
                select(updates.c.id, updates.c.data).where(updates.c.done_at.is_(None)).order_by(updates.c.id)
            )
            return [(number, data) for number, data in found]

    def done(self, update_id: int) -> None:
        """Nothing remains to be done for this update: only its id is kept, against a second delivery."""
        with self._write(soon=True) as connection:
            connection.execute(_DONE, {"update": update_id, "now": datetime.now(UTC)})


def causer(data: str) -> int | None:
    """The id of the user who caused an update, as Telegram wrote it; None when nobody did."""
    try:
        fields = json.loads(data)
    except ValueError:
        return None  # not ours to judge: whoever handles it will tell
    for value in fields.values() if isinstance(fields, dict) else ():
        if isinstance(value, dict):
            for word in ("from", "user"):  # messages and queries; reactions, poll answers and business connections
                who = value.get(word)
                if isinstance(who, dict) and isinstance(who.get("id"), int):
                    return int(who["id"])
    return None
