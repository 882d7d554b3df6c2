"""What the buttons under an answer do, today or on a message a month old: passages, feedback, further questions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from telegram import CallbackQuery, MaybeInaccessibleMessage, Update
from telegram.ext import CallbackContext

from bot.rendering import telegram as rendering
from bot.telegram import followups
from bot.telegram.asking import Asking
from bot.telegram.conversation import conversation_of
from bot.telegram.desk import Desk, desk_of
from bot.telegram.places import Place
from bot.telegram.request import place_of

if TYPE_CHECKING:
    from bot.memory import Turn
    from bot.texts import Texts


async def on_passage(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """[1]: the passage with the quote in it, as a reply to the answer."""
    desk, query = desk_of(context), update.callback_query
    t, found = await _answer_of(desk, query)
    if query is None or query.message is None or found is None:
        return
    number = int((query.data or "").split(":")[2])
    citation = next((c for c in found[1]["citations"] if c["number"] == number), None)
    if citation is None:
        await desk.delivery.answer_callback(query.id, t("button_gone"))
        return
    await desk.delivery.answer_callback(query.id)
    article = await desk.answers.article(citation["article"])
    place = _place_of(query.message, found[0])
    for message in rendering.passage(citation, article, t):
        await desk.delivery.say(place, message, reply_to=query.message.message_id)


async def on_feedback(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """👍 👎: remembered for who pressed it; their last one counts, the same one again takes it back."""
    desk, query = desk_of(context), update.callback_query
    t, found = await _answer_of(desk, query)
    if query is None or found is None:
        return
    value = int((query.data or "").split(":")[2])
    value = await desk.db(desk.memory.press_thumb, found[0].id, query.from_user.id, value)
    key = {1: "button_liked", -1: "button_disliked", 0: "button_taken_back"}[value]
    await desk.delivery.answer_callback(query.id, t(key))


async def on_question(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """A question offered under an answer, or the same without its period: asked as if it were typed."""
    desk, query = desk_of(context), update.callback_query
    t, found = await _answer_of(desk, query)
    if query is None or query.message is None or found is None:
        return
    await desk.delivery.answer_callback(query.id)
    turn, answer = found
    kind, _, *rest = (query.data or "").split(":")
    if kind == "q":
        titles = answer.get("followups", [])
        if int(rest[0]) >= len(titles):
            return
        text = followups.question(titles[int(rest[0])], t)
    else:
        text = turn.understood_as or turn.question
    user = await desk.db(desk.memory.user, query.from_user.id)
    if user is None:
        return
    language = desk.language_of(user, query.from_user.language_code)
    place, below = _place_of(query.message, turn), query.message.message_id
    asking = Asking(
        place, user, text, -update.update_id, below, language, after=turn if kind == "q" else None, any_date=kind == "d"
    )
    await conversation_of(context).ask(asking)


async def on_reaction(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """A thumb on the message itself counts as the button does."""
    desk, change = desk_of(context), update.message_reaction
    if change is None or change.user is None:
        return
    turn = await desk.db(desk.memory.turn_at, change.chat.id, change.message_id)
    if turn is None or turn.message_id == change.message_id:  # nobody thanks the bot on their own question
        return
    emoji = {getattr(r, "emoji", "") for r in change.new_reaction}
    value = 1 if emoji & {"👍", "❤", "🔥", "👏", "💯"} else -1 if "👎" in emoji else 0
    await desk.db(desk.memory.feedback, turn.id, change.user.id, value)


def _place_of(message: MaybeInaccessibleMessage, turn: Turn) -> Place:
    """Where an answer stands. Of an old message Telegram tells no more than its chat and its number: no topic."""
    return place_of(message)._replace(thread_id=turn.thread_id)


async def _answer_of(desk: Desk, query: CallbackQuery | None) -> tuple[Texts, tuple[Turn, dict[str, Any]] | None]:
    """The texts for who pressed, and the turn and answer that the button belongs to; a stale button says so."""
    t = await desk.texts_for(query.from_user if query else None)
    if query is None:
        return t, None
    turn = await desk.db(desk.memory.turn, int((query.data or "").split(":")[1]))
    if turn is None or turn.answer is None or (query.message and turn.chat_id != query.message.chat.id):
        await desk.delivery.answer_callback(query.id, t("button_gone"))
        return t, None
    return t, (turn, json.loads(turn.answer))
