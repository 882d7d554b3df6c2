"""A desk without Telegram: a real memory in a temporary folder, a delivery that records, and updates made by hand."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from telegram import BotCommand, BotDescription, BotShortDescription, Update
from telegram.error import BadRequest, TelegramError

from bot.memory import Memory
from bot.rendering.telegram import Button, Message
from bot.telegram.delivery import Place
from bot.telegram.desk import Desk
from retrieval.settings import Secret, Settings

OWNER, READER, STRANGER, GROUP = 1, 2, 3, -100
_NUMBERS = itertools.count(1000)


@dataclass
class Said:
    """One thing that was said: a message, an edit of one, or the answer to a button."""

    kind: str  # "say", "edit", "callback" or "document"
    to: int | str
    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    reply_to: int | None = None
    content: bytes = b""


@dataclass
class Recorder:
    """What Delivery offers to these handlers, written down."""

    said: list[Said] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)  # chats that cannot be written to

    async def say(self, place: Place, message: Message, *, reply_to: int | None = None) -> int | None:
        if place.chat_id in self.gone:
            return None
        self.said.append(Said("say", place.chat_id, message.html, message.buttons, reply_to))
        return next(_NUMBERS)

    async def edit(self, place: Place, message_id: int, message: Message) -> bool:  # noqa: ARG002 - as Delivery has it
        self.said.append(Said("edit", place.chat_id, message.html, message.buttons))
        return True

    async def answer_callback(self, query_id: str, text: str = "", alert: bool = False) -> None:  # noqa: ARG002 - as there
        self.said.append(Said("callback", query_id, text))

    async def document(self, place: Place, name: str, content: bytes, caption: str) -> None:  # noqa: ARG002 - as there
        self.said.append(Said("document", place.chat_id, caption, content=content))

    def take(self) -> list[Said]:
        """What was said since the last look."""
        found, self.said = self.said, []
        return found


@dataclass
class Menus:
    """The part of telegram.Bot that menus use. `calls` are those that change something."""

    username: str = "sourcier_bot"
    calls: list[tuple[Any, ...]] = field(default_factory=list)
    broken: bool = False
    _kept: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    async def get_chat(self, chat: int) -> Any:
        if chat == GROUP:
            return SimpleNamespace(title="Géographes & <amis>")
        raise BadRequest("chat not found")

    async def get_my_commands(self, scope: Any, language_code: str | None) -> tuple[BotCommand, ...]:
        if self.broken:
            raise TelegramError("down")
        return tuple(self._kept.get((repr(scope), language_code), ()))

    async def set_my_commands(self, commands: list[BotCommand], scope: Any, language_code: str | None) -> bool:
        self._kept[repr(scope), language_code] = commands
        self.calls.append((scope.type, getattr(scope, "chat_id", None), language_code, commands))
        return True

    async def get_my_description(self, language_code: str | None) -> BotDescription:
        return BotDescription(self._kept.get(("long", language_code), ""))

    async def set_my_description(self, text: str, language_code: str | None) -> bool:
        self._kept["long", language_code] = text
        self.calls.append(("long", language_code, text))
        return True

    async def get_my_short_description(self, language_code: str | None) -> BotShortDescription:
        return BotShortDescription(self._kept.get(("short", language_code), ""))

    async def set_my_short_description(self, text: str, language_code: str | None) -> bool:
        self._kept["short", language_code] = text
        self.calls.append(("short", language_code, text))
        return True


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class Reception:
    """A desk with an owner and a reader, and what is needed to write to it."""

    def __init__(self, memory: Memory, settings: Settings) -> None:
        self.said, self.menus, self.clock = Recorder(), Menus(), Clock()
        self.answers = SimpleNamespace()
        self.desk = Desk(settings, memory, self.said, self.menus, self.answers)  # type: ignore[arg-type]  # stand-ins
        self.desk.recent.clock = self.clock
        self.memory = memory
        self.context: Any = SimpleNamespace(application=SimpleNamespace(bot_data={"desk": self.desk}))

    def open_doors(self) -> None:
        """Make OWNER and READER what their names say."""
        for user, name, status in ((OWNER, "Olga", "owner"), (READER, "René", "allowed")):
            self.memory.see_user(user, name, name.lower())
            self.memory.set_status(user, status)

    def status(self, user: int) -> str | None:
        """A user's status."""
        found = self.memory.user(user)
        return found.status if found else None

    def with_settings(self, **changes: Any) -> None:
        """Change settings."""
        self.desk.settings = replace(self.desk.settings, **changes)


@contextmanager
def reception(home: Path, doors: bool = True, **settings: Any) -> Iterator[Reception]:
    """A reception over a fresh database."""
    found = Settings(home=home, language="fr", telegram_bot_token=Secret("123456:TEST-TOKEN-of-a-bot-0123"), **settings)
    with Memory.open(found) as memory:
        here = Reception(memory, found)
        if doors:
            here.open_doors()
        yield here


def person(user: int, **more: Any) -> dict[str, Any]:
    """A Telegram user, as JSON."""
    names = {OWNER: "Olga", READER: "René", STRANGER: "Zoé <b>"}
    name = names.get(user, f"U{user}")
    return {"id": user, "is_bot": False, "first_name": name, "username": f"u_{user}", "language_code": "fr", **more}


def written(user: int, text: str | None = "Bonjour", chat: int | None = None, **more: Any) -> Update:
    """A message, in private or in a group."""
    message = {
        "message_id": next(_NUMBERS),
        "date": 1_750_000_000,
        "chat": {"id": chat, "type": "supergroup", "title": "Géographes & <amis>"} if chat else private(user),
        "from": person(user),
        **({"text": text} if text is not None else {}),
        **more,
    }
    return Update.de_json({"update_id": next(_NUMBERS), "message": message}, None)


def pressed(user: int, data: str, chat: int | None = None) -> Update:
    """A button pressed under a message of the bot."""
    message = {
        "message_id": next(_NUMBERS),
        "date": 1_750_000_000,
        "chat": {"id": chat, "type": "supergroup", "title": "G"} if chat else private(user),
        "from": person(99, is_bot=True),
        "text": "…",
    }
    query = {"id": "q", "from": person(user), "chat_instance": "i", "data": data, "message": message}
    return Update.de_json({"update_id": next(_NUMBERS), "callback_query": query}, None)


def private(user: int) -> dict[str, Any]:
    """A private chat, as JSON."""
    return {"id": user, "type": "private", "first_name": "?"}
