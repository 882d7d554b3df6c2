"""The judge: what it is shown, how its replies are read and kept, and how it fails, by a scripted model."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from gold_run import gold_store  # noqa: F401 (fixture)
from llmock.scenarios import Delay, Fail, Reply
from llmock.testing import LLMockServer
from scripted_judge import (  # noqa: F401 (fixtures)
    ASKED,
    LABELLED,
    calls,
    finished_run,
    fresh,
    grade,
    perfect,
    scripted,
    settings_of_judge,
    waiting,
)

from retrieval.chat_model import ChatModel, Completion, Messages
from retrieval.errors import ModelError
from retrieval.evaluation.asking import ReplyError
from retrieval.evaluation.judging import Case, Judge, Judgement, parsed
from retrieval.evaluation.runs import read_lines
from retrieval.settings import Settings
from retrieval.types import Usage


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


def test_another_judge_judges_anew(server: LLMockServer, settings: Settings, tmp_path: Path) -> None:
    """What one model said of an answer is not taken for what another one says."""
    case = ASKED[0].case
    scripted(server, grade(1, [True]), grade(0, [False]))
    assert judged(settings, tmp_path, [case])[0][case.id]["correctness"] == 1
    other = dataclasses.replace(settings, judge_model="openai:other")
    assert judged(other, tmp_path, [case])[0][case.id]["correctness"] == 0
    assert judged(settings, tmp_path, [case])[0][case.id]["correctness"] == 1
    assert calls(server) == 2


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
