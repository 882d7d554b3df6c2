"""The scores of a run as rows of tables: numbers in the reader's language, intervals as places on a line of 100."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from bot.texts import Texts
from retrieval.evaluation.comparing import HEADLINES
from retrieval.evaluation.metrics import BY_NAME, COMPOSITES, OUTCOMES

Numbers = Mapping[str, Any]

_UNITS = ("input_tokens", "output_tokens", "cost_usd")
_ABSOLUTE = ("length", *_UNITS)  # no shares of anything
_BESIDE = ("article_ndcg_10", "passage_recall_10", "citation_precision", "answerable_abstained")  # columns of parts


def number(value: float, t: Texts, digits: int = 1, sign: str = "") -> str:
    """A number with that many decimals, as the language writes it; with its sign where that is "+"."""
    text = f"{value:{sign},.{digits}f}"
    text = text.lstrip("+-") if not float(text.replace(",", "")) else text.replace("-", "\u2212")
    return text.translate({ord(","): "\u202f", ord("."): ","}) if t.language == "fr" else text


@dataclass(frozen=True, slots=True)
class Cell:
    """A score: its value and limits in words, and the same as places from 0 to 100 to draw them at."""

    value: str
    low: str | None
    high: str | None
    drawn: tuple[float, float, float]  # low, value, high
    questions: int
    apart: bool = False  # whether its interval lies wholly on the worse side of the whole


@dataclass(frozen=True, slots=True)
class Score:
    """A row of the table of scores."""

    name: str
    label: str
    about: str
    cell: Cell
    less: bool  # whether less is better
    questions_can_be_shown: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A row of the table of tags or languages."""

    name: str
    questions: int
    handled: Cell | None
    beside: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """All numbers of a run that are not drawn as a curve."""

    scores: Numbers
    about: Numbers
    t: Texts

    @property
    def handled(self) -> Score | None:
        """What the page begins with."""
        return self._score("handled") if "handled" in self.scores["metrics"] else None

    @property
    def headlines(self) -> list[Score]:
        """The measures that a comparison's verdict rests on."""
        return [self._score(name) for name in BY_NAME if name in HEADLINES and name in self.scores["metrics"]]

    @property
    def groups(self) -> list[tuple[str, list[Score]]]:
        """All measures that are shares, by what they measure."""
        found = []
        for group in dict.fromkeys(metric.group for metric in BY_NAME.values()):
            names = [n for n, m in BY_NAME.items() if m.group == group and n not in _ABSOLUTE]
            rows = [self._score(name) for name in names if name in self.scores["metrics"]]
            if rows:
                found.append((self.t.entries.get(f"group_{group}", group), rows))
        return found

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        """How many questions came to each outcome, good ones first, with their place on a line of 100."""
        counts, total, at, found = self.scores["outcomes"], self.scores["questions"], 0.0, []
        order = ("right", "rightly_abstained", "wrongly_abstained", "wrong", "should_have_abstained")
        for name in sorted(OUTCOMES, key=order.index):
            width = 100 * counts.get(name, 0) / total
            found.append({"name": name, "label": self.t(f"outcome_{name}"), "count": counts.get(name, 0),
                          "share": self.share(counts.get(name, 0) / total, 0), "at": at, "width": width})  # fmt: skip
            at += width
        return found

    @property
    def beside(self) -> list[str]:
        """The heads of the columns beside the first measure of tags and languages."""
        return [self.t(f"metric_{name}") for name in _BESIDE if name in self.scores["metrics"]]

    def parts(self, kind: str) -> list[Part]:
        """Tags or languages ("by_tag", "by_language"), those that were handled worst first."""
        found = []
        for name, part in self.scores[kind].items():
            metrics = part["metrics"]
            beside = [self._cell(n, metrics.get(n)) for n in _BESIDE if n in self.scores["metrics"]]
            found.append(Part(name, part["questions"], self._cell("handled", metrics.get("handled")), tuple(beside)))
        return sorted(found, key=lambda part: (part.handled is None, part.handled.drawn[1] if part.handled else 0.0))

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Each step's seconds: half of the questions took at most p50, 95 of 100 at most p95."""
        longest = max((step["p95"]["value"] for step in self.scores["latency"].values()), default=0)
        return [
            {"name": name, "questions": step["questions"],
             **{q: self._seconds(step[q]) for q in ("p50", "p95")},
             "drawn": [100 * step[q]["value"] / (longest or 1) for q in ("p50", "p95")]}
            for name, step in self.scores["latency"].items()
        ]  # fmt: skip

    @property
    def usage(self) -> list[dict[str, Any]]:
        """Tokens and cost by question and in all; empty when no model was asked."""
        found = []
        for name in _UNITS:
            one = self.scores["metrics"].get(name)
            if one and one["value"]:
                total = one["value"] * one["questions"]
                digits = 5 if name == "cost_usd" else 0
                limits = None if one["low"] is None else [self.number(one[k], digits) for k in ("low", "high")]
                found.append({"label": self.t(f"metric_{name}"), "value": self.number(one["value"], digits),
                              "limits": limits, "total": self.number(total, 2 if digits else 0)})  # fmt: skip
        return found

    @property
    def judge(self) -> list[dict[str, Any]]:
        """A judge's scales: how far it agrees with labels by hand, and its score of this run where it may be used."""
        block = self.scores.get("judge") or {}
        found = []
        for scale, agreed in block.get("agreement", {}).items():
            limits = (
                None
                if agreed["kappa_low"] is None
                else [self.number(agreed[k], 2) for k in ("kappa_low", "kappa_high")]
            )
            kappa = "–" if agreed["kappa"] is None else self.number(agreed["kappa"], 2)
            score = (block.get("scores") or {}).get(scale)
            found.append({"label": self.t(f"report_judge_{scale}"), "name": f"judge_{scale}", "kappa": kappa,
                          "limits": limits, "same": self.share(agreed["same"], 0), "used": agreed["used"],
                          "cell": self._cell(scale, score)})  # fmt: skip
        return found

    @property
    def notices(self) -> list[tuple[str, int]]:
        """Why fallbacks answered, and how often."""
        return [(self.t.entries.get(f"notice_{name}", name), n) for name, n in self.about.get("notices", {}).items()]

    @property
    def made(self) -> dict[str, str]:
        """The day and the time when the run was begun."""
        created = str(self.about["created"])
        return {"date": self.t.date(created), "time": created[11:16]}

    @property
    def gold_files(self) -> str:
        return ", ".join(PurePath(name).name for name in self.about.get("gold", ()))

    def share(self, value: float, digits: int = 1) -> str:
        """A share in per cent, without the sign."""
        return self.number(100 * value, digits)

    def number(self, value: float, digits: int = 1) -> str:
        """A number with that many decimals, as the language writes it."""
        return number(value, self.t, digits)

    def _score(self, name: str) -> Score:
        metric, cell = BY_NAME[name], self._cell(name, self.scores["metrics"][name])
        assert cell is not None  # noqa: S101 (a score that is there has a cell)
        single = name not in {m.name for m in COMPOSITES}
        label = self.t.entries.get(f"metric_{name}", name)
        return Score(name, label, metric.text, cell, metric.better < 0, single)

    def _cell(self, name: str, one: Numbers | None) -> Cell | None:
        if one is None:
            return None
        low, high = one["low"], one["high"]
        places = [one["value"] if limit is None else limit for limit in (low, one["value"], high)]
        return Cell(
            self.share(one["value"]),
            None if low is None else self.share(low),
            None if high is None else self.share(high),
            (places[0] * 100, places[1] * 100, places[2] * 100),
            one["questions"],
            self._apart(name, low, high),
        )

    def _apart(self, name: str, low: float | None, high: float | None) -> bool:
        whole = self.scores["metrics"].get(name)
        if whole is None or low is None or high is None:
            return False
        return bool(low > whole["value"] if BY_NAME[name].better < 0 else high < whole["value"])

    def _seconds(self, one: Numbers) -> dict[str, Any]:
        digits = 0 if one["value"] >= 0.1 else 1
        limits = None if one["low"] is None else [self.number(1000 * one[k], digits) for k in ("low", "high")]
        return {"value": self.number(1000 * one["value"], digits), "limits": limits}


def words(values: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """Settings or weights as names and what they are set to."""
    return [(name, "—" if value in ("", None) else str(value)) for name, value in values.items()]
