"""Thresholds that a run must reach: a JSON file with `minimum`, `maximum` and `baseline`, each optional.

    {"minimum": {"handled": 0.3}, "maximum": {"injected": 0.1}, "baseline": "../runs/shipped"}

`baseline` is a run's folder, or a scores.json, relative to the file: on the questions that both were asked, no headline
metric may be worse than there beyond noise (`comparing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import SourcierError
from retrieval.evaluation import runs
from retrieval.evaluation.aggregating import questions_of
from retrieval.evaluation.comparing import differences
from retrieval.evaluation.metrics import BY_NAME
from retrieval.evaluation.runs import read_json


class GateError(SourcierError):
    """A file of thresholds that cannot be used."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A threshold that was not held, by `kind` ("minimum", …); `value` is None where the run has no such score."""

    metric: str
    kind: str
    value: float | None
    limit: float


@dataclass(frozen=True, slots=True)
class Gate:
    """Thresholds that were read."""

    minimum: Mapping[str, float]
    maximum: Mapping[str, float]
    baseline: Path | None

    @classmethod
    def load(cls, path: Path) -> Gate:
        """Read a file. Raises GateError naming what is wrong, RunError when it is no JSON."""
        found = read_json(path)
        if unknown := sorted(found.keys() - {"minimum", "maximum", "baseline"}):
            raise GateError(f"{path}: unknown: {', '.join(unknown)}")
        for kind in ("minimum", "maximum"):
            limits = found.get(kind, {})
            if not isinstance(limits, dict):
                raise GateError(f"{path}: {kind}: not an object")
            for name, limit in limits.items():
                if name not in BY_NAME:
                    raise GateError(f"{path}: {kind}: no metric is called {name}")
                if not isinstance(limit, (int, float)) or isinstance(limit, bool):
                    raise GateError(f"{path}: {kind}: {name}: not a number")
        baseline = found.get("baseline")
        if not found or not (baseline is None or isinstance(baseline, str)):
            raise GateError(f"{path}: " + ("baseline: not a path" if found else "holds no threshold"))
        return cls(found.get("minimum", {}), found.get("maximum", {}), path.parent / baseline if baseline else None)

    def failures(self, scores: Mapping[str, Any]) -> list[Failure]:
        """The thresholds that the scores of a run do not hold. Raises GateError where the baseline is of no use."""
        found = []
        for kind, limits, sign in (("minimum", self.minimum, 1), ("maximum", self.maximum, -1)):
            for name, limit in limits.items():
                value = scores["metrics"].get(name, {}).get("value")
                if value is None or value * sign < limit * sign:
                    found.append(Failure(name, kind, value, limit))
        if self.baseline is not None:
            path = self.baseline / runs.SCORES if self.baseline.is_dir() else self.baseline
            before, now = questions_of(read_json(path)), questions_of(scores)
            shared = {question.id for question in before} & {question.id for question in now}
            if not shared:
                raise GateError(f"{path}: none of its questions was asked")
            compared = differences(*([q for q in side if q.id in shared] for side in (before, now)))
            found += [
                Failure(name, "baseline", one["b"], one["a"])
                for name, one in compared.items()
                if one["headline"] and one["verdict"] == "worse"
            ]
        return found
