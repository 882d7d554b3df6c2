"""A question that was asked in a conversation before: its answer is given again, and costs nothing (`bot.repeats`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.rendering.as_json import dumps
from bot.repeats import stored

if TYPE_CHECKING:
    from bot.memory import Turn
    from bot.telegram.desk import Desk
    from retrieval.types import Question


async def repeated(
    desk: Desk, user_id: int, turn_id: int, question: Question, basis: str, before: Sequence[Turn]
) -> dict[str, Any] | None:
    """The answer to the same question in this conversation, kept as this turn's too; None where one is to be made."""
    found = stored(question, basis, before)
    if found is None:
        return None
    found["id"] = str(turn_id)

    def keep() -> None:
        with desk.memory.together(soon=True):
            desk.memory.answered(turn_id, dumps(found))
            desk.memory.count(user_id, datetime.now(UTC).date(), 0, 0.0)

    await desk.db(keep)
    desk.metrics.answers.labels(found["mode"], str(found["abstained"]).lower(), found["notice"]).inc()
    return found
