"""While a model writes: drafts, "typing", other chats, order, /stop; and a model that fails."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import replace

import pytest
from llmock.scenarios import Behavior, Delay, Fail, SlowFirstToken
from llmock.testing import LLMockServer
from running import OWNER, QUESTIONS, READER, emulated, running, settings_of_samples
from running import sample_store as sample_store
from slow_model import SAID, breaks, called, drafts, model_server, nothing_more, says, settings_of_model, stalls

from retrieval.settings import Settings

__all__ = ["model_server", "settings_of_model", "settings_of_samples"]

(TRADE, HOLDS), (WORKSHOP, PLACE), _ = QUESTIONS
UNKNOWN = "Xyzzy plugh ?"  # no article has a word of it: no model is asked
NOT_FOUND = "Je n’ai pas trouvé"
HANGS = Delay(30.0)


def test_an_answer_is_seen_to_grow_and_comes_once(model: LLMockServer, modelled: Settings) -> None:
    """In private: drafts at least a second apart, each longer than the last, then one message with all of it."""
    model.state.scenarios.add(says(*SAID), SlowFirstToken(0.8), stalls(2.5, *SAID[:3]))

    async def scenario() -> None:
        async with emulated() as server, running(server, modelled) as scene:
            text = await scene.ask(READER, TRADE)
            frames = drafts(scene, READER)
            shown = [frame["text"] for frame in frames if frame["text"]]
            assert len({frame["draft_id"] for frame in frames}) == 1
            assert shown == sorted(set(shown), key=len)
            assert SAID[0] in shown[0]
            assert SAID[2] in shown[-1]
            # a second apart as they leave; on a busy machine they may arrive closer
            assert all(b["at"] - a["at"] > 0.5 for a, b in itertools.pairwise(frames))
            assert all(sentence in text for sentence in SAID)
            assert "rédigé par test" in text
            await nothing_more(scene, READER, 1, 0.5)
            assert drafts(scene, READER) == frames
            assert scene.emulator.transcript(READER)["live_drafts"] == []

    asyncio.run(scenario())


def test_the_first_sentence_is_shown_though_no_second_follows(model: LLMockServer, modelled: Settings) -> None:
    """A sentence that was there at once is shown while the model is silent, and a quick answer never flickers."""
    model.state.scenarios.add(says(*SAID[:2], times=2), stalls(2.5, SAID[0]))

    async def scenario() -> None:
        async with emulated() as server, running(server, modelled) as scene:
            await scene.ask(READER, TRADE)
            first = drafts(scene, READER)[0]["text"]
            assert SAID[0] in first
            assert SAID[1] not in first
            await scene.ask(OWNER, TRADE)
            assert drafts(scene, OWNER) == []

    asyncio.run(scenario())


def test_in_a_group_typing_is_shown_and_nothing_else(model: LLMockServer, modelled: Settings) -> None:
    """No drafts, no message that is edited as it grows."""
    model.state.scenarios.add(says(*SAID), stalls(2.0, *SAID[:2]))
    group = -1001

    async def scenario() -> None:
        async with emulated() as server, running(server, modelled) as scene:
            scene.emulator.chat(group, topics=[5])
            scene.emulator.say(OWNER, "/q@emulated_bot " + TRADE, chat_id=group, thread_id=5)
            await scene.until(lambda: any(SAID[3] in text for text in scene.texts(group)))
            actions = scene.emulator.find("sendChatAction", chat_id=group)
            assert {(call["params"]["action"], call["params"]["message_thread_id"]) for call in actions} == {
                ("typing", "5")
            }
            assert scene.emulator.find("sendMessageDraft") == []
            answer = next(m for m in scene.sent(group) if SAID[3] in m.data["text"])
            assert len(answer.versions) == 1
            assert answer.data["message_thread_id"] == 5

    asyncio.run(scenario())


def test_a_slow_answer_delays_no_other_chat(model: LLMockServer, modelled: Settings) -> None:
    """While one person waits for the model, others are answered as if nobody did."""
    model.state.scenarios.add(Delay(6.0), says(SAID[0], times=None))
    people = range(20, 26)

    async def scenario() -> None:
        async with emulated() as server, running(server, modelled, readers=people) as scene:
            began = time.monotonic()
            scene.emulator.say(READER, TRADE)
            await called(scene, model)

            async def quick(user: int) -> float:
                asked = time.monotonic()
                await scene.ask(user, UNKNOWN if user % 2 else TRADE)
                return time.monotonic() - asked

            waits = await asyncio.gather(*map(quick, people))
            assert max(waits) < 6.0
            assert scene.texts(READER) == []
            assert HOLDS in await scene.reply(READER, 0)
            assert time.monotonic() - began > 6.0

    asyncio.run(scenario())


def test_questions_sent_at_once_are_answered_in_order(model: LLMockServer, modelled: Settings) -> None:
    """The first is the slowest; the second waits for it, and so does the third, which needs no model."""
    model.state.scenarios.add(Delay(1.5), says(SAID[0]), says("L'atelier Luban se trouve à Oskemen."))

    async def scenario() -> None:
        async with emulated() as server, running(server, modelled) as scene:
            asked = [scene.emulator.say(READER, text)["message_id"] for text in (TRADE, WORKSHOP, UNKNOWN)]
            await scene.reply(READER, 2)
            texts = scene.texts(READER)
            assert [holds in text for holds, text in zip((HOLDS, PLACE, NOT_FOUND), texts, strict=True)] == [True] * 3
            assert [m.data["reply_to_message"]["message_id"] for m in scene.sent(READER)] == asked

    asyncio.run(scenario())


@pytest.mark.parametrize("behavior", [HANGS, stalls(30.0, SAID[0])])
def test_stop_ends_an_answer_at_once(model: LLMockServer, modelled: Settings, behavior: Behavior) -> None:
    """Though the model hangs: it says so, no answer comes later, those that waited are not begun, the next works."""
    model.state.scenarios.add(behavior, says(*SAID[:2], times=None))

    async def scenario() -> None:
        async with emulated() as server, running(server, modelled) as scene:
            scene.emulator.say(READER, TRADE)
            scene.emulator.say(READER, WORKSHOP)
            await called(scene, model)
            await asyncio.sleep(0.3)
            asked = time.monotonic()
            assert await scene.ask(READER, "/stop") == "Arrêté."
            assert time.monotonic() - asked < 10
            await nothing_more(scene, READER, 1, 0.7)
            assert HOLDS in await scene.ask(READER, TRADE)
            assert await scene.ask(READER, "/stop") == "Aucune réponse en cours."
            assert len(scene.texts(READER)) == 3
            assert scene.emulator.transcript(READER)["live_drafts"] == []

    asyncio.run(scenario())


def test_a_question_that_was_stopped_is_answered_when_it_is_edited(model: LLMockServer, modelled: Settings) -> None:
    """/stop gives up an answer, not its question for ever."""
    model.state.scenarios.add(HANGS, says("L'atelier Luban se trouve à Oskemen."))

    async def scenario() -> None:
        async with emulated() as server, running(server, modelled) as scene:
            question = scene.emulator.say(READER, TRADE)["message_id"]
            await called(scene, model)
            await scene.ask(READER, "/stop")
            scene.emulator.edit(READER, question, WORKSHOP)
            assert PLACE in await scene.reply(READER, 1)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("behaviors", "notice"),
    [
        ([Fail(500)], "Le modèle qui rédige a rencontré un problème."),
        ([Fail(401)], "Le modèle qui rédige n’est pas disponible pour l’instant."),
        ([Delay(5.0), says(SAID[0])], "Le modèle a mis trop de temps à répondre."),
        ([says("Le commerce a atteint 99 milliards de dollars en 2022.")], "ne se trouvait pas dans les articles"),
    ],
)
def test_a_failing_model_gives_quotes_and_says_so(
    model: LLMockServer, modelled: Settings, behaviors: list[Behavior], notice: str
) -> None:
    """The extractive answer, with a line on why; no word of how it failed."""
    model.state.scenarios.add(*behaviors)
    settings = replace(modelled, model_timeout=1.0, deadline=2.0)

    async def scenario() -> None:
        async with emulated() as server, running(server, settings) as scene:
            await scene.ask(OWNER, "Bonjour")
            text = await scene.ask(READER, TRADE)
            assert HOLDS in text
            assert "mode extractif" in text
            assert notice in text
            if behaviors == [Fail(401)]:  # no waiting mends that: the owner hears at once, and what to do
                assert "OPENAI_API_KEY" in await scene.reply(OWNER, 1)
            await nothing_more(scene, READER, 1, 0.3)

    asyncio.run(scenario())


def test_a_model_that_breaks_off_leaves_what_was_proven(model: LLMockServer, modelled: Settings) -> None:
    """The sentences before the break are the answer, and a line says that it is not whole."""
    model.state.scenarios.add(says(*SAID), breaks(SAID[0]))

    async def scenario() -> None:
        async with emulated() as server, running(server, modelled) as scene:
            text = await scene.ask(READER, TRADE)
            assert SAID[0] in text
            assert SAID[3] not in text
            assert "Le modèle n’a pas pu finir." in text

    asyncio.run(scenario())


def test_the_same_question_again_asks_no_model(model: LLMockServer, modelled: Settings) -> None:
    """Within a conversation it is answered from memory, and says so; after /new, or in extractive mode, as ever."""
    model.state.scenarios.add(says(SAID[0], times=None))

    async def scenario() -> None:
        async with emulated() as server, running(server, modelled) as scene:
            first = await scene.ask(READER, TRADE)
            assert SAID[0] in first
            again = await scene.ask(READER, TRADE.lower())
            assert SAID[0] in again
            assert "Même question, mêmes articles" in again
            assert "Même question" not in first
            once_more = await scene.ask(READER, TRADE)
            assert "Même question, mêmes articles" in once_more
            assert len(model.state.journal) == 1
            await scene.ask(READER, "/new")
            assert "Même question" not in await scene.ask(READER, TRADE)
            assert len(model.state.journal) == 2

    asyncio.run(scenario())
