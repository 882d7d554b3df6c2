"""`sourcier gold …`: sets of questions with their right answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from bot.frame import settings_for
from bot.options import SAMPLES
from retrieval.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SOURCE = click.Path(exists=True, path_type=Path)


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
@click.option(
    "--articles", multiple=True, type=_SOURCE, metavar="PATH",
    help="Look in these articles, not in the store; with --samples, in them too. May be given again.",
)  # fmt: skip
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
    with _store(samples, articles) as settings, Library.open(settings) as library:
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


@contextmanager
def _store(samples: bool, articles: tuple[Path, ...]) -> Iterator[Settings]:
    """The store to check against; where articles are named, one of its own that is gone afterwards."""
    if not articles:
        yield settings_for(samples)
        return
    import tempfile
    from importlib.resources import as_file, files

    from retrieval.library import sync

    with tempfile.TemporaryDirectory() as home, as_file(files("bot") / "sample_articles") as folder:
        there = dataclasses.replace(Settings.load(), home=Path(home), embeddings="none", chroma_url="")
        done = sync(there, [str(path) for path in ([folder] if samples else []) + list(articles)])
        for failure in done.failed:
            click.echo(f"{failure.path}{f':{failure.line}' if failure.line else ''}: {failure.reason}", err=True)
        yield there
