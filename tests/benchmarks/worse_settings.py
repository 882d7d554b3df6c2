"""Is a worse setting called worse? Titles without weight, and one passage, on an encyclopaedia (PIAF dev).

    python tests/benchmarks/worse_settings.py [EVERY]        (every 3rd question by default; about a minute)

The gold set in tests/gold is too small to show what titles are worth on it; the tests hold the rest of this claim.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from pathlib import Path

from measure import data

from bot.rendering.as_json import answer_dict
from retrieval.evaluation.comparing import compare
from retrieval.evaluation.gold import load
from retrieval.evaluation.running import Run
from retrieval.library import sync
from retrieval.settings import Settings


def main() -> None:
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        settings = Settings(home=there / "home", embeddings="none", mode="extractive")
        sync(settings, [str(data("piaf") / "articles.jsonl")])
        lines = (data("piaf") / "gold.jsonl").read_text("utf-8").splitlines()[::every]
        (there / "gold.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
        changes = {"shipped": {}, "again": {}, "title_weight=0": {"title_weight": 0.0}, "passages=1": {"passages": 1}}
        for name, change in changes.items():
            Run(there / name, load(there / "gold.jsonl"), dataclasses.replace(settings, **change), answer_dict).go()
            found = compare(there / "shipped", there / name)
            ndcg = found["metrics"]["article_ndcg_10"]
            print(f"{name}: {found['verdict']}; nDCG@10 {ndcg['a']:.4f} -> {ndcg['b']:.4f}, difference "
                  f"{ndcg['difference']:+.4f} [{ndcg['low']:+.4f}, {ndcg['high']:+.4f}], n={len(lines)}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
