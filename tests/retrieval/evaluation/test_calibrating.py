"""The judge's trial on the labelled cases, and what it then says of a run, by a scripted model."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path

import pytest
from gold_run import gold_store  # noqa: F401 (fixture)
from llmock.scenarios import Fail, Reply
from llmock.testing import LLMockServer
from scripted_judge import (  # noqa: F401 (fixtures)
    ASKED,
    LABELLED,
    ROWS,
    calls,
    finished_run,
    fresh,
    grade,
    perfect,
    scripted,
    settings_of_judge,
    waiting,
)

import retrieval.evaluation.judging as judging
from bot.rendering.as_json import answer_dict
from retrieval.errors import ModelError
from retrieval.evaluation.calibrating import agreements, judge_run, run_cases
from retrieval.evaluation.judging import Judge, fingerprint, judge_settings
from retrieval.evaluation.matching import verbatim
from retrieval.evaluation.running import Run
from retrieval.evaluation.runs import RunError
from retrieval.settings import Settings

SAMPLES = Path(__file__).parents[3] / "bot" / "sample_articles"


def test_the_cases_hold() -> None:
    """At least 40 to be asked, of every kind and language; each quote stands in the sample article it names."""
    assert len(ASKED) >= 40
    assert f"{len(ASKED)} answers" in (SAMPLES.parents[1] / "README.md").read_text("utf-8")
    assert len({one.case.id for one in LABELLED}) == len({one.case.digest for one in LABELLED}) == len(LABELLED)
    kinds = Counter(one.kind for one in LABELLED)
    assert kinds.keys() >= {
        "right", "partly right", "wrong figure", "wrong person", "right, unsupported", "abstained rightly",
        "abstained wrongly", "other words", "swapped negation", "over-claiming", "false premise", "invented",
    }  # fmt: skip
    lines = [
        json.loads(line) for line in (Path(judging.__file__).parent / "judge_cases.jsonl").read_text().splitlines()
    ]
    assert Counter(line["language"] for line in lines).keys() == {"fr", "en", "ru", "zh"}
    assert all(line["why"] and "\n" not in line["why"] for line in lines)
    for line in lines:
        for piece in [*line["evidence"], *(quote for one in line["statements"] for quote in one["quotes"])]:
            text = (SAMPLES / piece["article"]).read_text("utf-8")
            assert verbatim(piece["quote"]) in verbatim(text), (line["id"], piece)


def test_labels_are_of_the_scales() -> None:
    """A grade for each case, a label for each statement, and enough of every value for a kappa to mean something."""
    assert all(len(one.statements) == len(one.case.statements) for one in LABELLED)
    grades = Counter(one.correctness for one in ASKED)
    assert grades.keys() == {0, 0.5, 1}
    assert min(grades.values()) >= 5
    faithful = Counter(label for one in ASKED for label in one.statements)
    assert min(faithful.values()) >= 20


def test_the_rule_for_abstentions_is_as_labelled() -> None:
    """Abstentions need no judge: the rule gives them the grade that was given by hand."""
    ruled = [one for one in LABELLED if one.case.ruled is not None]
    assert len(ruled) >= 5
    assert [one.case.ruled for one in ruled] == [one.correctness for one in ruled]


def test_flipped_labels_are_noticed() -> None:
    """A judge that gives the labels agrees fully; the more labels are flipped, the less."""
    lines = {one.case.id: {"correctness": one.correctness, "statements": list(one.statements)} for one in ASKED}
    found = agreements(LABELLED, lines)
    assert [(one.kappa, one.same) for one in found.values()] == [(1, 1), (1, 1)]
    kappas = []
    for flipped in (0, 10, 20, 30):
        changed = [
            dataclasses.replace(
                one, correctness=1 - one.correctness if n < flipped else one.correctness,
                statements=tuple(not label if n < flipped else label for label in one.statements),
            )
            for n, one in enumerate(ASKED)
        ]  # fmt: skip
        kappas.append([one.kappa or 0.0 for one in agreements(changed, lines).values()])
    for scale in zip(*kappas, strict=True):
        assert list(scale) == sorted(scale, reverse=True)
        assert scale[1] < 0.8
        assert scale[3] < 0.2


def test_a_perfect_judge_is_used(server: LLMockServer, settings: Settings, folder: Path) -> None:
    """Its scores stand in scores.json beside its agreement, its tokens apart from the answers' and the trial's."""
    before = json.loads((folder / "scores.json").read_text("utf-8"))
    cases = waiting(folder)
    assert len(cases) >= 3
    scripted(server, *perfect())
    scripted(server, grade(0.5, [True] * len(cases[0].statements)))
    scripted(server, *[grade(1, [False] * len(case.statements)) for case in cases[1:]])
    scores = judge_run(folder, settings, jobs=1)
    assert calls(server) == len(ASKED) + len(cases)
    assert scores == json.loads((folder / "scores.json").read_text("utf-8"))
    assert {name: scores[name] for name in before} == before
    judge = scores["judge"]
    assert (judge["model"], judge["used"], judge["unjudged"], judge["judged"]) == ("judge", True, 0, len(cases))
    for scale in ("correctness", "faithfulness"):
        assert (judge["agreement"][scale]["kappa"], judge["agreement"][scale]["used"]) == (1, True)
    ruled = [case.ruled for case in run_cases(folder) if case.ruled is not None]
    correct = judge["scores"]["correctness"]
    assert correct["questions"] == len(cases) + len(ruled)
    assert correct["value"] == pytest.approx((0.5 + len(cases) - 1 + sum(ruled)) / correct["questions"])
    first, rest = len(cases[0].statements), sum(len(case.statements) for case in cases[1:])
    assert judge["scores"]["faithfulness"]["value"] == pytest.approx(first / (first + rest))
    assert correct["low"] <= correct["value"] <= correct["high"]
    for part in ("usage", "calibration_usage"):
        used = judge[part]
        assert used["cost_usd"] == pytest.approx((used["input_tokens"] + 2 * used["output_tokens"]) / 1e6)
        assert used["output_tokens"] > 0
    told = judge["by_question"]
    assert list(told) == [case.id for case in run_cases(folder)]
    assert told[cases[0].id] == {"correctness": 0.5, "statements": [True] * first, "reason": "r", "by_rule": False,
                                 "unjudged": None}  # fmt: skip
    models = {record.body["model"] for record in server.state.journal.records(wait=5)}
    assert models == {"judge"}


def test_scoring_again_keeps_the_judge(server: LLMockServer, settings: Settings, folder: Path, store: Settings) -> None:
    """A finished run that is scored again has the judge's scores still."""
    scripted(server, *perfect(), *[grade(1, [True] * len(case.statements)) for case in waiting(folder)])
    judge = judge_run(folder, settings, jobs=1)["judge"]
    assert Run(folder, ROWS, store, answer_dict).go()["judge"] == judge
    assert json.loads((folder / "scores.json").read_text("utf-8"))["judge"] == judge


def test_nothing_is_paid_twice(server: LLMockServer, settings: Settings, folder: Path, store: Settings) -> None:
    """The same judge is asked nothing again; about another run it is not tried again; another judge is."""
    cases = waiting(folder)
    scripted(server, *perfect(), *[grade(1, [True] * len(case.statements)) for case in cases])
    first = judge_run(folder, settings, jobs=1)
    paid = calls(server)
    assert judge_run(folder, settings, jobs=1) == first
    assert calls(server) == paid
    Run(folder.parent / "other", [row for row in ROWS if row.turns], store, answer_dict).go()
    others = waiting(folder.parent / "other")
    scripted(server, *[grade(1, [True] * len(case.statements)) for case in others])
    judge_run(folder.parent / "other", settings, jobs=1)
    assert calls(server) == paid + len(others) > paid
    renamed = judge_settings(dataclasses.replace(settings, judge_model="openai:another"))
    assert fingerprint(renamed) != fingerprint(judge_settings(settings))


def test_a_bad_judge_is_withheld(server: LLMockServer, settings: Settings, folder: Path) -> None:
    """A judge that finds everything right has no kappa: it is not asked about the run, and has no scores."""
    scripted(server, *[grade(1, [True] * len(one.statements)) for one in ASKED])
    judge = judge_run(folder, settings, jobs=1)["judge"]
    assert calls(server) == len(ASKED)
    assert judge["used"] is False
    assert "scores" not in judge
    assert judge["agreement"]["correctness"]["kappa"] == pytest.approx(0)
    assert judge["threshold"] == 0.6
    assert not (folder / "judged.jsonl").exists()


def test_one_scale_may_be_used_alone(server: LLMockServer, settings: Settings, folder: Path) -> None:
    """A judge of correctness that cannot tell faithfulness gives the one score, and not the other."""
    scripted(server, *[grade(one.correctness, [True] * len(one.statements)) for one in ASKED])
    scripted(server, *[grade(1, [True] * len(case.statements)) for case in waiting(folder)])
    judge = judge_run(folder, settings, jobs=1)["judge"]
    assert judge["scores"].keys() == {"correctness"}
    assert [judge["agreement"][scale]["used"] for scale in ("correctness", "faithfulness")] == [True, False]
    assert {told["statements"] for told in judge["by_question"].values()} == {None}


def test_unjudged_answers_are_counted(server: LLMockServer, settings: Settings, folder: Path) -> None:
    """An answer without a judgement is in no score, and is told."""
    cases = waiting(folder)
    scripted(server, *perfect(), Reply("no"), Reply("no"))
    scripted(server, *[grade(1, [True] * len(case.statements)) for case in cases[1:]])
    judge = judge_run(folder, settings, jobs=1)["judge"]
    assert (judge["unjudged"], judge["judged"]) == (1, len(cases) - 1)
    assert judge["scores"]["correctness"]["questions"] == len(run_cases(folder)) - 1


def test_a_judge_that_is_gone_stops(server: LLMockServer, settings: Settings, folder: Path) -> None:
    """A refused key ends it with a remedy; what was judged is kept, and the same call goes on with the rest."""
    kept = settings.home / "judges" / f"{fingerprint(judge_settings(settings))}.jsonl"
    scripted(server, *perfect()[:7])
    Judge(settings, kept, 1).judge([one.case for one in ASKED[:7]])
    scripted(server, Fail(401))
    with pytest.raises(ModelError) as raised:
        judge_run(folder, settings, jobs=1)
    assert raised.value.kind == "auth"
    assert f"sourcier eval --judge --run {folder}" in str(raised.value.remedy)
    assert calls(server) == 8
    scripted(server, *perfect()[7:], *[grade(1, [True] * len(case.statements)) for case in waiting(folder)])
    assert judge_run(folder, settings, jobs=1)["judge"]["agreement"]["correctness"]["kappa"] == 1
    assert calls(server) == 8 + len(ASKED) - 7 + len(waiting(folder))


def test_a_judge_that_goes_during_the_run(server: LLMockServer, settings: Settings, folder: Path) -> None:
    """A quota that ends after the trial ends it at once, with a remedy, and no scores of a few answers."""
    scripted(server, *perfect())
    kept = settings.home / "judges" / f"{fingerprint(judge_settings(settings))}.jsonl"
    Judge(settings, kept, 1).judge([one.case for one in ASKED])
    scripted(server, Fail(429, code="insufficient_quota", times=None))
    with pytest.raises(ModelError) as raised:
        judge_run(folder, settings, jobs=1)
    assert (raised.value.kind, calls(server)) == ("quota", len(ASKED) + 1)
    assert "judge" not in json.loads((folder / "scores.json").read_text("utf-8"))


def test_an_incomplete_trial_decides_nothing(server: LLMockServer, settings: Settings, folder: Path) -> None:
    """A labelled case without a reply makes the trial an error, and scores.json stays as it was."""
    before = (folder / "scores.json").read_bytes()
    scripted(server, *perfect()[:3], Fail(500), *perfect()[4:])
    with pytest.raises(ModelError, match="1 of the labelled cases"):
        judge_run(folder, settings, jobs=1)
    assert (folder / "scores.json").read_bytes() == before


def test_an_unfinished_run_is_not_judged(settings: Settings, tmp_path: Path) -> None:
    """Neither a folder without a run nor a run that was interrupted is judged."""
    with pytest.raises(RunError, match="no run there"):
        judge_run(tmp_path, settings)
    (tmp_path / "run.json").write_text('{"finished": null}')
    with pytest.raises(RunError, match="not finished"):
        judge_run(tmp_path, settings)


def test_a_dialogue_shows_what_came_before(folder: Path) -> None:
    """A turn is judged with the questions before it."""
    turns = [case for case in run_cases(folder) if case.id.startswith("d01#")]
    assert [len(case.earlier) for case in turns] == [0, 1, 2]
    assert turns[2].earlier == (turns[0].question, turns[1].question)
