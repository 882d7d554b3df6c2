"""The processes that write to Chroma, forked from one that has imported it already.

Importing Chroma takes most of a small ingest's time, and the tests make many. What such a process runs, its pipes, its
lock and its end are those of `retrieval.vector_process`; programs that tests start begin it as it is shipped.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any
from unittest import mock

from retrieval import vector_process

IMPORTED = ["chromadb", "filelock", "retrieval.embedding", "retrieval.store", "retrieval.vectors"]


class Forked:
    """What `vector_process` uses of a `subprocess.Popen`."""

    def __init__(self, command: Sequence[str], *, stdin: int, stdout: int) -> None:
        assert list(command[:3]) == [sys.executable, "-c", vector_process._BOOT]
        assert stdin == stdout == vector_process.subprocess.PIPE
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(IMPORTED)
        (calls, to_calls), (from_results, results) = context.Pipe(duplex=False), context.Pipe(duplex=False)
        self._process = context.Process(
            target=run, args=(calls, results, os.getcwd(), dict(os.environ), sys.path), daemon=True
        )
        self._process.start()
        calls.close()
        results.close()
        self.stdin, self.stdout = opened(to_calls, "wb"), opened(from_results, "rb")

    def poll(self) -> int | None:
        """How it ended, if it has."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """Wait for its end; how it ended."""
        self._process.join()
        return self._process.exitcode


def run(calls: Connection, results: Connection, folder: str, environ: dict[str, str], path: list[str]) -> None:
    """In the process: where and with what `Popen` would have begun it."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.path[:] = path
    streams = io.TextIOWrapper(opened(calls, "rb")), io.TextIOWrapper(opened(results, "wb"))
    sys.stdin, sys.stdout = streams  # the interpreter, too, keeps the streams that it began with
    vector_process.serve()


def opened(end: Connection, mode: str) -> Any:
    """One end of a pipe as a file; it alone keeps the pipe open."""
    file = open(os.dup(end.fileno()), mode)  # noqa: SIM115 - closed by whom it is given to
    end.close()
    return file


@contextmanager
def forked() -> Iterator[None]:
    """As long as it lasts, they are forked."""
    found = SimpleNamespace(Popen=Forked, PIPE=vector_process.subprocess.PIPE)
    with mock.patch.object(vector_process, "subprocess", found):
        yield
