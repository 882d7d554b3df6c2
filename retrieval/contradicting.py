"""What a sentence says otherwise than the passages: figures and names that stand there, but with other words.

Two rules. A near copy of a passage's sentence has its figures and names, in its order; what stands around it (the
neighbouring sentences, the title, the date, the question) may be added, but replaces nothing. And a figure or a name
whose neighbours stand with another one in a passage is taken for a swap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from retrieval.analysis import fold
from retrieval.facts import Facts, Mark, facts, is_named, is_one, resolved
from retrieval.figures import WEEKDAYS
from retrieval.hostile import is_order
from retrieval.types import Hit

SHARED = 2  # content words that a sentence of a passage shares with one that it can prove or contradict
NEAR_COPY = 0.85  # share of a sentence's content words in one sentence of a passage: from here it is a copy
IN_ORDER = 0.6  # the same, for a sentence whose figures must follow each other as the passage's do
# When the neighbours of a figure or a name fit another one. All in the middle of where nothing changes, on every second
# case of tests/retrieval/verification_cases.jsonl.
RIVAL = 1.5  # times as well as its own
CLOSE = 0.5  # share of the neighbours' weight that the other one has at least
LEAST = 0.6  # the same, in weight: one neighbour right beside weighs 1
SAME_LINE = 0.65  # as CLOSE where the passage's sentence holds both, and one may have been left out

_ANAPHOR = re.compile(
    r"\b(?:ils?|elles?|ce dernier|cette derniere|son|sa|ses|leurs?|he|she|they|it|his|her|its|their)\b"
)
_ATTRIBUTION = re.compile(
    r"^\W*(?:selon|d['’]après|according to)\b[^,;.]*,\s*", re.IGNORECASE
)  # its names have no place
_OPENING_PLACE = re.compile(r"(?:en|au|aux|a|dans|in|at) (?:la |le |les |l |the )?(\w+)")
_PASSIVE = re.compile(r"\b(?:par|by)\b")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of a cited passage."""

    hit: Hit
    start: int
    end: int
    first: bool  # of its hit, or of what can be quoted of it together

    @property
    def text(self) -> str:
        return self.hit.article.text[self.start : self.end]

    @property
    def facts(self) -> Facts:
        return facts(self.text)

    @property
    def resolved(self) -> Facts:
        """The days and years that its weekdays and its « l'an dernier » stand for."""
        return facts("; ".join(resolved(self.text, self.hit.article.published)))


def contradicted(own: Facts, lines: Sequence[Line], question: str) -> Iterator[str]:
    """Figures, dates and names that the passages have otherwise, where they say the same."""
    yield from _miscopied(own, lines, question)
    near = [line for line in lines if len(own.terms & line.facts.terms) >= SHARED]
    others = [(m, line) for line in near for m in line.facts.marks]
    common = frozenset[str]().union(*(line.facts.common for line in near))

    def best(mark: Mark, of: Mark) -> float:
        """How well a mark's neighbours fit what is written as another one."""
        return max((_fit(mark, o) for o, _ in others if is_one(of, o)), default=0.0)

    for mark in own.marks:
        if not mark.sure and (mark.values & common or not any(o.sure and is_one(mark, o) for o, _ in others)):
            continue  # the first word of the sentence, and no name
        mine, whole = best(mark, mark), _fit(mark, mark)
        for rival, line in others:
            theirs = _fit(mark, rival) if rival.kind == mark.kind and rival.sure else 0.0
            if theirs < max(LEAST, CLOSE * whole, RIVAL * mine) or is_one(mark, rival) or _told_by(mark, line):
                continue
            if mark.kind == "name" and len(mark.around.keys() & rival.around.keys()) < SHARED:
                continue
            if mark.kind == "name" and _stands_for_pronoun(mark, line, lines):
                continue
            partner = next((m for m in own.marks if is_one(m, rival)), None)
            if partner:
                its, back = best(partner, partner), best(partner, mark)
                clear = back > its and theirs + back >= RIVAL * (mine + its)  # else both are told, each at its place
            else:  # where both are in the sentence the other may have been left out
                both = any(is_one(mark, o) for o in line.facts.marks)
                clear = not both or (mark.kind != "name" and theirs >= max(SAME_LINE * whole, 3 * mine))
            if clear:
                yield f"{_told(mark)} for {rival.written}"
                break


def _stands_for_pronoun(mark: Mark, line: Line, lines: Sequence[Line]) -> bool:
    """Whether a line has a pronoun, and the sentence before it in its passage the name."""
    at = next(i for i, other in enumerate(lines) if other is line)
    before = lines[at - 1] if at and lines[at - 1].hit is line.hit else None
    return bool(before and _ANAPHOR.search(line.facts.folded) and _holds(before.facts, mark))


def _told_by(mark: Mark, line: Line) -> bool:
    """Whether a line says a name by its initials, a date by its weekday, or a year by "last year"."""
    if mark.kind == "name":
        return mark.written.isupper() and not mark.values.isdisjoint(line.facts.initials)
    if mark.kind == "year":
        return not mark.values.isdisjoint(line.resolved.values)
    if mark.kind != "date":
        return False
    days = line.resolved
    wanted = None if mark.unit is None else WEEKDAYS[mark.unit]
    told = zip((m for m in days.marks if m.kind == "date"), days.days, strict=True)
    return any(is_one(mark, o) and wanted in (None, d.weekday) for o, d in told)


def about(hit: Hit) -> Facts:
    """What is known of a hit's article: its title, its outlet, its date."""
    known = (hit.article.title, hit.article.source)
    return facts("\n".join([*(k for k in known if k and not is_order(k)), hit.article.published or ""]))


def _fit(mark: Mark, other: Mark) -> float:
    """How much two marks have the same neighbours."""
    theirs = other.around
    return sum(min(weight, theirs[term]) for term, weight in mark.around.items() if term in theirs)


def _miscopied(own: Facts, lines: Sequence[Line], question: str) -> Iterator[str]:
    """What differs from the sentence of a passage that is copied, where no such sentence has it all."""
    named = frozenset[str]().union(*(m.values for m in own.marks if m.kind == "name" and m.sure))
    plain = frozenset(t for t in own.terms if not any(n.startswith(t[:5]) for n in named))
    if any(_reordered(own, line.facts) for line in lines):
        yield "number or date at another's place"
    if len(plain) < 3:
        return
    found: list[list[str]] = []
    for at, line in enumerate(lines):
        if len(plain & line.facts.terms) >= NEAR_COPY * len(plain):
            heading = [about(line.hit), facts(question)]
            near = [o for o in lines[max(0, at - 1) : at + 2] if o.hit is line.hit]
            wrong = list(_differences(own, line, heading, [o.facts for o in near], lines))
            other = [o.facts for o in lines if o is not line]
            added = [m for m in own.marks if not _holds(line.facts, m)]  # a fact of another sentence, with its name
            joined = len({m.kind for m in added}) > 1 and any(all(_holds(f, m) for m in added) for f in other)
            found.append([] if joined else [_told(m) for m in wrong])
            if not wrong and _exchanged(own, facts(_ATTRIBUTION.sub("", line.text)), plain):
                found[-1].append("name at another's place")
    if found:
        yield from min(found, key=len)


def _told(mark: Mark) -> str:
    return f"{mark.kind if mark.kind in ('name', 'date') else 'number'} {mark.written}"


def _holds(text: Facts, mark: Mark) -> bool:
    if mark.kind == "name":
        return any(fold(v) in text.words for v in mark.values)
    return any(is_one(mark, o) for o in text.marks) or not mark.values.isdisjoint(text.values)


def _differences(
    own: Facts, line: Line, heading: Sequence[Facts], near: Sequence[Facts], lines: Sequence[Line]
) -> Iterator[Mark]:
    """Marks that the copied sentence lacks, unless they only add to it what stands around it."""
    copied = line.facts
    for mark in own.marks:
        if _holds(copied, mark) or _told_by(mark, line):
            continue
        missing = [o for o in copied.marks if o.sure and not any(is_one(m, o) for m in own.marks)]
        left = [o for o in missing if o.kind == mark.kind and not (o.kind == "year" and _beside(o, copied, missing))]
        if mark.kind == "name":
            # a name may stand for a pronoun, or be added; it may not stand where the copied sentence has another one
            replaced = not _ANAPHOR.search(copied.folded) or any(
                _fit(mark, o) >= CLOSE * _fit(mark, mark) for o in left
            )
            around = [copied, *heading] if left and replaced else [copied, *heading, *(o.facts for o in lines)]
            words = re.split(r"[ -]", mark.written)
            if mark.sure and not any(is_named(w, f, own, True) for w in words for f in around):
                yield mark
        elif left or not any(_holds(f, mark) for f in [*heading, *near]):
            yield mark
    for day in own.days:
        others = [d for d in copied.days if day.is_of(d)]
        if day.year and others and all(d.year not in (None, day.year) for d in others):
            yield next(m for m in own.marks if m.kind == "date" and m.written == day.written)


def _beside(year: Mark, copied: Facts, missing: Sequence[Mark]) -> bool:
    """Whether a year stands with figures that are left out too: "43 milliards, après 41 milliards en 2023"."""
    figures = list(copied.numbers)
    at = next(i for i, mark in enumerate(figures) if mark is year)
    beside = [*figures[max(0, at - 1) : at], *figures[at + 1 : at + 2]]
    return bool(beside) and all(any(mark is m for m in missing) for mark in beside)


def _reordered(own: Facts, copied: Facts) -> bool:
    """Whether figures or dates follow each other in another order than in a sentence whose words have theirs."""
    words = [t for t in own.order if t in copied.terms]
    if len(words) < max(3, IN_ORDER * len(own.order)) or not _follows(words, copied.order, lambda a, b: a == b):
        return False
    turned = []
    for kind in ("number", "percent", "year", "date"):
        theirs = [o for o in copied.marks if o.kind == kind]
        mine = [m for m in own.marks if m.kind == kind and any(is_one(m, o) for o in theirs)]
        if len(mine) > 1:
            turned.append(not _follows(mine, theirs, is_one))
    # all kinds turned round: "from 4 in 2023 to 7 in 2024" says the same as "7 in 2024, after 4 in 2023"
    return any(turned) and (len(turned) == 1 or not all(turned))


def _exchanged(own: Facts, copied: Facts, plain: frozenset[str]) -> bool:
    """Whether names follow each other otherwise than in the copied sentence, while its words do not.

    A list may be turned round, an owner (« le Kenyan X », « X du Kenya »), and a sentence in the passive; and a place
    may open the sentence (« Au Kenya, … »).
    """
    if len(_PASSIVE.findall(own.folded)) != len(_PASSIVE.findall(copied.folded)):
        return False
    theirs = [o for o in copied.marks if o.kind == "name"]
    mine = [m for m in own.marks if m.kind == "name" and m.sure and any(is_one(m, o) for o in theirs)]
    if opening := _OPENING_PLACE.match(own.folded.strip()):
        mine = [m for m in mine if not (opening[1] in m.values and _is_place(opening[1], copied))]
    words = [t for t in own.order if t in plain and t in copied.terms]
    if len(mine) < 2 or _follows(mine, theirs, is_one) or not _follows(words, copied.order, lambda a, b: a == b):
        return False
    last = [max(m.values, key=lambda v: own.folded.find(v)) for m in mine[:-1]]
    return not any(re.search(rf"\b{re.escape(v)} (?:et|ou|and|or|avec|with|de|d|of|s)\b", own.folded) for v in last)


def _is_place(name: str, text: Facts) -> bool:
    """Whether a text says that something was there: such a name may stand anywhere in a sentence."""
    return bool(re.search(rf"\b(?:en|au|aux|a|dans|in|at) (?:la |le |les |l |the )?{re.escape(name)}\b", text.folded))


def _follows(part: Sequence[_T], whole: Sequence[_T], same: Callable[[_T, _T], bool]) -> bool:
    """Whether the part is in the whole, in its order."""
    rest = iter(whole)
    return all(any(same(p, w) for w in rest) for p in part)
