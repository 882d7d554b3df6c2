"""The order within a chat, and what waits for nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from telegram import Update

from bot.telegram.lanes import Lanes, lane_of

ADA = {"id": 5, "is_bot": False, "first_name": "Ada"}
CHAT = {"id": 5, "type": "private"}


def text(number: int, words: str = "?", chat: int = 5, kind: str = "message") -> Update:
    """A text in a chat."""
    where = {"id": chat, "type": "private" if chat > 0 else "supergroup"}
    return made(number, kind, {"message_id": number, "date": 1, "chat": where, "from": ADA, "text": words})


def pressed(number: int, data: str) -> Update:
    """A button under a message of the bot."""
    under = {"message_id": 1, "date": 1, "chat": CHAT}
    return made(
        number, "callback_query", {"id": "1", "from": ADA, "chat_instance": "1", "data": data, "message": under}
    )


def made(number: int, kind: str, payload: dict[str, Any]) -> Update:
    found = Update.de_json({"update_id": number, kind: payload}, None)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("update", "lane"),
    [
        (text(1), 5),
        (text(1, chat=-1009), -1009),
        (text(1, kind="edited_message"), 5),
        (text(1, "/nouveau"), 5),
        (text(1, "/stop"), None),
        (text(1, "/STOP@my_bot now"), None),
        (pressed(1, "q:7:0"), 5),
        (pressed(1, "d:7"), 5),
        (pressed(1, "p:7:1"), None),
        (pressed(1, "f:7:1"), None),
        (made(1, "inline_query", {"id": "1", "from": ADA, "query": "a", "offset": ""}), None),
    ],
)
def test_what_keeps_the_order_of_its_chat(update: Update, lane: int | None) -> None:
    """Questions, their edits, commands and buttons that ask; not /stop, passages, thumbs and inline queries."""
    assert lane_of(update) == lane


class Played:
    """Lanes, and what happened in them."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.lanes = Lanes(lambda u: self.events.append(f"arrived {u.update_id}"), self.finished)

    async def finished(self, number: int) -> None:
        self.events.append(f"finished {number}")

    def start(self, update: Update, seconds: float) -> asyncio.Task[None]:
        """Process an update that takes so long."""

        async def work() -> None:
            self.events.append(f"begins {update.update_id}")
            await asyncio.sleep(seconds)

        return asyncio.create_task(self.lanes.do_process_update(update, work()))


def test_a_chat_is_in_order_and_waits_for_no_other() -> None:
    """The second of a chat begins when the first has ended; another chat and /stop begin at once."""

    async def scenario() -> None:
        played = Played()
        await asyncio.gather(
            played.start(text(1), 0.3),
            played.start(text(2), 0.0),
            played.start(text(3, chat=6), 0.05),
            played.start(text(4, "/stop"), 0.0),
        )
        assert played.events[:2] == ["arrived 1", "begins 1"]
        assert [e for e in played.events if e.startswith("finished")] == [
            "finished 4",
            "finished 3",
            "finished 1",
            "finished 2",
        ]
        assert played.events.index("arrived 2") < played.events.index("finished 4")  # before its turn
        assert played.events.index("begins 2") > played.events.index("begins 4")
        assert played.lanes.waiting(5) == played.lanes.busy == 0
        assert not played.lanes._locks

    asyncio.run(scenario())


def test_draining_finishes_what_can_be_and_leaves_the_rest() -> None:
    """What is under way may end in time; what may not, what waits behind it, and what comes later is not finished."""

    async def scenario() -> None:
        played = Played()
        played.start(text(1, chat=1), 0.1)
        slow = played.start(text(2, chat=2), 30)
        behind = played.start(text(3, chat=2), 0)
        await asyncio.sleep(0.02)
        assert played.lanes.busy == 3
        assert played.lanes.waiting(2) == 2
        draining = asyncio.create_task(played.lanes.drain(0.4))
        await asyncio.sleep(0.02)
        await played.start(text(4, chat=4), 0)
        assert await draining == 2
        assert slow.cancelled()
        assert behind.cancelled()
        assert [e for e in played.events if e.startswith("finished")] == ["finished 1"]
        assert "begins 3" not in played.events
        assert "arrived 4" not in played.events

    asyncio.run(scenario())


def test_a_failure_in_a_lane_does_not_block_it() -> None:
    """What comes next is handled."""

    async def scenario() -> None:
        played = Played()

        async def failing() -> None:
            raise ValueError("broken")

        with pytest.raises(ValueError, match="broken"):
            await played.lanes.do_process_update(text(1), failing())
        await played.start(text(2), 0)
        assert played.events[-1] == "finished 2"

    asyncio.run(scenario())
