"""What tells whether some hits hold an answer at all: numbers about a question, its best sentences and its hits.

They are what the trees of `choosing` read. Rarities are shares of the rarity of a word that no article has, so that
they mean the same in collections of five and of five thousand articles.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import log

from retrieval.analysis import terms, terms_with_offsets
from retrieval.asking import Asked
from retrieval.clues import Candidate
from retrieval.types import Hit

ELSEWHERE = 0.5  # strength of a term that only the rest of the article holds
LONGEST_READ = 20_000  # characters of an article looked at for that
NO_OTHER = 5.0  # how far the best sentence leads where all are of one article
DECIMALS = 2  # more would tell one collection from another
LONGEST_SEEN = 8_000  # characters of an article that are looked through for the question's names
UNFIT = ("untyped", "uncounted", "no_instance", "unnamed")  # clues that a sentence lacks what is asked for
KINDS = ("person", "place", "name", "date", "number", "reason", "manner", "yesno", "definition", "which", "what")
NONE = -1.0  # share of something that the question does not have


def evidence(asked: Asked, ranked: Sequence[Candidate], hits: Sequence[Hit]) -> dict[str, float]:
    """The numbers, by name; `ranked` are the sentences of `hits`, best first, one at least."""
    best = ranked[0]
    found = _of_question(asked) | _of_best(asked, best, hits[best.hit]) | _of_all(asked, ranked) | _of_hits(asked, hits)
    return {name: round(value, DECIMALS) for name, value in found.items()}


def _of_question(asked: Asked) -> dict[str, float]:
    """How much there is to go by."""
    rarities = asked.weights.values()
    return {
        "terms": float(len(rarities)),
        "highest": max(rarities) / asked.rarest,
        "lowest": min(rarities) / asked.rarest,
        "mean": sum(rarities) / len(rarities) / asked.rarest,
    } | {f"asks_{kind}": float(kind in asked.kinds) for kind in KINDS}


def _of_best(asked: Asked, best: Candidate, hit: Hit) -> dict[str, float]:
    """What the best sentence, its passage, title and article hold of the question, and what they do not."""
    weights = asked.weights
    title = frozenset(terms(hit.article.title or ""))
    found = {f"best_{name}": best.clues[name] for name in ("group", "support", "title", "length")}
    found["best_chance"] = best.chance
    found["support"] = _share(weights, weights, dict(zip(weights, _strengths(asked, best), strict=True)))
    plain = [t for t in weights if t not in asked.anchors]
    found["plain_said"] = _share(weights, plain, dict.fromkeys(best.content, 1.0))
    found["plain_near"] = _share(weights, plain, best.around)
    found["absent"] = sum(w for t, w in weights.items() if not best.around[t]) / asked.rarest / len(weights)
    seen = _capitals(best.article.text[:LONGEST_SEEN]) if asked.anchors else ()
    found["capitals"] = _share(weights, asked.anchors, dict.fromkeys(seen, 1.0))
    found["title_share"] = len(title & weights.keys()) / max(1, len(title))
    found["title_names"] = len(title & asked.anchors) / max(1, len(title))
    return found


def _of_all(asked: Asked, ranked: Sequence[Candidate]) -> dict[str, float]:
    """How the sentences compare: what the best hold, by how much the first leads, how the probability is spread."""
    best, first = ranked[0], ranked[:3]
    missing = min(sum(not c.around[t] for t in asked.anchors) for c in ranked[:5])
    others = [c.score for c in ranked if c.article.title != best.article.title]
    rough = max(c.clues["rough"] for c in ranked)
    typed = max((c.clues["rough"] for c in ranked if not c.clues["untyped"]), default=0.0)
    return {
        "absent_names": missing / max(1, len(asked.anchors)),
        "three_names": max(c.clues["names_near"] for c in first),
        "lead": best.score - max(others, default=best.score - NO_OTHER),  # over what is said elsewhere
        "chance_three": sum(c.chance for c in first),
        "fitting": sum(c.chance for c in first if not any(c.clues[name] for name in UNFIT)),
        "entropy": -sum(c.chance * log(c.chance) for c in ranked if c.chance > 0),
        "typed_gap": rough - typed,  # how much less of the question is said where the kind that is asked for stands
    } | {f"three_{name}": float(all(c.clues[name] for c in first)) for name in UNFIT}


def _of_hits(asked: Asked, hits: Sequence[Hit]) -> dict[str, float]:
    """How well the word index found the question, and whether in one article or in several."""
    total, title = sum(asked.weights.values()) or 1.0, hits[0].article.title
    elsewhere = next((h.score for h in hits if h.article.title != title), 0.0)
    return {
        "bm25": hits[0].score / total,
        "bm25_lead": (hits[0].score - elsewhere) / total,
        "bm25_ratio": elsewhere / hits[0].score if hits[0].score else 0.0,
        "one_title": sum(h.article.title == title for h in hits) / len(hits),
    }


def _share(weights: Mapping[str, float], of: Collection[str], held: Mapping[str, float]) -> float:
    """How much of some terms, by rarity, is held; NONE where there are none."""
    total = sum(weights[t] for t in of)
    return sum(weights[t] * held.get(t, 0.0) for t in of) / total if total else NONE


def _strengths(asked: Asked, best: Candidate) -> list[float]:
    """How well the best sentence's passage, heading and (by ELSEWHERE) article hold each term."""
    strengths = [best.around[t] for t in asked.weights]
    if not all(strengths):
        rest = frozenset(terms(best.article.text[:LONGEST_READ]))
        strengths = [v or ELSEWHERE * (t in rest) for t, v in zip(asked.weights, strengths, strict=True)]
    return strengths


def _capitals(text: str) -> frozenset[str]:
    """The terms that stand with a capital in a text, and numbers."""
    return frozenset(t for t, at, _ in terms_with_offsets(text) if text[at].isupper() or text[at].isdigit())
