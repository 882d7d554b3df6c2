"""What tells whether some hits hold an answer at all: numbers about a question, its best sentences and its hits.

They are what the trees of `choosing` read. Rarities are shares of the rarity of a word that no article has, so that
they mean the same in collections of five and of five thousand articles.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from retrieval.analysis import terms, terms_with_offsets
from retrieval.asking import Asked
from retrieval.clues import Candidate
from retrieval.kinds import MEASURES
from retrieval.types import Hit

ELSEWHERE = 0.5  # strength of a term that only the rest of the article holds
LONGEST_READ = 20_000  # characters of an article looked at for that
NO_OTHER = 5.0  # how far the best sentence leads where all are of one article
DECIMALS = 2  # more would tell one collection from another
NAMELESS = -1.0  # share of the names that are found, where the question has none


def evidence(asked: Asked, ranked: Sequence[Candidate], hits: Sequence[Hit]) -> dict[str, float]:
    """The numbers, by name; `ranked` are the sentences of `hits`, best first, one at least."""
    best = ranked[0]
    found = _of_question(asked) | _of_best(asked, best, hits[best.hit]) | _of_all(asked, ranked) | _of_hits(asked, hits)
    return {name: round(value, DECIMALS) for name, value in found.items()}


def _of_question(asked: Asked) -> dict[str, float]:
    """How much there is to go by."""
    return {
        "terms": float(len(asked.weights)),
        "highest": max(asked.weights.values()) / asked.rarest,
        "lowest": min(asked.weights.values()) / asked.rarest,
    }


def _of_best(asked: Asked, best: Candidate, hit: Hit) -> dict[str, float]:
    """What the best sentence, its passage and its title hold of the question, and what they do not."""
    weights, total = asked.weights, sum(asked.weights.values()) or 1.0
    title = frozenset(terms(hit.article.title or ""))
    found = {f"best_{name}": best.clues[name] for name in ("group", "names_near", "length")}
    found["best_score"], found["best_chance"] = best.score, best.chance
    found["support"] = sum(w * v for w, v in zip(weights.values(), _strengths(asked, best), strict=True)) / total
    found["absent"] = sum(w for t, w in weights.items() if not best.around[t]) / asked.rarest / len(weights)
    found["not_said"] = sum(w for t, w in weights.items() if t not in best.content) / asked.rarest
    found["capitals"] = _capitals(asked, hit)
    found["title_share"] = len(title & weights.keys()) / max(1, len(title))
    found["title_names"] = len(title & asked.anchors) / max(1, len(title))
    return found


def _of_all(asked: Asked, ranked: Sequence[Candidate]) -> dict[str, float]:
    """How the sentences compare: what the best hold, by how much the first leads, how the probability is spread."""
    best = ranked[0]
    found = {f"most_{name}": max(c.clues[name] for c in ranked) for name in ("near", "exact", "expected_near")}
    found["absent_names"] = min(sum(not c.around[t] for t in asked.anchors) for c in ranked[:5]) / max(
        1, len(asked.anchors)
    )
    others = [c.score for c in ranked if c.article.title != best.article.title]
    found["lead"] = best.score - max(others, default=best.score - NO_OTHER)  # over what is said elsewhere
    found["chance_three"] = sum(c.chance for c in ranked[:3])
    found["entropy"] = -sum(c.chance * log(c.chance) for c in ranked if c.chance > 0)
    rough = max(c.clues["rough"] for c in ranked)  # how much less of it is said where the kind that is asked for stands
    found["typed_gap"] = rough - max((c.clues["rough"] for c in ranked if not c.clues["untyped"]), default=0.0)
    untyped = min(c.clues["untyped"] for c in ranked[:3])
    found["untyped_measure"] = untyped * bool(asked.kinds & MEASURES)
    return found


def _of_hits(asked: Asked, hits: Sequence[Hit]) -> dict[str, float]:
    """How well the word index found the question, and whether in one article or in several."""
    total, title = sum(asked.weights.values()) or 1.0, hits[0].article.title
    elsewhere = next((h.score for h in hits if h.article.title != title), 0.0)
    return {
        "bm25": hits[0].score / total,
        "bm25_lead": (hits[0].score - elsewhere) / total,
        "one_title": sum(h.article.title == title for h in hits) / len(hits),
    }


def _strengths(asked: Asked, best: Candidate) -> list[float]:
    """How well the best sentence's passage, heading and (by ELSEWHERE) article hold each term."""
    strengths = [best.around[t] for t in asked.weights]
    if not all(strengths):
        rest = frozenset(terms(best.article.text[:LONGEST_READ]))
        strengths = [v or ELSEWHERE * (t in rest) for t, v in zip(asked.weights, strengths, strict=True)]
    return strengths


def _capitals(asked: Asked, hit: Hit) -> float:
    """The share of the question's names that stand with a capital in a passage or its title, by rarity."""
    if not asked.anchors:
        return NAMELESS
    written = {
        t
        for text in (hit.text, hit.article.title or "")
        for t, start, _ in terms_with_offsets(text)
        if text[start].isupper() or text[start].isdigit()
    }
    total = sum(asked.weights[t] for t in asked.anchors) or 1.0
    return sum(asked.weights[t] for t in asked.anchors & written) / total
