"""Chinese and Russian figures are read as French ones, and names across scripts."""

from __future__ import annotations

import pytest

from retrieval.figures import numbers
from retrieval.scripts import readable, skeletons


@pytest.mark.parametrize(
    ("text", "values", "unit"),
    [
        ("шесть лет", {"6"}, "year"),
        ("двадцать пять километров", {"25"}, "km"),
        ("пятьдесят две тысячи человек", {"52000"}, None),
        ("до сорока дней", {"40"}, "day"),
        ("1435 миллиметров", {"1435"}, "mm"),
        ("21 год", {"21"}, "year"),
        ("43,8 млрд долларов", {"43800000000"}, "dollar"),
        ("现有十个成员国", {"10"}, None),
        ("预计持续六年", {"6"}, "year"),
        ("约两千五百万吨", {"25000000"}, None),
        ("最多30天", {"30"}, "day"),
        ("全长1833公里", {"1833"}, "km"),
        ("百分之四十九", {"49%"}, None),
        ("438亿美元", {"43800000000"}, "dollar"),
    ],
)
def test_a_number_with_its_unit(text: str, values: set[str], unit: str | None) -> None:
    """Words, digits, scales and measures."""
    (number,) = numbers(readable(text).lower())
    assert values <= number.values
    assert number.unit == unit


@pytest.mark.parametrize(
    "text", ["две страны", "двум компаниям", "两个国家", "一个工坊", "第三个工坊", "三峡", "几十个", "история"]
)
def test_what_counts_nothing(text: str) -> None:
    """One and two alone, ordinals, names, vague numbers."""
    assert numbers(readable(text)) == []


def test_years_stay_years() -> None:
    """A year is no number of years."""
    assert readable("в 2024 году") == "в 2024 году"
    assert "ans" not in readable("二〇二四年")
    assert "2024" in readable("二〇二四年")


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [("Токаев", "Tokaïev"), ("Касым", "Kassym"), ("Ляньюньган", "Lianyungang"), ("Джизаке", "Djizak")],
)
def test_one_name_in_two_scripts(cyrillic: str, latin: str) -> None:
    """By its consonants, with an ending that may be the name's own."""
    assert skeletons(cyrillic) & skeletons(latin)
