"""A text that Telegram's apps cut in pieces when it was pasted, as the one message that it was.

The apps cut what is longer than 4,096 characters and send the pieces at once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from telegram import Message

LIMIT = 4096
LONG = 3500  # a piece that is followed by another: the apps cut at a space or a line near the limit
QUIET = 0.8  # seconds without another piece after which the text is taken to be whole


@dataclass
class _Paste:
    first: int
    parts: list[Message] = field(default_factory=list)


class Pastes:
    """Collects pieces as they arrive; the handler of the first waits for the rest, the others have nothing to do."""

    def __init__(self, quiet: float = QUIET) -> None:
        self._quiet = quiet
        self._open: dict[tuple[int, int], _Paste] = {}
        self._swallowed: set[tuple[int, int]] = set()

    def arrived(self, message: Message) -> None:
        """Note a new message, before it waits for those before it."""
        if not message.text or message.from_user is None:
            return
        key = (message.chat.id, message.from_user.id)
        paste = self._open.get(key)
        if paste is not None:
            follows = len(paste.parts[-1].text or "") >= LONG and not message.text.startswith("/")
            if follows and message.message_id != paste.first:
                paste.parts.append(message)
                self._swallowed.add((message.chat.id, message.message_id))
        elif len(message.text) >= LONG:
            self._open[key] = _Paste(message.message_id, [message])

    async def rest(self, message: Message) -> str | None:
        """What was pasted behind this message; None for a piece that went with an earlier one."""
        if (message.chat.id, message.message_id) in self._swallowed:
            self._swallowed.discard((message.chat.id, message.message_id))
            return None
        key = (message.chat.id, message.from_user.id if message.from_user else 0)
        paste = self._open.get(key)
        if paste is None or paste.first != message.message_id:
            return ""
        count = 0
        while count < len(paste.parts):  # a piece arrived: perhaps another follows
            count = len(paste.parts)
            await asyncio.sleep(self._quiet)
        del self._open[key]
        whole, before = "", paste.parts[0].text or ""
        for part in paste.parts[1:]:
            text = part.text or ""
            whole += ("" if len(before) >= LIMIT else "\n") + text
            before = text
        return whole
