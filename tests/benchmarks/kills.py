"""SIGKILL at random moments of an ingest, each followed by a rerun: is the store equal to a clean one?

    python tests/benchmarks/kills.py [KILLS]        (news; 30 kills take about ten minutes)

Compares all three stores: Chroma's ids and texts, the word index's entries, the manifest's rows.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from measure import data

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS / "retrieval"), str(TESTS)]
from test_library import contents

from retrieval.library import sync
from retrieval.settings import Settings


def main() -> None:
    draw, equal, landed = random.Random(1), 0, 0
    lines = (data("news") / "articles.jsonl").read_text(encoding="utf-8").splitlines()[:1500]
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "articles.jsonl")
        settings = Settings(home=Path(folder, "home"), embeddings="none", mode="extractive")
        program = (
            "from pathlib import Path; from retrieval.library import sync; from retrieval.settings import Settings\n"
            "print('go', flush=True)\n"
            f"settings = Settings(home=Path({str(settings.home)!r}), embeddings='none', mode='extractive')\n"
            f"sync(settings, [{str(source)!r}])"
        )
        for kill in range(wanted):
            # each time another third is away, and another tenth has new text: additions, changes and removals at once
            kept = [json.loads(line) for i, line in enumerate(lines) if draw.random() > 0.33]
            for article in kept:
                if draw.random() < 0.1:
                    article["text"] = f"Version {kill}. {article['text']}"
            source.write_text("\n".join(json.dumps(a, ensure_ascii=False) for a in kept), encoding="utf-8")
            process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(draw.uniform(0.1, 1.6))
            process.kill()
            landed += process.wait() == -signal.SIGKILL
            sync(settings, [str(source)])
            fresh = replace(settings, home=Path(folder, f"fresh{kill}"))
            sync(fresh, [str(source)])
            equal += contents(settings) == contents(fresh)
            print(
                f"{kill + 1}/{wanted}: {landed} landed while writing, {equal} stores equal to a clean one", flush=True
            )


if __name__ == "__main__":
    main()
