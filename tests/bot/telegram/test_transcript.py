"""The conversation in the README is one that the bot really has."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

from running import READER, Scene, emulated, running

from retrieval.library import sync
from retrieval.settings import Settings

ROOT = Path(__file__).parents[3]
README, SAMPLES = ROOT / "README.md", ROOT / "bot" / "sample_articles"
LINES = (
    "Combien de tonnes de marchandises ont circulé par train entre la Chine et le Kazakhstan en 2022 ?",
    "[1]",
    "Qui a succédé à la Russie comme premier partenaire commercial du Kazakhstan ?",
    "Quel est le PIB du Brésil ?",
)


def seen(scene: Scene, line: str, before: int) -> str:
    """One exchange as the person sees it."""
    shown = [f"> {line}", ""]
    for message in scene.sent(READER)[before:]:
        shown.append(message.data["text"].replace("\u00a0", " "))
        rows = message.data.get("reply_markup", {}).get("inline_keyboard", [])
        shown += [" ".join(f"({button['text']})" for button in row) for row in rows]
        shown.append("")
    return "\n".join(shown)


async def conversation(settings: Settings) -> str:
    """The transcript."""
    parts = []
    async with emulated() as server, running(server, settings) as scene:
        for line in LINES:
            before = len(scene.texts(READER))
            if line.startswith("["):
                scene.emulator.press(READER, line)
                await scene.reply(READER, before)
            else:
                await scene.ask(READER, line)
            parts.append(seen(scene, line, before))
    return "\n".join(parts)


def test_the_conversation_in_the_readme(settings: Settings, tmp_path: Path) -> None:
    """What the README shows of the Telegram bot is what it says."""
    settings = replace(settings, home=tmp_path / "home")
    sync(settings, [str(SAMPLES)])
    block = re.search(r"```text\n(> .*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    said = asyncio.run(conversation(settings))
    assert said.split() == block[1].split(), said
