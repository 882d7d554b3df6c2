"""What « quel animal », « quelle comédienne », « le nom du village » expect, and where a sentence has it.

Answer types beyond those of `kinds` are told by the noun that is asked for (the question's focus; Li & Roth, Learning
Question Classifiers, 2002): `lexicon/kinds.txt` holds what answers it (« animal » by « loup »), `lexicon/named.txt` the
type of proper name (« comédienne » by a person's, « bourg » by a place's), which `names` finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from retrieval.analysis import flat, terms
from retrieval.lexicon import lines
from retrieval.names import names_in

FOCUS_WORDS = 3  # behind « quel » among which the noun is looked for
_ASKS = re.compile(
    r"\b(?:quel(?:le)?s?|lequel|laquelle)\b(?: (?:est|etait|sont|etaient|fut|furent|sera))?(?P<noun>.{0,80})"
    r"|\bcomment (?:(?:s'|se )?(?:appel|nomm|prenomm)\w*)(?:-t-(?:on|il|elle)|-(?:on|il|elle))?(?P<called>.{0,80})"
    r"|\bc'est (?:quoi|qui|ou)(?P<what>.{0,60})"
)
_NAME_OF = re.compile(
    r"^ ?(?:l[ae]s? |l')?(?:nom|prenom|surnom|titre|type|genre|sorte|espece|marque)s? (?:de la |de l'|des |du |de |d')"
)
_ARTICLE = re.compile(r"^ ?(?:l[ae]s? |l'|un |une |des |du |de |d')")
_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")
_STOPS = frozenset(
    "qui que dont ou dans a ont est sont avec pour par sur en au aux selon lors avait etait fut se s de du des d l la"
    " le les un une".split()
)
_QUOTED = re.compile(r"[«\"“]\s?[^«»\"“”]{2,80}[»\"”]")


@dataclass(frozen=True, slots=True)
class Expected:
    """What the noun that a question asks for lets expect; nothing where no lexicon knows it."""

    focus: str = ""  # folded
    types: frozenset[str] = frozenset()  # of a name: person, place, town, organisation, work, event, product
    instances: Mapping[str, tuple[tuple[str, ...], ...]] | None = None  # by their first term


@lru_cache(maxsize=256)
def expected(question: str) -> Expected:
    """What a question's noun lets expect."""
    for asks in _ASKS.finditer(flat(question)):
        behind = asks["noun"] or asks["called"] or asks["what"]
        if not behind:
            continue
        behind = _NAME_OF.sub("", behind)
        while _ARTICLE.match(behind):
            behind = _ARTICLE.sub("", behind, count=1)
        words = _WORD.findall(behind)[:FOCUS_WORDS]
        for at, word in enumerate(words):
            if word in _STOPS:
                break
            for size in (3, 2, 1):
                noun = " ".join(words[at : at + size])
                types, line = _types_of(noun), _line_of(noun)
                if types or line:
                    return Expected(noun, types, _instances(line) if line else None)
    return Expected()


def _singulars(noun: str) -> Iterator[str]:
    yield noun
    first, *rest = noun.split(" ")
    if first[-1] in "sx":
        yield " ".join([first[:-1], *rest])
    if first.endswith("aux"):
        yield " ".join([first[:-3] + "al", *rest])


def _types_of(noun: str) -> frozenset[str]:
    known = _types()
    return next((known[n] for n in _singulars(noun) if n in known), frozenset())


def _line_of(noun: str) -> str:
    known = _lines_by_noun()
    return next((known[n] for n in _singulars(noun) if n in known), "")


@lru_cache(maxsize=1)
def _types() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in lines("named.txt"):
        kind, _, nouns = flat(line).partition(":")
        for noun in nouns.split(","):
            noun = noun.strip()
            found[noun] = found.get(noun, frozenset()) | {kind}
    return found


@lru_cache(maxsize=1)
def _lines_by_noun() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in lines("kinds.txt"):
        nouns, _, instances = line.partition(">")
        for noun in flat(nouns).split(","):
            found[noun.strip()] = instances
    return found


@lru_cache(maxsize=32)
def _instances(line: str) -> Mapping[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for item in line.split(","):
        words = tuple(terms(item))
        if words:
            found[words[0]] = (*found.get(words[0], ()), words)
    return found


def instances_in(wanted: Expected, words: Sequence[tuple[str, int, int]], asked: frozenset[str]) -> list[int]:
    """Where a sentence's words are an instance of what is asked for that the question does not hold itself."""
    if not wanted.instances:
        return []
    found = []
    for i, (term, start, _) in enumerate(words):
        for item in wanted.instances.get(term, ()):
            if asked.isdisjoint(item) and tuple(t for t, _, _ in words[i : i + len(item)]) == item:
                found.append(start)
                break
    return found


def names_for(wanted: Expected, sentence: str, asked: frozenset[str]) -> list[int]:
    """Where a sentence names what is asked for: names of the type that the question does not hold."""
    if not wanted.types:
        return []
    found = []
    for name in names_in(sentence):
        own = terms(name.text)
        if not own or not asked.isdisjoint(own):
            continue
        if (
            ("person" in wanted.types and (name.person or (len(own) > 1 and not name.placed)))
            or ("place" in wanted.types and name.placed)
            or ("town" in wanted.types and name.placed and not name.wide)
            or (wanted.types - {"person", "place", "town"} and not name.person)
        ):
            found.append(name.start)
    if wanted.types & {"work", "product", "event"}:
        found += [m.start() for m in _QUOTED.finditer(sentence) if asked.isdisjoint(terms(m.group()))]
    return found
