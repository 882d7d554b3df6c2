"""Agreement with labels: Cohen's kappa by hand, and what shifting labels does to it."""

from __future__ import annotations

import pytest

from retrieval.evaluation.agreement import KAPPA_LEAST, Pair, agreement


def cases(*counts: tuple[object, object, int]) -> list[list[Pair]]:
    """So many cases of each pair of labels."""
    return [[(label, judged)] for label, judged, n in counts for _ in range(n)]


def test_a_table_worked_out_by_hand() -> None:
    """20 + 15 of 50 are the same (.7); by chance .5 * .6 + .5 * .4 = .5 would be: kappa is .2 / .5."""
    found = agreement(cases((1, 1, 20), (1, 0, 5), (0, 1, 10), (0, 0, 15)))
    assert (found.cases, found.labels) == (50, 50)
    assert found.same == pytest.approx(0.7)
    assert found.kappa == pytest.approx(0.4)
    assert found.kappa_low is not None
    assert found.kappa_high is not None
    assert found.kappa_low < 0.4 < found.kappa_high
    assert not found.suffices


def test_perfect_and_constant_judges() -> None:
    """The same labels give 1; always the same answer gives 0, however often it is right."""
    perfect = agreement(cases((1, 1, 30), (0.5, 0.5, 5), (0, 0, 15)))
    assert (perfect.kappa, perfect.same, perfect.same_high) == (1.0, 1.0, 1.0)
    assert perfect.same_low is not None
    assert perfect.same_low > 0.9
    constant = agreement(cases((1, 1, 45), (0, 1, 5)))
    assert constant.same == pytest.approx(0.9)
    assert constant.kappa == pytest.approx(0)


def test_chance_alone_has_no_kappa() -> None:
    """Where there is but one label, agreeing says nothing, and does not suffice."""
    found = agreement(cases((1, 1, 50)))
    assert found.kappa is None
    assert not found.suffices


def test_missing_judgements_agree_with_nothing() -> None:
    """A judge that replies to half of the cases is right on half of them."""
    found = agreement(cases((1, 1, 10), (1, None, 10), (0, 0, 10), (0, None, 10)))
    assert found.same == pytest.approx(0.5)
    assert found.kappa is not None
    assert found.kappa < KAPPA_LEAST


def test_flipping_labels_lowers_kappa() -> None:
    """Each tenth of the labels that is flipped lowers kappa, through 0 at a half to -1."""
    labels = [n % 2 for n in range(100)]
    found = [agreement([[(label if n >= flipped else 1 - label, label)] for n, label in enumerate(labels)])
             for flipped in range(0, 101, 10)]  # fmt: skip
    kappas = [one.kappa for one in found if one.kappa is not None]
    assert kappas == sorted(kappas, reverse=True)
    assert (len(set(kappas)), kappas[0], kappas[5], kappas[10]) == (11, 1, 0, -1)


def test_statements_of_a_case_stay_together() -> None:
    """Fifty times the same two statements are no surer than their case drawn fifty times."""
    apart = agreement([[(n % 2, n % 2 if n % 5 else 1 - n % 2)] for n in range(100)])
    together = agreement([[pair] * 1 for pair in [(0, 0), (1, 1), (1, 0), (0, 1)]] + [[(0, 0), (1, 1)] * 48])
    assert together.labels == 100
    assert apart.kappa_low is not None
    assert together.kappa_low is not None
    assert together.kappa_low < apart.kappa_low


def test_no_label_is_an_error() -> None:
    """Nothing to agree with is no agreement."""
    with pytest.raises(ValueError, match="no label"):
        agreement([[]])
