"""What several commands take: a day, a mode, the sample articles."""

from __future__ import annotations

import calendar
import re
from datetime import date
from typing import IO

import click

from bot.texts import Texts, texts
from retrieval.types import Period

MODE = click.option("--mode", type=click.Choice(["extractive", "model"]), help="Who answers; default: SOURCIER_MODE.")
SAMPLES = click.option("--samples", is_flag=True, help="Use the sample articles that come with sourcier.")


class _Date(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in the newest click
    """YYYY, YYYY-MM or YYYY-MM-DD, kept as text: whether it means its first or its last day depends on the option."""

    name = "date"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            _day(value, last=False)
        except ValueError:
            self.fail(texts()("date_invalid", value=repr(value)), param, ctx)
        return value


SINCE = click.option("--since", type=_Date(), help="Only articles published from this date (YYYY[-MM[-DD]]).")
ASKED_SINCE = click.option("--since", type=_Date(), help="Only questions asked from this day on (YYYY[-MM[-DD]], UTC).")
UNTIL = click.option("--until", type=_Date(), help="Only articles published up to this date, included.")
BATCH = click.option(
    "--batch", type=click.File("rb"), metavar="FILE", help="Take the `question` of each JSON line; - is stdin."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON (with --batch, one line a question, in order).")


def _day(value: str, *, last: bool) -> date:
    """The first or the last day of a year, of a month, or the day."""
    if not re.fullmatch(r"\d{4}(-\d{2}){0,2}", value, re.ASCII):
        raise ValueError(value)
    year, *rest = (int(part) for part in value.split("-"))
    month = rest[0] if rest else 12 if last else 1
    if len(rest) == 2:
        return date(year, month, rest[1])
    first = date(year, month, 1)
    return first.replace(day=calendar.monthrange(year, month)[1]) if last else first


def period_of(since: str | None, until: str | None, t: Texts) -> Period | None:
    """The period that `--since` and `--until` name, both included."""
    if not since and not until:
        return None
    first, last = _day(since, last=False) if since else None, _day(until, last=True) if until else None
    if first and last and first > last:
        raise click.UsageError(t("period_reversed"))
    return Period(first, last)


def one_question(words: tuple[str, ...], batch: IO[bytes] | None, as_json: bool, t: Texts) -> str:
    """The question asked, or "" with a batch. A mixture is a usage error."""
    text = " ".join(words).strip()
    if text and batch:
        raise click.UsageError(t("batch_or_question"))
    if not text and not batch:
        raise click.UsageError(t("question_missing"))
    if batch and not as_json:
        raise click.UsageError(t("batch_needs_json"))
    return text


def address_of(listen: str | None, t: Texts) -> tuple[str, int] | None:
    """`HOST:PORT` as both; None stays None."""
    if listen is None:
        return None
    host, _, port = listen.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise click.UsageError(t("listen_invalid", value=repr(listen)))
    return host.strip("[]") or "127.0.0.1", int(port)


def seconds_of(text: str | None, t: Texts) -> float:
    """`90s`, `15m`, `2h` or `1d` in seconds; None is 0."""
    if text is None:
        return 0.0
    found = re.fullmatch(r"(\d+)([smhd])", text.strip(), re.ASCII)
    if found is None or not int(found[1]):
        raise click.UsageError(t("time_invalid", value=repr(text)))
    return float(int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]])
