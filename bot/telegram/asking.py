"""A question on its way: who asks what, where, and what it follows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from telegram import Message

from bot.repeats import REMEMBERED
from bot.telegram.addressed import Asked, question_text
from bot.telegram.desk import Desk
from bot.telegram.places import Place
from bot.telegram.request import place_of
from retrieval.types import Turn as Past

if TYPE_CHECKING:
    from bot.memory import Spent, Turn, User

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
    person = message.from_user
    user = await desk.db(desk.memory.see_user, person.id, person.full_name, person.username)
    after = None
    if found.reply_turn_message is not None:
        after = await desk.db(desk.memory.turn_at, message.chat.id, found.reply_turn_message)
    return Asking(
        place_of(message),
        user,
        question_text(found) + rest,
        message.message_id,
        message.message_id,
        desk.language_of(user, person.language_code),
        after,
    )


@dataclass(frozen=True)
class Begun:
    """A question that was written down, and what is to be known before it is answered."""

    turn: Turn
    before: tuple[Turn, ...]  # the answered turns of its conversation, oldest first
    spent: Spent  # by who asks, that day
    spent_all: Spent  # the same by everyone, where there is a budget
    revision: str  # of the articles; "" where the turn has its answer


def write_down(desk: Desk, asking: Asking) -> Turn:
    """The turn of a question, new or as it was begun before; to be called in a thread."""
    place = asking.place
    return desk.memory.begin_turn(place.chat_id, place.thread_id, asking.user.id, asking.message_id, asking.text)


async def begin(desk: Desk, asking: Asking, day: date) -> Begun:
    """Write a question down: one thread and one transaction, for two hundred may ask at once. Raises StoreEmpty."""
    from bot.memory import Spent

    memory, place = desk.memory, asking.place

    def work() -> Begun:
        with memory.together(soon=True):
            turn = write_down(desk, asking)
            before = memory.history(place.chat_id, place.thread_id, turn.id, REMEMBERED)
            spent = memory.spent(asking.user.id, day)
            spent_all = memory.spent_all(day) if desk.settings.daily_budget_usd else Spent()
        return Begun(turn, tuple(before), spent, spent_all, "" if turn.answer else desk.answers.revision())

    begun: Begun = await desk.db(work)
    return begun


def history_of(asking: Asking, before: tuple[Turn, ...]) -> tuple[Past, ...]:
    """What a question may look back on: the turn it resumes, or else the last ones of its place, oldest first."""
    if asking.any_date:  # it was understood already, with what it followed
        return ()
    turns = before[-HISTORY:] if asking.after is None else (asking.after,)
    return tuple(Past(p.understood_as or p.question, p.text or "") for p in turns)
