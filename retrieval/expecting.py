"""What « quel animal », « quelle comédienne », « le nom du village » expect, and where a sentence has it.

Answer types beyond those of `kinds` are told by the noun that is asked for (the question's focus; Li & Roth, Learning
Question Classifiers, 2002): `lexicon/kinds.txt` holds what answers it (« animal » by « loup »), `lexicon/named.txt` the
type of proper name (« comédienne » by a person's, « bourg » by a place's), and `lexicon/first_names.txt` tells persons'
names from others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from retrieval.analysis import fold, terms
from retrieval.lexicon import lines

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
_PARTICLES = "de|du|des|van|von|der|den|bin|ben|al|el|le|la|da|di|dos"
_NAME = re.compile(rf"[A-ZÀ-ÝŒ][\w’'-]*(?:(?: (?:{_PARTICLES}))* [A-ZÀ-ÝŒ][\w’'-]*)*")
_PLACED = re.compile(
    r"\b(?:à|en|aux?|dans|vers|sur|près de|par|entre|jusqu['’]à|depuis|de|du|des|d['’])\s?(?:l[ae]s? |l['’])?$",
    re.IGNORECASE,
)
_OPENERS = frozenset(  # words that open a sentence with a capital, and no name
    "a au aux en dans vers sur par entre depuis de du des le la les un une ce cet cette ces son sa ses leur leurs et"
    " mais pour avec sans chez selon apres avant il elle ils elles on nous vous je tous toutes si quand lorsque comme"
    " outre ainsi quant parmi malgre pendant durant ici".split()
)
_TITLE = re.compile(
    r"\b(?:m|mm|mme|mlle|dr|me|pr|sir|lord|lady|saint|sainte|general|capitaine|colonel|roi|reine|pape)\.? $"
)
_QUOTED = re.compile(r"[«\"“]\s?[^«»\"“”]{2,80}[»\"”]")


@dataclass(frozen=True, slots=True)
class Expected:
    """What the noun that a question asks for lets expect; nothing where no lexicon knows it."""

    focus: str = ""  # folded
    types: frozenset[str] = frozenset()  # of a name: person, place, organisation, work, event, product
    instances: Mapping[str, tuple[tuple[str, ...], ...]] | None = None  # by their first term


@lru_cache(maxsize=256)
def expected(question: str) -> Expected:
    """What a question's noun lets expect."""
    folded = fold(question).replace("’", "'")
    for asks in _ASKS.finditer(folded):
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
        kind, _, nouns = fold(line).partition(":")
        for noun in nouns.split(","):
            noun = noun.strip().replace("’", "'")
            found[noun] = found.get(noun, frozenset()) | {kind}
    return found


@lru_cache(maxsize=1)
def _lines_by_noun() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for line in lines("kinds.txt"):
        nouns, _, instances = line.partition(">")
        for noun in fold(nouns).split(","):
            found[noun.strip().replace("’", "'")] = instances
    return found


@lru_cache(maxsize=32)
def _instances(line: str) -> Mapping[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for item in line.split(","):
        words = tuple(terms(item))
        if words:
            found[words[0]] = (*found.get(words[0], ()), words)
    return found


@lru_cache(maxsize=1)
def _first_names() -> frozenset[str]:
    """Given names, folded."""
    return frozenset(fold("\n".join(lines("first_names.txt"))).split("\n"))


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


@lru_cache(maxsize=1)
def _gazetteer() -> frozenset[str]:
    """Places, folded: those that a noun of place lets expect, and cities."""
    nouns = ("pays", "continent", "departement", "region", "etat americain", "mer", "ile", "montagne", "desert")
    known = _lines_by_noun()
    listed = ",".join([*(known[n] for n in nouns), *lines("cities.txt")])
    return frozenset(folded(place).strip() for place in listed.split(","))


def folded(text: str) -> str:
    """Folded, with straight apostrophes."""
    return fold(text).replace("’", "'")


@dataclass(frozen=True, slots=True)
class Name:
    """A proper name in a sentence."""

    start: int
    text: str
    person: bool
    placed: bool  # behind a preposition of place


@lru_cache(maxsize=4_000)
def names_in(sentence: str) -> tuple[Name, ...]:
    """The proper names of a sentence: runs of capitals; a word that opens it only where it is a known given name."""
    given, places, found = _first_names(), _gazetteer(), []
    for m in _NAME.finditer(sentence):
        name, start = m.group(), m.start()
        opens = not sentence[:start].strip(' «"“-–—(')
        while opens and folded(name) not in places and (first := name.partition(" "))[2] and fold(first[0]) in _OPENERS:
            name, start = first[2], start + len(first[0]) + 1
        parts = folded(name).split()
        known = " ".join(parts) in places
        if opens and start == m.start() and len(parts) == 1 and not known and parts[0] not in given:
            continue
        before = sentence[max(0, start - 24) : start]
        person = any(p.rstrip("'") in given for p in parts) or bool(_TITLE.search(fold(before)))
        placed = bool(_PLACED.search(before)) and (known or not person)
        found.append(Name(start, name, person and not (placed and known), placed or (known and not person)))
    return tuple(found)


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
            or (wanted.types - {"person", "place"} and not name.person)
        ):
            found.append(name.start)
    if wanted.types & {"work", "product", "event"}:
        found += [m.start() for m in _QUOTED.finditer(sentence) if asked.isdisjoint(terms(m.group()))]
    return found
