"""Asking a model for one JSON object: read strictly, asked for once more when it is none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from retrieval.chat_model import ChatModel, Messages
from retrieval.errors import ModelError
from retrieval.types import Usage

ATTEMPTS = 2
STOPPING = ("auth", "quota", "connection")  # failures that the next call meets too
_UNUSABLE = ("empty", "truncated", "malformed", "refusal")  # the model replied, and it is of no use
_FENCED = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?```\s*\Z", re.DOTALL)
T = TypeVar("T")


class ReplyError(ValueError):
    """A reply that is not of the form that was asked for; the text says why."""


@dataclass(frozen=True, slots=True)
class Replied(Generic[T]):
    """What was read, or why nothing could be: `unusable` is "malformed" or "refusal"."""

    value: T | None
    usage: Usage
    unusable: str | None = None


def ask(model: ChatModel, messages: Messages, seconds: float, parse: Callable[[dict[str, Any]], T]) -> Replied[T]:
    """Ask, and ask once more where the reply is not what `parse` reads (it raises ReplyError then).

    `seconds` is for each call. Raises ModelError where the model did not reply at all.
    """
    used, unusable = Usage(), "malformed"
    for _ in range(ATTEMPTS):
        try:
            done = model.complete(messages, seconds)
            used += done.usage
            if done.error is not None:
                raise done.error
            return Replied(parse(_object(done.text)), used)
        except ReplyError:
            unusable = "malformed"
        except ModelError as error:
            if error.kind not in _UNUSABLE:
                raise
            unusable = "refusal" if error.kind == "refusal" else "malformed"
    return Replied(None, used, unusable)


def _object(text: str) -> dict[str, Any]:
    fenced = _FENCED.match(text)
    try:
        found = json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError) as error:
        raise ReplyError(f"not JSON ({error})") from error
    if not isinstance(found, dict):
        raise ReplyError("not a JSON object")
    return found
