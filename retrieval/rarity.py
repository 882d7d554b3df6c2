"""How rare a term is: inverse document frequency in the collection, smoothed by how common it is in French at large.

In a collection of five articles an everyday word may stand once, like the rarest name. So a collection is counted as
though PRIOR passages of French at large stood beside its own, with the share of passages that hold the term in
`lexicon/usual.txt` (a Dirichlet prior; Zhai & Lafferty, A Study of Smoothing Methods for Language Models Applied to
Information Retrieval, 2004, there for word probabilities). In thousands of articles they hardly count.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import log

from retrieval.lexicon import lines

PRIOR = 100.0  # passages


def rarity(term: str, held: int, passages: int) -> float:
    """Inverse document frequency, in nats, of a term that `held` of a collection's passages have.

    As BM25 has it, over the collection and the prior.
    """
    df, n = held + PRIOR * usual().get(term, 0.0), passages + PRIOR
    return log(1 + (n - df + 0.5) / (df + 0.5))


@lru_cache(maxsize=1)
def usual() -> Mapping[str, float]:
    """The share of French passages that hold a term, for the commoner terms; 0 to 1."""
    found = dict[str, float]()
    for line in lines("usual.txt"):
        share, _, terms = line.partition("\t")
        found.update(dict.fromkeys(terms.split(), float(share) / 1000))
    return found
