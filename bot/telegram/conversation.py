"""Questions and their answers: asking, follow-ups, edits, /new and /stop."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from telegram import Update
from telegram.ext import CallbackContext

from bot.rendering import telegram as rendering
from bot.rendering.as_json import answer_dict, dumps
from bot.repeats import basis_of
from bot.telegram import followups
from bot.telegram.access import allowance
from bot.telegram.addressed import asked, question_text
from bot.telegram.alerts import alert, fell_back
from bot.telegram.answers import Beginning, Stopped
from bot.telegram.asking import Asking, Begun, asking_of, begin, history_of, write_down
from bot.telegram.courtesy import courtesy
from bot.telegram.desk import Desk
from bot.telegram.pastes import Pastes
from bot.telegram.repeated import repeated
from bot.telegram.request import place_of
from retrieval.errors import StoreEmpty
from retrieval.types import Article, Question, Statement

if TYPE_CHECKING:
    from bot.texts import Texts

NEAREST = 3
FIRST_FRAME = 0.7  # seconds: an answer that is there sooner is not shown as it grows, which would only flicker


class _Refused(Exception):
    """A question that is not answered; its text is what the person is told."""


@dataclass
class _Running:
    """A question being answered."""

    task: asyncio.Task[tuple[int, dict[str, Any]]]
    asking: Asking
    stopped: bool = False  # by /stop or an edit: not by a shutdown


class Conversation:
    """The conversations of all chats. One object serves them all; state that must last is in memory.

    `waiting` tells how many updates of a chat are under way or wait for their turn.
    """

    def __init__(self, desk: Desk, waiting: Callable[[int], int] = lambda chat: 0) -> None:  # noqa: ARG005
        self._desk, self._waiting = desk, waiting
        self._running: dict[int, _Running] = {}  # by chat
        self._stops: dict[tuple[int, int], int] = {}  # the last /stop, by chat and user
        self.pastes = Pastes()

    # ---- what arrives
    def arrived(self, update: Update) -> None:
        """Note an update before it waits for its turn."""
        if update.message is not None:
            self.pastes.arrived(update.message)
        edited = update.edited_message
        if edited is None:
            return
        if edited.from_user is not None:  # asked again after a /stop
            self._stops.pop((edited.chat.id, edited.from_user.id), None)
        running = self._running.get(edited.chat.id)
        if running is not None and running.asking.message_id == edited.message_id:
            found = asked(edited, self._desk.bot.bot)
            if found is None or question_text(found) != running.asking.text:
                running.stopped = True  # nobody wants the answer to what the question was
                running.task.cancel()

    async def on_message(self, update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
        """A text that may be a question."""
        message = update.effective_message
        if message is None or message.from_user is None:
            return
        found = asked(message, context.bot.bot)
        if found is None:
            return
        rest = await self.pastes.rest(message)
        if rest is None:
            return
        asking = await asking_of(self._desk, message, found, rest)
        if not asking.text.strip():  # a mention alone
            t = self._desk.t(asking.language)
            nothing = rendering.notice(t("conversation_ask"))
            await self._desk.delivery.say(asking.place, nothing, reply_to=message.message_id)
            return
        if polite := courtesy(asking.text):
            thanked = rendering.notice(self._desk.t(asking.language)(f"conversation_{polite}"))
            await self._desk.delivery.say(asking.place, thanked, reply_to=message.message_id)
            return
        await self.ask(asking)

    async def on_edited(self, update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
        """An edited question is answered again, in place.

        Not what was never a question, nor an edit that changes nothing: Telegram reports changes nobody made as edits.
        """
        message = update.edited_message
        if message is None or message.from_user is None:
            return
        found = asked(message, context.bot.bot)
        if found is None:
            return
        asking = await asking_of(self._desk, message, found, "")
        turn = await self._desk.db(self._desk.memory.turn_at, message.chat.id, message.message_id)
        if turn is not None and turn.message_id == asking.message_id and turn.question != asking.text:
            await self.ask(asking)

    async def on_new(self, update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:  # noqa: ARG002
        """/new: what follows stands alone."""
        message = update.effective_message
        if message is None or message.from_user is None:
            return
        place, t = place_of(message), await self._desk.texts_for(message.from_user)
        await self._desk.db(self._desk.memory.reset, place.chat_id, place.thread_id)
        await self._desk.delivery.say(place, rendering.notice(t("conversation_new")), reply_to=message.message_id)

    async def on_stop(self, update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:  # noqa: ARG002
        """/stop: give up the answer being made, and those that wait behind it."""
        message = update.effective_message
        if message is None or message.from_user is None:
            return
        place, user = place_of(message), message.from_user.id
        t = await self._desk.texts_for(message.from_user)
        self._stops[place.chat_id, user] = message.message_id
        running = self._running.get(place.chat_id)
        mine = running is not None and running.asking.user.id == user
        if running is not None and mine:
            running.stopped = True
            running.task.cancel()
        mine = mine or (place.private and self._waiting(place.chat_id) > 0)
        key = "conversation_stopped" if mine else "conversation_idle"
        await self._desk.delivery.say(place, rendering.notice(t(key)), reply_to=message.message_id)

    # ---- asking
    async def ask(self, asking: Asking) -> None:
        """Answer a question: within the quota, shown as it grows, delivered once, remembered."""
        desk, t, began = self._desk, self._desk.t(asking.language), time.monotonic()
        try:
            turn, answer = await self._watched(asking, t)
        except Stopped:  # perhaps before its turn: what was never written down could not be edited into a question
            await desk.db(write_down, desk, asking)
            return
        except (_Refused, StoreEmpty) as why:
            key = "conversation_empty_owner" if asking.user.status == "owner" else "conversation_empty"
            notice = rendering.notice(str(why) if isinstance(why, _Refused) else t(key))
            await desk.delivery.say(asking.place, notice, reply_to=asking.reply_to)
            return
        except Exception as error:
            reference = await alert(desk, error, "question")
            desk.metrics.errors.labels("question").inc()
            text = t("conversation_failed", reference=reference)
            await desk.delivery.say(asking.place, rendering.notice(text), reply_to=asking.reply_to)
            return
        messages = await self._rendered(answer, turn, t, asking)
        await desk.delivery.deliver(turn, asking.place, messages, reply_to=asking.reply_to)
        desk.metrics.seconds.observe(time.monotonic() - began)

    async def _rendered(self, answer: dict[str, Any], turn: int, t: Texts, asking: Asking) -> list[rendering.Message]:
        """An answer as messages."""
        near = _distinct(answer["hits"], NEAREST) if answer["abstained"] else []
        articles = [await self._desk.answers.article(a) for a in near]
        nearest: list[Article] = [a for a in articles if a is not None]
        try:
            until = (await self._desk.answers.status()).last_published
        except StoreEmpty:
            until = None
        labels = [followups.label(title, t) for title in answer.get("followups", ())]
        shown = asking.text if asking.message_id < 0 else None
        return rendering.answer(
            answer, turn, t, corpus_until=until, followups=labels, asked=shown, nearest=nearest
        )  # fmt: skip

    async def _watched(self, asking: Asking, t: Texts) -> tuple[int, dict[str, Any]]:
        """The turn and its answer, made in a task that /stop and an edit of the question can cancel. Raises Stopped."""
        if 0 < asking.message_id < self._stops.get((asking.place.chat_id, asking.user.id), 0):
            raise Stopped
        task = asyncio.create_task(self._answered(asking, t))
        running = self._running[asking.place.chat_id] = _Running(task, asking)
        try:
            return await task
        except asyncio.CancelledError:
            if running.stopped:
                raise Stopped from None
            task.cancel()
            raise
        finally:
            if self._running.get(asking.place.chat_id) is running:
                del self._running[asking.place.chat_id]

    async def _answered(self, asking: Asking, t: Texts) -> tuple[int, dict[str, Any]]:
        """The same. Nothing is done for it before its turn to begin: others wait. Raises _Refused."""
        desk, today = self._desk, datetime.now(UTC).date()
        async with desk.delivery.typing(asking.place), desk.answers.beginning() as beginning:
            begun = await begin(desk, asking, today)
            if begun.turn.answer is not None:  # it was answered before a restart, and perhaps not delivered
                return begun.turn.id, json.loads(begun.turn.answer)
            allowed = allowance(desk, asking.user, today, begun.spent, begun.spent_all)
            if not allowed.allowed:
                raise _Refused(allowed.text)
            return begun.turn.id, await self._made(asking, begun, allowed.extractive, t, beginning)

    async def _made(
        self, asking: Asking, begun: Begun, extractive: bool, t: Texts, beginning: Beginning
    ) -> dict[str, Any]:
        desk, began, turn = self._desk, time.monotonic(), begun.turn
        stop = threading.Event()
        draft = desk.delivery.draft(asking.place)
        released: list[Statement] = []
        shows: set[asyncio.Task[None]] = set()
        due = 0  # calls of `show` to come: the last of those at one moment shows all

        def show() -> None:
            nonlocal due
            due -= 1
            if not stop.is_set() and not due:
                shows.add(task := asyncio.create_task(draft.show(rendering.frame(released, t))))
                task.add_done_callback(shows.discard)

        def on_statement(statement: Statement) -> None:
            nonlocal due
            released.append(statement)
            due += 1
            asyncio.get_running_loop().call_later(began + FIRST_FRAME - time.monotonic(), show)

        question = Question(
            asking.text,
            id=str(turn.id),
            history=history_of(asking, begun.before),
            mode="extractive" if extractive else None,
            any_date=asking.any_date,
        )
        basis = basis_of(desk.settings, begun.revision, question)
        if (again := await repeated(desk, asking.user.id, turn.id, question, basis, begun.before)) is not None:
            return again
        try:
            answer = await desk.answers.answer(question, on_statement, stop, beginning)
        finally:
            stop.set()
            await draft.close()
        found = answer_dict(answer) | {"basis": basis}
        if extractive and desk.settings.uses_model:
            found["notice"] = found["notice"] or "budget"
        found["followups"] = followups.titles(answer)
        spent = answer.usage

        def keep() -> None:
            tokens = spent.input_tokens + spent.output_tokens
            with desk.memory.together(soon=True):
                desk.memory.answered(turn.id, dumps(found))
                desk.memory.count(asking.user.id, datetime.now(UTC).date(), tokens, spent.cost_usd)

        await desk.db(keep)
        fell_back(desk, answer.notice)
        desk.metrics.answers.labels(answer.mode, str(answer.abstained).lower(), found["notice"] or "").inc()
        desk.metrics.cost.inc(spent.cost_usd)
        return found


def conversation_of(context: CallbackContext[Any, Any, Any, Any]) -> Conversation:
    """The conversations of the application that a handler runs in."""
    found: Conversation = context.application.bot_data["conversation"]
    return found


def _distinct(hits: list[dict[str, Any]], most: int) -> list[str]:
    return list(dict.fromkeys(h["article"] for h in hits))[:most]
