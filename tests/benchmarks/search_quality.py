"""How good and how fast search is on the shipped path: PIAF dev and news, as typed and without accents and capitals.

python tests/benchmarks/search_quality.py        (about two minutes)
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from measure import data, ndcg, plain, rows

from retrieval.library import sync
from retrieval.search import Searcher
from retrieval.settings import Settings


def main() -> None:
    for name, golds, k in (("piaf", ["gold"], 10), ("news", ["gold", "gold_paraphrased"], 50)):
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(home=Path(folder), embeddings="none", mode="extractive")
            sync(settings, [str(data(name) / "articles.jsonl")])
            with Searcher.open(settings) as searcher:
                for gold in golds:
                    asked = [g for g in rows(data(name) / f"{gold}.jsonl") if g["answerable"] and g["evidence"]]
                    for label, change in (("as typed", str), ("plain", plain)):
                        scores, times = [], []
                        for g in asked:
                            question = change(g["question"])
                            start = time.perf_counter()
                            hits = searcher.search(question, k, searcher.period_of(question))
                            times.append((time.perf_counter() - start) * 1000)
                            scores.append(ndcg([h.article.id for h in hits], {e["article"] for e in g["evidence"]}))
                        times.sort()
                        print(f"{name}/{gold:16} {label:8} n={len(asked):5} k={k} nDCG@10 {sum(scores) / len(scores):.4f} "
                              f"p50 {times[len(times) // 2]:.2f} ms p95 {times[int(len(times) * 0.95)]:.2f} ms", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
