"""Made-up updates and answers."""

from __future__ import annotations

import json
from typing import Any

from retrieval.types import Answer, Usage


def answer(text: str = "Oui. [1]", **changes: Any) -> str:
    """The JSON of an answer, as the bot stores it."""
    from bot.rendering.as_json import answer_dict, dumps

    fields: dict[str, Any] = {
        "id": "a",
        "question": "?",
        "understood_as": "La question entière ?",
        "language": "fr",
        "mode": "model",
        "model": "m",
        "abstained": False,
        "text": text,
        "newest_source": None,
        "usage": Usage(100, 20, 0.5),
        "seconds": {"retrieval": 0.1, "total": 2.0},
        "period": None,
    }
    fields |= dict.fromkeys(("statements", "dropped", "citations", "hits"), ())
    return dumps(answer_dict(Answer(**fields | changes)))


def update(user_id: int, text: str = "Bonjour", kind: str = "message") -> str:
    """The JSON of an update that a user caused."""
    return json.dumps({"update_id": 1, kind: {"message_id": 3, "from": {"id": user_id}, "text": text}})
