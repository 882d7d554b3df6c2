"""Who asks, where and in which language: what every command and button of access, owner and languages begins with."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from telegram import Message as Received
from telegram import Update
from telegram.ext import CallbackContext

from bot.rendering.telegram import Button, Message
from bot.rendering.telegram_html import plain
from bot.telegram.delivery import Place
from bot.telegram.desk import Desk, desk_of

if TYPE_CHECKING:
    from bot.memory import User
    from bot.texts import Texts

Context = CallbackContext[Any, Any, Any, Any]
Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A command, or a button pressed."""

    desk: Desk
    user: User
    place: Place
    t: Texts
    message_id: int  # of the command, or of the message that the button is under
    words: tuple[str, ...] = ()  # after the command
    data: str = ""  # of the button
    query_id: str | None = None  # of the button

    async def answer(self, html: str, buttons: Rows = ()) -> int | None:
        """Say something back: in a group as a reply. Returns the message's id, or None where it could not be sent."""
        reply_to = None if self.place.private or self.query_id else self.message_id
        return await self.desk.delivery.say(self.place, Message(html, buttons), reply_to=reply_to)

    async def edit(self, html: str, buttons: Rows = ()) -> None:
        """Change the message that the button is under."""
        await self.desk.delivery.edit(self.place, self.message_id, Message(html, buttons))

    async def pressed(self, text: str = "", alert: bool = False) -> None:
        """Tell Telegram that the button was heard, with a line for who pressed it."""
        if self.query_id is not None:
            await self.desk.delivery.answer_callback(self.query_id, text, alert)


async def request_of(update: Update, context: Context) -> Request | None:
    """What an update asks for; None where nobody to answer is behind it."""
    desk, person, query = desk_of(context), update.effective_user, update.callback_query
    message = query.message if query is not None else update.effective_message  # the former may be too old to be shown
    if person is None or message is None:
        return None
    desk.recent.speaks(person.id, person.language_code)
    user = await desk.db(desk.memory.user, person.id)
    user = user or await desk.db(desk.memory.see_user, person.id, person.full_name, person.username)
    text = message.text if isinstance(message, Received) and query is None else None
    return Request(
        desk,
        user,
        place_of(message),
        texts_for(desk, user),
        message.message_id,
        tuple((text or "").split()[1:]),
        query.data or "" if query else "",
        query.id if query else None,
    )


async def by_owner(update: Update, context: Context) -> Request | None:
    """The request where an owner makes it; others hear that there is no such thing."""
    request = await request_of(update, context)
    if request is None or request.user.status == "owner":
        return request
    if request.query_id is not None:
        await request.pressed(request.t("access_owners_only"), alert=True)
    else:
        await request.answer(request.t("owner_unknown_command"))
    return None


def place_of(message: Any) -> Place:
    """Where to answer a message, also one too old for Telegram to show."""
    thread = message.message_thread_id if getattr(message, "is_topic_message", None) else None
    return Place(message.chat.id, thread, message.chat.type == "private")


def texts_for(desk: Desk, user: User) -> Texts:
    """The texts of a person: in the chosen language, else in their app's."""
    return desk.t(desk.language_of(user, desk.recent.language(user.id)))


async def tell(desk: Desk, user: User, key: str, **fields: str) -> None:
    """Write to a person of their own accord; nothing where they blocked the bot."""
    if not user.unreachable:
        await desk.delivery.say(Place(user.id), Message(texts_for(desk, user)(key, **safe(fields))))


def safe(fields: dict[str, str]) -> dict[str, str]:
    """Fields for a text that is HTML: words of others, in which nothing works as a link."""
    return {name: plain(value) for name, value in fields.items()}


def named(user: User) -> str:
    """A person's name as owners know it, as HTML."""
    handle = f" (@{escape(user.username)})" if user.username else ""
    return f"{plain(user.name or str(user.id))}{handle}"
