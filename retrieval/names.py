"""The proper names of a sentence: which are persons, by a given name or a title, and which places.

A place is told by the preposition before it or by the gazetteer: `lexicon/cities.txt`, and what `lexicon/kinds.txt` has
under countries, regions and the like. Given names are those of `lexicon/first_names.txt`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from retrieval.analysis import flat, fold
from retrieval.lexicon import lines

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
_NOUNS_OF_PLACES = {"pays", "continent", "departement", "region", "etat americain", "mer", "ile", "montagne", "desert"}


@lru_cache(maxsize=1)
def _first_names() -> frozenset[str]:
    """Given names, folded."""
    return frozenset(fold("\n".join(lines("first_names.txt"))).split("\n"))


@lru_cache(maxsize=1)
def _towns() -> frozenset[str]:
    """Cities and towns, folded."""
    return _listed(lines("cities.txt"))


@lru_cache(maxsize=1)
def _wider() -> frozenset[str]:
    """Countries, regions, seas and the like, folded, where no town is called the same."""
    found = []
    for line in lines("kinds.txt"):
        nouns, _, places = line.partition(">")
        if not _NOUNS_OF_PLACES.isdisjoint(noun.strip() for noun in flat(nouns).split(",")):
            found.append(places)
    return _listed(found) - _towns()


def _listed(places: list[str]) -> frozenset[str]:
    return frozenset(flat(place).strip() for place in ",".join(places).split(","))


@dataclass(frozen=True, slots=True)
class Name:
    """A proper name in a sentence."""

    start: int
    text: str
    person: bool
    placed: bool  # behind a preposition of place, or known to be one
    wide: bool = False  # known to be a country, a region, a sea: no town


@lru_cache(maxsize=4_000)
def names_in(sentence: str) -> tuple[Name, ...]:
    """The proper names of a sentence: runs of capitals; a word that opens it only where known."""
    given, towns, wider, found = _first_names(), _towns(), _wider(), []
    for m in _NAME.finditer(sentence):
        name, start = m.group(), m.start()
        opens = not sentence[:start].strip(' «"“-–—(')
        while opens and (first := name.partition(" "))[2] and fold(first[0]) in _OPENERS:
            if flat(name) in towns or flat(name) in wider:
                break
            name, start = first[2], start + len(first[0]) + 1
        parts = flat(name).split()
        wide = " ".join(parts) in wider
        known = wide or " ".join(parts) in towns
        if opens and start == m.start() and len(parts) == 1 and not known and parts[0] not in given:
            continue
        before = sentence[max(0, start - 24) : start]
        person = any(p.rstrip("'") in given for p in parts) or bool(_TITLE.search(fold(before)))
        placed = bool(_PLACED.search(before)) and (known or not person)
        found.append(Name(start, name, person and not (placed and known), placed or (known and not person), wide))
    return tuple(found)
