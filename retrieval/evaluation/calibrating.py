"""Whether a judge is to be trusted, by cases that were labelled by hand, and what a trusted one says of a run.

A judge is asked about the labelled cases first (`judge_cases.jsonl`). A scale on which it agrees too little with the
labels (`agreement.KAPPA_LEAST`) is withheld; one that fails on both is not asked about the run at all. Its judgements
of the labelled cases are kept below SOURCIER_HOME, by judge, and those of a run in its judged.jsonl.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from retrieval.chat_model import ChatModel
from retrieval.errors import ModelError
from retrieval.evaluation import runs
from retrieval.evaluation.agreement import KAPPA_LEAST, Agreement, Pair, agreement
from retrieval.evaluation.judging import Case, Judge
from retrieval.evaluation.runs import RunError
from retrieval.evaluation.statistics import bound, draws, interval
from retrieval.settings import Settings
from retrieval.types import Progress, Usage

JUDGED = "judged.jsonl"  # in the folder of a run
SCALES = ("correctness", "faithfulness")
Scale = list[tuple[float, float]]  # for each question what was reached, and of how much


@dataclass(frozen=True, slots=True)
class Labelled:
    """A case with the labels given by hand, of which `why` says the reason."""

    case: Case
    kind: str
    correctness: float
    statements: tuple[bool, ...]
    why: str


def labelled_cases() -> list[Labelled]:
    """The cases that come with the package, about its sample articles."""
    lines = files("retrieval.evaluation").joinpath("judge_cases.jsonl").read_text("utf-8").splitlines()
    return [_labelled(json.loads(line)) for line in lines]


def _labelled(line: Mapping[str, Any]) -> Labelled:
    statements = tuple((one["text"], tuple(quote["quote"] for quote in one["quotes"])) for one in line["statements"])
    case = Case(
        line["id"], line["question"], line["answerable"], tuple(line["answers"]), statements,
        line.get("require", "any"), tuple(item["quote"] for item in line["evidence"]), line.get("false_premise"),
        tuple(line.get("earlier", ())), tuple(line.get("unanswered", ())), not statements,
    )  # fmt: skip
    label = line["label"]
    return Labelled(case, line["kind"], float(label["correctness"]), tuple(label["statements"]), line["why"])


def agreements(labelled: Sequence[Labelled], lines: Mapping[str, Mapping[str, Any]]) -> dict[str, Agreement]:
    """The agreement on each scale. Abstentions are left out: they are graded by rule, which would flatter the judge."""
    asked = [one for one in labelled if one.case.ruled is None]
    grades: list[list[Pair]] = []
    faithful: list[list[Pair]] = []
    for one in asked:
        line = lines.get(one.case.id, {})
        found = line.get("statements") or [None] * len(one.statements)
        grades.append([(one.correctness, line.get("correctness"))])
        faithful.append(list(zip(one.statements, found, strict=True)))
    return {"correctness": agreement(grades), "faithfulness": agreement(faithful)}


def judge_run(
    folder: Path,
    settings: Settings,
    jobs: int = 4,
    on_progress: Callable[[Progress], None] | None = None,
    model: ChatModel | None = None,
) -> dict[str, Any]:
    """Judge the answers of a finished run, and add `judge` to its scores; returns these.

    Raises RunError (no finished run there, or one under way), ModelError (no judge, or none that replies); what was
    judged by then is kept, and the same call goes on with the rest.
    """
    if not (folder / runs.RUN).exists():
        raise RunError(f"{folder}: no run there", remedy="sourcier eval GOLD --run DIR --judge")
    if runs.read_json(folder / runs.RUN)["finished"] is None:
        raise RunError(f"{folder}: the run is not finished", remedy="give its GOLD files again, to go on with it")
    try:
        held = FileLock(folder / "run.lock").acquire(timeout=0)
    except Timeout as error:
        raise RunError(f"{folder}: a run is under way there", remedy="wait for it to end") from error
    with held:
        return _judged(folder, settings, jobs, on_progress, model)


def _judged(
    folder: Path, settings: Settings, jobs: int, on_progress: Callable[[Progress], None] | None, model: ChatModel | None
) -> dict[str, Any]:
    try:
        labelled = labelled_cases()
        found, kept = _calibrated(labelled, Judge(settings, _home(settings), jobs, on_progress, model))
        judge = Judge(settings, folder / JUDGED, jobs, on_progress, model)
        used = [scale for scale in SCALES if found[scale].suffices]
        block = {
            "model": judge.name, "fingerprint": judge.fingerprint, "cases": len(labelled), "threshold": KAPPA_LEAST,
            "agreement": {scale: {**dataclasses.asdict(found[scale]), "used": scale in used} for scale in SCALES},
            "calibration_usage": _spent(kept), "used": bool(used),
        }  # fmt: skip
        if used:
            cases = run_cases(folder)
            lines, failed = judge.judge([case for case in cases if case.ruled is None])
            block |= _scored(cases, lines, used) | {"failed": dict(failed)}
    except ModelError as error:
        again = f"sourcier eval --judge --run {folder}"
        error.remedy = f"{error.remedy}; then {again}" if error.remedy else again
        raise
    scores = runs.read_json(folder / runs.SCORES) | {"judge": block}
    runs.write_json(folder / runs.SCORES, scores)
    return scores


def run_cases(folder: Path) -> list[Case]:
    """The answers of a run, as the judge is shown them."""
    gold = {line["id"]: line for line in runs.read_lines(folder / runs.GOLD)}
    texts = {line["id"]: line["text"] for line in runs.read_lines(folder / runs.ARTICLES)}
    asked: dict[str, list[str]] = {}
    cases = []
    for answer in runs.read_lines(folder / runs.ANSWERS):
        row = gold[answer["id"]]
        before = asked.setdefault(row["dialogue"] or row["id"], [])
        quotes = {citation["number"]: citation["quote"] for citation in answer["citations"]}
        said = (
            (one["text"], tuple(quotes[n] for n in one["citations"] if n in quotes)) for one in answer["statements"]
        )
        case = Case(
            row["id"], row["question"], row["answerable"], tuple(row["answers"]), tuple(said), row["require"],
            tuple(_evidence(row["evidence"], texts)), row["false_premise"], tuple(before),
            tuple(answer.get("unanswered", ())), answer["abstained"],
        )  # fmt: skip
        cases.append(case)
        before.append(row["question"])
    return cases


def _calibrated(labelled: Sequence[Labelled], judge: Judge) -> tuple[dict[str, Agreement], list[Mapping[str, Any]]]:
    """The agreement of a judge, from what is kept of it and the calls that are still needed."""
    judge.file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(judge.file.with_suffix(".lock")):
        lines, failed = judge.judge([one.case for one in labelled if one.case.ruled is None])
    if failed:
        kind = failed.most_common(1)[0][0]
        raise ModelError(
            f"{judge.name}: {failed.total()} of the labelled cases got no reply ({kind})",
            kind=kind, remedy="run the same command again: what was judged is kept",
        )  # fmt: skip
    return agreements(labelled, lines), list(lines.values())


def _home(settings: Settings) -> Path:
    from retrieval.evaluation.judging import fingerprint, judge_settings

    return settings.home / "judges" / f"{fingerprint(judge_settings(settings))}.jsonl"


def _scored(cases: Sequence[Case], lines: Mapping[str, Mapping[str, Any]], used: Sequence[str]) -> dict[str, Any]:
    """The scores on the scales that may be used, how many were judged, and what that took."""
    grades: Scale = []
    faithful: Scale = []
    counts = dict.fromkeys(("0", "0.5", "1"), 0)
    unjudged = 0
    for case in cases:
        line = lines.get(case.id, {})
        grade = line.get("correctness") if case.ruled is None else case.ruled
        if grade is None:
            unjudged += 1
            continue
        grades.append((grade, 1.0))
        counts[f"{grade:g}"] += 1
        if line:
            faithful.append((float(sum(line["statements"])), float(len(line["statements"]))))
    scales = {"correctness": grades, "faithfulness": faithful}
    return {
        "scores": {scale: _score(scales[scale]) for scale in used if scales[scale]},
        "grades": counts if "correctness" in used else None,
        "judged": sum(case.ruled is None and lines.get(case.id, {}).get("unjudged", "") is None for case in cases),
        "by_rule": sum(case.ruled is not None for case in cases), "unjudged": unjudged, "usage": _spent(lines.values()),
        "by_question": {case.id: _told(case, lines.get(case.id, {}), used) for case in cases},
    }  # fmt: skip


def _told(case: Case, line: Mapping[str, Any], used: Sequence[str]) -> dict[str, Any]:
    """What is shown of a judgement: on the scales that may be used alone; None where there is none."""
    grade = line.get("correctness") if case.ruled is None else case.ruled
    return {
        "correctness": grade if "correctness" in used else None,
        "statements": line.get("statements") if "faithfulness" in used else None,
        "reason": line.get("reason"), "by_rule": case.ruled is not None, "unjudged": line.get("unjudged"),
    }  # fmt: skip


def _score(counts: Scale) -> dict[str, Any]:
    """The share with its interval, as the other metrics have it."""
    table = np.array(counts)
    value = float(table[:, 0].sum() / table[:, 1].sum())
    sums = draws(len(table)) @ table
    limits = bound(value, len(table)) if value in (0.0, 1.0) else interval(sums[:, 0] / sums[:, 1])
    low, high = limits or (None, None)
    return {"value": value, "low": low, "high": high, "questions": len(table)}


def _spent(lines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    total = sum((Usage(**line["usage"]) for line in lines), Usage())
    return dataclasses.asdict(total)


def _evidence(items: Iterable[Mapping[str, Any]], texts: Mapping[str, str]) -> Iterable[str]:
    """What each piece of evidence says: its quote, else the text at its first span."""
    for item in items:
        spans = item["spans"]
        yield item.get("quote") or (texts.get(item["article"], "")[slice(*spans[0])] if spans else "")
