"""Who may ask, and how much."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from reception import GROUP, OWNER, READER, STRANGER, Reception, person, pressed, reception, written
from telegram import Update

from bot.telegram.access import ANONYMOUS, admitted, on_access_button, on_disallow, pairing_line, within_quota
from bot.telegram.recent import DAY, HOUR

TODAY = date(2026, 5, 4)


def gate(here: Reception, update: Update) -> int | None:
    """The id of who was admitted."""
    user = asyncio.run(admitted(here.desk, update))
    return user.id if user else None


def press(here: Reception, user: int, data: str) -> None:
    asyncio.run(on_access_button(pressed(user, data), here.context))


def printed_code(here: Reception) -> str:
    line = asyncio.run(pairing_line(here.desk))
    assert line is not None
    found = re.search(r"\b([A-Z2-9]{8})\b", line)
    assert found
    assert f"https://t.me/sourcier_bot?start={found[1]}" in line
    return found[1]


def test_owners_and_readers_pass_in_private(tmp_path: Path) -> None:
    """An owner and an allowed user are admitted, and nothing is said."""
    with reception(tmp_path) as here:
        assert (gate(here, written(OWNER)), gate(here, written(READER))) == (OWNER, READER)
        assert here.said.said == []


def test_a_stranger_is_told_a_code_once_a_minute_and_owners_once_a_day(tmp_path: Path) -> None:
    """A stranger gets six digits, at most once a minute; the owner two buttons, once a day."""
    with reception(tmp_path) as here:
        assert gate(here, written(STRANGER)) is None
        code = here.memory.access_code(STRANGER)
        told, asked = here.said.take()
        assert (told.to, asked.to) == (STRANGER, OWNER)
        assert f"<code>{code}</code>" in told.html
        assert "Zoé &lt;b&gt; (@u_3)" in asked.html
        assert [b.data for b in asked.buttons[0]] == [f"a:{STRANGER}:1", f"a:{STRANGER}:0"]
        gate(here, written(STRANGER))
        assert here.said.take() == []
        here.clock.now = 61
        gate(here, written(STRANGER))
        assert [s.to for s in here.said.take()] == [STRANGER]
        here.clock.now = DAY + 1
        gate(here, written(STRANGER))
        assert [s.to for s in here.said.take()] == [STRANGER, OWNER]


def test_an_owner_who_blocked_the_bot_is_not_written_to(tmp_path: Path) -> None:
    """Only owners who can be reached are asked."""
    with reception(tmp_path) as here:
        here.memory.set_unreachable(OWNER, True)
        gate(here, written(STRANGER))
        assert [s.to for s in here.said.take()] == [STRANGER]


@pytest.mark.parametrize("status", ["refused", "blocked"])
def test_refused_and_blocked_get_silence(tmp_path: Path, status: str) -> None:
    """Who is refused or blocked hears nothing, in private and in an allowed group."""
    with reception(tmp_path) as here:
        here.memory.allow_chat(GROUP, "G", OWNER)
        here.memory.set_status(STRANGER, status)
        assert gate(here, written(STRANGER)) is None
        assert gate(here, written(STRANGER, "/forget")) is None
        assert gate(here, written(STRANGER, chat=GROUP)) is None
        assert here.said.take() == []
        assert gate(here, pressed(STRANGER, "p:1:1")) is None
        assert [(s.kind, s.html) for s in here.said.take()] == [("callback", "")]  # it stops spinning, no more


@pytest.mark.parametrize(("choice", "status"), [("1", "allowed"), ("0", "refused")])
def test_an_owner_decides_by_button(tmp_path: Path, choice: str, status: str) -> None:
    """A press sets the status, tells the person and edits the owner's message; a second press changes nothing."""
    with reception(tmp_path) as here:
        gate(here, written(STRANGER))
        here.said.take()
        press(here, OWNER, f"a:{STRANGER}:{choice}")
        heard, told, edited = here.said.take()
        assert here.status(STRANGER) == status
        assert (heard.kind, told.kind, told.to, edited.kind, edited.to) == ("callback", "say", STRANGER, "edit", OWNER)
        assert "Olga" in edited.html
        assert not edited.buttons
        press(here, OWNER, f"a:{STRANGER}:{'0' if choice == '1' else '1'}")
        assert [s.kind for s in here.said.take()] == ["callback", "edit"]
        assert here.status(STRANGER) == status


def test_only_owners_decide(tmp_path: Path) -> None:
    """A reader who presses an owner's button is told so, and nothing changes."""
    with reception(tmp_path) as here:
        gate(here, written(STRANGER))
        here.said.take()
        press(here, READER, f"a:{STRANGER}:1")
        assert [s.html for s in here.said.take()] == ["Ce choix revient au propriétaire du bot."]
        assert here.status(STRANGER) == "pending"


def test_a_decision_about_someone_forgotten(tmp_path: Path) -> None:
    """A button about a person who erased their data says so."""
    with reception(tmp_path) as here:
        press(here, OWNER, "a:777:1")
        assert "effacé ses données" in here.said.take()[-1].html
        assert here.memory.user(777) is None


def test_an_owner_lets_in_by_sending_the_code(tmp_path: Path) -> None:
    """Six digits of a pending user, sent by an owner, let them in; other digits are a question."""
    with reception(tmp_path) as here:
        gate(here, written(STRANGER))
        here.said.take()
        code = here.memory.access_code(STRANGER)
        assert gate(here, written(READER, code)) == READER
        assert here.status(STRANGER) == "pending"
        assert gate(here, written(OWNER, code)) is None
        assert here.status(STRANGER) == "allowed"
        assert [s.to for s in here.said.take()] == [STRANGER, OWNER]
        assert gate(here, written(OWNER, code)) == OWNER


def test_a_pending_user_can_only_erase_their_data(tmp_path: Path) -> None:
    """/oublier works for who is not admitted; other buttons are answered politely."""
    with reception(tmp_path) as here:
        assert gate(here, written(STRANGER, "/oublier")) == STRANGER
        assert gate(here, pressed(STRANGER, f"forget:{STRANGER}:1")) == STRANGER
        assert gate(here, pressed(STRANGER, "p:1:1")) is None
        assert [s.html for s in here.said.take()] == ["Votre accès n’est pas encore ouvert."]


# ---- pairing
@pytest.mark.parametrize("form", ["{code}", "/start {code}", " {low} ", "/start@sourcier_bot {code}"])
def test_the_printed_code_makes_the_first_owner(tmp_path: Path, form: str) -> None:
    """The code alone or by the link makes its sender the owner, once."""
    with reception(tmp_path, doors=False) as here:
        code = printed_code(here)
        assert printed_code(here) == code
        assert gate(here, written(STRANGER, form.format(code=code, low=code.lower()))) is None
        assert here.status(STRANGER) == "owner"
        assert "propriétaire" in here.said.take()[0].html
        assert asyncio.run(pairing_line(here.desk)) is None
        assert gate(here, written(READER, code)) is None
        assert here.status(READER) == "pending"
        assert code not in repr(here.desk)
        menu = [c for c in here.menus.calls if c[0] == "chat"]
        assert {c[1] for c in menu} == {STRANGER}
        assert "export" in {command.command for command in menu[0][3]}


def test_five_tries_an_hour(tmp_path: Path) -> None:
    """After five wrong codes even the right one waits for an hour; others may try meanwhile."""
    with reception(tmp_path, doors=False) as here:
        code = printed_code(here)
        for _ in range(5):
            gate(here, written(STRANGER, "WRQNGCDE"))
        assert {s.html for s in here.said.take()} == {"Ce code n’est pas le bon. Vérifiez-le et réessayez."}
        gate(here, written(STRANGER, code))
        assert here.said.take()[0].html == "Trop d’essais. Réessayez dans une heure."
        assert here.status(STRANGER) == "pending"
        here.clock.now = HOUR + 1
        gate(here, written(STRANGER, code))
        assert here.status(STRANGER) == "owner"


def test_two_senders_of_the_code_make_one_owner(tmp_path: Path) -> None:
    """The code serves once, also when two send it at the same time."""
    with reception(tmp_path, doors=False) as here:
        code = printed_code(here)

        async def both() -> None:
            await asyncio.gather(*(admitted(here.desk, written(user, code)) for user in (READER, STRANGER)))

        asyncio.run(both())
        assert len(here.memory.owners()) == 1


def test_no_owner_yet(tmp_path: Path) -> None:
    """Without an owner, a stranger is told how the bot gets one."""
    with reception(tmp_path, doors=False) as here:
        printed_code(here)
        gate(here, written(STRANGER, "bonjour"))
        assert [s.html for s in here.said.take()] == [here.desk.t("fr")("access_no_owner")]


# ---- groups
def test_an_owner_opens_a_group_by_addressing_the_bot(tmp_path: Path) -> None:
    """The owner's first message opens the group; then strangers may ask there, and only there."""
    with reception(tmp_path) as here:
        assert gate(here, written(OWNER, chat=GROUP)) == OWNER
        assert "/interdire@sourcier_bot" in here.said.take()[0].html
        assert here.memory.chats() == [(GROUP, "Géographes & <amis>")]
        assert gate(here, written(STRANGER, chat=GROUP)) == STRANGER
        assert gate(here, pressed(STRANGER, "p:1:1", chat=GROUP)) == STRANGER
        assert here.said.take() == []
        assert gate(here, written(STRANGER)) is None


def test_an_owner_closes_a_group(tmp_path: Path) -> None:
    """/interdire closes the group and does not open it first; a reader cannot."""
    with reception(tmp_path) as here:
        assert gate(here, written(OWNER, "/interdire@sourcier_bot", chat=GROUP)) == OWNER
        assert here.said.take() == []
        here.memory.allow_chat(GROUP, "G", OWNER)
        asyncio.run(on_disallow(written(READER, "/interdire", chat=GROUP), here.context))
        assert here.memory.chat_allowed(GROUP)
        asyncio.run(on_disallow(written(OWNER, "/interdire", chat=GROUP), here.context))
        assert not here.memory.chat_allowed(GROUP)
        asyncio.run(on_disallow(written(OWNER, "/interdire"), here.context))
        unknown, closed, where = here.said.take()
        assert "Je ne connais pas" in unknown.html
        assert "ne réponds plus" in closed.html
        assert "dans le groupe" in where.html


def test_a_reader_asks_for_a_group(tmp_path: Path) -> None:
    """Owners are asked once a day, the group is told once, and the decision reaches it."""
    with reception(tmp_path) as here:
        for _ in range(2):
            assert gate(here, written(READER, chat=GROUP)) is None
        asked, told = here.said.take()
        assert (asked.to, told.to) == (OWNER, GROUP)
        assert "« Géographes &amp; &lt;amis&gt; »" in asked.html.replace("\u00a0", " ")
        assert [b.data for b in asked.buttons[0]] == [f"g:{GROUP}:1", f"g:{GROUP}:0"]
        press(here, OWNER, f"g:{GROUP}:1")
        assert [(s.kind, s.to) for s in here.said.take()] == [("callback", "q"), ("say", GROUP), ("edit", OWNER)]
        assert here.memory.chats() == [(GROUP, "Géographes & <amis>")]
        press(here, OWNER, f"g:{GROUP}:1")
        assert [(s.kind, s.to) for s in here.said.take()] == [("callback", "q"), ("edit", OWNER)]
        assert gate(here, written(READER, chat=GROUP)) == READER


def test_a_refused_group_is_not_asked_about_again(tmp_path: Path) -> None:
    """A refusal is said once in the group, and readers there cause no further requests."""
    with reception(tmp_path) as here:
        gate(here, written(READER, chat=GROUP))
        here.said.take()
        for _ in range(2):
            press(here, OWNER, f"g:{GROUP}:0")
        assert [s.to for s in here.said.take() if s.kind == "say"] == [GROUP]
        here.clock.now = 2 * DAY
        assert gate(here, written(READER, chat=GROUP)) is None
        assert here.said.take() == []


def test_a_stranger_in_a_closed_group(tmp_path: Path) -> None:
    """A stranger there does not reach the owners; the group is told once, as a reply."""
    with reception(tmp_path) as here:
        update = written(STRANGER, chat=GROUP)
        assert gate(here, update) is None
        assert gate(here, written(STRANGER, chat=GROUP)) is None
        (told,) = here.said.take()
        assert (told.to, told.reply_to) == (GROUP, update.effective_message and update.effective_message.message_id)


def test_nobody_behind_a_message(tmp_path: Path) -> None:
    """Channel posts, other bots and forwards of a channel are passed over; anonymous administrators are people."""
    with reception(tmp_path) as here:
        here.memory.allow_chat(GROUP, "G", OWNER)
        post = {"message_id": 5, "date": 1, "chat": {"id": -200, "type": "channel", "title": "C"}, "text": "x"}
        assert gate(here, Update.de_json({"update_id": 1, "channel_post": post}, None)) is None
        bot = person(50, is_bot=True)
        assert gate(here, written(50, chat=GROUP, **{"from": bot})) is None
        assert gate(here, written(777000, chat=GROUP, is_automatic_forward=True)) is None
        admin = person(ANONYMOUS[0], is_bot=True)
        chat = {"id": GROUP, "type": "supergroup", "title": "G"}
        assert gate(here, written(ANONYMOUS[0], chat=GROUP, **{"from": admin, "sender_chat": chat})) == ANONYMOUS[0]
        assert here.said.take() == []


def test_inline_mode_makes_nobody_pending(tmp_path: Path) -> None:
    """Typing @bot elsewhere admits readers, and leaves no trace of strangers."""
    with reception(tmp_path) as here:
        for user, found in ((READER, READER), (STRANGER, None)):
            query = {"id": "1", "from": person(user), "query": "x", "offset": ""}
            assert gate(here, Update.de_json({"update_id": 1, "inline_query": query}, None)) == found
        assert here.memory.user(STRANGER) is None
        assert here.said.take() == []


# ---- quotas
def test_questions_of_a_day(tmp_path: Path) -> None:
    """At the limit a reader is told when it starts again; owners have none, and 0 is none."""
    with reception(tmp_path, daily_questions=2) as here:
        reader, owner = here.memory.user(READER), here.memory.user(OWNER)
        assert reader
        assert owner
        today = datetime.now(UTC).date()
        for _ in range(2):
            assert asyncio.run(within_quota(here.desk, reader, today)).allowed
            here.memory.count(READER, today, 10, 0.0)
            here.memory.count(OWNER, today, 10, 0.0)
        refused = asyncio.run(within_quota(here.desk, reader, today))
        assert not refused.allowed
        assert re.search(r"dans \d+\sh\s\d\d\smin\.", refused.text or "")
        assert asyncio.run(within_quota(here.desk, owner, today)).allowed
        assert asyncio.run(within_quota(here.desk, reader, TODAY)).allowed
        here.with_settings(daily_questions=0)
        assert asyncio.run(within_quota(here.desk, reader, today)).allowed


@pytest.mark.parametrize(
    ("setting", "owner_too"),
    [({"daily_tokens": 100}, False), ({"daily_cost_usd": 0.5}, False), ({"daily_budget_usd": 0.5}, True)],
)
def test_money_spent_makes_answers_extractive(tmp_path: Path, setting: dict[str, float], owner_too: bool) -> None:
    """Tokens and money of one reader, or the money of all, leave the extractive answer."""
    with reception(tmp_path, **setting) as here:
        reader, owner = here.memory.user(READER), here.memory.user(OWNER)
        assert reader
        assert owner
        here.memory.count(READER, TODAY, 99, 0.49)
        before = asyncio.run(within_quota(here.desk, reader, TODAY))
        assert (before.allowed, before.extractive, before.text) == (True, False, None)
        here.memory.count(READER, TODAY, 1, 0.01)
        after = asyncio.run(within_quota(here.desk, reader, TODAY))
        assert (after.allowed, after.extractive) == (True, True)
        assert after.text
        assert asyncio.run(within_quota(here.desk, owner, TODAY)).extractive is owner_too
