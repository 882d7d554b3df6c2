"""What remembering one answer takes: receive, begin_turn, answered, sending, sent and done, in milliseconds.

    python tests/benchmarks/memory.py [SOURCIER_DATABASE_URL] [--threads 16]

Without an address: SQLite in a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "bot" / "memory")]

from examples import answer, update

from bot.memory import Memory
from retrieval.settings import Secret, Settings


def main() -> None:
    """Print the percentiles, alone and with threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", default="")
    parser.add_argument("--threads", type=int, default=16)
    args = parser.parse_args()
    text = answer("Une phrase de la réponse, avec sa preuve. [1] " * 100)
    with (
        tempfile.TemporaryDirectory() as folder,
        Memory.open(Settings(home=Path(folder), database_url=Secret(args.url))) as memory,
    ):

        def one(number: int) -> float:
            began = time.perf_counter()
            memory.receive([(number, update(1))])
            turn = memory.begin_turn(1, None, 1, number, "Où ?")
            memory.answered(turn.id, text)
            memory.sending(turn.id, 0, number)
            memory.sent(turn.id, 0, number)
            memory.done(number)
            return time.perf_counter() - began

        for name, numbers, threads in (
            ("warm-up", 50, 1),
            ("alone", 1000, 1),
            (f"{args.threads} at once", 2000, args.threads),
        ):
            began = time.perf_counter()
            with ThreadPoolExecutor(threads) as pool:
                times = sorted(pool.map(one, range(time.monotonic_ns(), time.monotonic_ns() + numbers)))
            took = time.perf_counter() - began
            row = {f"p{p}_ms": round(times[len(times) * p // 100] * 1000, 2) for p in (50, 95, 99)}
            print(json.dumps({"run": name, **row, "answers_per_second": round(numbers / took)}))


if __name__ == "__main__":
    main()
