"""Pace: no window is broken, none is left unused, and no chat waits for another."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest
from telegram.error import RetryAfter

from bot.telegram.pacing import SHOWN, Pacing, seconds_of

WIDE = ((1000, 1.0),)


def most_within(times: list[float], seconds: float) -> int:
    """The most of these times in any window of that many seconds."""
    return max(sum(first <= at < first + seconds for at in times) for first in times)


async def speak(pacing: Pacing, chat: int, times: list[float], count: int, takes: float = 0.0) -> None:
    for _ in range(count):
        async with pacing.slot(chat):
            await asyncio.sleep(takes)
            times.append(time.monotonic())  # when Telegram sees it


def test_a_chat_keeps_to_its_window() -> None:
    async def run() -> list[float]:
        times: list[float] = []
        pacing = Pacing(private=((3, 0.3),), overall=WIDE)
        await asyncio.gather(*(speak(pacing, 7, times, 3, takes=0.01 * n) for n in range(3)))
        return times

    times = asyncio.run(run())
    assert most_within(times, 0.3) == 3
    assert times[-1] - times[0] < 2.0  # 9 calls: two full waits; one at a time they would take eight


def test_a_group_has_both_a_burst_and_a_long_window() -> None:
    async def run() -> list[float]:
        times: list[float] = []
        await speak(Pacing(group=((2, 0.1), (4, 0.6)), overall=WIDE), -7, times, 5)
        return times

    times = asyncio.run(run())
    assert most_within(times, 0.1) == 2
    assert most_within(times, 0.6) == 4


def test_all_chats_share_a_window_and_take_turns() -> None:
    async def run() -> tuple[list[float], list[list[float]]]:
        chats: list[list[float]] = [[] for _ in range(10)]
        pacing = Pacing(private=WIDE, overall=((5, 0.2),))
        await asyncio.gather(*(speak(pacing, n + 1, times, 3) for n, times in enumerate(chats)))
        return sorted(at for chat in chats for at in chat), chats

    times, chats = asyncio.run(run())
    assert most_within(times, 0.2) == 5
    assert times[-1] - times[0] < 4.0  # 30 calls: five full waits; one at a time they would take 29
    firsts, thirds = [chat[0] for chat in chats], [chat[2] for chat in chats]
    assert max(firsts) < min(thirds)  # nobody has spoken three times before everybody has spoken once


def test_a_slow_call_holds_up_no_other_chat() -> None:
    async def run() -> float:
        pacing, times = Pacing(), list[float]()
        slow = asyncio.create_task(speak(pacing, 1, [], 1, takes=5.0))
        await asyncio.sleep(0)
        started = time.monotonic()
        await speak(pacing, 2, times, 3)
        slow.cancel()
        return time.monotonic() - started

    assert asyncio.run(run()) < 4.0


async def refused(pacing: Pacing, chat: int, seconds: float) -> None:
    with pytest.raises(RetryAfter):
        async with pacing.slot(chat):
            raise RetryAfter(timedelta(seconds=seconds))


def test_a_refusal_closes_that_chat_alone() -> None:
    async def run() -> tuple[float, float]:
        pacing, times = Pacing(), list[float]()
        started = time.monotonic()
        await refused(pacing, 1, 1)
        await speak(pacing, 2, times, 1)
        await speak(pacing, 1, times, 1)
        return times[0] - started, times[1] - started

    other, same = asyncio.run(run())
    assert other < 0.9
    assert 1.0 <= same < 10


def test_refusals_in_several_chats_close_all() -> None:
    async def run() -> float:
        pacing, times = Pacing(), list[float]()
        started = time.monotonic()
        for chat in (1, 2, 3):
            await refused(pacing, chat, 1)
        await speak(pacing, 4, times, 1)
        return times[0] - started

    assert 1.0 <= asyncio.run(run()) < 10


def test_what_was_refused_does_not_count() -> None:
    async def run() -> float:
        pacing, times = Pacing(private=((1, 30.0),)), list[float]()
        await refused(pacing, 1, 1)
        started = time.monotonic()
        await speak(pacing, 1, times, 1)
        return time.monotonic() - started

    assert asyncio.run(run()) < 20


def test_what_is_done_in_order_is_not_mixed() -> None:
    async def run() -> list[int]:
        pacing, said = Pacing(private=WIDE), list[int]()

        async def say(number: int) -> None:
            async with pacing.in_order(1):
                for _ in range(3):
                    await asyncio.sleep(0)
                    said.append(number)

        await asyncio.gather(*map(say, range(5)))
        return said

    assert asyncio.run(run()) == [n for n in range(5) for _ in range(3)]


def test_actions_are_refused_rather_than_delayed() -> None:
    async def run() -> tuple[list[bool], bool, bool]:
        pacing = Pacing(actions=((2, 10.0),))
        same, other = [pacing.action(1) for _ in range(3)], pacing.action(2)
        pacing.refuse_action(2, 5)
        return same, other, pacing.action(2)

    assert asyncio.run(run()) == ([True, True, False], True, False)


def test_what_is_only_shown_is_little_with_many_chats() -> None:
    """Of the drafts and "typing" of many chats within a second, those beyond the common limit are dropped."""
    (count, _), *_ = SHOWN
    pacing = Pacing()
    assert [pacing.action(chat) for chat in range(1, count + 6)] == [True] * count + [False] * 5


def test_idle_chats_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> tuple[int, int]:
        pacing = Pacing(private=WIDE, overall=((10_000, 0.01),))
        await asyncio.gather(*(speak(pacing, n + 1, [], 1) for n in range(500)))
        before, now = pacing.chats, time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + 100)
        async with pacing.slot(1000):
            return before, pacing.chats

    assert asyncio.run(run()) == (500, 1)


def test_cancelled_waiters_leave_nothing_behind() -> None:
    async def run() -> float:
        pacing, times = Pacing(private=((1, 0.4),)), list[float]()
        await speak(pacing, 1, times, 1)
        waiting = [asyncio.create_task(speak(pacing, 1, [], 1)) for _ in range(5)]
        await asyncio.sleep(0.05)
        for task in waiting:
            task.cancel()
        await speak(pacing, 1, times, 1)
        return times[1] - times[0]

    assert 0.4 <= asyncio.run(run()) < 2.0  # those cancelled would have taken as long each


def test_seconds_are_read_in_both_of_ptbs_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seconds_of(RetryAfter(7)) == 7
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    assert seconds_of(RetryAfter(timedelta(seconds=7))) == 7
