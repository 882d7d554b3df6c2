"""What owners do, what they hear of, and /oublier."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from reception import GROUP, OWNER, READER, Reception, pressed, reception, written

from bot.telegram import owner
from bot.telegram.owner import on_export, on_forget, on_forget_button, on_stats, on_sync
from retrieval.errors import StoreEmpty, StoreLocked
from retrieval.types import Failure, Progress, SyncReport


def turn(here: Reception, message: int, question: str, abstained: bool = False, **more: Any) -> int:
    """An answered turn of READER; returns its id."""
    asked = here.memory.begin_turn(READER, None, READER, message, question)
    cited = {"number": 1, "article": "a.txt", "start": 3, "end": 9, "quote": "…", "title": None}
    answer = {
        "question": question,
        "understood_as": question,
        "language": "fr",
        "text": "…",
        "abstained": abstained,
        "citations": [] if abstained else [cited],
        "usage": {"input_tokens": 1000, "output_tokens": 234, "cost_usd": 0.004},
        "seconds": {"total": 1.25},
        **more,
    }
    here.memory.answered(asked.id, json.dumps(answer))
    return asked.id


@pytest.mark.parametrize("handler", [on_stats, on_sync, on_export])
def test_only_for_owners(tmp_path: Path, handler: Callable[[Any, Any], Awaitable[None]]) -> None:
    """A reader who tries an owner's command hears that there is none."""
    with reception(tmp_path) as here:
        asyncio.run(handler(written(READER, "/x"), here.context))
        assert [s.html for s in here.said.take()] == [here.desk.t("fr")("owner_unknown_command")]


def test_statistics(tmp_path: Path) -> None:
    """/stats gives three periods with figures as the language writes them; nothing asked gives dashes."""
    with reception(tmp_path) as here:
        asyncio.run(on_stats(written(OWNER, "/stats"), here.context))
        liked = turn(here, 1, "A ?")
        turn(here, 2, "B ?", abstained=True)
        here.memory.feedback(liked, READER, 1)
        asyncio.run(on_stats(written(OWNER, "/stats"), here.context))
        empty, said = here.said.take()
        assert "– (médiane)" in empty.html.replace("\u00a0s", "")
        today, week, month = (part.replace("\u00a0", " ") for part in said.html.split("\n\n"))
        assert today == (
            "<b>Aujourd’hui</b>\nQuestions : 2 · personnes : 1\nSans réponse : 50 % · 👍 1 · 👎 0\n"
            "Durée : 1,2 s (médiane), 1,2 s (95 %)\nJetons : 2\u202f468 · coût : 0,0080 $"
        )
        assert [part.partition("\n")[2] for part in (week, month)] == [today.partition("\n")[2]] * 2


# ---- syncing
class Syncing:
    """Answers.sync that goes on until it is let go."""

    def __init__(self, ends: SyncReport | Exception) -> None:
        self.ends, self.go = ends, asyncio.Event()
        self.step: Callable[[Progress], None] = lambda _: None

    async def sync(self, sources: Sequence[str], on_progress: Callable[[Progress], None]) -> SyncReport:
        assert sources == ()
        self.step = on_progress
        await self.go.wait()
        if isinstance(self.ends, Exception):
            raise self.ends
        return self.ends


def synced(here: Reception, ends: SyncReport | Exception, steps: Sequence[Progress] = ()) -> list[str]:
    """What /sync says until it ends."""

    async def run() -> None:
        syncing = Syncing(ends)
        here.answers.sync = syncing.sync
        await on_sync(written(OWNER, "/sync"), here.context)
        (task,) = here.desk.recent.background  # the handler is back while it runs
        for step in steps:
            await asyncio.sleep(0.03)
            syncing.step(step)
            syncing.step(step)
        await asyncio.sleep(0.03)
        syncing.go.set()
        await task

    asyncio.run(run())
    assert not here.desk.recent.background
    return [s.html.replace("\u00a0", " ") for s in here.said.take()]


def test_sync_tells_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One message, edited where something changed, ends as the report with what could not be read."""
    monkeypatch.setattr(owner, "EVERY", 0.01)
    failed = tuple(Failure(f"/articles/<{n}>.pdf", "illisible") for n in range(12))
    report = SyncReport(1, 2, 3, 4, failed, 50, 1234.56)
    with reception(tmp_path) as here:
        started, first, second, end = synced(here, report, [Progress(5, None, 9), Progress(11, 10, 20)])
    assert (started, first) == ("Mise à jour des articles…", "Mise à jour des articles : 5 lus…")
    assert second == "Mise à jour des articles : 10 sur 10…"
    assert end.startswith("<b>Articles à jour</b>\najoutés : 1 · modifiés : 2 · retirés : 3 · inchangés : 4\n")
    assert "passages : 50 · 1\u202f234,6 s\n\nNon lus : 12\n• <code>/articles/&lt;0&gt;.pdf</code> : illisible\n" in end
    assert end.endswith("… et 2 de plus")


@pytest.mark.parametrize(
    ("error", "words"),
    [(StoreLocked("x"), "déjà en cours"), (StoreEmpty("x"), "aucun article"), (OSError("x"), "échoué")],
)
def test_sync_that_cannot(tmp_path: Path, error: Exception, words: str) -> None:
    """A sync already running, an empty store and a failure are told in words, without the error's own."""
    with reception(tmp_path) as here:
        _, end = synced(here, error)
        assert words in end
        assert "x" not in end.replace("exemple", "").split()


def test_a_report_that_cannot_be_edited_is_said(tmp_path: Path) -> None:
    """Where the first message could not be sent, the report is said anew."""
    with reception(tmp_path) as here:
        here.said.gone = {OWNER}
        assert synced(here, SyncReport(0, 0, 0, 1, (), 5, 0.1)) == []


# ---- exporting
def test_export(tmp_path: Path) -> None:
    """Disliked answers and abstentions become lines of a gold set that tell nothing of who asked."""
    with reception(tmp_path) as here:
        asyncio.run(on_export(written(OWNER, "/export"), here.context))
        assert "Rien à exporter" in here.said.take()[0].html
        turn(here, 1, "Bonne ?")
        bad = turn(here, 2, "et lui ?", understood_as="Qui est le maire ?")
        both = turn(here, 3, "Sans réponse ?", abstained=True)
        for disliked in (bad, both):
            here.memory.feedback(disliked, READER, -1)
        asyncio.run(on_export(written(OWNER, "/export"), here.context))
        (said,) = here.said.take()
        assert said.kind == "document"
        first, second = (json.loads(line) for line in said.content.decode().splitlines())
        assert (first["question"], first["tags"], first["status"]) == ("Qui est le maire ?", ["feedback"], "candidate")
        assert first["answered"]["citations"] == [{"article": "a.txt", "quote": "…", "start": 3, "end": 9}]
        assert (second["question"], second["tags"]) == ("Sans réponse ?", ["feedback", "abstained"])
        assert str(READER) not in said.content.decode()


# ---- privacy
def test_forgetting(tmp_path: Path) -> None:
    """/oublier asks, erases at yes, and says how much that was; the person is a stranger again."""
    with reception(tmp_path) as here:
        turn(here, 1, "A ?")
        asyncio.run(on_forget(written(READER, "/oublier"), here.context))
        (asked,) = here.said.take()
        assert [b.data for b in asked.buttons[0]] == [f"forget:{READER}:1", f"forget:{READER}:0"]
        asyncio.run(on_forget_button(pressed(READER, f"forget:{READER}:0"), here.context))
        assert here.said.take()[-1].html == "Rien n’a été effacé."
        assert here.status(READER) == "allowed"
        asyncio.run(on_forget_button(pressed(READER, f"forget:{READER}:1"), here.context))
        assert "questions et réponses (1)" in here.said.take()[-1].html
        assert here.memory.user(READER) is None


def test_nobody_erases_what_is_another_s(tmp_path: Path) -> None:
    """In a group only who asked may confirm."""
    with reception(tmp_path) as here:
        asyncio.run(on_forget_button(pressed(OWNER, f"forget:{READER}:1", chat=GROUP), here.context))
        assert [s.kind for s in here.said.take()] == ["callback"]
        assert here.status(READER) == "allowed"
