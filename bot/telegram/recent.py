"""What the bot remembers only while it runs: who was told what lately, tries, the code that makes the first owner.

None of it is worth a table: after a restart somebody may be told something once more, and that is all.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from typing import Any

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
_MOST = 10_000  # people or things remembered; the oldest go first


@dataclass
class Recent:
    """One bot's short memory."""

    clock: Callable[[], float] = time.monotonic
    pairing: str | None = field(default=None, repr=False)  # the code that makes the first owner; None: there is one
    background: set[asyncio.Task[None]] = field(default_factory=set)  # cancelled when the bot stops
    _times: dict[Hashable, deque[float]] = field(default_factory=dict, repr=False)
    _spoken: dict[int, str] = field(default_factory=dict, repr=False)

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin what nobody waits for: a sync, an alert, the menus."""
        task = asyncio.create_task(work)
        self.background.add(task)
        task.add_done_callback(self.background.discard)

    def count(self, what: Hashable, within: float) -> int:
        """How often `what` was recorded in the last `within` seconds."""
        times = self._times.get(what, ())
        return sum(self.clock() - at < within for at in times)

    def record(self, what: Hashable, within: float) -> int:
        """Record that `what` happened now; returns how often it did in the last `within` seconds, now included."""
        times = self._times.pop(what, None) or deque(maxlen=100)
        times.append(self.clock())
        self._times[what] = times  # at the end: the newest
        while len(self._times) > _MOST:
            del self._times[next(iter(self._times))]
        return self.count(what, within)

    def first(self, what: Hashable, within: float) -> bool:
        """Whether `what` did not happen in the last `within` seconds; it counts as happening now if so."""
        if self.count(what, within):
            return False
        self.record(what, within)
        return True

    def speaks(self, user: int, code: str | None) -> None:
        """Note the language that Telegram says a person's app has."""
        if code is not None:
            self._spoken.pop(user, None)
            self._spoken[user] = code
            while len(self._spoken) > _MOST:
                del self._spoken[next(iter(self._spoken))]

    def language(self, user: int) -> str | None:
        """The language noted last for a person; None after a restart, until they write."""
        return self._spoken.get(user)
