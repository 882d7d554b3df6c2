"""/articles: what is stored, newest first or by words; each opens, and owners can take out what people added."""

from __future__ import annotations

import asyncio
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from telegram import Update

from bot.rendering.telegram import Button
from bot.rendering.telegram_html import line, plain
from bot.rendering.telegram_links import link
from bot.telegram import inbox
from bot.telegram.documents import described, title_of
from bot.telegram.request import Context, Request, Rows, request_of
from retrieval.errors import StoreEmpty, StoreLocked

if TYPE_CHECKING:
    from retrieval.types import Article

PAGE = 8
FOUND = 48  # passages looked through for a list of articles
LABEL = 60  # characters of a button
_LIST, _ARTICLE = "articles:", "article:"  # what begins the payloads of our keys


async def on_articles(update: Update, context: Context) -> None:
    """/articles, or /articles and words to look for."""
    request = await request_of(update, context)
    if request is not None:
        shown = await _page(request, " ".join(request.words)[:500], 0)
        await request.answer(*shown)


async def on_page(update: Update, context: Context) -> None:
    """◀ or ▶ ("pg:<key>:<page>")."""
    request = await request_of(update, context)
    found = re.fullmatch(r"pg:([^:]+):(\d{1,6})", request.data) if request else None
    if request is None or found is None:
        return
    kept = await request.desk.db(request.desk.memory.kept, found[1])
    if kept is None or not kept.startswith(_LIST):
        await request.pressed(request.t("articles_stale"))
        return
    await request.pressed()
    await request.edit(*await _page(request, kept.removeprefix(_LIST), int(found[2])))


async def on_article(update: Update, context: Context) -> None:
    """An article of the list ("art:<key>")."""
    request = await request_of(update, context)
    if request is not None and (article := await _article(request)) is not None:
        await request.pressed()
        await request.answer(*await _opened(request, article))


async def on_remove(update: Update, context: Context) -> None:
    """ "Remove" under an article ("r:<key>"): asks again."""
    request = await request_of(update, context)
    if request is None or not await _is_owner(request) or (article := await _article(request)) is None:
        return
    await request.pressed()
    origin = await request.desk.answers.origin(article.id)
    if await asyncio.to_thread(_file, request, article, origin) is None:
        where = "articles_elsewhere_page" if "://" in (origin or "") else "articles_elsewhere"
        await request.answer(request.t(where, origin=escape(origin or article.id, quote=False)))
        return
    key = request.data.split(":")[1]
    yes, no = Button(request.t("articles_remove_yes"), f"rm:{key}:1"), Button(request.t("document_no"), f"rm:{key}:0")
    await request.edit(request.t("articles_remove_sure", title=_title(request, article)), ((yes, no),))


async def on_removal(update: Update, context: Context) -> None:
    """Yes or no to that ("rm:<key>:1|0")."""
    request = await request_of(update, context)
    if request is None or not await _is_owner(request) or (article := await _article(request)) is None:
        return
    await request.pressed()
    if not request.data.endswith(":1"):
        await request.edit(*await _opened(request, article))
        return
    desk, t, title = request.desk, request.t, _title(request, article)
    path = await asyncio.to_thread(_file, request, article, await desk.answers.origin(article.id))
    parked = path.with_name(f".{path.name}") if path else None  # hidden files are no documents
    if path is not None and parked is not None:
        path.replace(parked)
    try:
        await desk.answers.remove([article.id])
    except BaseException as error:
        if path is not None and parked is not None:
            parked.replace(path)
        if not isinstance(error, StoreLocked):
            raise
        await request.edit(*await _opened(request, article, t("articles_busy")))
        return
    if parked is not None:
        parked.unlink()
    await request.edit(t("articles_removed", title=title))


async def _page(request: Request, words: str, page: int) -> tuple[str, Rows]:
    """One page of a list, as HTML and buttons."""
    desk, t = request.desk, request.t
    try:
        if words:
            hits = await desk.answers.search(words, FOUND)
            found = list({h.article.id: h.article for h in hits}.values())
            total, shown = len(found), found[page * PAGE : (page + 1) * PAGE]
        else:
            total, shown = await desk.answers.count(), await desk.answers.articles(page * PAGE, PAGE)
    except StoreEmpty:
        return t("articles_none"), ()
    if not total:
        return (t("articles_nothing", words=plain(words)) if words else t("articles_none")), ()
    payloads = [f"{_LIST}{words}", *(f"{_ARTICLE}{a.id}" for a in shown)]
    keys = await desk.db(lambda: [desk.memory.keep(payload) for payload in payloads])
    rows = [(Button(_label(request, a), f"art:{key}"),) for a, key in zip(shown, keys[1:], strict=True)]
    turn = []
    if page > 0:
        turn.append(Button("◀", f"pg:{keys[0]}:{page - 1}"))
    if (page + 1) * PAGE < total:
        turn.append(Button("▶", f"pg:{keys[0]}:{page + 1}"))
    head = t("articles_found", n=total, words=plain(words)) if words else t("articles_list", n=total)
    pages = -(-total // PAGE)
    if pages > 1:
        head += f"\n{t('articles_page', page=page + 1, pages=pages)}"
    return head, (*rows, *((tuple(turn),) if turn else ()))


async def _opened(request: Request, article: Article, notice: str = "") -> tuple[str, Rows]:
    """One article, as HTML and buttons."""
    t, html = request.t, described(article, request.t)
    url = link(article.url)
    if url:
        html += f'\n<a href="{escape(url)}">{t("articles_link")}</a>'
    if notice:
        html += f"\n\n{notice}"
    if request.user.status != "owner":
        return html, ()
    key = await request.desk.db(request.desk.memory.keep, f"{_ARTICLE}{article.id}")
    return html, ((Button(t("articles_remove"), f"r:{key}"),),)


async def _article(request: Request) -> Article | None:
    """The article that a button is about; who pressed is told where it is gone."""
    desk = request.desk
    kept = await desk.db(desk.memory.kept, request.data.split(":")[1])
    article = None
    if kept is not None and kept.startswith(_ARTICLE):
        try:
            article = await desk.answers.article(kept.removeprefix(_ARTICLE))
        except StoreEmpty:
            article = None
    if article is None:
        await request.pressed(request.t("articles_gone"), alert=True)
    return article


async def _is_owner(request: Request) -> bool:
    if request.user.status == "owner":
        return True
    await request.pressed(request.t("articles_owners"), alert=True)
    return False


def _file(request: Request, article: Article, origin: str | None) -> Path | None:
    """The kept document that an article came from; None where it came from elsewhere."""
    settings = request.desk.settings
    if origin != str(inbox.kept_in(settings)):
        return None
    return inbox.file_of(settings, article.id)


def _title(request: Request, article: Article) -> str:
    return plain(title_of(article, request.t))


def _label(request: Request, article: Article) -> str:
    title = title_of(article, request.t)
    date = request.t.date(article.published) if article.published else ""
    return f"{line(title, LABEL - len(date) - 3)} · {date}" if date else line(title, LABEL)
