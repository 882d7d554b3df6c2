"""What `comparing.compare` found, as rows of a table and as pairs of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.rendering.report.tables import number
from bot.texts import Texts
from retrieval.evaluation.metrics import BY_NAME

_ABSOLUTE = ("length", "input_tokens", "output_tokens", "cost_usd")  # no shares: told in the terminal
_LEAST = 0.1  # the least reach of the drawings, so that small differences look small
_TONES = {"better": "right", "worse": "wrong", "mixed": "wrongly_abstained"}  # the colours of outcomes serve


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure in both runs: numbers in words, and the difference as places on a line of 100 with nothing at 50."""

    label: str
    headline: bool
    less: bool
    a: str
    b: str
    difference: str
    limits: tuple[str, str] | None
    drawn: tuple[float, float, float]
    p: str
    said: str
    tone: str


@dataclass(frozen=True, slots=True)
class Differences:
    """Two runs, told apart."""

    found: Mapping[str, Any]
    t: Texts

    @property
    def names(self) -> tuple[str, str]:
        """The folders' names."""
        first, second = (Path(self.found[side]).resolve().name for side in ("a", "b"))
        return first, second

    @property
    def verdict(self) -> tuple[str, str]:
        """What is said of the second run, and its tone."""
        said = self.found["verdict"]
        return self.t("eval_verdict", verdict=self.t(f"eval_{said.replace(' ', '_')}")), _TONES.get(said, "")

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """What differs between the runs: its name, and how it is in each."""
        return [(name, _short(a), _short(b)) for name, (a, b) in self.found["changed"].items()]

    def rows(self, headlines: bool) -> list[Difference]:
        """The measures that decide the verdict, or all others, in the order of their definitions."""
        shown = [n for n in BY_NAME if n in self.found["metrics"] and n not in _ABSOLUTE]
        reach = max([_LEAST, *(abs(limit) for n in shown for limit in self._limits(self.found["metrics"][n]))])
        return [self._row(n, reach) for n in shown if self.found["metrics"][n]["headline"] == headlines]

    def flips(self, change: str) -> list[Mapping[str, Any]]:
        """The questions that were lost, or gained."""
        return [one for one in self.found["flipped"] if one["change"] == change]

    def expected(self, flip: Mapping[str, Any]) -> Sequence[str]:
        """The answers that would have been right; none where an abstention would."""
        silent = "rightly_abstained" in (flip["a"]["outcome"], flip["b"]["outcome"])
        return [] if silent else flip["answers"]

    def _limits(self, one: Mapping[str, Any]) -> tuple[float, float]:
        return (one["difference"], one["difference"]) if one["low"] is None else (one["low"], one["high"])

    def _row(self, name: str, reach: float) -> Difference:
        one, metric = self.found["metrics"][name], BY_NAME[name]
        p = one["p_holm"] if one["headline"] else one["p"]
        limits = tuple(number(100 * limit, self.t, sign="+") for limit in self._limits(one))
        low, high = (50 + 50 * limit / reach for limit in self._limits(one))
        said = one["verdict"]
        return Difference(
            label=self.t.entries.get(f"metric_{name}", name),
            headline=one["headline"],
            less=metric.better < 0,
            a=number(100 * one["a"], self.t),
            b=number(100 * one["b"], self.t),
            difference=number(100 * one["difference"], self.t, sign="+"),
            limits=None if one["low"] is None else (limits[0], limits[1]),
            drawn=(low, 50 + 50 * one["difference"] / reach, high),
            p="" if p is None else number(p, self.t, 3) if p >= 0.001 else f"< {number(0.001, self.t, 3)}",
            said="" if said == "no difference" else self.t(f"eval_{said}"),
            tone=_TONES.get(said, ""),
        )


def _short(value: object) -> str:
    text = "—" if value in ("", None) else str(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
