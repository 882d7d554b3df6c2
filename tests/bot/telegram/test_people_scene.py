"""People at the door of a whole bot: pairing, asking to be let in, quotas, erasing, languages, what it cannot read."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

from chat_server import chat_server
from llmock.testing import LLMockServer
from running import OWNER, QUESTIONS, READER, Scene, brisk, emulated, running, settings_of_samples
from running import sample_store as sample_store

from bot.telegram.texts import LANGUAGES, catalogue
from retrieval.settings import Secret, Settings

__all__ = ["settings_of_samples"]

STRANGER = 9
(TRADE, TRADED), (WORKSHOP, OSKEMEN), _ = QUESTIONS
FRENCH: dict[str, Any] = {"profile": {"language_code": "fr"}}


def code_of(said: list[str]) -> str:
    """The owner's code that the program printed."""
    found = re.search(r"code ([A-Z0-9]{8})\b", "\n".join(said))
    assert found is not None, said
    return found[1]


async def quiet(scene: Scene, *chats: int) -> None:
    """After a moment, nothing more was said there."""
    before = [len(scene.texts(chat)) for chat in chats]
    await asyncio.sleep(0.4)
    assert [len(scene.texts(chat)) for chat in chats] == before


def test_the_first_owner(stocked: Settings) -> None:
    """A new bot prints a code and a link; whoever sends the code owns it, wrong codes and later starts own nothing."""

    async def scenario() -> None:
        async with emulated() as server:
            async with running(server, stocked, people=False) as scene:
                code = code_of(scene.said)
                assert f"https://t.me/emulated_bot?start={code}" in "\n".join(scene.said)
                assert "propriétaire" in await scene.ask(STRANGER, "Bonjour", **FRENCH)
                wrong = "ABCDEFGH" if code != "ABCDEFGH" else "HGFEDCBA"
                assert await scene.ask(STRANGER, wrong) == "Ce code n’est pas le bon. Vérifiez-le et réessayez."
                assert "Ce code n’est pas" in await scene.ask(STRANGER, f"/start {wrong}")
                assert (await scene.ask(OWNER, code.lower(), **FRENCH)).startswith("Bienvenue\u00a0: vous êtes")
                assert TRADED in await scene.ask(OWNER, TRADE)
                await scene.until(lambda: any("@" not in c and f'"chat_id": {OWNER}' in c for c in menus(scene)))
                scene.emulator.say(STRANGER, code)
                await scene.until(lambda: len(scene.texts(OWNER)) == 3)  # the code is spent: they ask like anybody
            async with running(server, stocked, people=False) as scene:
                assert "code" not in "\n".join(scene.said)

    asyncio.run(scenario())


def menus(scene: Scene) -> list[str]:
    return [scope for scope, _ in scene.emulator.commands]


def test_pairing_by_link(stocked: Settings) -> None:
    """The printed link, which sends /start and the code, makes the owner too; guessing ends after five tries."""

    async def scenario() -> None:
        async with brisk(stocked, people=False) as scene:
            code = code_of(scene.said)
            for number in range(5):
                told = await scene.ask(STRANGER, f"/start AAAAAAA{'BCDEF'[number]}", **FRENCH)
                assert told.startswith("Ce code n’est pas")
            assert (await scene.ask(STRANGER, code)).startswith("Trop d’essais")
            assert (await scene.ask(OWNER, f"/start {code}", **FRENCH)).startswith("Bienvenue")

    asyncio.run(scenario())


def test_a_stranger_is_let_in(stocked: Settings) -> None:
    """A stranger gets a code, the owner is asked once; after Accept both are told, and questions are answered."""

    async def scenario() -> None:
        async with brisk(stocked) as scene:
            await scene.ask(OWNER, "/start")
            told = await scene.ask(STRANGER, TRADE, **FRENCH)
            found = re.search(r"\d{6}", told)
            assert found is not None
            assert TRADED not in told
            asked = await scene.reply(OWNER, 1)
            assert "Demande d’accès" in asked
            assert found[0] in asked
            scene.emulator.say(STRANGER, "Il y a quelqu'un ?")
            await quiet(scene, OWNER, STRANGER)
            scene.emulator.press(OWNER, "Accepter")
            assert (await scene.reply(STRANGER, 1)).startswith("Votre accès est ouvert")
            await scene.until(lambda: scene.texts(OWNER)[-1].startswith("✓ User9"))
            assert TRADED in await scene.ask(STRANGER, TRADE)
            told = await scene.ask(10, "Bonjour", **FRENCH)  # the code can also be told to the owner by other means
            assert "User10" in await scene.reply(OWNER, 2)
            code = re.search(r"\d{6}", told)
            assert code is not None
            assert (await scene.ask(OWNER, code[0])).startswith("✓ User10 peut")
            assert (await scene.reply(10, 1)).startswith("Votre accès est ouvert")

    asyncio.run(scenario())


def test_refused_and_blocked(stocked: Settings) -> None:
    """Who is refused is told once and then not answered; a reader who is blocked is not answered either."""

    async def scenario() -> None:
        async with brisk(stocked) as scene:
            await scene.ask(OWNER, "/start")
            await scene.ask(STRANGER, "Bonjour", **FRENCH)
            await scene.reply(OWNER, 1)
            scene.emulator.press(OWNER, "Refuser")
            assert await scene.reply(STRANGER, 1) == "Votre demande d’accès n’a pas été acceptée."
            scene.emulator.say(STRANGER, TRADE)
            await scene.ask(READER, TRADE)
            assert (await scene.ask(OWNER, f"/block {READER}")).startswith("User8 n’a plus accès")
            scene.emulator.say(READER, WORKSHOP)
            spinning = scene.emulator.press(READER, "[1]")["callback_query_id"]
            await quiet(scene, STRANGER, READER, OWNER)
            assert scene.emulator.callbacks[spinning]["answers"] == [{"show_alert": "false"}]  # no word with it
            assert (await scene.ask(OWNER, f"/allow {READER}")).startswith("User8 a maintenant accès")
            assert (await scene.reply(READER, 1)).startswith("Votre accès est ouvert")
            assert OSKEMEN in await scene.ask(READER, WORKSHOP)

    asyncio.run(scenario())


def test_questions_of_a_day(stocked: Settings) -> None:
    """After the day's questions a reader hears when it goes on; an owner is not limited."""

    async def scenario() -> None:
        settings = replace(stocked, daily_questions=2)
        async with brisk(settings) as scene:
            assert TRADED in await scene.ask(READER, TRADE)
            assert OSKEMEN in await scene.ask(READER, WORKSHOP)
            told = await scene.ask(READER, TRADE)
            assert "limite du jour (questions\u00a0: 2)" in told
            assert re.search(r"dans \d+\s+h\s+\d\d\s+min", told)
            for _ in range(3):
                assert TRADED in await scene.ask(OWNER, TRADE)
            assert "questions aujourd’hui\u00a0: 2" in await scene.ask(OWNER, "/users")

    asyncio.run(scenario())


def test_the_budget_of_a_day(stocked: Settings) -> None:
    """When the day's money is spent, answers are quotes, and say why."""

    async def scenario(model: LLMockServer) -> None:
        settings = replace(
            stocked,
            mode="model",
            openai_base_url=model.base_url(),
            openai_api_key=Secret("k"),
            chat_model="openai:test",
            prices="test=1000/1000",
            daily_cost_usd=0.01,
        )
        async with brisk(settings) as scene:
            assert "budget" not in await scene.ask(READER, TRADE)
            told = await scene.ask(READER, WORKSHOP)
            assert OSKEMEN in told
            assert "Le budget du modèle est épuisé." in told
            assert "mode extractif" in told

    with chat_server() as model:
        asyncio.run(scenario(model))


def test_to_be_forgotten(stocked: Settings) -> None:
    """/oublier asks, then erases; the buttons of old answers say that there is nothing left."""

    async def scenario() -> None:
        async with brisk(stocked) as scene:
            await scene.ask(READER, TRADE)
            answer = scene.sent(READER)[0].data["message_id"]
            assert (await scene.ask(READER, "/oublier")).startswith("Effacer tout")
            scene.emulator.press(READER, "Ne rien effacer")
            await scene.until(lambda: scene.texts(READER)[-1] == "Rien n’a été effacé.")
            await scene.ask(READER, "/forget")
            scene.emulator.press(READER, "Tout effacer")
            await scene.until(lambda: scene.texts(READER)[-1].startswith("C’est effacé"))
            assert "(1)" in scene.texts(READER)[-1]
            assert "User8" not in await scene.ask(OWNER, "/users")
            # they must ask for access again; once they have it, the old buttons say that the answer is gone
            await scene.ask(OWNER, f"/allow {READER}")
            query = scene.emulator.press(READER, "[1]", message_id=answer)["callback_query_id"]
            await scene.until(lambda: scene.emulator.callbacks[query]["answers"])
            assert scene.emulator.callbacks[query]["answers"][0]["text"] == catalogue("en")("button_gone")

    asyncio.run(scenario())


def test_languages(stocked: Settings) -> None:
    """/langue changes the texts, the answer's too; menus and descriptions are published in four languages."""

    async def scenario() -> None:
        people = {101: ("zh", "中文"), 102: ("ru", "Русский"), 103: ("en", "English")}
        async with brisk(stocked, readers=people) as scene:
            for user, (code, name) in people.items():
                assert await scene.ask(user, "/language") == catalogue("fr")("language_choose")
                scene.emulator.press(user, name)
                await scene.until(lambda u=user, c=code: scene.texts(u) == [catalogue(c)("language_chosen")])  # type: ignore[misc]
                assert await scene.ask(user, "/rien") == catalogue(code)("owner_unknown_command")
            assert "verified" in await scene.ask(103, TRADE)
            kinds = ('{"type": "all_private_chats"}', '{"type": "all_group_chats"}')
            commands: dict[Any, Any] = scene.emulator.commands
            await scene.until(lambda: all((kind, code) in commands for kind in kinds for code in ("", *LANGUAGES)))
            named = {code: {c["command"] for c in commands[kinds[0], code]} for code in LANGUAGES}
            assert {"nouveau", "aide", "langue", "oublier"} <= named["fr"]
            assert {"new", "help", "language", "forget"} <= named["ru"]
            words = {commands[kinds[0], code][0]["description"] for code in LANGUAGES}
            assert len(words) == 4
            described = [(f, code) for f in ("description", "short_description") for code in ("", "fr", "ru", "zh")]
            await scene.until(lambda: all(key in scene.emulator.profile for key in described))  # the default is English
            assert len({scene.emulator.profile[key] for key in described}) == 8

    asyncio.run(scenario())


def test_what_it_cannot_read(stocked: Settings) -> None:
    """A voice message, a sticker, an album each get one polite line; an unknown command too."""

    async def scenario() -> None:
        async with brisk(stocked) as scene:
            file = {"file_id": "x", "file_unique_id": "y"}
            photo = [{**file, "width": 9, "height": 9}]
            sticker = {**file, "type": "regular", "width": 9, "height": 9, "is_animated": False, "is_video": False}
            assert "messages vocaux" in await scene.ask(READER, "", voice={**file, "duration": 3})
            assert (await scene.ask(READER, "", sticker=sticker)).startswith("Merci")
            for _ in range(4):
                scene.emulator.say(READER, photo=photo, media_group_id="1")
            assert "images" in await scene.reply(READER, 2)
            await quiet(scene, READER)
            for text in ("/stats", "/nothing"):  # an owner's command does not exist for others
                assert await scene.ask(READER, text) == catalogue("fr")("owner_unknown_command")

    asyncio.run(scenario())


def test_inline_mode(stocked: Settings) -> None:
    """Who may ask finds passages as they type; a stranger gets a button to the bot, and becomes nobody's business."""

    async def scenario() -> None:
        async with brisk(stocked) as scene:
            found = await inline(scene, READER, "atelier Luban")
            results = found["results"]
            assert results[0]["title"] == "Répondre à cette question"
            assert any(OSKEMEN in r["input_message_content"]["message_text"] for r in results[1:])
            assert len((await inline(scene, READER, "zz"))["results"]) == 0
            found = await inline(scene, STRANGER, "atelier Luban")
            assert found["results"] == []
            assert "start_parameter" in found["button"]
            assert "User9" not in await scene.ask(OWNER, "/users")

    asyncio.run(scenario())


async def inline(scene: Scene, user: int, text: str) -> dict[str, Any]:
    """Type "@bot text" somewhere: what Telegram shows."""
    query = scene.emulator.inline(user, text)["query_id"]
    answer: dict[str, Any] = await scene.until(lambda: scene.emulator.inline_queries[query]["answer"])
    return answer
