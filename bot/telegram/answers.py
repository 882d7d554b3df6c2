"""The chain for many chats at once: blocking work in threads, one sync at a time, reading while it runs."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar, cast

from langchain_core.callbacks import BaseCallbackHandler

from bot.repeats import basis_of
from retrieval.chain import Answerer
from retrieval.errors import StoreEmpty, StoreLocked, StoreMismatch
from retrieval.library import Library, Status, remove, sync
from retrieval.settings import Settings
from retrieval.types import Answer, Article, Hit, Progress, Question, Statement, SyncReport

WITH_MODEL, WITHOUT = 256, 4  # answers under way: waiting for a model costs nothing, choosing sentences costs a core
BEGINNING = 2  # answers that search and ask the model at once: more of them only make each slower, and the first late
# How many may ask the model: about as many as Telegram lets end, 30 at once and then 30 a second. Those that are early
# only wait, and take the processor from those that are due.
AT_ONCE, A_SECOND = 30, 32.0
HELD = 2.0  # seconds after which one that has not asked the model lets the next begin all the same
STATUS_SECONDS = 60.0  # how long a look at what is stored is good for


T = TypeVar("T")


class Stopped(Exception):
    """The answer was given up."""


class Answers:
    """Answering, searching, reading and syncing, from asyncio."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._free = asyncio.Semaphore(WITH_MODEL if settings.uses_model else WITHOUT)
        self._opening = threading.Lock()
        self._turns = asyncio.Semaphore(BEGINNING)
        self._full = 0.0  # the loop's time until which as many have asked as may (a leaky bucket)
        self._answerer: Answerer | None = None
        self._library: Library | None = None
        self._syncing = asyncio.Lock()
        self._status: tuple[float, Status] | None = None

    def beginning(self) -> Beginning:
        """The turn to begin an answer: what is done for it is better done within, after what others wait for."""
        return Beginning(self._turns)

    async def answer(
        self,
        question: Question,
        on_statement: Callable[[Statement], None],
        stop: threading.Event,
        beginning: Beginning | None = None,
    ) -> Answer:
        """One answer; `on_statement` is called in this loop as each statement is released.

        `beginning` is the turn that who asks has already. Raises Stopped once `stop` is set, StoreEmpty, StoreMismatch.
        """
        if beginning is None:
            async with self.beginning() as beginning:
                return await self.answer(question, on_statement, stop, beginning)
        loop = asyncio.get_running_loop()

        asked = _ModelAsked(lambda: loop.call_soon_threadsafe(self._asked, beginning))

        def work() -> Answer:
            last: Statement | Answer | None = None
            for last in self._open().stream(question, {"callbacks": [asked]}):
                if stop.is_set():
                    raise Stopped
                if isinstance(last, Statement):
                    loop.call_soon_threadsafe(on_statement, last)
            assert isinstance(last, Answer)  # noqa: S101 - a stream ends with it
            return last

        async with self._free:
            return await _in_thread(work)

    def _asked(self, beginning: Beginning) -> None:
        """One has asked the model: let the next begin when it may."""
        loop = asyncio.get_running_loop()
        self._full = max(self._full, loop.time() - AT_ONCE / A_SECOND) + 1 / A_SECOND
        loop.call_at(self._full, beginning.over)

    async def prepare(self) -> None:
        """Load what the first answer would wait for, where there is a store."""

        def prepare() -> None:
            self._open().prepare()
            basis_of(self._settings, "", Question(""))  # reads the code that its digest stands for

        with contextlib.suppress(StoreEmpty, StoreMismatch):
            await self._run(prepare)

    def revision(self) -> str:
        """Of the articles, as `Answerer.revision`: to be called in a thread. Raises StoreEmpty, StoreMismatch."""
        return self._open().revision()

    async def search(self, text: str, k: int = 10) -> list[Hit]:
        """The k best passages."""
        return await self._run(lambda: self._open().search(text, k))

    async def article(self, article: str) -> Article | None:
        """One article as stored, or None."""
        return await self._run(lambda: self._reading().article(article))

    async def articles(self, offset: int, limit: int) -> list[Article]:
        """Stored articles, newest first."""
        return await self._run(lambda: self._reading().newest(offset, limit))

    async def count(self) -> int:
        """How many articles are stored."""
        return (await self.status()).articles

    async def origin(self, article: str) -> str | None:
        """Where an article came from: a folder, a file or a URL."""
        return await self._run(lambda: self._reading().origin(article))

    async def status(self) -> Status:
        """What is stored. Raises StoreEmpty."""
        now = time.monotonic()
        if self._status is None or now - self._status[0] > STATUS_SECONDS:
            self._status = (now, await self._run(lambda: self._reading().status()))
        return self._status[1]

    async def sync(
        self, sources: Sequence[str] = (), on_progress: Callable[[Progress], None] | None = None
    ) -> SyncReport:
        """Bring the store up to date; `on_progress` is called in a thread. Raises StoreLocked while another runs."""
        return await self._writing(lambda: sync(self._settings, sources, on_progress))

    async def remove(self, articles: Sequence[str]) -> int:
        """Take articles out of the store; returns how many were there. Raises StoreLocked."""
        return await self._writing(lambda: remove(self._settings, articles))

    async def ready(self) -> bool:
        """Whether questions can be answered. Raises what opening the store raises, except that it is empty."""
        return await self._run(lambda: self._open() is not None)

    def close(self) -> None:
        """Close the store; answers under way are given up."""
        for opened in (self._answerer, self._library):
            if opened is not None:
                opened.close()

    async def _writing(self, work: Callable[[], T]) -> T:
        if self._syncing.locked():
            raise StoreLocked("the articles are being brought up to date already", remedy="wait for it to end")
        async with self._syncing:
            try:
                return await _in_thread(work)
            finally:
                self._status = None

    async def _run(self, work: Callable[[], T]) -> T:
        async with self._free:
            return await _in_thread(work)

    def _open(self) -> Answerer:
        with self._opening:
            if self._answerer is None:
                self._answerer = Answerer.open(self._settings)
            return self._answerer

    def _reading(self) -> Library:
        with self._opening:
            if self._library is None:
                self._library = Library.open(self._settings)
            return self._library


class _ModelAsked(BaseCallbackHandler):
    """Tells once when an answer has searched and asks the model: further calls for it keep nobody else waiting."""

    ignore_llm = ignore_chain = True  # else it is called for each chunk

    def __init__(self, told: Callable[[], object]) -> None:
        self._told: Callable[[], object] | None = told

    def on_chat_model_start(self, *_: Any, **__: Any) -> None:
        """LangChain's event."""
        told, self._told = self._told, None
        if told is not None:
            told()


class Beginning:
    """A turn to begin, first come first served, held until it is over or for HELD seconds."""

    def __init__(self, turns: asyncio.Semaphore) -> None:
        self._turns = turns
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        await self._turns.acquire()
        self._timer = asyncio.get_running_loop().call_later(HELD, self.over)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.over()

    def over(self) -> None:
        """Let the next begin. May be called again."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            self._turns.release()


async def _in_thread(work: Callable[[], T]) -> T:
    """The result of work in a thread of its own, which does not keep the process from ending.

    The threads of an executor do: a stop would wait for a model that hangs, or for a long sync.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(cast(T, result))

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except BaseException as raised:
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True, name="answers").start()
    return await done
