"""Who may ask, and how much: closed by default, opened by owners, with quotas by person and day.

The code that makes the first owner lives in process memory alone: it is printed at each start until there is an owner,
so nothing needs to outlive the process, and no copy of it lies on a disk.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from telegram import CallbackQuery, Update
from telegram import Message as Received
from telegram.error import TelegramError
from telegram.helpers import create_deep_linked_url

from bot.rendering.telegram import Button, Message
from bot.telegram.delivery import Place
from bot.telegram.languages import menu
from bot.telegram.recent import DAY, HOUR, MINUTE
from bot.telegram.request import Context, named, place_of, request_of, safe, tell, texts_for
from bot.texts import texts

if TYPE_CHECKING:
    from bot.memory import Spent, User
    from bot.telegram.desk import Desk

ANONYMOUS = (1087968824, 136817688)  # GroupAnonymousBot and Channel_Bot: people behind a group's or a channel's name
ADMITTED, SILENCED = ("owner", "allowed"), ("refused", "blocked")
TRIES = 5  # of the owner's code, by a person in an hour
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # no 0 O, 1 I L
_CODE = re.compile(rf"(?:/start(?:@\w+)?\s+)?([{_ALPHABET}{_ALPHABET.lower()}]{{8}})")
_OF_PENDING = re.compile(r"(?:/start(?:@\w+)?\s+)?(\d{6})")
_FORGET = re.compile(r"/(?:oublier|forget)\b|forget:")
_DISALLOW = re.compile(r"/(?:interdire|disallow)\b")
_BUTTON = re.compile(r"([ag]):(-?\d+):([01])")
_EVER = float("inf")


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether a question may be asked. `text` says why not, or why without the model, and until when."""

    allowed: bool
    extractive: bool = False  # the model's budget is spent: quotes only
    text: str | None = None


# ---- the gate
async def admitted(desk: Desk, update: Update) -> User | None:
    """The person behind an update who may use the bot there; None: ignore it, what there is to say was said.

    In groups it must be asked only about what is addressed to the bot, for it may answer. Members of an allowed group
    need no pairing, so the user may be "pending" there. Where there is no chat (inline mode), nobody is told anything.
    """
    person, chat, message, query = (
        update.effective_user,
        update.effective_chat,
        update.effective_message,
        update.callback_query,
    )
    if person is None or (person.is_bot and person.id not in ANONYMOUS):
        return None
    if isinstance(message, Received) and message.is_automatic_forward:  # a channel's post in its discussion group
        return None
    desk.recent.speaks(person.id, person.language_code)
    if chat is None:  # inline mode: who merely types must not become a pending user
        known: User | None = await desk.db(desk.memory.user, person.id)
        return known if known and known.status in ADMITTED else None
    if chat.type == "channel":
        return None
    user: User = await desk.db(desk.memory.see_user, person.id, person.full_name, person.username)
    if chat.type == "private":
        found = await _in_private(desk, user, update)
    else:
        found = await _in_group(desk, user, update)
    if found is None and query is not None:
        await _turned_away(desk, user, query)
    return found


async def _in_private(desk: Desk, user: User, update: Update) -> User | None:
    if user.status in SILENCED:
        return None
    text = ((update.message.text if update.message else None) or "").strip()
    attempt = _CODE.fullmatch(text)
    if attempt and desk.recent.pairing is not None and await _pairs(desk, user, attempt[1].upper()):
        return None
    if user.status in ADMITTED:
        code = _OF_PENDING.fullmatch(text) if user.status == "owner" else None
        return None if code and await _let_in_by_code(desk, user, code[1]) else user
    if _FORGET.match(text) or (update.callback_query and _FORGET.match(update.callback_query.data or "")):
        return user  # what is kept of people is theirs to erase, admitted or not
    if update.message is not None:
        await _pending(desk, user)
    return None


async def _pending(desk: Desk, user: User) -> None:
    """Tell somebody at the door how to be let in, and the owners that somebody is there."""
    owners = await desk.db(desk.memory.owners)
    code = await desk.db(desk.memory.access_code, user.id)
    if desk.recent.first(("at the door", user.id), MINUTE):
        await tell(desk, user, "access_pending" if owners else "access_no_owner", code=code)
    if owners and desk.recent.first(("asked owners", user.id), DAY):
        fields = {"name": named(user), "code": code}
        await _ask_owners(desk, "access_asks", fields, f"a:{user.id}")


async def _in_group(desk: Desk, user: User, update: Update) -> User | None:
    message, chat = update.message, update.effective_chat
    if user.status in SILENCED or chat is None:
        return None
    if await desk.db(desk.memory.chat_allowed, chat.id):
        return user
    if message is None:
        return None
    t, place = texts_for(desk, user), place_of(message)
    if user.status == "owner":
        if not _DISALLOW.match(message.text or ""):
            await desk.db(desk.memory.allow_chat, chat.id, chat.title or str(chat.id), user.id)
            await desk.delivery.say(place, Message(t("access_group_allowed_by_owner", bot=desk.bot.username)))
        return user
    refused = desk.recent.count(("group refused", chat.id), _EVER)
    if user.status == "allowed" and not refused and desk.recent.first(("group asked", chat.id), DAY):
        fields = {"name": named(user), **safe({"title": chat.title or str(chat.id)})}
        await _ask_owners(desk, "access_group_asks", fields, f"g:{chat.id}")
    if desk.recent.first(("group told", chat.id), _EVER):
        await desk.delivery.say(place, Message(t("access_group_closed")), reply_to=message.message_id)
    return None


async def _turned_away(desk: Desk, user: User, query: CallbackQuery) -> None:
    """Answer a button of somebody who may not press it: it would spin; who is silenced is not told why."""
    text = "" if user.status in SILENCED else texts_for(desk, user)("access_not_yet")
    await desk.delivery.answer_callback(query.id, text)


async def _ask_owners(desk: Desk, key: str, fields: dict[str, str], data: str) -> None:
    """Ask every owner by button; `fields` are HTML."""
    for owner in await desk.db(desk.memory.owners):
        if not owner.unreachable:
            t = texts_for(desk, owner)
            buttons = (Button(t("access_accept"), f"{data}:1"), Button(t("access_refuse"), f"{data}:0"))
            await desk.delivery.say(Place(owner.id), Message(t(key, **fields), (buttons,)))


# ---- pairing
async def pairing_line(desk: Desk) -> str | None:
    """What to print at start so that the first owner can pair: a code and a link; None where there is an owner."""
    if await desk.db(desk.memory.owners):
        desk.recent.pairing = None
        return None
    code = desk.recent.pairing = desk.recent.pairing or "".join(secrets.choice(_ALPHABET) for _ in range(8))
    t = desk.t(texts(desk.settings.language).language)
    return t("access_pairing", code=code, link=create_deep_linked_url(desk.bot.username, code))


async def _pairs(desk: Desk, user: User, code: str) -> bool:
    """Make somebody the owner by the printed code; whether the text was answered here."""
    right = hmac.compare_digest(code, desk.recent.pairing or "")
    if desk.recent.count(("tried", user.id), HOUR) >= TRIES:  # whatever the code is: a guess must not pay
        await tell(desk, user, "access_too_many_tries")
        return True
    desk.recent.record(("tried", user.id), HOUR)
    if not right:
        if user.status not in ADMITTED:  # for who is, it may be a question of eight letters
            await tell(desk, user, "access_wrong_code")
        return user.status not in ADMITTED
    kept, desk.recent.pairing = desk.recent.pairing, None  # before anything is awaited: it serves once
    try:
        await desk.db(desk.memory.set_status, user.id, "owner")
    except BaseException:
        desk.recent.pairing = kept
        raise
    await tell(desk, user, "access_paired")
    await menu(desk, await desk.db(desk.memory.user, user.id))
    return True


# ---- decisions
async def decide(desk: Desk, target: User, status: str) -> None:
    """Let a person in ("allowed") or not ("refused"), and tell them."""
    await desk.db(desk.memory.set_status, target.id, status)
    await tell(desk, target, "access_welcome" if status == "allowed" else "access_declined")


async def _let_in_by_code(desk: Desk, owner: User, code: str) -> bool:
    """An owner sent a code: let its user in. Whether it was one."""
    target = await desk.db(desk.memory.user_of_code, code)
    if target is None or target.status != "pending":
        return False
    await decide(desk, target, "allowed")
    t = texts_for(desk, owner)
    html = t("access_accepted", name=named(target), by=named(owner))
    await desk.delivery.say(Place(owner.id), Message(html))
    return True


async def on_access_button(update: Update, context: Context) -> None:
    """An owner pressed Accept or Refuse for a person ("a:") or a group ("g:"). What is decided already stays."""
    request = await request_of(update, context)
    found = _BUTTON.fullmatch(request.data) if request else None
    if request is None or found is None:
        return
    if request.user.status != "owner":
        await request.pressed(request.t("access_owners_only"), alert=True)
        return
    await request.pressed()
    decision = _decided_person if found[1] == "a" else _decided_group
    key, fields = await decision(request.desk, int(found[2]), found[3] == "1", request.user)
    await request.edit(request.t(key, by=named(request.user), **fields))


async def _decided_person(desk: Desk, user: int, accepted: bool, owner: User) -> tuple[str, dict[str, str]]:  # noqa: ARG001 - as of a group
    target = await desk.db(desk.memory.user, user)
    if target is None:
        return "access_gone", {}
    if target.status != "pending":
        return f"access_already_{target.status}", {"name": named(target)}
    await decide(desk, target, "allowed" if accepted else "refused")
    return "access_accepted" if accepted else "access_refused", {"name": named(target)}


async def _decided_group(desk: Desk, chat: int, accepted: bool, owner: User) -> tuple[str, dict[str, str]]:
    title = await _title(desk, chat)
    fields = safe({"title": title})
    if await desk.db(desk.memory.chat_allowed, chat):
        return "access_group_already_allowed", fields
    if not accepted:
        if desk.recent.first(("group refused", chat), _EVER):
            await desk.db(desk.memory.refuse_chat, chat)
            await desk.delivery.say(
                Place(chat, private=False), Message(texts_for(desk, owner)("access_group_declined"))
            )
        return "access_group_refused", fields
    await desk.db(desk.memory.allow_chat, chat, title, owner.id)
    await desk.delivery.say(Place(chat, private=False), Message(texts_for(desk, owner)("access_group_welcome")))
    return "access_group_accepted", fields


async def _title(desk: Desk, chat: int) -> str:
    try:
        return (await desk.bot.get_chat(chat)).title or str(chat)
    except TelegramError:  # the decision counts, not its title
        return str(chat)


async def on_disallow(update: Update, context: Context) -> None:
    """/interdire, /disallow in a group: an owner closes it to the bot."""
    request = await request_of(update, context)
    if request is None:
        return
    if request.user.status != "owner":
        await request.answer(request.t("owner_unknown_command"))
    elif request.place.private:
        await request.answer(request.t("access_disallow_where"))
    else:
        await request.desk.db(request.desk.memory.refuse_chat, request.place.chat_id)
        await request.answer(request.t("access_group_closed_by_owner"))


# ---- quotas
async def within_quota(desk: Desk, user: User, day: date) -> Allowance:
    """Whether somebody may ask once more on `day` (UTC), and whether a model may still write the answer."""
    spent, spent_all = await desk.db(lambda: (desk.memory.spent(user.id, day), desk.memory.spent_all(day)))
    return allowance(desk, user, day, spent, spent_all)


def allowance(desk: Desk, user: User, day: date, spent: Spent, spent_all: Spent) -> Allowance:
    """The same, by what was spent that day: by this person, and by everyone."""
    settings = desk.settings
    limited = user.status != "owner"
    if limited and 0 < settings.daily_questions <= spent.questions:
        return Allowance(False, text=_until(desk, user, day, "access_quota", n=settings.daily_questions))
    own = limited and (0 < settings.daily_tokens <= spent.tokens or 0 < settings.daily_cost_usd <= spent.cost_usd)
    if own or 0 < settings.daily_budget_usd <= spent_all.cost_usd:
        return Allowance(True, extractive=True, text=_until(desk, user, day, "access_budget"))
    return Allowance(True)


def _until(desk: Desk, user: User, day: date, key: str, **fields: object) -> str:
    """A text that tells in how many hours and minutes the next day begins."""
    left = datetime.combine(day + timedelta(days=1), time(), UTC) - datetime.now(UTC)
    minutes = max(1, round(left.total_seconds() / 60))
    return texts_for(desk, user)(key, hours=minutes // 60, minutes=f"{minutes % 60:02}", **fields)
