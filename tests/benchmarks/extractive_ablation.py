"""What each part of the sentence ranker, and of the decision to answer, is worth: trained without it, on held-out articles.

    pip install -e '.[train]' && python tests/benchmarks/extractive_ablation.py [FOLDER TO KEEP THE STORES IN]

PIAF dev, questions that stand alone: the share whose best sentence, and whose best three, hold the answer; the difference
to everything on, with its 95 % interval (bootstrap over questions). Then what is shown, by weights that never saw the
article. Then whether there is an answer: those questions, and the same with a fifth of the articles taken away, theirs
among them, or only the passages that hold the answer, by the area under the ROC curve. What it printed last is in extractive_ablation.md.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import train_sentences as training
from train_sentences import (
    FOLDS,
    Asking,
    chances,
    clue_names,
    contains,
    doubled,
    fit_answer,
    fit_sentences,
    load,
    parallel,
)

from retrieval.choosing import Weights
from retrieval.evidence import KINDS, UNFIT
from retrieval.extracting import extract
from retrieval.types import Sentence

PARTS = {
    "coverage": ("own", "exact", "matched", "lacking", "rarest", "rough"),
    "neighbours": ("before", "after", "rarest_near"),
    "title and passage": ("title", "passage", "support", "names_near"),
    "word order, density": ("pairs", "dense"),
    "kind of answer": ("typed", "untyped", "typed_count", "mark", "enumerates", "list_fit"),
    "what is counted": ("unit", "counted", "uncounted"),
    "what the noun asked for expects": (
        "instance", "no_instance", "named", "unnamed", "expected_near", "focus_named",
    ),
    "nearness to the question's words": ("near", "near_gap", "near_gap_here", "near_place"),
    "names and noun asked for": ("names", "focus"),
    "new names, figures, words": ("new_names", "new_numbers", "new_words"),
    "rank of the passage": ("rank", "hit_score", "group", "group_score"),
    "years": ("same_year", "other_year"),
    "position": ("at", "last", "early"),
    "form": ("length", "fragment", "orphan", "quoted"),
    "beside the best": tuple(f"{n}_{w}" for n in ("rough", "own", "exact") for w in ("gap", "gap_here", "place")),
}  # fmt: skip

EVIDENCE = {
    "lead over what is said elsewhere": (
        "lead", "bm25_lead", "bm25_ratio", "one_title", "best_chance", "chance_three", "entropy",
    ),
    "share of the question held": (
        "support", "best_support", "best_group", "bm25", "plain_said", "plain_near", "absent",
    ),
    "names and titles": (
        "absent_names", "three_names", "capitals", "title_share", "title_names", "best_title",
    ),
    "kind of answer": (
        "typed_gap", "fitting", *(f"asks_{kind}" for kind in KINDS), *(f"three_{name}" for name in UNFIT),
    ),
    "how much there is to go by": ("terms", "highest", "lowest", "mean", "best_length"),
}  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        training._asking = asking = load(Path(sys.argv[1] if len(sys.argv) > 1 else folder))
    training._names = names = clue_names(asking[0])
    answered = [i for i, a in enumerate(asking) if a.kind == "answered" and a.group != "small"]
    lists = {i: d for i, d in zip(answered, parallel(training._described, answered), strict=True) if d is not None}
    alone = [i for i in answered if "self_contained" in asking[i].gold["tags"]]
    picks = np.random.default_rng(0).integers(0, len(alone), (2000, len(alone)))

    def fitted(use: list[int]) -> dict[int, dict[str, float]]:
        """Weights for each fold from the others."""
        kept = [names[c] for c in use]
        rest = {k: [i for i in lists if asking[i].fold != k] for k in range(FOLDS)}
        return {
            k: fit_sentences([(lists[i][0][:, use], lists[i][1]) for i in v], kept, [doubled(asking[i]) for i in v])
            for k, v in rest.items()
        }

    def held_out(gone: tuple[str, ...]) -> Any:
        use = [c for c, n in enumerate(names) if n not in gone]
        weights = {k: np.array(list(w.values())) for k, w in fitted(use).items()}
        right = np.zeros((len(alone), 2))
        for row, i in enumerate(alone):
            if i in lists:
                order = np.argsort(-(lists[i][0][:, use] @ weights[asking[i].fold]), kind="stable")
                right[row] = lists[i][1][order[0]], lists[i][1][order[:3]].any()
        return right

    whole = held_out(())
    print(f"sentences, everything: first {whole[:, 0].mean():.4f}, three {whole[:, 1].mean():.4f}, n={len(alone)}", flush=True)  # fmt: skip
    for part, gone in PARTS.items():
        change = held_out(gone) - whole
        low, high = np.percentile(change[picks].mean(1), [2.5, 97.5], axis=0)
        print(f"  without {part:34} " + "  ".join(f"{name} {change[:, c].mean():+.4f} [{low[c]:+.4f}, {high[c]:+.4f}]" for c, name in enumerate(("first", "three"))), flush=True)  # fmt: skip
    whether(asking, {k: Weights(w) for k, w in fitted(list(range(len(names)))).items()}, alone)


def whether(asking: list[Asking], sentences: dict[int, Weights], alone: list[int]) -> None:
    """The decision to answer, and what is shown then."""
    training._models.update(sentences)
    every = [*alone, *(i for i, a in enumerate(asking) if a.kind in ("far", "near") or a.own)]
    every = list(dict.fromkeys(every))
    told = {i: e for i, e in zip(every, parallel(training._evidence, every), strict=True) if e}
    clues, fold = list(told.values()), np.array([asking[i].fold for i in told])
    kind, group = np.array([asking[i].kind for i in told]), np.array([asking[i].group for i in told])
    share = np.array([asking[i].share for i in told])

    def held_out(gone: tuple[str, ...]) -> tuple[Any, dict[int, Weights]]:
        kept = sorted(clues[0].keys() - set(gone))
        x = np.array([[c[n] for n in kept] for c in clues])
        models = {k: fit_answer(x[fold != k], kind[fold != k] == "answered", share[fold != k], kept) for k in range(FOLDS)}  # fmt: skip
        chance = np.zeros(len(clues))
        for k, model in models.items():
            chance[fold == k] = chances(model, [c for c, f in zip(clues, fold, strict=True) if f == k])
        return chance, models

    def areas(chance: Any) -> list[float]:
        found = []
        for of, none in (("piaf", "far"), ("gold", "none"), ("small", "none")):
            yes, no = chance[(group == of) & (kind == "answered")], chance[(group == of) & (kind == none)]
            found.append(float((yes[:, None] > no).mean() + (yes[:, None] == no).mean() / 2))
        return found

    chance, models = held_out(())
    shown = [i for i in alone if "self_contained" in asking[i].gold["tags"]]
    said = [_extracted(asking[i], Weights(sentences[asking[i].fold].sentence, models[asking[i].fold].answer)) for i in shown]  # fmt: skip
    first = [bool(s) and contains(s[0].text, asking[i].gold) for i, s in zip(shown, said, strict=True)]
    right = [contains(" ".join(x.text for x in s), asking[i].gold) for i, s in zip(shown, said, strict=True)]
    size = np.mean([sum(len(x.text) for x in s) for s in said if s])
    print(f"shown: right {np.mean(right):.4f}, in the first statement {np.mean(first):.4f}, withheld {np.mean([not s for s in said]):.4f}, {size:.0f} characters, n={len(shown)}")  # fmt: skip
    best = areas(chance)
    print("whether to answer, everything: area " + ", ".join(f"{name} {area:.4f} (n={int((group == of).sum())})" for name, of, area in zip(("PIAF", "gold sets", "small collections"), ("piaf", "gold", "small"), best, strict=True)), flush=True)  # fmt: skip
    for part, gone in EVIDENCE.items():
        without = areas(held_out(gone)[0])
        print(
            f"  without {part:34} {without[0] - best[0]:+.4f}  gold sets {without[1] - best[1]:+.4f}  small collections {without[2] - best[2]:+.4f}",
            flush=True,
        )


def _extracted(one: Asking, model: Weights) -> tuple[Sentence, ...]:
    return extract(one.gold["question"], one.hits, one.corpus, model=model).sentences


if __name__ == "__main__":
    main()
