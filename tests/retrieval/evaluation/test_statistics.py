"""Intervals and tests: by hand, and as scipy has them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from retrieval.evaluation.statistics import bound, draws, holm, interval, mcnemar, permuted, swaps

PEERS = json.loads((Path(__file__).parent / "peers.json").read_text("utf-8"))
FIRST, SECOND = (np.array(PEERS["paired"][side]) for side in ("first", "second"))


def test_bootstrap_agrees_with_scipy() -> None:
    """The interval of a paired difference is that of scipy, up to the chance of the draws."""
    weights = draws(len(FIRST))
    found = interval((weights @ SECOND - weights @ FIRST) / len(FIRST))
    assert found == pytest.approx(PEERS["paired"]["interval"], abs=0.002)


def test_permutation_agrees_with_scipy() -> None:
    """So is the p of the paired permutation test."""
    difference = SECOND - FIRST
    others = (difference.sum() - 2 * (np.concatenate(list(swaps(len(FIRST)))) @ difference)) / len(FIRST)
    assert permuted(float(difference.mean()), others) == pytest.approx(PEERS["paired"]["p"], abs=0.005)


@pytest.mark.parametrize(("gained", "lost", "p"), PEERS["mcnemar"])
def test_mcnemar_agrees_with_scipy(gained: int, lost: int, p: float) -> None:
    """The exact test is the binomial one, whichever side gained."""
    assert mcnemar(gained, lost) == mcnemar(lost, gained) == pytest.approx(p)


def test_draws_are_the_same_each_time() -> None:
    """Each resample draws as many questions as there are, and the next process draws the same."""
    weights = draws(7, 50)
    assert set(weights.sum(1)) == {7.0}
    assert (weights == draws(7, 50)).all()


def test_interval_without_values() -> None:
    """Where many resamples have no value there is no interval."""
    assert interval(np.array([np.nan] * 10 + [0.5] * 90)) is None
    assert interval(np.array([np.nan] + [0.5] * 99)) == (0.5, 0.5)


def test_bound() -> None:
    """None of 15 may still be one in five; all of 15 mirrors it."""
    low, high = bound(0, 15)
    assert [low, high] == pytest.approx(PEERS["clopper_pearson"]["none"])
    assert bound(1, 15) == pytest.approx((1 - high, 1))


def test_holm() -> None:
    """Three tests, by hand; then one of them with half of the weight."""
    values = {"a": 0.04, "b": 0.01, "c": 0.03}
    assert holm(values) == pytest.approx({"b": 0.03, "c": 0.06, "a": 0.06})
    assert holm(values, {"c": 2}) == pytest.approx({"b": 0.04, "c": 0.045, "a": 0.045})
    assert holm({}) == {}
