"""Learn the weights of retrieval/ranking.py on PIAF dev, cross-validated by article; both news sets check them.

python tests/benchmarks/train_ranking.py        (about three minutes; needs numpy, which chromadb brings)

Listwise softmax regression: the loss of a question is -log of the share of exp(score) that its right articles have.
Prints held-out nDCG@10 by fold, then the weights learnt from all folds, to be pasted into WEIGHTS.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from measure import data, interval, ndcg, rows

from retrieval.library import sync
from retrieval.ranking import DEPTH, TIMELY, features
from retrieval.search import Searcher
from retrieval.settings import Settings

FOLDS = 5
RIDGE = 1e-3
STEPS = 400


class Case:
    """A question's candidates as a matrix, what is right, and the whole ranked list."""

    def __init__(self, row: dict[str, Any], names: list[str], searcher: Searcher) -> None:
        period = searcher.period_of(row["question"])
        question, hits, found_ = searcher.candidates(row["question"], DEPTH, period)
        self.wanted = {e["article"] for e in row["evidence"]}
        self.articles = [h.article for h in hits]
        found = features(question, found_)
        self.timely = TIMELY * np.array([c.timely for c in found_])
        names[:] = names or list(found[0])
        self.values = np.array([[f[n] for n in names] for f in found]) if found else np.zeros((0, len(names)))
        self.right = np.array([a in self.wanted for a in self.articles])
        self.tags = row["tags"]

    def gain(self, weights: np.ndarray | None) -> float:
        """nDCG@10, as ranked by BM25 where there are no weights."""
        if weights is None or not len(self.values):
            return ndcg(self.articles, self.wanted)
        order = np.argsort(-(self.values @ weights + self.timely), kind="stable")
        return ndcg([self.articles[i] for i in order], self.wanted)


def fit(cases: list[Case]) -> np.ndarray:
    """The weights, by gradient descent with momentum (Adam) on standardised measures."""
    cases = [c for c in cases if c.right.any()]
    x = np.vstack([c.values for c in cases])
    spread = x.std(0) + 1e-9
    x = (x - x.mean(0)) / spread
    sizes = np.array([len(c.values) for c in cases])
    starts, owner = np.r_[0, sizes.cumsum()[:-1]], np.repeat(np.arange(len(cases)), sizes)
    right = np.concatenate([c.right for c in cases]).astype(float)
    w, mean, square = np.zeros(x.shape[1]), np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for step in range(1, STEPS + 1):
        s = x @ w
        e = np.exp(s - np.maximum.reduceat(s, starts)[owner])
        p = e / np.add.reduceat(e, starts)[owner]
        share = np.add.reduceat(p * right, starts)[owner] + 1e-12
        slope = x.T @ (p - p * right / share) / len(cases) + 2 * RIDGE * w
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        w -= 0.05 * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return w / spread


def fold_of(title: str) -> int:
    """Passages of one encyclopaedia article are in one fold."""
    return int(hashlib.sha256(title.encode()).hexdigest(), 16) % FOLDS


def load() -> tuple[dict[str, list[Case]], list[str], list[int]]:
    """The cases of each set, the measures' names, and the fold of each case of PIAF."""
    names: list[str] = []
    sets: dict[str, list[Case]] = {}
    folds: list[int] = []
    titles = {a["id"]: a["title"] for a in rows(data("piaf") / "articles.jsonl")}
    for name, golds in (("piaf", ["gold"]), ("news", ["gold", "gold_paraphrased"])):
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(home=Path(folder), embeddings="none", mode="extractive")
            sync(settings, [str(data(name) / "articles.jsonl")])
            with Searcher.open(settings) as searcher:
                for gold in golds:
                    asked = [g for g in rows(data(name) / f"{gold}.jsonl") if g["answerable"] and g["evidence"]]
                    sets[f"{name}/{gold}"] = [Case(g, names, searcher) for g in asked]
                    if name == "piaf":
                        folds = [fold_of(titles[g["evidence"][0]["article"]]) for g in asked]
    return sets, names, folds


def held_out(piaf: list[Case], folds: list[int]) -> np.ndarray:
    """nDCG@10 of each case with weights learnt from the other folds."""
    gains = np.zeros(len(piaf))
    for fold in range(FOLDS):
        weights = fit([c for c, f in zip(piaf, folds, strict=True) if f != fold])
        for i, f in enumerate(folds):
            if f == fold:
                gains[i] = piaf[i].gain(weights)
    return gains


def main() -> None:
    sets, names, folds = load()
    piaf = sets["piaf/gold"]
    before, after = np.array([c.gain(None) for c in piaf]), held_out(piaf, folds)
    own = np.array(["self_contained" in c.tags for c in piaf])
    where = np.array(folds)
    parts = [(f"fold {fold}", where == fold) for fold in range(FOLDS)] + [("held out, all", where >= 0)]
    for label, some in parts:
        for kind, chosen in (("all", some), ("self_contained", some & own)):
            low, high = interval(list(after[chosen] - before[chosen]))
            print(f"piaf {label:14} {kind:14} n={chosen.sum():4} nDCG@10 {before[chosen].mean():.4f} -> "
                  f"{after[chosen].mean():.4f} (difference {low:+.4f} to {high:+.4f})", flush=True)  # fmt: skip
    weights = fit(piaf)
    for name, cases in sets.items():
        gains = [(c.gain(None), c.gain(weights)) for c in cases]
        low, high = interval([b - a for a, b in gains])
        print(f"{name:22} n={len(cases):4} {np.mean([a for a, _ in gains]):.4f} -> {np.mean([b for _, b in gains]):.4f} "
              f"(difference {low:+.4f} to {high:+.4f})" + (" trained on" if name == "piaf/gold" else ""))  # fmt: skip
    print("WEIGHTS = {")
    for name, weight in zip(names, weights, strict=True):
        print(f'    "{name}": {weight:.3f},')
    print("}")


if __name__ == "__main__":
    main()
