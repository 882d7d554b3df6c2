"""What the memory gives out. All frozen; every time is an aware datetime in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

STATUSES = ("owner", "allowed", "pending", "refused", "blocked")


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer. `chat_id` is where it was asked, also after that group became a supergroup."""

    id: int  # never given twice, so that an old button cannot open another turn
    chat_id: int
    thread_id: int | None
    user_id: int
    message_id: int
    question: str
    understood_as: str | None
    answer: str | None  # JSON, as bot.rendering.as_json.answer_dict gives it
    text: str | None  # the answer as plain text
    language: str | None
    asked_at: datetime
    answered_at: datetime | None
    feedback: int  # the last of the asker: 1, -1, or 0 for none


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a turn's answer."""

    part: int  # from 0
    message_id: int | None  # None: sending began, and how it ended is unknown
    after: int  # the highest message id known in the chat when sending began
    chat_id: int  # whose numbering `message_id` and `after` follow: the old group's, if sent before it was migrated


@dataclass(frozen=True, slots=True)
class User:
    """A person, and what the bot lets them do."""

    id: int
    name: str
    username: str | None
    language: str | None  # as chosen; None: as Telegram says
    status: str  # one of STATUSES
    code: str | None  # six digits while access is asked for
    seen_at: datetime  # exact to a minute
    unreachable: bool


@dataclass(frozen=True, slots=True)
class Spent:
    """What the questions of one day took."""

    questions: int = 0
    tokens: int = 0
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Stats:
    """What happened since a moment. Seconds are None while nothing was answered."""

    questions: int
    users: int
    abstained: int
    liked: int
    disliked: int
    p50_seconds: float | None
    p95_seconds: float | None
    cost_usd: float
    tokens: int
