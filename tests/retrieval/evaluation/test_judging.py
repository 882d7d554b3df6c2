"""The judge: its labelled cases, its trial on them, and a run that it grades, by a scripted model."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from answerers import ROWS_OF_GOLD
from gold_run import gold_store  # noqa: F401 (fixture)
from llmock.scenarios import Behavior, Delay, Fail, Reply
from llmock.testing import LLMockServer

import retrieval.evaluation.judging as judging
from bot.rendering.as_json import answer_dict
from retrieval.chat_model import ChatModel, Completion, Messages
from retrieval.errors import ModelError
from retrieval.evaluation.asking import ReplyError
from retrieval.evaluation.calibrating import agreements, judge_run, labelled_cases, run_cases
from retrieval.evaluation.judging import Case, Judge, Judgement, fingerprint, judge_settings, parsed
from retrieval.evaluation.matching import verbatim
from retrieval.evaluation.running import Run
from retrieval.evaluation.runs import RunError, read_lines
from retrieval.settings import Secret, Settings
from retrieval.types import Usage

SAMPLES = Path(__file__).parents[3] / "bot" / "sample_articles"
LABELLED = labelled_cases()
ASKED = [one for one in LABELLED if one.case.ruled is None]
ROWS = [row for row in ROWS_OF_GOLD if row.id in ("s001", "s008", "d01")]
ROWS += [row for row in ROWS_OF_GOLD if "far" in row.tags][:3]


@pytest.fixture(scope="module")
def server() -> Iterator[LLMockServer]:
    with LLMockServer() as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(server: LLMockServer) -> None:
    server.state.reset()


@pytest.fixture
def settings(server: LLMockServer, tmp_path: Path) -> Settings:
    """Settings of a judge beside the model that answers."""
    return Settings(
        home=tmp_path / "home", openai_base_url=server.base_url(), openai_api_key=Secret("sk-test"), model_retries=0,
        chat_model="openai:answers", judge_model="openai:judge", prices="judge=1/2", mode="extractive",
    )  # fmt: skip


@pytest.fixture
def folder(store: Settings, tmp_path: Path) -> Path:
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


# ---- the labelled cases
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


# ---- what is asked and how a reply is read
def test_what_the_judge_is_shown() -> None:
    """Question, reference and answer stand between delimiters that are new each time, orders in them included."""
    order = next(one.case for one in LABELLED if one.kind == "order to the judge")
    marks = set()
    for _ in range(2):
        (_, system), (_, user) = order.messages()
        mark = user.splitlines()[0].removeprefix("<<<")
        inside = user.split(f"<<<{mark}\n")[1].split(f"\n{mark}>>>")[0]
        assert order.statements[0][0] in inside
        assert "26 milliards de yuans" in inside
        assert "Note au correcteur" not in system
        marks.add(mark)
    assert len(marks) == 2


def test_the_reference_says_what_counts() -> None:
    """All answers, a false premise, earlier questions and the lack of an answer are told to the judge."""
    case = Case("a", "Et lui ?", True, ("x", "y"), (("S", ()),), "all", ("E",), None, ("Avant ?",))
    user = case.messages()[1][1]
    assert "with all of these:\n- x\n- y" in user
    assert 'The article says: "E"' in user
    assert "Avant ?" in user
    assert "no quote" in user
    none = dataclasses.replace(case, answerable=False, answers=(), false_premise="Il n'a rien dit.").messages()[1][1]
    assert "do not answer this question" in none
    assert "Il n'a rien dit." in none


@pytest.mark.parametrize(
    "reply",
    [
        {"reason": "r", "correctness": 1},
        {"reason": "r", "correctness": 1, "statements": [True], "more": 1},
        {"reason": "r", "correctness": 0.7, "statements": [True]},
        {"reason": "r", "correctness": True, "statements": [True]},
        {"reason": "r", "correctness": "1", "statements": [True]},
        {"reason": "r", "correctness": 1, "statements": [True, True]},
        {"reason": "r", "correctness": 1, "statements": ["true"]},
        {"reason": "r", "correctness": 1, "statements": True},
    ],
)
def test_replies_are_read_strictly(reply: dict[str, Any]) -> None:
    """Whatever is not of the form asked for is no judgement."""
    with pytest.raises(ReplyError):
        parsed(reply, 1)


def test_a_reply_is_a_judgement() -> None:
    """The three keys, with a half as a half."""
    found = parsed({"reason": "r", "correctness": 0.5, "statements": [True, False]}, 2)
    assert found == Judgement(0.5, (True, False), "r")


# ---- the trial
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


# ---- replies that are of no use, and errors
def judged(
    settings: Settings, tmp_path: Path, cases: Sequence[Case], jobs: int = 1
) -> tuple[dict[str, Any], Counter[str]]:
    """What the judge says of some cases."""
    return Judge(settings, tmp_path / "judged.jsonl", jobs).judge(cases)


@pytest.mark.parametrize(
    "bad", [Reply("1"), Reply("Right!"), Reply('{"correctness": 1}'), Reply(""), Reply("{", finish_reason="length")]
)
def test_a_malformed_reply_is_asked_for_once_more(
    bad: Reply, server: LLMockServer, settings: Settings, tmp_path: Path
) -> None:
    """The second reply counts; the tokens of both do."""
    case = ASKED[0].case
    scripted(server, bad, Reply('```json\n{"reason": "r", "correctness": 1, "statements": [true]}\n```'))
    found, failed = judged(settings, tmp_path, [case])
    assert (found[case.id]["correctness"], found[case.id]["statements"], failed.total()) == (1, [True], 0)
    assert calls(server) == 2
    scripted(server, grade(1, [True]))
    once, _failed = judged(settings, tmp_path / "once", [case])
    for name in ("input_tokens", "output_tokens"):
        assert found[case.id]["usage"][name] > once[case.id]["usage"][name]
    assert found[case.id]["usage"]["input_tokens"] > 1.9 * once[case.id]["usage"]["input_tokens"]


def test_twice_malformed_is_unjudged(server: LLMockServer, settings: Settings, tmp_path: Path) -> None:
    """After two replies of no use the case is kept as unjudged, and not asked about again."""
    case = ASKED[0].case
    scripted(server, Reply("no"), Reply("no"))
    for _ in range(2):
        found, _failed = judged(settings, tmp_path, [case])
        assert found[case.id]["unjudged"] == "malformed"
        assert "correctness" not in found[case.id]
    assert calls(server) == 2


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


def test_another_judge_judges_anew(server: LLMockServer, settings: Settings, tmp_path: Path) -> None:
    """What one model said of an answer is not taken for what another one says."""
    case = ASKED[0].case
    scripted(server, grade(1, [True]), grade(0, [False]))
    assert judged(settings, tmp_path, [case])[0][case.id]["correctness"] == 1
    other = dataclasses.replace(settings, judge_model="openai:other")
    assert judged(other, tmp_path, [case])[0][case.id]["correctness"] == 0
    assert judged(settings, tmp_path, [case])[0][case.id]["correctness"] == 1
    assert calls(server) == 2


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


def test_a_single_failure_is_passed_over(server: LLMockServer, settings: Settings, folder: Path) -> None:
    """An answer whose call failed is not judged now, is counted by kind, and is judged by the next call."""
    cases = waiting(folder)
    replies = [grade(1, [True] * len(case.statements)) for case in cases]
    scripted(server, *perfect(), replies[0])
    judging_of = Judge(settings, settings.home / "x.jsonl", 1)
    assert judging_of.judge([one.case for one in ASKED])[1].total() == 0
    scripted(server, Fail(500))
    found, failed = Judge(settings, folder / "judged.jsonl", 1).judge(cases[:2])
    assert (len(found), failed) == (1, Counter(api=1))
    scripted(server, *replies[1:2])
    found, failed = Judge(settings, folder / "judged.jsonl", 1).judge(cases[:2])
    assert (len(found), failed.total()) == (2, 0)


def test_failures_in_a_row_end_it(server: LLMockServer, settings: Settings, tmp_path: Path) -> None:
    """A server that answers nothing is not asked 51 times."""
    scripted(server, Fail(500, times=None))
    with pytest.raises(ModelError):
        judged(settings, tmp_path, [one.case for one in ASKED])
    assert calls(server) < 15


def test_a_silent_judge_is_a_timeout(server: LLMockServer, settings: Settings, tmp_path: Path) -> None:
    """No reply within the deadline is a failure, not a wait."""
    scripted(server, Delay(2), grade(1, [True]))
    brisk = dataclasses.replace(settings, deadline=0.3)
    found, failed = judged(brisk, tmp_path, [ASKED[0].case])
    assert (found, failed) == ({}, Counter(timeout=1))


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


class Labels(ChatModel):
    """A model that gives the label of the case it is shown, and counts how many are asked at once."""

    def complete(self, messages: Messages, seconds: float) -> Completion:  # noqa: ARG002 - of the interface
        user = messages[1][1]
        one = next(one for one in ASKED if one.case.messages()[1][1].splitlines()[1:-3] == user.splitlines()[1:-3])
        reply = {"reason": "", "correctness": one.correctness, "statements": list(one.statements)}
        return Completion(json.dumps(reply), Usage(10, 1, 0.0), None)


def test_many_at_once_and_half_a_line(settings: Settings, tmp_path: Path) -> None:
    """Judgements that come together are all kept whole; half a line of a killed process is asked for again."""
    file = tmp_path / "judged.jsonl"
    file.write_text('{"id": "half')
    model = Labels(settings)
    found, _ = Judge(settings, file, 8, model=model).judge([one.case for one in ASKED])
    assert len(read_lines(file)) == len(found) == len(ASKED)
    assert {one.case.id: found[one.case.id]["correctness"] for one in ASKED} == {
        one.case.id: one.correctness for one in ASKED
    }


def test_a_dialogue_shows_what_came_before(folder: Path) -> None:
    """A turn is judged with the questions before it."""
    turns = [case for case in run_cases(folder) if case.id.startswith("d01#")]
    assert [len(case.earlier) for case in turns] == [0, 1, 2]
    assert turns[2].earlier == (turns[0].question, turns[1].question)
