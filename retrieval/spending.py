"""What models cost, by day: a small SQLite file that every process adds to, and the daily budget it is held against.

Days are UTC, as the Telegram bot's quotas are. A file that cannot be written stops no answer: it is logged.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from retrieval.settings import Settings
from retrieval.types import Usage

ANSWERS, INGEST, MEASURING = "answers", "ingest", "measuring"  # what was paid for
_SCHEMA = """
CREATE TABLE IF NOT EXISTS spending (
    day TEXT, purpose TEXT, model TEXT, calls INTEGER NOT NULL, input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL, cost_usd REAL NOT NULL, cached_tokens INTEGER NOT NULL,
    unpriced_tokens INTEGER NOT NULL, PRIMARY KEY (day, purpose, model)
) WITHOUT ROWID
"""
_COUNTED = ("calls", "input_tokens", "output_tokens", "cost_usd", "cached_tokens", "unpriced_tokens")
_ADD = f"""
INSERT INTO spending VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET {", ".join(f"{name} = {name} + excluded.{name}" for name in _COUNTED)}
"""  # noqa: S608 - constants
_WAIT = 15.0  # seconds for another process that is writing

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Spent:
    """What the calls of one model took for one purpose on one day."""

    day: date
    purpose: str  # ANSWERS, INGEST or MEASURING
    model: str
    calls: int
    usage: Usage


class Ledger:
    """The file. Safe from any thread and process: each use opens it anew, which no model call's time shows."""

    def __init__(self, path: Path, budget_usd: float = 0.0) -> None:
        self._path, self._budget = path, budget_usd

    @classmethod
    def of(cls, settings: Settings) -> Ledger:
        """The ledger and the daily budget of the settings."""
        return cls(settings.spending_file, settings.daily_budget_usd)

    def record(self, purpose: str, model: str, usage: Usage) -> None:
        """Add one call to the day's sums; one that took nothing is none."""
        if usage == Usage():
            return
        values = (today().isoformat(), purpose, model, usage.input_tokens, usage.output_tokens, usage.cost_usd)
        try:
            with self._open() as db, db:
                db.execute(_ADD, (*values, usage.cached_tokens, usage.unpriced_tokens))
        except (sqlite3.Error, OSError) as error:
            _log.warning("what a model call cost could not be kept in %s: %s", self._path, error)

    def exhausted(self) -> bool:
        """Whether today's answers have cost the daily budget."""
        if self._budget <= 0:
            return False
        return sum(s.usage.cost_usd for s in self.since(today()) if s.purpose == ANSWERS) >= self._budget

    def since(self, first: date) -> list[Spent]:
        """What was spent from that day on, by day, purpose and model."""
        if not self._path.exists():
            return []
        query = "SELECT * FROM spending WHERE day >= ? ORDER BY day, purpose, model"
        try:
            with self._open() as db:
                rows = db.execute(query, (first.isoformat(),)).fetchall()
        except (sqlite3.Error, OSError) as error:
            _log.warning("%s cannot be read: %s", self._path, error)
            return []
        return [
            Spent(date.fromisoformat(day), purpose, model, calls, Usage(*took))
            for day, purpose, model, calls, *took in rows
        ]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=_WAIT)) as db:
            # no write-ahead log: the last to close the file removes it, and who opens it meanwhile is refused at once
            db.execute(_SCHEMA)
            yield db


def today() -> date:
    """The day that spending counts for."""
    return datetime.now(UTC).date()
