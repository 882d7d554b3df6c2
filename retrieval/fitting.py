"""Whether a sentence has what a question asks for, in kind and by its noun: some of the clues that sentences get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

from retrieval.analysis import flat, terms
from retrieval.asking import Asked
from retrieval.expecting import Expected, expected, instances_in, names_for
from retrieval.kinds import LOOKING
from retrieval.likeness import Matcher
from retrieval.names import names_in

# Kinds that a pattern finds: the noun of « quel volume » is not looked for as well.
MEASURED = LOOKING.keys() - {"definition", "yesno", "manner", "reason", "list"}
_MARKED = frozenset({"definition", "yesno", "manner"})  # told by a mark somewhere in the sentence, not by what it holds
_HELD = (LOOKING.keys() | {"place", "person", "name"}) - _MARKED
REACH = 60.0  # characters over which nearness falls to 1/e


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, and where it says what the question does."""

    text: str
    words: Sequence[tuple[str, int, int]]  # its terms, with their offsets
    matched: Sequence[tuple[int, float]]  # where the question's terms stand, and their share of its weight

    def nearness(self, places: Sequence[int]) -> float:
        """How much of the question stands near the best of some places, 0 to 1."""
        return max((sum(w * exp(-abs(s - at) / REACH) for s, w in self.matched) for at in places), default=0.0)


def wanted(asked: Asked) -> Expected:
    """What the noun that is asked for lets expect, where no pattern finds the kind."""
    found = Expected() if asked.kinds & (MEASURED | {"reason"}) else expected(asked.text)
    if not found.focus and asked.kinds & {"person", "place"}:
        return Expected("", asked.kinds & {"person", "place"})
    return found


def of_kind(said: Said, asked: Asked, matcher: Matcher) -> dict[str, float]:
    """What a sentence holds of the kind that is asked for and the question does not say; how near to its words."""
    text = said.text
    names = [(s, t) for t, s, _ in said.words if text[s].isupper() and not matcher.one(t)]
    numbers = [s for t, s, _ in said.words if t[0].isdigit() and t not in asked.weights]
    inner = [s for s, _ in names if s > 1]
    spots: list[int] = []
    mark = unit = 0.0
    folded = flat(text)
    typed_any = counted = False
    for kind in asked.kinds:
        if kind in _MARKED:
            mark = max(mark, float(bool(LOOKING[kind].search(folded))))
        elif kind in LOOKING:
            for found in LOOKING[kind].finditer(folded):
                first = terms(found.group())[:1]
                if first and first[0] in asked.weights:
                    continue
                typed_any = True
                spots.append(found.start())
                if kind in ("number", "age"):
                    behind = terms(folded[found.end() : found.end() + 40].partition(". ")[0])[:3]
                    unit = max(unit, float(kind == "age" or any(matcher.one(t) for t in behind)))
                    counted = counted or any(matcher.one(t).keys() & asked.counted for t in behind)
        elif kind == "place":
            here = [n.start for n in names_in(text) if n.placed and not any(map(matcher.one, terms(n.text)))]
            typed_any = typed_any or bool(here)
            spots += here
        elif kind in ("person", "name"):
            typed_any = typed_any or bool(names)
            spots += inner or [s for s, _ in names]
    expects = asked.kinds & _HELD
    if not expects:
        spots = inner + numbers
    listed = LOOKING["list"].search(folded)
    return {
        "mark": mark,
        "typed": float(typed_any),
        "untyped": float(not typed_any and bool(expects)),
        "typed_count": float(min(len(spots), 5)),
        "near": said.nearness(spots),
        "unit": unit,
        "counted": float(counted),
        "uncounted": float(bool(asked.counted) and not counted),
        "new_names": float(min(len(inner), 6)),
        "new_numbers": float(min(len(numbers), 4)),
        "new_words": float(sum(not matcher.one(t) for t, _, _ in said.words)),
        "enumerates": float(bool(listed)),
        "list_fit": float(bool(listed) and asked.several),
    }


def of_noun(said: Said, asked: Asked, matcher: Matcher, noun: Expected) -> dict[str, float]:
    """Whether a sentence has what the noun that is asked for lets expect, and how near to the question's words."""
    held = frozenset(asked.weights)
    instances = instances_in(noun, said.words, held)
    named = names_for(noun, said.text, held)
    focus = frozenset(terms(noun.focus))
    at_focus = [e for t, _, e in said.words if t in focus or focus & matcher.one(t).keys()]
    return {
        "instance": float(bool(instances)),
        "no_instance": float(bool(noun.instances) and not instances),
        "named": float(bool(named)),
        "unnamed": float(bool(noun.types) and not named),
        "expected_near": said.nearness([*instances, *named]),
        "focus_named": float(any(0 <= s - e <= 12 or 0 <= e - s <= 30 for s in named for e in at_focus)),
    }
