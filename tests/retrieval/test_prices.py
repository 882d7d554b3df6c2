"""The price table: what a call costs, and what is said where that is unknown."""

from __future__ import annotations

import pytest

from retrieval.errors import SettingsError
from retrieval.prices import Price, Prices, parse_prices
from retrieval.settings import Settings
from retrieval.types import Usage


@pytest.mark.parametrize(
    "text", ["gpt", "gpt=", "gpt=1/x", "=1/2", "gpt=1/-2", "gpt=nan/1", "gpt=1/2/3/4/5", "gpt=1//2"]
)
def test_bad_prices_are_named(text: str) -> None:
    """A price that cannot be read names its variable, the entry, and how to write it."""
    with pytest.raises(SettingsError, match="SOURCIER_PRICES") as raised:
        parse_prices(text)
    assert text in str(raised.value)
    assert "gpt-6-luna=0.10" in (raised.value.remedy or "")


def test_prices_are_read() -> None:
    """One to four prices a model; names may hold slashes and colons."""
    assert parse_prices("a=0.1/0.5, org/b:x=2/0,c=1,d=4/3/2/1") == {
        "a": Price(0.1, 0.5),
        "org/b:x": Price(2.0, 0.0),
        "c": Price(1.0),
        "d": Price(4.0, 3.0, 2.0, 1.0),
    }


def test_a_setting_joins_the_built_in_prices() -> None:
    """A table that names one model leaves the others priced, and wins where it names them too."""
    prices = Prices.of(Settings(prices="mine=7,gpt-6-luna=1/1"))
    assert prices.price("mine") == Price(7.0)
    assert prices.price("gpt-6-luna") == Price(1.0, 1.0)
    assert prices.price("text-embedding-3-small") == Price(0.02)


@pytest.mark.parametrize("name", ["gpt-6-luna", "gpt-6-luna-2026-05-01", "gpt-6-luna-20260501"])
def test_a_snapshot_costs_what_its_model_does(name: str) -> None:
    """The date of a snapshot is no other model."""
    assert Prices.of(Settings()).price(name) == Price(0.10, 0.50, 0.01, 0.125)


def test_an_unknown_model_costs_an_unknown_sum() -> None:
    """Its tokens are counted as unpriced; a star prices every model that has no price of its own."""
    assert Prices.of(Settings()).usage("llama", 100, 20) == Usage(100, 20, 0.0, 0, 120)
    assert Prices.of(Settings(prices="*=0")).usage("llama", 100, 20) == Usage(100, 20)


def test_cached_input_has_its_price() -> None:
    """As LangChain reports it: cached and newly cached tokens are parts of the input, at prices of their own."""
    prices = Prices({"m": Price(10.0, 50.0, 1.0, 12.5)})
    details = {"cache_read": 600, "cache_creation": 100, "audio": None}
    counted = {"input_tokens": 1000, "output_tokens": 200, "input_token_details": details}
    expected = (300 * 10 + 600 * 1 + 100 * 12.5 + 200 * 50) / 1e6
    assert prices.usage_of("m", counted) == Usage(1000, 200, pytest.approx(expected), 600)
    assert prices.usage_of("m", None) == Usage()


def test_usages_add_up() -> None:
    """Sums hold every count."""
    assert Usage(1, 2, 0.5, 1, 0) + Usage(10, 20, 0.25, 0, 30) == Usage(11, 22, 0.75, 1, 30)
