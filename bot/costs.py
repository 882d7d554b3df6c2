"""`sourcier costs`: what models cost, by day, by purpose and by model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import click

from bot.frame import page_of
from bot.options import JSON
from retrieval.settings import Settings
from retrieval.types import Usage

if TYPE_CHECKING:
    from bot.rendering.terminal import Page
    from retrieval.spending import Spent


@click.command()
@click.option("--days", type=click.IntRange(1, 36500), default=30, show_default=True, help="Days to look back on.")
@JSON
def costs(days: int, as_json: bool) -> None:
    """Say what models cost: answers in the terminal, in Telegram and in evaluations, and embedding.

    Prices are those of SOURCIER_PRICES when a call was made; days are UTC.

    \b
    Examples:
      sourcier costs
      sourcier costs --days 7 --json
    """
    from bot.rendering.as_json import dumps
    from retrieval.spending import Ledger, today

    settings = Settings.load()
    first = today() - timedelta(days=days - 1)
    spent = Ledger.of(settings).since(first)
    click.echo(dumps(as_dict(spent, first)) if as_json else rendered(spent, settings, page_of(settings)))


def as_dict(spent: Iterable[Spent], first: date) -> dict[str, Any]:
    """The sums, and each line of the ledger."""
    lines = [
        {"day": s.day.isoformat(), "purpose": s.purpose, "model": s.model, "calls": s.calls, **asdict(s.usage)}
        for s in spent
    ]
    return {"since": first.isoformat(), "total": asdict(_sum(spent)), "lines": lines}


def rendered(spent: list[Spent], settings: Settings, page: Page) -> str:
    """The same as tables: by day, newest first, then by purpose and model, and in all."""
    from bot.rendering.terminal import dollars, price

    t = page.t
    if not spent:
        return t("costs_none")
    by_day = _grouped(spent, lambda s: t.date(s.day.isoformat()) or "")
    by_model = _grouped(spent, lambda s: f"{t(f'costs_{s.purpose}')} · {s.model}")
    total = {t("costs_total"): (sum(s.calls for s in spent), _sum(spent))}
    blocks = [dict(reversed(by_day.items())), by_model, total]
    width = max(len(name) for block in blocks for name in block)
    texts = []
    for block in blocks:
        lines = (
            t("costs_line", what=f"{name:<{width}}", calls=t.count("costs_calls", calls), input=usage.input_tokens,
              output=usage.output_tokens, price=price(usage, t))
            for name, (calls, usage) in block.items()
        )  # fmt: skip
        texts.append("\n".join(lines))
    if unpriced := _sum(spent).unpriced_tokens:
        texts.append(page.style(page.wrap(t("costs_unpriced", tokens=unpriced)), fg="yellow"))
    if settings.daily_budget_usd:
        texts.append(t("costs_budget", budget=dollars(settings.daily_budget_usd, t)))
    return "\n\n".join(texts)


def _grouped(spent: Iterable[Spent], name: Callable[[Spent], str]) -> dict[str, tuple[int, Usage]]:
    found: dict[str, tuple[int, Usage]] = {}
    for s in spent:
        calls, usage = found.get(name(s), (0, Usage()))
        found[name(s)] = (calls + s.calls, usage + s.usage)
    return found


def _sum(spent: Iterable[Spent]) -> Usage:
    return sum((s.usage for s in spent), Usage())
