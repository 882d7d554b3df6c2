"""`sourcier ingest`: brings the store up to date, and asks before it pays much for embedding."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from bot.frame import page_of
from retrieval.errors import SettingsError
from retrieval.settings import Settings

if TYPE_CHECKING:
    from bot.rendering.terminal import Page


@click.command()
@click.argument("sources", nargs=-1)
@click.option("--rebuild", is_flag=True, help="Make the store anew, e.g. with another embedding model.")
@click.option("--yes", is_flag=True, help="Embed without asking, whatever it costs.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def ingest(sources: tuple[str, ...], rebuild: bool, yes: bool, as_json: bool) -> None:
    """Bring the store up to date with SOURCES: files, folders, .jsonl files or URLs; without any, those known already.

    What did not change is left alone, and what is gone from a folder is removed. Exit status 1 when some article
    could not be read.

    Where embedding would cost more than SOURCIER_ASK_ABOVE_USD, it asks first; without a terminal it then needs --yes.
    Whatever interrupts it, the same command goes on, and embeds nothing twice.

    \b
    Examples:
      sourcier ingest ~/articles
      sourcier ingest news.jsonl https://example.org/article.html
      sourcier ingest ~/articles --json
      sourcier ingest --rebuild --yes
    """
    from bot.progress import shown
    from bot.rendering.as_json import dumps, report_dict
    from bot.rendering.terminal import clean, report
    from retrieval.library import Library, sync

    settings = Settings.load()
    page = page_of(settings)
    if not sources:
        Library.open(settings).close()  # says so when nothing is known yet
    if not agreed(settings, sources, rebuild, yes, page):
        raise SystemExit(1)
    with shown(page.t) as on_progress:
        done = sync(settings, sources, on_progress, rebuild=rebuild)
    for failure in done.failed:
        click.echo(clean(f"{failure.path}{f':{failure.line}' if failure.line else ''}: {failure.reason}"), err=True)
    click.echo(dumps(report_dict(done)) if as_json else report(done, page))
    if done.failed:
        raise SystemExit(1)


def agreed(settings: Settings, sources: Sequence[str], rebuild: bool, yes: bool, page: Page) -> bool:
    """Whether to go on. Asks on a terminal where it costs more than the settings allow unasked, or an unknown sum.

    Raises SettingsError where nobody can be asked.
    """
    watched = sys.stderr.isatty()
    if yes and not watched:
        return True
    from bot.progress import shown
    from bot.rendering.terminal import dollars
    from retrieval.estimating import estimate

    with shown(page.t) as on_progress:
        found = estimate(settings, sources, on_progress, rebuild=rebuild)
    beside = page.t.count("ingest_uncounted", found.uncounted) if found.uncounted else ""
    if not found.texts:
        if watched and beside:
            click.echo(beside, err=True)
        return True
    price = page.t("price_unknown") if found.cost_usd is None else dollars(found.cost_usd, page.t)
    told = page.t("ingest_estimate", texts=found.texts, tokens=found.tokens, model=found.model, price=price)
    told = "\n".join(filter(None, (told, beside)))
    if watched:
        click.echo(told, err=True)
    if yes or (found.cost_usd is not None and found.cost_usd <= settings.ask_above_usd):
        return True
    if watched and sys.stdin.isatty():
        said = click.prompt(page.t("ingest_go_on"), default="", show_default=False, prompt_suffix=" ", err=True)
        return not said.strip() or said.strip()[0].casefold() in page.t("yes_letters")  # anything else is a no
    key = "ingest_needs_yes_unpriced" if found.cost_usd is None else "ingest_needs_yes"
    raise SettingsError(told, remedy=page.t(key))
