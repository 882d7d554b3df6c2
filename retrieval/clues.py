"""Each sentence of some hits, described by numbers that tell whether it answers a question: the ranker's features."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from math import log

from retrieval.analysis import FRENCH_MONTHS, flat, terms, terms_with_offsets
from retrieval.asking import Asked
from retrieval.fitting import Said, of_kind, of_noun, wanted
from retrieval.hostile import orders
from retrieval.likeness import ALIKE, Matcher
from retrieval.passages import split_sentences
from retrieval.types import Article, Hit

NEAR = {"own": 1.0, "before": 0.6, "after": 0.4, "title": 0.6, "passage": 0.45}  # of a term, for the rough order
_ORPHAN = re.compile(
    r"(?:[«\"“]\s?)?(?:(?:mais|et|or|car|ainsi|enfin|toutefois|cependant|en outre|de plus|par ailleurs"
    r"|en revanche),? )?"
    r"(?:ils?|elles?|(?:ce|cette|ces) derni(?:er|ere)s?|(?:celui|celle|ceux|celles)-ci|cet|cette|ces|ce"
    r"|c'est|c'etait|cela|ceci|ca|son|sa|ses|leurs?|(?:selon|pour|d'apres) (?:lui|elles?|eux)|l'une?|les deux|tous deux"
    r"|toutes deux|y|car|a l'inverse|d'ou|l[ea] meme|he|she|it|they|his|her|their|this|these)\b"
)
_YEAR = re.compile(r"1\d{3}|20\d\d")


@dataclass(slots=True)
class Candidate:
    """A sentence of a hit and its numbers."""

    article: Article
    start: int
    end: int
    hit: int  # rank of its passage, from 0
    clues: dict[str, float] = field(default_factory=dict)
    around: Mapping[str, float] = field(default_factory=dict)  # how well its passage and heading hold each term
    content: frozenset[str] = frozenset()  # its terms
    score: float = 0.0
    chance: float = 0.0  # that it holds the answer, if any of the candidates does

    @property
    def text(self) -> str:
        return self.article.text[self.start : self.end]


def is_orphan(sentence: str) -> bool:
    """Whether a sentence begins with what only the sentence before explains."""
    return bool(_ORPHAN.match(flat(sentence[:60])))


def is_year(term: str) -> bool:
    """Whether a term is a year."""
    return bool(_YEAR.fullmatch(term))


def is_fragment(sentence: str) -> bool:
    """A heading or another line that is no sentence."""
    return sentence[-1] not in '.!?…»"”)' and len(sentence) < 100


@lru_cache(maxsize=2_000)
def heading(title: str | None, published: str | None) -> tuple[str, ...]:
    """Terms of an article's title and of its date as a question would write it."""
    year, month, day = ([*(published or "").split("T")[0].split("-"), "", "", ""])[:3]
    name = FRENCH_MONTHS[int(month) - 1] if month.isdigit() and 1 <= int(month) <= 12 else ""
    return tuple(terms(f"{title or ''} . {day.lstrip('0')} {name} {year}"))


def candidates(asked: Asked, hits: Sequence[Hit]) -> list[Candidate]:
    """Every sentence of the hits, once, with its clues."""
    found: list[Candidate] = []
    matcher = Matcher(asked)
    noun = wanted(asked)
    total = sum(asked.weights.values()) or 1.0
    top = max((h.score for h in hits), default=0.0) or 1.0
    groups: dict[str, dict[str, float]] = {}  # how well all hits of one article, or under one heading, hold each term
    best: dict[str, float] = {}
    of_years = set(filter(is_year, asked.weights))
    ordered = list(asked.weights)
    follows = dict(pairwise(ordered))
    seen: set[tuple[str, int]] = set()
    for rank, hit in enumerate(hits):
        text = hit.article.text
        spans = hit.sentences or tuple((hit.start + s, hit.start + e) for s, e in split_sentences(hit.text))
        told_a_machine = orders(text, spans)  # sentences that speak to a machine prove nothing
        tokens = [terms_with_offsets(text[s:e]) for s, e in spans]
        own = [matcher.all([t for t, _, _ in words]) for words in tokens]
        title = matcher.all(heading(hit.article.title, hit.article.published))
        passage: dict[str, float] = {}
        for strength in own:
            for t, v in strength.items():
                passage[t] = max(v, passage.get(t, 0.0))
        around = {t: max(passage.get(t, 0.0), title.get(t, 0.0)) for t in asked.weights}
        support = sum(w * around[t] for t, w in asked.weights.items()) / total
        group = hit.article.title or hit.article.id
        together = groups.setdefault(group, {})
        for t, v in around.items():
            together[t] = max(v, together.get(t, 0.0))
        best[group] = max(hit.score, best.get(group, 0.0))
        for at, (start, end) in enumerate(spans):
            if (hit.article.id, start) in seen or at in told_a_machine:
                continue
            seen.add((hit.article.id, start))
            present = frozenset(t for t, _, _ in tokens[at])
            if not present:
                continue
            c = Candidate(hit.article, start, end, rank, {}, around, present)
            places = {
                "own": own[at],
                "before": own[at - 1] if at else {},
                "after": own[at + 1] if at + 1 < len(own) else {},
                "title": title,
                "passage": passage,
            }
            _cover(c.clues, asked, places, total)
            matched = [
                (s, max(asked.weights[t] * v for t, v in m.items()) / total)
                for t, s, _ in tokens[at]
                if (m := matcher.one(t))
            ]
            said = Said(c.text, tokens[at], matched)
            c.clues |= of_kind(said, asked, matcher) | of_noun(said, asked, matcher, noun)
            _order(c.clues, matcher, tokens[at], follows)
            years = set(filter(is_year, present))
            c.clues["same_year"] = float(bool(years & asked.weights.keys()))
            c.clues["other_year"] = float(bool(years and of_years and not years & of_years))
            c.clues |= {
                "rank": float(rank),
                "hit_score": max(0.0, hit.score) / top,
                "support": support,
                "at": float(at),
                "last": float(at == len(spans) - 1),
                "early": 1 - start / len(text),
                "fragment": float(is_fragment(c.text)),
                "orphan": float(is_orphan(c.text)),
                "length": log(end - start),
                "quoted": float("«" in c.text or '"' in c.text),
            }
            found.append(c)
    shares = {g: sum(w * held[t] for t, w in asked.weights.items()) / total for g, held in groups.items()}
    for c in found:
        group = c.article.title or c.article.id
        c.clues["group"] = shares[group]
        c.clues["group_score"] = max(0.0, best[group]) / top
    _relative(found)
    return found


def _cover(clues: dict[str, float], asked: Asked, places: Mapping[str, Mapping[str, float]], total: float) -> None:
    """How much of the question a sentence holds, and what its neighbours, title and passage add."""
    had: dict[str, float] = {}
    for place, strengths in places.items():
        gain = 0.0
        for t, v in strengths.items():
            if v > had.get(t, 0.0):
                gain += asked.weights[t] * (v - had.get(t, 0.0))
                had[t] = v
        clues[place] = gain / total
    own = places["own"]
    clues["exact"] = sum(w for t, w in asked.weights.items() if own.get(t, 0.0) == 1.0) / total
    clues["matched"] = float(len(own))
    clues["lacking"] = float(len(asked.weights) - len(own))
    rarest = max(asked.weights, key=lambda t: asked.weights[t])
    clues["rarest"] = own.get(rarest, 0.0)
    clues["rarest_near"] = max(NEAR[p] * s.get(rarest, 0.0) for p, s in places.items())
    named = [own.get(t, 0.0) for t in asked.anchors]
    clues["names"] = sum(named) / len(named) if named else 0.5
    near = [max(places["own"].get(t, 0.0), places["title"].get(t, 0.0)) for t in asked.anchors]
    clues["names_near"] = sum(near) / len(near) if near else 0.5
    clues["focus"] = max((own.get(t, 0.0) for t in asked.focus), default=0.0)
    clues["rough"] = (
        sum(w * max(NEAR[p] * s.get(t, 0.0) for p, s in places.items()) for t, w in asked.weights.items()) / total
    )


def _order(
    clues: dict[str, float],
    matcher: Matcher,
    words: Sequence[tuple[str, int, int]],
    follows: Mapping[str, str],
) -> None:
    """Pairs of the question's words in its order, and how close together its words stand."""
    hits = [(i, t) for i, (word, _, _) in enumerate(words) for t, v in matcher.one(word).items() if v >= ALIKE]
    pairs = {
        (a, b) for x, (i, a) in enumerate(hits) for j, b in hits[x + 1 : x + 6] if j - i <= 2 and follows.get(a) == b
    }
    clues["pairs"] = len(pairs) / max(1, len(follows))
    spread = hits[-1][0] - hits[0][0] + 1 if hits else 0
    clues["dense"] = len({t for _, t in hits}) / spread if spread else 0.0


def _relative(found: Sequence[Candidate]) -> None:
    """Clues beside the best of all sentences, and beside the best of the same passage."""
    for name in ("rough", "own", "near", "exact"):
        values = sorted(-c.clues[name] for c in found)
        best = -values[0] if values else 0.0
        within: dict[int, float] = {}
        for c in found:
            within[c.hit] = max(within.get(c.hit, 0.0), c.clues[name])
        for c in found:
            c.clues[f"{name}_gap"] = best - c.clues[name]
            c.clues[f"{name}_gap_here"] = within[c.hit] - c.clues[name]
            c.clues[f"{name}_place"] = float(min(10, bisect_left(values, -c.clues[name])))
