"""What owners do besides people (see `people`): statistics, syncing, exporting; and everybody's /oublier."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from telegram import Update

from bot.rendering.telegram import Button, Message
from bot.rendering.telegram_html import escape, plain
from bot.telegram.alerts import alert
from bot.telegram.request import Context, Request, by_owner, request_of
from retrieval.errors import StoreEmpty, StoreLocked
from retrieval.evaluation.candidates import candidates
from retrieval.types import Progress, SyncReport

if TYPE_CHECKING:
    from bot.memory import Stats
    from bot.texts import Texts

EVERY = 3.0  # seconds between two edits of the progress
_SHOWN = 10  # failures that the report of a sync names
_FORGET_BUTTON = re.compile(r"forget:(\d+):([01])")


# ---- statistics
async def on_stats(update: Update, context: Context) -> None:
    """/stats: today, 7 and 30 days."""
    request = await by_owner(update, context)
    if request is None:
        return
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    parts = []
    for key, days in (("owner_today", 0), ("owner_week", 6), ("owner_month", 29)):
        found = await request.desk.db(request.desk.memory.stats, midnight - timedelta(days=days))
        parts.append(f"<b>{request.t(key)}</b>\n{_stats(request.t, found)}")
    await request.answer("\n\n".join(parts))


def _stats(t: Texts, s: Stats) -> str:
    return t(
        "owner_stats",
        questions=_number(t, s.questions),
        users=_number(t, s.users),
        abstained=_number(t, 100 * s.abstained / s.questions if s.questions else None),
        liked=_number(t, s.liked),
        disliked=_number(t, s.disliked),
        p50=_number(t, s.p50_seconds, 1),
        p95=_number(t, s.p95_seconds, 1),
        tokens=_number(t, s.tokens),
        cost=_number(t, s.cost_usd, 4 if 0 < s.cost_usd < 0.01 else 2),
    )


def _number(t: Texts, value: float | None, digits: int = 0) -> str:
    """A number as the language writes it; a dash for one that is not known."""
    if value is None:
        return "–"
    text = f"{value:,.{digits}f}"
    return text.translate({ord(","): "\u202f", ord("."): ","}) if t.language in ("fr", "ru") else text


# ---- syncing
async def on_sync(update: Update, context: Context) -> None:
    """/sync: bring the articles up to date in the background, with a message that tells how far it is."""
    request = await by_owner(update, context)
    if request is None:
        return
    request.desk.recent.in_background(_sync(request))


async def _sync(request: Request) -> None:
    desk, t = request.desk, request.t
    last: Progress | None = None
    shown = t("owner_sync_started")
    message = await request.answer(shown)

    def on_progress(step: Progress) -> None:  # in the thread that syncs
        nonlocal last
        last = step

    work = asyncio.create_task(desk.answers.sync((), on_progress))
    try:
        while not (await asyncio.wait({work}, timeout=EVERY))[0]:
            html = _progress(t, last) if last else shown
            if message is not None and html != shown:
                await desk.delivery.edit(request.place, message, Message(html))
                shown = html
        html = _report(t, work.result())
    except (StoreLocked, StoreEmpty) as error:
        html = t("owner_sync_locked" if isinstance(error, StoreLocked) else "owner_sync_empty")
    except Exception as error:
        html = t("owner_sync_failed", reference=await alert(desk, error, "sync"))
    finally:
        work.cancel()
    if message is None or not await desk.delivery.edit(request.place, message, Message(html)):
        await request.answer(html)


def _progress(t: Texts, step: Progress) -> str:
    if step.total:
        return t("owner_sync_progress", done=min(step.done, step.total), total=step.total)
    return t("owner_sync_progress_open", done=step.done)


def _report(t: Texts, report: SyncReport) -> str:
    html = t(
        "owner_sync_done",
        added=report.added,
        changed=report.changed,
        removed=report.removed,
        unchanged=report.unchanged,
        passages=report.passages,
        seconds=_number(t, report.seconds, 1),
    )
    if not report.failed:
        return html
    lines = [f"• <code>{escape(f.path[-120:])}</code> : {plain(f.reason[:200])}" for f in report.failed]
    more = [t("owner_sync_more", n=len(lines) - _SHOWN)] if len(lines) > _SHOWN else []
    return "\n".join([html, "", t("owner_sync_failures", n=len(lines)), *lines[:_SHOWN], *more])


# ---- exporting
async def on_export(update: Update, context: Context) -> None:
    """/export: questions whose answer was disliked or missing, as candidate lines of a gold set."""
    request = await by_owner(update, context)
    if request is None:
        return
    memory = request.desk.memory
    disliked, abstained = await request.desk.db(memory.disliked), await request.desk.db(memory.abstained)
    lines = candidates(disliked, abstained)
    if not lines:
        await request.answer(request.t("owner_export_empty"))
        return
    content = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode()
    name = f"questions-{date.today().isoformat()}.jsonl"
    await request.desk.delivery.document(request.place, name, content, request.t("owner_export", n=len(lines)))


# ---- privacy
async def on_forget(update: Update, context: Context) -> None:
    """/oublier, /forget: asks before it erases what is kept of who asks."""
    request = await request_of(update, context)
    if request is None:
        return
    t, user = request.t, request.user.id
    yes, no = Button(t("owner_forget_yes"), f"forget:{user}:1"), Button(t("owner_forget_no"), f"forget:{user}:0")
    await request.answer(t("owner_forget_ask"), ((yes, no),))


async def on_forget_button(update: Update, context: Context) -> None:
    """Erase, or not ("forget:<user>:1|0"); only who asked may decide."""
    request = await request_of(update, context)
    found = _FORGET_BUTTON.fullmatch(request.data) if request else None
    if request is None or found is None:
        return
    if int(found[1]) != request.user.id:
        await request.pressed(request.t("owner_forget_not_yours"), alert=True)
        return
    await request.pressed()
    if found[2] == "0":
        await request.edit(request.t("owner_forget_kept"))
        return
    turns = await request.desk.db(request.desk.memory.forget, request.user.id)
    await request.edit(request.t("owner_forget_done", n=turns))
