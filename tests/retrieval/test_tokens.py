"""Counting tokens without a tokenizer: near the true number, and a bound that holds."""

from __future__ import annotations

import pytest

from retrieval.tokens import estimated_tokens, most_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),  # as cl100k_base cuts them
    [
        (
            "Le port sec de Khorgos a traité 372 000 conteneurs en 2023, a annoncé lundi Mme Aliya Serik.",
            34,
        ),
        ("The dry port of Khorgos handled 372,000 containers in 2023, its director said on Monday.", 24),
        ("Сухой порт Хоргос обработал 372 000 контейнеров в 2023 году.", 31),
        ("霍尔果斯无水港去年处理了三十七万个集装箱。", 24),
    ],
)
def test_the_estimate_is_near(text: str, tokens: int) -> None:
    """Within a third for one sentence of each language; over whole articles it is nearer."""
    assert estimated_tokens(text) == pytest.approx(tokens, rel=0.34)
    assert most_tokens(text) >= tokens


def test_nothing_is_a_token_more() -> None:
    """An empty text costs next to nothing, and half a surrogate pair is counted too."""
    assert (estimated_tokens(""), most_tokens("")) == (1, 0)
    assert most_tokens("a\ud800") >= 2
