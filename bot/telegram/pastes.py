"""A text that Telegram's apps cut in pieces when it was pasted, as the one message that it was.

The apps cut what is longer than 4,096 characters and send the pieces at once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

from telegram import Message

LIMIT = 4096
LONG = 3500  # a piece that is followed by another: the apps cut at a space or a line near the limit
QUIET = 0.8  # seconds without another piece after which the text is taken to be whole
APART = timedelta(seconds=3)  # by Telegram's clock: pieces are not sent further apart; whole seconds
_MOST = 1000  # pieces remembered: those of people who are not let in are never asked for


@dataclass
class _Paste:
    parts: list[Message]

    def goes_on_with(self, message: Message) -> bool:
        last = self.parts[-1]
        return (
            len(last.text or "") >= LONG
            and message.message_id > last.message_id
            and message.date - last.date <= APART
            and not (message.text or "").startswith("/")
        )


class Pastes:
    """Collects pieces as they arrive; the handler of the first waits for the rest, the others have nothing to do."""

    def __init__(self, quiet: float = QUIET) -> None:
        self._quiet = quiet
        self._newest: dict[tuple[int, int], _Paste] = {}  # by chat and user: what may still grow
        self._pieces: OrderedDict[tuple[int, int], _Paste] = OrderedDict()  # by chat and message

    def arrived(self, message: Message) -> None:
        """Note a new message, before it waits for those before it."""
        if not message.text or message.from_user is None:
            return
        key = (message.chat.id, message.from_user.id)
        paste = self._newest.get(key)
        if paste is not None and paste.goes_on_with(message):
            paste.parts.append(message)
        elif len(message.text) >= LONG:
            paste = self._newest[key] = _Paste([message])
        else:
            self._newest.pop(key, None)
            return
        self._pieces[message.chat.id, message.message_id] = paste
        if len(self._pieces) > _MOST:
            _, old = self._pieces.popitem(last=False)
            self._newest = {key: kept for key, kept in self._newest.items() if kept is not old}

    async def rest(self, message: Message) -> str | None:
        """What was pasted behind this message; None for a piece that went with an earlier one."""
        paste = self._pieces.pop((message.chat.id, message.message_id), None)
        if paste is None:
            return ""
        if paste.parts[0].message_id != message.message_id:
            return None
        count = 0
        while count < len(paste.parts):  # a piece arrived: perhaps another follows
            count = len(paste.parts)
            if len(paste.parts[-1].text or "") >= LONG:
                await asyncio.sleep(self._quiet)
        self._newest = {key: kept for key, kept in self._newest.items() if kept is not paste}
        whole, before = "", paste.parts[0].text or ""
        for part in paste.parts[1:]:
            text = part.text or ""
            whole += ("" if len(before) >= LIMIT else "\n") + text
            before = text
        return whole
