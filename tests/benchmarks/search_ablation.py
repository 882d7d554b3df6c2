"""What each part of the ranking is worth: each taken out, the rest learnt again, PIAF dev held out by article.

python tests/benchmarks/search_ablation.py        (about five minutes)

A row is the loss without a part: nDCG@10 with everything minus without it, and its 95 % bootstrap interval. The news
sets are small (52 and 43 questions), so their intervals are wide; the weights are not learnt on them.
"""

from __future__ import annotations

import copy

import numpy as np
from measure import interval
from train_ranking import Case, fit, held_out, load

import retrieval.ranking
import retrieval.search
import retrieval.words
from retrieval.ranking import WEIGHTS
from retrieval.search import Searcher

PARTS = {
    "words spelt as asked": ["exact"],
    "words spelt alike": ["similar"],
    "proximity": ["near", "ordered"],
    "best sentence": ["sentence"],
    "names and numbers": ["anchors", "anchors_missing"],
    "what is missing": ["missing", "missing_most"],
    "heading": ["heading", "heading_share"],
    "the same heading": ["group", "group_best", "group_more"],
    "length": ["length"],
    "own BM25 of the text": ["body"],
}


def without(cases: list[Case], columns: list[int], timely: bool = True) -> list[Case]:
    """The cases with some measures taken out."""
    found = []
    for case in map(copy.copy, cases):
        case.values = np.delete(case.values, columns, axis=1)
        case.timely = case.timely * timely
        found.append(case)
    return found


def row(label: str, whole: dict[str, np.ndarray], part: dict[str, np.ndarray]) -> None:
    """One line: what is lost on each set."""
    cells = []
    for name, gains in whole.items():
        lost = gains - part[name]
        low, high = interval(list(lost))
        cells.append(f"{name} {lost.mean():+.4f} ({low:+.4f} to {high:+.4f})")
    print(f"without {label:22} " + "   ".join(cells), flush=True)


def measured(sets: dict[str, list[Case]], folds: list[int]) -> dict[str, np.ndarray]:
    """nDCG@10 of each question: PIAF held out, news with the weights of all of PIAF."""
    piaf = sets["piaf/gold"]
    weights = fit(piaf)
    own = np.array(["self_contained" in c.tags for c in piaf])
    gains = held_out(piaf, folds)
    news = {name: np.array([c.gain(weights) for c in cases]) for name, cases in sets.items() if name != "piaf/gold"}
    return {"piaf": gains, "self_contained": gains[own], **news}


def main() -> None:
    sets, names, folds = load()
    whole = measured(sets, folds)
    print("everything: " + "   ".join(f"{n} n={len(g)} {g.mean():.4f}" for n, g in whole.items()), flush=True)
    plain = {n: np.array([c.gain(None) for c in cases]) for n, cases in sets.items()}
    own = np.array(["self_contained" in c.tags for c in sets["piaf/gold"]])
    row("ranking again", whole, {**plain, "piaf": plain["piaf/gold"], "self_contained": plain["piaf/gold"][own]})
    for label, measures in PARTS.items():
        columns = [names.index(m) for m in measures]
        row(label, whole, measured({n: without(c, columns) for n, c in sets.items()}, folds))
    assert {m for part in PARTS.values() for m in part} <= set(WEIGHTS)
    found = Searcher.period_of
    Searcher.period_of = lambda *_: None  # type: ignore[method-assign]
    row("the time asked about", whole, measured(load()[0], folds))
    Searcher.period_of = found  # type: ignore[method-assign]
    kept = retrieval.words.related, retrieval.ranking.related
    retrieval.words.related = retrieval.ranking.related = lambda _: {}
    row("other words for the same thing", whole, measured(load()[0], folds))
    retrieval.words.related, retrieval.ranking.related = kept
    retrieval.search.telling = str
    row("other languages", whole, measured(load()[0], folds))


if __name__ == "__main__":
    main()
