"""What models cost, by day; and the budget that answers are held against."""

from __future__ import annotations

import logging
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from chat_server import written_by
from embedding_server import EmbeddingServer
from llmock.scenarios import Fail, Reply
from llmock.testing import LLMockServer
from programs import python

from retrieval.chain import Answerer
from retrieval.library import sync
from retrieval.settings import Settings
from retrieval.spending import ANSWERS, INGEST, Ledger, today
from retrieval.types import Question, Usage

ASKED = "Combien de conteneurs le port de Khorgos a-t-il traités en 2023 ?"
SAID = "Le port sec de Khorgos a traité 372 000 conteneurs en 2023. [z9z]"


@pytest.fixture
def modelled(server: LLMockServer, settings: Settings, corpus: Path) -> Settings:
    """A store, and settings by which a model writes for a dollar a token."""
    sync(settings, [str(corpus)])
    return written_by(server, settings, prices="test=1000000/1000000")


def test_calls_add_up_by_day_purpose_and_model(tmp_path: Path) -> None:
    """Each call is counted once, in its line; what took nothing is no call."""
    ledger = Ledger(tmp_path / "deep" / "spending.sqlite")
    assert ledger.since(today()) == []
    ledger.record(ANSWERS, "m", Usage(10, 2, 0.5, 4, 0))
    ledger.record(ANSWERS, "m", Usage(1, 1, 0.25, 0, 2))
    ledger.record(INGEST, "e", Usage(100, 0, 0.125))
    ledger.record(ANSWERS, "m", Usage())
    first, second = ledger.since(today())
    assert (first.purpose, first.model, first.calls, first.usage) == (ANSWERS, "m", 2, Usage(11, 3, 0.75, 4, 2))
    assert (second.purpose, second.calls, second.usage) == (INGEST, 1, Usage(100, 0, 0.125))
    assert ledger.since(today() + timedelta(days=1)) == []


def test_processes_share_a_ledger(tmp_path: Path) -> None:
    """Four processes that write at once lose nothing."""
    path = tmp_path / "spending.sqlite"
    program = (
        "from pathlib import Path; from retrieval.spending import Ledger; from retrieval.types import Usage\n"
        f"for _ in range(25): Ledger(Path({str(path)!r})).record('answers', 'm', Usage(1, 1, 0.5))"
    )
    running = [subprocess.Popen([python(), "-c", program], cwd=Path(__file__).parents[2]) for _ in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    assert [s.calls for s in Ledger(path).since(today())] == [100]


def test_a_ledger_that_cannot_be_written_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and the budget counts as unspent."""
    (tmp_path / "file").write_text("x")
    ledger = Ledger(tmp_path / "file" / "spending.sqlite", budget_usd=1.0)
    with caplog.at_level(logging.WARNING):
        ledger.record(ANSWERS, "m", Usage(1, 1, 5.0))
    assert "could not be kept" in caplog.text
    assert not ledger.exhausted()


def test_only_answers_use_up_the_budget(tmp_path: Path) -> None:
    """What an ingest cost does not make answers extractive; what answers cost does, from the budget on."""
    ledger = Ledger(tmp_path / "spending.sqlite", budget_usd=1.0)
    ledger.record(INGEST, "e", Usage(1, 0, 50.0))
    ledger.record(ANSWERS, "m", Usage(1, 1, 0.75))
    assert not ledger.exhausted()
    ledger.record(ANSWERS, "m", Usage(1, 1, 0.25))
    assert ledger.exhausted()
    assert not Ledger(tmp_path / "spending.sqlite").exhausted()  # no budget: no limit


def test_a_spent_budget_leaves_the_extractive_answer(server: LLMockServer, modelled: Settings) -> None:
    """The first answer is written and uses the budget up; the second asks no model and says why."""
    server.state.scenarios.add(Reply(SAID, times=None))
    with Answerer.open(replace(modelled, daily_budget_usd=1.0)) as chain:
        first = chain.invoke(ASKED)
        assert (first.mode, first.notice) == ("model", None)
        assert first.usage.cost_usd == first.usage.input_tokens + first.usage.output_tokens > 1
        second = chain.invoke(ASKED)
        assert (second.mode, second.notice, second.usage) == ("extractive", "budget", Usage())
        assert "372 000" in second.text
        assert chain.invoke(Question(ASKED, mode="extractive")).notice is None
    assert len(server.state.journal.records(wait=1)) == 1
    (spent,) = Ledger.of(modelled).since(today())
    assert (spent.purpose, spent.model, spent.calls, spent.usage) == (ANSWERS, "test", 1, first.usage)


def test_a_failed_call_is_counted_when_it_was_charged(server: LLMockServer, modelled: Settings) -> None:
    """A refused request costs nothing; a reply that proves nothing does."""
    server.state.scenarios.add(Fail(500), Reply("Le port de Bakou a brûlé mardi. [z9z]"))
    with Answerer.open(modelled) as chain:
        assert chain.invoke(ASKED).usage == Usage()
        assert chain.invoke(ASKED).usage.cost_usd > 0
    assert [s.calls for s in Ledger.of(modelled).since(today())] == [1]


def test_the_vector_of_a_question_is_counted(settings: Settings, corpus: Path) -> None:
    """An answer's usage holds what its search took, and the ledger both that and the ingest's."""
    with EmbeddingServer() as server:
        there = replace(settings, embeddings="openai:e", openai_base_url=server.url, prices="e=1000000")
        report = sync(there, [str(corpus)])
        with Answerer.open(there) as chain:
            usage = chain.invoke(ASKED).usage
    assert usage.input_tokens == usage.cost_usd == len(ASKED) // 4 + 1
    answers, ingest = Ledger.of(there).since(today())
    assert (answers.purpose, answers.model, answers.usage) == (ANSWERS, "e", usage)
    assert (ingest.purpose, ingest.usage) == (INGEST, report.embedded.usage)


def test_the_samples_share_the_ledger_of_their_home(tmp_path: Path) -> None:
    """Settings that are for another home still count where they were loaded."""
    loaded = Settings.load({"SOURCIER_HOME": str(tmp_path)}, None)
    assert replace(loaded, home=tmp_path / "samples").spending_file == tmp_path / "spending.sqlite"
