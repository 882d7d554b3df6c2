"""Count in how many passages French words stand, in an encyclopaedia and in news: retrieval/lexicon/usual.txt.

    python tests/benchmarks/count_words.py          (about half a minute)

Over PIAF dev and the news articles, each counting half; only numbers are kept, of terms as the word index knows them.
"""

from __future__ import annotations

from collections import Counter
from math import log
from pathlib import Path

from measure import data, rows

import retrieval.lexicon
from retrieval.analysis import terms

SIZE = 90  # terms of a passage
LEAST = 3.0  # passages in a thousand that a term stands in to be kept
STEP = 1.15  # from one line of the file to the next
OUT = Path(retrieval.lexicon.__file__).parent / "usual.txt"
HEAD = """# In how many of a thousand French passages, of an encyclopaedia and of news, a term stands at least. The terms are
# those of the word index, shortened; made by tests/benchmarks/count_words.py.
"""


def shares(articles: list[dict[str, str]]) -> dict[str, float]:
    """The share of passages that hold each term."""
    held, passages = Counter[str](), 0
    for article in articles:
        found = list(terms(f"{article.get('title') or ''}\n{article['text']}"))
        for at in range(0, len(found), SIZE):
            held.update(set(found[at : at + SIZE]))
            passages += 1
    return {term: count / passages for term, count in held.items()}


def main() -> None:
    both = [shares(rows(data(name) / "articles.jsonl")) for name in ("piaf", "news")]
    mean = {t: 500 * sum(found.get(t, 0.0) for found in both) for t in both[0].keys() | both[1]}
    levels: dict[int, list[str]] = {}
    for term, value in mean.items():
        if value >= LEAST:
            levels.setdefault(int(log(value / LEAST, STEP)), []).append(term)
    listed = (f"{LEAST * STEP**level:.3g}\t{' '.join(sorted(levels[level]))}\n" for level in sorted(levels))
    OUT.write_text(HEAD + "".join(listed), encoding="utf-8")
    print(f"{OUT}: {sum(map(len, levels.values()))} terms, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
