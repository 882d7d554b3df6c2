"""What ingesting costs beside the floor, raw `collection.add` of the same passages; and again with nothing changed.

    python tests/benchmarks/ingest.py [ROUNDS]        (news, 7,206 articles; about a minute a round)

Each measurement is a fresh process; the two take turns, so that a change of the machine's speed meets both.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import data

PRODUCT = """
import json, resource, sys, time
from pathlib import Path
from retrieval.library import sync
from retrieval.settings import Settings
settings = Settings(home=Path(sys.argv[1]), embeddings="none", mode="extractive")
start = time.perf_counter(); report = sync(settings, [sys.argv[2]]); first = time.perf_counter() - start
start = time.perf_counter(); again = sync(settings, [sys.argv[2]]); second = time.perf_counter() - start
assert again.unchanged == report.added and not again.added + again.changed + again.removed
print(json.dumps({"seconds": first, "again": second, "passages": report.passages, "articles": report.added,
                  "rss_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                             + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024}))
"""
FLOOR = """
import json, sys, time
from pathlib import Path
import chromadb
from retrieval.manifest import Manifest
articles = Manifest(Path(sys.argv[1], "library.sqlite")).articles()
records = [(f"{a.id}#{s}-{e}", a.text[s:e]) for a, spans in articles for s, e in spans]
collection = chromadb.PersistentClient(sys.argv[2]).create_collection("floor", embedding_function=None)
start = time.perf_counter()
for at in range(0, len(records), 2000):
    batch = records[at:at + 2000]
    collection.add(ids=[i for i, _ in batch], documents=[t for _, t in batch], embeddings=[[1.0]] * len(batch))
print(json.dumps({"seconds": time.perf_counter() - start, "passages": len(records)}))
"""


def run(program: str, *arguments: str) -> dict[str, float]:
    """Run a program in a fresh interpreter; the object it prints."""
    done = subprocess.run([sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main() -> None:
    articles = str(data("news") / "articles.jsonl")
    ratios = []
    for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
        with tempfile.TemporaryDirectory() as folder:
            product = run(PRODUCT, str(Path(folder, "home")), articles)
            floor = run(FLOOR, str(Path(folder, "home")), str(Path(folder, "floor")))
        ratios.append(product["seconds"] / floor["seconds"])
        print(f"sourcier {product['seconds']:.1f} s for {product['articles']} articles, {product['passages']} passages; "
              f"peak {product['rss_mb']:.0f} MB; again {product['again']:.2f} s | collection.add {floor['seconds']:.1f} s "
              f"| ratio {ratios[-1]:.2f}", flush=True)  # fmt: skip
    print(f"median ratio {statistics.median(ratios):.2f} (at most 1.25 is wanted)")


if __name__ == "__main__":
    main()
