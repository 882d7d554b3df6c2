"""The report as a file: what it holds, in which language, and that nothing in it can act but its own scripts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from report_runs import CONTAINERS, HOSTILE, SMALL_ANSWERS, SMALL_ROWS, answer, hostile_run, make_run, small_run

from bot.rendering.report import plots, write, write_comparison
from bot.texts import texts
from retrieval.evaluation import runs
from retrieval.evaluation.comparing import compare
from retrieval.evaluation.runs import RunError

VOID = {"meta", "link", "input", "br"}


class Parsed(HTMLParser):
    """A page's elements with their attributes, its text, and its scripts; a tag left open is an error."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self._open: list[str] = []
        self.feed(path.read_text("utf-8"))
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag in ("script", "style"):
            self.scripts.append((dict(attrs), ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("script", "style"):
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)
        else:
            self.text += data

    def all(self, name: str) -> list[str]:
        """The values of an attribute, wherever it stands."""
        return [value or "" for _, attributes in self.elements for key, value in attributes.items() if key == name]

    def data(self) -> dict[str, Any]:
        """What the page's scripts read."""
        found: dict[str, Any] = json.loads(next(text for about, text in self.scripts if about.get("id") == "run-data"))
        return found


def parsed(run: Path, language: str = "en") -> Parsed:
    """The report of a run."""
    return Parsed(write(run, texts(language)))


@pytest.mark.parametrize(("language", "said"), [("fr", "des questions ont été bien traitées"), ("en", "handled right")])
def test_language(tmp_path: Path, language: str, said: str) -> None:
    """The page is in the language of the reader, and says so."""
    page = parsed(small_run(tmp_path), language)
    assert page.elements[0] == ("html", {"lang": language})
    assert said in page.text
    assert page.data()["texts"]["outcome_right"] == texts(language)("outcome_right")


def test_scores_stand_in_the_page(tmp_path: Path) -> None:
    """Scores and intervals, tags, latency and fingerprints are there without any script."""
    page = parsed(small_run(tmp_path))
    shown = re.sub(r"\s+", " ", page.text)
    assert "33.3% of the questions were handled right" in shown
    scores = json.loads((tmp_path / runs.SCORES).read_text("utf-8"))
    low, high = (scores["metrics"]["handled"][k] for k in ("low", "high"))
    assert f"{100 * low:.1f} – {100 * high:.1f}" in shown
    for said in (
        "0a",
        "3d",
        "22 November 2026, 08:41 UTC",
        "gold.jsonl",
        "search.DEPTH",
        "invented answer 1",
        "number",
    ):
        assert said in shown
    assert "No reliability plot" in shown


def test_reliability_as_soon_as_answers_are_sure(tmp_path: Path) -> None:
    """Answers with a confidence of their own get the diagram, Brier score and calibration error."""
    page = parsed(small_run(tmp_path, [0.9, 0.8, 0.0, 0.6, 0.0, 0.2]))
    assert "reliability" in page.all("id")
    brier = (0.01 + 0.64 + 0.36 + 0.04) / 4
    assert f"{brier:.3f}" in page.text
    assert "4 answers, 62.5 % sure on average, 25.0 % of them right." in page.text
    assert page.data()["calibrated"] is True
    assert sum(name == "circle" for name, _ in page.elements) == 1 + 2  # the end of the risk curve, and two bins


def test_only_its_own_scripts_may_run(tmp_path: Path) -> None:
    """The policy lets in style and scripts by the digests of what stands in the page, and nothing else."""
    page = parsed(small_run(tmp_path))
    policy = next(a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert (rules["default-src"], rules["base-uri"], rules["form-action"]) == ("'none'",) * 3
    run = [text for about, text in page.scripts if about.get("type") != "application/json"]
    digests = [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in run]
    assert sorted(digests) == sorted(f"{rules['style-src']} {rules['script-src']}".split())
    assert page.all("style") == []
    assert [name for name in page.all("src") + page.all("href") if not name.startswith(("#", "data:,"))] == []
    assert not any(key.startswith("on") for _, attributes in page.elements for key in attributes)


def test_references_lead_somewhere(tmp_path: Path) -> None:
    """Ids are unique, and labels and descriptions name elements that are there."""
    page = parsed(small_run(tmp_path, [0.9, 0.8, 0.0, 0.6, 0.0, 0.2]))
    ids = page.all("id")
    assert len(ids) == len(set(ids))
    named = page.all("for") + page.all("aria-labelledby")
    assert {name for names in named for name in names.split()} <= set(ids)


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    """What articles, questions and answers say makes no element and ends no script; the scripts read it as it was."""
    kinds = {(name, *attributes) for name, attributes in parsed(small_run(tmp_path / "kind")).elements}
    page = parsed(hostile_run(tmp_path / "hostile"))
    assert {(name, *attributes) for name, attributes in page.elements} <= kinds
    assert len(page.scripts) == 7
    raw = (tmp_path / "hostile" / runs.REPORT).read_bytes()
    assert b"<img" not in raw
    assert not re.search("[\u2028\u202a-\u202e\u2066-\u2069]", raw.decode())
    first = page.data()["questions"][0]
    assert first["question"] == HOSTILE
    assert first["statements"][1][0] == f"{HOSTILE}\ud800"


def test_evidence_and_its_way(tmp_path: Path) -> None:
    """Each piece of evidence says how near the answer came: cited, found and where, its article found, or nothing."""
    small = parsed(small_run(tmp_path)).data()["questions"]
    assert [(one.get("proof"), one.get("rank")) for one in small] == [
        ("cited", 1), ("found", 2), ("near", None), ("absent", None), (None, None), (None, None),
    ]  # fmt: skip
    assert [there for one in small for _, there in one.get("answers", ())] == [True, False, False, False]
    assert [one["outcome"] for one in small] == [
        "right", "wrong", "wrongly_abstained", "wrong", "rightly_abstained", "should_have_abstained",
    ]  # fmt: skip
    assert small[3]["measures"][0] == 0
    assert small[3]["dropped"] == [["Il y a 999 élèves.", "not in the cited passages: number 999"]]


def test_older_runs(tmp_path: Path) -> None:
    """A run made before answers had some of their keys has its report, too; one without scores has none."""
    small_run(tmp_path)
    answers = runs.read_lines(tmp_path / runs.ANSWERS)
    for line in answers:
        for key in ("unanswered", "missing", "notice", "dropped"):
            line.pop(key)
    runs.write_lines(tmp_path / runs.ANSWERS, answers)
    assert len(parsed(tmp_path).data()["questions"]) == 6
    (tmp_path / runs.SCORES).unlink()
    with pytest.raises(RunError, match=r"scores\.json"):
        write(tmp_path, texts("en"))


def test_nothing_answered(tmp_path: Path) -> None:
    """A run of abstentions alone has no curve, and says so."""
    page = parsed(make_run(tmp_path, SMALL_ROWS, [answer(one["id"]) for one in SMALL_ANSWERS]))
    assert "No question was answered" in page.text


def test_tokens_and_cost(tmp_path: Path) -> None:
    """What models read, wrote and cost is told by question and in all, once there is any."""
    assert "no tokens, no cost" in parsed(small_run(tmp_path / "none")).text
    used = {"usage": {"input_tokens": 1500, "output_tokens": 20, "cost_usd": 0.002}}
    page = parsed(make_run(tmp_path / "some", SMALL_ROWS, [one | used for one in SMALL_ANSWERS]))
    for said in ("1,500", "9,000", "120", "0.00200", "0.01"):
        assert said in page.text


def test_judge(tmp_path: Path) -> None:
    """What a judge said, if one was asked: its agreement, its score where that suffices, its grades by question."""
    assert "Judge" not in parsed(small_run(tmp_path)).text
    scores = json.loads((tmp_path / runs.SCORES).read_text("utf-8"))
    kappa = {"cases": 44, "labels": 44, "kappa": 0.81, "kappa_low": 0.6, "kappa_high": 0.95, "same": 0.9, "used": True}
    told = {"correctness": 0.5, "statements": None, "reason": "Half of it.", "by_rule": False, "unjudged": None}
    scores["judge"] = {
        "model": "openai:judge", "cases": 48, "threshold": 0.6, "used": True,
        "agreement": {"correctness": kappa, "faithfulness": {**kappa, "kappa": 0.2, "used": False}},
        "scores": {"correctness": {"value": 0.75, "low": 0.5, "high": 1.0, "questions": 2}},
        "by_question": {"a": {**told, "correctness": 1.0}, "b": told},
    }  # fmt: skip
    runs.write_json(tmp_path / runs.SCORES, scores)
    page = parsed(tmp_path)
    shown = re.sub(r"\s+", " ", page.text)
    assert "Graded by openai:judge" in shown
    assert "Correctness 75.0 50.0 – 100.0 κ 0.81 0.60 – 0.95" in shown
    assert "Faithfulness withheld κ 0.20" in shown
    questions, metrics = page.data()["questions"], [metric["name"] for metric in page.data()["metrics"]]
    assert metrics[-1] == "judge_correctness"
    assert [one["measures"][-1] for one in questions] == [1, 0.5, None, None, None, None]
    assert questions[1]["judge"]["reason"] == "Half of it."


def test_risk_by_hand() -> None:
    """The curve runs through its points; the best order has no risk until the right answers are used up."""
    points = [{"coverage": 0.25, "risk": 0.0}, {"coverage": 0.5, "risk": 0.5}]
    found = plots.risk_plot(points)
    assert found is not None
    assert found.curve == f"M{plots.x(0.25)} {plots.y(0.0)}L{plots.x(0.5)} {plots.y(0.5)}"
    assert found.best.startswith(f"M{plots.x(0.0)} {plots.y(0.0)}L{plots.x(0.25)} {plots.y(0.0)}")
    assert found.best.endswith(f"{plots.x(0.5)} {plots.y(0.5)}")
    assert found.table == ((0.1, 0.0), (0.2, 0.0), (0.3, 0.5), (0.4, 0.5), (0.5, 0.5))
    many = plots.risk_plot([{"coverage": (n + 1) / 4000, "risk": 0.5} for n in range(4000)])
    assert many is not None
    assert many.curve.count("L") < 310


def test_comparison(tmp_path: Path) -> None:
    """Both runs' measures with what their difference may be, and both answers of a question that flipped; no script."""
    small_run(tmp_path / "a")
    given = [dict(one) for one in SMALL_ANSWERS]
    given[0] = answer("a")
    make_run(tmp_path / "b", SMALL_ROWS, given)
    page = Parsed(write_comparison(compare(tmp_path / "a", tmp_path / "b"), texts("en")))
    shown = re.sub(r"\s+", " ", page.text)
    assert "Verdict: B is not shown to differ" in shown
    assert "Handled right 33.3 16.7 \u221216.7" in shown
    assert "Questions lost 1" in shown
    assert "right → wrongly abstained" in shown
    assert "Questions gained 0" in shown
    assert shown.count(CONTAINERS) == 2  # what A answered, and its citation
    assert [name for name, _ in page.elements if name in ("script", "style")] == ["style"]
    assert (tmp_path / "b" / runs.COMPARISON).exists()


def test_hostile_texts_in_a_comparison(tmp_path: Path) -> None:
    """They stay texts there, too."""
    for name in ("a", "b"):
        hostile_run(tmp_path / name)
    scores = json.loads((tmp_path / "b" / runs.SCORES).read_text("utf-8"))
    scores["by_question"][0]["outcome"] = "right"
    runs.write_json(tmp_path / "b" / runs.SCORES, scores)
    path = write_comparison(compare(tmp_path / "a", tmp_path / "b"), texts("en"))
    page = Parsed(path)
    assert not {"img", "script"} & {name for name, _ in page.elements}
    assert not re.search("[\u2028\u202a-\u202e\u2066-\u2069]", path.read_text("utf-8"))
    assert page.text.count("window.pwned=1") > 4
