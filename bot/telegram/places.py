"""Where in Telegram something is said."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A chat, or one topic of it."""

    chat_id: int
    thread_id: int | None = None
    private: bool = True
