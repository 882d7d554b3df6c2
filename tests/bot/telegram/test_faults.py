"""A whole bot while Telegram fails: every answer arrives, once, and nothing else does."""

from __future__ import annotations

import asyncio
from typing import Any

from running import OWNER, QUESTIONS, READER, Scene, emulated, running, settings_of_samples
from running import sample_store as sample_store

from bot.memory import Memory
from bot.telegram.delivery import Waits
from retrieval.settings import Settings

__all__ = ["settings_of_samples"]

QUICK = Waits(read=1.0, settle=0.3, first=0.1, most=0.6)
ASKED = QUESTIONS[:2]
CONTROL = 100  # a chat in which nothing fails
FLOOD = {"code": 429, "description": "Too Many Requests: retry after 1", "parameters": {"retry_after": 1}}
BROKEN: dict[str, dict[str, Any]] = {
    "too many requests": FLOOD,
    "bad gateway": {"kind": "bad_gateway"},
    "connection lost before": {"kind": "drop"},
    "connection lost after": {"kind": "drop_after"},
    "no answer": {"kind": "hang"},
    "server error": {"code": 500, "description": "Internal Server Error"},
}
SEVERAL: list[dict[str, Any]] = [FLOOD, {"kind": "bad_gateway"}, {"kind": "hang"}, {"kind": "drop_after"}]
SENDING: dict[str, list[dict[str, Any]]] = {
    **{f"{name}, first call": [fault] for name, fault in BROKEN.items()},
    "too many requests, last call": [FLOOD | {"skip": 1}],
    "connection lost after, last call": [{"kind": "drop_after", "skip": 1}],
    "one after another": SEVERAL,
    "while it is looked for": [
        {"kind": "drop_after"},
        *({"method": "editMessageText"} | fault for fault in SEVERAL[:3]),
    ],
}
TOO_OLD = {
    "code": 400,
    "description": "Bad Request: query is too old and response timeout expired or query ID is invalid",
}


def fail(scene: Scene, chat: int, method: str, *faults: dict[str, Any]) -> None:
    """Let calls about one chat fail."""
    for fault in faults:
        scene.emulator.fault(**{"method": method, "chat_id": chat, **fault})


def answered(scene: Scene, chats: dict[int, str], count: int) -> dict[str, int]:
    """The chats that lack messages, by the name of their fault, with how many they have."""
    return {name: len(scene.sent(chat)) for chat, name in chats.items() if len(scene.sent(chat)) < count}


def same_as_control(scene: Scene, chats: dict[int, str], versions: int = 1) -> None:
    """Each chat reads as the one in which nothing failed, and no message of another was touched or taken back."""
    wanted = scene.texts(CONTROL)
    for chat, name in chats.items():
        assert scene.texts(chat) == wanted, name
        ours = [m for m in scene.emulator.chats[chat].messages.values() if m.data["from"]["is_bot"]]
        assert [(len(m.versions), m.deleted) for m in ours] == [(versions, False)] * len(wanted), name


async def settled(scene: Scene) -> None:
    """Wait until every fault has happened, and a second longer, in which would come what should not."""
    await scene.until(lambda: not any(fault.times for fault in scene.emulator.faults), 45)
    await asyncio.sleep(1)


def test_every_fault_of_sending(stocked: Settings) -> None:
    """Whatever fails on the way, each question has its answer, once, in order, and as a quoted reply."""

    async def scenario() -> None:
        chats = {CONTROL: "nothing"} | {CONTROL + n: name for n, name in enumerate(SENDING, 1)}
        async with emulated(latency=0.02) as server, running(server, stocked, readers=chats, waits=QUICK) as scene:
            asked = dict[int, list[int]]()
            for chat, name in chats.items():
                fail(scene, chat, "sendMessage", *SENDING.get(name, ()))
                asked[chat] = [scene.emulator.say(chat, text)["message_id"] for text, _ in ASKED]
            await scene.until(lambda: not answered(scene, chats, len(ASKED)), 45)
            await settled(scene)
            same_as_control(scene, chats)
            for text, (_, found) in zip(scene.texts(CONTROL), ASKED, strict=True):
                assert found in text
            for chat, name in chats.items():
                assert [m.data["reply_to_message"]["message_id"] for m in scene.sent(chat)] == asked[chat], name

    asyncio.run(scenario())


def test_every_fault_of_editing(stocked: Settings) -> None:
    """An edited question is answered again in place, whatever fails; an answer that was deleted comes anew."""

    async def scenario() -> None:
        names = [*BROKEN, "one after another"]
        chats = {CONTROL: "nothing"} | {CONTROL + n: name for n, name in enumerate(names, 1)}
        gone, unmodified = 200, 201
        everybody = [*chats, gone, unmodified]
        async with emulated() as server, running(server, stocked, readers=everybody, waits=QUICK) as scene:
            (first, _), (second, found), *_ = QUESTIONS
            asked = {chat: scene.emulator.say(chat, first)["message_id"] for chat in everybody}
            await scene.until(lambda: all(scene.sent(chat) for chat in everybody))
            for chat, name in chats.items():
                fail(scene, chat, "editMessageText", *([BROKEN[name]] if name in BROKEN else SEVERAL))
                if chat == CONTROL:
                    scene.emulator.faults.clear()
                scene.emulator.edit(chat, asked[chat], second)
            scene.sent(gone)[0].deleted = True
            scene.emulator.edit(gone, asked[gone], second)
            scene.emulator.edit(unmodified, asked[unmodified], first.removesuffix(" ?"))
            await scene.until(lambda: all(found in "".join(scene.texts(chat)) for chat in [*chats, gone]), 45)
            await scene.until(lambda: scene.emulator.find("editMessageText", chat_id=unmodified))
            await settled(scene)
            same_as_control(scene, chats, versions=2)
            assert scene.texts(gone) == scene.texts(CONTROL)
            assert len(scene.sent(unmodified)) == 1
            assert len(scene.sent(unmodified)[0].versions) == 1
            await scene.ask(unmodified, second)  # and all goes on
            assert scene.texts(unmodified)[1:] == scene.texts(CONTROL)

    asyncio.run(scenario())


def test_every_fault_of_a_button(stocked: Settings) -> None:
    """A passage comes once, whether or not Telegram still wants to hear that the button was pressed."""

    async def scenario() -> None:
        kinds = {"too old": TOO_OLD, **BROKEN}
        chats = {CONTROL: "nothing"} | {CONTROL + n: name for n, name in enumerate(kinds, 1)}
        async with emulated() as server, running(server, stocked, readers=chats, waits=QUICK) as scene:
            for chat in chats:
                scene.emulator.say(chat, QUESTIONS[0][0])
            await scene.until(lambda: all(scene.sent(chat) for chat in chats))
            for chat, name in chats.items():
                query = scene.emulator.press(chat, "[1]")["callback_query_id"]
                if name in kinds:
                    fail(scene, chat, "sendMessage", *([] if name == "too old" else [kinds[name]]))
                    scene.emulator.fault(**{"method": "answerCallbackQuery", "contains": query, **kinds[name]})
            await scene.until(lambda: not answered(scene, chats, 2), 45)
            await settled(scene)
            same_as_control(scene, chats)

    asyncio.run(scenario())


def test_blocked_and_unblocked(stocked: Settings) -> None:
    """Who blocks the bot is marked and left alone; who unblocks it and asks is answered."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked, waits=QUICK) as scene:
            await scene.ask(READER, QUESTIONS[0][0])
            scene.emulator.say(READER, QUESTIONS[1][0])
            scene.emulator.block(READER)
            refused = lambda: [c for c in scene.emulator.find("sendMessage", chat_id=READER) if c["code"] == 403]  # noqa: E731
            await scene.until(refused)
            with Memory.open(stocked) as memory:
                await scene.until(lambda: memory.user(READER).unreachable)  # type: ignore[union-attr]
                await asyncio.sleep(1)
                assert len(refused()) == 1  # once is enough
                scene.emulator.block(READER, False)
                assert QUESTIONS[2][1] in await scene.ask(READER, QUESTIONS[2][0])
                assert len(scene.texts(READER)) == 2
                assert not memory.user(READER).unreachable  # type: ignore[union-attr]

    asyncio.run(scenario())


def test_a_group_that_became_a_supergroup(stocked: Settings) -> None:
    """The answer follows a group to its new id, once, and the group stays allowed there."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked, waits=QUICK) as scene:
            old, new = -500, -1000000000500
            scene.emulator.chat(old, "group")
            scene.emulator.say(OWNER, "@emulated_bot bonjour", chat_id=old)
            await scene.until(lambda: len(scene.sent(old)) == 2)  # the group is open now; and an answer
            scene.emulator.chat(new)
            fault = {
                "code": 400,
                "description": "Bad Request: group chat was upgraded to a supergroup chat",
                "times": -1,
            }
            fail(scene, old, "*", fault | {"parameters": {"migrate_to_chat_id": new}})
            scene.emulator.say(READER, f"/q {QUESTIONS[0][0]}", chat_id=old)
            assert QUESTIONS[0][1] in await scene.reply(new, 0)
            said = await scene.ask(READER, f"/q {QUESTIONS[1][0]}", chat_id=new)
            assert QUESTIONS[1][1] in said
            await asyncio.sleep(0.5)
            assert [len(scene.sent(chat)) for chat in (old, new)] == [2, 2]

    asyncio.run(scenario())
