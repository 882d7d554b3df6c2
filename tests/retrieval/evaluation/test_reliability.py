"""Confidence against what came true, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from retrieval.evaluation.aggregating import aggregate
from retrieval.evaluation.metrics import Scored
from retrieval.evaluation.reliability import reliability, wilson


def test_brier_and_error_by_hand() -> None:
    """Four answers make two bins of two; the scores are what paper says."""
    found = reliability([0.9, 0.2, 0.8, 0.1], [True, False, False, False])
    assert found is not None
    assert found["brier"]["value"] == pytest.approx((0.01 + 0.04 + 0.64 + 0.01) / 4)
    assert [(b["low"], b["high"], b["answers"], b["right"]) for b in found["bins"]] == [
        (0.1, 0.2, 2, 0.0), (0.8, 0.9, 2, 0.5),
    ]  # fmt: skip
    assert found["ece"]["value"] == pytest.approx((0.15 + 0.35) / 2)
    assert (found["answers"], found["right"], found["confidence"]) == (4, 0.25, 0.5)


def test_bins_of_equal_mass() -> None:
    """Ten bins hold as many answers each, wherever confidences crowd; their borders do not overlap."""
    sure = np.random.default_rng(7).random(1000) ** 5
    found = reliability([float(one) for one in sure], [True] * 1000)
    assert found is not None
    assert [one["answers"] for one in found["bins"]] == [100] * 10
    assert all(low["high"] < high["low"] for low, high in zip(found["bins"], found["bins"][1:], strict=False))


def test_equally_sure_answers_stay_together() -> None:
    """Confidences of a few steps make a bin a step, none of them empty."""
    found = reliability([0.5] * 40 + [0.9] * 60, [True] * 20 + [False] * 20 + [True] * 60)
    assert found is not None
    assert [(b["low"], b["high"], b["answers"]) for b in found["bins"]] == [(0.5, 0.5, 40), (0.9, 0.9, 60)]
    assert found["ece"]["value"] == pytest.approx(0.6 * 0.1)


def test_confidence_that_keeps_its_word() -> None:
    """Its error is as large as chance makes it; one that promises too much shows more than chance would."""
    chance = np.random.default_rng(11)
    sure = chance.random(2000)
    true = reliability([float(one) for one in sure], [bool(one) for one in chance.random(2000) < sure])
    boast = reliability([float(one) for one in sure**0.5], [bool(one) for one in chance.random(2000) < sure])
    assert true is not None
    assert boast is not None
    assert 0 < true["ece"]["value"] < 2 * true["ece"]["by_chance"]["mean"]
    assert boast["ece"]["value"] > 3 * boast["ece"]["by_chance"]["high"]
    assert true["brier"]["low"] < true["brier"]["value"] < true["brier"]["high"]


def test_wilson_by_hand() -> None:
    """Eight of ten: the interval of Wilson's paper, to four places; none of five begins at nothing."""
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 5) == pytest.approx((0.0, 0.4345), abs=1e-4)


def test_only_answers_with_a_confidence_of_their_own() -> None:
    """Scores have a reliability where answers say how sure they are; abstentions are no answers."""
    asked = [
        Scored("a", "fr", (), "right", 0.9),
        Scored("b", "fr", (), "should_have_abstained", 0.4),
        Scored("c", "fr", (), "rightly_abstained", None),
    ]
    found = aggregate(asked, "answer")["reliability"]
    assert (found["answers"], found["brier"]["value"]) == (2, pytest.approx((0.01 + 0.16) / 2))
    assert aggregate(asked, "hits")["reliability"] is None
    assert aggregate(asked[2:], "answer")["reliability"] is None
