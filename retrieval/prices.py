"""What model calls cost, by the price table of the settings."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from retrieval.errors import SettingsError
from retrieval.settings import BUILT_IN_PRICES, Settings
from retrieval.types import Usage

ANY = "*"  # the name under which the table prices every model that it does not name
_DATED = re.compile(r"-\d{4}-?\d{2}-?\d{2}$")  # of a snapshot, such as gpt-6-luna-2026-05-01
_EXAMPLE = "set it like gpt-6-luna=0.10/0.50/0.01,text-embedding-3-small=0.02, and *=0 for models of your own"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens. Cached input is what a provider had in its prompt cache already."""

    input: float
    output: float = 0.0
    cached: float | None = None  # None: as input
    cache_write: float | None = None  # putting input into the prompt cache; None: as input


class Prices:
    """The prices of models by name. A model that has none costs an unknown sum, which `Usage` says so."""

    def __init__(self, table: Mapping[str, Price]) -> None:
        self._table = dict(table)

    @classmethod
    def of(cls, settings: Settings) -> Prices:
        """The built-in table, with what the settings add to it or change. Raises SettingsError."""
        return cls(parse_prices(BUILT_IN_PRICES) | parse_prices(settings.prices))

    def price(self, model: str) -> Price | None:
        """What a model costs, by its name without provider; a dated snapshot costs what its model does."""
        return self._table.get(model) or self._table.get(_DATED.sub("", model)) or self._table.get(ANY)

    def usage(self, model: str, read: int, written: int = 0, cached: int = 0, cache_write: int = 0) -> Usage:
        """The usage of one call. `cached` and `cache_write` are parts of `read`."""
        price = self.price(model)
        if price is None:
            return Usage(read, written, 0.0, cached, read + written)
        of_cached = price.input if price.cached is None else price.cached
        of_write = price.input if price.cache_write is None else price.cache_write
        plain = max(0, read - cached - cache_write)
        cost = plain * price.input + cached * of_cached + cache_write * of_write + written * price.output
        return Usage(read, written, cost / 1_000_000, cached)

    def usage_of(self, model: str, counted: Mapping[str, Any] | None) -> Usage:
        """The usage of one call from what LangChain calls its usage metadata; nothing where none was reported."""
        if not counted:
            return Usage()
        details = {name: amount or 0 for name, amount in (counted.get("input_token_details") or {}).items()}
        cached = sum(amount for name, amount in details.items() if name.endswith("cache_read"))
        cache_write = sum(amount for name, amount in details.items() if name.endswith("cache_creation"))
        return self.usage(model, counted["input_tokens"], counted["output_tokens"], cached, cache_write)


def parse_prices(text: str) -> dict[str, Price]:
    """Prices by model of `model=input/output/cached input/cache writes,…`; all but the first may be left out.

    Raises SettingsError, which names the entry.
    """
    prices = {}
    for entry in filter(None, (e.strip() for e in text.split(","))):
        model, _, amounts = entry.rpartition("=")
        try:
            found = [float(amount) for amount in amounts.split("/")]
        except ValueError:
            found = []
        if not model.strip() or not 1 <= len(found) <= 4 or not all(math.isfinite(p) and p >= 0 for p in found):
            raise SettingsError(f"SOURCIER_PRICES={entry!r} is not model=input/output/cached", remedy=_EXAMPLE)
        prices[model.strip()] = Price(*found)
    return prices
