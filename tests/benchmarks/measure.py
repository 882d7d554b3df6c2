"""What the benchmarks share: the shared data, nDCG as its scorer has it, and questions typed sloppily."""

from __future__ import annotations

import json
import math
import random
import sys
import unicodedata
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[3] / "shared"


def rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a .jsonl file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def data(name: str) -> Path:
    """A folder of the shared data; ends the benchmark with a word where it is absent."""
    if not (SHARED / "data" / name).exists():
        sys.exit(f"{SHARED / 'data' / name} is not there: the benchmarks need the shared data beside the checkout")
    return SHARED / "data" / name


def plain(text: str) -> str:
    """A question typed without capitals and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def ndcg(ranked: list[str], wanted: set[str], k: int = 10) -> float:
    """nDCG@k over articles with binary gains (Järvelin & Kekäläinen 2002)."""
    distinct = list(dict.fromkeys(ranked))[:k]
    gain = sum(1 / math.log2(i + 2) for i, a in enumerate(distinct) if a in wanted)
    return gain / sum(1 / math.log2(i + 2) for i in range(min(k, len(wanted))))


def interval(values: list[float], draws: int = 1000) -> tuple[float, float]:
    """The 95 % bootstrap interval of a mean (Efron 1979), from a fixed seed."""
    chance = random.Random(0)
    means = sorted(sum(chance.choices(values, k=len(values))) / len(values) for _ in range(draws))
    return means[int(draws * 0.025)], means[int(draws * 0.975)]
