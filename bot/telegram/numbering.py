"""Which message ids are known: they grow, so that a message of unknown fate can be looked for after the last one.

Private chats and basic groups share one numbering per bot account; each supergroup or channel (-100…) has its own.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Container
from dataclasses import dataclass, field

_RECENT = 5000  # ids remembered in one numbering
_NUMBERINGS = 2000  # numberings remembered: the shared one, and supergroups by last use
_SHARED = 0


@dataclass(slots=True)
class _Seen:
    highest: int = 0
    order: deque[int] = field(default_factory=deque)
    ids: set[int] = field(default_factory=set)


def numbering_of(chat_id: int) -> int:
    """What names the numbering of this chat: the chat itself, or 0 for the shared one."""
    return chat_id if chat_id < -1_000_000_000_000 else _SHARED


class Numbers:
    """The message ids seen so far."""

    def __init__(self) -> None:
        self._seen: OrderedDict[int, _Seen] = OrderedDict({_SHARED: _Seen()})

    def _of(self, chat_id: int) -> _Seen:
        key = numbering_of(chat_id)
        seen = self._seen.setdefault(key, _Seen())
        self._seen.move_to_end(key)
        self._seen.move_to_end(_SHARED)
        while len(self._seen) > _NUMBERINGS:
            self._seen.popitem(last=False)
        return seen

    def reached(self, chat_id: int, message_id: int) -> None:
        """The numbering has come to `message_id`."""
        seen = self._of(chat_id)
        seen.highest = max(seen.highest, message_id)

    def note(self, chat_id: int, message_id: int) -> None:
        """`message_id` belongs to a message whose fate is known."""
        self.reached(chat_id, message_id)
        seen = self._of(chat_id)
        if message_id not in seen.ids:
            seen.ids.add(message_id)
            seen.order.append(message_id)
            if len(seen.order) > _RECENT:
                seen.ids.discard(seen.order.popleft())

    def highest(self, chat_id: int) -> int:
        """The highest id known in the numbering of this chat; 0 if none is."""
        return self._of(chat_id).highest

    def known(self, chat_id: int, message_id: int) -> bool:
        """Whether it is known whose message that is."""
        return message_id in self._of(chat_id).ids

    def candidates(self, chat_id: int, after: int, most: int, ruled_out: Container[int] = ()) -> list[int]:
        """The first ids above `after` that belong to no known message; none if `after` is unknown (0)."""
        if after <= 0:
            return []
        known, found, number = self._of(chat_id).ids, list[int](), after
        while len(found) < most:
            number += 1
            if number not in known and number not in ruled_out:
                found.append(number)
        return found
