"""`sourcier gold …`: sets of questions with their right answers."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import click

from bot.frame import own_texts, page_of
from bot.options import ASKED_SINCE, SAMPLES, period_of
from bot.stores import ARTICLES, store_for
from retrieval.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)
_OUT = click.option("--out", type=_NEW_FILE, metavar="FILE", help="Add them to FILE; default: print them.")


@click.group()
def gold() -> None:
    """Sets of questions with their right answers, to measure with.

    \b
    Examples:
      sourcier gold check questions.jsonl
      sourcier gold candidates --out candidates.jsonl
      sourcier gold review candidates.jsonl --gold questions.jsonl
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
    Drafts are checked too; they and candidates count once they were reviewed.

    \b
    Examples:
      sourcier gold check questions.jsonl
      sourcier gold check questions.jsonl dialogues.jsonl --samples
      sourcier gold check questions.jsonl --articles ~/articles --json
    """
    from bot.rendering.as_json import dumps
    from bot.rendering.terminal import clean
    from retrieval.evaluation.checking import check as problems_of
    from retrieval.evaluation.gold import STATUSES, read
    from retrieval.library import Library

    found: list[dict[str, Any]] = []
    questions = dict.fromkeys(STATUSES, 0)
    with store_for(Settings.load(), samples, articles) as settings, Library.open(settings) as library:
        for file in files:
            rows, problems = read(file)
            for row in rows:
                questions[row.status] += len(row.asked)
            problems = sorted([*problems, *problems_of(rows, library)], key=lambda problem: problem.line)
            found += [{"file": str(file), **dataclasses.asdict(problem)} for problem in problems]
    others = {status: n for status, n in questions.items() if status != "reviewed" and n}
    if as_json:
        counts = {"questions": questions["reviewed"], "unreviewed": others}
        click.echo(dumps({"ok": not found, **counts, "problems": found}))
    else:
        t = own_texts()
        for problem in found:
            click.echo(clean("{file}:{line}: {id}: {reason}".format(**{**problem, "id": problem["id"] or "-"})))
        click.echo(t("gold_checked", questions=questions["reviewed"], problems=len(found)), err=True)
        if others:
            told = ", ".join(t.count(f"gold_{status}", n) for status, n in others.items())
            click.echo(t("gold_uncounted", rows=told), err=True)
    if found:
        raise SystemExit(1)


@gold.command()
@_OUT
@ASKED_SINCE
@click.option(
    "--known", multiple=True, type=_FILE, metavar="FILE",
    help="Leave out the questions of this gold file. May be given again.",
)  # fmt: skip
def candidates(out: Path | None, since: str | None, known: tuple[Path, ...]) -> None:
    """Give the questions whose answer was disliked or missing in Telegram, to be reviewed.

    \b
    A question that was asked twice is one row with a count. Nothing tells who asked. What FILE of --out
    holds already, rejected or not, is not added again.

    \b
    Examples:
      sourcier gold candidates --out candidates.jsonl
      sourcier gold candidates --since 2025-06 --known questions.jsonl --out candidates.jsonl
    """
    from bot.memory import Memory
    from bot.memory.database import database_url
    from bot.memory.errors import MemoryUnavailable
    from retrieval.evaluation import candidates as asked
    from retrieval.evaluation.gold import load_all

    t = own_texts()
    day = period_of(since, None, t)
    settings = Settings.load()
    url = database_url(settings)
    if url.drivername == "sqlite" and url.database and not Path(url.database).exists():
        raise MemoryUnavailable(t("gold_no_memory", file=url.database), remedy="sourcier telegram")
    rows = [row for file in [*known, *([out] if out and out.exists() else [])] for row in load_all(file)]
    with Memory.open(settings) as memory:
        disliked, abstained = (
            asked.since(turns, day.first if day else None) for turns in (memory.disliked(), memory.abstained())
        )
    found = asked.candidates(disliked, abstained, rows)
    _given(found, out)
    click.echo(t.count("gold_candidates", len(found)), err=True)
    if out is not None and found:
        click.echo(t("gold_review_next", file=out), err=True)


@gold.command()
@click.argument("file", type=_FILE, metavar="FILE")
@click.option(
    "--gold", "into", type=_NEW_FILE, metavar="FILE", help="Takes what is accepted; default: gold.jsonl beside."
)
@SAMPLES
@ARTICLES
def review(file: Path, into: Path | None, samples: bool, articles: tuple[Path, ...]) -> None:
    """Decide on the drafts and candidates of FILE, one by one: accept, edit, reject.

    \b
    Each is shown with what was answered and the best passages. Accepting takes a passage and the words of
    the evidence, and checks the row as `gold check` does. Every decision is kept at once: leave with q
    or Ctrl-D and go on another day. Reads its answers from a pipe, too.

    \b
    Examples:
      sourcier gold review candidates.jsonl --gold questions.jsonl
      sourcier gold review drafts.jsonl --samples
    """
    from bot.gold_review import Session, Typed
    from retrieval.evaluation.reviewing import Review
    from retrieval.library import Library
    from retrieval.search import Searcher

    found = Review.open(file, into or file.with_name("gold.jsonl"))
    settings = Settings.load()
    with (
        store_for(settings, samples, articles) as there,
        Library.open(there) as library,
        Searcher.open(there) as searcher,
    ):
        page = page_of(settings)
        Session(found, searcher, library, page, Typed(page.t)).run()


@gold.command()
@SAMPLES
@ARTICLES
@click.option("--n", "wanted", type=click.IntRange(1, 1000), default=20, show_default=True, help="Drafts to make.")
@_OUT
def draft(samples: bool, articles: tuple[Path, ...], wanted: int, out: Path | None) -> None:
    """Let a model propose questions from articles, to be reviewed. Needs a model.

    \b
    A draft is kept only if its quote stands in the article word by word and its answer in the quote, or,
    of a question without an answer, if no article answers it. Those that copy the article are tagged.

    \b
    Examples:
      sourcier gold draft --samples --n 8 --out drafts.jsonl
      sourcier gold draft --articles ~/articles > drafts.jsonl
    """
    from bot.rendering.terminal import price
    from retrieval.evaluation.drafting import Drafting
    from retrieval.evaluation.gold import load_all
    from retrieval.library import Library

    t = own_texts()
    known = {row.id for row in load_all(out)} if out is not None and out.exists() else set()
    kinds: Counter[str] = Counter()
    with store_for(Settings.load(), samples, articles) as settings, Library.open(settings) as library:
        drafting = Drafting(settings, library, wanted, known)
        try:
            for row in drafting.drafts():
                _given([row], out)  # each at once: it is paid for
                kinds["unanswerable"] += not row["answerable"]
                kinds["copied"] += "copied" in row["tags"]
        finally:
            if drafting.calls:
                used = drafting.usage
                click.echo(t("gold_drafted", n=drafting.kept, calls=drafting.calls, **{
                    name: kinds[name] for name in ("unanswerable", "copied")}), err=True)  # fmt: skip
                for reason, n in drafting.dropped.most_common():
                    known_reason = f"gold_dropped_{reason}"
                    why = t(known_reason) if known_reason in t.entries else t("gold_dropped_other", reason=reason)
                    click.echo(f"  {n} × {why}", err=True)
                took = {"input": used.input_tokens, "output": used.output_tokens, "price": price(used, t)}
                click.echo(t("cost", **took), err=True)
    if out is not None and drafting.kept:
        click.echo(t("gold_review_next", file=out), err=True)


def _given(rows: list[dict[str, Any]], out: Path | None) -> None:
    """Add the rows to a file, or print them."""
    if out is None:
        from bot.rendering.as_json import dumps

        for row in rows:
            click.echo(dumps(row))
        return
    from retrieval.evaluation.reviewing import add

    add(out, rows)
