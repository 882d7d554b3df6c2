"""The list of people, and blocking and allowing them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from reception import OWNER, READER, STRANGER, pressed, reception, written

from bot.telegram.people import PAGE, on_allow, on_block, on_user_button, on_users, on_users_page


def test_the_list_names_everyone(tmp_path: Path) -> None:
    """Each person stands there with status, language, questions of today and a button; owners have none."""
    with reception(tmp_path) as here:
        here.memory.see_user(STRANGER, "Zoé <b>", "zoe")
        here.memory.set_language(READER, "ru")
        here.memory.count(READER, datetime.now(UTC).date(), 5, 0.0)
        asyncio.run(on_users(written(OWNER, "/users"), here.context))
        (said,) = here.said.take()
        text = said.html.replace("\u00a0", " ")
        assert text.startswith("<b>Personnes : 3</b> (page 1 sur 1)")
        assert "<b>René (@rené)</b> · accès ouvert\nlangue : ru · questions aujourd’hui : 1 · <code>2</code>" in text
        assert "<b>Zoé &lt;b&gt; (@zoe)</b> · en attente\nlangue : – " in text
        buttons = {b.data: b.label for row in said.buttons for b in row}
        assert buttons == {"u:2:0:0": "Bloquer René", "u:3:1:0": "Autoriser Zoé <b>"}


def test_pages(tmp_path: Path) -> None:
    """A long list is turned by buttons, and a page that is gone shows the last one."""
    with reception(tmp_path) as here:
        for user in range(10, 10 + 2 * PAGE):
            here.memory.see_user(user, f"U{user}", None)
        asyncio.run(on_users(written(OWNER, "/users"), here.context))
        asyncio.run(on_users_page(pressed(OWNER, "pg:users:1"), here.context))
        asyncio.run(on_users_page(pressed(OWNER, "pg:users:9"), here.context))
        first, _, second, _, last = here.said.take()
        turns = [[(b.label, b.data) for b in s.buttons[-1]] for s in (first, second, last)]
        assert turns == [
            [("›", "pg:users:1")],
            [("‹", "pg:users:0"), ("›", "pg:users:2")],
            [("‹", "pg:users:1")],
        ]
        assert first.html.count("<code>") == PAGE
        assert len({s.html for s in (first, second, last)}) == 3


def test_blocking_and_allowing_from_the_list(tmp_path: Path) -> None:
    """A press changes the status and the list; the person hears only good news."""
    with reception(tmp_path) as here:
        asyncio.run(on_user_button(pressed(OWNER, f"u:{READER}:0:0"), here.context))
        assert here.status(READER) == "blocked"
        heard, listed = here.said.take()
        assert heard.html == "René n’a plus accès."
        assert "bloqué" in listed.html
        asyncio.run(on_user_button(pressed(OWNER, f"u:{READER}:1:0"), here.context))
        assert here.status(READER) == "allowed"
        assert [(s.kind, s.to) for s in here.said.take()] == [("say", READER), ("callback", "q"), ("edit", OWNER)]
        asyncio.run(on_user_button(pressed(OWNER, f"u:{OWNER}:0:0"), here.context))
        assert here.status(OWNER) == "owner"


@pytest.mark.parametrize("who", ["2", "@René", "rené"])
def test_blocking_by_number_or_name(tmp_path: Path, who: str) -> None:
    """/block takes a number or a name."""
    with reception(tmp_path) as here:
        asyncio.run(on_block(written(OWNER, f"/block {who}"), here.context))
        assert here.status(READER) == "blocked"


def test_allowing_somebody_who_never_wrote(tmp_path: Path) -> None:
    """/allow takes a number nobody knows; a name must be known; without either it says how."""
    with reception(tmp_path) as here:
        here.said.gone = {777}
        for text in ("/allow 777", "/allow @nobody", "/allow", "/allow -5", "/allow 99999999999999999999"):
            asyncio.run(on_allow(written(OWNER, text), here.context))
        assert here.status(777) == "allowed"
        assert [s.html[:20] for s in here.said.take()] == [
            "777 a maintenant acc",
            "Je ne connais pas ce",
            "Indiquez qui\u00a0: son n",
            "Je ne connais pas ce",
            "Je ne connais pas ce",
        ]


@pytest.mark.parametrize("handler", [on_users, on_block, on_allow])
def test_only_for_owners(tmp_path: Path, handler: Callable[[Any, Any], Awaitable[None]]) -> None:
    """A reader who tries an owner's command hears that there is none."""
    with reception(tmp_path) as here:
        asyncio.run(handler(written(READER, "/x 1"), here.context))
        assert [s.html for s in here.said.take()] == [here.desk.t("fr")("owner_unknown_command")]
        asyncio.run(on_user_button(pressed(READER, f"u:{READER}:1:0"), here.context))
        asyncio.run(on_users_page(pressed(READER, "pg:users:0"), here.context))
        assert {s.kind for s in here.said.take()} == {"callback"}
