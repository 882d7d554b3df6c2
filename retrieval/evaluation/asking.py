"""Asking a model for one JSON object, once more where its reply holds none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from retrieval.chat_model import ChatModel, Messages
from retrieval.errors import ModelError
from retrieval.replies import ReplyError, read
from retrieval.types import Usage

ATTEMPTS = 2
STOPPING = ("auth", "quota", "connection")  # failures that the next call meets too
_UNUSABLE = ("empty", "truncated", "malformed", "refusal")  # the model replied, and it is of no use
T = TypeVar("T")


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
            return Replied(read(done.text, parse), used)
        except ReplyError:
            unusable = "malformed"
        except ModelError as error:
            if error.kind not in _UNUSABLE:
                raise
            unusable = "refusal" if error.kind == "refusal" else "malformed"
    return Replied(None, used, unusable)
