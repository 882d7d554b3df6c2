"""`sourcier eval`: how good the answers are, on sets of questions with their right answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from bot.frame import own_texts, page_of
from bot.options import MODE, SAMPLES
from bot.progress import shown
from bot.stores import ARTICLES, store_for
from retrieval.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_RUN_OR_SETTINGS = click.Path(exists=True, path_type=Path)


@dataclasses.dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for on the command line, whatever the settings."""

    gold: Sequence[Path]
    samples: bool
    articles: Sequence[Path]
    mode: str | None
    jobs: int


@click.command("eval")
@click.argument("gold", nargs=-1, type=_FILE, metavar="GOLD...")
@SAMPLES
@ARTICLES
@MODE
@click.option("--settings", "given", type=_FILE, metavar="FILE", help="Settings like .env, which win over all others.")
@click.option(
    "--run",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of the run; one that was interrupted is gone on with. Default: below SOURCIER_HOME.",
)
@click.option(
    "--gate", "gate_file", type=_FILE, metavar="FILE", help="Thresholds (JSON); exit status 1 when one is not held."
)
@click.option(
    "--compare",
    type=_RUN_OR_SETTINGS,
    nargs=2,
    metavar="A B",
    help="Compare two runs: folders, or files of settings to run GOLD with first.",
)
@click.option(
    "--report",
    "reported",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="RUN",
    help="Write the report of a run again: report.html in its folder.",
)
@click.option("--judge", is_flag=True, help="Let a model judge the answers; with --run and no GOLD, those of that run.")
@click.option("--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Answers under way.")
@click.option("--json", "as_json", is_flag=True, help="Print the scores, or the comparison, as one JSON object.")
def evaluate(
    gold: tuple[Path, ...],
    samples: bool,
    articles: tuple[Path, ...],
    mode: str | None,
    given: Path | None,
    folder: Path | None,
    gate_file: Path | None,
    compare: tuple[Path, Path] | None,
    reported: Path | None,
    judge: bool,
    jobs: int,
    as_json: bool,
) -> None:
    """Answer the questions of GOLD files as anybody's, and score answers, citations, abstentions and hits.

    \b
    A run is a folder: settings, fingerprints, answers, scores, and report.html, a page to read them all in
    a browser, without any network. Interrupted, the same command goes on.
    --compare says whether B is better than A beyond chance, and which questions flipped: here, and with
    both answers side by side in comparison.html in the folder of B.
    --judge takes SOURCIER_JUDGE_MODEL, and first measures it on cases labelled by hand.

    \b
    Examples:
      sourcier eval questions.jsonl
      sourcier eval questions.jsonl --samples --mode extractive --run runs/first
      sourcier eval questions.jsonl --articles ~/articles --gate thresholds.json
      sourcier eval --judge --run runs/first
      sourcier eval --compare runs/first runs/second
      sourcier eval --report runs/first
      sourcier eval questions.jsonl --compare shipped.env changed.env
    """  # fmt: skip
    t = own_texts()
    if reported is not None:
        if gold or compare or folder or given or gate_file or judge:
            raise click.UsageError(t("eval_report_alone"))
        click.echo(_report(reported))
        return
    asked = _Asked(gold, samples, articles, mode, jobs)
    if compare is not None:
        if folder or given or gate_file or judge:
            raise click.UsageError(t("eval_compare_alone"))
        if gold and all(side.is_dir() for side in compare):
            raise click.UsageError(t("eval_gold_unused"))
        if not gold and not all(side.is_dir() for side in compare):
            raise click.UsageError(t("eval_gold_missing"))
        _compared(compare, asked, as_json)
        return
    if not gold and not (judge and folder):
        raise click.UsageError(t("eval_gold_missing"))
    from bot.rendering.as_json import dumps
    from bot.rendering.evaluation import gate as gate_lines
    from bot.rendering.evaluation import summary
    from retrieval.evaluation import runs
    from retrieval.evaluation.gating import Gate

    gate = Gate.load(gate_file) if gate_file else None
    page = page_of(settings := Settings.load(given=given))
    if judge:
        from retrieval.evaluation.judging import ready

        ready(settings)  # before anything is spent
    there, scores = (folder, {}) if folder and not gold else _run(asked, given, folder)
    if judge:
        scores = _judged(there, settings, jobs)
    report = _report(there)
    failures = gate.failures(scores) if gate else []
    if as_json:
        held = [dataclasses.asdict(one) for one in failures] if gate else None
        printed = {"run": str(there), "report": str(report), "gate": held}
        click.echo(dumps(printed | _without_questions(scores)))
    else:
        click.echo(summary(scores, runs.read_json(there / runs.RUN), there, page))
        if judge:
            from bot.rendering.judging import judge as judge_lines

            click.echo(judge_lines(scores["judge"], page))
        click.echo(t("eval_report", report=report))
        if gate_file:
            click.echo(gate_lines(failures, gate_file, page), err=bool(failures))
    if failures:
        raise SystemExit(1)


def _report(folder: Path) -> Path:
    """Write the report of a run, in the reader's language; returns its path."""
    from bot.rendering.report import write

    return write(folder, own_texts())


def _without_questions(scores: dict[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in scores.items() if name != "by_question"}
    return found | {"judge": _without_questions(found["judge"])} if "judge" in found else found


def _judged(there: Path, settings: Settings, jobs: int) -> dict[str, Any]:
    """The scores of a finished run with the judge's."""
    from retrieval.evaluation.calibrating import judge_run

    t = own_texts()
    try:
        with shown(t, "judge") as progress:
            return judge_run(there, settings, jobs, progress)
    except KeyboardInterrupt:
        click.echo("\n" + t("judge_interrupted", folder=there), err=True)
        raise SystemExit(130) from None


def _compared(sides: tuple[Path, Path], asked: _Asked, as_json: bool) -> None:
    from bot.rendering.as_json import dumps
    from bot.rendering.evaluation import comparison
    from bot.rendering.report import write_comparison
    from retrieval.evaluation.comparing import compare

    a, b = (side if side.is_dir() else _run(asked, side, None)[0] for side in sides)
    for folder in {a, b} - set(sides):
        _report(folder)
    found = compare(a, b)
    t = own_texts()
    click.echo(dumps(found) if as_json else comparison(found, page_of(Settings.load())))
    try:
        told = t("eval_report", report=write_comparison(found, t))
    except OSError as error:  # runs may be kept where nothing can be written: the comparison is told all the same
        told = t("eval_no_report", reason=error)
    click.echo(told, err=as_json)


def _run(asked: _Asked, given: Path | None, folder: Path | None) -> tuple[Path, dict[str, Any]]:
    """Run the questions with the settings; returns the folder of the run and its scores."""
    from bot.rendering.as_json import answer_dict
    from retrieval.evaluation.gold import load_all
    from retrieval.evaluation.running import Run

    settings = Settings.load(given=given)
    if asked.mode:
        settings = dataclasses.replace(settings, mode=asked.mode)
    lines = [row for file in asked.gold for row in load_all(file)]
    rows = [row for row in lines if row.status == "reviewed"]
    if len(rows) < len(lines):
        click.echo(own_texts().count("eval_left_out", len(lines) - len(rows)), err=True)
    with (
        store_for(settings, asked.samples, asked.articles, vectors=True) as there,
        shown(own_texts(), "eval") as progress,
    ):
        where = folder or _folder(settings.home / "evaluations", rows, there)
        files = [str(file) for file in asked.gold]
        return where, Run(where, rows, there, answer_dict, asked.jobs, files, progress).go()


def _folder(home: Path, rows: Sequence[Any], settings: Settings) -> Path:
    """The run that was interrupted, if it is of the same questions, articles, settings and code; else a new one."""
    from datetime import UTC, datetime

    from retrieval.evaluation.evidence import Corpus
    from retrieval.evaluation.running import fingerprints, unfinished
    from retrieval.library import Library

    with Library.open(settings) as library:
        begun = unfinished(home, fingerprints(rows, settings, Corpus(library)))
    if begun is not None:
        return begun
    name = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S")
    taken = sum(1 for _ in home.glob(f"{name}*")) if home.is_dir() else 0
    return home / (f"{name}-{taken + 1}" if taken else name)
