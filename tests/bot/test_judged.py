"""`sourcier eval --judge`: with a run, on a finished one, and without a model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from llmock.scenarios import Fail, Reply
from llmock.testing import LLMockServer
from small_corpus import own_home, three_articles  # noqa: F401 (fixtures)

from bot.cli import cli
from bot.rendering.judging import judge
from bot.rendering.terminal import Page
from bot.texts import texts
from retrieval.evaluation.calibrating import labelled_cases

ASKED = [one for one in labelled_cases() if one.case.ruled is None]
GOLD = [
    {"id": "n", "question": "Combien de visiteurs attend la foire du livre de Nantes ?", "answers": ["12 000"],
     "evidence": [{"article": "nantes.txt", "quote": "Elle attend 12 000 visiteurs cette semaine."}],
     "answerable": True},
    {"id": "x", "question": "Quel est le PIB du Brésil ?", "answers": [], "evidence": [], "answerable": False},
]  # fmt: skip


@pytest.fixture
def scripted(server: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> LLMockServer:
    """A judge that gives the labels."""
    server.state.reset()
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url())
    monkeypatch.setenv("SOURCIER_JUDGE_MODEL", "openai:judge")
    monkeypatch.setenv("SOURCIER_MODEL_RETRIES", "0")
    monkeypatch.setenv("SOURCIER_PRICES", "judge=1/2")
    server.state.scenarios.add(*[reply(one.correctness, list(one.statements)) for one in ASKED])
    return server


def reply(correctness: float, statements: list[bool]) -> Reply:
    """What the judge says."""
    return Reply(json.dumps({"reason": "", "correctness": correctness, "statements": statements}))


def sourcier(*args: str | Path) -> Result:
    """The command run in this process."""
    return CliRunner().invoke(cli, ["eval", *map(str, args), "--jobs", "1"])


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> tuple[str | Path, ...]:
    """The arguments of a run of two questions, extractive."""
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in GOLD), "utf-8")
    return (path, "--articles", folder, "--mode", "extractive", "--run", tmp_path / "run")


def test_a_run_that_is_judged(run: tuple[str | Path, ...], tmp_path: Path, scripted: LLMockServer) -> None:
    """Agreement and scores stand under the summary and in the JSON; a second call asks nothing."""
    assert sourcier(*run).exit_code == 0
    answer = json.loads((tmp_path / "run" / "answers.jsonl").read_text("utf-8").splitlines()[0])
    scripted.state.scenarios.add(reply(1, [True] * len(answer["statements"])))
    done = sourcier(*run, "--judge")
    assert done.exit_code == 0, done.output
    assert "Bien traitées" in done.stdout
    assert f"Juge : judge · éprouvé sur {len(ASKED)} réponses" in done.stdout
    assert "κ 1,00" in done.stdout
    assert "note : 100,0 %" in done.stdout
    assert "Jugées : 1 · abstentions notées par règle : 1 · sans jugement : 0" in done.stdout
    calls = len(scripted.state.journal.records(wait=5))
    finished = sourcier("--judge", "--run", tmp_path / "run", "--json")
    assert finished.exit_code == 0, finished.output
    printed = json.loads(finished.stdout)
    assert printed["judge"]["scores"]["correctness"]["value"] == 1
    assert "by_question" not in printed["judge"]
    assert len(scripted.state.journal.records(wait=5)) == calls


def test_a_judge_that_fails(run: tuple[str | Path, ...], tmp_path: Path, scripted: LLMockServer) -> None:
    """The run is kept, and the error says how to go on with it."""
    scripted.state.scenarios.clear()
    scripted.state.scenarios.add(Fail(401))
    done = sourcier(*run, "--judge")
    assert done.exit_code == 2
    assert f"sourcier eval --judge --run {tmp_path / 'run'}" in done.stderr
    assert (tmp_path / "run" / "scores.json").exists()


def test_interrupting_the_judge(
    run: tuple[str | Path, ...], tmp_path: Path, scripted: LLMockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while the judge is at work says which command goes on."""
    assert scripted is not None

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("retrieval.evaluation.judging.ask", interrupted)
    done = sourcier(*run, "--judge")
    assert done.exit_code == 130
    assert f"sourcier eval --judge --run {tmp_path / 'run'} reprend" in done.stderr


def test_without_a_model(run: tuple[str | Path, ...], tmp_path: Path) -> None:
    """Nothing is asked before it is known that there is a judge."""
    done = sourcier(*run, "--judge")
    assert done.exit_code == 2
    assert "OPENAI_API_KEY" in done.stderr
    assert not (tmp_path / "run").exists()


def test_usage(tmp_path: Path) -> None:
    """--judge needs a run or questions, and goes with no comparison."""
    (tmp_path / "a").mkdir()
    assert sourcier("--judge").exit_code == 2
    assert sourcier("--judge", "--compare", tmp_path / "a", tmp_path / "a").exit_code == 2


def test_a_withheld_judge_is_said_to_be() -> None:
    """A judge below the threshold is shown with its kappa, and without a score."""
    agreed = {"cases": 51, "kappa": 0.412, "kappa_low": 0.2, "kappa_high": 0.6, "same": 0.7, "same_low": 0.6,
              "same_high": 0.8, "used": False}  # fmt: skip
    spent = {"input_tokens": 10, "output_tokens": 2, "cost_usd": 0.001}
    block = {"model": "m", "agreement": {"correctness": agreed, "faithfulness": agreed | {"kappa": None}},
             "threshold": 0.6, "used": False, "calibration_usage": spent}  # fmt: skip
    shown = judge(block, Page(texts("en")))
    assert "κ 0.41 [0.20 ; 0.60] · 70.0% [60.0 ; 80.0]" in shown
    assert shown.count("score withheld: κ below 0.6") == 2
    assert "it was not asked about this" in shown
    one = {"value": 0.5, "low": None, "high": None, "questions": 4}
    used = block | {"used": True, "scores": {"correctness": one}, "judged": 4, "by_rule": 1, "unjudged": 2,
                    "failed": {"timeout": 2}, "usage": spent}  # fmt: skip
    used["agreement"] = {"correctness": agreed | {"used": True}, "faithfulness": agreed}
    shown = judge(used, Page(texts("fr")))
    assert "note : 50,0 % [–] sur 4 réponses" in shown
    assert "timeout 2" in shown
