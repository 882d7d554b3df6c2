"""Nothing is lost or doubled when the process is killed, or when many threads work at once."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from examples import answer, update
from sqlalchemy import Connection, event, select, text

from bot.memory import Memory, Spent
from bot.memory.schema import turns, updates
from retrieval.settings import Settings

DAY = date(2026, 11, 3)
THREADS, EACH = 16, 200


def test_killed_at_any_moment(database: Settings) -> None:
    """SIGKILL, again and again: what was said to be done is whole, and what was not is pending or unknown."""
    done: set[int] = set()
    for round_ in range(6):
        writer = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("writer.py")), str(max(done, default=0) + 1)],
            env={
                "SOURCIER_HOME": str(database.home),
                "SOURCIER_DATABASE_URL": str(database.database_url),
                "PYTHONPATH": str(Path(__file__).parents[3]),
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout
        first = writer.stdout.readline()
        time.sleep(random.Random(round_).uniform(0.01, 0.4))
        writer.kill()
        done |= {int(line) for line in (first + writer.stdout.read()).splitlines(True) if line.endswith("\n")}
        writer.wait()
        with Memory.open(database) as memory:
            check(memory, done)
    assert len(done) >= 6  # a busy machine does little between two kills


def check(memory: Memory, done: set[int]) -> None:
    """The database is consistent, and knows what was done."""
    with memory._read() as connection:
        if memory._sqlite:
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
        known = set(connection.scalars(select(updates.c.id)))
        asked = list(connection.execute(select(turns.c.id, turns.c.message_id)))
    pending = {number for number, _ in memory.pending()}
    assert done <= known
    assert not done & pending
    assert len(pending) <= 1
    assert max(Counter(message for _, message in asked).values()) == 1
    assert {message for _, message in asked} <= known
    for number, message in asked:
        turn = memory.turn(number)
        assert turn
        assert (turn.answer is None) == (turn.text is None) == (turn.answered_at is None)
        assert turn.text in (None, f"Réponse {message}. " * 50)
        parts = memory.parts(number)
        assert turn.answer or not parts
        if message not in pending:
            assert [part.message_id for part in parts] == [10**6 + 2 * message, 10**6 + 2 * message + 1]


def at_once(work: Callable[[int], None]) -> None:
    """Run `work` in every thread, begun together; a failure in any is a failure."""
    gate = threading.Barrier(THREADS)

    def begin(number: int) -> None:
        gate.wait()
        work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(begin, range(THREADS)))


def test_many_threads(memory: Memory) -> None:
    """Every two threads are handed the same updates: each is new to one, begun once, answered and sent."""
    fresh: list[int] = []
    ids: dict[int, set[int]] = {n: set() for n in range(THREADS // 2 * EACH)}

    def work(number: int) -> None:
        mine = range(number // 2 * EACH, (number // 2 + 1) * EACH)
        for n in mine[::20]:
            fresh.extend(memory.receive([(n + i, update(number)) for i in range(20)]))
        for n in mine:
            turn = memory.begin_turn(-5, None, 1, n, f"Question {n} ?")
            ids[n].add(turn.id)
            memory.answered(turn.id, answer(f"Réponse {n}."))
            memory.sending(turn.id, 0, n)
            memory.sent(turn.id, 0, 10**6 + n)

    at_once(work)
    assert sorted(fresh) == list(ids)
    assert {len(found) for found in ids.values()} == {1}
    assert [number for number, _ in memory.pending()] == list(ids)
    assert memory.stats(datetime(2020, 1, 1, tzinfo=UTC)).questions == len(ids)
    for n, (number,) in list(ids.items())[::10]:
        turn = memory.turn_at(-5, 10**6 + n)
        assert turn
        assert (turn.id, turn.text) == (number, f"Réponse {n}.")


def test_threads_on_the_same_rows(memory: Memory) -> None:
    """Counts add up, one code is given, one person is made, and forgetting meanwhile breaks nothing."""
    codes: set[str] = set()
    others = memory.begin_turn(-5, None, 2, 1, "?")

    def work(number: int) -> None:
        for n in range(20):
            memory.count(1, DAY, 10, 0.5)
            memory.see_user(1, f"Nom {number}", None)
            codes.add(memory.access_code(1))
            memory.feedback(others.id, 2**40 + number, 1 if n % 2 else -1)
            turn = memory.begin_turn(7, None, 7, n, f"Question {number} ?")
            memory.sending(turn.id, 0, 1)
            memory.answered(turn.id, answer())
            memory.sent(turn.id, 0, 2)
            memory.feedback(turn.id, 2**40 + number, 1)
            memory.keep("une même valeur")
            if number % 4 == 0:
                memory.forget(7)
                memory.migrate_chat(-5, -500)

    at_once(work)
    assert memory.spent(1, DAY) == Spent(20 * THREADS, 200 * THREADS, 10.0 * THREADS)
    assert len(codes) == 1
    assert len(memory.users()) == 1
    assert memory.stats(others.asked_at).liked >= THREADS  # those of user 7 may be forgotten


def test_several_are_forgotten_at_once(memory: Memory) -> None:
    """Whoever is forgotten in one thread, is asking in another: nobody is told to try again."""

    def work(number: int) -> None:
        for n in range(20):
            memory.count(number % 3 + 7, DAY, 10, 0.5)
            turn = memory.begin_turn(7, None, 7, n, f"Question {number} ?")
            memory.sending(turn.id, 0, 1)
            memory.answered(turn.id, answer())
            memory.feedback(turn.id, 2**40 + number, 1)
            memory.forget(number % 3 + 7)

    at_once(work)
    for user in (7, 8, 9):
        memory.forget(user)
    assert memory.turn_at(7, 1) is None
    assert memory.stats(datetime(2020, 1, 1, tzinfo=UTC)).questions == 0


def test_what_waits_for_the_disk(tmp_path: Path) -> None:
    """An update before Telegram may forget it, and all of an answer before its message is sent; the rest need not."""
    with Memory.open(Settings(home=tmp_path)) as memory:
        waited: list[str] = []

        @event.listens_for(memory._engine, "commit")
        def committed(connection: Connection) -> None:
            driver = connection.connection.driver_connection
            assert driver is not None
            waited.append({1: "NORMAL", 2: "FULL"}[driver.execute("PRAGMA synchronous").fetchone()[0]])

        memory.receive([(1, update(7))])
        turn = memory.begin_turn(7, None, 7, 3, "?").id
        memory.answered(turn, answer())
        memory.count(7, DAY, 120, 0.5)
        memory.sending(turn, 0, 3)
        memory.sent(turn, 0, 4)
        memory.done(1)
        assert waited == ["FULL", "NORMAL", "NORMAL", "NORMAL", "FULL", "NORMAL", "NORMAL"]
        with memory._engine.connect() as connection:
            assert connection.scalar(text("PRAGMA journal_mode")) == "wal"  # in which the one makes the others durable
        memory.forget(7)
        assert waited[-1] == "FULL"


def test_calls_together_are_one_transaction(database: Settings) -> None:
    """They see each other, are committed at once, and are undone together; another thread's are its own."""
    with Memory.open(database) as memory:
        begun: list[int] = []
        event.listen(memory._engine, "begin", lambda _: begun.append(threading.get_ident()))
        with memory.together(soon=True):
            with memory.together():  # a part of it
                turn = memory.begin_turn(7, None, 7, 3, "?").id
            memory.answered(turn, answer())
            assert [t.id for t in memory.history(7, None)] == [turn]
            with ThreadPoolExecutor(1) as other:
                assert other.submit(memory.history, 7, None).result() == []
        assert begun.count(threading.get_ident()) == 1

        def broken_off() -> None:
            with memory.together():
                memory.count(7, DAY, 120, 0.5)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            broken_off()
        assert memory.spent(7, DAY) == Spent()
        assert [t.id for t in memory.history(7, None)] == [turn]
        memory.sent(turn, 0, 4)  # and afterwards each is by itself
        assert begun.count(threading.get_ident()) == 5
