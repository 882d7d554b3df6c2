"""Whether one run is better than another on the same questions, or whether the difference may be chance.

A metric is better or worse only where its paired bootstrap interval leaves out zero and its paired test holds: the
exact test of McNemar where each question is right or wrong, else 10,000 permutations of sides. The verdict rests on
HEADLINES alone, fixed beforehand, one a duty of an answer: found, right, proven, silent when nothing is known, not
hijacked. Holm's correction keeps the chance of any false alarm among them at 5 %; a single number would miss a change
that harms another duty. Half of the weight lies on what is found: many a change touches search alone, and search is
measured more finely than answers are. All other metrics are shown with their own p, and decide nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.evaluation import runs
from retrieval.evaluation.aggregating import Table, questions_of, ratios
from retrieval.evaluation.metrics import BY_NAME, Scored
from retrieval.evaluation.runs import RunError
from retrieval.evaluation.statistics import Floats, draws, holm, interval, mcnemar, permuted, swaps

HEADLINES = {  # with their weights in the correction
    "article_ndcg_10": 5, "handled": 1, "citation_precision": 1, "citation_recall": 1, "balanced_accuracy": 1,
    "injected": 1,
}  # fmt: skip
ALPHA = 0.05
_RIGHT = ("right", "rightly_abstained")


def compare(a: Path, b: Path) -> dict[str, Any]:
    """How run b differs from run a: per metric, the verdict, the questions that flipped with both answers.

    Raises RunError when a folder holds no finished run, or the questions are not the same.
    """
    about_a, about_b = (runs.read_json(folder / runs.RUN) for folder in (a, b))
    if about_a["fingerprints"]["gold"] != about_b["fingerprints"]["gold"]:
        raise RunError("the runs were not asked the same questions", remedy="run both on the same gold files")
    first, second = (questions_of(runs.read_json(folder / runs.SCORES)) for folder in (a, b))
    second = _paired(first, second)
    found = differences(first, second)
    return {
        "a": str(a), "b": str(b), "questions": len(first), "verdict": verdict(found), "headlines": list(HEADLINES),
        "same_corpus": about_a["fingerprints"]["corpus"] == about_b["fingerprints"]["corpus"],
        "changed": _changed(about_a, about_b), "metrics": found, "flipped": _flipped(first, second, a, b),
    }  # fmt: skip


def differences(first: Sequence[Scored], second: Sequence[Scored]) -> dict[str, Any]:
    """Each metric of both, their difference (second - first) with its interval, its test, and what that says."""
    second = _paired(first, second)
    a, b = Table(first), Table(second)
    one, weights = np.ones((1, len(first))), draws(len(first))
    values_a, values_b = a.under(one), b.under(one)
    drawn_a, drawn_b = a.under(weights), b.under(weights)
    tested = _tests(first, second, a, b)
    found: dict[str, Any] = {}
    for name, metric in BY_NAME.items():
        before, after = float(values_a[name][0]), float(values_b[name][0])
        if np.isnan(before) or np.isnan(after):
            continue
        low, high = interval(drawn_b[name] - drawn_a[name]) or (None, None)
        p, test = tested.get(name, (None, None))
        found[name] = {
            "a": before, "b": after, "difference": after - before, "low": low, "high": high, "p": p, "test": test,
            "better": metric.better, "headline": name in HEADLINES,
        }  # fmt: skip
    corrected = holm({name: found[name]["p"] for name in HEADLINES if name in found and found[name]["p"] is not None},
                     HEADLINES)  # fmt: skip
    for name, one_metric in found.items():
        one_metric["p_holm"] = corrected.get(name)
        one_metric["verdict"] = _said(one_metric, corrected.get(name, one_metric["p"]))
    return found


def _paired(first: Sequence[Scored], second: Sequence[Scored]) -> list[Scored]:
    """The second in the order of the first. Raises RunError when they are not the same questions."""
    by_id = {scored.id: scored for scored in second}
    if by_id.keys() != {scored.id for scored in first}:
        raise RunError("the runs were not asked the same questions", remedy="run both on the same gold files")
    return [by_id[scored.id] for scored in first]


def verdict(found: Mapping[str, Any]) -> str:
    """By the headline metrics: "better", "worse", "mixed" or "no difference"."""
    said = {one["verdict"] for one in found.values() if one["headline"]}
    if {"better", "worse"} <= said:
        return "mixed"
    return "worse" if "worse" in said else "better" if "better" in said else "no difference"


def _said(metric: Mapping[str, Any], p: float | None) -> str:
    if p is None or p >= ALPHA or metric["low"] is None or metric["low"] <= 0 <= metric["high"]:
        return "no difference"
    if not metric["better"]:
        return "higher" if metric["difference"] > 0 else "lower"
    return "better" if metric["difference"] * metric["better"] > 0 else "worse"


def _tests(first: Sequence[Scored], second: Sequence[Scored], a: Table, b: Table) -> dict[str, tuple[float, str]]:
    """p of each metric but the area under a curve, which has no sums, with the name of its test."""
    found: dict[str, tuple[float, str]] = {}
    permutations = _permutations(a, b)
    sums = [ratios(t.numerators.sum(0, keepdims=True), t.denominators.sum(0, keepdims=True)) for t in (a, b)]
    for name, others in permutations.items():
        before, after = (float(side[name][0]) for side in sums)
        if np.isnan(before) or np.isnan(after):
            continue
        pairs = [(p.counts[name], q.counts[name]) for p, q in zip(first, second, strict=True)
                 if name in p.counts and name in q.counts]  # fmt: skip
        alike = all((name in p.counts) == (name in q.counts) for p, q in zip(first, second, strict=True))
        if pairs and alike and all(n in (0, 1) and d == 1 for pair in pairs for n, d in pair):
            gained = sum(q[0] > p[0] for p, q in pairs)
            lost = sum(q[0] < p[0] for p, q in pairs)
            found[name] = (mcnemar(gained, lost), "mcnemar")
        else:
            found[name] = (permuted(after - before, others), "permutation")
    return found


def _permutations(a: Table, b: Table) -> dict[str, Floats]:
    """The difference of each metric in each permutation: some questions' counts of both runs are swapped."""
    numerators, denominators = b.numerators - a.numerators, b.denominators - a.denominators
    parts: dict[str, list[Floats]] = {}
    for chosen in swaps(len(numerators)):
        moved_n, moved_d = chosen @ numerators, chosen @ denominators
        left = ratios(a.numerators.sum(0) + moved_n, a.denominators.sum(0) + moved_d)
        right = ratios(b.numerators.sum(0) - moved_n, b.denominators.sum(0) - moved_d)
        for name in left:
            parts.setdefault(name, []).append(right[name] - left[name])
    return {name: np.concatenate(values) for name, values in parts.items()}


def _changed(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Settings, weights, version and code that differ: [in a, in b]."""
    sides = [{**run["settings"], **run["weights"], "version": run["version"], "code": run["fingerprints"]["code"]}
             for run in (a, b)]  # fmt: skip
    names = sorted({*sides[0], *sides[1]})
    return {name: [side.get(name) for side in sides] for name in names if sides[0].get(name) != sides[1].get(name)}


def _flipped(first: Sequence[Scored], second: Sequence[Scored], a: Path, b: Path) -> list[dict[str, Any]]:
    """The questions that one run handled right and the other did not, lost ones first, with both answers."""
    questions = {line["id"]: line for line in runs.read_lines(a / runs.GOLD)}
    answers = [{line["id"]: line for line in runs.read_lines(folder / runs.ANSWERS)} for folder in (a, b)]
    found = []
    for before, after in zip(first, second, strict=True):
        was, now = (scored.outcome in _RIGHT for scored in (before, after))
        if was != now:
            found.append({
                "id": before.id, "question": questions[before.id]["question"], "tags": list(before.tags),
                "answers": questions[before.id]["answers"], "change": "gained" if now else "lost",
                "a": _side(before, answers[0]), "b": _side(after, answers[1]),
            })  # fmt: skip
    return sorted(found, key=lambda one: one["change"] != "lost")


def _side(scored: Scored, answers: Mapping[str, Any]) -> dict[str, Any]:
    answer = answers[scored.id]
    cited = [{"article": c["article"], "quote": c["quote"]} for c in answer["citations"]]
    return {"outcome": scored.outcome, "text": answer["text"], "citations": cited}
