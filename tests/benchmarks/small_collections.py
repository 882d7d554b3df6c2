"""Small collections on one subject, cut out of the news: what the decision to answer is learnt on beside large ones.

Around each article that a question of the gold set is about, the articles that are most like it make a collection of
four to sixteen. Its questions are asked there, and once more where the articles that answer some of them were taken
away: what is left is near, and does not answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from retrieval.search import Searcher

SIZES = (4, 6, 10, 16)  # articles of a collection
TAKEN = 0.6  # of the articles that answer
LEAST = 3  # articles that must be left
LOOKED_AT = 60  # passages among which the articles most like one are looked for


@dataclass(frozen=True)
class Cut:
    """A small collection, and the questions (by number) to ask of it."""

    name: str
    articles: tuple[str, ...]
    questions: tuple[int, ...]
    whole: bool  # nothing was taken away that answers


def cuts(searcher: Searcher, articles: dict[str, dict[str, Any]], golds: Sequence[dict[str, Any]]) -> Iterator[Cut]:
    """Small collections that have every question once, and those of them with articles taken away."""
    about = dict[str, list[int]]()
    for number, gold in enumerate(golds):
        found = [e["article"] for e in gold["evidence"]] or [h.article.id for h in searcher.search(gold["question"], 1)]
        if found:
            about.setdefault(found[0], []).append(number)
    left = dict.fromkeys(sorted(about, key=lambda name: sha256(name.encode()).digest()))
    chance = np.random.default_rng(0)
    while left:
        first = next(iter(left))
        article, size = articles[first], int(chance.choice(SIZES))
        like = searcher.search(f"{article['title']} {article['text'][:300]}", LOOKED_AT)
        near = list(dict.fromkeys(h.article.id for h in like if h.article.id != first))
        asked = [name for name in near if name in left][: size // 2] if chance.random() < 0.5 else []
        chosen = list(dict.fromkeys([first, *asked, *near]))[:size]
        numbers = tuple(n for name in chosen if name in left for n in about[name])
        for name in chosen:
            left.pop(name, None)
        name = sha256(first.encode()).hexdigest()[:12]
        yield Cut(name, tuple(chosen), numbers, True)
        answering = sorted({golds[n]["evidence"][0]["article"] for n in numbers if golds[n]["evidence"]})
        taken = {a for a in answering if chance.random() < TAKEN} or set(answering[:1])
        rest = tuple(a for a in chosen if a not in taken)
        lost = tuple(n for n in numbers if golds[n]["evidence"] and not _holds(rest, golds[n]))
        if lost and len(rest) >= LEAST:
            yield Cut(f"{name} less", rest, lost, False)


def _holds(articles: Sequence[str], gold: dict[str, Any]) -> bool:
    return any(e["article"] in articles for e in gold["evidence"])


def written(folder: Path, cut: Cut, articles: dict[str, dict[str, Any]]) -> Path:
    """A file with the articles of a small collection."""
    found = folder / f"{cut.name}.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    found.write_text("\n".join(json.dumps(articles[a], ensure_ascii=False) for a in cut.articles), encoding="utf-8")
    return found
