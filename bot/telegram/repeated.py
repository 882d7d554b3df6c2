"""A question that was asked in a conversation before: its answer is given again, and costs nothing (`bot.repeats`)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.rendering.as_json import dumps
from bot.repeats import REMEMBERED, stored

if TYPE_CHECKING:
    from bot.telegram.delivery import Place
    from bot.telegram.desk import Desk
    from retrieval.types import Question


async def repeated(
    desk: Desk, place: Place, user_id: int, turn_id: int, question: Question, basis: str
) -> dict[str, Any] | None:
    """The answer to the same question in this conversation, kept as this turn's too; None where one is to be made."""
    turns = await desk.db(desk.memory.history, place.chat_id, place.thread_id, turn_id, REMEMBERED)
    found = stored(question, basis, turns)
    if found is None:
        return None
    found["id"] = str(turn_id)

    def keep() -> None:
        desk.memory.answered(turn_id, dumps(found))
        desk.memory.count(user_id, datetime.now(UTC).date(), 0, 0.0)

    await desk.db(keep)
    desk.metrics.answers.labels(found["mode"], str(found["abstained"]).lower(), found["notice"]).inc()
    return found
