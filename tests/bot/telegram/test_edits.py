"""Questions that are edited: answered again in place, once, and only when they changed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from llmock.scenarios import Delay, Reply
from llmock.testing import LLMockServer
from running import OWNER, QUESTIONS, READER, Scene, emulated, running, settings_of_samples
from running import sample_store as sample_store
from slow_model import SAID, called, model_server, says, settings_of_model

from bot.telegram import answers
from retrieval.library import sync
from retrieval.settings import Settings

__all__ = ["model_server", "settings_of_model", "settings_of_samples"]

(TRADE, HOLDS), (WORKSHOP, PLACE), _ = QUESTIONS
LONG = [
    f"La section {n} du barrage de Toktogoul, {', '.join(f'vanne {n}{v:02}' for v in range(30))}, retient l’eau."
    for n in range(1, 13)
]


def ids(scene: Scene, chat: int) -> list[int]:
    """The bot's messages in a chat, by their ids."""
    return [m.data["message_id"] for m in scene.sent(chat)]


async def edited(scene: Scene, user: int, message: int, text: str, holds: str) -> None:
    """Edit a question and wait for what its answer must then hold."""
    scene.emulator.edit(user, message, text)
    await scene.until(lambda: holds in "\n".join(scene.texts(user)))


def test_an_edited_question_is_answered_again_in_place(stocked: Settings) -> None:
    """The answer's own message becomes the new answer, buttons included; nothing is sent."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            question = scene.emulator.say(READER, TRADE)["message_id"]
            assert HOLDS in await scene.reply(READER, 0)
            before = ids(scene, READER)
            await edited(scene, READER, question, WORKSHOP, PLACE)
            assert HOLDS not in scene.texts(READER)[0]
            assert ids(scene, READER) == before
            scene.emulator.press(READER, "[1]")
            assert PLACE in await scene.reply(READER, 1)

    asyncio.run(scenario())


def test_an_answer_that_grows_or_shrinks_is_still_in_its_place(
    model: LLMockServer, modelled: Settings, tmp_path: Path
) -> None:
    """More messages are added behind the first, and those that are no longer needed go."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    pupils = "Le lycée de Karakol a accueilli 240 élèves jeudi."
    (folder / "barrage.txt").write_text("Le barrage\n\n" + "\n\n".join(LONG), encoding="utf-8")
    (folder / "lycee.txt").write_text(f"Le lycée\n\n{pupils}", encoding="utf-8")
    model.state.scenarios.add(says(pupils), says(*LONG), says(pupils))
    settings = replace(modelled, home=tmp_path / "home")

    async def scenario() -> None:
        await asyncio.to_thread(sync, settings, [str(folder)])
        async with emulated() as server, running(server, settings) as scene:
            question = scene.emulator.say(READER, "Combien d'élèves le lycée de Karakol a-t-il accueillis ?")[
                "message_id"
            ]
            assert "240 élèves" in await scene.reply(READER, 0)
            (first,) = ids(scene, READER)
            await edited(scene, READER, question, "Que retient le barrage de Toktogoul du fleuve ?", "barrage")
            await scene.until(lambda: len(ids(scene, READER)) == 2)
            grown = ids(scene, READER)
            assert grown[0] == first
            await edited(scene, READER, question, "Le lycée de Karakol : combien d'élèves ?", "240 élèves")
            await scene.until(lambda: ids(scene, READER) == [first])
            assert "barrage" not in scene.texts(READER)[0]

    asyncio.run(scenario())


def test_a_question_edited_while_it_is_answered_is_answered_once(model: LLMockServer, modelled: Settings) -> None:
    """Only the answer to what the question is now appears; the model's answer to what it was is dropped."""
    model.state.scenarios.add(Delay(2.0), Reply(SAID[0]), Reply("L'atelier Luban se trouve à Oskemen."))

    async def scenario() -> None:
        async with emulated() as server, running(server, modelled) as scene:
            question = scene.emulator.say(READER, TRADE)["message_id"]
            await called(scene, model)
            scene.emulator.edit(READER, question, WORKSHOP)
            assert PLACE in await scene.reply(READER, 0)
            await asyncio.sleep(2.0)
            (message,) = scene.sent(READER)
            assert len(message.versions) == 1
            assert message.data["reply_to_message"]["message_id"] == question

    asyncio.run(scenario())


@pytest.mark.parametrize("stopped", [False, True])
def test_a_question_edited_before_its_turn_to_begin_is_answered(
    model: LLMockServer, modelled: Settings, monkeypatch: pytest.MonkeyPatch, stopped: bool
) -> None:
    """What waits behind the questions of others may be edited, or given up and then edited, like any other."""
    monkeypatch.setattr(answers, "BEGINNING", 1)
    monkeypatch.setattr(answers, "AT_ONCE", 0)
    monkeypatch.setattr(answers, "A_SECOND", 0.5)
    model.state.scenarios.add(Delay(3.0), says(SAID[0]), says("L'atelier Luban se trouve à Oskemen."))

    async def scenario() -> None:
        async with emulated() as server, running(server, modelled) as scene:
            scene.emulator.say(OWNER, TRADE)
            await called(scene, model)
            question = scene.emulator.say(READER, TRADE)["message_id"]
            await asyncio.sleep(0.5)  # it waits: OWNER's turn lasts two seconds
            if stopped:
                await scene.ask(READER, "/stop")
            scene.emulator.edit(READER, question, WORKSHOP)
            assert PLACE in await scene.reply(READER, int(stopped))

    asyncio.run(scenario())


def test_an_edit_that_changes_nothing_does_nothing(model: LLMockServer, modelled: Settings) -> None:
    """Telegram reports changes that nobody made: neither an answer under way nor one that was given starts again."""
    model.state.scenarios.add(Delay(1.0), Reply(SAID[0], times=None))

    async def scenario() -> None:
        async with emulated() as server, running(server, modelled) as scene:
            question = scene.emulator.say(READER, TRADE)["message_id"]
            await called(scene, model)
            scene.emulator.edit(READER, question, TRADE)
            await scene.reply(READER, 0)
            scene.emulator.edit(READER, question, TRADE)
            await asyncio.sleep(0.5)
            (message,) = scene.sent(READER)
            assert len(message.versions) == 1
            assert len(model.state.journal) == 1

    asyncio.run(scenario())


def test_what_was_never_a_question_does_not_become_one_by_an_edit(stocked: Settings) -> None:
    """Commands, and messages older than what is remembered, are not answered because they were edited."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            command = scene.emulator.say(READER, "/nouveau")["message_id"]
            await scene.reply(READER, 0)
            scene.emulator.edit(READER, command, TRADE)
            question = scene.emulator.say(READER, TRADE)["message_id"]
            await scene.reply(READER, 1)
            scene.emulator.edit(READER, question, "/stop")
            await asyncio.sleep(0.5)
            assert len(scene.texts(READER)) == 2
            assert HOLDS in scene.texts(READER)[1]

    asyncio.run(scenario())


def test_edits_of_several_people_keep_apart(stocked: Settings) -> None:
    """Each answer follows its own question, however the edits are mixed."""
    people = range(20, 26)

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked, readers=people) as scene:

            async def person(user: int) -> Any:
                first, second = (TRADE, WORKSHOP) if user % 2 else (WORKSHOP, TRADE)
                question = scene.emulator.say(user, first)["message_id"]
                await scene.reply(user, 0)
                await edited(scene, user, question, second, PLACE if user % 2 else HOLDS)
                (message,) = scene.sent(user)
                assert message.data["reply_to_message"]["message_id"] == question

            await asyncio.gather(*map(person, people))

    asyncio.run(scenario())
