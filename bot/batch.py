"""`--batch`: one JSON line in, one JSON line out, in order, each printed as soon as it and those before are done."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import click

from bot.rendering.as_json import dumps
from bot.texts import Texts
from retrieval.errors import SourcierError

Work = Callable[[object, str], dict[str, Any]]  # (id, question) → what is printed


class BadLineError(Exception):
    """A line that cannot be answered; its text says why."""


def run(lines: Iterable[bytes], work: Work, t: Texts, jobs: int) -> int:
    """Work on each line with at most `jobs` under way. Returns how many lines failed; each is told on stderr."""
    failed = 0
    with ThreadPoolExecutor(jobs) as pool:
        waiting: deque[tuple[int, Future[dict[str, Any]]]] = deque()
        try:
            for number, id_, question in _questions(lines, t):
                if isinstance(question, BadLineError):
                    failed_line: Future[dict[str, Any]] = Future()
                    failed_line.set_exception(question)
                    waiting.append((number, failed_line))
                else:
                    waiting.append((number, pool.submit(work, id_, question)))
                while waiting and (waiting[0][1].done() or len(waiting) >= 2 * jobs):
                    failed += _give(*waiting.popleft(), t)
            while waiting:
                failed += _give(*waiting.popleft(), t)
        except BaseException:  # Ctrl-C or a closed pipe: begin nothing more
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return failed


def _give(number: int, done: Future[dict[str, Any]], t: Texts) -> bool:
    try:
        line = dumps(done.result())
    except (BadLineError, SourcierError) as error:
        click.echo(t("batch_line", line=number, reason=error), err=True)
        return True
    click.echo(line)
    return False


def _questions(lines: Iterable[bytes], t: Texts) -> Iterator[tuple[int, object, str | BadLineError]]:
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        id_: object = None
        question: str | BadLineError
        try:
            row = json.loads(raw.decode("utf-8-sig"))
            if not isinstance(row, dict):
                raise BadLineError(t("batch_not_object"))
            found, id_ = row.get("question"), row.get("id", str(number))
            if not isinstance(found, str) or not found.strip():
                raise BadLineError(t("batch_no_question"))
            question = found
        except (ValueError, RecursionError) as error:  # not JSON, or not UTF-8
            question = BadLineError(t("batch_not_json", detail=error))
        except BadLineError as error:
            question = error
        yield number, id_, question
