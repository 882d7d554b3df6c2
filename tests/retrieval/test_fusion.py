"""Word and vector search together: a bad embedding model cannot make results worse than words alone."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from embedding_server import SIZE, EmbeddingServer, meaningless

from retrieval.library import sync
from retrieval.search import Searcher
from retrieval.settings import Settings

ROOT = Path(__file__).parents[2]
QUESTIONS = 200  # at least: of a hundred, one alone may decide


def lengths(text: str) -> list[float]:
    """Texts of one length are the same to it: short titles come near to short questions, whatever they say."""
    return [math.cos(len(text) * (i + 1) / 50) for i in range(SIZE)]


@pytest.fixture(scope="module")
def gold() -> list[tuple[str, set[str]]]:
    """Questions of the sample articles, with the articles that answer them."""
    lines = map(json.loads, (ROOT / "tests/gold/samples.jsonl").read_text("utf-8").splitlines())
    found = [(g["question"], {e["article"] for e in g["evidence"]}) for g in lines if g["answerable"] and g["evidence"]]
    return found[:: max(1, len(found) // QUESTIONS)]


def ndcg(settings: Settings, gold: list[tuple[str, set[str]]]) -> float:
    """nDCG@10 of articles, as tests/benchmarks/fusion.py measures it on larger sets."""
    total = 0.0
    with Searcher.open(settings) as searcher:
        for question, wanted in gold:
            found = list(dict.fromkeys(hit.article.id for hit in searcher.search(question, 20)))[:10]
            gain = sum(1 / math.log2(rank + 2) for rank, article in enumerate(found) if article in wanted)
            total += gain / sum(1 / math.log2(rank + 2) for rank in range(min(10, len(wanted))))
    return total / len(gold)


@pytest.mark.parametrize("vector", [meaningless, lengths])
def test_a_bad_model_costs_nothing(
    settings: Settings, gold: list[tuple[str, set[str]]], vector: Callable[[str], list[float]]
) -> None:
    """At the default weight, whatever the vectors say, the right articles stand as high as by words alone."""
    with EmbeddingServer(vector) as server:
        bad = replace(settings, embeddings="openai:bad", openai_base_url=server.url)
        sync(bad, [str(ROOT / "bot" / "sample_articles")])
        words, fused, dominated = (ndcg(replace(bad, vector_weight=weight), gold) for weight in (0.0, 0.2, 5.0))
    assert Settings().vector_weight == 0.2
    assert len(gold) >= QUESTIONS
    assert fused >= words - 0.01
    assert dominated < words - 0.05  # the vectors are bad, and were asked
