"""Files and links that people send: what was found in them is shown, and added to the articles after a yes."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from telegram import Document, Message, MessageEntity, Update
from telegram.constants import MessageEntityType
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError

from bot.rendering.telegram import Button
from bot.rendering.telegram_html import line, plain
from bot.telegram import inbox
from bot.telegram.alerts import alert
from bot.telegram.request import Context, Request, request_of
from retrieval.errors import ArticleError, SourcierError, StoreLocked
from retrieval.types import Article, Progress, SyncReport

if TYPE_CHECKING:
    from bot.telegram.desk import Desk
    from bot.texts import Texts

ADMITTED = ("owner", "allowed")
READ_SECONDS = 60.0  # for reading a file, or fetching and reading a page
DOWNLOAD_SECONDS = 120.0
PROGRESS_SECONDS = 3.0  # between two edits of the same message
TRIES = 4  # of a download; Telegram may be asked for the same file again
FIRST_WORDS, TITLE, UNTITLED = 300, 200, 60  # characters
LANGUAGES = ("fr", "en", "ru", "zh", "de", "es", "it", "pt")  # that have a name in our texts


class Refused(Exception):
    """A document that cannot be taken; the text is the last part of a `document_…` key."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What the buttons under a document stand for."""

    place: str  # in the inbox
    title: str

    def kept(self) -> str:
        return json.dumps({"document": self.place, "title": self.title}, ensure_ascii=False)

    @classmethod
    def of(cls, kept: str | None) -> Offer | None:
        found = json.loads(kept) if kept and kept.startswith('{"document"') else None
        return cls(found["document"], found["title"]) if found else None


def link_of(message: Message) -> str | None:
    """The URL that a text message consists of; None for a message that says more, or something else."""
    text = (message.text or "").strip()
    if not text or re.search(r"\s", text):
        return None
    if re.match(r"https?://[^/]", text, re.IGNORECASE):
        return text
    lead = len(message.text or "") - len((message.text or "").lstrip())
    whole = (lead, len(text.encode("utf-16-le", "surrogatepass")) // 2)
    is_url = any(_is_url(e) and (e.offset, e.length) == whole for e in message.entities)
    return f"https://{text}" if is_url and "://" not in text else None


async def on_document(update: Update, context: Context) -> None:
    """A file, in a private chat: what is in it, and whether to add it."""
    message = update.message
    if message is not None and message.document is not None:
        document = message.document
        await _offer(update, context, lambda desk: _received(desk, document))


async def on_link(update: Update, context: Context) -> None:
    """A message that is one URL, in a private chat: what is on that page, and whether to add it."""
    url = link_of(update.message) if update.message else None
    if url is not None:
        await _offer(update, context, lambda desk: asyncio.to_thread(inbox.fetch, url, desk.settings))


async def on_document_button(update: Update, context: Context) -> None:
    """Yes or no under a document ("doc:<key>:1|0")."""
    request = await request_of(update, context)
    found = re.fullmatch(r"doc:([^:]+):([01])", request.data) if request else None
    if request is None or found is None:
        return
    desk, t, key = request.desk, request.t, found[1]
    if request.user.status not in ADMITTED:
        await request.pressed(t("document_not_allowed"), alert=True)
        return
    offer = Offer.of(await desk.db(desk.memory.kept, key))
    if offer is None:
        await request.pressed(t("document_gone"), alert=True)
        return
    running: set[str] = context.application.bot_data.setdefault("documents_running", set())
    if key in running:
        await request.pressed(t("document_working"))
        return
    running.add(key)
    try:
        await request.pressed()
        if found[2] == "0":
            await asyncio.to_thread(inbox.drop, desk.settings, offer.place)
            await request.edit(t("document_declined", title=plain(offer.title)))
        else:
            await _add(request, offer, key)
    finally:
        running.discard(key)


async def _offer(update: Update, context: Context, obtain: Callable[[Desk], Awaitable[tuple[str, Article]]]) -> None:
    """Obtain a document (its place in the inbox and its article), say what was found, and ask."""
    request = await request_of(update, context)
    if request is None:
        return
    desk, t = request.desk, request.t
    if request.user.status not in ADMITTED:
        await request.answer(t("document_not_allowed"))
        return
    try:
        async with desk.delivery.typing(request.place), asyncio.timeout(DOWNLOAD_SECONDS + READ_SECONDS):
            place, article = await obtain(desk)
    except (ArticleError, Refused) as error:
        why = inbox.reason(error) if isinstance(error, ArticleError) else str(error)
        await request.answer(t(f"document_{why}"))
        return
    except TimeoutError:
        await request.answer(t("document_slow"))
        return
    title = title_of(article, t)
    same = await _same(desk, article)
    if same is not None:
        await asyncio.to_thread(inbox.drop, desk.settings, place)
        await request.answer(t("document_duplicate", title=plain(title_of(same, t))))
        return
    is_newer = place.startswith("link-") and await asyncio.to_thread(inbox.is_kept, desk.settings, place)
    key = await desk.db(desk.memory.keep, Offer(place, title).kept())
    ask = t("document_ask_newer" if is_newer else "document_ask")
    await request.answer(f"{described(article, t)}\n\n{ask}", _yes_no(key, t))


def title_of(article: Article, t: Texts) -> str:
    """The title of an article, else its first words."""
    return line(article.title, TITLE) or line(article.text, UNTITLED) or t("document_untitled")


def described(article: Article, t: Texts) -> str:
    """What is known of an article, as HTML: title, facts, first words."""
    title = plain(title_of(article, t))
    text = article.text.removeprefix(article.title or "")
    words = f"<blockquote>{plain(line(text, FIRST_WORDS))}</blockquote>"
    return f"📄 <b>{title}</b>\n{facts(article, t)}\n{words}"


def facts(article: Article, t: Texts) -> str:
    """Outlet, date, length and language of an article, on one line of HTML."""
    known = [plain(line(article.source, TITLE)), t.date(article.published)]
    gap = "\u202f" if t.language in ("fr", "ru") else ","
    known.append(t("document_words", n=f"{inbox.words(article.text):,}".replace(",", gap)))
    if article.language in LANGUAGES:
        known.append(t(f"document_in_{article.language}"))
    return " · ".join(filter(None, known))


def _yes_no(key: str, t: Texts) -> tuple[tuple[Button, ...], ...]:
    return ((Button(t("document_yes"), f"doc:{key}:1"), Button(t("document_no"), f"doc:{key}:0")),)


async def _received(desk: Desk, document: Document) -> tuple[str, Article]:
    name = inbox.file_name(document.file_name, document.mime_type)
    if name is None:
        raise Refused("format")
    if (document.file_size or 0) > inbox.MOST_BYTES:
        raise Refused("too_big")
    data = await _downloaded(desk, document.file_id)
    if not data:
        raise Refused("empty")
    place = await asyncio.to_thread(inbox.stage, desk.settings, f"file-{document.file_unique_id}", name, data)
    try:
        path = inbox.staged(desk.settings, place)
        article = await asyncio.wait_for(asyncio.to_thread(inbox.read, path, desk.settings), READ_SECONDS)
    except (ArticleError, TimeoutError):
        await asyncio.to_thread(inbox.drop, desk.settings, place)
        raise
    return place, article


async def _downloaded(desk: Desk, file_id: str) -> bytes:
    """The bytes of a file; asks again after a broken connection. Raises Refused."""
    for attempt in range(TRIES):
        try:
            async with asyncio.timeout(DOWNLOAD_SECONDS):
                file = await desk.bot.get_file(file_id)
                if (file.file_size or 0) > inbox.MOST_BYTES:
                    raise Refused("too_big")
                return bytes(await file.download_as_bytearray(read_timeout=DOWNLOAD_SECONDS / 2))
        except RetryAfter as error:
            wait = error.retry_after
            await asyncio.sleep(wait.total_seconds() if isinstance(wait, timedelta) else wait)
        except BadRequest as error:
            raise Refused("too_big" if "too big" in error.message.lower() else "not_received") from None
        except NetworkError:  # its words may hold the address of the file, and so the token
            await asyncio.sleep(0.5 * 2**attempt)
        except (TelegramError, RuntimeError):  # Telegram would not give it
            break
    raise Refused("not_received")


async def _same(desk: Desk, article: Article) -> Article | None:
    """A stored article with the very same text."""
    try:
        hits = await desk.answers.search(f"{article.title or ''} {article.text[:300]}", 5)
    except SourcierError:  # nothing is stored yet
        return None
    return next((h.article for h in hits if h.article.text == article.text), None)


async def _add(request: Request, offer: Offer, key: str) -> None:
    desk, t, title = request.desk, request.t, plain(offer.title)
    try:
        path, replaces = await asyncio.to_thread(inbox.keep, desk.settings, offer.place)
    except FileNotFoundError:
        await request.edit(t("document_gone"))
        return
    await request.edit(t("document_adding", title=title))
    try:
        report = await _synced(request, title)
    except SourcierError as error:
        await asyncio.to_thread(inbox.put_back, desk.settings, offer.place, path)
        if isinstance(error, StoreLocked):
            await request.edit(t("document_busy", title=title), _yes_no(key, t))
        else:
            reference = await alert(desk, error, "document")
            await request.edit(t("document_failed", title=title, reference=reference), _yes_no(key, t))
        return
    failed = next((f for f in report.failed if f.path == str(path)), None)
    if failed is not None:
        await asyncio.to_thread(path.unlink, True)
        why = t(f"document_{inbox.reason(ArticleError(failed.path, failed.reason))}")
        await request.edit(t("document_not_added", title=title, why=why))
        return
    done = t("document_changed" if replaces else "document_added", title=title)
    await request.edit(f"{done}\n{t('document_total', n=await desk.answers.count())}")


async def _synced(request: Request, title: str) -> SyncReport:
    """Sync the kept documents, and show how far it is. Raises what `Answers.sync` raises."""
    latest: list[Progress] = []  # written by the thread that syncs
    folder: Path = inbox.kept_in(request.desk.settings)

    def on_progress(progress: Progress) -> None:
        latest[:] = [progress]

    task: asyncio.Task[Any] = asyncio.ensure_future(request.desk.answers.sync([str(folder)], on_progress))
    shown: Progress | None = None
    try:
        while not (await asyncio.wait({task}, timeout=PROGRESS_SECONDS))[0]:
            now = latest[0] if latest else None
            if now is not None and now != shown:
                shown, total = now, now.total or now.done
                await request.edit(request.t("document_progress", title=title, done=now.done, total=total))
    finally:
        if not task.done():
            task.cancel()
    report: SyncReport = task.result()
    return report


def _is_url(entity: MessageEntity) -> bool:
    return entity.type == MessageEntityType.URL
