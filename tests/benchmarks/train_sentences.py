"""Train the weights that choose sentences and decide whether to answer: retrieval/weights/sentences.json.

    pip install -e '.[train]' && python tests/benchmarks/train_sentences.py        (about ten minutes)

On PIAF dev (CC BY-SA 4.0; only weights are kept), questions that stand alone counting double, and on the project's own
gold sets for development, in readers' words, OWN times; five folds by article. Questions without an answer are PIAF's
own with articles taken away ("far", a fifth of all, those of that title among them; "near", the passages that hold the
answer) and the gold sets'. Whether to answer is learnt on small collections cut out of the news as well. Prints what
held-out folds say before it trains on all of them.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from measure import SHARED, data, rows
from small_collections import Cut, cuts, written

from retrieval import choosing, extracting
from retrieval.analysis import terms
from retrieval.asking import NOWHERE, Asked, Corpus, analysed
from retrieval.choosing import Weights, rank
from retrieval.clues import Candidate, candidates
from retrieval.evidence import evidence
from retrieval.language import telling
from retrieval.library import sync
from retrieval.search import Searcher
from retrieval.settings import Settings
from retrieval.types import Hit

sys.path.append(str(SHARED / "tools"))
from score import contains  # type: ignore[import-not-found]

FOLDS, DEPTH = 5, 10
GROUPS = 5  # of titles: one is always taken away, so that a corpus does not tell by its size whether it has the answer
NEAR_WEIGHT = 0.1  # of a near question without an answer, beside a far one
OWN = 2.0  # weight of a question of the gold set
OWN_ANSWER = 1.0  # and where whether to answer is learnt
SMALL = 0.5  # of one asked of a small collection
ROOT = Path(__file__).parents[2]
OUT = Path(choosing.__file__).parent / "weights" / "sentences.json"


@dataclass
class Asking:
    """A question with its hits, and what is known of the corpus it is asked of."""

    gold: dict[str, Any]
    hits: list[Hit]
    corpus: Corpus
    fold: int
    kind: str = "answered"  # or "far", "near", "none"
    group: str = "piaf"  # or "gold", of our gold sets, or "small", one of these asked of a small collection

    @property
    def own(self) -> bool:
        return self.group != "piaf"

    @property
    def share(self) -> float:
        """Its weight where whether to answer is learnt."""
        return {"small": SMALL, "gold": OWN_ANSWER}.get(self.group, NEAR_WEIGHT if self.kind == "near" else 1.0)

    def ready(self) -> tuple[Asked, list[Candidate]]:
        asked = analysed(telling(self.gold["question"]), self.corpus)
        return asked, candidates(asked, self.hits) if asked.weights and self.hits else []


def load(stores: Path, most: int = 0) -> list[Asking]:
    """PIAF's questions, those without an answer that are made of them, and our own."""
    found: list[Asking] = []
    articles = rows(data("piaf") / "articles.jsonl")
    title = {a["id"]: a["title"] for a in articles}
    titles = sorted(set(title.values()))
    fold, group = (
        {str(t): i % parts for i, t in enumerate(np.random.default_rng(seed).permutation(titles))}
        for seed, parts in ((0, FOLDS), (1, GROUPS))
    )
    golds = rows(data("piaf") / "gold.jsonl")
    golds = golds[:: max(1, len(golds) // most) if most else 1]
    for k in range(GROUPS):
        source = stores / f"piaf without {k}.jsonl"
        left = [json.dumps(a, ensure_ascii=False) for a in articles if group[a["title"]] != k]
        source.write_text("\n".join(left), encoding="utf-8")
        with stored(stores / f"piaf without {k}", [source]) as searcher:
            known = Known.of(searcher, golds)
            for number, gold in enumerate(golds):
                of, alone = title[gold["evidence"][0]["article"]], "self_contained" in gold["tags"]
                if (group[of] + 1 + number % (GROUPS - 1)) % GROUPS == k:
                    hits = searcher.search(gold["question"], 60 if alone else DEPTH)
                    found.append(Asking(gold, hits[:DEPTH], known, fold[of]))
                    near = [h for h in hits if not contains(h.text, gold)][:DEPTH]
                    if alone:
                        found.append(Asking(gold, near, known, fold[of], "near"))
                elif alone and group[of] == k:
                    found.append(Asking(gold, searcher.search(gold["question"], DEPTH), known, fold[of], "far"))
    return found + own(stores) + small(stores)


def own(stores: Path) -> list[Asking]:
    """The questions of our gold sets for development; those of which nothing is found are of no use."""
    samples = [ROOT / "bot/sample_articles", ROOT / "tests/gold/hostile_articles"]
    sets = [
        ("samples", samples, "samples.jsonl"),
        ("news", [data("news") / "articles.jsonl"], "news.jsonl"),
        ("articles", [data("articles")], "real_articles.jsonl"),
    ]
    found = []
    for name, sources, questions in sets:
        golds = rows(ROOT / "tests/gold" / questions)
        with stored(stores / name, sources) as searcher:
            known = Known.of(searcher, golds)
            for number, gold in enumerate(golds):
                hits = searcher.search(gold["question"], DEPTH, searcher.period_of(gold["question"]))
                kind = "answered" if gold["answerable"] else "none"
                found.append(Asking(gold, hits, known, fold_of(name, number, gold), kind, "gold"))
    return found


_cuts: list[Cut] = []
_small: dict[str, Any] = {}


def small(stores: Path) -> list[Asking]:
    """The gold set's questions about news once more, asked of small collections; in two processes."""
    golds = rows(ROOT / "tests/gold/news.jsonl")
    articles = {a["id"]: a for a in rows(data("news") / "articles.jsonl")}
    with stored(stores / "news", [data("news") / "articles.jsonl"]) as searcher:
        _cuts[:] = cuts(searcher, articles, golds)
    _small.update(golds=golds, articles=articles, home=stores / "small")
    return [one for found in parallel(_asked_of, list(range(len(_cuts)))) for one in found]


def _asked_of(i: int) -> list[Asking]:
    cut, golds, found = _cuts[i], _small["golds"], []
    with stored(_small["home"] / cut.name, [written(_small["home"], cut, _small["articles"])]) as searcher:
        known = Known.of(searcher, [golds[n] for n in cut.questions])
        for number in cut.questions:
            gold = golds[number]
            hits = searcher.search(gold["question"], DEPTH, searcher.period_of(gold["question"]))
            kind = "answered" if gold["answerable"] and cut.whole else "none"
            told_elsewhere = kind == "none" and gold["answers"] and any(contains(h.text, gold) for h in hits)
            missing = kind == "answered" and not {e["article"] for e in gold["evidence"]} <= set(cut.articles)
            if hits and not told_elsewhere and not missing:
                found.append(Asking(gold, hits, known, fold_of("news", number, gold), kind, "small"))
    return found


def fold_of(name: str, number: int, gold: dict[str, Any]) -> int:
    """By the article that a question of a gold set is about."""
    return hash_of(gold["evidence"][0]["article"] if gold["evidence"] else f"{name} {number}") % FOLDS


def stored(home: Path, sources: list[Path]) -> Searcher:
    """A store of some articles, made or brought up to date."""
    settings = Settings(home=home, embeddings="none", mode="extractive")
    sync(settings, [str(source) for source in sources])
    return Searcher(settings)


@dataclass
class Known:
    """Rarities looked up beforehand."""

    terms: dict[str, tuple[float, bool]]

    @classmethod
    def of(cls, searcher: Searcher, golds: list[dict[str, Any]]) -> Known:
        """For all terms of some questions."""
        asked = {t for gold in golds for t in (*terms(gold["question"]), *terms(telling(gold["question"])), NOWHERE)}
        return cls({t: (searcher.rarity(t), searcher.holds(t)) for t in asked})

    def rarity(self, term: str) -> float:
        return self.terms[term][0]

    def holds(self, term: str) -> bool:
        return self.terms[term][1]


def hash_of(text: str) -> int:
    """The same in each run."""
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big")


_asking: list[Asking] = []
_names: list[str] = []
_models: dict[int, Weights] = {}


def _described(i: int) -> tuple[Any, Any] | None:
    """The clues of the candidates of an answered question, and which are its answer; wrong matches left out."""
    one = _asking[i]
    _, found = one.ready()
    wanted = {e["article"] for e in one.gold["evidence"]}
    found = list({c.text: c for c in reversed(found)}.values())
    wording = one.gold | {"require": "any"}  # a sentence of a list holds some of it
    kept = [(c, contains(c.text, wording)) for c in found]
    kept = [(c, right) for c, right in kept if not right or c.article.id in wanted]
    if not any(right for _, right in kept):
        return None
    return np.array([[c.clues[n] for n in _names] for c, _ in kept], np.float32), np.array([r for _, r in kept])


def _evidence(i: int) -> dict[str, float] | None:
    one = _asking[i]
    asked, found = one.ready()
    return evidence(asked, rank(found, _models[one.fold]), one.hits) if found else None


def parallel(work: Any, items: list[int]) -> list[Any]:
    """Work on all items in two processes, which share what is loaded."""
    gc.freeze()
    with get_context("fork").Pool(2) as pool:
        return pool.map(work, items, chunksize=40)


def fit_sentences(
    lists: list[tuple[Any, Any]], names: list[str], weight: list[float], l2: float = 3e-4
) -> dict[str, float]:
    """Weights that make the answers' share of the softmax over each list the largest."""
    from scipy.optimize import minimize

    x = np.vstack([a for a, _ in lists])
    y = np.concatenate([b for _, b in lists]).astype(np.float32)
    sizes = [len(b) for _, b in lists]
    spread = x.std(0) + 1e-6
    x = (x - x.mean(0)) / spread
    start, of = np.cumsum([0, *sizes])[:-1], np.repeat(np.arange(len(sizes)), sizes)
    share = np.array(weight, np.float32) / sum(weight)

    def loss(w: Any) -> tuple[float, Any]:
        s = x @ w.astype(np.float32)
        e = np.exp(s - np.maximum.reduceat(s, start)[of])
        total, right = np.add.reduceat(e, start), np.add.reduceat(e * y, start) + 1e-30
        slope = (e / total[of] - e * y / right[of]) * share[of]
        return float(-(share * np.log(right / total)).sum() + l2 * w @ w), (x.T @ slope).astype(float) + 2 * l2 * w

    w = minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 150}).x / spread
    return {n: round(float(v), 5) for n, v in zip(names, w, strict=True)}


# That words of the question, or what it asks for, are not found may not speak for an answer, whatever the questions say.
AGAINST = ("absent", "typed_", "three_un", "three_no_")
# Trees by gradient boosting (Friedman, Greedy Function Approximation, 2001): many small ones, learnt slowly.
BOOSTING: dict[str, Any] = {
    "objective": "binary", "num_leaves": 8, "learning_rate": 0.1, "min_data_in_leaf": 60, "feature_fraction": 0.4,
    "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5.0, "num_threads": 2, "deterministic": True,
    "force_col_wise": True, "boost_from_average": False, "verbose": -1,
}  # fmt: skip
TREES = 200


def fit_answer(x: Any, y: Any, share: Any, names: list[str]) -> Weights:
    """Trees whose sum is the log odds of an answer, with some directions given."""
    import lightgbm

    signs = [-1 if any(word in name for word in AGAINST) else 0 for name in names]
    trees = lightgbm.train(
        BOOSTING | {"monotone_constraints": signs, "seed": 0},
        lightgbm.Dataset(x, y.astype(float), weight=share),
        TREES,
    ).dump_model()["tree_info"]

    def plain(node: dict[str, Any]) -> Any:
        if "leaf_value" in node:
            return round(float(node["leaf_value"]), 4)
        return [
            names[node["split_feature"]],
            float(f"{node['threshold']:.5g}"),
            plain(node["left_child"]),
            plain(node["right_child"]),
        ]

    return Weights({}, [plain(tree["tree_structure"]) for tree in trees])


def chances(model: Weights, told: Sequence[dict[str, float]]) -> Any:
    """The probability of an answer, for the clues of each question."""
    return np.array([1 / (1 + np.exp(-sum(choosing.leaf(tree, clues) for tree in model.answer))) for clues in told])


def clue_names(one: Asking) -> list[str]:
    """The clues that differ between the sentences of a question."""
    _, found = one.ready()
    return sorted(n for n in found[0].clues)


def doubled(one: Asking) -> float:
    return OWN if one.own else 2.0 if "self_contained" in one.gold["tags"] else 1.0


def train(
    folds: dict[int, tuple[list[int], list[int]]], lists: dict[int, Any], names: list[str]
) -> dict[int, dict[str, float]]:
    """Sentence weights for each fold, from the rest; fold -1 is trained on everything."""
    return {
        k: fit_sentences([lists[i] for i in use], names, [doubled(_asking[i]) for i in use])
        for k, (use, _) in folds.items()
    }


def main() -> None:
    global _asking, _names
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--stores", type=Path, help="keep the stores here, for the next time")
    parser.add_argument("--held-out", type=Path, help="write the folds' weights here, for the other benchmarks")
    told_to = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _asking = load(told_to.stores or Path(folder))
    _names = clue_names(_asking[0])
    answered = [i for i, a in enumerate(_asking) if a.kind == "answered" and a.group != "small"]
    lists = {i: d for i, d in zip(answered, parallel(_described, answered), strict=True) if d is not None}
    folds = {k: ([i for i in lists if _asking[i].fold != k], []) for k in range(-1, FOLDS)}
    sentence = train(folds, lists, _names)
    print("sentence weights fitted", flush=True)
    _models.update({k: Weights(s) for k, s in sentence.items()})
    alone = [i for i, a in enumerate(_asking) if a.own or "self_contained" in a.gold["tags"]]
    told = {i: e for i, e in zip(alone, parallel(_evidence, alone), strict=True) if e is not None}
    names = sorted(next(iter(told.values())))
    x = np.array([[e[n] for n in names] for e in told.values()])
    kind, fold = np.array([_asking[i].kind for i in told]), np.array([_asking[i].fold for i in told])
    group, share = np.array([_asking[i].group for i in told]), np.array([_asking[i].share for i in told])
    clues = list(told.values())
    chance = np.zeros(len(x))
    held: dict[int, Weights] = {}
    for k in range(FOLDS):
        held[k] = fit_answer(x[fold != k], (kind == "answered")[fold != k], share[fold != k], names)
        chance[fold == k] = chances(held[k], [c for c, f in zip(clues, fold, strict=True) if f == k])
    for from_ in np.arange(0.1, 0.6, 0.05):
        below = {
            (of, name): float((chance[(kind == name) & (group == of)] < from_).mean())
            for of, name in (
                ("piaf", "answered"),
                ("piaf", "far"),
                ("piaf", "near"),
                *product(("gold", "small"), ("answered", "none")),
            )
        }
        print(
            f"answer from {from_:.2f}: wrongly abstained {below['piaf', 'answered']:.3f}, rightly {below['piaf', 'far']:.3f}"
            f" (near {below['piaf', 'near']:.3f}), balanced {(1 - below['piaf', 'answered'] + below['piaf', 'far']) / 2:.4f};"
            f" gold sets {below['gold', 'answered']:.3f}, {below['gold', 'none']:.3f};"
            f" small collections {below['small', 'answered']:.3f}, {below['small', 'none']:.3f}"
        )
    # the weights that ship: sentences from everything; the decision from held-out scores, which are what it will see
    whole = fit_answer(x, kind == "answered", share, names)
    made = {"sentence": sentence[-1], "answer": whole.answer}
    OUT.write_text(json.dumps(made, separators=(",", ":")) + "\n", encoding="utf-8")
    if told_to.held_out:
        kept = {k: {"sentence": sentence[k], "answer": held[k].answer} for k in range(FOLDS)}
        told_to.held_out.write_text(json.dumps(kept), encoding="utf-8")
    print(f"{OUT}: {OUT.stat().st_size} bytes; {extracting.ANSWER_FROM=}")


if __name__ == "__main__":
    main()
