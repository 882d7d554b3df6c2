"""Which handler takes which update, the gate before all of them, and what happens by itself."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from telegram import Update
from telegram.ext import (
    Application,
    ApplicationHandlerStop,
    CallbackContext,
    CallbackQueryHandler,
    ChatMemberHandler,
    ChosenInlineResultHandler,
    CommandHandler,
    InlineQueryHandler,
    MessageHandler,
    MessageReactionHandler,
    TypeHandler,
    filters,
)

from bot.rendering import telegram as rendering
from bot.telegram import access, articles, buttons, documents, inline, languages, others, owner, people
from bot.telegram.addressed import is_addressed
from bot.telegram.alerts import alert
from bot.telegram.conversation import conversation_of
from bot.telegram.desk import Desk, desk_of
from bot.telegram.request import place_of
from retrieval.errors import SourcierError

Context = CallbackContext[Any, Any, Any, Any]
HOUSEKEEPING = 3600.0  # seconds between looks at what is older than it may be
_log = logging.getLogger(__name__)


async def gate(update: Update, context: Context) -> None:
    """Let in what is meant for the bot, from people it may answer; everything else ends here."""
    desk = desk_of(context)
    desk.metrics.updates.inc()
    message = update.effective_message
    if message is not None and update.callback_query is None:  # a person's: the bot's own are known to delivery
        desk.delivery.note(message.chat.id, message.message_id)
    if update.inline_query or update.chosen_inline_result or update.message_reaction or update.my_chat_member:
        return  # these ask for themselves, or answer nobody
    if message is not None and update.callback_query is None and message.chat.type != "private":
        command = _commanded(message.text or "", context.bot.username)
        if not command and not is_addressed(message, context.bot.bot):
            raise ApplicationHandlerStop
    if update.callback_query is not None and update.callback_query.inline_message_id is not None:
        return  # a button of an inline message: its handler looks who pressed
    user = await access.admitted(desk, update)
    if user is None:
        raise ApplicationHandlerStop
    if user.unreachable:  # who writes can be written to
        await desk.db(desk.memory.set_unreachable, user.id, False)


def _commanded(text: str, me: str) -> bool:
    """Whether a text in a group is a command to us: by name, or one of the menu's, which apps send without a name."""
    command, _, whom = text.split(maxsplit=1)[0].lower().partition("@") if text.startswith("/") else ("", "", "")
    return whom == me.lower() if whom else command.removeprefix("/") in languages.IN_GROUPS


async def on_membership(update: Update, context: Context) -> None:
    """Blocked or unblocked by a person."""
    desk, change = desk_of(context), update.my_chat_member
    if change is not None and change.chat.type == "private":
        blocked = change.new_chat_member.status in ("kicked", "left")
        await desk.db(desk.memory.set_unreachable, change.chat.id, blocked)


async def on_error(update: object, context: Context) -> None:
    """A failure nobody expected: a reference for the person, the traceback in the log alone."""
    desk = desk_of(context)
    error = context.error or RuntimeError("unknown")
    reference = await alert(desk, error, "handler")
    desk.metrics.errors.labels("handler").inc()
    if not isinstance(update, Update):
        return
    t = await desk.texts_for(update.effective_user)
    if update.callback_query is not None:
        await desk.delivery.answer_callback(update.callback_query.id, t("conversation_failed", reference=reference))
    elif update.message is not None:
        notice = rendering.notice(t("conversation_failed", reference=reference))
        await desk.delivery.say(place_of(update.message), notice, reply_to=update.message.message_id)


async def housekeeping(desk: Desk, sync_every: float) -> None:
    """Sync and forget on time, for ever."""
    loop = asyncio.get_running_loop()
    next_sync = loop.time() + sync_every if sync_every else float("inf")
    next_expiry = loop.time()
    while True:
        await asyncio.sleep(max(0.05, min(next_sync, next_expiry) - loop.time()))
        if loop.time() >= next_expiry:
            next_expiry = loop.time() + HOUSEKEEPING
            if desk.settings.retention_days:
                await desk.db(desk.memory.expire, datetime.now(UTC) - timedelta(days=desk.settings.retention_days))
        if loop.time() >= next_sync:
            next_sync = loop.time() + sync_every
            try:
                report = await desk.answers.sync()
                _log.info("synced: %d added, %d changed, %d removed", report.added, report.changed, report.removed)
            except SourcierError as error:
                _log.warning("not synced: %s", error)
            except Exception as error:
                await alert(desk, error, "sync")


def wire(application: Application[Any, Any, Any, Any, Any, Any]) -> None:
    """Give an application its handlers, in the order in which they are asked."""
    add = application.add_handler
    new = filters.UpdateType.MESSAGE

    async def on_message(update: Update, context: Context) -> None:
        message = update.message
        if message is not None and message.chat.type == "private" and documents.link_of(message) is not None:
            await documents.on_link(update, context)
            return
        await conversation_of(context).on_message(update, context)

    async def on_edited(update: Update, context: Context) -> None:
        await conversation_of(context).on_edited(update, context)

    async def on_new(update: Update, context: Context) -> None:
        await conversation_of(context).on_new(update, context)

    async def on_stop(update: Update, context: Context) -> None:
        await conversation_of(context).on_stop(update, context)

    add(TypeHandler(Update, gate), group=-1)
    for names, handler in (
        (("new", "nouveau"), on_new),
        (("stop",), on_stop),
        (("start",), languages.on_start),
        (("help", "aide"), languages.on_help),
        (("language", "langue"), languages.on_language),
        (("forget", "oublier"), owner.on_forget),
        (("users",), people.on_users),
        (("stats",), owner.on_stats),
        (("sync",), owner.on_sync),
        (("export",), owner.on_export),
        (("block",), people.on_block),
        (("allow",), people.on_allow),
        (("disallow", "interdire"), access.on_disallow),
        (("articles",), articles.on_articles),
    ):
        add(CommandHandler(list(names), handler, filters=new))
    for pattern, handler in (
        (r"^p:\d+:\d+$", buttons.on_passage),
        (r"^f:\d+:-?1$", buttons.on_feedback),
        (r"^(q:\d+:\d+|d:\d+)$", buttons.on_question),
        (r"^[ag]:", access.on_access_button),
        (r"^l:", languages.on_language_button),
        (r"^forget:\d+:[01]$", owner.on_forget_button),
        (r"^u:\d+:[01]:\d+$", people.on_user_button),
        (r"^pg:users:\d+$", people.on_users_page),
        (r"^pg:", articles.on_page),
        (r"^art:", articles.on_article),
        (r"^r:", articles.on_remove),
        (r"^rm:", articles.on_removal),
        (r"^doc:", documents.on_document_button),
        (r"^i:", inline.on_inline_button),
    ):
        add(CallbackQueryHandler(handler, pattern))
    add(InlineQueryHandler(inline.on_inline_query))
    add(ChosenInlineResultHandler(inline.on_chosen))
    add(MessageReactionHandler(buttons.on_reaction))
    add(ChatMemberHandler(on_membership, ChatMemberHandler.MY_CHAT_MEMBER))
    # a command that is none of ours, in private; /q is a question, and read as one below
    add(
        MessageHandler(
            new & filters.COMMAND & filters.ChatType.PRIVATE & ~filters.Regex(r"^/q\b"), languages.on_unknown
        )
    )
    add(MessageHandler(new & filters.Document.ALL & filters.ChatType.PRIVATE, documents.on_document))
    add(MessageHandler(new & filters.TEXT, on_message))
    add(MessageHandler(filters.UpdateType.EDITED_MESSAGE & filters.TEXT, on_edited))
    add(MessageHandler(new & ~filters.StatusUpdate.ALL & ~filters.COMMAND, others.on_other))
    application.add_error_handler(on_error)
