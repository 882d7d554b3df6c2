"""Groups and topics: the bot answers who means it, where they are, and is silent otherwise."""

from __future__ import annotations

import asyncio
from typing import Any

from running import OWNER, QUESTIONS, READER, Scene, brisk, settings_of_samples
from running import sample_store as sample_store

from bot.memory import Memory
from retrieval.settings import Settings

__all__ = ["settings_of_samples"]

GROUP, STRANGER, ME = -1000000000500, 9, "@emulated_bot"
(TRADE, TRADED), (WORKSHOP, OSKEMEN), (SUMMIT, SAMARKAND) = QUESTIONS


def opened(settings: Settings, *groups: int) -> Settings:
    """The same settings, the groups allowed."""
    with Memory.open(settings) as memory:
        for group in groups:
            memory.allow_chat(group, "Group", OWNER)
    return settings


async def ignored(scene: Scene, chat: int = GROUP) -> None:
    """After a moment, nothing was said or shown in the chat."""
    before = len(scene.emulator.find(chat_id=chat))
    await asyncio.sleep(0.6)
    assert [call["method"] for call in scene.emulator.find(chat_id=chat)[before:]] == []


def test_who_is_meant(stocked: Settings) -> None:
    """A mention, a reply to the bot and /q are answered; talk, other bots' commands and replies to people are not."""

    async def scenario() -> None:
        settings = opened(stocked, GROUP)
        async with brisk(settings, readers=[STRANGER], privacy_mode=False) as scene:  # it hears all that is said
            scene.emulator.chat(GROUP)
            talk = [
                "Bonjour à tous",
                TRADE,
                f"/q@other_bot {TRADE}",
                "/start",
                f"emulated_bot {TRADE}",
                "@emulated_bots ?",
            ]
            for text in talk:
                scene.emulator.say(READER, text, chat_id=GROUP)
            said = scene.emulator.say(STRANGER, "Je ne sais pas", chat_id=GROUP)["message_id"]
            scene.emulator.say(READER, "Moi non plus", chat_id=GROUP, reply_to=said)
            await ignored(scene)
            meant = [(f"{ME} {TRADE}", TRADED), (f"/q {WORKSHOP}", OSKEMEN), (f"/q{ME} {SUMMIT}", SAMARKAND)]
            for text, found in meant:
                question = scene.emulator.say(READER, text, chat_id=GROUP)["message_id"]
                assert found in await scene.reply(GROUP, len(scene.texts(GROUP)))
                assert scene.sent(GROUP)[-1].data["reply_to_message"]["message_id"] == question
            mine = scene.sent(GROUP)[-1].data["message_id"]
            assert TRADED in await scene.ask(STRANGER, TRADE, chat_id=GROUP, reply_to=mine)
            shown = scene.emulator.chats[GROUP]
            assert {action["action"] for action in shown.actions} <= {"typing"}  # what is there at once needs none
            assert shown.drafts == []

    asyncio.run(scenario())


def test_with_privacy_mode(stocked: Settings) -> None:
    """With privacy mode the same is answered; a mention alone, or /q alone, is asked back."""

    async def scenario() -> None:
        async with brisk(opened(stocked, GROUP)) as scene:
            assert TRADED in await scene.ask(READER, f"{TRADE} {ME}", chat_id=GROUP)
            for text in (ME, "/q", f"/q{ME}"):
                assert await scene.ask(READER, text, chat_id=GROUP) == "Quelle est votre question\u00a0?"
            for text, start in (("/new", "C’est noté"), ("/aide", "Posez une question"), ("/stop", "Aucune réponse")):
                assert (await scene.ask(READER, text, chat_id=GROUP)).startswith(start)

    asyncio.run(scenario())


def test_is_that_so(stocked: Settings) -> None:
    """A mention in reply to somebody asks about what they said: "c'est vrai, ça ?"."""

    async def scenario() -> None:
        async with brisk(opened(stocked, GROUP), privacy_mode=False) as scene:
            claim = "L'atelier Luban du Kazakhstan se trouve à Oskemen."
            said = scene.emulator.say(STRANGER, claim, chat_id=GROUP)["message_id"]
            answer = await scene.ask(READER, f"{ME} c'est vrai, ça ?", chat_id=GROUP, reply_to=said)
            assert OSKEMEN in answer
            assert "vérifiée" in answer

    asyncio.run(scenario())


def test_topics(stocked: Settings) -> None:
    """An answer stays in its topic, each topic is a conversation, and what opens a topic is no reply to the bot."""

    async def scenario() -> None:
        async with brisk(opened(stocked, GROUP), privacy_mode=False) as scene:
            scene.emulator.chat(GROUP, topics=[3, 4])
            await scene.ask(READER, f"{ME} {TRADE}", chat_id=GROUP, thread_id=3)
            await scene.ask(READER, f"{ME} {WORKSHOP}", chat_id=GROUP, thread_id=4)
            await scene.ask(READER, f"{ME} Et en 2023 ?", chat_id=GROUP, thread_id=3)
            shown = [(m.data["message_thread_id"], m.data["text"]) for m in scene.sent(GROUP)]
            assert [topic for topic, _ in shown] == [3, 4, 3]
            assert shown[2][1].startswith("Compris")
            assert "31,5 milliards" in shown[2][1]
            opening: dict[str, Any] = {
                "message_id": 3,
                "date": 1,
                "chat": scene.emulator.chats[GROUP].info,
                "from": scene.emulator.bot,  # even a topic that the bot opened
                "forum_topic_created": {"name": "Commerce", "icon_color": 0},
            }
            scene.emulator.say(READER, WORKSHOP, chat_id=GROUP, thread_id=3, reply_to_message=opening)
            await ignored(scene)
            scene.emulator.press(READER, "[1]", chat_id=GROUP, message_id=scene.sent(GROUP)[0].data["message_id"])
            await scene.reply(GROUP, 3)
            assert scene.sent(GROUP)[-1].data["message_thread_id"] == 3
            assert {action["action"] for action in scene.emulator.chats[GROUP].actions} <= {"typing"}

    asyncio.run(scenario())


def test_a_group_is_closed_until_it_is_allowed(stocked: Settings) -> None:
    """A reader's mention asks the owner; once they accept, everybody is answered, whether known or not."""

    async def scenario() -> None:
        async with brisk(stocked) as scene:
            scene.emulator.say(OWNER, "/start")
            await scene.reply(OWNER, 0)
            told = await scene.ask(READER, f"{ME} {TRADE}", chat_id=GROUP)
            assert told.startswith("Je ne réponds pas encore dans ce groupe")
            asked = await scene.reply(OWNER, 1)
            assert "voudrait m’interroger" in asked
            scene.emulator.say(READER, f"{ME} {TRADE}", chat_id=GROUP)
            await ignored(scene)  # told once
            assert len(scene.texts(OWNER)) == 2
            scene.emulator.press(OWNER, "Accepter")
            assert (await scene.reply(GROUP, 1)).startswith("Ce groupe est autorisé")
            await scene.until(lambda: scene.texts(OWNER)[-1].startswith("✓ Groupe"))
            assert OSKEMEN in await scene.ask(STRANGER, f"/q {WORKSHOP}", chat_id=GROUP)
            told = await scene.ask(STRANGER, WORKSHOP)
            assert OSKEMEN not in told  # in private they are a stranger still

    asyncio.run(scenario())


def test_an_owner_opens_and_closes(stocked: Settings) -> None:
    """The owner's first mention opens a group, and is answered; /interdire@bot closes it, a reader's does not."""

    async def scenario() -> None:
        async with brisk(stocked) as scene:
            scene.emulator.say(STRANGER, f"{ME} {TRADE}", chat_id=GROUP)
            assert (await scene.reply(GROUP, 0)).startswith("I do not answer")  # in the language of who asks
            scene.emulator.say(OWNER, f"{ME} {TRADE}", chat_id=GROUP)
            await scene.until(lambda: len(scene.texts(GROUP)) == 3)
            assert scene.texts(GROUP)[1].startswith("Ce groupe est maintenant autorisé")
            assert TRADED in scene.texts(GROUP)[2]
            told = await scene.ask(READER, f"/interdire{ME}", chat_id=GROUP)
            assert told.startswith("Je ne connais pas cette commande")
            assert OSKEMEN in await scene.ask(READER, f"/q {WORKSHOP}", chat_id=GROUP)
            told = await scene.ask(OWNER, f"/interdire{ME}", chat_id=GROUP)
            assert told == "C’est noté\u00a0: je ne réponds plus dans ce groupe."
            scene.emulator.say(READER, f"/q {WORKSHOP}", chat_id=GROUP)
            await ignored(scene)

    asyncio.run(scenario())


def test_refused(stocked: Settings) -> None:
    """The owner refuses a group: it is told once, and nobody is answered there."""

    async def scenario() -> None:
        async with brisk(stocked) as scene:
            scene.emulator.say(OWNER, "/start")
            await scene.reply(OWNER, 0)
            await scene.ask(READER, f"{ME} {TRADE}", chat_id=GROUP)
            await scene.reply(OWNER, 1)
            scene.emulator.press(OWNER, "Refuser")
            assert (await scene.reply(GROUP, 1)).startswith("Mon propriétaire préfère")
            scene.emulator.say(READER, f"{ME} {TRADE}", chat_id=GROUP)
            await ignored(scene)

    asyncio.run(scenario())
