"""Syncing: incremental, complete, one writer, and equal to a clean run after any kill."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from programs import python

from retrieval.errors import StoreEmpty, StoreLocked, StoreMismatch
from retrieval.library import Library, sync
from retrieval.manifest import Manifest
from retrieval.search import Searcher
from retrieval.settings import Settings
from retrieval.store import collection_name
from retrieval.vectors import VectorStore
from retrieval.words import WordIndex


def contents(settings: Settings) -> dict[str, object]:
    """Everything a store holds, in a form that can be compared."""
    manifest = Manifest(settings.home / "library.sqlite")
    store = VectorStore(settings.home / "chroma", collection_name(None), None)
    ids = sorted(store.ids())
    found = {
        "articles": [(article, spans) for article, spans in manifest.articles()],
        "pending": manifest.pending(),
        "chroma": sorted(store.texts(ids).items()),
        "words": WordIndex(settings.home / "words").entries(),
    }
    store.close()
    manifest.close()
    return found


def counts(report: object) -> tuple[int, ...]:
    return tuple(getattr(report, name) for name in ("added", "changed", "removed", "unchanged"))


def test_every_passage_is_a_slice_everywhere(settings: Settings, corpus: Path) -> None:
    """Chroma, the word index and the manifest name the same passages, and each is a slice of its article."""
    sync(settings, [str(corpus)])
    found = contents(settings)
    spans = {f"{a.id}#{s}-{e}": a.text[s:e] for a, pieces in found["articles"] for s, e in pieces}  # type: ignore[attr-defined]
    assert dict(found["chroma"]) == spans  # type: ignore[call-overload]
    assert {f"{a}#{s}-{e}" for a, _, s, e in found["words"]} == set(spans)  # type: ignore[attr-defined]
    assert {a.id for a, _ in found["articles"]} == {"port.txt", "lycee.md", "sous/vin.txt"}  # type: ignore[attr-defined]


def test_unchanged_changed_vanished_and_moved(settings: Settings, corpus: Path) -> None:
    """What did not change is not touched, a change replaces all old passages, what vanished goes, a move is both."""
    assert counts(sync(settings, [str(corpus)])) == (3, 0, 0, 0)
    assert counts(sync(settings, [str(corpus)])) == (0, 0, 0, 3)
    (corpus / "port.txt").write_text("Un texte tout autre. Il parle de moutons.", encoding="utf-8")
    (corpus / "lycee.md").unlink()
    (corpus / "sous/vin.txt").rename(corpus / "vigne.txt")
    assert counts(sync(settings)) == (1, 1, 2, 0)
    fresh = replace(settings, home=settings.home.parent / "fresh")
    sync(fresh, [str(corpus)])
    assert contents(settings) == contents(fresh)


def test_an_emptied_folder_keeps_its_articles(settings: Settings, corpus: Path) -> None:
    """A folder in which nothing is left (an unmounted disk) does not wipe the store: it is reported."""
    sync(settings, [str(corpus)])
    shutil.rmtree(corpus)
    gone = sync(settings)
    corpus.mkdir()
    emptied = sync(settings)
    assert counts(gone)[2] == counts(emptied)[2] == 0
    assert len(gone.failed) == len(emptied.failed) == 1
    with Library.open(settings) as library:
        assert len(library.ids()) == 3


def test_a_file_that_becomes_unreadable_keeps_its_last_good_version(settings: Settings, corpus: Path) -> None:
    """A bad file is reported with its path, the others go on, and what was stored of it stays."""
    sync(settings, [str(corpus)])
    (corpus / "port.txt").write_bytes(b"")
    (corpus / "neuf.txt").write_text("Un article neuf parle de chevaux.", encoding="utf-8")
    report = sync(settings)
    assert counts(report)[:3] == (1, 0, 0)
    assert [f.path for f in report.failed] == [str(corpus / "port.txt")]
    with Library.open(settings) as library:
        assert library.article("port.txt") is not None


def test_two_folders_may_hold_the_same_name(settings: Settings, corpus: Path, tmp_path: Path) -> None:
    """The second article of a name gets its folder's name in front; both are found."""
    other = tmp_path / "autre"
    other.mkdir()
    (other / "port.txt").write_text("Le port de Bakou attend des navires.", encoding="utf-8")
    sync(settings, [str(corpus), str(other)])
    with Library.open(settings) as library:
        assert library.ids() == ["autre/port.txt", "lycee.md", "port.txt", "sous/vin.txt"]
    assert counts(sync(settings)) == (0, 0, 0, 4)


def test_a_second_writer_is_refused(settings: Settings, corpus: Path) -> None:
    """While one process writes, another gets an error that names the remedy."""
    settings.home.mkdir()
    lock = settings.home / "write.lock"
    program = (
        "import filelock, time\n"
        f"lock = filelock.FileLock({str(lock)!r}); lock.acquire(); print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([python(), "-c", program], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(StoreLocked, match="another process") as raised:
            sync(settings, [str(corpus)])
        assert raised.value.remedy
    finally:
        holder.kill()
        holder.wait()
    assert counts(sync(settings, [str(corpus)]))[0] == 3


def test_an_empty_store_says_so(settings: Settings) -> None:
    """Searching before anything was ingested names the command to run."""
    with pytest.raises(StoreEmpty) as raised:
        Searcher.open(settings)
    assert "sourcier ingest" in (raised.value.remedy or "")


def test_another_embedding_model_is_refused(settings: Settings, corpus: Path) -> None:
    """A store made with one model is never mixed with another: the error names the command to rebuild."""
    sync(settings, [str(corpus)])
    other = replace(settings, embeddings="openai:text-embedding-3-small")
    for use in (Searcher.open, lambda s: sync(s, [str(corpus)])):
        with pytest.raises(StoreMismatch) as raised:
            use(other)
        assert "--rebuild" in (raised.value.remedy or "")


def test_rebuilding_gives_the_same_store(settings: Settings, corpus: Path) -> None:
    """Chroma and the word index can be made again from the stored articles, without the files."""
    sync(settings, [str(corpus)])
    before = contents(settings)
    shutil.rmtree(settings.home / "words")
    shutil.rmtree(settings.home / "chroma")
    shutil.rmtree(corpus)
    sync(settings, rebuild=True)
    assert contents(settings) == before


def test_a_killed_rebuild_starts_over(settings: Settings, corpus: Path) -> None:
    """After SIGKILL in the middle of a rebuild, the next sync makes the whole store again."""
    sync(settings, [str(corpus)])
    before = contents(settings)
    program = (
        "import os, signal; from pathlib import Path\n"
        "from retrieval.library import sync; from retrieval.settings import Settings\n"
        "from retrieval.words import WordIndex\n"
        "WordIndex.commit = lambda self: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"sync(Settings(home=Path({str(settings.home)!r}), embeddings='none', mode='extractive'), rebuild=True)"
    )
    killed = subprocess.run([python(), "-c", program], cwd=Path(__file__).parents[2])
    assert killed.returncode == -signal.SIGKILL
    sync(settings, [str(corpus)])
    assert contents(settings) == before


def test_killed_at_any_moment_then_run_again(settings: Settings, tmp_path: Path) -> None:
    """After SIGKILL at random moments of an ingest that adds, changes and removes, a rerun equals a clean run."""
    folder = tmp_path / "many"
    folder.mkdir()
    draw = random.Random(7)

    def write(generation: int) -> None:
        for i in range(150):
            path = folder / f"{i:03}.txt"
            if (i + generation) % 9 == 0:
                path.unlink(missing_ok=True)
            elif generation == 0 or i % 3 == generation % 3:
                path.write_text(
                    " ".join(f"Phrase {i} {generation} {n} sur le commerce." for n in range(60)), encoding="utf-8"
                )

    program = (
        "from pathlib import Path; from retrieval.settings import Settings; import retrieval.library as library\n"
        "library.LEAST, library.MOST = 30, 60; print('go', flush=True)\n"
        f"settings = Settings(home=Path({str(settings.home)!r}), embeddings='none', mode='extractive')\n"
        f"library.sync(settings, [{str(folder)!r}])"
    )
    kills = 0
    for generation in range(6):
        write(generation)
        process = subprocess.Popen([python(), "-c", program], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(draw.uniform(0.05, 1.2))
        process.kill()  # SIGKILL; does nothing to a process that ended
        kills += process.wait() == -signal.SIGKILL
    assert kills >= 2
    sync(settings, [str(folder)])
    fresh = replace(settings, home=tmp_path / "fresh")
    sync(fresh, [str(folder)])
    assert contents(settings) == contents(fresh)
