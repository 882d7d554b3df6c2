"""What asks nothing is answered politely, and not searched for."""

from __future__ import annotations

import asyncio

import pytest
from running import READER, brisk, settings_of_samples
from running import sample_store as sample_store

from bot.memory import Memory
from bot.telegram.courtesy import courtesy
from retrieval.settings import Settings

__all__ = ["settings_of_samples"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Bonjour", "hello"), ("Bonjour à tous !", "hello"), ("hello", "hello"), ("Good morning", "hello"),
        ("Привет!", "hello"), ("Добрый день", "hello"), ("你好", "hello"), ("您好！", "hello"),
        ("Merci beaucoup !", "thanks"), ("Bonjour et merci", "thanks"), ("thank you so much", "thanks"),
        ("Спасибо большое", "thanks"), ("谢谢您", "thanks"), ("Au revoir", "bye"), ("bye", "bye"), ("再见", "bye"),
    ],
)  # fmt: skip
def test_what_is_only_polite(text: str, kind: str) -> None:
    assert courtesy(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "", "?", "Xi", "le", "a tous", "Bonjour, où est l'atelier Luban ?", "Merci pour l'atelier", "Hi Jinping",
        "qui dit merci ?", "Salut les visas", "день победы", "感谢信是什么", "你好吗北京",
    ],
)  # fmt: skip
def test_what_asks_something(text: str) -> None:
    assert courtesy(text) is None


def test_thanks_are_no_question(stocked: Settings) -> None:
    """A line in return; what follows is still about the question before it, and no quota is spent."""

    async def scenario() -> None:
        async with brisk(stocked) as scene:
            await scene.ask(READER, "Quel était le volume du commerce entre la Chine et le Kazakhstan en 2022 ?")
            assert await scene.ask(READER, "Merci !") == "Avec plaisir\u00a0!"
            assert "31,5 milliards" in await scene.ask(READER, "Et en 2023 ?")
            with Memory.open(stocked) as memory:
                assert len(memory.history(READER, None)) == 2

    asyncio.run(scenario())
