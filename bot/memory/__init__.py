"""What the Telegram bot remembers, in SQLite or PostgreSQL: updates, turns, what was sent, people, usage.

    Memory.open(settings) ─▶ receive ─▶ begin_turn ─▶ answered ─▶ sending, sent ─▶ done

Every method is one short transaction and may be called from any thread; from asyncio, call it in one.
Importing this imports SQLAlchemy: import it where it is needed.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from bot.memory.chats import Chats
from bot.memory.database import open_engine
from bot.memory.errors import MemoryTooNew, MemoryUnavailable
from bot.memory.keys import Keys
from bot.memory.parts import Parts
from bot.memory.privacy import Privacy
from bot.memory.turns import Turns
from bot.memory.updates import Updates
from bot.memory.usage import Usage
from bot.memory.users import Users
from bot.memory.values import STATUSES, Part, Spent, Stats, Turn, User
from retrieval.settings import Settings

__all__ = [
    "STATUSES",
    "Memory",
    "MemoryTooNew",
    "MemoryUnavailable",
    "Part",
    "Spent",
    "Stats",
    "Turn",
    "User",
]


class Memory(Updates, Turns, Parts, Users, Chats, Usage, Keys, Privacy):
    """The memory of one bot. `Memory.open(settings)`; close it, or use it as a context manager."""

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the database that the settings name, brought to the newest schema first.

        Raises MemoryUnavailable (the driver, the address, the server), MemoryTooNew (a later version wrote it).
        """
        return cls(open_engine(settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
