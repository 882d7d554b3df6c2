"""A judge that says what it is told, and a finished run for it; imported, as another folder has the conftest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from answerers import ROWS_OF_GOLD
from llmock.scenarios import Behavior, Reply
from llmock.testing import LLMockServer

from bot.rendering.as_json import answer_dict
from retrieval.evaluation.calibrating import labelled_cases, run_cases
from retrieval.evaluation.judging import Case
from retrieval.evaluation.running import Run
from retrieval.settings import Secret, Settings

LABELLED = labelled_cases()
ASKED = [one for one in LABELLED if one.case.ruled is None]
ROWS = [row for row in ROWS_OF_GOLD if row.id in ("s001", "s008", "d01")]
ROWS += [row for row in ROWS_OF_GOLD if "far" in row.tags][:3]


@pytest.fixture(autouse=True)
def fresh(server: LLMockServer) -> None:
    """Nothing is left of the test before."""
    server.state.reset()


@pytest.fixture(name="settings")
def settings_of_judge(server: LLMockServer, tmp_path: Path) -> Settings:
    """Settings of a judge beside the model that answers."""
    return Settings(
        home=tmp_path / "home", openai_base_url=server.base_url(), openai_api_key=Secret("sk-test"), model_retries=0,
        chat_model="openai:answers", judge_model="openai:judge", prices="judge=1/2", mode="extractive",
    )  # fmt: skip


@pytest.fixture(name="folder")
def finished_run(store: Settings, tmp_path: Path) -> Path:
    """A finished run of a few questions."""
    Run(tmp_path / "run", ROWS, store, answer_dict).go()
    return tmp_path / "run"


def grade(correctness: float, statements: Sequence[bool]) -> Reply:
    """What a judge replies."""
    return Reply(json.dumps({"reason": "r", "correctness": correctness, "statements": list(statements)}))


def perfect() -> list[Reply]:
    """The labels, as replies in the order of the cases."""
    return [grade(one.correctness, one.statements) for one in ASKED]


def waiting(folder: Path) -> list[Case]:
    """The answers of a run that a judge is asked about."""
    return [case for case in run_cases(folder) if case.ruled is None]


def calls(server: LLMockServer) -> int:
    """How many calls the model got."""
    return len(server.state.journal.records(wait=5))


def scripted(server: LLMockServer, *behaviors: Behavior) -> None:
    """What the model does next."""
    server.state.scenarios.add(*behaviors)
