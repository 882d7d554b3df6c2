"""How long should a passage be? nDCG@10 over articles by target size, PIAF dev and news, words alone.

python tests/benchmarks/passage_size.py [TARGET…]        (about 15 s a target)
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure import data, ndcg, plain, rows

from retrieval.passages import cut
from retrieval.types import Article
from retrieval.words import WordIndex


def main() -> None:
    for target in map(int, sys.argv[1:] or (400, 700, 1000, 1400)):
        for name, golds in (("piaf", ["gold"]), ("news", ["gold", "gold_paraphrased"])):
            with tempfile.TemporaryDirectory() as folder:
                index, passages = WordIndex(Path(folder)), 0
                for a in rows(data(name) / "articles.jsonl"):
                    article = Article(a["id"], a["text"], a["title"], a.get("date"))
                    pieces = cut(article, target)
                    index.add(article, "1", pieces)
                    passages += len(pieces)
                index.commit()
                for gold in golds:
                    asked = [g for g in rows(data(name) / f"{gold}.jsonl") if g["answerable"] and g["evidence"]]
                    scores = []
                    for change in (str, plain):
                        found = [
                            ndcg(
                                [h.article for h in index.search(change(g["question"]), 50)],
                                {e["article"] for e in g["evidence"]},
                            )
                            for g in asked
                        ]
                        scores.append(sum(found) / len(found))
                    label = f"{target:5} {name}/{gold:18} n={len(asked):5} passages={passages:6}"
                    print(f"{label} nDCG@10 {scores[0]:.4f} plain {scores[1]:.4f}", flush=True)


if __name__ == "__main__":
    main()
