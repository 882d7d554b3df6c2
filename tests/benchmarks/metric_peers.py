"""What ir-measures and scipy say of some cases, for the tests to hold our metrics to.

pip install ir-measures scipy; python tests/benchmarks/metric_peers.py > tests/retrieval/evaluation/peers.json
"""

from __future__ import annotations

import json
import random
from importlib.metadata import version

import ir_measures
import numpy as np
import scipy.stats
from ir_measures import RR, Qrel, R, ScoredDoc, nDCG

chance = random.Random(4)
rankings = []
for _ in range(40):
    relevant = [chance.random() < 0.25 for _ in range(chance.randint(1, 15))]
    total = max(1, sum(relevant) + chance.randint(0, 3))
    run = [ScoredDoc("q", str(at), float(-at)) for at in range(len(relevant))]
    qrels = [Qrel("q", str(at), 1) for at, good in enumerate(relevant) if good]
    qrels += [Qrel("q", f"unseen {n}", 1) for n in range(total - sum(relevant))]
    measures = [R @ 1, R @ 5, R @ 10, RR @ 10, nDCG @ 10]
    values = ir_measures.calc_aggregate(measures, qrels, run)
    rankings.append({"relevant": relevant, "total": total, "values": [values[m] for m in measures]})

mcnemar = [[gained, lost, scipy.stats.binomtest(gained, gained + lost, 0.5).pvalue if gained + lost else 1.0]
           for gained, lost in ((0, 0), (2, 0), (0, 5), (6, 0), (7, 2), (12, 4), (30, 30), (14, 4))]  # fmt: skip

numbers = np.random.default_rng(4)
first = numbers.beta(2, 2, 150).round(3)
second = np.clip(first + numbers.normal(0.03, 0.15, 150), 0, 1).round(3)
drawn = scipy.stats.bootstrap(
    (first, second), lambda a, b, axis: b.mean(axis=axis) - a.mean(axis=axis), paired=True, method="percentile",
    n_resamples=20_000, rng=4,
).confidence_interval  # fmt: skip
tested = scipy.stats.permutation_test(
    (first, second), lambda a, b, axis: b.mean(axis=axis) - a.mean(axis=axis), permutation_type="samples",
    n_resamples=20_000, rng=4,
).pvalue  # fmt: skip
clopper = scipy.stats.binomtest(0, 15).proportion_ci(method="exact")
print(json.dumps({
    "of": {name: version(name) for name in ("ir-measures", "scipy")}, "rankings": rankings, "mcnemar": mcnemar,
    "paired": {"first": first.tolist(), "second": second.tolist(), "interval": list(drawn), "p": tested},
    "clopper_pearson": {"of": 15, "none": list(clopper)},
}))  # fmt: skip
