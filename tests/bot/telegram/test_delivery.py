"""Every message of an answer arrives once and in order, whatever the API does. The emulator's flood rules are on."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count, product
from typing import Any

import pytest
from emulator import Telegram, telegram

from bot.memory import Memory
from bot.rendering.telegram import Button, Message
from bot.telegram.delivery import Delivery, Place, Waits
from bot.telegram.pacing import Pacing
from retrieval.settings import Settings

WAITS = Waits(read=0.4, settle=0.15, first=0.1, most=0.4, overload=0.5, probes=4)
ANSWER = [
    Message("<b>one</b> &lt;1&gt;"),
    Message("two"),
    Message("three", ((Button("1", "p:1:1"), Button("site", url="https://example.org")), (Button("👍", "f:1:1"),))),
]
SEEN = ["one <1>", "two", "three"]
SUPERGROUP = -1000000000007


@pytest.fixture
def memory(settings: Settings) -> Iterator[Memory]:
    memory = Memory.open(settings)
    yield memory
    memory.close()


def delivery(tg: Telegram, memory: Memory, waits: Waits = WAITS, db: Any = asyncio.to_thread) -> Delivery:
    """Just below the windows of the emulator: Telegram's own, or those of `hurried`."""
    hurry = tg.emulator.limits.penalty < 1
    pacing = Pacing(((3, 0.31),), ((3, 0.31), (20, 6.1))) if hurry else Pacing()
    return Delivery(tg.bot, memory, db, pacing=pacing, waits=waits)


@asynccontextmanager
async def hurried(**config: Any) -> AsyncIterator[Telegram]:
    """An emulated Telegram whose windows for a chat are ten times as short, lest the tests wait."""
    async with telegram(**config) as tg:
        tg.emulator.limit(penalty=0.3, windows={"chat": [(3, 0.3)], "group": [(20, 6.0)]})
        yield tg


def asked(
    tg: Telegram, memory: Memory, speaker: Delivery | None, chat: int, thread: int | None = None
) -> tuple[int, int]:
    """Someone asks something in a chat: the turn, and the message's id."""
    said = tg.emulator.say(chat if chat > 0 else 5, "/q?", chat_id=chat, thread_id=thread or 0)
    if speaker:
        speaker.note(chat, said["message_id"])
    return memory.begin_turn(chat, thread, 5, said["message_id"], "?").id, said["message_id"]


async def deliver(speaker: Delivery, asked: tuple[int, int], place: Place, answer: list[Message] = ANSWER) -> None:
    async with asyncio.timeout(30):
        await speaker.deliver(asked[0], place, answer, reply_to=asked[1])


def kept(memory: Memory, turn: int) -> list[int | None]:
    return [part.message_id for part in memory.parts(turn)]


def ids(tg: Telegram, chat: int) -> list[int]:
    return [message.data["message_id"] for message in tg.sent(chat)]


FAULTS: dict[str, dict[str, Any]] = {
    "429": {"code": 429, "parameters": {"retry_after": 1}},
    "429 again and again": {"code": 429, "parameters": {"retry_after": 1}, "times": 2},
    "429 without a time": {"code": 429, "description": "Too Many Requests"},
    "bad gateway": {"kind": "bad_gateway"},
    "bad gateway again and again": {"kind": "bad_gateway", "times": 3},
    "internal error": {"code": 500, "description": "Internal Server Error"},
    "dropped": {"kind": "drop"},
    "dropped again and again": {"kind": "drop", "times": 3},
    "done and dropped": {"kind": "drop_after"},
    "done and dropped twice": {"kind": "drop_after", "times": 2},
    "hanging": {"kind": "hang"},
    "hanging twice": {"kind": "hang", "times": 2},
    "probe fails as well": {"kind": "drop_after", "probe": {"kind": "bad_gateway", "times": 2}},
    "probe is refused for a while": {"kind": "drop_after", "probe": {"code": 429, "parameters": {"retry_after": 1}}},
    "probe is dropped": {"kind": "drop_after", "probe": {"kind": "drop_after"}},
    "can't parse": {"code": 400, "description": "Bad Request: can't parse entities: Unsupported start tag"},
    "no thread": {"code": 400, "description": "Bad Request: message thread not found"},
}


def test_every_fault_on_every_message(memory: Memory) -> None:
    """On the first, the middle and the last message in private chats; half of them on the middle one in a topic."""

    async def run(position: int) -> None:
        async with hurried(privacy_mode=False) as tg:
            speaker = delivery(tg, memory)
            cases = []
            for number, private in product(range(len(FAULTS)), (True, False)):
                if not private and (position != 1 or number % 2 == 0):
                    continue
                name, fault = list(FAULTS.items())[number]
                place = Place(100 + 10 * number + position)
                if not private:
                    place = Place(SUPERGROUP - number, 3, private=False)
                    tg.emulator.chat(place.chat_id, topics=[3])
                fields, where = dict(fault), {"chat_id": place.chat_id}
                turn = asked(tg, memory, speaker, place.chat_id, place.thread_id)
                if probe := fields.pop("probe", None):
                    tg.emulator.fault(method="editMessageText", **where, **probe)
                tg.emulator.fault(method="sendMessage", skip=position, **where, **fields)
                cases.append((f"{name} on {position} in {place}", turn, place))
            some = asyncio.Semaphore(10)

            async def one(turn: tuple[int, int], place: Place) -> None:
                async with some:
                    await deliver(speaker, turn, place)

            await asyncio.gather(*(one(turn, place) for _, turn, place in cases))
            for name, (turn, question), place in cases:
                assert tg.texts(place.chat_id) == SEEN, name
                assert kept(memory, turn) == ids(tg, place.chat_id), name
                first, *others = tg.sent(place.chat_id)
                assert first.data["reply_to_message"]["message_id"] == question, name
                assert all("reply_to_message" not in message.data for message in others), name
                assert "reply_markup" in others[-1].data, name
            assert all(fault.skip < 0 for fault in tg.emulator.faults)  # each came into force

    async def every() -> None:
        await asyncio.gather(*map(run, range(3)))

    asyncio.run(every())


def test_what_is_sent(memory: Memory) -> None:
    async def run() -> None:
        async with hurried() as tg:
            tg.emulator.chat(SUPERGROUP, topics=[3])
            speaker = delivery(tg, memory)
            turn = asked(tg, memory, speaker, SUPERGROUP, 3)
            await deliver(speaker, turn, Place(SUPERGROUP, 3, private=False))
            one, two, three = tg.sent(SUPERGROUP)
            assert [m.data["message_thread_id"] for m in (one, two, three)] == [3, 3, 3]
            assert one.data["entities"] == [{"type": "bold", "offset": 0, "length": 3}]
            assert one.data["link_preview_options"] == {"is_disabled": True}
            assert "quote" not in one.data
            keyboard = three.data["reply_markup"]["inline_keyboard"]
            assert [[b["text"] for b in row] for row in keyboard] == [["1", "site"], ["👍"]]
            assert [b.get("callback_data") or b["url"] for row in keyboard for b in row][:2] == [
                "p:1:1",
                "https://example.org",
            ]

    asyncio.run(run())


def test_blocked_in_the_middle(memory: Memory, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with hurried() as tg:
            speaker = delivery(tg, memory)
            for position in range(3):
                memory.see_user(20 + position, "Ann", None)
                turn = asked(tg, memory, speaker, 20 + position)
                refusal = {"code": 403, "description": "Forbidden: bot was blocked by the user"}
                tg.emulator.fault(method="sendMessage", chat_id=20 + position, skip=position, times=-1, **refusal)
                await deliver(speaker, turn, Place(20 + position))
                assert tg.texts(20 + position) == SEEN[:position]
                user = memory.user(20 + position)
                assert user
                assert user.unreachable
            assert await speaker.say(Place(20), Message("hello")) is None
            assert await speaker.say(Place(999), Message("hello")) is None  # chat not found

    asyncio.run(run())
    assert len(caplog.messages) == 5
    assert "TEST-TOKEN" not in caplog.text


def test_a_group_that_becomes_a_supergroup_is_followed(memory: Memory) -> None:
    async def run() -> None:
        async with hurried(privacy_mode=False) as tg:
            speaker = delivery(tg, memory)
            for position in range(3):
                old, new = -30 - position, SUPERGROUP - position
                tg.emulator.chat(old, type="group")
                tg.emulator.chat(new)
                turn = asked(tg, memory, speaker, old)
                moved = {"code": 400, "parameters": {"migrate_to_chat_id": new}}
                for method in ("sendMessage", "editMessageText"):
                    skip = position if method == "sendMessage" else 0
                    tg.emulator.fault(method=method, chat_id=old, skip=skip, times=-1, **moved)
                place = Place(old, private=False)
                await deliver(speaker, turn, place)
                assert [tg.texts(old), tg.texts(new)] == [SEEN[:position], SEEN[position:]]
                assert kept(memory, turn[0]) == ids(tg, old) + ids(tg, new)
                assert await speaker.say(place, Message("more"))
                assert tg.texts(new) == [*SEEN[position:], "more"]
                await deliver(delivery(tg, memory), turn, place)  # as after a restart
                assert [tg.texts(old), tg.texts(new)] == [SEEN[:position], [*SEEN[position:], "more"]]

    asyncio.run(run())


def test_an_answer_again_changes_nothing_and_a_changed_one_is_edited_in_place(memory: Memory) -> None:
    async def run() -> None:
        async with hurried() as tg:
            speaker = delivery(tg, memory)
            turn = asked(tg, memory, speaker, 7)
            await deliver(speaker, turn, Place(7))
            before = ids(tg, 7)
            await deliver(speaker, turn, Place(7))
            assert (tg.texts(7), ids(tg, 7)) == (SEEN, before)
            assert all(message.versions == [message.versions[0]] for message in tg.sent(7))

            tg.emulator.fault(method="editMessageText", kind="drop_after")
            tg.emulator.fault(method="editMessageText", kind="bad_gateway")
            tg.emulator.fault(method="deleteMessage", kind="drop_after")
            await deliver(speaker, turn, Place(7), [Message("<i>new</i>")])
            assert (tg.texts(7), ids(tg, 7), kept(memory, turn[0])) == (["new"], before[:1], before[:1])

            await deliver(speaker, turn, Place(7), [Message("a"), Message("b")])
            assert tg.texts(7) == ["a", "b"]
            assert kept(memory, turn[0]) == ids(tg, 7)

    asyncio.run(run())


@pytest.mark.parametrize("position", range(3))
def test_a_message_that_was_deleted_is_sent_anew_in_order(memory: Memory, position: int) -> None:
    async def run() -> None:
        async with hurried() as tg:
            speaker = delivery(tg, memory)
            turn = asked(tg, memory, speaker, 7)
            await deliver(speaker, turn, Place(7))
            tg.sent(7)[position].deleted = True
            await deliver(speaker, turn, Place(7), [Message("a"), Message("b"), Message("c")])
            assert tg.texts(7) == ["a", "b", "c"]
            assert kept(memory, turn[0]) == ids(tg, 7)

    asyncio.run(run())


def test_what_is_too_old_to_be_deleted_is_emptied(memory: Memory) -> None:
    async def run() -> None:
        async with hurried() as tg:
            speaker = delivery(tg, memory)
            turn = asked(tg, memory, speaker, 7)
            await deliver(speaker, turn, Place(7))
            refusal = {"code": 400, "description": "Bad Request: message can't be deleted for everyone"}
            tg.emulator.fault(method="deleteMessage", **refusal)
            await deliver(speaker, turn, Place(7), ANSWER[:2])
            assert tg.texts(7) == ["one <1>", "two", "—"]
            assert "reply_markup" not in tg.sent(7)[2].data
            assert kept(memory, turn[0]) == ids(tg, 7)[:2]

    asyncio.run(run())


def test_our_own_mistakes_lose_nothing(memory: Memory, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with hurried() as tg:
            speaker = delivery(tg, memory)
            turn = asked(tg, memory, speaker, 7)
            long = " ".join(f"word{n}" for n in range(1200))
            mistakes = [
                Message("<b>not closed &amp; <br> 1 &lt; 2"),
                Message("<b>data</b>", ((Button("x", "d" * 65),),)),
                Message(f"<i>{long}</i>", ((Button("x", "y"),),)),
                Message("last"),
            ]
            await deliver(speaker, turn, Place(7), mistakes)
            texts = tg.texts(7)
            assert [texts[0], texts[1], texts[-1]] == ["not closed &  1 < 2", "data", "last"]
            assert tg.sent(7)[1].data["entities"][0]["type"] == "bold"
            assert " ".join(texts[2:-1]) == long
            assert "reply_markup" in tg.sent(7)[-2].data
            assert kept(memory, turn[0]) == ids(tg, 7)
            await deliver(delivery(tg, memory), turn, Place(7), mistakes)
            assert tg.texts(7) == texts

    asyncio.run(run())
    assert "plain text" in caplog.text


def test_a_question_that_was_deleted_is_answered_all_the_same(memory: Memory) -> None:
    async def run() -> None:
        async with hurried() as tg:
            speaker = delivery(tg, memory)
            turn = asked(tg, memory, speaker, 7)
            tg.emulator.chats[7].messages[turn[1]].deleted = True
            await deliver(speaker, turn, Place(7))
            assert tg.texts(7) == SEEN

    asyncio.run(run())


CRASHES: dict[str, dict[str, Any]] = {
    "before Telegram had it": {"kind": "hang"},
    "after Telegram had it": {"kind": "drop_after"},
    "told to wait": {"code": 429, "parameters": {"retry_after": 60}},
    "before it was kept": {},  # the answer had come, and `sent` was not written
}


@pytest.mark.parametrize("crash", CRASHES)
def test_a_crash_at_any_message_is_made_good(memory: Memory, crash: str) -> None:
    """Killed at message 0, 1, 2 (in one chat each, many chats speaking), then resumed by another process."""

    async def run() -> None:
        async with hurried() as tg:
            cases = []
            for position in range(3):
                turn = asked(tg, memory, None, 40 + position)
                if fault := CRASHES[crash]:
                    tg.emulator.fault(method="sendMessage", chat_id=40 + position, skip=position, **fault)
                cases.append((position, turn, Place(40 + position)))
            for position, turn, place in cases:
                patient = replace(WAITS, settle=60.0, read=60.0)  # dies before it could find out
                first = delivery(tg, memory, patient, db=dying(position if crash == "before it was kept" else 99))
                first.note(place.chat_id, turn[1])
                task = asyncio.create_task(deliver(first, turn, place))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(10):
                        while not reached(tg, place.chat_id, position, CRASHES[crash]):
                            await asyncio.sleep(0.01)
                await asyncio.sleep(0.1)
                task.cancel()
                assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)
                assert kept(memory, turn[0]) == [*ids(tg, place.chat_id)[:position], None]
            tg.emulator.faults.clear()
            second = delivery(tg, memory)
            await asyncio.gather(*(deliver(second, turn, place) for _, turn, place in cases))
            for position, (turn, _), place in cases:
                assert tg.texts(place.chat_id) == SEEN, position
                assert kept(memory, turn) == ids(tg, place.chat_id), position

    def reached(tg: Telegram, chat: int, position: int, fault: dict[str, Any]) -> bool:
        if fault:
            return not any(one.times for one in tg.emulator.faults if one.chat_id == chat)
        return len(ids(tg, chat)) > position

    def dying(position: int) -> Callable[..., Any]:
        async def db(function: Callable[..., Any], *arguments: Any) -> Any:
            if function.__name__ == "sent" and arguments[1] == position:
                await asyncio.sleep(3600)
            return await asyncio.to_thread(function, *arguments)

        return db

    asyncio.run(run())


def test_no_other_message_is_taken_for_a_lost_one(memory: Memory) -> None:
    """Messages of others lie between `after` and the lost one, or in its place."""

    async def run() -> None:
        async with hurried() as tg:
            speaker = delivery(tg, memory)
            other = asked(tg, memory, speaker, 50)
            for kind, lost in (("drop_after", 51), ("drop", 52)):
                turn = asked(tg, memory, speaker, lost)
                for number in (1, 2):
                    tg.emulator.say(60 + number, "unseen")  # takes an id of the same numbering, not told yet
                tg.emulator.fault(method="sendMessage", chat_id=lost, kind=kind)
                delivering = asyncio.create_task(deliver(speaker, turn, Place(lost)))
                await asyncio.sleep(0.05)
                tg.emulator.say(lost, "and?")  # of the same person, after it
                assert await speaker.say(Place(50), Message("one &lt;1&gt;"))
                await delivering
                assert tg.texts(lost) == SEEN
                assert kept(memory, turn[0]) == ids(tg, lost)
            assert tg.texts(50) == ["one <1>", "one <1>"]
            assert all(len(message.versions) == 1 for message in tg.sent(50))
            assert other

    asyncio.run(run())


def test_fifty_chats_at_once(memory: Memory) -> None:
    async def run() -> None:
        async with telegram() as tg:
            speaker = delivery(tg, memory)
            turns = {chat: asked(tg, memory, speaker, chat) for chat in range(100, 150)}
            started = time.monotonic()
            await asyncio.gather(*(deliver(speaker, turn, Place(chat)) for chat, turn in turns.items()))
            taken = time.monotonic() - started
            assert all(tg.texts(chat) == SEEN for chat in turns)
            # never told to wait; on a slow machine an unanswered call may be looked after, which 400 answers
            assert {call["code"] for call in tg.calls()} <= {200, 400}
            assert taken < 25  # 150 messages, 30 a second; as one chat may speak it would take minutes

    asyncio.run(run())


def test_one_chat_keeps_its_order_and_its_pace(memory: Memory) -> None:
    async def run() -> None:
        async with telegram() as tg:
            speaker = delivery(tg, memory)
            turns = [asked(tg, memory, speaker, 7) for _ in range(2)]
            await asyncio.gather(*(deliver(speaker, turn, Place(7)) for turn in turns))
            assert tg.texts(7) == SEEN * 2
            assert {call["code"] for call in tg.calls()} == {200}

    asyncio.run(run())


def test_a_chat_told_to_wait_delays_no_other(memory: Memory) -> None:
    async def run() -> None:
        async with hurried() as tg:
            speaker = delivery(tg, memory)
            slow, fast = asked(tg, memory, speaker, 7), asked(tg, memory, speaker, 8)
            tg.emulator.fault(method="sendMessage", chat_id=7, code=429, parameters={"retry_after": 3})
            waiting = asyncio.create_task(deliver(speaker, slow, Place(7)))
            await asyncio.sleep(0.05)
            await deliver(speaker, fast, Place(8))
            assert tg.texts(8) == SEEN
            assert tg.texts(7) == []
            await waiting
            assert tg.texts(7) == SEEN

    asyncio.run(run())


def test_a_telegram_that_cannot_be_reached_is_waited_for(memory: Memory) -> None:
    async def run() -> None:
        async with hurried() as tg:
            speaker = delivery(tg, memory)
            turn = asked(tg, memory, speaker, 7)
            real, failures = tg.bot.request.do_request, count()

            async def unreachable(*arguments: Any, **keywords: Any) -> Any:
                if next(failures) < 5:
                    keywords["url"] = "http://127.0.0.1:9/bot"
                return await real(*arguments, **keywords)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(type(tg.bot.request), "do_request", lambda _, *a, **k: unreachable(*a, **k))
                await deliver(speaker, turn, Place(7))
            assert tg.texts(7) == SEEN
            assert {call["method"] for call in tg.calls(chat_id=7)} == {"sendMessage"}  # no search: it never left

    asyncio.run(run())


def test_notices_edits_and_buttons(memory: Memory) -> None:
    async def run() -> None:
        async with hurried() as tg:
            speaker = delivery(tg, memory, Waits(read=0.6, settle=0.1, first=0.1, patience=1.0))
            question = tg.emulator.say(7, "?")["message_id"]
            speaker.note(7, question)
            tg.emulator.fault(method="sendMessage", kind="drop_after")
            notice = await speaker.say(Place(7), Message("hello", ((Button("x", "y"),),)), reply_to=question)
            assert notice
            assert await speaker.edit(Place(7), notice, Message("changed"))
            assert await speaker.edit(Place(7), notice, Message("changed"))
            assert not await speaker.edit(Place(7), notice + 100, Message("changed"))
            assert tg.texts(7) == ["changed"]
            tg.emulator.say(8, "?")
            tg.emulator.fault(method="sendMessage", code=429, parameters={"retry_after": 30})
            assert await speaker.say(Place(8), Message("late")) is None

            await speaker.edit(Place(7), notice, Message("changed", ((Button("x", "y"),),)))
            query = tg.emulator.press(7, "x")["callback_query_id"]
            await speaker.answer_callback(query, "t" * 300, alert=True)
            assert tg.emulator.callbacks[query]["answers"] == [{"text": "t" * 200, "show_alert": "true"}]
            await speaker.answer_callback("1")  # too old
            tg.emulator.fault(method="answerCallbackQuery", kind="hang")
            await speaker.answer_callback(query)

    asyncio.run(run())
