"""What a question asks for: its terms with their weights, its names, and the kinds of answer that would do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from retrieval.analysis import flat, terms, terms_with_offsets
from retrieval.kinds import ADJECTIVES, LEADING, kinds
from retrieval.lexicon import is_common

UNSAID_SHARE = 0.5  # of the weight of everyday words that no article uses: an article says it in other words
GENERIC_SHARE = 0.3  # of the weight of words that name the kind of answer: a text need not hold them


NOWHERE = "\0"  # a term that no text has


class Corpus(Protocol):
    """What is known of all that is stored; `Searcher` is one."""

    def rarity(self, term: str) -> float:
        """Inverse document frequency."""

    def holds(self, term: str) -> bool:
        """Whether the term occurs at all."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, taken apart."""

    text: str
    kinds: frozenset[str]  # as `retrieval.kinds` has them; several or none
    weights: Mapping[str, float]  # its terms in order, with what each counts for
    anchors: frozenset[str]  # terms of names (capitals that do not open the question) and numbers
    unknown: frozenset[str]  # terms that occur nowhere in the corpus
    focus: frozenset[str]  # terms of the noun that is asked for: « Quelle équipe … »
    counted: frozenset[str]  # of the noun of « combien de … », where a text that counts must say it
    several: bool  # asks for more than one thing
    rarest: float = 1.0  # what a term counts for that occurs nowhere


_FOCUS = re.compile(
    rf"\b(?:quel(?:le)?s? {LEADING}|combien d(?:e |'){ADJECTIVES})"
    r"(?:(?:type|sorte|genre)s? (?:de |d'))?(?P<noun>[\w-]+)"
)
_COUNTED = re.compile(rf"\bcombien d(?:e |'){ADJECTIVES}(?P<noun>[\w-]+)")
# What « combien de … » counts without a text that says the word: people, times, units.
_UNSAID = frozenset(
    terms("fois reprises habitants hommes femmes kilos kilogrammes tonnes litres km kilomètres mètres temps")
)
GENERIC = frozenset(
    terms(
        """année date jour mois siècle époque période heure nombre âge raison but motif cause pays ville lieu endroit
        région nom titre type sorte genre personne gens appelle nomme situe trouve passe signifie quantité vaut valent
        ça veut veulent dire désigne valait coûte atteint représente compte élève chiffre existe volume montant somme
        total pourcentage proportion durée délai distance longueur hauteur superficie
        font fais concerne exerce associe suite objet événement moment appartient faut voir matière savoir conséquence
        aller selon suit occupe parmi permet rend déjà exemple donne issu fonction évolue compare partie"""
    )
)
# Not looked for in texts: what words that ask want is in `retrieval.kinds`, and prepositions say nothing.
_ASKING = frozenset(
    terms(
        "selon malgré devant parmi envers combien quand est-ce how many much when where who what which why is was are"
        " the of to in did does a an that"
    )
)


def analysed(question: str, corpus: Corpus) -> Asked:
    """A question taken apart, its terms weighted by their rarity in a corpus."""
    found = kinds(question)
    asked = dict.fromkeys(t for t in terms(question) if t not in _ASKING)
    if "age" in found and len(asked) > 1:
        asked.pop("age", None)  # a text says « 70 ans »
    anchors = names_and_numbers(question).intersection(asked)
    unknown = frozenset(t for t in asked if not corpus.holds(t))
    weights = {
        t: corpus.rarity(t)
        * (GENERIC_SHARE if t in GENERIC else UNSAID_SHARE if t in unknown - anchors and is_common(t) else 1.0)
        for t in asked
    }
    folded = flat(question)
    focus, counted = (
        frozenset(t for m in pattern.finditer(folded) for t in terms(m["noun"]) if t in weights)
        for pattern in (_FOCUS, _COUNTED)
    )
    counted = counted - GENERIC - _UNSAID if "number" in found else frozenset()
    rarest = corpus.rarity(NOWHERE) or 1.0
    return Asked(question, found - {"list"}, weights, anchors, unknown, focus, counted, "list" in found, rarest)


_ORDINAL = re.compile(r"\w{2,}ièmes?|\w{3,}iemes?|second|seconde", re.IGNORECASE)


def names_and_numbers(question: str) -> frozenset[str]:
    """The terms of a question's names (capitals that do not open it), numbers and ordinals."""
    words = terms_with_offsets(question)
    return frozenset(
        t for t, s, e in words if t[0].isdigit() or (s and question[s].isupper()) or _ORDINAL.fullmatch(question[s:e])
    )


_BETWEEN = re.compile(
    r"(?:,? (?:et|puis|and)|[?;]) (?=(?:(?:à|a|de|par|pour|avec|en|dans|chez|sur) )?(?:qui|que|quoi|quel(?:le)?s?|quand"
    r"|où|comment|combien|pourquoi|lequel|laquelle|lesquel(?:le)?s|who|when|where|why|how|which|what)\b)",
    re.IGNORECASE,
)


def parts(question: str) -> tuple[str, ...]:
    """The questions in one, each with what all are about: names, figures, and what stands before a colon."""
    topic, colon, rest = question.partition(" : ")
    pieces = [p.strip(" ?") for p in _BETWEEN.split(rest if colon else question) if p and p.strip(" ?")]
    if len(pieces) < 2:
        return (question,)
    words = terms_with_offsets(rest if colon else question)
    names = [w for _, s, e in words if s and (w := (rest if colon else question)[s:e])[0].isupper()]
    about = [" ".join(([topic] if colon else []) + [n for n in names if n not in piece]) for piece in pieces]
    return tuple(f"{piece} ? ({more})" if more else f"{piece} ?" for piece, more in zip(pieces, about, strict=True))


def words_of(asked: Asked, wanted: Mapping[str, float] | frozenset[str]) -> tuple[str, ...]:
    """The question's words, as typed, whose terms are wanted."""
    text = asked.text
    return tuple(dict.fromkeys(text[s:e] for t, s, e in terms_with_offsets(text) if t in wanted and t not in GENERIC))
