"""Languages and the first words: /langue, /start, /help, and the menus and descriptions that Telegram shows."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    Update,
)
from telegram.error import TelegramError

from bot.rendering.telegram import Button
from bot.rendering.telegram_html import plain
from bot.telegram.request import Context, Rows, request_of
from bot.telegram.texts import LANGUAGES
from retrieval.errors import StoreEmpty

if TYPE_CHECKING:
    from bot.memory import User
    from bot.telegram.desk import Desk

PRIVATE = ("new", "stop", "articles", "language", "help", "forget", "start")
OWNERS = ("users", "stats", "sync", "export")
GROUPS = ("q", "new", "stop", "help")
FRENCH = {"new": "nouveau", "help": "aide", "language": "langue", "forget": "oublier"}
IN_GROUPS = {*GROUPS, *(FRENCH.get(name, name) for name in GROUPS), "disallow", "interdire"}  # heard without "@bot"
NAMES = {"fr": "Français", "en": "English", "ru": "Русский", "zh": "中文"}
_BUTTON = re.compile(rf"l:({'|'.join(NAMES)})")
_log = logging.getLogger(__name__)


# ---- the first words
async def on_start(update: Update, context: Context) -> None:
    """/start: who this is and what the corpus holds."""
    request = await request_of(update, context)
    if request is None:
        return
    t, desk = request.t, request.desk
    try:
        status = await desk.answers.status()
        articles = status.articles
    except StoreEmpty:
        articles = 0
    if not articles:
        key = "help_start_empty_owner" if request.user.status == "owner" else "help_start_empty"
        await request.answer(t(key))
        return
    days = [t.date(day) for day in (status.first_published, status.last_published) if day]
    dates = t("help_dates", dates=" – ".join(dict.fromkeys(days))) if days else ""
    html = t("help_start", name=plain(request.user.name), corpus=t.count("help_corpus", articles) + dates)
    await request.answer(html)


async def on_help(update: Update, context: Context) -> None:
    """/aide, /help: what it can do, and what it keeps."""
    request = await request_of(update, context)
    if request is None:
        return
    t, days = request.t, request.desk.settings.retention_days
    kept = t.count("help_kept", days) if days else t("help_kept_for_ever")
    parts = [t("help_use"), t("help_commands"), f"{kept} {t('help_forget')}"]
    if request.user.status == "owner":
        parts.insert(2, t("help_owner"))
    await request.answer("\n\n".join(parts))


# ---- the language of a person
async def on_unknown(update: Update, context: Context) -> None:
    """A command that is not known."""
    request = await request_of(update, context)
    if request is not None:
        await request.answer(request.t("owner_unknown_command"))


async def on_language(update: Update, context: Context) -> None:
    """/langue, /language: four buttons."""
    request = await request_of(update, context)
    if request is not None:
        await request.answer(request.t("language_choose"), _choices(request.t.language))


async def on_language_button(update: Update, context: Context) -> None:
    """A language was chosen: remembered, confirmed in it, and the command menu of a private chat follows."""
    request = await request_of(update, context)
    found = _BUTTON.fullmatch(request.data) if request else None
    if request is None or found is None:
        return
    desk, t = request.desk, request.desk.t(found[1])
    await desk.db(desk.memory.set_language, request.user.id, found[1])
    await request.pressed(t("language_chosen"))
    if request.place.private:  # in a group, others may want to choose too
        await request.edit(t("language_chosen"), _choices(found[1]))
        await menu(desk, await desk.db(desk.memory.user, request.user.id))


def _choices(chosen: str) -> Rows:
    buttons = [Button(f"{'✓ ' if code == chosen else ''}{name}", f"l:{code}") for code, name in NAMES.items()]
    return tuple(buttons[:2]), tuple(buttons[2:])


# ---- what Telegram shows
async def publish(desk: Desk) -> None:
    """Set the commands and descriptions of every language where they differ. A failure is logged, no more."""
    try:
        for code in (None, *LANGUAGES):
            spoken = code or "en"
            await _set(desk, BotCommandScopeAllPrivateChats(), PRIVATE, code, spoken)
            await _set(desk, BotCommandScopeAllGroupChats(), GROUPS, code, spoken)
            await _describe(desk, code, spoken)
    except TelegramError as error:
        _log.warning("the bot's menus could not be set: %s", error.message)
        return
    for owner in await desk.db(desk.memory.owners):
        await menu(desk, owner)


async def menu(desk: Desk, user: User) -> None:
    """Set a person's own command menu: in the language they chose, and with the owner's commands for an owner."""
    names = (*PRIVATE, *OWNERS) if user.status == "owner" else PRIVATE
    codes: tuple[str | None, ...] = (None, *LANGUAGES) if user.status == "owner" else (None,)
    try:
        for code in codes:
            await _set(desk, BotCommandScopeChat(user.id), names, code, desk.language_of(user, code))
    except TelegramError as error:
        _log.warning("a command menu could not be set: %s", error.message)


async def _set(desk: Desk, scope: BotCommandScope, names: Sequence[str], code: str | None, spoken: str) -> None:
    t = desk.t(spoken)
    wanted = [BotCommand(FRENCH.get(n, n) if spoken == "fr" else n, t(f"commands_{n}")) for n in names]
    if list(await desk.bot.get_my_commands(scope, code)) != wanted:
        await desk.bot.set_my_commands(wanted, scope, code)


async def _describe(desk: Desk, code: str | None, spoken: str) -> None:
    bot, t = desk.bot, desk.t(spoken)
    if (await bot.get_my_description(code)).description != t("help_description"):
        await bot.set_my_description(t("help_description"), code)
    if (await bot.get_my_short_description(code)).short_description != t("help_short_description"):
        await bot.set_my_short_description(t("help_short_description"), code)
