"""What an ingest will pay for embedding, told before it begins, and asked about where it is much."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from bot.rendering.terminal import Page, dollars
from retrieval.errors import SettingsError
from retrieval.settings import Settings


def agreed(settings: Settings, sources: Sequence[str], rebuild: bool, yes: bool, page: Page) -> bool:
    """Whether to go on. Asks on a terminal where it costs more than the settings allow unasked, or an unknown sum.

    Raises SettingsError where nobody can be asked.
    """
    watched = sys.stderr.isatty()
    if not (settings.embedding_model or "").startswith("openai:") or (yes and not watched):
        return True
    from bot.progress import shown
    from retrieval.estimating import estimate

    with shown(page.t) as on_progress:
        found = estimate(settings, sources, on_progress, rebuild=rebuild)
    if not found.texts:
        return True
    price = page.t("price_unknown") if found.cost_usd is None else dollars(found.cost_usd, page.t)
    told = page.t("ingest_estimate", texts=found.texts, tokens=found.tokens, model=found.model, price=price)
    if watched:
        click.echo(told, err=True)
    if yes or (found.cost_usd is not None and found.cost_usd <= settings.ask_above_usd):
        return True
    if watched and sys.stdin.isatty():
        return click.confirm(page.t("ingest_go_on"), default=True, err=True)
    key = "ingest_needs_yes_unpriced" if found.cost_usd is None else "ingest_needs_yes"
    raise SettingsError(told, remedy=page.t(key))
