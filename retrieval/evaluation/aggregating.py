"""The scores of many questions: with intervals, in all, by tag and by language; latency, and risk by coverage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from retrieval.evaluation.metrics import BY_NAME, METRICS, Scored
from retrieval.evaluation.reliability import reliability
from retrieval.evaluation.statistics import LEVEL, RESAMPLES, SEED, Floats, bound, draws, interval

FORMAT = 1  # of scores.json
_SUMMED = [metric.name for metric in METRICS]


class Table:
    """The counts of some questions as arrays, a row a question, in their order."""

    def __init__(self, questions: Sequence[Scored]) -> None:
        shape = (len(questions), len(_SUMMED))
        self.numerators, self.denominators = np.zeros(shape), np.zeros(shape)
        for at, question in enumerate(questions):
            for column, name in enumerate(_SUMMED):
                self.numerators[at, column], self.denominators[at, column] = question.counts.get(name, (0.0, 0.0))
        self.risk = Risk(questions)

    def under(self, weights: Floats) -> dict[str, Floats]:
        """Each metric's value for each row of weights (how often each question counts); NaN where it has none."""
        found = ratios(weights @ self.numerators, weights @ self.denominators)
        return found | {"aurc": self.risk.area(weights)}


def ratios(numerators: Floats, denominators: Floats) -> dict[str, Floats]:
    """Sums of counts over sums of bases, a row a set of questions, with what is made of them."""
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(denominators > 0, numerators / denominators, np.nan)
        found = {name: values[:, column] for column, name in enumerate(_SUMMED)}
        precision, recall = found["abstention_precision"], found["unanswerable_abstained"]
        found["balanced_accuracy"] = (recall + 1 - found["answerable_abstained"]) / 2
        found["abstention_f1"] = np.where(
            precision + recall > 0, 2 * precision * recall / (precision + recall), precision + recall
        )
    return found


class Risk:
    """Risk by coverage (El-Yaniv & Wiener, JMLR 2010): how often answers are wrong, the surest ones first.

    What was abstained from has no answer and stays uncovered. The area (AURC, Geifman, Uziel & El-Yaniv, ICLR 2019) is
    the mean of the risks at each answer's confidence; answers that are equally sure come together.
    """

    def __init__(self, questions: Sequence[Scored]) -> None:
        self.questions = len(questions)
        sure = np.array([np.nan if q.confidence is None else q.confidence for q in questions], dtype=np.float64)
        answered = np.flatnonzero(~np.isnan(sure))
        self._order = answered[np.argsort(-sure[answered], kind="stable")]
        self._wrong = np.array([questions[at].outcome != "right" for at in self._order], dtype=np.float64)
        self._sure = sure[self._order]
        same = np.append(self._sure[1:] != self._sure[:-1], True) if len(self._order) else np.zeros(0, dtype=bool)
        self._last = np.flatnonzero(same)  # the last answer of each confidence

    def area(self, weights: Floats) -> Floats:
        """The area for each row of weights; NaN without any answer."""
        if not len(self._order):
            return np.full(len(weights), np.nan)
        counted = weights[:, self._order]
        so_far = np.cumsum(counted, axis=1)[:, self._last]
        wrong = np.cumsum(counted * self._wrong, axis=1)[:, self._last]
        with np.errstate(invalid="ignore", divide="ignore"):
            risk = np.where(so_far > 0, wrong / so_far, 0.0)
            steps = np.diff(so_far, axis=1, prepend=0.0)
            found: Floats = np.sum(risk * steps, axis=1) / so_far[:, -1]
        return found

    def points(self) -> list[dict[str, float]]:
        """The curve: for each confidence, how many questions are covered from it up, and how many of these wrong."""
        wrong = np.cumsum(self._wrong)
        return [
            {"confidence": float(self._sure[at]), "coverage": (int(at) + 1) / self.questions,
             "risk": float(wrong[at] / (at + 1))}
            for at in self._last
        ]  # fmt: skip


def aggregate(questions: Sequence[Scored], confidence_source: str = "hits") -> dict[str, Any]:
    """What scores.json holds; `confidence_source` is "answer" or "hits" (`metrics.confidence_of`).

    A metric is its `value` with `low` and `high` (null where too few questions have one) and the `questions` it rests
    on; shares are 0 to 1, latency is in seconds. `counts` of a question are [numerator, denominator] by metric.
    """
    whole = _part(questions)
    risk = Risk(questions)
    return {
        "format": FORMAT,
        "questions": len(questions),
        "level": LEVEL,
        "resamples": RESAMPLES,
        "seed": SEED,
        "definitions": {m.name: {"group": m.group, "text": m.text, "better": m.better} for m in BY_NAME.values()},
        "metrics": whole,
        "outcomes": _counted(question.outcome for question in questions),
        "latency": _latency(questions),
        "risk_coverage": {"confidence": confidence_source, "points": risk.points()},
        "reliability": _reliability(questions) if confidence_source == "answer" else None,
        "by_tag": _parts({tag: [q for q in questions if tag in q.tags] for tag in _all(q.tags for q in questions)}),
        "by_language": _parts({name: [q for q in questions if q.language == name]
                               for name in _all([q.language] for q in questions)}),
        "by_question": [
            {"id": q.id, "language": q.language, "tags": list(q.tags), "outcome": q.outcome,
             "confidence": q.confidence, "counts": {name: list(pair) for name, pair in q.counts.items()},
             "seconds": dict(q.seconds)}
            for q in questions
        ],
    }  # fmt: skip


def questions_of(scores: Mapping[str, Any]) -> list[Scored]:
    """The questions of a scores.json, as they were aggregated."""
    return [
        Scored(q["id"], q["language"], tuple(q["tags"]), q["outcome"], q["confidence"],
               {name: (pair[0], pair[1]) for name, pair in q["counts"].items()}, q["seconds"])
        for q in scores["by_question"]
    ]  # fmt: skip


def _reliability(questions: Sequence[Scored]) -> dict[str, Any] | None:
    sure = [(q.confidence, q.outcome == "right") for q in questions if q.confidence is not None]
    return reliability([confidence for confidence, _ in sure], [right for _, right in sure])


def _all(lists: Iterable[Iterable[str]]) -> list[str]:
    return sorted({name for names in lists for name in names})


def _counted(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items()))


def _parts(parts: Mapping[str, Sequence[Scored]]) -> dict[str, Any]:
    return {name: {"questions": len(part), "metrics": _part(part)} for name, part in parts.items()}


def _part(questions: Sequence[Scored]) -> dict[str, Any]:
    """Value, interval and number of questions of each metric that has one."""
    if not questions:
        return {}
    table = Table(questions)
    values, resampled = table.under(np.ones((1, len(questions)))), table.under(draws(len(questions)))
    found: dict[str, Any] = {}
    for name in BY_NAME:
        value = float(values[name][0])
        if np.isnan(value):
            continue
        counted = len(questions)
        limits = interval(resampled[name])
        if name in _SUMMED:
            column = _SUMMED.index(name)
            counted = int(np.sum(table.denominators[:, column] > 0))
            if value in (0.0, 1.0) and BY_NAME[name].group not in ("usage",):
                limits = bound(value, counted)
        low, high = limits or (None, None)
        found[name] = {"value": value, "low": low, "high": high, "questions": counted}
    return found


def _latency(questions: Sequence[Scored]) -> dict[str, Any]:
    """p50 and p95 of the seconds of each step, with intervals."""
    found: dict[str, Any] = {}
    for step in dict.fromkeys(step for q in questions for step in q.seconds):
        seconds = np.array([q.seconds[step] for q in questions if step in q.seconds], dtype=np.float64)
        drawn = np.random.default_rng(SEED).integers(0, len(seconds), (RESAMPLES, len(seconds)))
        quantiles = np.quantile(seconds[drawn], [0.5, 0.95], axis=1)
        found[step] = {"questions": len(seconds)}
        for at, (name, q) in enumerate((("p50", 0.5), ("p95", 0.95))):
            low, high = interval(quantiles[at]) or (None, None)
            found[step][name] = {"value": float(np.quantile(seconds, q)), "low": low, "high": high}
    return found
