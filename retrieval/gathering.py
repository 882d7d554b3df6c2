"""What a question asks for, in several wordings → one hit list that its answer is written from.

Each part of the question is searched in its own words and in those that a model gave for it. The lists are joined by
the sum of relative scores (CombSUM, the best of each list being 1: Fox & Shaw, Combination of Multiple Searches,
TREC-2 1994), and the parts take turns, so that none is starved. The best hits for the question as the asker put it are
always among them: no model, and nobody who speaks through one, can turn the search away from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from retrieval import ranking
from retrieval.analysis import terms
from retrieval.briefing import distinct
from retrieval.language import detect, telling
from retrieval.rephrasing import Part, Rephrased
from retrieval.search import Searcher
from retrieval.types import Hit, Period, Question, Usage

KEPT = 3  # hits of the asker's own wording that stay, whatever a model said; after so many others
WORDINGS = 6  # of a model's that are searched for all parts together; two for each in any case
LOOKED_AT = 5  # hits that tell whether there is evidence
DEEP = 20  # hits of each search that are joined
EVIDENCE = 0.4  # share of a wording's words, weighed by rarity, that a hit holds where there is evidence; seen: .57


@dataclass(frozen=True, slots=True)
class Gathered:
    """The hits for a question, what it was taken for, and the parts on which nothing was found."""

    question: Question
    hits: tuple[Hit, ...]
    empty: bool  # nothing on any part


def gather(
    searcher: Searcher,
    asked: Question,
    plain: Sequence[Hit],
    found: Rephrased,
    passages: int,
    on_usage: Callable[[Usage], None] | None = None,
) -> Gathered:
    """Search for each part, and join what was found; `passages` hits for each part, and those that stay anyway.

    `asked` is the question as the heuristics understood it, and `plain` what was found for that; `on_usage` is told
    what an embedding model took.
    """
    lists, times, unfound = list[list[Hit]](), set[Period | None](), list[str]()
    each = max(2, WORDINGS // len(found.parts))
    for part in (replace(p, searches=p.searches[:each]) for p in found.parts):
        time = _time(searcher, asked, part, alone=len(found.parts) == 1 and not asked.history)
        lists.append(_of_part(searcher, part, time, asked, plain, on_usage))
        times.add(time)
        if not has_evidence(searcher, part, lists[-1]):
            unfound.append(part.question)
    empty = len(unfound) == len(lists)
    if empty:  # the asker's own words decide: else a model could keep what there is from being told
        unfound, empty = [], coverage(searcher, asked.standalone, plain[:LOOKED_AT]) < EVIDENCE
    question = replace(
        asked,
        understood_as=found.question or asked.understood_as,
        language=asked.language or detect(found.question or asked.standalone),
        period=times.pop() if len(times) == 1 else None,
        unfound=tuple(filter(None, unfound)),
    )
    joined = _in_turn(lists)
    joined = _in_turn([joined[:KEPT] + merged([plain])[:KEPT] + joined[KEPT:]])
    return Gathered(question, _falling(distinct(joined)[: passages * len(lists) + KEPT]), empty)


def _time(searcher: Searcher, question: Question, part: Part, alone: bool) -> Period | None:
    """A filter that was set holds; else what the part's own words say, or the question's where it has no other part."""
    if question.any_date or (question.period and not question.period.expression):
        return question.period
    for words in (part.date, part.question):
        if words and (found := searcher.period_of(words, question.today)):
            return found
    return question.period if alone else None


def _of_part(
    searcher: Searcher,
    part: Part,
    time: Period | None,
    asked: Question,
    plain: Sequence[Hit],
    on_usage: Callable[[Usage], None] | None,
) -> list[Hit]:
    """What the wordings of a part find. Vectors, which may cost a call each, are compared for its question alone."""
    own = part.question or asked.standalone
    same = own == asked.standalone and time == asked.period
    lists = [plain if same else searcher.search(own, DEEP, time, on_usage)]
    others = {text.casefold(): text for text in part.searches if text.casefold() != own.casefold()}
    return merged(lists + [searcher.search(text, DEEP, time, words_only=True) for text in others.values()])


def merged(lists: Sequence[Sequence[Hit]]) -> list[Hit]:
    """The hits of several searches for one thing, by the sum of their relative scores."""
    total: dict[tuple[str, int, int], float] = {}
    known: dict[tuple[str, int, int], Hit] = {}
    for hits in lists:
        best = hits[0].score if hits else 0.0
        for hit in hits:
            key = hit.article.id, hit.start, hit.end
            known.setdefault(key, hit)
            total[key] = total.get(key, 0.0) + (hit.score / best if best > 0 else 0.0)
    return [replace(known[k], score=s / len(lists)) for k, s in sorted(total.items(), key=lambda kv: -kv[1])]


def _in_turn(lists: Iterable[Sequence[Hit]]) -> list[Hit]:
    """The first of each list, then the second of each, …; each hit once."""
    found: dict[tuple[str, int, int], Hit] = {}
    for row in zip_longest(*lists):
        for hit in filter(None, row):
            found.setdefault((hit.article.id, hit.start, hit.end), hit)
    return list(found.values())


def _falling(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """The hits with scores that never rise, as those of one list."""
    least, found = float("inf"), list[Hit]()
    for hit in hits:
        least = min(least, hit.score)
        found.append(replace(hit, score=least))
    return tuple(found)


def has_evidence(searcher: Searcher, part: Part, hits: Sequence[Hit]) -> bool:
    """Whether any of the first hits has a good share of the words of any wording, weighed by their rarity."""
    return max((coverage(searcher, text, hits[:LOOKED_AT]) for text in part.searches), default=1.0) >= EVIDENCE


def coverage(searcher: Searcher, text: str, hits: Sequence[Hit]) -> float:
    """The largest share of a question's words, weighed by rarity, that one of the hits holds with its title."""
    weight = ranking.asked(telling(text), searcher.rarity).weight
    total = sum(weight.values())
    if not total:
        return 0.0
    held = (set(terms(f"{hit.article.title or ''}\n{hit.text}")) for hit in hits)
    return max((sum(weight[t] for t in weight.keys() & own) / total for own in held), default=0.0)
