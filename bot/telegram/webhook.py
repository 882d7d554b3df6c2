"""The bot's HTTP side: Telegram's webhook, and what a supervisor asks (/healthz, /readyz, /metrics)."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Callable
from typing import Any

from aiohttp import web
from telegram import Update

from bot.telegram.desk import Desk
from bot.telegram.polling import accept

_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_LARGEST = 1 << 20  # bytes of one update; Telegram's are some kB
_log = logging.getLogger(__name__)


class HttpSide:
    """An HTTP server in the bot's process. Without `path` and `secret` it takes no updates."""

    def __init__(
        self,
        desk: Desk,
        queue: asyncio.Queue[Any],
        ready: Callable[[], str | None],
        *,
        path: str | None = None,
        secret: str = "",
    ) -> None:
        self._desk, self._queue, self._ready, self._secret = desk, queue, ready, secret
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics)
        if path is not None:
            app.router.add_post(path, self._update)
        self._runner = web.AppRunner(app, access_log=None)

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port (useful when 0 was asked for). Raises OSError when it is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound: int = self._runner.addresses[0][1]
        return bound

    async def stop(self) -> None:
        """Finish requests under way and close."""
        await self._runner.cleanup()

    async def _update(self, request: web.Request) -> web.Response:
        if not hmac.compare_digest(request.headers.get(_HEADER, "").encode(), self._secret.encode()):
            return web.Response(status=403)
        try:
            update = Update.de_json(json.loads(await request.text()), self._desk.bot)
        except (ValueError, TypeError, LookupError, AttributeError):  # what de_json makes of things that are no update
            return web.Response(status=400)
        if type(update.update_id) is not int:
            return web.Response(status=400)
        # stored before Telegram is told 200: what a crash interrupts is answered after the restart
        await accept(self._desk, self._queue, [update])
        return web.Response()

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        why_not = self._ready()
        return web.Response(text=f"{why_not or 'ready'}\n", status=503 if why_not else 200)

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=self._desk.metrics.text(), content_type="text/plain", charset="utf-8")
