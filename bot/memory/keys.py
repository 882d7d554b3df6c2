"""Short keys for what is too long for a button (64 bytes)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256

from sqlalchemy import select

from bot.memory.database import Database
from bot.memory.schema import keys


class Keys(Database):
    """Payloads by key."""

    def keep(self, payload: str) -> str:
        """Keep a payload; returns its key, 12 characters of A-Za-z0-9_-, the same for equal payloads."""
        key = urlsafe_b64encode(sha256(payload.encode("utf-8", "surrogatepass")).digest()[:9]).decode()
        insert = self._insert(keys).values(key=key, payload=payload, kept_at=datetime.now(UTC))
        with self._write() as connection:
            connection.execute(
                insert.on_conflict_do_update(index_elements=[keys.c.key], set_={"kept_at": insert.excluded.kept_at})
            )
        return key

    def kept(self, key: str) -> str | None:
        """The payload of a key."""
        with self._read() as connection:
            return connection.scalar(select(keys.c.payload).where(keys.c.key == key))
