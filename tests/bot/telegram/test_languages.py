"""Languages, first words and menus."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from emulator import load, telegram
from reception import GROUP, OWNER, READER, Reception, person, pressed, reception, written

from bot.telegram import languages
from bot.telegram.languages import GROUPS, OWNERS, PRIVATE, on_help, on_language, on_language_button, on_start, publish
from bot.telegram.texts import LANGUAGES, catalogue
from retrieval.errors import StoreEmpty


def corpus(here: Reception, **status: Any) -> None:
    """Give the desk a corpus; without values, an empty store."""

    async def found() -> Any:
        if not status:
            raise StoreEmpty("nothing")
        return SimpleNamespace(**status)

    here.answers.status = found


def test_start_names_what_the_corpus_holds(tmp_path: Path) -> None:
    """/start tells how many articles there are and from when to when."""
    with reception(tmp_path) as here:
        corpus(here, articles=24, first_published="2020-03-01", last_published="2025-06-18")
        asyncio.run(on_start(written(READER, "/start"), here.context))
        asyncio.run(on_start(written(READER, "/start", **{"from": person(READER, language_code="ru")}), here.context))
        french, russian = here.said.take()
        assert "Bonjour René\u00a0!" in french.html
        assert "24 articles (1er mars 2020 – 18 juin 2025)" in french.html
        assert "24 статьи (" in russian.html


def test_start_without_articles(tmp_path: Path) -> None:
    """/start without articles says so, and tells an owner what to do."""
    with reception(tmp_path) as here:
        corpus(here)
        for user in (READER, OWNER):
            asyncio.run(on_start(written(user, "/start"), here.context))
        reader, owner = here.said.take()
        assert "plus tard" in reader.html
        assert "Envoyez-moi un document" in owner.html


def test_help_says_what_is_kept(tmp_path: Path) -> None:
    """/help names commands, retention and how to erase; owners see theirs."""
    with reception(tmp_path) as here:
        asyncio.run(on_help(written(READER, "/aide"), here.context))
        here.with_settings(retention_days=0)
        asyncio.run(on_help(written(OWNER, "/aide"), here.context))
        reader, owner = here.said.take()
        assert "365 jours. /oublier" in reader.html
        assert "/users" not in reader.html
        assert "/users" in owner.html
        assert "jours" not in owner.html.rpartition("\n\n")[2]


def test_a_language_is_chosen_by_button(tmp_path: Path) -> None:
    """The choice is kept, confirmed in that language, and the person's menu follows."""
    with reception(tmp_path) as here:
        asyncio.run(on_language(written(READER, "/langue"), here.context))
        (asked,) = here.said.take()
        assert [b.data for row in asked.buttons for b in row] == ["l:fr", "l:en", "l:ru", "l:zh"]
        asyncio.run(on_language_button(pressed(READER, "l:zh"), here.context))
        user = here.memory.user(READER)
        assert user
        assert user.language == "zh"
        heard, edited = here.said.take()
        assert (heard.html, edited.html) == ("好的，我将用中文与您交流。",) * 2
        assert [b.label for row in edited.buttons for b in row][3] == "✓ 中文"
        ((kind, chat, code, commands),) = here.menus.calls
        assert (kind, chat, code, commands[0].description) == ("chat", READER, None, "开始新对话")
        asyncio.run(on_language_button(pressed(READER, "l:xx"), here.context))
        assert here.said.take() == []


def test_a_choice_in_a_group_leaves_the_buttons(tmp_path: Path) -> None:
    """In a group the language of who presses changes, and the message stays for others."""
    with reception(tmp_path) as here:
        asyncio.run(on_language_button(pressed(READER, "l:ru", chat=GROUP), here.context))
        assert [s.kind for s in here.said.take()] == ["callback"]
        assert here.menus.calls == []


def test_menus_are_published_once(tmp_path: Path) -> None:
    """Each language gets its commands and descriptions; what is there already is not sent again."""
    with reception(tmp_path) as here:
        asyncio.run(publish(here.desk))
        menus = {(c[0], c[2]): [x.command for x in c[3]] for c in here.menus.calls if c[0] not in ("long", "short")}
        assert set(menus) == {
            (scope, code)
            for scope in ("all_private_chats", "all_group_chats", "chat")
            for code in (None, "fr", "en", "ru", "zh")
        }
        assert menus["all_private_chats", "fr"] == "nouveau stop articles langue aide oublier start".split()
        assert menus["all_private_chats", None] == list(PRIVATE)
        assert menus["all_group_chats", "zh"] == list(GROUPS)
        assert menus["chat", "en"] == [*PRIVATE, *OWNERS]
        assert len([c for c in here.menus.calls if c[0] in ("long", "short")]) == 10
        here.menus.calls.clear()
        asyncio.run(publish(here.desk))
        assert here.menus.calls == []


def test_menus_that_cannot_be_set_are_only_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Telegram's refusal is a warning."""
    with reception(tmp_path) as here, caplog.at_level(logging.WARNING, languages.__name__):
        here.menus.broken = True
        asyncio.run(publish(here.desk))
        assert "down" in caplog.text


def test_telegram_takes_the_menus(tmp_path: Path) -> None:
    """The emulated Telegram accepts every command list and description, and has them afterwards."""

    async def run() -> Any:
        async with telegram() as tg:
            tg.emulator.say(OWNER, "/start")
            here.desk.bot = tg.bot
            await publish(here.desk)
            calls = len(tg.calls())
            await publish(here.desk)
            assert not any(call["method"].lower().startswith("set") for call in tg.calls()[calls:])
            return tg.emulator.commands

    load()
    with reception(tmp_path) as here:
        commands = asyncio.run(run())
        assert len(commands) == 15
        assert {c["command"] for c in commands['{"type": "all_private_chats"}', "fr"]} >= {"aide", "oublier"}


@pytest.mark.parametrize("code", LANGUAGES)
def test_telegram_takes_the_texts(code: str) -> None:
    """Telegram's parser accepts every text of these files with its placeholders filled."""
    parse = load().parse
    for key, text in catalogue(code).entries.items():
        if key.startswith(("access_", "owner_", "help_", "language_")):
            plain, _ = parse(re.sub(r"{\w+}", "&lt;x&gt;", text), "html")
            assert plain


@pytest.mark.parametrize("code", LANGUAGES)
def test_texts_fit_what_telegram_takes(code: str) -> None:
    """Descriptions are within Telegram's limits, and texts use only its tags."""
    t = catalogue(code)
    assert len(t("help_description")) <= 512
    assert len(t("help_short_description")) <= 120
    for key, text in t.entries.items():
        if key.startswith("commands_"):
            assert len(text) <= 256
        if key.startswith(("access_", "owner_", "help_", "language_")):
            assert set(re.findall(r"<[^>]*>", text)) <= {"<b>", "</b>", "<code>", "</code>"}, key


def test_the_same_texts_in_every_language() -> None:
    """Every language has the same keys with the same placeholders, but for its own plural forms."""

    def of(code: str) -> dict[str, set[str]]:
        found = json.loads((files("bot.texts") / "telegram" / f"{code}.json").read_text("utf-8"))
        mine = {
            k: v for k, v in found.items() if k.startswith(("access_", "owner_", "commands_", "help_", "language_"))
        }
        return {re.sub("_(one|few|many|other)$", "", k): set(re.findall(r"{(\w+)}", v)) for k, v in mine.items()}

    french = of("fr")
    assert len(french) > 90
    for code in LANGUAGES:
        assert of(code) == french, code
