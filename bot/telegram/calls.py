"""One call to the Bot API: how a message is written in it, and what its failures mean."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, NetworkError, TelegramError

from bot.rendering.telegram import Message
from bot.rendering.telegram_html import plain
from bot.telegram.http import UNSENT

_PLAIN = 4000  # UTF-16 units of a plain piece; Telegram takes 4096
_TAG = re.compile(r"<[^<>]*>")
# How Telegram words it (lower case, as parts): PTB capitalizes and strips prefixes, so only this can be compared.
_CLOSED_TO_US = (
    "chat not found",
    "not enough rights",
    "have no rights",
    "chat_write_forbidden",
    "chat_send_plain_forbidden",
    "chat_restricted",
    "chat_admin_required",
    "peer_id_invalid",
    "user_is_blocked",
    "deactivated",
    "topic_closed",
)
_GONE = (
    "message to edit not found",
    "message can't be edited",
    "no text in the message to edit",
    "message_id_invalid",
    "message_edit_time_expired",
    "message identifier is not specified",
)


class Unreachable(Exception):
    """Nothing can be said in this chat: blocked, kicked, no rights, unknown."""


class Unacceptable(Exception):
    """Telegram refuses this text or these buttons: a mistake of ours."""


class Uncertain(Exception):
    """The request may have been executed or not."""


class Moved(Exception):
    """The group became a supergroup with another id; the call was not executed."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Every wait of delivering, in seconds; the tests shorten them."""

    connect: float = 10.0
    read: float = 20.0
    write: float = 20.0
    pool: float = 10.0
    settle: float = 1.0  # before an uncertain message is looked for: a request on its way has arrived by then
    first: float = 0.5  # before the first retry; doubled each time
    most: float = 30.0  # longest pause between two retries
    patience: float = 600.0  # how long a notice may take; an answer may take for ever
    overload: float = 5.0  # after a "too many requests" that does not tell how long
    probes: int = 6  # ids tried when looking for a message, besides one for each other message that is looked for
    frame: float = 1.0  # between two drafts
    typing: float = 4.5  # between two "typing": Telegram shows one for 5 s
    thinking: float = 0.3  # before the first "typing"
    grace: float = 0.2  # how long the end of a draft waits for a frame in flight, which could appear after the answer

    @property
    def timeouts(self) -> dict[str, Any]:
        """For PTB's methods."""
        return {
            "connect_timeout": self.connect,
            "read_timeout": self.read,
            "write_timeout": self.write,
            "pool_timeout": self.pool,
        }

    @property
    def whole(self) -> float:
        """For a call as a whole: each read is counted alone, and a trickle would last for ever."""
        return self.connect + self.read + self.write + self.pool

    def pause(self, attempt: int, first: float | None = None) -> float:
        """Before retry number `attempt` (from 0): doubled each time, spread by a quarter either way."""
        pause = min((self.first if first is None else first) * 2.0 ** min(attempt, 16), self.most)
        return pause * random.uniform(0.75, 1.25)  # noqa: S311 (spreads retries, guards nothing)


def surely_unsent(error: BaseException) -> bool:
    """Whether the request cannot have reached Telegram."""
    return isinstance(error, NetworkError) and isinstance(error.__cause__, UNSENT)


def says(error: TelegramError, *parts: str) -> bool:
    """Whether Telegram's words hold one of the parts (lower case)."""
    return any(part in error.message.lower() for part in parts)


def closed_to_us(error: BadRequest) -> bool:
    return says(error, *_CLOSED_TO_US)


def gone(error: BadRequest) -> bool:
    """Whether the message to edit is not there, or cannot be edited."""
    return says(error, *_GONE)


def unmodified(error: BadRequest) -> bool:
    return says(error, "message is not modified")


def content(message: Message) -> dict[str, Any]:
    """The arguments that sending and editing share; equal messages give equal arguments."""
    rows = [
        [InlineKeyboardButton(button.label, callback_data=button.data, url=button.url) for button in row]
        for row in message.buttons
    ]
    return {
        "text": message.html,
        "parse_mode": ParseMode.HTML,
        "link_preview_options": LinkPreviewOptions(is_disabled=True),
        "reply_markup": InlineKeyboardMarkup(rows) if rows else None,
    }


def reply(message_id: int | None) -> ReplyParameters | None:
    """An answer to a message, or to nothing if that was deleted in the meantime."""
    if message_id is None:
        return None
    return ReplyParameters(message_id, allow_sending_without_reply=True, quote_parse_mode=None)


def visible(source: str) -> str:
    """What a reader sees of Telegram's HTML."""
    return html.unescape(_TAG.sub("", source))


def simpler(message: Message, why: str, again: bool) -> list[Message]:
    """What to send instead of a message that Telegram refused; empty when nothing is left to try.

    Plain text is tried once more as it is, unless that was done (`again`), then without buttons.
    """
    if message.buttons and any(word in why.lower() for word in ("button", "markup", "keyboard")):
        return [replace(message, buttons=())]
    pieces = [Message(plain(piece)) for piece in _pieces(visible(message.html))]
    if pieces:
        pieces[-1] = replace(pieces[-1], buttons=message.buttons)
    if pieces == [message] and again:
        return [replace(message, buttons=())] if message.buttons else []
    return pieces


def _pieces(text: str) -> Sequence[str]:
    """`text` in pieces that Telegram takes, cut at lines or words where there are any."""
    pieces, rest = [], text.strip()
    while rest:
        cut = len(rest.encode("utf-16-le", "surrogatepass")[: 2 * _PLAIN].decode("utf-16-le", "ignore"))
        if cut < len(rest):
            cut = max(rest.rfind("\n", cut // 2, cut), 0) or max(rest.rfind(" ", cut // 2, cut), 0) or cut
        pieces.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return [piece for piece in pieces if piece]
