"""`sourcier gold …`: sets of questions with their right answers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from bot.options import SAMPLES
from bot.stores import ARTICLES, store_for
from retrieval.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def gold() -> None:
    """Sets of questions with their right answers, to measure with.

    \b
    Examples:
      sourcier gold check questions.jsonl
    """


@gold.command()
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
@SAMPLES
@ARTICLES
@click.option("--json", "as_json", is_flag=True, help="Print the problems as one JSON object.")
def check(files: tuple[Path, ...], samples: bool, articles: tuple[Path, ...], as_json: bool) -> None:
    """Check gold sets against the stored articles. Exit status 1 when something is wrong with a row.

    \b
    Ids are unique, evidence exists and its quotes or offsets hold, answers stand in the evidence, and
    what is said to have no answer has none. One line a problem: FILE:LINE: ID: reason.

    \b
    Examples:
      sourcier gold check questions.jsonl
      sourcier gold check questions.jsonl dialogues.jsonl --samples
      sourcier gold check questions.jsonl --articles ~/articles --json
    """
    from bot.rendering.as_json import dumps
    from bot.rendering.terminal import clean
    from retrieval.evaluation.checking import check as problems_of
    from retrieval.evaluation.gold import read
    from retrieval.library import Library

    found, questions = [], 0
    with store_for(Settings.load(), samples, articles) as settings, Library.open(settings) as library:
        for file in files:
            rows, problems = read(file)
            questions += sum(len(row.asked) for row in rows)
            problems = sorted([*problems, *problems_of(rows, library)], key=lambda problem: problem.line)
            found += [{"file": str(file), **dataclasses.asdict(problem)} for problem in problems]
    if as_json:
        click.echo(dumps({"ok": not found, "questions": questions, "problems": found}))
    else:
        for problem in found:
            click.echo(clean("{file}:{line}: {id}: {reason}".format(**{**problem, "id": problem["id"] or "-"})))
        click.echo(f"{questions} questions, {len(found)} problems", err=True)
    if found:
        raise SystemExit(1)
