"""A question on its way: who asks what, where, and what it follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from telegram import Message

from bot.telegram.addressed import Asked, question_text
from bot.telegram.desk import Desk
from bot.telegram.places import Place
from bot.telegram.request import place_of
from retrieval.types import Turn as Past

if TYPE_CHECKING:
    from bot.memory import Turn, User

HISTORY = 5  # exchanges that a follow-up can look back on


@dataclass(frozen=True)
class Asking:
    """A question on its way: where, by whom, and what it follows."""

    place: Place
    user: User
    text: str
    message_id: int  # that asked; negative for a button, which has none
    reply_to: int | None = None
    language: str = "en"
    after: Turn | None = None  # an old turn that it resumes
    any_date: bool = False  # asked again without the time that was understood


async def asking_of(desk: Desk, message: Message, found: Asked, rest: str) -> Asking:
    """The question of a message; `rest` is what was pasted with it."""
    assert message.from_user is not None  # noqa: S101 - checked by who calls
    user = await desk.db(desk.memory.user, message.from_user.id)
    user = user or await desk.db(
        desk.memory.see_user, message.from_user.id, message.from_user.full_name, message.from_user.username
    )
    after = None
    if found.reply_turn_message is not None:
        after = await desk.db(desk.memory.turn_at, message.chat.id, found.reply_turn_message)
    return Asking(
        place_of(message),
        user,
        question_text(found) + rest,
        message.message_id,
        message.message_id,
        desk.language_of(user, message.from_user.language_code),
        after,
    )


async def history_of(desk: Desk, asking: Asking, turn: Turn) -> tuple[Past, ...]:
    """What a question may look back on: the turn it resumes, or else the last ones of its place, oldest first."""
    if asking.any_date:  # it was understood already, with what it followed
        return ()
    if asking.after is not None:
        turns = [asking.after]
    else:
        place = asking.place
        turns = await desk.db(desk.memory.history, place.chat_id, place.thread_id, turn.id, HISTORY)
    return tuple(Past(p.understood_as or p.question, p.text or "") for p in turns)
