"""Updates are received once and stay until they are done."""

from __future__ import annotations

import json

import pytest
from examples import update

from bot.memory import Memory
from bot.memory.updates import causer


def test_each_update_is_received_once(memory: Memory) -> None:
    """Only ids not known before are new, also within one batch; what is pending comes by id."""
    assert memory.receive([]) == []
    assert memory.receive([(7, update(1, "b")), (5, update(1, "a")), (7, update(1, "b"))]) == [7, 5]
    assert memory.receive([(5, update(1)), (8, update(2)), (7, update(1))]) == [8]
    assert memory.pending() == [(5, update(1, "a")), (7, update(1, "b")), (8, update(2))]


def test_what_is_done_is_not_pending_and_stays_known(memory: Memory) -> None:
    """A second delivery of a done update is not new. Unknown ids are no error."""
    memory.receive([(1, update(1)), (2, update(1))])
    memory.done(1)
    memory.done(99)
    assert [number for number, _ in memory.pending()] == [2]
    assert memory.receive([(1, update(1))]) == []


def test_a_large_batch(memory: Memory) -> None:
    """More updates than one statement takes."""
    batch = [(number, update(number)) for number in range(10**10, 10**10 + 5000)]
    assert memory.receive(batch) == [number for number, _ in batch]
    assert memory.receive(batch) == []


@pytest.mark.parametrize(
    ("data", "user"),
    [
        (update(2**40), 2**40),
        (update(3, kind="callback_query"), 3),
        (update(4, kind="inline_query"), 4),
        (json.dumps({"update_id": 1, "message_reaction": {"chat": {"id": -1}, "user": {"id": 5}}}), 5),
        (json.dumps({"update_id": 1, "channel_post": {"chat": {"id": -1}}}), None),
        ("[]", None),
        ("not JSON", None),
    ],
)
def test_who_caused_an_update(data: str, user: int | None) -> None:
    """Found in every kind of update; nobody where Telegram names nobody."""
    assert causer(data) == user
