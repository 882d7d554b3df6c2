"""Drafts and "typing": never early, never queued, never in the way of the answer."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from itertools import pairwise
from typing import Any, cast

from emulator import Telegram, telegram

from bot.memory import Memory
from bot.rendering.telegram import Message
from bot.telegram.delivery import Delivery, Place, Waits

FAST = Waits(thinking=0, frame=0.3, typing=0.3, read=1.0, settle=0.2)


def delivery(tg: Telegram, waits: Waits = FAST) -> Delivery:
    return Delivery(tg.bot, cast(Memory, None), asyncio.to_thread, waits=waits)


def shown(tg: Telegram, chat_id: int) -> list[str]:
    return [draft["text"] for draft in tg.emulator.chats[chat_id].drafts]


def test_frames_keep_their_distance_and_the_latest_wins() -> None:
    async def run() -> None:
        async with telegram() as tg:
            tg.emulator.say(7, "?")
            draft = delivery(tg).draft(Place(7))
            began = time.monotonic()
            for n in range(40):
                await draft.show(f"<b>{n}</b>")
                await asyncio.sleep(0.025)
            took = time.monotonic() - began
            await draft.close()
            texts, at = shown(tg, 7), [d["at"] for d in tg.emulator.chats[7].drafts]
            assert 3 <= len(texts) <= took / 0.3 + 2
            assert texts == sorted(texts, key=int)
            # 0.3 s apart as they leave; they may arrive closer
            assert all(later - earlier >= 0.1 for earlier, later in pairwise(at))
            assert len({d["draft_id"] for d in tg.emulator.chats[7].drafts}) == 1
            assert all(call["ok"] for call in tg.calls())

    asyncio.run(run())


def test_unchanged_text_is_not_sent_again_and_nothing_after_the_end() -> None:
    async def run() -> None:
        async with telegram() as tg:
            tg.emulator.say(7, "?")
            speaker = delivery(tg)
            draft = speaker.draft(Place(7))
            for _ in range(30):
                await draft.show("the same")
                await asyncio.sleep(0.025)
            await draft.show("last")
            await draft.close()
            await draft.show("too late")
            await speaker.say(Place(7), Message("answer"))
            await asyncio.sleep(0.4)
            assert shown(tg, 7) == ["the same"]
            assert not tg.emulator.chats[7].live_drafts

    asyncio.run(run())


def test_a_refused_frame_is_dropped_and_delays_nothing() -> None:
    async def run() -> None:
        async with telegram() as tg:
            tg.emulator.say(7, "?")
            tg.emulator.fault(method="sendMessageDraft", code=429, parameters={"retry_after": 1})
            speaker = delivery(tg)
            draft = speaker.draft(Place(7))
            async with asyncio.timeout(20):
                while len(tg.calls("sendMessageDraft")) < 2:
                    await draft.show(f"{time.monotonic()}")
                    await asyncio.sleep(0.02)
                tg.emulator.fault(method="sendMessageDraft", code=429, parameters={"retry_after": 60})
                while len(tg.calls("sendMessageDraft")) < 3:
                    await draft.show(f"{time.monotonic()}")
                    await asyncio.sleep(0.02)
            await draft.close()
            closed = time.monotonic()
            assert await speaker.say(Place(7), Message("answer"))
            assert time.monotonic() - closed < 20  # not as long as the frame was told to wait
            calls = tg.calls("sendMessageDraft")
            assert calls[1]["at"] - calls[0]["at"] >= 1.0  # silent as long as told
            assert [call["ok"] for call in calls] == [False, True, False]
            assert not tg.calls("editMessageText")
            assert tg.texts(7) == ["answer"]

    asyncio.run(run())


def test_a_hanging_frame_delays_nothing() -> None:
    async def run() -> None:
        async with telegram() as tg:
            tg.emulator.say(7, "?")
            tg.emulator.fault(method="sendMessageDraft", kind="hang", times=-1)
            speaker = delivery(tg, replace(FAST, read=60.0))
            draft = speaker.draft(Place(7))
            started = time.monotonic()
            await draft.show("a")
            await draft.show("b")
            await asyncio.sleep(0.05)
            await draft.close()
            assert await speaker.say(Place(7), Message("answer"))
            assert time.monotonic() - started < 20
            await asyncio.sleep(0.2)
            assert tg.texts(7) == ["answer"]

    asyncio.run(run())


def test_a_slow_frame_does_not_appear_under_the_answer() -> None:
    async def run() -> None:
        async with telegram() as tg:
            tg.emulator.say(7, "?")
            tg.emulator.fault(method="sendMessageDraft", kind="delay", delay=0.1)
            speaker = delivery(tg)
            draft = speaker.draft(Place(7))
            await draft.show("a")
            await asyncio.sleep(0.05)
            await draft.close()
            await speaker.say(Place(7), Message("answer"))
            await asyncio.sleep(0.15)
            assert shown(tg, 7) == ["a"]
            assert not tg.emulator.chats[7].live_drafts

    asyncio.run(run())


def test_broken_frames_are_dropped_one_by_one() -> None:
    async def run() -> None:
        async with telegram() as tg:
            tg.emulator.say(7, "?")
            draft = delivery(tg).draft(Place(7))
            for text in ("<b>broken", "", "fine"):
                await draft.show(text)
                await asyncio.sleep(0.35)
            tg.emulator.fault(method="sendMessageDraft", kind="bad_gateway")
            for text in ("lost", "found"):
                await draft.show(text)
                await asyncio.sleep(0.35)
            await draft.close()
            assert [text for text in shown(tg, 7) if text] == ["fine", "found"]

    asyncio.run(run())


def test_the_shared_budget_of_drafts_and_typing_is_kept() -> None:
    async def run() -> None:
        async with telegram() as tg:
            for chat in (7, 8):
                tg.emulator.say(chat, "?")
            speaker = delivery(tg, Waits(thinking=0, frame=0.02, typing=0.2))

            async def busy(chat: int) -> None:
                draft = speaker.draft(Place(chat))
                async with speaker.typing(Place(chat)):
                    for n in range(100):
                        await draft.show(str(n))
                        await asyncio.sleep(0.015)
                await draft.close()

            await asyncio.gather(busy(7), busy(8))
            assert all(call["ok"] for call in tg.calls())
            assert len(tg.calls(chat_id=7)) == 18  # frames are dropped at the brink

    asyncio.run(run())


def test_groups_see_typing_only_and_once_at_a_time() -> None:
    async def run() -> None:
        async with telegram() as tg:
            tg.emulator.chat(-1000000000007, topics=[3])
            place = Place(-1000000000007, 3, private=False)
            speaker = delivery(tg)
            draft = speaker.draft(place)
            began = time.monotonic()
            async with speaker.typing(place):
                for n in range(20):
                    await draft.show(str(n))
                    await asyncio.sleep(0.05)
            took = time.monotonic() - began
            await draft.close()
            at = [action["at"] for action in tg.emulator.chats[place.chat_id].actions]
            assert 3 <= len(at) <= took / 0.3 + 2
            assert all(later - earlier >= 0.1 for earlier, later in pairwise(at))
            calls = tg.calls(chat_id=place.chat_id)
            assert {call["method"] for call in calls} == {"sendChatAction"}
            assert all(call["params"]["message_thread_id"] == "3" for call in calls)
            await asyncio.sleep(0.4)
            assert len(tg.calls(chat_id=place.chat_id)) == len(calls)

    asyncio.run(run())


def test_typing_survives_every_failure() -> None:
    async def run() -> None:
        async with telegram() as tg:
            tg.emulator.say(7, "?")
            faults: list[dict[str, Any]] = [
                {"kind": "drop"},
                {"kind": "bad_gateway"},
                {"code": 403, "description": "Forbidden: bot was blocked by the user"},
                {"code": 400, "description": "Bad Request: chat not found"},
            ]
            for fault in faults:
                tg.emulator.fault(method="sendChatAction", **fault)
            async with delivery(tg).typing(Place(7)):
                async with asyncio.timeout(20):
                    while len(tg.calls("sendChatAction")) < 6:
                        await asyncio.sleep(0.02)
            assert [call["ok"] for call in tg.calls("sendChatAction")][:6] == [False] * 4 + [True, True]

    asyncio.run(run())
