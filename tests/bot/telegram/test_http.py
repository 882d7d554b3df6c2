"""How the bot calls Telegram: what is certain after a failure, and that no call lasts for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from emulator import telegram
from telegram.error import NetworkError, TimedOut
from telegram.request import RequestData

from bot.telegram.calls import surely_unsent
from bot.telegram.http import Requests

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[str]:
    """A server on loopback; its URL."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handler)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/x"
    finally:
        await runner.cleanup()


async def failure(requests: Requests, url: str) -> NetworkError:
    """The failure of one call."""
    with pytest.raises(NetworkError) as caught:
        await requests.do_request(url, "POST", RequestData())
    return caught.value


def test_no_connection_is_surely_unsent() -> None:
    """Nobody listens: the request has not left, and may be made again."""

    async def scenario() -> None:
        async with served(lambda _: asyncio.sleep(0)) as url:  # type: ignore[arg-type,return-value]  # only for its port
            pass
        async with Requests() as requests:
            assert surely_unsent(await failure(requests, url))

    asyncio.run(scenario())


def test_a_connection_that_breaks_leaves_it_open() -> None:
    """The request was read, and the connection closed without an answer: nobody knows."""

    async def drop(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async def scenario() -> None:
        async with served(drop) as url, Requests() as requests:
            error = await failure(requests, url)
            assert not isinstance(error, TimedOut)
            assert not surely_unsent(error)
            assert url not in str(error)

    asyncio.run(scenario())


def test_silence_and_a_trickle_end() -> None:
    """No answer, or one that never ends: both are over in time, and leave open whether it was done."""

    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b" ")
            await asyncio.sleep(0.1)
        return response

    async def scenario() -> None:
        for handler in (silent, trickle):
            async with served(handler) as url, Requests(connect=0.1, read=0.3, write=0.1, pool=0.1) as requests:
                began = time.monotonic()
                error = await failure(requests, url)
                assert isinstance(error, TimedOut)
                assert not surely_unsent(error)
                assert time.monotonic() - began < 8  # they would take 30 and 10

    asyncio.run(scenario())


def test_no_free_connection_is_surely_unsent() -> None:
    """All connections wait for Telegram: a further request gives up, without having been sent."""

    async def slow(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(1.5)
        return web.Response(text="{}")

    async def scenario() -> None:
        async with served(slow) as url, Requests(connect=0.2, pool=0.1, connections=1) as requests:
            first = asyncio.create_task(requests.do_request(url, "POST", RequestData()))
            await asyncio.sleep(0.1)
            assert surely_unsent(await failure(requests, url))
            assert (await first)[0] == 200

    asyncio.run(scenario())


def test_a_file_is_sent_as_it_is() -> None:
    """With its name and its words."""

    async def scenario() -> None:
        async with telegram() as tg:
            tg.emulator.say(7, "hi")
            sent = await tg.bot.send_document(7, b"\x00\xff\r\n" * 50_000, caption="été « 1 < 2 »", filename="é.bin")
            assert sent.document is not None
            assert (sent.document.file_name, sent.document.file_size) == ("é.bin", 200_000)
            assert sent.caption == "été « 1 < 2 »"

    asyncio.run(scenario())


def test_the_proxy_of_the_system_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """As HTTP_PROXY and NO_PROXY name it."""
    asked: list[str] = []

    async def proxy(request: web.Request) -> web.Response:
        asked.append(request.raw_path)
        return web.Response()

    async def scenario() -> None:
        async with served(proxy) as url, Requests() as requests:
            monkeypatch.setenv("http_proxy", url)
            monkeypatch.setenv("no_proxy", "127.0.0.1")
            for target in ("http://telegram.invalid/bot", url):
                assert (await requests.do_request(target, "POST", RequestData()))[0] == 200

    asyncio.run(scenario())
    assert asked == ["http://telegram.invalid/bot", "/x"]
