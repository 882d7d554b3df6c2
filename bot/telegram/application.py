"""The bot as a process: built, wired, run until a signal, and stopped without losing what is under way."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from telegram.error import InvalidToken, TelegramError
from telegram.ext import Application, ApplicationBuilder

from bot.memory import Memory
from bot.telegram import wiring
from bot.telegram.access import pairing_line
from bot.telegram.answers import Answers
from bot.telegram.conversation import Conversation
from bot.telegram.delivery import Delivery, Waits
from bot.telegram.desk import Desk
from bot.telegram.http import Requests
from bot.telegram.lanes import Lanes
from bot.telegram.languages import publish
from bot.telegram.pacing import Pacing
from bot.telegram.polling import ALLOWED, Poller, resume, wrong_token
from bot.telegram.webhook import HttpSide
from retrieval.errors import SettingsError, SourcierError, StoreEmpty
from retrieval.settings import Settings

STALE = 120.0  # seconds without an answer from Telegram after which a poller is not ready
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Serving:
    """How the bot is reached and what it does by itself."""

    webhook: str | None = None  # the public URL; None: polling
    listen: tuple[str, int] | None = None  # for the webhook, /healthz, /readyz and /metrics
    sync_every: float = 0.0  # seconds; 0: never by itself


class TelegramBot:
    """One bot over one store. `run` returns when it was told to stop."""

    def __init__(
        self,
        settings: Settings,
        serving: Serving | None = None,
        say: Callable[[str], None] = print,
        *,
        pacing: Pacing | None = None,
        waits: Waits | None = None,
    ) -> None:
        if not settings.telegram_bot_token:
            raise SettingsError(
                "no Telegram bot token is set", remedy="get one from @BotFather and set TELEGRAM_BOT_TOKEN"
            )
        self.settings, self.serving, self._say = settings, serving or Serving(), say
        self._pacing, self._waits = pacing, waits
        self._stop = asyncio.Event()
        self.port: int | None = None  # that the HTTP side listens on
        self._poller: Poller | None = None
        self._requests = Requests(), Requests()  # all but getUpdates, which waits long; and that one

    def stop(self) -> None:
        """Ask it to stop: no new updates; what is under way gets `stop_seconds`."""
        self._stop.set()

    async def run(self) -> None:
        """Serve until `stop` or SIGTERM. Raises SettingsError (token), AnotherPoller, StoreMismatch."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError, RuntimeError):  # not in the main thread: tests
                loop.add_signal_handler(name, self.stop)
        logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines hold the addresses of models
        logging.getLogger("telegram.request.BaseRequest").setLevel(logging.CRITICAL)  # a traceback for each proxy error
        memory = await asyncio.to_thread(Memory.open, self.settings)
        answers = Answers(self.settings)
        application, desk, lanes = self._built(memory, answers)
        try:
            await self._serve(application, desk, lanes)
        finally:
            for requests in self._requests:  # of a start that failed; else they are closed
                await requests.shutdown()
            answers.close()
            memory.close()

    def _built(self, memory: Memory, answers: Answers) -> tuple[Application[Any, Any, Any, Any, Any, Any], Desk, Lanes]:
        async def finished(update: int) -> None:
            await asyncio.to_thread(memory.done, update)

        lanes = Lanes(lambda update: conversation.arrived(update), finished)
        application = _builder(self.settings, self._requests).concurrent_updates(lanes).build()

        delivery = Delivery(application.bot, memory, asyncio.to_thread, pacing=self._pacing, waits=self._waits)
        desk = Desk(self.settings, memory, delivery, application.bot, answers)
        conversation = Conversation(desk, lanes.waiting)
        application.bot_data.update(desk=desk, conversation=conversation)
        wiring.wire(application)
        return application, desk, lanes

    async def _serve(self, application: Application[Any, Any, Any, Any, Any, Any], desk: Desk, lanes: Lanes) -> None:
        await self._connect(application)
        desk.metrics.busy.set_function(lambda: lanes.busy)
        http: HttpSide | None = None
        tasks: list[asyncio.Task[Any]] = []
        try:
            await self._greet(desk)  # raises what would fail every question, before one is begun
            left = await resume(desk, application.update_queue)  # before a new one is stored
            if left:
                _log.info("%d updates of an earlier run are taken up again", left)
            http = await self._http(desk, application)
            await application.start()
            if self.serving.webhook is None:
                self._poller = Poller(desk, application.update_queue)
                tasks.append(asyncio.create_task(self._poller.run(self._stop)))
            tasks.append(asyncio.create_task(wiring.housekeeping(desk, self.serving.sync_every)))
            desk.recent.in_background(desk.answers.prepare())
            desk.recent.in_background(publish(desk))  # menus can wait, answers cannot
            stopping = asyncio.create_task(self._stop.wait())
            await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            for task in tasks:
                if task.done():
                    task.result()  # raises what ended it
        finally:
            self._stop.set()
            tasks.extend(desk.recent.background)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if http is not None:
                await http.stop()
            late = await lanes.drain(self.settings.stop_seconds)
            if late:
                _log.warning("%d updates were put off until the next start", late)
            if application.running:
                await application.stop()
            await application.shutdown()

    async def _connect(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Reach Telegram, however long it takes; a wrong token is an error at once."""
        pause = 1.0
        while True:
            try:
                await application.initialize()
                return
            except InvalidToken:
                raise wrong_token() from None
            except TelegramError as error:
                self._say(f"Telegram cannot be reached ({error.message}); next try in {pause:.0f} s")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._stop.wait()
                if self._stop.is_set():
                    raise SourcierError("stopped before Telegram could be reached") from None
                pause = min(pause * 2, 60.0)

    async def _http(self, desk: Desk, application: Application[Any, Any, Any, Any, Any, Any]) -> HttpSide | None:
        serving = self.serving
        if serving.webhook is None and serving.listen is None:
            return None
        host, port = serving.listen or ("127.0.0.1", 8443)
        secret, path = str(self.settings.telegram_webhook_secret) or secrets.token_urlsafe(32), None
        if serving.webhook is not None:
            path = urlsplit(serving.webhook).path or "/"
        http = HttpSide(desk, application.update_queue, self._why_not_ready, path=path, secret=secret)
        try:
            self.port = await http.start(host, port)
        except OSError as error:
            raise SettingsError(
                f"{host}:{port} cannot be listened on: {error}", remedy="choose another --listen"
            ) from None
        if serving.webhook is not None:
            await desk.bot.set_webhook(serving.webhook, secret_token=secret, allowed_updates=ALLOWED)
        return http

    def _why_not_ready(self) -> str | None:
        if self._stop.is_set():
            return "stopping"
        if self._poller is not None:
            heard = self._poller.heard
            if heard is None or asyncio.get_running_loop().time() - heard > STALE:
                return "Telegram does not answer"
        return None

    async def _greet(self, desk: Desk) -> None:
        self._say(f"@{desk.bot.username} · https://t.me/{desk.bot.username}")
        try:
            await desk.answers.ready()
            status = await desk.answers.status()
            self._say(f"{status.articles} articles, {status.passages} passages")
        except StoreEmpty as error:
            self._say(f"{error}: {error.remedy}")
        line = await pairing_line(desk)
        if line:
            self._say(line)


def _builder(
    settings: Settings, requests: tuple[Requests, Requests]
) -> ApplicationBuilder[Any, Any, Any, Any, Any, Any]:
    builder = (
        ApplicationBuilder()
        .token(str(settings.telegram_bot_token))
        .updater(None)  # our own poller stores updates before it confirms them
        .request(requests[0])
        .get_updates_request(requests[1])
    )
    if settings.telegram_api_url:
        url = settings.telegram_api_url.rstrip("/")
        builder = builder.base_url(f"{url}/bot").base_file_url(f"{url}/file/bot")
    return builder
