"""The HTTP side: Telegram's webhook, what a supervisor asks, and the command that starts it all."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from emulator import TOKEN
from prometheus_client.parser import text_string_to_metric_families
from running import QUESTIONS, READER, Scene, emulated, running, settings_of_samples
from running import sample_store as sample_store

from bot.cli import cli
from bot.telegram import application
from bot.telegram.application import Serving
from retrieval.settings import Secret, Settings

__all__ = ["settings_of_samples"]

SECRET = "a-secret_of_this_test"
HEADER = {"X-Telegram-Bot-Api-Secret-Token": SECRET}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@asynccontextmanager
async def hooked(server: Any, settings: Settings) -> AsyncIterator[tuple[Scene, httpx.AsyncClient]]:
    """A bot behind a webhook, and somebody who calls it."""
    port = free_port()
    serving = Serving(webhook=f"http://127.0.0.1:{port}/hook", listen=("127.0.0.1", port))
    settings = replace(settings, telegram_webhook_secret=Secret(SECRET))
    async with (
        running(server, settings, serving=serving) as scene,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        yield scene, client


def counts(text: str) -> dict[str, float]:
    """The samples of Prometheus' text format: the sum of each over its labels."""
    found = dict[str, float]()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if "le" not in sample.labels:
                found[sample.name] = found.get(sample.name, 0) + sample.value
    return found


def written(update: int, text: str, user: int = READER) -> dict[str, Any]:
    """An update as Telegram posts it."""
    person = {"id": user, "is_bot": False, "first_name": "User8", "language_code": "fr"}
    chat = {"id": user, "type": "private", "first_name": "User8"}
    return {
        "update_id": update,
        "message": {"message_id": update, "date": 1, "chat": chat, "from": person, "text": text},
    }


def test_updates_by_webhook(stocked: Settings) -> None:
    """Questions that Telegram posts are answered, and counted; the bot does not poll."""

    async def scenario() -> None:
        async with emulated() as server, hooked(server, stocked) as (scene, client):
            for text, found in QUESTIONS[:2]:
                assert found in await scene.ask(READER, text)
            assert scene.emulator.webhook["url"].endswith("/hook")
            assert not scene.emulator.queue
            assert [(await client.get(path)).text for path in ("/healthz", "/readyz")] == ["ok\n", "ready\n"]
            for _ in range(100):  # an answer is counted once it is seen
                reply = await client.get("/metrics")
                if counts(reply.text)["sourcier_updates_in_progress"] == 0:
                    break
                await asyncio.sleep(0.05)
            assert reply.headers["content-type"].startswith("text/plain")
            found_counts = counts(reply.text)
            assert found_counts["sourcier_updates_total"] == 2
            assert found_counts["sourcier_answers_total"] == 2
            assert found_counts["sourcier_answer_seconds_count"] == 2
            assert 0 < found_counts["sourcier_answer_seconds_sum"] < 30
            assert found_counts["sourcier_updates_in_progress"] == 0
            assert 'sourcier_answers_total{abstained="false",mode="extractive",notice=""} 2.0' in reply.text

    asyncio.run(scenario())


def test_only_telegram_may_post(stocked: Settings) -> None:
    """A wrong or missing secret is 403, what is no update 400, and the same update twice is answered once."""

    async def scenario() -> None:
        async with emulated() as server, hooked(server, stocked) as (scene, client):
            scene.emulator.room(READER)
            good = written(77, QUESTIONS[0][0])
            for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guess"}, {"X-Telegram-Bot-Api-Secret-Token": "é"}):
                raw = [(name.encode(), value.encode()) for name, value in headers.items()]
                assert (await client.post("/hook", json=good, headers=raw)).status_code == 403
            for body in (
                b"{",
                b"[]",
                b'"x"',
                b"{}",
                b'{"update_id": "x"}',
                b'{"update_id": 5, "message": 7}',
                b"\xff",
                b"",
            ):
                reply = await client.post("/hook", content=body, headers=HEADER)
                assert reply.status_code == 400, body
            assert (await client.post("/other", json=good, headers=HEADER)).status_code == 404
            assert (await client.get("/hook", headers=HEADER)).status_code == 405
            big = json.dumps(written(78, "x" * (1 << 20)))
            assert (await client.post("/hook", content=big, headers=HEADER)).status_code in (400, 413)
            twice = await asyncio.gather(*(client.post("/hook", json=good, headers=HEADER) for _ in range(4)))
            assert [reply.status_code for reply in twice] == [200] * 4
            assert QUESTIONS[0][1] in await scene.reply(READER, 0)
            assert (await client.post("/hook", json=good, headers=HEADER)).status_code == 200
            await asyncio.sleep(0.5)
            assert len(scene.texts(READER)) == 1

    asyncio.run(scenario())


def test_ready_while_polling(stocked: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it polls, it is ready as long as Telegram answers; it is alive all the time."""
    monkeypatch.setattr(application, "STALE", 3.0)

    async def scenario() -> None:
        port = free_port()
        async with emulated() as server, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            async with running(server, stocked, serving=Serving(listen=("127.0.0.1", port))) as scene:
                await scene.ask(READER, QUESTIONS[0][0])
                assert (await client.get("/readyz")).status_code == 200
                server.emulator.fault(method="getUpdates", times=-1)
                async with asyncio.timeout(60):
                    while (reply := await client.get("/readyz")).status_code == 200:
                        await asyncio.sleep(0.1)
                assert (reply.status_code, reply.text) == (503, "Telegram does not answer\n")
                assert (await client.get("/healthz")).status_code == 200
                assert (await client.post("/hook", json=written(1, "x"), headers=HEADER)).status_code == 404
                server.emulator.faults.clear()

                async def ready() -> bool:
                    return (await client.get("/readyz")).status_code == 200

                async with asyncio.timeout(60):
                    server.emulator.say(READER, "/stop")
                    while not await ready():
                        await asyncio.sleep(0.1)
            with pytest.raises(httpx.ConnectError):
                await client.get("/healthz")

    asyncio.run(scenario())


def test_a_port_that_is_taken(stocked: Settings) -> None:
    """A port that somebody else listens on is an error that says so."""

    async def scenario() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            serving = Serving(listen=("127.0.0.1", taken.getsockname()[1]))
            async with emulated() as server, running(server, stocked, serving=serving):
                pass

    with pytest.raises(Exception, match="cannot be listened on"):
        asyncio.run(scenario())


def cli_says(*arguments: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["telegram", *arguments], env={"SOURCIER_LANGUAGE": "en", **(env or {})})
    return done.exit_code, done.output


def test_help() -> None:
    """--help says what each option takes, with examples."""
    status, text = cli_says("--help")
    assert status == 0
    for part in ("--webhook URL", "--listen HOST:PORT", "--sync-every TIME", "Examples:"):
        assert part in text


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--listen", "nowhere"), "'nowhere'"),
        (("--listen", "127.0.0.1:99999"), "'127.0.0.1:99999'"),
        (("--listen", "127.0.0.1:"), "'127.0.0.1:'"),
        (("--sync-every", "soon"), "'soon'"),
        (("--sync-every", "0m"), "'0m'"),
        (("--sync-every", "-5m"), "'-5m'"),
        (("--nothing",), "--nothing"),
    ],
)
def test_values_that_cannot_be(arguments: tuple[str, ...], named: str) -> None:
    """A wrong option is named in one line, with exit status 2."""
    status, text = cli_says(*arguments, env={"TELEGRAM_BOT_TOKEN": TOKEN})
    assert status == 2
    assert named in text
    assert "Traceback" not in text


def test_no_token(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a token it says where to get one, and ends with status 2 and no traceback."""
    monkeypatch.delenv("TELEGRAM_BOT_TOKEN", raising=False)
    monkeypatch.chdir(tmp_path)
    status, text = cli_says(env={"SOURCIER_HOME": str(tmp_path)})
    assert status == 2
    assert "@BotFather" in text
    assert "Traceback" not in text


def test_a_wrong_token(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that Telegram does not know ends the program with status 2, and is not repeated."""
    monkeypatch.chdir(tmp_path)

    async def scenario() -> tuple[int, str]:
        async with emulated() as server:
            wrong = {
                "TELEGRAM_BOT_TOKEN": "123456:WRONG",
                "TELEGRAM_API_URL": server.url,
                "SOURCIER_HOME": str(tmp_path),
            }
            return await asyncio.to_thread(cli_says, env=wrong)

    status, text = asyncio.run(scenario())
    assert status == 2
    assert "does not know this bot token" in text
    assert "WRONG" not in text
