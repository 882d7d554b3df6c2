"""A conversation in private: an answer and its sources, passages, feedback, follow-ups, a new start."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from running import QUESTIONS, READER, SAMPLES, Scene, emulated, running, settings_of_samples
from running import sample_store as sample_store

from bot.memory import Memory, Turn
from retrieval.library import Library, sync
from retrieval.settings import Settings

__all__ = ["settings_of_samples"]

TRADE, HOLDS = QUESTIONS[0]
QUOTE = (
    "Les échanges entre la Chine et le Kazakhstan ont représenté plus de 31 milliards de dollars en 2022, "
    "d’après les douanes chinoises, contre environ 25,2 milliards l’année précédente."
)


def plain(text: str) -> str:
    """Text with ordinary spaces."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def buttons(message: Any) -> dict[str, str]:
    """The buttons of a message: what they give the bot, by their labels."""
    rows = message.data.get("reply_markup", {}).get("inline_keyboard", [])
    return {button["text"]: button.get("callback_data", "") for row in rows for button in row}


def follow_ups(message: Any) -> list[tuple[str, str]]:
    """The buttons that offer a question."""
    return [(label, data) for label, data in buttons(message).items() if data.startswith("q:")]


def part(message: Any, kind: str) -> list[str]:
    """The pieces of a message's text that an entity of that kind marks."""
    raw = message.data["text"].encode("utf-16-le")
    found = [e for e in message.data.get("entities", []) if e["type"] == kind]
    return [raw[2 * e["offset"] : 2 * (e["offset"] + e["length"])].decode("utf-16-le") for e in found]


async def press(scene: Scene, label: str, message: Any, user: int = READER) -> str:
    """Press a button; what Telegram shows on top of the chat."""
    data = buttons(message)[label]
    told = scene.emulator.press(user, data, chat_id=message.data["chat"]["id"], message_id=message.data["message_id"])
    query = scene.emulator.callbacks[told["callback_query_id"]]
    await scene.until(lambda: query["answers"])
    assert len(query["answers"]) == 1
    return plain(query["answers"][0].get("text", ""))


async def turns(settings: Settings, chat: int) -> list[Turn]:
    """The answered turns of a chat."""

    def read() -> list[Turn]:
        memory = Memory.open(settings)
        try:
            return memory.history(chat, None, limit=20)
        finally:
            memory.close()

    return await asyncio.to_thread(read)


def test_an_answer_quotes_the_question_and_proves_each_sentence(stocked: Settings) -> None:
    """A reply to the question: marks behind the sentences, a verdict, the cited sources alone, dates, buttons."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            text = await scene.ask(READER, TRADE)
            (message,) = scene.sent(READER)
            assert message.data["reply_to_message"]["text"] == TRADE
            period, body, verdict, sources, dates = plain(text).split("\n\n")
            assert period == "Période privilégiée : 2022"
            assert QUOTE + " [1]" in body
            title, *cited = sources.split("\n")
            assert title == "Sources"
            marks = [f"[{n}]" for n in range(1, len(cited) + 1)]
            assert len(marks) >= 2
            assert body.rstrip().endswith(marks[-1])
            n = len(cited)
            assert verdict == f"✓ {n}/{n} phrases vérifiées · mode extractif : citations mot pour mot"
            assert [line[:3] for line in cited] == marks
            assert cited[0] == (
                "[1] Chine et Kazakhstan au-dessus de 31 milliards de dollars · La Gazette des steppes · 6 février 2023"
            )
            assert dates == "Source la plus récente : 6 février 2023 · dernier article du corpus : 18 juin 2025"
            labels = list(buttons(message))
            assert labels[: n + 2] == [*marks, "👍", "👎"]
            assert labels[n + 4 :] == ["Toutes les dates"]  # behind two follow-up questions
            assert "Compris" not in text

    asyncio.run(scenario())


def test_what_the_articles_do_not_say_is_said_to_be_missing(stocked: Settings) -> None:
    """No source, no verdict, no marks: what was not found, and the nearest articles."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            text = await scene.ask(READER, "Quel est le PIB du Brésil ?")
            assert text.startswith("Je n’ai pas trouvé de quoi répondre dans les articles.")
            assert "Articles les plus proches" in text
            assert "[1]" not in text
            assert list(buttons(scene.sent(READER)[-1])) == ["👍", "👎"]

    asyncio.run(scenario())


def test_a_passage_shows_the_quote_in_bold_between_its_neighbours(stocked: Settings) -> None:
    """[1] replies to the answer: title, date, an expandable blockquote, in it the quote in bold, as in the article."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            await scene.ask(READER, TRADE)
            answer = scene.sent(READER)[-1]
            assert await press(scene, "[1]", answer) == ""
            await scene.reply(READER, 1)
            passage = scene.sent(READER)[-1]
            assert passage.data["reply_to_message"]["message_id"] == answer.data["message_id"]
            head = (
                "[1] Chine et Kazakhstan au-dessus de 31 milliards de dollars\nLa Gazette des steppes · 6 février 2023"
            )
            assert passage.data["text"].startswith(head)
            (quoted,) = part(passage, "expandable_blockquote")
            before, quote, after = quoted.partition(QUOTE)
            article = (SAMPLES / "2023-02-06-commerce-2022.md").read_text(encoding="utf-8")
            assert quote in part(passage, "bold")[-1]
            assert part(passage, "bold")[-1].strip() in article
            assert quoted.strip() in article
            assert "Jamais les deux voisins" in before or "Jamais les deux voisins" in quote
            assert "La progression est de 23,6 %." in plain(after)

    asyncio.run(scenario())


@pytest.mark.parametrize(("removed", "said"), [(False, "a changé depuis"), (True, "n’est plus dans le corpus")])
def test_a_passage_outlives_its_article(settings: Settings, tmp_path: Path, removed: bool, said: str) -> None:
    """Where the article changed or was removed since, the passage says so, and shows what was quoted."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for source in SAMPLES.glob("2023*"):
        (folder / source.name).write_bytes(source.read_bytes())
    changing = folder / "2023-02-06-commerce-2022.md"

    async def scenario() -> None:
        await asyncio.to_thread(sync, settings, [str(folder)])
        async with emulated() as server, running(server, settings) as scene:
            await scene.ask(READER, TRADE)
            answer = scene.sent(READER)[-1]
            if removed:
                changing.unlink()
            else:
                text = changing.read_text(encoding="utf-8").replace("Jamais les deux", "Rectifié : jamais les deux")
                changing.write_text(text.replace("plus de 31 milliards", "près de 31 milliards"), encoding="utf-8")
            await asyncio.to_thread(sync, settings, [str(folder)])
            await press(scene, "[1]", answer)
            text = await scene.reply(READER, 1)
            assert said in text
            assert QUOTE in part(scene.sent(READER)[-1], "bold")[-1]
            assert "près de 31" not in text

    asyncio.run(scenario())


def test_a_thumb_counts_and_the_same_again_takes_it_back(stocked: Settings) -> None:
    """👍, 👎 instead, 👎 again: thanked for, noted, taken back; each is kept as it was given."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            await scene.ask(READER, TRADE)
            answer = scene.sent(READER)[-1]
            seen = []
            for label in ("👍", "👎", "👎"):
                said = await press(scene, label, answer)
                seen.append((said, (await turns(stocked, READER))[-1].feedback))
            assert seen == [
                ("Merci !", 1),
                ("Merci, je le note : cela aidera à m’améliorer.", -1),
                ("Avis retiré.", 0),
            ]
            assert len(scene.texts(READER)) == 1  # nothing was said in the chat

    asyncio.run(scenario())


def test_the_thumbs_of_a_group_are_counted_by_person(stocked: Settings) -> None:
    """Somebody else than the asker gives a thumb and takes it back; the asker's stays."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked, readers=[9]) as scene:
            group = -1000000000700
            scene.emulator.chat(group)
            with Memory.open(stocked) as memory:
                memory.allow_chat(group, "Group", 7)
                await scene.ask(READER, f"/q {TRADE}", chat_id=group)
                answer = scene.sent(group)[-1]
                assert await press(scene, "👍", answer) == "Merci !"
                assert await press(scene, "👎", answer, 9) == "Merci, je le note : cela aidera à m’améliorer."
                assert len(memory.disliked()) == 1
                assert await press(scene, "👎", answer, 9) == "Avis retiré."
                assert memory.disliked() == []
                assert (await turns(stocked, group))[-1].feedback == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("topic", [None, 5])
def test_the_buttons_of_a_message_too_old_for_telegram_to_show(stocked: Settings, topic: int | None) -> None:
    """Of an old message Telegram tells only chat and number: the passage opens all the same, in its topic."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            chat = -1000000000701 if topic else READER
            if topic:
                scene.emulator.chat(chat, topics=[topic])
                with Memory.open(stocked) as memory:
                    memory.allow_chat(chat, "Group", 7)
            fields = {"chat_id": chat, "thread_id": topic} if topic else {}
            await scene.ask(READER, f"/q {TRADE}", **fields)
            answer = scene.sent(chat)[-1]
            known = {"chat": answer.data["chat"], "message_id": answer.data["message_id"], "date": 0}
            for data in (buttons(answer)["[1]"], follow_ups(answer)[0][1]):
                query = {"id": data, "from": {"id": READER, "is_bot": False, "first_name": "R"}, "chat_instance": "1"}
                before = len(scene.sent(chat))
                scene.emulator.update("callback_query", {**query, "message": known, "data": data})
                await scene.reply(chat, before)
                said = scene.sent(chat)[-1].data
                assert said["reply_to_message"]["message_id"] == known["message_id"]
                assert said.get("message_thread_id") == topic
            assert "[1] Chine et Kazakhstan" in scene.texts(chat)[1]
            assert scene.texts(chat)[2].startswith("❓")

    asyncio.run(scenario())


def test_a_reaction_counts_as_a_thumb(stocked: Settings) -> None:
    """👎 on the answer is kept, ❤ counts as 👍, taking it away takes it back; on the question it is nothing."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            await scene.ask(READER, TRADE)
            answer = scene.sent(READER)[-1].data
            question = answer["reply_to_message"]["message_id"]
            for emoji, value in ((["👎"], -1), (["❤"], 1), ([], 0), (["👍", "🔥"], 1)):
                assert scene.emulator.react(READER, answer["message_id"], emoji)["delivered"]
                for _ in range(250):
                    if (await turns(stocked, READER))[-1].feedback == value:
                        break
                    await asyncio.sleep(0.02)
                else:
                    raise AssertionError(f"{emoji} did not become {value}")
            scene.emulator.react(READER, question, ["👎"])
            scene.emulator.react(READER, answer["message_id"], ["👍"])
            await asyncio.sleep(0.3)
            assert (await turns(stocked, READER))[-1].feedback == 1

    asyncio.run(scenario())


def test_a_follow_up_shows_how_it_was_understood(stocked: Settings) -> None:
    """« Et en 2023 ? » is answered for the question before it, and says so; /nouveau and /new end that."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked, readers=[9]) as scene:

            async def follows(user: int, command: str) -> None:
                assert HOLDS in await scene.ask(user, TRADE)
                text = await scene.ask(user, "Et en 2023 ?")
                assert plain(text).startswith(f"Compris : {TRADE.replace('2022', '2023')}\n")
                assert "31,5 milliards" in text
                assert plain(await scene.ask(user, command)) == "C’est noté : on repart de zéro."
                assert "Compris" not in await scene.ask(user, "Et en 2023 ?")

            await asyncio.gather(follows(READER, "/nouveau"), follows(9, "/new"))

    asyncio.run(scenario())


def test_a_reply_to_an_old_answer_resumes_it(stocked: Settings) -> None:
    """The same words follow the answer that they reply to, or without a reply the latest."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            await scene.ask(READER, TRADE)
            old = scene.sent(READER)[-1].data["message_id"]
            await scene.ask(READER, QUESTIONS[1][0])
            text = await scene.ask(READER, "Et en 2021 ?", reply_to=old)
            assert plain(text).startswith(f"Compris : {TRADE.replace('2022', '2021')}")
            text = await scene.ask(READER, "Et en 2023 ?")  # goes on from there
            assert plain(text).startswith(f"Compris : {TRADE.replace('2022', '2023')}")
            text = await scene.ask(READER, "Et en 2023 ?", reply_to=old + 2)
            assert plain(text).startswith(f"Compris : {QUESTIONS[1][0].rstrip(' ?')}, en 2023 ?")

    asyncio.run(scenario())


def test_a_follow_up_button_asks_its_question(stocked: Settings) -> None:
    """The question that was pressed stands above its answer, which replies to the answer that offered it."""

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            await scene.ask(READER, TRADE)
            offering = scene.sent(READER)[-1]
            label = follow_ups(offering)[0][0]
            await press(scene, label, offering)
            text = await scene.reply(READER, 1)
            with Library.open(stocked) as library:
                titles = [a.title for a in library.newest(0, 50)]
            question = text.split("\n")[0]
            assert question.startswith("❓ Que dit l’article «\u00a0")
            # its own quotation marks may be others inside those of the question
            assert any(re.sub(r"\W+", "", title) in re.sub(r"\W+", "", question) for title in titles)
            assert "✓" in text
            assert scene.sent(READER)[-1].data["reply_to_message"]["message_id"] == offering.data["message_id"]
            assert (await turns(stocked, READER))[-1].question == question.removeprefix("❓ ")

    asyncio.run(scenario())


def test_a_button_of_an_answer_that_is_no_longer_kept_says_so(stocked: Settings) -> None:
    """Once an answer's time is over, its buttons neither spin nor fail."""

    def expire() -> None:
        memory = Memory.open(stocked)
        assert memory.expire(datetime.now(UTC) + timedelta(days=1)) == 1
        memory.close()

    async def scenario() -> None:
        async with emulated() as server, running(server, stocked) as scene:
            await scene.ask(READER, TRADE)
            answer = scene.sent(READER)[-1]
            await asyncio.to_thread(expire)
            for label in ("[1]", "👍", list(buttons(answer))[4]):
                assert await press(scene, label, answer) == "Cette réponse n’est plus dans ma mémoire."
            assert len(scene.texts(READER)) == 1

    asyncio.run(scenario())
