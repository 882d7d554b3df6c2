"""A chat model that says what it is told, as slowly as it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from chat_server import chat_server, written_by
from llmock.scenarios import Reply, StreamFault
from llmock.testing import LLMockServer
from running import Scene

from retrieval.settings import Settings

# Sentences of the sample articles that answer QUESTIONS[0].
SAID = (
    "Les échanges entre la Chine et le Kazakhstan ont représenté plus de 31 milliards de dollars en 2022.",
    "Environ 23 millions de tonnes de marchandises ont circulé par train entre les deux pays en 2022.",
    "Les postes de Dostyk et d’Altynkol, près de Khorgos, assurent la totalité de ce trafic.",
    "Le gouvernement veut vendre davantage de farine, d’huile, de viande et d’aliments pour bétail.",
)


@pytest.fixture(name="model", scope="module")
def model_server() -> Iterator[LLMockServer]:
    """A model's server; what it was told is forgotten after each test by `modelled`."""
    with chat_server() as running:
        yield running


@pytest.fixture(name="modelled")
def settings_of_model(model: LLMockServer, stocked: Settings) -> Settings:
    """Settings of a bot that knows the sample articles and writes with the model."""
    return written_by(model, stocked, understanding="off", stop_seconds=3.0)  # one call for each answer


def says(*sentences: str, times: int | None = 1) -> Reply:
    """The model writes these sentences, each with a key behind it, with which it leaves."""
    return Reply(" ".join(f"{sentence} [z9z]" for sentence in sentences), times=times)


def stalls(seconds: float, *sentences: str) -> StreamFault:
    """The model falls silent after these sentences."""
    return StreamFault("stall", _chunks(sentences), seconds)


def breaks(*sentences: str) -> StreamFault:
    """The connection breaks after these sentences."""
    return StreamFault("disconnect", _chunks(sentences))


def _chunks(sentences: tuple[str, ...]) -> int:
    words = sum(len(f"{sentence} [z9z]".split()) for sentence in sentences)
    return 1 + words + 1  # the role first, and a word of the next sentence, which ends this one


async def called(scene: Scene, model: LLMockServer, count: int = 1) -> None:
    """Wait until the model was asked so many times since the start of the test, answered or not."""

    def asked() -> bool:
        journal = model.state.journal
        return len(journal) + journal.in_flight >= count

    await scene.until(asked)


def drafts(scene: Scene, chat: int) -> list[dict[str, Any]]:
    """Every state of every draft that a person saw."""
    found: list[dict[str, Any]] = scene.emulator.transcript(chat)["drafts"]
    return found


async def nothing_more(scene: Scene, chat: int, count: int, seconds: float = 1.0) -> None:
    """Nothing is said in a chat for a while beyond what was said."""
    await asyncio.sleep(seconds)
    assert len(scene.texts(chat)) == count
