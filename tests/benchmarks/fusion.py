"""What vectors add to word search, by fusion weight: for an embedding model, and for a deliberately bad one.

    python tests/benchmarks/fusion.py [SET …]     (piaf, news; the model is SOURCIER_EMBEDDINGS with its OPENAI_… settings)

The bad one, always measured, gives each text a meaningless vector: a weight is safe when even that costs nothing.
nDCG@10 of articles, questions as typed.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from measure import data, ndcg, rows

from retrieval.library import sync
from retrieval.search import Searcher
from retrieval.settings import Settings

WEIGHTS = (0.0, 0.1, 0.2, 0.4, 0.7, 1.0)
QUESTIONS = 1000  # at most, a set
SIZE = 64  # of the bad vectors


class _Bad(BaseHTTPRequestHandler):
    """An embeddings endpoint whose vectors are drawn from the digest of the text."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one piece: in two, the second waits 40 ms for the first to be acknowledged

    def do_POST(self) -> None:
        """Answer one embeddings request."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        texts = [asked["input"]] if isinstance(asked["input"], str) else asked["input"]
        vectors = []
        for text in texts:
            draw = random.Random(hashlib.sha256(text.encode()).digest())
            vectors.append([draw.gauss(0, 1) for _ in range(SIZE)])
        found = [{"object": "embedding", "index": i, "embedding": v} for i, v in enumerate(vectors)]
        usage = {"prompt_tokens": 0, "total_tokens": 0}
        body = json.dumps({"object": "list", "data": found, "model": "bad", "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def bad_server() -> Iterator[str]:
    """The address of a server of bad embeddings."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Bad)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()


def measure(name: str, settings: Settings) -> None:
    """Print nDCG@10 at each weight for one set and one model."""
    asked = rows(data(name) / "gold.jsonl")
    if name == "news":
        asked += rows(data(name) / "gold_paraphrased.jsonl")
    asked = [g for g in asked if g["answerable"] and g["evidence"]]
    random.Random(0).shuffle(asked)
    asked = asked[:QUESTIONS]
    with tempfile.TemporaryDirectory() as folder:
        settings = replace(settings, home=Path(folder), mode="extractive")
        sync(settings, [str(data(name) / "articles.jsonl")])
        shown = []
        for weight in WEIGHTS:
            with Searcher.open(replace(settings, vector_weight=weight)) as searcher:
                scores = []
                for g in asked:
                    hits = searcher.search(g["question"], 20)
                    scores.append(ndcg([h.article.id for h in hits], {e["article"] for e in g["evidence"]}))
                shown.append(f"{weight}: {sum(scores) / len(scores):.4f}")
        print(f"{name} n={len(asked)} {settings.embeddings} " + "  ".join(shown), flush=True)


def main() -> None:
    given = Settings.load()
    for name in sys.argv[1:] or ["piaf", "news"]:
        with bad_server() as url:
            measure(name, replace(given, embeddings="openai:bad", openai_base_url=url, openai_api_key="none"))
        if given.embedding_model:
            measure(name, given)


if __name__ == "__main__":
    main()
