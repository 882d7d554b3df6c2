"""What owners are told without asking: failures by a short reference, and a model that leaves the bot to its quotes."""

from __future__ import annotations

import dataclasses
import logging
import re
import secrets
import traceback
from html import escape
from typing import TYPE_CHECKING

from bot.rendering.telegram import Message
from bot.telegram.delivery import Place
from bot.telegram.recent import DAY, HOUR
from bot.telegram.request import texts_for
from retrieval.errors import SourcierError
from retrieval.settings import Secret, Settings

if TYPE_CHECKING:
    from bot.telegram.desk import Desk

FAILURES, WITHIN = 3, 600.0  # so many of a kind within so many seconds alert the owners, once in as many
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_TOKEN = re.compile(r"\d{5,}(?::|%3A)[\w-]{20,}", re.IGNORECASE)  # of any bot
_PASSWORD = re.compile(r"(?<=://)[^/\s@]+@")
_AT_ONCE = ("auth", "missing", "quota")  # which no waiting mends: told at the first answer, once a day
_REPEATED = {  # told when they repeat, once an hour: the kind, and the text for it
    "connection": "connection", "timeout": "timeout", "rate_limit": "rate_limit",
    "api": "api", "malformed": "api", "context": "api", "empty": "api", "truncated": "api",
}  # fmt: skip
_log = logging.getLogger(__name__)


async def alert(desk: Desk, error: BaseException, where: str) -> str:
    """Log a failure under a short reference and return that; owners hear of it when it is the third in 10 minutes."""
    reference = "".join(secrets.choice(_LETTERS) for _ in range(6))
    _log.error("%s in %s\n%s", reference, where, _trace(desk, error))
    kind = (type(error).__name__, where)
    failures = desk.recent.record(("failed", kind), WITHIN)
    if failures >= FAILURES and desk.recent.first(("alerted", kind), WITHIN):
        remedy = scrub(error.remedy or "", desk.settings) if isinstance(error, SourcierError) else ""
        desk.recent.in_background(_tell_owners(desk, "owner_alert", remedy, n=failures, reference=reference))
    return reference


def fell_back(desk: Desk, notice: str | None) -> None:
    """An answer was made without the model, or without all of it (`Answer.notice`): owners hear why, and the remedy."""
    kind = (notice or "").removeprefix("model_")
    if kind in _AT_ONCE:
        if desk.recent.first(("fell back", kind), DAY):
            desk.recent.in_background(_tell_owners(desk, f"owner_alert_model_{kind}"))
    elif told := _REPEATED.get(kind):
        times = desk.recent.record(("falls back", told), WITHIN)
        if times >= FAILURES and desk.recent.first(("fell back", told), HOUR):
            desk.recent.in_background(_tell_owners(desk, f"owner_alert_model_{told}", n=times))


async def _tell_owners(desk: Desk, key: str, remedy: str = "", **fields: object) -> None:
    """Write to every owner, each in their language. Never raises: what fails may be what keeps them from hearing."""
    try:
        for owner in await desk.db(desk.memory.owners):
            if owner.unreachable:
                continue
            t = texts_for(desk, owner)
            lines = [
                t(key, **fields),
                *([t("owner_alert_remedy", remedy=escape(remedy, quote=False))] if remedy else []),
            ]
            await desk.delivery.say(Place(owner.id), Message("\n".join(lines)))
    except Exception as again:
        _log.error("owners could not be told (%s)\n%s", key, _trace(desk, again))


def _trace(desk: Desk, error: BaseException) -> str:
    return scrub("".join(traceback.format_exception(error)), desk.settings)


def scrub(text: str, settings: Settings) -> str:
    """Text without any secret of the settings, bot token or password in a URL."""
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, Secret) and value:
            text = text.replace(value, "***")
    return _PASSWORD.sub("***@", _TOKEN.sub("***", text))
