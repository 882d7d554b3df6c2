"""A desk for handlers: real memory and articles, and a Telegram that records what it is told."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from telegram import Update, User

from bot.memory import Memory
from bot.rendering.telegram import Message
from bot.telegram import desk
from bot.telegram.answers import Answers
from retrieval.library import sync
from retrieval.settings import Settings

BOT = {"id": 123456, "is_bot": True, "first_name": "Sourcier", "username": "sourcier_bot"}
OWNER, ANNA, STRANGER = 1, 7, 9
ARTICLES = {
    "port.txt": "Le port sec de Khorgos double sa capacité\n\nLe port sec de Khorgos a traité 372 000 conteneurs en "
    "2023, a annoncé lundi sa directrice, Mme Aliya Serik. C'est 15,4 % de plus qu'un an plus tôt.\n",
    "lycee.md": "---\ntitle: Un lycée franco-kazakh ouvre à Almaty\ndate: 2022-09-01\nsource: Routes et Rails\n---\n"
    "Le lycée Victor-Hugo d'Almaty a accueilli ses 240 premiers élèves jeudi. L'œuvre a coûté 12 millions d'euros.\n",
    "vin.txt": "La vigne revient dans la vallée du Talas\n\nAbandonnés en 1985, les vignobles du Talas renaissent. "
    "Trois familles y cultivent 17 hectares de saperavi.\n",
}


class Delivery:
    """Records what is said, edited and answered."""

    def __init__(self) -> None:
        self.said: list[tuple[Any, Message]] = []
        self.edited: list[tuple[int, Message]] = []
        self.inline: list[tuple[str, Message]] = []
        self.callbacks: list[tuple[str, str, bool]] = []

    async def say(self, place: Any, message: Message, *, reply_to: int | None = None) -> int:  # noqa: ARG002
        self.said.append((place, message))
        return 1000 + len(self.said)

    async def edit(self, place: Any, message_id: int, message: Message) -> bool:  # noqa: ARG002
        self.edited.append((message_id, message))
        return True

    async def edit_inline(self, message_id: str, message: Message) -> bool:
        self.inline.append((message_id, message))
        return True

    async def answer_callback(self, query_id: str, text: str = "", alert: bool = False) -> None:
        self.callbacks.append((query_id, text, alert))

    @contextlib.asynccontextmanager
    async def typing(self, place: Any) -> AsyncIterator[None]:  # noqa: ARG002
        yield


class Bot:
    """Records the calls of the Bot API; a failure is raised once, then the call succeeds."""

    username = BOT["username"]
    bot = User(**BOT)  # type: ignore[arg-type]

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.failures: list[Exception] = []
        self.files: dict[str, bytes] = {}

    async def answer_inline_query(self, *args: Any, **fields: Any) -> bool:
        return bool(self._call("answer_inline_query", args, fields))

    async def get_file(self, file_id: str) -> Any:
        self._call("get_file", (file_id,), {})

        async def download(**_: Any) -> bytearray:
            return bytearray(self.files[file_id])

        return SimpleNamespace(file_size=len(self.files[file_id]), download_as_bytearray=download)

    def _call(self, method: str, args: tuple[Any, ...], fields: dict[str, Any]) -> bool:
        self.calls.append((method, args, fields))
        if self.failures:
            raise self.failures.pop(0)
        return True


class Desk(desk.Desk):
    """The desk of the bot, whose delivery and bot record what they are told."""

    def __init__(self, settings: Settings) -> None:
        settings = dataclasses.replace(settings, language="fr")  # of whoever's app tells none
        super().__init__(settings, Memory.open(settings), Delivery(), Bot(), Answers(settings))  # type: ignore[arg-type]
        self._numbers = itertools.count(100)
        for number, name, status in ((OWNER, "Olga", "owner"), (ANNA, "Anna", "allowed"), (STRANGER, "Eva", "pending")):
            self.memory.see_user(number, name, None)
            self.memory.set_status(number, status)

    @property
    def context(self) -> Any:
        self.bot_data = getattr(self, "bot_data", {"desk": self})
        return SimpleNamespace(application=SimpleNamespace(bot_data=self.bot_data), bot=self.bot)

    def do(self, handler: Any, *updates: Update) -> None:
        """Run a handler for some updates at once."""

        async def run() -> None:
            await asyncio.gather(*(handler(update, self.context) for update in updates))

        asyncio.run(run())

    # ---- what people do
    def message(self, user: int, chat: dict[str, Any] | None = None, **fields: Any) -> Update:
        data = {"message_id": next(self._numbers), "date": 1_780_000_000, "from": person(user)}
        return self._update("message", data | {"chat": chat or {"id": user, "type": "private"}, **fields})

    def press(self, user: int, data: str | None, **fields: Any) -> Update:
        shown = {"message_id": 5, "date": 1_780_000_000, "chat": {"id": user, "type": "private"}, "text": "…"}
        where = fields or {"message": shown | {"from": BOT}}
        query = {"id": str(next(self._numbers)), "from": person(user), "chat_instance": "1", "data": data, **where}
        return self._update("callback_query", query)

    def inline(self, user: int, query: str, offset: str = "") -> Update:
        fields = {"id": str(next(self._numbers)), "from": person(user), "query": query, "offset": offset}
        return self._update("inline_query", fields)

    def chosen(self, user: int, result: str, query: str, message: str | None) -> Update:
        fields: dict[str, Any] = {"result_id": result, "from": person(user), "query": query}
        return self._update("chosen_inline_result", fields | ({"inline_message_id": message} if message else {}))

    def _update(self, kind: str, payload: dict[str, Any]) -> Update:
        return Update.de_json({"update_id": next(self._numbers), kind: payload}, None)

    # ---- what they see
    @property
    def last(self) -> Message:
        return self.delivery.said[-1][1]

    @property
    def shown(self) -> Message:
        """The message that was edited last."""
        return self.delivery.edited[-1][1]


def person(user: int) -> dict[str, Any]:
    return {"id": user, "is_bot": False, "first_name": f"User{user}", "language_code": "fr"}


def buttons(message: Message) -> dict[str, str | None]:
    """The data of each button by its label."""
    return {b.label: b.data for row in message.buttons for b in row}


def ready(base: Path) -> Settings:
    """A store of a few articles, made once for the tests of a file; each test works on a copy."""
    for name, text in ARTICLES.items():
        (base / "corpus").mkdir(exist_ok=True)
        (base / "corpus" / name).write_text(text, "utf-8")
    settings = Settings(
        home=base / "home", embeddings="none", mode="extractive", language="fr", allow_private_urls=True
    )
    sync(settings, [str(base / "corpus")])
    return settings


def desk_in(home: Path, settings: Settings, **changes: Any) -> Desk:
    """A desk over a copy of a store."""
    shutil.copytree(settings.home, home)
    return Desk(dataclasses.replace(settings, home=home, **changes))
