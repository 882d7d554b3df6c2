"""Inline mode: passages found by search while somebody types, the answer only when it is asked for."""

from __future__ import annotations

import html
import logging
import re
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    LinkPreviewOptions,
    Update,
    User,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest
from telegram.ext import CallbackContext

from bot.rendering import telegram as rendering
from bot.rendering.as_json import answer_dict
from bot.rendering.telegram_html import escape, line, plain
from bot.rendering.telegram_links import link
from bot.telegram.access import within_quota
from bot.telegram.alerts import alert, fell_back
from bot.telegram.desk import Desk, desk_of
from retrieval.analysis import terms
from retrieval.errors import SourcierError
from retrieval.types import Answer, Hit, Question

if TYPE_CHECKING:
    from bot.texts import Texts

START = "inline"  # what /start is given when somebody without access follows the button
SHORTEST = 3  # characters that are searched for
RESULTS = 10
CACHE_SECONDS = 10
EXCERPT, TITLE = 1200, 200  # characters: together they stay far below a message's 4,096

_log = logging.getLogger(__name__)


async def inline_user(desk: Desk, user: User) -> bool:
    """Whether somebody may search and ask inline."""
    known = await desk.db(desk.memory.user, user.id)
    return known is not None and known.status in ("owner", "allowed")


async def on_inline_query(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """What was typed so far → an offer to answer it, and the passages found."""
    desk, query = desk_of(context), update.inline_query
    if query is None:
        return
    t = await desk.texts_for(query.from_user)
    text = " ".join(query.query.split())
    results: list[InlineQueryResultArticle] = []
    button = None
    if not await inline_user(desk, query.from_user):
        button = InlineQueryResultsButton(t("inline_start"), start_parameter=START)
    elif len(text) < SHORTEST:
        button = InlineQueryResultsButton(t("inline_hint"), start_parameter=START)
    elif not query.offset:
        results = await _results(desk, text, t)
    try:
        await desk.bot.answer_inline_query(
            query.id, results, cache_time=CACHE_SECONDS, is_personal=True, next_offset="", button=button
        )
    except BadRequest as error:
        if "too old" not in error.message.lower():
            raise
        _log.debug("an inline query was answered too late")  # somebody typed on; the next query is on its way


async def on_chosen(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """ "Answer this question" was sent into a chat: answer it there. Told only where BotFather's feedback is on."""
    chosen = update.chosen_inline_result
    if chosen is None or not chosen.result_id.startswith("i:") or chosen.inline_message_id is None:
        return
    await _answer_into(context, chosen.inline_message_id, chosen.result_id, chosen.from_user, None)


async def on_inline_button(update: Update, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """The button under a question that was sent inline: answer it in its place."""
    query = update.callback_query
    if query is not None and query.inline_message_id is not None:
        await _answer_into(context, query.inline_message_id, query.data or "", query.from_user, query.id)


async def _answer_into(
    context: CallbackContext[Any, Any, Any, Any], message: str, data: str, user: User, query: str | None
) -> None:
    """Answer the question kept under `data` ("i:<key>") and put the answer into an inline message.

    `query` is the button press to be answered, if it was one. The button stays until the answer is there, so that a
    failure or a restart costs no more than another press.
    """
    desk = desk_of(context)
    t = await desk.texts_for(user)
    running: set[str] = context.application.bot_data.setdefault("inline_running", set())

    async def tell(text: str, *, alert: bool = False) -> None:
        if query is not None:
            await desk.delivery.answer_callback(query, text[:200], alert)

    known = await desk.db(desk.memory.user, user.id)
    if known is None or known.status not in ("owner", "allowed"):
        await tell(t("inline_closed"), alert=True)
        return
    question = await desk.db(desk.memory.kept, data.removeprefix("i:"))
    if question is None:
        await tell(t("inline_gone"), alert=True)
        return
    if message in running:
        await tell(t("inline_working"))
        return
    running.add(message)
    try:
        today = datetime.now(UTC).date()
        allowance = await within_quota(desk, known, today)
        if not allowance.allowed:
            await tell(re.sub(r"<[^>]+>", "", allowance.text or t("inline_closed")), alert=True)
            return
        await tell(t("inline_working"))
        mode = "extractive" if allowance.extractive else None
        stop = threading.Event()
        try:
            answer = await desk.answers.answer(Question(question, mode=mode), lambda _: None, stop)
        finally:
            stop.set()
        spent = answer.usage
        await desk.db(desk.memory.count, user.id, today, spent.input_tokens + spent.output_tokens, spent.cost_usd)
        fell_back(desk, answer.notice)
        desk.metrics.answers.labels(answer.mode, str(answer.abstained).lower(), answer.notice or "").inc()
        desk.metrics.cost.inc(spent.cost_usd)
        await desk.delivery.edit_inline(message, _rendered(desk, answer, allowance.extractive, t))
    except Exception as error:
        reference = await alert(desk, error, "inline")
        text = f"🔎 {plain(question)}\n\n{escape(t('inline_failed', reference=reference))}"
        again = rendering.Button(t("inline_again"), data)
        await desk.delivery.edit_inline(message, rendering.Message(text, ((again,),)))
    finally:
        running.discard(message)


def _rendered(desk: Desk, answer: Answer, extractive: bool, t: Texts) -> rendering.Message:
    """The answer as one message. Its buttons belong to a conversation, which an inline message has not."""
    found = answer_dict(answer)
    if extractive and desk.settings.uses_model:
        found["notice"] = found["notice"] or "budget"
    nearest = list({h.article.id: h.article for h in answer.hits}.values())[:3] if answer.abstained else []
    messages = rendering.answer(found, 0, t, asked=answer.question, nearest=nearest)
    more = rendering.Button(t("inline_more"), url=f"https://t.me/{desk.bot.username}")
    return rendering.Message(messages[0].html, ((more,),) if len(messages) > 1 else ())


async def _results(desk: Desk, text: str, t: Texts) -> list[InlineQueryResultArticle]:
    try:
        hits = await desk.answers.search(text, RESULTS - 1)
    except SourcierError as error:  # nothing is stored yet, or it cannot be searched now
        _log.warning("inline search: %s", error)
        return []
    key = await desk.db(desk.memory.keep, text)
    data = f"i:{key}"
    asking = InlineQueryResultArticle(
        data,
        t("inline_ask"),
        _content(f"🔎 {plain(text)}"),
        InlineKeyboardMarkup([[InlineKeyboardButton(t("inline_button"), callback_data=data)]]),
        description=text,
    )
    return [asking, *(_result(number, hit, text, t) for number, hit in enumerate(hits[: RESULTS - 1]))]


def _result(number: int, hit: Hit, text: str, t: Texts) -> InlineQueryResultArticle:
    article = hit.article
    title, excerpt = line(article.title, TITLE) or t("inline_untitled"), _excerpt(hit, text)
    date = t.date(article.published) if article.published else ""
    about = " · ".join(filter(None, (line(article.source, TITLE), date)))
    url = link(article.url, excerpt)
    source = f'<a href="{html.escape(url)}">{escape(title)}</a>' if url else plain(title)
    foot = " · ".join(filter(None, (source, plain(about))))
    shown = f"<blockquote>{plain(excerpt)}</blockquote>\n{foot}"
    described = "\n".join(filter(None, (about, line(excerpt, TITLE))))
    return InlineQueryResultArticle(f"h:{number}", title, _content(shown), description=described)


def _excerpt(hit: Hit, text: str) -> str:
    """The sentence of a passage that holds most of the words, and the one after it where both are short."""
    body, wanted = hit.article.text, set(terms(text))
    sentences = hit.sentences or ((hit.start, hit.end),)
    best = max(range(len(sentences)), key=lambda i: len(wanted.intersection(terms(body[slice(*sentences[i])]))))
    start, end = sentences[best]
    if best + 1 < len(sentences) and sentences[best + 1][1] - start <= EXCERPT // 2:
        end = sentences[best + 1][1]
    return line(body[start:end], EXCERPT) or "…"


def _content(text: str) -> InputTextMessageContent:
    return InputTextMessageContent(text, ParseMode.HTML, link_preview_options=LinkPreviewOptions(is_disabled=True))
