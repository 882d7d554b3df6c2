"""The vector store in a process of its own, for writing.

Chroma holds the interpreter's lock while it adds, so a thread beside it stands still. In its own process it stores one
batch while the next is read, cut and analysed. The child holds `chroma.lock`: should its parent be killed, it ends when
the pipe closes, and the next writer waits for that.
"""

from __future__ import annotations

import json
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from retrieval.errors import SourcierError, StoreError, StoreLocked
from retrieval.settings import Settings
from retrieval.types import Embedded

if TYPE_CHECKING:
    from retrieval.vectors import Record

_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from retrieval.vector_process import serve; serve()"
LOCK_SECONDS = 60.0  # how long to wait for the child of a killed writer: it ends after the batch it is writing


class VectorProcess:
    """The writing half of `VectorStore`, one call at a time, in a child process that the first call starts."""

    def __init__(self, settings: Settings, model: str | None) -> None:
        self._settings, self._model = settings, model
        self._child: subprocess.Popen[bytes] | None = None
        self._opening = False  # the answer to "open" was not read yet

    def start(self) -> None:
        """Start the child without waiting for it: Chroma is imported while the first articles are read."""
        if self._child is None:
            self._child = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-c", _BOOT, json.dumps(sys.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            self._send(self._child, "open", self._settings, self._model)
            self._opening = True

    def add(self, records: Sequence[Record]) -> int:
        """As `VectorStore.add`."""
        return int(self._call("add", records)) if records else 0

    def delete(self, ids: Sequence[str], keep: bool = False) -> None:
        """As `VectorStore.delete`."""
        if ids:
            self._call("delete", ids, keep)

    def clear(self) -> None:
        """As `VectorStore.clear`."""
        self._call("clear")

    def missing(self, texts: Iterable[str]) -> set[str]:
        """As `VectorStore.missing`."""
        found: set[str] = self._call("missing", list(texts))
        return found

    def settle(self) -> None:
        """As `VectorStore.settle`."""
        self._call("settle")

    def spent(self) -> Embedded:
        """As `VectorStore.spent`; nothing where the child was not needed."""
        spent: Embedded = self._call("spent") if self._child is not None and self._model else Embedded()
        return spent

    def close(self) -> None:
        """End the child; it closes the store."""
        if self._child is None:
            return
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()
        self._child.wait()

    def _call(self, method: str, *arguments: Any) -> Any:
        self.start()
        assert self._child is not None  # noqa: S101 - for the type checker
        if self._opening:
            self._result(self._child)
            self._opening = False
        self._send(self._child, method, *arguments)
        return self._result(self._child)

    def _send(self, child: subprocess.Popen[bytes], method: str, *arguments: Any) -> None:
        assert child.stdin is not None  # noqa: S101 - for the type checker
        try:
            pickle.dump((method, arguments), child.stdin, pickle.HIGHEST_PROTOCOL)
            child.stdin.flush()
        except OSError as error:
            raise _ended(child) from error

    def _result(self, child: subprocess.Popen[bytes]) -> Any:
        assert child.stdout is not None  # noqa: S101 - for the type checker
        try:
            failed, result = pickle.load(child.stdout)  # noqa: S301 - from our own child
        except (EOFError, OSError) as error:
            raise _ended(child) from error
        if failed:
            raise result
        return result


def _ended(child: subprocess.Popen[bytes]) -> StoreError:
    return StoreError(
        f"the process that writes to Chroma ended unexpectedly (status {child.poll()})",
        remedy="run the command again: it mends what was left half written; then `sourcier doctor`",
    )


def serve() -> None:
    """What the child runs: calls from standard input, results to standard output, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    calls, results = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing that a library prints may stray into the results
    store: Any = None
    while True:
        try:
            method, arguments = pickle.load(calls)  # noqa: S301 - from our own parent
        except EOFError:
            break
        try:
            if method == "open":
                store, result = _open(*arguments), None
            else:
                result = getattr(store, method)(*arguments)
            reply = (False, result)
        except Exception as error:
            reply = (True, _portable(error))
        try:
            pickle.dump(reply, results, pickle.HIGHEST_PROTOCOL)
            results.flush()
        except BrokenPipeError:  # the parent was killed meanwhile: what was written stays pending for the next writer
            break
    if store is not None:
        store.close()


def _open(settings: Settings, model: str | None) -> Any:
    from filelock import FileLock, Timeout

    from retrieval.store import open_vectors

    lock = FileLock(settings.home / "chroma.lock")
    try:
        lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        raise StoreLocked(
            f"another process is writing to {settings.home}", remedy="wait for it to end, then run the command again"
        ) from None
    store = open_vectors(settings, model)
    store.lock = lock  # type: ignore[attr-defined]  # held as long as the store lives
    return store


def _portable(error: Exception) -> SourcierError:
    """Our own errors as they are, others with their text: not all of them survive the way between processes."""
    if isinstance(error, SourcierError):
        return error
    return StoreError(f"{type(error).__name__}: {error}", remedy="run `sourcier doctor`")
