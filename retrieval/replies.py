"""The JSON object in a model's reply, for whoever asked for one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
T = TypeVar("T")


class ReplyError(ValueError):
    """A reply that is not of the form that was asked for; the text says why."""


def read(reply: str, parse: Callable[[dict[str, Any]], T]) -> T:
    """What `parse` makes of the first object in a reply that it takes, whatever stands around it.

    `parse` raises ValueError, KeyError or TypeError where the object is of another form. Raises ReplyError.
    """
    reason: Exception | str = "no JSON object"
    for found in _objects(_THOUGHT.sub("", reply)):
        try:
            return parse(found)
        except (ValueError, KeyError, TypeError) as error:
            reason = error
    raise ReplyError(str(reason))


def _objects(text: str) -> Iterator[dict[str, Any]]:
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield found
        at = text.find("{", end)
