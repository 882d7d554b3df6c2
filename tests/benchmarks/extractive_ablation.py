"""What each part of the sentence ranker is worth: trained without it, on held-out articles of PIAF dev.

    pip install -e '.[train]' && python tests/benchmarks/extractive_ablation.py [FOLDER TO KEEP THE STORES IN]

Questions that stand alone; the share whose best sentence, and whose best three, hold the answer; the difference to
everything on, with its 95 % interval (bootstrap over questions). Then the same for whether there is an answer: area under the ROC curve, and balanced
accuracy at the threshold that ships, on PIAF's questions with and without their articles, and on the gold sets.
What it printed last is in extractive_ablation.md.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import train_sentences as training
from train_sentences import FOLDS, clue_names, doubled, fit_sentences, load, parallel

PARTS = {
    "coverage": ("own", "exact", "matched", "lacking", "rarest", "rough"),
    "neighbours": ("before", "after", "rarest_near"),
    "title and passage": ("title", "passage", "support", "names_near"),
    "word order, density": ("pairs", "dense"),
    "kind of answer": ("typed", "untyped", "typed_count", "unit", "mark", "enumerates", "list_fit"),
    "nearness to the question's words": ("near", "near_gap", "near_gap_here", "near_place"),
    "names and noun asked for": ("names", "focus"),
    "new names, figures, words": ("new_names", "new_numbers", "new_words"),
    "rank of the passage": ("rank", "hit_score"),
    "position": ("at", "last", "early"),
    "form": ("length", "fragment", "orphan", "quoted"),
    "beside the best": tuple(f"{n}_{w}" for n in ("rough", "own", "exact") for w in ("gap", "gap_here", "place")),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        training._asking = asking = load(Path(sys.argv[1] if len(sys.argv) > 1 else folder))
    training._names = names = clue_names(asking[0])
    answered = [i for i, a in enumerate(asking) if a.kind == "answered"]
    lists = {i: d for i, d in zip(answered, parallel(training._described, answered), strict=True) if d is not None}
    alone = [i for i in answered if "self_contained" in asking[i].gold["tags"]]

    def held_out(gone: tuple[str, ...]) -> Any:
        use = [c for c, n in enumerate(names) if n not in gone]
        kept = [names[c] for c in use]
        right = np.zeros((len(alone), 2))
        for k in range(FOLDS):
            rest = [i for i in lists if asking[i].fold != k]
            fitted = fit_sentences(
                [(lists[i][0][:, use], lists[i][1]) for i in rest], kept, [doubled(asking[i]) for i in rest]
            )
            w = np.array([fitted[n] for n in kept])
            for row, i in enumerate(alone):
                if asking[i].fold == k and i in lists:
                    order = np.argsort(-(lists[i][0][:, use] @ w), kind="stable")
                    right[row] = lists[i][1][order[0]], lists[i][1][order[:3]].any()
        return right

    whole = held_out(())
    print(f"everything: first {whole[:, 0].mean():.4f}, three {whole[:, 1].mean():.4f}, n={len(alone)}", flush=True)
    picks = np.random.default_rng(0).integers(0, len(alone), (2000, len(alone)))
    for part, gone in PARTS.items():
        change = held_out(gone) - whole
        low, high = np.percentile(change[picks].mean(1), [2.5, 97.5], axis=0)
        print(f"without {part:34} " + "  ".join(f"{name} {change[:, c].mean():+.4f} [{low[c]:+.4f}, {high[c]:+.4f}]" for c, name in enumerate(("first", "three"))), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
