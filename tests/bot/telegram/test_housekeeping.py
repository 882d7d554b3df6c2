"""What the bot does by itself while it answers: bringing articles up to date, forgetting on time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from running import OWNER, QUESTIONS, READER, brisk, emulated, running, settings_of_samples
from running import sample_store as sample_store
from sqlalchemy import update

from bot.memory import Memory
from bot.memory.schema import turns
from bot.telegram import answers
from bot.telegram.application import Serving
from retrieval.library import Library, sync
from retrieval.settings import Settings
from retrieval.types import Progress, SyncReport

__all__ = ["settings_of_samples"]

TRADE, HOLDS = QUESTIONS[0]
DRY_PORT, TREATED = "Combien de conteneurs le port sec de Khorgos a-t-il traités en 2023 ?", "372 000"


def stored(settings: Settings) -> set[str]:
    """The names of the articles that are stored now."""
    with Library.open(settings) as library:
        return {article.id.rpartition("/")[2] for article in library.newest(0, 50)}


def test_articles_are_brought_up_to_date_by_themselves(settings: Settings, corpus: Path) -> None:
    """With --sync-every a new file is known without a word from anybody, and a removed one is not."""
    port = (corpus / "port.txt").read_text("utf-8")
    (corpus / "port.txt").unlink()
    sync(settings, [str(corpus)])

    async def scenario() -> None:
        async with emulated() as server, running(server, settings, serving=Serving(sync_every=0.3)) as scene:
            assert TREATED not in await scene.ask(READER, DRY_PORT)
            (corpus / "port.txt").write_text(port, "utf-8")
            (corpus / "sous" / "vin.txt").unlink()
            await scene.until(lambda: stored(settings) == {"port.txt", "lycee.md"})
            assert TREATED in await scene.ask(READER, DRY_PORT)
            vine = "Combien d'hectares de saperavi les familles du Talas cultivent-elles ?"
            assert "17 hectares" not in await scene.ask(READER, vine)
            assert scene.texts(OWNER) == []

    asyncio.run(scenario())


def test_reading_goes_on_while_articles_are_brought_up_to_date(
    settings: Settings, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question asked during a /sync is answered before that ends; a second /sync is told to wait."""
    sync(settings, [str(corpus)])
    for number in range(5):
        (corpus / f"neuf{number}.txt").write_text(f"Le phare numéro {number} a été repeint en bleu.", "utf-8")

    shown = threading.Event()  # what should be while it goes on

    def slowly(
        settings: Settings, sources: Sequence[str], on_progress: Callable[[Progress], None] | None = None
    ) -> SyncReport:
        def step(progress: Progress) -> None:
            shown.wait(60)
            if on_progress:
                on_progress(progress)

        return sync(settings, sources, step)

    monkeypatch.setattr(answers, "sync", slowly)

    async def scenario() -> None:
        async with brisk(settings, readers=[9]) as scene:
            await scene.ask(OWNER, "/sync")
            assert TREATED in await scene.ask(READER, DRY_PORT)
            assert "déjà en cours" in (await second(scene))
            assert "Articles à jour" not in scene.texts(OWNER)[0]
            shown.set()
            await scene.until(lambda: "ajoutés\u00a0: 5" in scene.texts(OWNER)[0])

    async def second(scene: Any) -> str:
        scene.emulator.say(OWNER, "/sync")
        await scene.until(lambda: len(scene.texts(OWNER)) > 1 and "…" not in scene.texts(OWNER)[1])
        return str(scene.texts(OWNER)[1])

    asyncio.run(scenario())


def test_what_is_older_than_it_may_be_is_forgotten(stocked: Settings) -> None:
    """With SOURCIER_RETENTION_DAYS an old answer is erased at the next start; its buttons say so, newer ones work."""

    async def scenario() -> None:
        async with emulated() as server:
            async with running(server, stocked) as scene:
                for text, _ in QUESTIONS[:2]:
                    await scene.ask(READER, text)
            memory = Memory.open(stocked)
            with memory._write() as connection:
                long_ago = datetime.now(UTC) - timedelta(days=31)
                connection.execute(update(turns).where(turns.c.question == TRADE).values(asked_at=long_ago))
            async with running(server, replace(stocked, retention_days=30), people=False) as scene:
                await scene.until(lambda: len(memory.history(READER, None)) == 1)
                old, new = (message.data["message_id"] for message in scene.sent(READER))
                told = scene.emulator.press(READER, "[1]", message_id=old)["callback_query_id"]
                await scene.until(lambda: scene.emulator.callbacks[told]["answers"])
                assert "n’est plus dans ma mémoire" in scene.emulator.callbacks[told]["answers"][0]["text"]
                scene.emulator.press(READER, "[1]", message_id=new)
                assert "Oskemen" in await scene.reply(READER, 2)
            memory.close()

    asyncio.run(scenario())
