"""Evaluations → HTML files for people: a run with every question and what it rests on, and two runs compared.

What articles, questions and answers say reaches the pages as text only.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.rendering.report import plots
from bot.rendering.report.differences import Differences
from bot.rendering.report.questions import run_data
from bot.rendering.report.sheet import rendered, written
from bot.rendering.report.tables import Tables, words
from bot.rendering.report.texts import report_texts
from bot.texts import Texts
from retrieval.evaluation import runs

_STYLES = ("report.css", "questions.css", "media.css")
_SCRIPTS = ("text.js", "state.js", "passage.js", "question.js", "list.js")


def write(folder: Path, t: Texts) -> Path:
    """Write the report of a finished run into its folder, in the language of the texts; returns its path.

    Raises RunError when the folder does not hold a finished run.
    """
    about, scores = (runs.read_json(folder / name) for name in (runs.RUN, runs.SCORES))
    gold, answers, articles = (runs.read_lines(folder / name) for name in (runs.GOLD, runs.ANSWERS, runs.ARTICLES))
    t = report_texts(t)
    page = rendered(
        "report.html",
        _STYLES,
        _SCRIPTS,
        t=t,
        name=folder.resolve().name,
        about=about,
        tables=Tables(scores, about, t),
        scores=scores,
        plots=plots,
        risk=plots.risk_plot(scores["risk_coverage"]["points"]),
        reliability=plots.reliability_plot(scores["reliability"]),
        words=words,
        data=run_data(gold, answers, articles, scores, t),
    )
    return written(folder / runs.REPORT, page)


def write_comparison(found: Mapping[str, Any], t: Texts) -> Path:
    """Write what `comparing.compare` found into the folder of the second run; returns its path. May raise OSError."""
    t = report_texts(t)
    page = rendered("comparison.html", _STYLES, (), t=t, found=found, tables=Differences(found, t))
    return written(Path(found["b"]) / runs.COMPARISON, page)
