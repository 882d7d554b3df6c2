"""The people of the bot, for its owners: /users, /block and /allow."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

from telegram import Update

from bot.rendering.telegram import Button
from bot.telegram.access import decide
from bot.telegram.request import Context, Request, Rows, by_owner, named

if TYPE_CHECKING:
    from bot.memory import Spent, User
    from bot.texts import Texts

PAGE = 8  # people on a page
_USER_BUTTON = re.compile(r"u:(\d+):([01]):(\d+)")


async def on_users(update: Update, context: Context) -> None:
    """/users: who may ask and who asks to, by pages, with a button to block or allow each."""
    request = await by_owner(update, context)
    if request is not None:
        html, buttons = await _page(request, 0)
        await request.answer(html, buttons)


async def on_users_page(update: Update, context: Context) -> None:
    """Another page of /users ("pg:users:<page>")."""
    request = await by_owner(update, context)
    if request is not None:
        await request.pressed()
        await request.edit(*await _page(request, int(request.data.rpartition(":")[2])))


async def on_user_button(update: Update, context: Context) -> None:
    """Block or allow somebody from the list ("u:<user>:<1 allow, 0 block>:<page>")."""
    request = await by_owner(update, context)
    found = _USER_BUTTON.fullmatch(request.data) if request else None
    if request is None or found is None:
        return
    target = await request.desk.db(request.desk.memory.user, int(found[1]))
    await request.pressed(await _set_status(request, target, found[2] == "1", plain=True))
    await request.edit(*await _page(request, int(found[3])))


async def on_block(update: Update, context: Context) -> None:
    """/block ID or @name."""
    await _command(update, context, allowed=False)


async def on_allow(update: Update, context: Context) -> None:
    """/allow ID or @name: also somebody who never wrote."""
    await _command(update, context, allowed=True)


async def _command(update: Update, context: Context, allowed: bool) -> None:
    request = await by_owner(update, context)
    if request is None:
        return
    wanted, memory = (request.words or ("",))[0], request.desk.memory
    target: User | None = None
    if wanted.isdecimal() and 0 < int(wanted) < 1 << 52:  # as large as Telegram's ids get
        target = await request.desk.db(memory.user, int(wanted))
        if target is None:  # never wrote
            await request.desk.db(memory.set_status, int(wanted), "pending")
            target = await request.desk.db(memory.user, int(wanted))
    elif wanted:
        name = wanted.removeprefix("@").lower()
        everybody = await request.desk.db(memory.users)
        target = next((u for u in everybody if (u.username or "").lower() == name), None)
    elif not wanted:
        await request.answer(request.t("owner_which_user"))
        return
    await request.answer(await _set_status(request, target, allowed))


async def _set_status(request: Request, target: User | None, allowed: bool, plain: bool = False) -> str:
    """Allow or block, and say what became of it."""
    if target is None:
        return request.t("owner_no_such_user")
    name = (target.name or str(target.id)) if plain else named(target)
    if target.status == "owner":
        return request.t("owner_is_owner", name=name)
    if allowed and target.status != "allowed":
        await decide(request.desk, target, "allowed")
    elif not allowed:
        await request.desk.db(request.desk.memory.set_status, target.id, "blocked")
    return request.t("owner_allowed" if allowed else "owner_blocked", name=name)


async def _page(request: Request, page: int) -> tuple[str, Rows]:
    desk, t = request.desk, request.t
    everybody: list[User] = await desk.db(desk.memory.users)
    pages = max(1, -(-len(everybody) // PAGE))
    page = min(max(page, 0), pages - 1)
    here = everybody[page * PAGE : (page + 1) * PAGE]
    today = datetime.now(UTC).date()
    spent: list[Spent] = await desk.db(lambda: [desk.memory.spent(user.id, today) for user in here])
    lines = [
        t(
            "owner_user",
            name=named(user),
            status=t(f"owner_status_{user.status}"),
            language=escape(user.language or desk.recent.language(user.id) or "–"),
            questions=day.questions,
            id=user.id,
        )
        for user, day in zip(here, spent, strict=True)
    ]
    rows = [(_switch(t, user, page),) for user in here if user.status != "owner"]
    turns = [Button(label, f"pg:users:{p}") for label, p in (("‹", page - 1), ("›", page + 1)) if 0 <= p < pages]
    title = t("owner_users", n=len(everybody), page=page + 1, pages=pages)
    return "\n\n".join([title, *lines]), (*rows, tuple(turns)) if turns else tuple(rows)


def _switch(t: Texts, user: User, page: int) -> Button:
    allowed = user.status == "allowed"
    label = t("owner_block" if allowed else "owner_allow", name=(user.name or str(user.id))[:30])
    return Button(label, f"u:{user.id}:{int(not allowed)}:{page}")
