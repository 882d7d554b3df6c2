"""`sourcier …`: parse, call, print. Everything heavy is imported inside the command that needs it."""

from __future__ import annotations

from typing import IO, Any

import click

from bot.costs import costs
from bot.evaluating import evaluate
from bot.frame import Group, own_texts, page_of, settings_for
from bot.gold import gold
from bot.ingesting import ingest
from bot.options import BATCH, JSON, MODE, SAMPLES, SINCE, UNTIL, one_question, period_of
from retrieval.settings import Settings
from retrieval.types import Question


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="sourcier")
def cli() -> None:
    """Answers questions about a collection of articles, and proves each sentence with a verbatim quote.

    \b
    Examples:
      sourcier ask --samples "Quelle est la plus haute montagne ?"
      sourcier ingest ~/articles
      sourcier chat
    """


cli.add_command(gold)
cli.add_command(evaluate)
cli.add_command(costs)
cli.add_command(ingest)


def main() -> None:
    """The entry point of the `sourcier` command."""
    cli(prog_name="sourcier")


@cli.command()
@click.argument("question", nargs=-1)
@BATCH
@JSON
@MODE
@SINCE
@UNTIL
@SAMPLES
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=4, show_default=True, help="Answers under way with --batch."
)
def ask(
    question: tuple[str, ...],
    batch: IO[bytes] | None,
    as_json: bool,
    mode: str | None,
    since: str | None,
    until: str | None,
    samples: bool,
    jobs: int,
) -> None:
    """Answer one QUESTION, with its sources; or those of a file.

    \b
    Examples:
      sourcier ask "Que s'est-il passé à Lyon en juin ?"
      sourcier ask "Who won the final?" --since 2025-06 --until 2025-07
      sourcier ask "Qui a gagné ?" --samples --json
      sourcier ask --batch questions.jsonl --json --jobs 8 > answers.jsonl
    """
    from bot.batch import run
    from bot.rendering.as_json import answer_dict, dumps
    from bot.rendering.terminal import answer as rendered

    t = own_texts()
    period, text = period_of(since, until, t), one_question(question, batch, as_json, t)
    settings = settings_for(samples)
    from retrieval.chain import Answerer

    with Answerer.open(settings) as answerer:
        if batch:

            def answer_line(id: object, text: str) -> dict[str, Any]:  # noqa: A002 (the contract's word)
                answer = answerer.invoke(Question(text, id=str(id), period=period, mode=mode))
                return answer_dict(answer) | {"id": id}

            if run(batch, answer_line, t, jobs):
                raise SystemExit(1)
            return
        answer = answerer.invoke(Question(text, period=period, mode=mode))
    click.echo(dumps(answer_dict(answer)) if as_json else rendered(answer, page_of(settings)))


@cli.command()
@click.argument("question", nargs=-1)
@click.option("-k", type=click.IntRange(1, 1000), default=10, show_default=True, help="Most hits to give.")
@BATCH
@JSON
@SINCE
@UNTIL
@SAMPLES
def search(
    question: tuple[str, ...],
    k: int,
    batch: IO[bytes] | None,
    as_json: bool,
    since: str | None,
    until: str | None,
    samples: bool,
) -> None:
    """Show the passages found for a QUESTION, best first, without answering it.

    \b
    Examples:
      sourcier search "inondations à Valence" -k 5
      sourcier search "budget 2025" --since 2025 --json
      sourcier search --batch questions.jsonl --json > hits.jsonl
    """
    from bot.batch import run
    from bot.rendering.as_json import dumps, hits_dict
    from bot.rendering.terminal import hits as rendered

    t = own_texts()
    period, text = period_of(since, until, t), one_question(question, batch, as_json, t)
    settings = settings_for(samples)
    from retrieval.search import Searcher

    with Searcher.open(settings) as searcher:
        if batch:

            def search_line(id: object, text: str) -> dict[str, Any]:  # noqa: A002 (the contract's word)
                return hits_dict(id, searcher.search(text, k=k, period=period or searcher.period_of(text)))

            if run(batch, search_line, t, jobs=1):
                raise SystemExit(1)
            return
        hits = searcher.search(text, k=k, period=period or searcher.period_of(text))
    click.echo(dumps(hits_dict(None, hits)) if as_json else rendered(hits, page_of(settings)))


@cli.command()
@SAMPLES
@click.option("-v", "--verbose", is_flag=True, help="Show the passages found, their scores and the seconds.")
@MODE
def chat(samples: bool, verbose: bool, mode: str | None) -> None:
    """Talk with the articles. /help lists the commands; Ctrl-C stops an answer, Ctrl-D leaves.

    \b
    Examples:
      sourcier chat
      sourcier chat --samples -v
      echo "Qui a gagné ?" | sourcier chat --samples
    """
    from bot.chat import converse

    settings = settings_for(samples)
    converse(settings, page_of(settings), mode=mode, verbose=verbose)


@cli.command()
@click.argument("article")
@click.option("--raw", is_flag=True, help="Put back, marked, the boilerplate that was removed.")
@JSON
@SAMPLES
def show(article: str, raw: bool, as_json: bool, samples: bool) -> None:
    """Show an ARTICLE as stored, with what is known about it. Exit status 1 when there is none of that id.

    \b
    Examples:
      sourcier show 2025/06/article.txt
      sourcier show 2025/06/article.txt --raw
      sourcier show 2025/06/article.txt --json
    """
    from bot.rendering.as_json import article_dict, dumps
    from bot.rendering.terminal import article as rendered
    from bot.rendering.terminal import clean
    from bot.suggestions import near
    from retrieval.library import Library

    settings = settings_for(samples)
    page = page_of(settings)
    with Library.open(settings) as library:
        found = library.article(article)
        like = [] if found else near(article, library.ids(article), library.ids)
    if found is None:
        click.echo(page.t("error", message=page.t("article_unknown", article=clean(article))), err=True)
        if like:
            click.echo("\n".join([page.t("article_suggest"), *(f"  {clean(id)}" for id in like)]), err=True)  # noqa: A001
        raise SystemExit(1)
    click.echo(dumps(article_dict(found)) if as_json else rendered(found, page, raw))


@cli.command()
@JSON
@SAMPLES
def status(as_json: bool, samples: bool) -> None:
    """Say what is stored: articles, passages, dates, size.

    \b
    Examples:
      sourcier status
      sourcier status --json
    """
    from bot.doctor import status_dict, status_lines
    from bot.rendering.as_json import dumps

    settings = settings_for(samples)
    state = status_dict(settings)
    click.echo(dumps(state) if as_json else status_lines(state, page_of(settings)))


@cli.command()
@click.option("--live", is_flag=True, help="Call the models too, once each: costs a few hundred tokens.")
@JSON
def doctor(live: bool, as_json: bool) -> None:
    """Check the installation, the settings and the store, and say how to mend what is wrong.

    Contacts nothing but the Chroma server of CHROMA_URL, if one is set. With --live it also makes one real call to the
    chat model and one to the embedding model, and tells how fast they are, what they cost, and whether they keep to
    the form. Exit status 1 when a check fails.

    \b
    Examples:
      sourcier doctor
      sourcier doctor --live
      sourcier doctor --json
    """
    import sys

    from bot.doctor import examine, rendered
    from bot.rendering.as_json import dumps

    checks = examine(t := own_texts())
    measured = None
    if live and not any(check.name == "settings" and check.state == "fail" for check in checks):
        from bot.live import examine_live

        called, measured = examine_live(Settings.load(), t)
        checks += called
    failed = any(check.state == "fail" for check in checks)
    if as_json:
        found = {"ok": not failed, "checks": [check.as_dict() for check in checks]}
        click.echo(dumps(found if measured is None else found | {"live": measured}))
    else:
        click.echo(rendered(checks, t, sys.stdout.isatty()))
    if failed:
        raise SystemExit(1)


@cli.command()
@click.option("--webhook", metavar="URL", help="Let Telegram call this public URL instead of polling.")
@click.option("--listen", metavar="HOST:PORT", help="Where to serve the webhook, /healthz, /readyz and /metrics.")
@click.option("--sync-every", metavar="TIME", help="Bring the articles up to date so often, e.g. 15m, 2h or 1d.")
def telegram(webhook: str | None, listen: str | None, sync_every: str | None) -> None:
    """Run the Telegram bot of TELEGRAM_BOT_TOKEN until Ctrl-C or SIGTERM.

    The first start prints a code: whoever sends it to the bot becomes its owner. Nobody else is answered until an
    owner approves them.

    \b
    Examples:
      TELEGRAM_BOT_TOKEN=123:abc sourcier telegram
      sourcier telegram --sync-every 1h --listen 127.0.0.1:8080
      sourcier telegram --webhook https://bot.example.org/hook --listen 0.0.0.0:8443
    """
    import asyncio

    from bot.options import address_of, seconds_of
    from bot.telegram.application import Serving, TelegramBot

    t = own_texts()
    serving = Serving(webhook, address_of(listen, t), seconds_of(sync_every, t))

    async def run() -> None:
        await TelegramBot(Settings.load(), serving, lambda line: click.echo(line, err=True)).run()

    asyncio.run(run())


@cli.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script that completes `sourcier` commands with Tab in SHELL.

    \b
    Examples:
      sourcier completion bash >> ~/.bashrc
      sourcier completion zsh >> ~/.zshrc
      sourcier completion fish > ~/.config/fish/completions/sourcier.fish
    """
    from click.shell_completion import get_completion_class

    maker = get_completion_class(shell)
    assert maker is not None  # noqa: S101 (the choice holds what click knows)
    click.echo(maker(cli, {}, "sourcier", "_SOURCIER_COMPLETE").source())


if __name__ == "__main__":
    main()
