"""What every handler works with, gathered once when the bot starts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from telegram import Bot
from telegram import User as Person
from telegram.ext import CallbackContext

from bot.telegram.metrics import Metrics
from bot.telegram.recent import Recent
from bot.telegram.texts import LANGUAGES, catalogue

if TYPE_CHECKING:
    from bot.memory import Memory, User
    from bot.telegram.answers import Answers
    from bot.telegram.delivery import Delivery
    from bot.texts import Texts
    from retrieval.settings import Settings


@dataclass
class Desk:
    """The rooms behind the handlers."""

    settings: Settings
    memory: Memory
    delivery: Delivery
    bot: Bot
    answers: Answers
    metrics: Metrics = field(default_factory=Metrics)
    recent: Recent = field(default_factory=Recent)

    async def db(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """A call of `memory`, in a thread."""
        return await asyncio.to_thread(function, *arguments)

    def language_of(self, user: User | None, telegram_code: str | None = None) -> str:
        """The language to speak: the chosen one, else Telegram's, else the setting's, else English."""
        wanted = (user.language if user else None) or telegram_code or self.settings.language
        return wanted[:2] if wanted[:2] in LANGUAGES else "en"

    def t(self, language: str) -> Texts:
        """The texts of a language."""
        return catalogue(language)

    async def texts_for(self, person: Person | None) -> Texts:
        """The texts in the language of somebody who wrote or pressed a button."""
        user = await self.db(self.memory.user, person.id) if person else None
        return self.t(self.language_of(user, person.language_code if person else None))


def desk_of(context: CallbackContext[Any, Any, Any, Any]) -> Desk:
    """The desk that a handler works at."""
    desk: Desk = context.application.bot_data["desk"]
    return desk
