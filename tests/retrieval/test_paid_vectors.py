"""What was paid for is paid for once, through failures, kills and rebuilds; and the estimate before it is paid."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from embedding_server import EmbeddingServer
from programs import python

from retrieval.errors import ModelError
from retrieval.estimating import Estimate, estimate, is_local
from retrieval.kept_vectors import KeptEmbeddings
from retrieval.library import sync
from retrieval.search import Searcher
from retrieval.settings import Settings
from retrieval.spending import INGEST, Ledger, today
from retrieval.store import open_vectors
from retrieval.types import Progress

MODEL = "openai:e"
ARTICLES = 700  # of a passage each: three requests


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as running:
        yield running


@pytest.fixture
def paid(server: EmbeddingServer, settings: Settings) -> Settings:
    """Settings that embed with the server, for ten dollars a million tokens."""
    return replace(settings, embeddings=MODEL, prices="e=10,f=10", model_retries=0, openai_base_url=server.url)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """As many articles as take several requests."""
    path = tmp_path / "many.jsonl"
    lines = [{"id": f"a{i}", "text": f"Le numéro {i} de la revue paraît.", "title": str(i)} for i in range(ARTICLES)]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def test_a_failure_in_the_middle_costs_nothing_twice(server: EmbeddingServer, paid: Settings, many: Path) -> None:
    """After an error in the middle, the same command embeds the rest: each text once in all, and all are found."""
    server.failing = {2: 401}
    with pytest.raises(ModelError) as raised:
        sync(paid, [str(many)])
    assert "goes on" in (raised.value.remedy or "")
    first = server.texts.total()
    assert 0 < first < ARTICLES
    report = sync(paid, [str(many)])
    assert report.embedded.texts == ARTICLES - first
    assert set(server.texts.values()) == {1}
    assert len(server.texts) == report.passages == ARTICLES
    with Searcher.open(paid) as searcher:
        assert any("vectors" in hit.scores for hit in searcher.search("numéro 6 de la revue", 1000))
    spent = [s for s in Ledger.of(paid).since(today()) if s.purpose == INGEST]
    assert [s.model for s in spent] == ["e"]
    assert spent[0].usage.cost_usd == pytest.approx(spent[0].usage.input_tokens / 1e5)


def test_a_kill_in_the_middle_costs_nothing_twice(server: EmbeddingServer, paid: Settings, many: Path) -> None:
    """After SIGKILL while a request is under way, the next ingest embeds only what has no vector."""
    server.delay = 0.3
    program = (
        "from pathlib import Path; from retrieval.library import sync\n"
        "from retrieval.settings import Settings\n"
        f"sync(Settings(home=Path({str(paid.home)!r}), embeddings={MODEL!r}, mode='extractive', "
        f"openai_base_url={paid.openai_base_url!r}, model_retries=0), [{str(many)!r}])"
    )
    process = subprocess.Popen([python(), "-c", program], cwd=Path(__file__).parents[2])
    for _ in range(1000):
        if server.requests:
            break
        time.sleep(0.02)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    server.delay = 0.0
    assert sync(paid, [str(many)]).passages == ARTICLES
    assert set(server.texts.values()) == {1}
    assert len(server.texts) == ARTICLES


def test_a_rebuild_goes_on_where_it_stopped(server: EmbeddingServer, paid: Settings, many: Path) -> None:
    """Another model: interrupted and run again, each text is embedded once; once more, and back, none is."""
    sync(replace(paid, embeddings="none"), [str(many)])
    server.failing = {4: 401}
    with pytest.raises(ModelError):
        sync(paid, rebuild=True)
    steps: list[Progress] = []
    sync(paid, on_progress=steps.append)
    again = [s for s in steps if s.step == "rebuild"]
    assert again[0].done == 400
    assert (again[-1].done, again[-1].total) == (ARTICLES, ARTICLES)
    assert set(server.texts.values()) == {1}
    assert len(server.texts) == ARTICLES
    assert sync(paid, rebuild=True).embedded.texts == 0
    other = replace(paid, embeddings="openai:f")
    assert sync(other, rebuild=True).embedded.texts == ARTICLES
    assert sync(paid, rebuild=True).embedded.texts == 0
    assert server.texts.total() == 2 * ARTICLES
    store = open_vectors(paid, MODEL)
    assert len(store) == ARTICLES
    assert isinstance(store._embeddings, KeptEmbeddings)
    assert store._embeddings.kept([]) == {}
    assert (paid.home / "vectors.sqlite").stat().st_size < 100_000  # nothing is left waiting there
    store.close()


def test_the_estimate_is_what_is_embedded(paid: Settings, many: Path) -> None:
    """Before, it names the texts and about the tokens and the price; afterwards nothing is left; it writes nothing."""
    found = estimate(paid, [str(many)])
    assert (found.model, found.texts) == ("e", ARTICLES)
    assert found.cost_usd == pytest.approx(found.tokens / 1e5)
    assert not (paid.home / "library.sqlite").exists()
    report = sync(paid, [str(many)])
    assert report.embedded.texts == found.texts
    assert 0.5 < found.tokens / report.embedded.usage.input_tokens < 2
    assert estimate(paid, [str(many)]) == estimate(paid) == Estimate("e", 0, 0, 0.0)
    assert estimate(paid, rebuild=True).texts == 0
    assert estimate(replace(paid, embeddings="openai:f"), rebuild=True).texts == ARTICLES


def test_no_estimate_where_nothing_is_paid(paid: Settings, many: Path) -> None:
    """Without a model, with one in process, at the price of zero and at a server of one's own, nothing is read."""
    for free in (
        replace(paid, embeddings="none"),
        replace(paid, embeddings="model2vec:folder"),
        replace(paid, prices="e=0"),
        replace(paid, prices=""),
    ):
        assert estimate(free, [str(many)]) == Estimate()
    public = replace(paid, prices="", openai_base_url="https://api.example.org/v1")
    assert estimate(public, [str(many)]).cost_usd is None


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:11434/v1", True),
        ("http://localhost:8000/v1", True),
        ("http://ollama:11434/v1", True),
        ("http://192.168.1.5/v1", True),
        ("http://[::1]:80/v1", True),
        ("", False),
        ("https://api.openai.com/v1", False),
        ("https://8.8.8.8/v1", False),
    ],
)
def test_local_servers_are_told_apart(url: str, local: bool) -> None:
    """A server of this machine or network costs nothing that we could know of."""
    assert is_local(url) is local
