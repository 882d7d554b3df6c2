"""How long commands take from a cold start, as ratios to `python -c "import chromadb"` in the same run (medians).

python tests/benchmarks/cold_start.py [ROUNDS]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[2] / "bot" / "sample_articles"


def main() -> None:
    sourcier = str(Path(sys.executable).parent / "sourcier")
    with tempfile.TemporaryDirectory() as home:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("SOURCIER", "OPENAI"))} | {
            "SOURCIER_HOME": home
        }
        subprocess.run([sourcier, "ingest", str(SAMPLES)], check=True, env=environment, capture_output=True)
        commands = {
            "import chromadb": [sys.executable, "-c", "import chromadb"],
            "sourcier --help": [sourcier, "--help"],
            "sourcier ask": [sourcier, "ask", "Combien de membres compte l'OCS ?"],
            "sourcier search": [sourcier, "search", "OCS"],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range((int(sys.argv[1]) if len(sys.argv) > 1 else 7) + 1):
            for name, command in commands.items():
                start = time.perf_counter()
                subprocess.run(command, check=True, env=environment, capture_output=True, cwd=home)
                if turn:  # the first turn compiles and warms the page cache
                    times[name].append(time.perf_counter() - start)
    floor = statistics.median(times["import chromadb"])
    for name, values in times.items():
        print(f"{name:16} {statistics.median(values):.3f} s   ratio {statistics.median(values) / floor:.2f}")


if __name__ == "__main__":
    main()
