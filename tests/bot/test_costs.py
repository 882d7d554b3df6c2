"""`sourcier costs`: what models cost, by day, purpose and model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_corpus import own_home  # noqa: F401 (fixture)

from bot.cli import cli
from retrieval.spending import ANSWERS, INGEST, Ledger
from retrieval.types import Usage


@pytest.fixture
def ledger(home: Path) -> Ledger:
    """A day's spending."""
    ledger = Ledger(home / "spending.sqlite")
    for _ in range(3):
        ledger.record(ANSWERS, "gpt-6-luna", Usage(1000, 100, 0.00015, 600))
    ledger.record(INGEST, "text-embedding-3-small", Usage(2_000_000, 0, 0.04))
    return ledger


def costs(*arguments: str) -> str:
    done = CliRunner().invoke(cli, ["costs", *arguments])
    assert done.exit_code == 0
    return done.stdout


@pytest.mark.usefixtures("ledger")
def test_the_sums_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """By day, by purpose and model, and in all, with the budget where there is one."""
    monkeypatch.setenv("SOURCIER_DAILY_BUDGET_USD", "2.5")
    shown = [" ".join(line.split()) for line in costs().splitlines()]
    assert "réponses · gpt-6-luna 3 appels · 3000 jetons lus, 300 écrits · 0,00045 $" in shown
    assert "ingestion · text-embedding-3-small 1 appel · 2000000 jetons lus, 0 écrits · 0,04 $" in shown
    assert "En tout 4 appels · 2003000 jetons lus, 300 écrits · 0,04 $" in shown
    assert "Budget des réponses par jour : 2,50 $" in shown


def test_the_same_in_json(ledger: Ledger) -> None:
    """Total and lines, with every count; tokens without a price are told in words too."""
    ledger.record(ANSWERS, "llama", Usage(10, 2, 0.0, 0, 12))
    found = json.loads(costs("--json", "--days", "1"))
    assert found["total"]["cost_usd"] == pytest.approx(0.04045)
    assert (found["total"]["cached_tokens"], found["total"]["unpriced_tokens"]) == (1800, 12)
    assert [line["model"] for line in found["lines"]] == ["gpt-6-luna", "llama", "text-embedding-3-small"]
    words = costs()
    assert "12 jetons" in words
    assert "SOURCIER_PRICES" in words


def test_nothing_was_spent() -> None:
    """It says so."""
    assert "Aucun modèle" in costs()
    assert json.loads(costs("--json"))["lines"] == []
