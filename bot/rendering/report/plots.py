"""Where the lines, points and labels of the plots stand; the page's template draws them as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 440, 320  # of a plot, in its own units
LEFT, TOP, RIGHT, BOTTOM = 52, 16, 14, 50  # room around the axes
_MOST = 300  # points of a curve that are drawn
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_TABLE = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)  # coverages whose risks are told in words


@dataclass(frozen=True, slots=True)
class Bin:
    """A point of the reliability diagram, with its interval and how many answers it stands for."""

    x: float
    y: float
    top: float
    bottom: float
    radius: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RiskPlot:
    """Risk by coverage: the curve, the best order of the same answers, and any order at all."""

    curve: str
    best: str
    random: float  # y
    end: float  # x of the last answer
    table: tuple[tuple[float, float], ...]  # coverage, risk
    covered: float
    risk: float


@dataclass(frozen=True, slots=True)
class ReliabilityPlot:
    """How often answers of a confidence are right."""

    bins: tuple[Bin, ...]
    line: str


def x(value: float) -> float:
    """Where a share stands from left to right."""
    return round(LEFT + value * (WIDTH - LEFT - RIGHT), 1)


def y(value: float) -> float:
    """Where a share stands from bottom to top."""
    return round(HEIGHT - BOTTOM - value * (HEIGHT - TOP - BOTTOM), 1)


def ticks() -> tuple[float, ...]:
    """The shares that both axes name."""
    return _TICKS


def risk_plot(points: Sequence[Mapping[str, float]]) -> RiskPlot | None:
    """The risk-coverage curve of scores.json; None without an answer."""
    if not points:
        return None
    covered, risk = points[-1]["coverage"], points[-1]["risk"]
    right = covered * (1 - risk)  # the best order has all that are right first
    best = [(0.0, 0.0), (right, 0.0)]
    best += [(c, (c - right) / c) for c in (right + (covered - right) * step / 20 for step in range(1, 21)) if c]
    return RiskPlot(
        _path([(point["coverage"], point["risk"]) for point in _some(points)]),
        _path(best),
        y(risk),
        x(covered),
        (*(_at(points, coverage) for coverage in _TABLE if coverage < covered), (covered, risk)),
        covered,
        risk,
    )


def reliability_plot(found: Mapping[str, Any] | None) -> ReliabilityPlot | None:
    """The reliability diagram of scores.json; None when it has none."""
    if not found:
        return None
    most = max(one["answers"] for one in found["bins"])
    bins = tuple(
        Bin(x(one["confidence"]), y(one["right"]), y(one["right_high"]), y(one["right_low"]),
            round(2.5 + 3.5 * (one["answers"] / most) ** 0.5, 1), one)
        for one in found["bins"]
    )  # fmt: skip
    return ReliabilityPlot(bins, _path([(one["confidence"], one["right"]) for one in found["bins"]]))


def _some(points: Sequence[Mapping[str, float]]) -> list[Mapping[str, float]]:
    """All points, or as many as are seen."""
    step = max(1, -(-len(points) // _MOST))
    return [*points[:-1:step], points[-1]]


def _at(points: Sequence[Mapping[str, float]], coverage: float) -> tuple[float, float]:
    """The risk where the curve first covers that much."""
    return coverage, next(point["risk"] for point in points if point["coverage"] >= coverage)


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x(a)} {y(b)}" for a, b in places)
