"""A run of an evaluation → one HTML file for people: its scores, its plots, and every question with what it rests on.

The file asks nothing of any network: its style and scripts are inside, by their digests alone allowed to run, and what
articles, questions and answers say reaches the page as text only.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from bot.rendering.report import plots
from bot.rendering.report.questions import run_data
from bot.rendering.report.tables import Tables, words
from bot.rendering.report.texts import report_texts
from bot.texts import Texts
from retrieval.evaluation import runs

_STYLES = ("report.css", "questions.css", "media.css")
_SCRIPTS = ("text.js", "state.js", "passage.js", "question.js", "list.js")
# What no HTML file may hold, and what changes the direction of the writing around it.
_UNFIT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)


def write(folder: Path, t: Texts) -> Path:
    """Write the report of a finished run into its folder, all or nothing; returns its path.

    Raises RunError when the folder does not hold a finished run.
    """
    text = page(folder, t)
    path = folder / runs.REPORT
    part = path.with_name(f"{runs.REPORT}.part")
    part.write_text(text, "utf-8")
    part.replace(path)
    return path


def page(folder: Path, t: Texts) -> str:
    """The report of a finished run, in the language of the texts. Raises RunError."""
    about, scores = (runs.read_json(folder / name) for name in (runs.RUN, runs.SCORES))
    gold, answers, articles = (runs.read_lines(folder / name) for name in (runs.GOLD, runs.ANSWERS, runs.ARTICLES))
    t = report_texts(t)
    scripts = [_file(name) for name in _SCRIPTS]
    style = "".join(_file(name) for name in _STYLES)
    environment = _environment()
    rendered: str = environment.get_template("report.html").render(
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
        style=Markup(style),  # noqa: S704 (a file of the package)
        scripts=[Markup(script) for script in scripts],  # noqa: S704 (files of the package)
        policy=_policy(style, scripts),
    )
    return rendered


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("bot.rendering.report", "page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_fit,
    )
    environment.filters["quoted"] = lambda name: quote(name, safe="", errors="replace")
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":")}  # ASCII: no character can do harm
    return environment


def _fit(value: Any) -> Any:
    """A value without the characters that must not stand in a page."""
    return _UNFIT.sub("\ufffd", value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _policy(style: str, scripts: list[str]) -> str:
    """A Content-Security-Policy under which nothing is loaded, and only these texts are style and scripts."""
    allowed = " ".join(_digest(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_digest(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _file(name: str) -> str:
    return (files(__name__) / "page" / name).read_text("utf-8")
