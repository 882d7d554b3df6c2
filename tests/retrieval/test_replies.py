"""A JSON object is found in whatever a model wraps around it."""

from __future__ import annotations

from typing import Any

import pytest

from retrieval.replies import ReplyError, read


def grade(found: dict[str, Any]) -> int:
    """A reader that wants a whole number."""
    if not isinstance(found["grade"], int):
        raise TypeError("no number")
    return found["grade"]


@pytest.mark.parametrize(
    "reply",
    [
        '{"grade": 3}',
        '```json\n{"grade": 3}\n```',
        'Here it is: {"grade": 3}. I hope that this helps.',
        '<think>{"grade": 1}? No.</think>\n{"grade": 3}',
        'In {braces}, {"grade": "high"}, then {"grade": 3}',
        '{"grade": 3} {"grade": 4}',
        '[{"grade": 3}]',
    ],
)
def test_the_first_object_that_is_taken(reply: str) -> None:
    """Fences, remarks, thoughts and other objects are passed over."""
    assert read(reply, grade) == 3


@pytest.mark.parametrize("reply", ["", "3", "{", "[]", '{"note": {"grade": 3}}', '<think>{"grade": 3}', "{" * 5_000])
def test_no_object_is_an_error(reply: str) -> None:
    """Nothing is looked for inside an object, nor in a thought that never ends."""
    with pytest.raises(ReplyError):
        read(reply, grade)


def test_the_error_says_what_was_wrong() -> None:
    """The reason is the reader's own."""
    with pytest.raises(ReplyError, match="no number"):
        read('{"grade": "high"}', grade)
