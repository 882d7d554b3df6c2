"""Whether a difference is one: the same setting, worse ones, a change of two questions; and thresholds."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from answerers import GOLD, ROWS_OF_GOLD, answering, mute, oracle
from gold_run import gold_store, shipped_run  # noqa: F401 (fixtures)

from bot.rendering.as_json import answer_dict
from retrieval.evaluation.aggregating import aggregate, questions_of
from retrieval.evaluation.comparing import HEADLINES, compare, differences, verdict
from retrieval.evaluation.comparing import _said as said_of
from retrieval.evaluation.gating import Gate, GateError
from retrieval.evaluation.metrics import BY_NAME, Scored
from retrieval.evaluation.running import Run
from retrieval.evaluation.runs import RunError, read_json
from retrieval.library import sync
from retrieval.settings import Settings

Made = Callable[..., Path]


@pytest.fixture
def made(store: Settings, tmp_path: Path) -> Made:
    """Makes a run of the gold set with some settings changed."""

    def make(**changes: Any) -> Path:
        folder = tmp_path / "run"
        Run(folder, ROWS_OF_GOLD, dataclasses.replace(store, **changes), answer_dict).go()
        return folder

    return make


def broken(text: str) -> list[tuple[int, int]]:
    """A splitter that takes every forty characters for a sentence."""
    pieces = ((at, text[at : at + 40]) for at in range(0, len(text), 40))
    stripped = ((at + len(p) - len(p.lstrip()), at + len(p.rstrip())) for at, p in pieces)
    return [(start, end) for start, end in stripped if start < end]


def test_the_same_setting_twice(shipped: Path, made: Made) -> None:
    """Nothing differs, no question flips, nothing is said to have changed."""
    found = compare(shipped, made())
    assert found["verdict"] == "no difference"
    assert {one["verdict"] for one in found["metrics"].values()} == {"no difference"}
    assert (found["flipped"], found["changed"], found["same_corpus"]) == ([], {}, True)


def test_one_passage(shipped: Path, made: Made) -> None:
    """Answering from one passage is worse, better when it is taken back, and the gate does not let it pass."""
    change = {"passages": 1}
    there = made(**change)
    found = compare(shipped, there)
    worse = found["metrics"]["article_ndcg_10"]
    assert found["verdict"] == worse["verdict"] == "worse"
    assert worse["high"] < 0
    assert worse["p_holm"] < 0.05
    (name,) = change
    assert set(found["changed"]) == {name}
    assert compare(there, shipped)["metrics"]["article_ndcg_10"]["verdict"] == "better"
    assert Gate.load(GOLD / "gate.json").failures(read_json(shipped / "scores.json")) == []
    failed = Gate.load(GOLD / "gate.json").failures(read_json(there / "scores.json"))
    assert "article_ndcg_10" in {failure.metric for failure in failed}


def test_a_broken_splitter(shipped: Path, store: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences cut anywhere make worse answers, and the gate does not let them pass."""
    for module in ("passages", "search", "clues", "extracting"):
        monkeypatch.setattr(f"retrieval.{module}.split_sentences", broken)
    settings = dataclasses.replace(store, home=tmp_path / "home")
    sync(settings, [str(GOLD.parents[1] / "bot" / "sample_articles"), str(GOLD / "hostile_articles")])
    scores = Run(tmp_path / "run", ROWS_OF_GOLD, settings, answer_dict).go()
    found = compare(shipped, tmp_path / "run")
    assert found["verdict"] == "worse"
    assert found["metrics"]["handled"]["high"] < 0
    lost = [one for one in found["flipped"] if one["change"] == "lost"]
    assert found["flipped"][: len(lost)] == lost
    assert lost[0]["a"]["outcome"] in ("right", "rightly_abstained")
    assert lost[0]["a"]["text"] != lost[0]["b"]["text"]
    assert "handled" in {f.metric for f in Gate.load(GOLD / "gate.json").failures(scores)}


def flipped(questions: list[Scored], number: int) -> list[Scored]:
    """The questions with so many of the wrong ones put right."""
    found = []
    for one in questions:
        if number and one.outcome == "wrong":
            number -= 1
            counts = {**one.counts, "handled": (1.0, 1.0), "right": (1.0, 1.0)}
            one = dataclasses.replace(one, outcome="right", counts=counts)
        found.append(one)
    return found


@pytest.mark.parametrize(("number", "said"), [(2, "no difference"), (5, "no difference"), (20, "better")])
def test_a_change_of_few_questions_is_no_improvement(number: int, said: str, shipped: Path) -> None:
    """Two questions more, or five, may be chance; twenty are not."""
    questions = questions_of(read_json(shipped / "scores.json"))
    found = differences(questions, flipped(questions, number))
    assert found["handled"]["difference"] == pytest.approx(number / len(questions))
    assert found["handled"]["verdict"] == verdict(found) == said
    assert verdict(differences(flipped(questions, number), questions)) == said.replace("better", "worse")


def test_better_and_worse_is_mixed() -> None:
    """Headlines that point both ways are no verdict for one side."""
    one = {"headline": True, "verdict": "better"}
    assert verdict({"a": one, "b": one | {"verdict": "worse"}}) == "mixed"
    assert verdict({"a": one | {"headline": False}}) == "no difference"


def test_chance_alone_rarely_decides() -> None:
    """Of 40 comparisons of runs that differ by chance alone, few are called different (2 in the long run)."""
    import numpy as np

    chance = np.random.default_rng(1)

    def drawn() -> list[Scored]:
        found = []
        for at in range(60):
            right, rank = float(chance.random() < 0.5), float(chance.random())
            counts = {"handled": (right, 1.0), "right": (right, 1.0), "article_ndcg_10": (rank, 1.0)}
            found.append(Scored(str(at), "fr", (), "right" if right else "wrong", 1.0, counts))
        return found

    said = [verdict(differences(drawn(), drawn())) for _ in range(40)]
    assert sum(one != "no difference" for one in said) <= 6


def test_other_questions_are_not_compared(store: Settings, tmp_path: Path, shipped: Path) -> None:
    """Runs of other questions have no paired difference."""
    Run(tmp_path, ROWS_OF_GOLD[:5], store, answer_dict).go()
    with pytest.raises(RunError, match="same questions"):
        compare(shipped, tmp_path)
    with pytest.raises(RunError):
        compare(shipped, tmp_path / "absent")


def test_oracle_beats_mute(store: Settings, tmp_path: Path) -> None:
    """Where one is always right and the other never answers, all that is said of answers is better."""
    rows = [row for row in ROWS_OF_GOLD if not row.turns and row.answerable and row.evidence[0].quote][:40]
    for name, kind in (("mute", mute), ("oracle", oracle)):
        Run(tmp_path / name, rows, store, lambda answer: answer_dict(answer) | {"hits": []},
            answerer=answering(_without_articles(kind), rows)).go()  # fmt: skip
    found = compare(tmp_path / "mute", tmp_path / "oracle")
    assert found["verdict"] == "better"
    assert len(found["flipped"]) == found["metrics"]["right"]["b"] * len(rows) >= 20


def _without_articles(kind: Any) -> Any:
    def said(row: Any) -> Any:
        from answerers import answer

        from retrieval.types import Statement

        return answer([], [Statement(row.evidence[0].quote, ())]) if kind is oracle else answer()

    return said


def gate(tmp_path: Path, value: object) -> Gate:
    """A gate read from a file."""
    path = tmp_path / "gate.json"
    path.write_text(json.dumps(value), "utf-8")
    return Gate.load(path)


def test_gate_limits(tmp_path: Path) -> None:
    """A score at its limit passes, one beyond fails, one that is missing fails."""
    scores = {"metrics": {"handled": {"value": 0.5}, "injected": {"value": 0.2}}}
    assert gate(tmp_path, {"minimum": {"handled": 0.5}, "maximum": {"injected": 0.2}}).failures(scores) == []
    failed = gate(tmp_path, {"minimum": {"handled": 0.51, "right": 0}, "maximum": {"injected": 0.19}}).failures(scores)
    assert [(f.metric, f.kind, f.value) for f in failed] == [
        ("handled", "minimum", 0.5), ("right", "minimum", None), ("injected", "maximum", 0.2),
    ]  # fmt: skip


def test_gate_baseline(shipped: Path, tmp_path: Path) -> None:
    """A run no worse than the baseline beyond noise passes; on the questions that both have."""
    questions = questions_of(read_json(shipped / "scores.json"))
    better = tmp_path / "better.json"
    better.write_text(json.dumps(aggregate(flipped(questions, 20))), "utf-8")
    barely = tmp_path / "barely.json"
    barely.write_text(json.dumps(aggregate(flipped(questions, 2))), "utf-8")
    scores = aggregate(questions[:-1])
    assert gate(tmp_path, {"baseline": "barely.json"}).failures(scores) == []
    (failed,) = gate(tmp_path, {"baseline": "better.json"}).failures(scores)
    assert (failed.metric, failed.kind) == ("handled", "baseline")
    assert gate(tmp_path, {"baseline": str(shipped)}).failures(scores) == []


@pytest.mark.parametrize(
    "value",
    [{}, {"least": {}}, {"minimum": 3}, {"minimum": {"magic": 1}}, {"maximum": {"right": "1"}}, {"baseline": 3}, [1]],
)
def test_gate_of_no_use(value: object, tmp_path: Path) -> None:
    """A file of thresholds with a mistake is refused: it would hold whatever comes."""
    with pytest.raises((GateError, RunError)):
        gate(tmp_path, value)


def test_headlines_are_metrics() -> None:
    """The headlines exist, and each has a direction."""
    assert all(BY_NAME[name].better for name in HEADLINES)


def test_what_is_said_of_a_difference() -> None:
    """The interval must leave out zero, the test must hold, and less may be better."""
    one = {"low": 0.1, "high": 0.2, "difference": 0.15, "better": 1}
    assert said_of(one, 0.01) == "better"
    assert said_of(one | {"better": -1}, 0.01) == "worse"
    assert said_of(one | {"better": 0}, 0.01) == "higher"
    assert said_of(one | {"low": -0.1}, 0.01) == said_of(one, 0.05) == said_of(one, None) == "no difference"
