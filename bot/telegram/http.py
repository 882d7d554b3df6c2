"""Requests to the Bot API over aiohttp.

python-telegram-bot's own request class uses httpx, whose pool looks at every connection for every request: with two
hundred chats at once that took nine tenths of the bot's time.
"""

from __future__ import annotations

import ssl
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import certifi
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECTIONS = 256  # that may be open at once
KEPT = 30.0  # seconds that an idle connection is kept
# Failures before a byte of the request has left.
UNSENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)


class Requests(BaseRequest):
    """How the bot calls Telegram. `connect`, `read`, `write` and `pool` are the seconds that each step may take."""

    def __init__(
        self,
        *,
        connect: float = 10.0,
        read: float = 20.0,
        write: float = 20.0,
        pool: float = 30.0,
        connections: int = CONNECTIONS,
    ) -> None:
        self._connect, self._read, self._write, self._pool = connect, read, write, pool
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """The seconds that Telegram may be silent for, where a call does not tell."""
        return self._read

    async def initialize(self) -> None:
        """Open the pool of connections."""
        if self._session is None:
            trusted = ssl.create_default_context()
            trusted.load_verify_locations(certifi.where())  # some systems' own list is empty
            connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=KEPT, ssl=trusted)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close every connection."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body of a response. Raises TimedOut, NetworkError, whose cause is aiohttp's error."""
        if self._session is None:
            raise RuntimeError("requests are made between initialize() and shutdown()")
        connect, read = _given(connect_timeout, self._connect), _given(read_timeout, self._read)
        write, pool = _given(write_timeout, self._write), _given(pool_timeout, self._pool)
        timeout = aiohttp.ClientTimeout(
            total=connect + read + write + pool,  # a trickle ends too
            connect=pool + connect,  # to have a connection, old or new
            sock_connect=connect,
            sock_read=read,
        )
        try:
            async with self._session.request(
                method,
                url,
                data=_form(request_data),
                timeout=timeout,
                allow_redirects=False,
                proxy=_proxy_of(*urlsplit(url)[:2]),
            ) as response:
                return response.status, await response.read()
        except TimeoutError as error:  # aiohttp's are TimeoutErrors too
            raise TimedOut from error
        except (aiohttp.ClientError, OSError) as error:
            told = f": {error}" if isinstance(error, aiohttp.ClientConnectorError) else ""  # others may quote the URL
            raise NetworkError(f"{type(error).__name__}{told}") from error


def _given(value: object, default: float) -> float:
    """The seconds given with a call; no call is without a limit."""
    return value if isinstance(value, int | float) else default


@lru_cache(maxsize=16)
def _proxy_of(scheme: str, host: str) -> str | None:
    """The proxy that the system names for a host, such as HTTPS_PROXY.

    aiohttp's `trust_env` looks for it, and for ~/.netrc, anew for each request, in two threads.
    """
    return None if proxy_bypass(host) else getproxies().get(scheme)


def _form(request: RequestData | None) -> Any:
    if request is None or not request.parameters:
        return None
    files = request.multipart_data or {}
    if not files:
        return request.json_parameters
    form = aiohttp.FormData(quote_fields=False)  # Telegram reads names as they are
    for name, value in request.json_parameters.items():
        form.add_field(name, value)
    for name, (file, content, kind) in files.items():
        form.add_field(name, content, filename=file, content_type=kind)
    return form
