"""What the Telegram bot costs beside its answers, on an emulated Telegram without flood rules.

    python tests/benchmarks/telegram_bot.py overhead [QUESTIONS]    one chat: from update to sendMessage, less Answerer.invoke
    python tests/benchmarks/telegram_bot.py model [CHATS]           many chats at once, a model that takes 1 s
    python tests/benchmarks/telegram_bot.py sleep [CHATS]           the same, the whole answerer replaced by 1 s of sleep
    python tests/benchmarks/telegram_bot.py extractive [CHATS]      many chats at once, without a model

Telegram and the model each run in a process of their own. The last three are measured without the bot's pacing, then
with it: its 30 messages a second alone take CHATS / 30 s.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "bot" / "telegram")]

from aiohttp import web
from rule_model import written

from bot.memory import Memory
from bot.telegram.application import TelegramBot
from bot.telegram.pacing import Limits, Pacing
from retrieval.chain import Answerer
from retrieval.library import sync
from retrieval.settings import Secret, Settings
from retrieval.types import Answer, Question, Statement

QUESTIONS = (
    "Quel était le volume du commerce entre la Chine et le Kazakhstan en 2022 ?",
    "Où se trouve l'atelier Luban ?",
    "Quand a eu lieu le sommet de Samarcande ?",
    "Qui a rencontré Xi Jinping à Xi'an ?",
    "Depuis quand les Kazakhs peuvent-ils voyager en Chine sans visa ?",
    "Combien de gaz le Turkménistan a-t-il vendu à la Chine ?",
    "Quel traité la Chine et l'Asie centrale ont-elles signé à Astana ?",
    "Quand le chantier du chemin de fer vers l'Ouzbékistan a-t-il commencé ?",
)
MODEL_SECONDS = 1.0
FIRST_READER = 1000
UNLIMITED: Limits = ((1_000_000, 0.001),)


# ---- the other processes
async def serve_telegram() -> None:
    """Be Telegram: say what is read as JSON lines ([[user, text], …]); write when it began and when each was answered."""
    from emulator import TOKEN, load

    module = load()
    reader = asyncio.StreamReader(limit=1 << 24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with module.Server(module.Config(token=TOKEN, flood=False)) as server:
        print(json.dumps([server.url, TOKEN]), flush=True)
        emulator = server.emulator
        while line := await reader.readline():
            asked, seen = json.loads(line), len(emulator.calls)
            while emulator.poll is None or emulator.poll.done():
                await asyncio.sleep(0.002)
            began = time.time()
            for user, text in asked:
                emulator.say(user, text)
            while True:
                sent = [c for c in emulator.calls[seen:] if c["ok"] and c["method"] == "sendMessage"]
                if len({c["params"]["chat_id"] for c in sent}) >= len({user for user, _ in asked}):
                    break
                async with emulator.called:
                    await emulator.called.wait()
            print(json.dumps([began, [c["at"] for c in sent]]), flush=True)


def serve_model() -> None:
    """Be an OpenAI-compatible server that writes each answer in MODEL_SECONDS."""

    async def complete(request: web.Request) -> web.StreamResponse:
        began = time.monotonic()
        asked = await request.json()
        prompt = asked["messages"][-1]["content"]
        reply = written(prompt if isinstance(prompt, str) else prompt[0]["text"])[2]
        pieces = [reply[at : at + 60] for at in range(0, len(reply), 60)]
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        about = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "slow"}
        for number, piece in enumerate(pieces):
            due = MODEL_SECONDS * (0.5 + 0.5 * (number + 1) / len(pieces))
            await asyncio.sleep(began + due - time.monotonic())
            choice = {"index": 0, "delta": {"content": piece}, "finish_reason": None}
            await response.write(f"data: {json.dumps(about | {'choices': [choice]})}\n\n".encode())
        usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
        ends = [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, {"choices": [], "usage": usage}]
        for end in ends:
            await response.write(f"data: {json.dumps(about | end)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        return response

    async def serve() -> None:
        app = web.Application(client_max_size=1 << 24)
        app.router.add_post("/v1/chat/completions", complete)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        print(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", flush=True)
        await asyncio.to_thread(sys.stdin.read)

    asyncio.run(serve())


# ---- the bot
class Telegram:
    """The emulated Telegram in another process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def line(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(await self._process.stdout.readline())

    async def ask(self, asked: list[tuple[int, str]]) -> list[float]:
        """Ask all at once; the seconds until each answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(asked)}\n".encode())
        began, ended = await self.line()
        return [at - began for at in ended]


@asynccontextmanager
async def running(settings: Settings, chats: int, pacing: Pacing | None) -> AsyncIterator[Telegram]:
    """A bot in this process that lets so many people ask."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, __file__, "serve-telegram", stdin=pipe, stdout=pipe, limit=1 << 24
    )
    telegram = Telegram(process)
    try:
        url, token = await telegram.line()
        (settings.home / "conversations.sqlite").unlink(missing_ok=True)  # the updates of each Telegram begin anew
        settings = replace(settings, telegram_bot_token=Secret(token), telegram_api_url=url, daily_questions=0)
        with Memory.open(settings) as memory:
            for user in range(FIRST_READER, FIRST_READER + chats):
                memory.see_user(user, f"User{user}", None)
                memory.set_status(user, "allowed")
        bot = TelegramBot(settings, say=lambda _: None, pacing=pacing)
        task = asyncio.create_task(bot.run())
        await asyncio.sleep(2)  # the menus are set by then
        if task.done():
            task.result()
        yield telegram
        bot.stop()
        await task
    finally:
        process.kill()
        await process.wait()


async def overhead(settings: Settings, questions: int) -> None:
    asked = [random.Random(number).choice(QUESTIONS) for number in range(questions)]
    async with running(settings, 1, free()) as telegram:
        answerer = Answerer.open(settings)
        took, alone = [], []
        for text in asked:
            took += await telegram.ask([(FIRST_READER, text)])
            await telegram.ask([(FIRST_READER, "/nouveau")])  # each question stands alone, as it does below
            began = time.perf_counter()
            answerer.invoke(Question(text))
            alone.append(time.perf_counter() - began)
        answerer.close()
    beside = [one - other for one, other in zip(took, alone, strict=True)]
    for name, values in (("update to sendMessage", took), ("Answerer.invoke", alone), ("overhead", beside)):
        print(f"{name:24} p50 {1000 * statistics.median(values):6.1f} ms   p95 {1000 * centile(values):6.1f} ms")


async def many(name: str, settings: Settings, chats: int, least: float) -> None:
    for label, pacing in (("without pacing", free()), ("with pacing", None)):
        async with running(settings, chats, pacing) as telegram:
            await telegram.ask([(FIRST_READER, QUESTIONS[0])])  # what is made at first use is made
            readers, spent = range(FIRST_READER, FIRST_READER + chats), time.process_time()
            took = await telegram.ask([(user, QUESTIONS[user % len(QUESTIONS)]) for user in readers])
            alone = chats / 30 if pacing is None else 0.0
            print(
                f"{name}, {chats} chats, {label:15} first {took[0]:5.2f} s   p50 {statistics.median(took):5.2f} s   "
                f"last {max(took):5.2f} s   ({least:.1f} s of model, {alone:.1f} s of pacing; "
                f"the bot's processor {1000 * (time.process_time() - spent) / chats:.1f} ms a question, "
                f"load of the machine {os.getloadavg()[0]:.1f})"
            )


def centile(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1))]


def free() -> Pacing:
    return Pacing(UNLIMITED, UNLIMITED, UNLIMITED)


def sleeping(answer: Answer) -> None:
    """Replace the answerer by a sleep, in which a model is asked and waited for."""

    def stream(self: Answerer, question: Question, config: Any) -> Iterator[Statement | Answer]:  # noqa: ARG001 - as the real one
        for callback in config["callbacks"]:
            callback.on_chat_model_start()
        time.sleep(MODEL_SECONDS)
        yield from answer.statements
        yield replace(answer, question=question.text)

    Answerer.stream = stream  # type: ignore[method-assign]


def main() -> None:
    logging.disable(logging.WARNING)
    kind, number = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), embeddings="none", mode="extractive", language="fr")
        sync(settings, [str(ROOT / "bot" / "sample_articles")])
        if kind == "overhead":
            asyncio.run(overhead(settings, number))
        elif kind == "extractive":
            asyncio.run(many(kind, settings, number, 0))
        elif kind == "sleep":
            with Answerer.open(settings) as answerer:
                sleeping(answerer.invoke(Question(QUESTIONS[0])))
            asyncio.run(many(kind, replace(settings, mode="model", openai_api_key=Secret("k")), number, MODEL_SECONDS))
        elif kind == "model":
            model = subprocess.Popen(
                [sys.executable, __file__, "serve-model"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            assert model.stdout is not None
            url = model.stdout.readline().strip()
            settings = replace(settings, mode="model", openai_base_url=url, openai_api_key=Secret("k"))
            # one call a question: this writer does not answer as one that is asked to understand
            settings = replace(settings, chat_model="openai:slow", understanding="off")
            asyncio.run(many(kind, settings, number, MODEL_SECONDS))
            model.kill()
        else:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    if sys.argv[1:] == ["serve-telegram"]:
        asyncio.run(serve_telegram())
    elif sys.argv[1:] == ["serve-model"]:
        serve_model()
    elif len(sys.argv) > 1:
        main()
    else:
        raise SystemExit(__doc__)
