"""A run: the same chain as anybody's, a folder to go on with, and the independent scorer's scores."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from answerers import GOLD, answer
from answerers import ROWS_OF_GOLD as ROWS
from gold_run import gold_store, shipped_run  # noqa: F401 (fixtures)
from langchain_core.runnables import RunnableLambda

from bot.rendering.as_json import answer_dict
from retrieval.errors import StoreError
from retrieval.evaluation.gold import Row
from retrieval.evaluation.running import Run
from retrieval.evaluation.runs import RunError, read_lines, settings_dict, weights
from retrieval.library import sync
from retrieval.settings import Secret, Settings
from retrieval.types import Answer, Question

SAME_AS_SCORER = {
    "answer right": "right", "answer right in the first statement": "right_first",
    "answer length, characters": "length",
    "all questions handled right": "handled", "answerable: abstained (wrongly)": "answerable_abstained",
    "unanswerable: abstained": "unanswerable_abstained", "abstention: balanced accuracy": "balanced_accuracy",
    "cited articles that are evidence (precision)": "cited_articles_right",
    "evidence cited (recall, any article)": "evidence_article_cited", "evidence sentence quoted": "evidence_quoted",
    "quotes verbatim in the cited article": "quotes_verbatim", "citation numbers that exist": "numbers_exist",
    "statements that carry a citation": "statements_cited",
}  # fmt: skip
SAME_AS_SEARCH_SCORER = {
    "nDCG@10": "article_ndcg_10", "MRR@10": "article_mrr_10", "recall@1": "article_recall_1",
    "recall@5": "article_recall_5", "recall@10": "article_recall_10",
}  # fmt: skip


def read(folder: Path, name: str) -> dict[str, Any]:
    """A JSON file of a run."""
    found: dict[str, Any] = json.loads((folder / name).read_text("utf-8"))
    return found


def scorer(shared: Path, *args: str | Path) -> dict[str, float]:
    """What the independent scorer says."""
    script = shared / "tools" / "score.py"
    done = subprocess.run(
        [sys.executable, "-B", script, *map(str, args), "--json"], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)["scores"]
    return found


def test_the_independent_scorer_agrees(shipped: Path, shared: Path) -> None:
    """On the same answers to the whole gold set, every score that both have is the same."""
    ours = {name: round(one["value"], 4) for name, one in read(shipped, "scores.json")["metrics"].items()}
    gold = ("--gold", shipped / "gold.jsonl")
    theirs = scorer(
        shared, "answers", *gold, "--articles", shipped / "articles.jsonl", "--answers", shipped / "answers.jsonl"
    )
    assert {name: theirs[name] for name in SAME_AS_SCORER} == {n: ours[m] for n, m in SAME_AS_SCORER.items()}
    theirs = scorer(shared, "search", *gold, "--hits", shipped / "answers.jsonl")
    assert theirs["questions"] == read(shipped, "scores.json")["metrics"]["article_ndcg_10"]["questions"]
    assert {name: theirs[name] for name in SAME_AS_SEARCH_SCORER} == {
        name: ours[metric] for name, metric in SAME_AS_SEARCH_SCORER.items()
    }


def test_folder(shipped: Path) -> None:
    """The folder holds each question once, in the order of the gold set, and its scores."""
    asked = [asked.id for row in ROWS for asked in row.asked]
    assert [line["id"] for line in read_lines(shipped / "answers.jsonl")] == asked
    assert [line["id"] for line in read_lines(shipped / "gold.jsonl")] == asked
    scores = read(shipped, "scores.json")
    assert [one["id"] for one in scores["by_question"]] == asked
    about = read(shipped, "run.json")
    assert about["finished"] is not None
    assert about["fingerprints"].keys() == {"gold", "corpus", "settings", "code"}
    assert (about["settings"]["mode"], about["settings"]["passages"]) == ("extractive", 10)
    assert "home" not in about["settings"]
    assert set(scores["by_language"]) == {"fr", "en", "ru", "zh"}
    assert {"followup", "injection"} <= set(scores["by_tag"])
    for one in scores["metrics"].values():
        assert one["low"] is None or one["low"] <= one["value"] + 1e-9
        assert one["high"] is None or one["high"] >= one["value"] - 1e-9
    spans = [span for line in read_lines(shipped / "gold.jsonl") for e in line["evidence"] for span in e["spans"]]
    assert len(spans) >= sum(len(asked.evidence) for row in ROWS for asked in row.asked)


def test_dialogues_have_their_history(store: Settings, tmp_path: Path) -> None:
    """A turn is asked with the exchanges before it, understood as they were."""
    asked: list[Question] = []

    def heard(question: Question | str) -> Answer:
        assert isinstance(question, Question)
        asked.append(question)
        return answer(id=str(question.id), understood_as=f"U {question.text}", text="T", statements=())

    dialogue = next(row for row in ROWS if len(row.turns) == 3)
    Run(tmp_path / "run", [dialogue], store, answer_dict, answerer=RunnableLambda(heard)).go()
    assert [question.id for question in asked] == [f"{dialogue.id}#{n}" for n in (1, 2, 3)]
    assert [turn.question for turn in asked[2].history] == [f"U {turn.question}" for turn in dialogue.turns[:2]]
    assert [turn.answer for turn in asked[2].history] == ["T", "T"]


class _Stops:
    """An answerer that fails from a certain question on, as a killed process does."""

    def __init__(self, after: int) -> None:
        self.left, self.asked = after, []
        self._lock = threading.Lock()

    def __call__(self, question: Question | str) -> Answer:
        assert isinstance(question, Question)
        with self._lock:
            if not self.left:
                raise StoreError("gone")
            self.left -= 1
            self.asked.append(question.id)
        return answer(id=str(question.id))


def run(folder: Path, settings: Settings, stops: _Stops, rows: list[Row] | None = None) -> dict[str, Any]:
    """A run with that answerer."""
    return Run(folder, rows or ROWS[-20:], settings, answer_dict, jobs=3, answerer=RunnableLambda(stops)).go()


def test_a_killed_run_goes_on(store: Settings, tmp_path: Path) -> None:
    """What was answered is not asked again, even with half a line at the end; then nothing is left to ask."""
    total = sum(len(row.asked) for row in ROWS[-20:])
    first, second, third = _Stops(9), _Stops(1_000), _Stops(0)
    with pytest.raises(StoreError):
        run(tmp_path, store, first)
    assert read(tmp_path, "run.json")["finished"] is None
    with (tmp_path / "answers.jsonl").open("a") as file:
        file.write('{"id": "half')
    assert run(tmp_path, store, second)["questions"] == total
    assert not set(first.asked) & set(second.asked)
    assert len(first.asked) + len(second.asked) == total
    assert run(tmp_path, store, third)["questions"] == total


@pytest.mark.parametrize("what", ["settings", "gold", "corpus", "code"])
def test_other_fingerprints_are_refused(
    what: str, store: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers of other settings, questions, articles or code do not mix."""
    with pytest.raises(StoreError):
        run(tmp_path / "run", store, _Stops(3))
    settings, rows = store, list(ROWS[-20:])
    if what == "settings":
        settings = dataclasses.replace(store, passages=3)
    elif what == "gold":
        rows[0] = dataclasses.replace(rows[0], tags=("other",))
    elif what == "corpus":
        settings = dataclasses.replace(store, home=tmp_path / "home")
        sync(settings, [str(GOLD / "hostile_articles")])
    else:
        monkeypatch.setattr("retrieval.evaluation.runs.code_fingerprint", lambda: "other")
    with pytest.raises(RunError, match=f"with other {what}"):
        run(tmp_path / "run", settings, _Stops(1_000), rows)


def test_a_finished_run_is_scored_again_by_newer_code(
    store: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all answers there, other code only scores."""
    run(tmp_path, store, _Stops(1_000))
    monkeypatch.setattr("retrieval.evaluation.runs.code_fingerprint", lambda: "other")
    assert run(tmp_path, store, _Stops(0))["questions"]


def test_one_run_a_folder(store: Settings, tmp_path: Path) -> None:
    """Two processes do not write one folder; answers without their run are left alone."""
    from filelock import FileLock

    with FileLock(tmp_path / "run.lock"), pytest.raises(RunError, match="under way"):
        run(tmp_path, store, _Stops(9))
    (tmp_path / "answers.jsonl").write_text("")
    with pytest.raises(RunError, match="answers without"):
        run(tmp_path, store, _Stops(9))


def test_questions_must_be_told_apart(store: Settings, tmp_path: Path) -> None:
    """No questions, or two of one id, make no run."""
    with pytest.raises(RunError, match="same id"):
        run(tmp_path / "a", store, _Stops(9), [ROWS[0], ROWS[0]])
    with pytest.raises(RunError, match="no question"):
        Run(tmp_path / "b", [], store, answer_dict).go()


def test_no_secret_is_kept() -> None:
    """Keys and passwords in addresses are not among the settings of a run."""
    settings = Settings(openai_api_key=Secret("sk-1"), openai_base_url="http://me:hidden@host:1/v1", mode="auto")
    kept = json.dumps(settings_dict(settings))
    assert "sk-1" not in kept
    assert "hidden" not in kept
    assert "http://host:1/v1" in kept
    assert settings_dict(settings)["mode"] == "model"
    assert weights()["words.GRAM_WEIGHT"] == 0.25
