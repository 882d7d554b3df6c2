"""`sourcier ingest` with an embedding model that costs money: told before, asked where it is much."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from embedding_server import EmbeddingServer
from programs import python
from small_corpus import own_home, three_articles  # noqa: F401 (fixtures)

from bot.cli import cli


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingServer]:  # noqa: ARG001 - first
    """It charges a hundred dollars for a million tokens."""
    with EmbeddingServer() as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        monkeypatch.setenv("SOURCIER_EMBEDDINGS", "openai:e")
        monkeypatch.setenv("SOURCIER_PRICES", "e=1000")
        yield running


def ingest(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["ingest", *map(str, arguments)])


def test_much_needs_yes_where_nobody_can_be_asked(server: EmbeddingServer, folder: Path, home: Path) -> None:
    """In a pipe it stops with the estimate and the remedy, before anything is embedded or stored; --yes goes on."""
    stopped = ingest(folder)
    assert stopped.exit_code == 2
    assert "3 passages" in stopped.stderr
    assert "--yes" in stopped.stderr
    assert "SOURCIER_ASK_ABOVE_USD" in stopped.stderr
    assert server.requests == []
    assert not (home / "library.sqlite").exists()
    done = ingest(folder, "--yes", "--json")
    assert done.exit_code == 0
    embedded = json.loads(done.stdout)["embedded"]
    assert embedded["texts"] == 3
    assert embedded["cost_usd"] == pytest.approx(embedded["input_tokens"] / 1000)


def test_little_is_not_asked_about(server: EmbeddingServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the limit it goes on; what is unchanged costs nothing, whatever the limit is."""
    monkeypatch.setenv("SOURCIER_ASK_ABOVE_USD", "1")
    assert "Vectorisés : 3 passages" in ingest(folder).stdout
    monkeypatch.setenv("SOURCIER_ASK_ABOVE_USD", "0")
    assert ingest().exit_code == 0
    assert ingest("--rebuild").exit_code == 0
    assert server.texts.total() == 3


def test_what_is_free_is_not_asked_about(
    server: EmbeddingServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server of one's own without a price is not paid, so nothing is asked however low the limit is."""
    monkeypatch.setenv("SOURCIER_PRICES", "")
    monkeypatch.setenv("SOURCIER_ASK_ABOVE_USD", "0")
    done = ingest(folder)
    assert done.exit_code == 0
    assert "prix inconnu" in done.stdout
    assert server.texts.total() == 3


def test_what_the_estimate_leaves_out_is_told(server: EmbeddingServer, folder: Path) -> None:
    """Web pages are fetched by the ingest alone: their number is told beside the price of the others."""
    stopped = ingest(folder, "http://127.0.0.1:9/a", "http://127.0.0.1:9/feed")
    assert stopped.exit_code == 2
    assert "3 passages" in stopped.stderr
    assert "Non comptés dans l’estimation : 2 pages web ou flux" in " ".join(stopped.stderr.split())
    assert server.requests == []


@pytest.mark.parametrize(("said", "status", "embedded"), [("n\n", 1, 0), ("oui\n", 0, 3), ("\n", 0, 3)])
def test_on_a_terminal_it_asks(server: EmbeddingServer, folder: Path, said: str, status: int, embedded: int) -> None:
    """The estimate and the question are shown; no leaves everything as it was, yes goes on."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [python(), "-m", "bot.cli", "ingest", str(folder)],
        stdin=slave,
        stdout=subprocess.DEVNULL,
        stderr=slave,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    os.close(slave)
    shown = b""
    until = time.monotonic() + 60
    while b"Continuer" not in shown and time.monotonic() < until:
        shown += os.read(master, 4096)
    os.write(master, said.encode())
    while process.poll() is None and time.monotonic() < until:  # its bar must not fill the terminal
        try:
            shown += os.read(master, 4096)
        except OSError:  # it closed the terminal
            break
    assert process.wait(30) == status
    os.close(master)
    assert "À vectoriser : 3 passages" in shown.decode()
    assert server.texts.total() == embedded
