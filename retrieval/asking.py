"""What a question asks for: its terms with their weights, its names, and the kinds of answer that would do.

The kinds are the coarse answer types of question answering (Li & Roth, Learning Question Classifiers, 2002), by rules:
how questions ask for a kind, and what it looks like in a text. Both are matched on folded text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from retrieval.analysis import FRENCH_MONTHS, fold, terms, terms_with_offsets
from retrieval.lexicon import is_common

UNSAID_SHARE = 0.5  # of the weight of everyday words that no article uses: an article says it in other words
GENERIC_SHARE = 0.3  # of the weight of words that name the kind of answer: a text need not hold them


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
    kinds: frozenset[str]  # keys of `_ASKED`; several or none
    weights: Mapping[str, float]  # its terms in order, with what each counts for
    anchors: frozenset[str]  # terms of names (capitals that do not open the question) and numbers
    unknown: frozenset[str]  # terms that occur nowhere in the corpus
    focus: frozenset[str]  # terms of the noun that is asked for: « Quelle équipe … »
    several: bool  # asks for more than one thing


_MONTHS = "|".join(FRENCH_MONTHS)
_DAYS = r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
_NUMBER_WORDS = (
    r"deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|quinze|vingt|trente|quarante|cinquante|soixante|cents?"
    r"|mille|millions?|milliards?|(?:diz|douz|quinz|vingt|trent|quarant|cinquant|cent)aines?|milliers?"
    r"|moitie|tiers|quart"
)
_WHICH = r"\bquel(?:le)?s? (?:(?:est|etait|sont|etaient|fut|furent|sera) (?:l[ae]s? |l')?)?"
_ASKED = {
    "age": r"(?<!\bmoyen[ -])\bage\b(?! (?:d'or|(?:du|de(?: la)?) (?:bronze|fer|cuivre|pierre|glace)))"
    r"|\bhow old\b",
    "day": r"\bquel(?:le)?s? (?:(?:est|etait|fut) la )?(?:jours?|dates?)\b|\bwhat (?:date|day)\b",
    "year": r"\bquel(?:le)?s? (?:(?:est|etait|fut) l')?annees?\b|\bwhat year\b",
    "hour": r"\bquelles? heures?\b|\bwhat time\b",
    "date": r"\bquand\b|\bwhen\b|\bwann\b|\ba partir de quel|\b(?:de )?quel(?:le)?s? (?:(?:est|etait|fut) la )?"
    r"(?:annees?|dates?|jours?|mois|siecles?|epoques?|periodes?|heures?|decennies?|moment)\b"
    r"|\bwhat (?:year|date|day)\b",
    "number": r"\bcombien\b|\bhow many\b|\bwie viele?\b|\bquel(?:le)?s? (?:\w+ )?(?:\w+ )?(?:nombre|taille|superficie"
    r"|population|parts?|pourcentages?|taux|volume|vitesse|temperature|capacite|proportion|score|chiffre|puissance"
    r"|surface|quantite|frequence|rang|place)\b",
    "money": r"\b(?:combien|quel).*\b(?:prix|salaires?|cout\w*|montants?|sommes?|budget|vers(?:e|er|ait)|payer?"
    r"|depens\w+|chiffre d'affaires|valeur)\b|\bcombien (?!d(?:e\b|')).*\b(?:rapporte\w*|gagn\w+|empoch\w+)\b"
    r"|\bhow much\b",
    "weight": r"\b(?:combien|quel).*\b(?:poids|pes(?:e|ent|er|ait|aient))\b",
    "length": r"\bquel.*\b(?:distance|longueur|hauteur|altitude|largeur|profondeur|diametre)\b",
    "area": r"\b(?:combien|quel).*\b(?:superficie|surface|aire)\b",
    "speed": r"\b(?:combien|quel).*\b(?:vitesse|allure)\b",
    "share": r"\b(?:combien|quel).*\b(?:pourcentage|pour cent|taux|proportion|part)\b",
    "temperature": r"\b(?:combien|quel).*\b(?:temperature|degres)\b",
    "duration": r"\bquel.*\b(?:duree|delai)\b|\bcombien (?:de temps|d'heures|de jours|d'annees|de mois|de semaines)\b",
    "reason": r"\bpourquoi\b|\bwhy\b|\bwarum\b|" + _WHICH + r"(?:raisons?|buts?|motifs?|causes?|objectifs?)\b",
    "place": r"^ou\b|\bd'ou\b|\bwhere\b|\bwo\b|"
    + _WHICH
    + r"(?:pays|villes?|regions?|lieux?|endroits?|communes?|iles?|villages?|quartiers?|departements?|provinces?"
    r"|capitales?|continents?|etats?|monuments?|montagnes?|deserts?|mers?|fleuves?|rivieres?|aeroports?)\b",
    "person": r"^(?:a |de |par |pour |avec |chez |contre )?qui\b|\bqui (?:est|etait|a|ont|sont|fut)\b|\bwho\b|\bwer\b|"
    + _WHICH
    + r"(?:\w+ )?(?:joueurs?|acteurs?|actrices?|auteurs?|ministres?|presidents?|prefets?|realisateurs?|footballeurs?"
    r"|compositeurs?|compositrices?|rois?|reines?|personnes?|personnages?|peintres?|ecrivains?|chanteurs?|chanteuses?"
    r"|artistes?|hommes?|femmes?|philosophes?|empereurs?|generaux|general|fondateurs?|successeurs?|porte-parole)\b",
    "manner": r"\bcomment\b(?! (?:s'appel|se nomm|se prenom|appel|nomm))|\bhow (?!many|much|old)"
    r"|\bde quelle (?:maniere|facon)\b",
    "name": r"\bcomment (?:s'appel|se nomm|appel|nomm)|" + _WHICH + r"(?:noms?|surnoms?|titres?|prenoms?)\b",
    "definition": r"\bqu'est[- ]ce qu[e']|\bc'est quoi\b|\bque (?:signifie|veut dire|designe)|\bdefini\w*\b"
    r"|^(?:qui|que|quels?|quelles?) (?:est|sont|etait)\b",
    "yesno": r"^(?:est[- ]ce que|[\w' -]+?-(?:t-)?(?:il|elle|ils|elles|on)\b)",
    "which": r"\bquel(?:le)?s?\b|\bwhich\b|\bwelche",
    "what": r"\bqu(?:e|oi|')\b|\bqu'|\bwhat\b|\bwas\b",
}
_QUESTION_WORD = re.compile(r"\b(?:qui|que|quoi|quel|quelle|quels|quelles|quand|ou|comment|combien|pourquoi|qu)\b")
# What stands for a kind in a text. Kinds without an entry are told by names or not at all.
LOOKS = {
    "age": r"\b\d{1,3} ans\b",
    "day": rf"\b\d{{1,2}}(?:er)? (?:{_MONTHS})\b|\b(?:{_DAYS})\b",
    "year": r"\b1\d{3}\b|\b20\d\d\b",
    "hour": r"\b\d{1,2} ?h(?:eures?)?(?: ?\d\d)?\b|\bmidi\b|\bminuit\b",
    "date": rf"\b1\d{{3}}\b|\b20\d\d\b|\b(?:{_MONTHS})\b|\b(?:{_DAYS})\b|\bsiecles?\b|\b\d{{1,2}} ?h\b|\bhier\b"
    r"|\bannees? \d+|\b(?:printemps|ete|automne|hiver)\b",
    "number": rf"\d+(?:[.,]\d+)*|\b(?:{_NUMBER_WORDS})\b",
    "money": r"\b(?:euros?|dollars?|francs?|livres|yuans?|yens?|roubles?|couronnes|roupies?|nairas?|usd|eur)\b|[€$£]",
    "weight": r"\b(?:kg|kilos?|kilogrammes?|grammes?|tonnes?)\b",
    "length": r"\b(?:km|kilometres?|m|metres?|cm|centimetres?|pieds)\b",
    "area": r"\b(?:hectares?|ha|km2|km²|m2|m²|(?:kilo)?metres? carres?|arpents?|acres?|terrains? de f)\b|(?:km|m)²",
    "speed": r"\b(?:km/h|kilometres?[- ](?:a l'|par )?heures?|nœuds?|noeuds?|m/s|mach)\b",
    "share": r"%|\b(?:pour ?cents?|pourcents?|(?:la )?moitie|tiers|quarts?|un \w+ sur|dixieme|majorite|cinquieme)\b",
    "temperature": r"\bdegres?\b|°",
    "duration": r"\b(?:secondes?|minutes?|heures?|(?:demi-)?journees?|jours?|semaines?|mois|ans?|annees?|siecles?)\b",
    "reason": r"\b(?:parce qu|car\b|afin\b|en raison\b|a cause\b|grace a\b|pour\b|puisqu|du fait\b|suite a\b|permet"
    r"|en effet\b|notamment par\b|face a\b|faute de\b|dans le but\b)",
    "manner": r"\b(?:par\b|en \w+ant\b|grace a\b|avec\b|au moyen\b|a l'aide\b|sous forme\b|a bord\b|\w+ment\b)",
    "definition": r"\b(?:est|sont|etait|etaient|designe|signifie|consiste)\b(?: \w+)? ?\b(?:un|une|des|le|la|les|l')\b"
    r"|\b(?:appele|nomme|c'est-a-dire|soit)\b",
    "list": r"(?:,[^,]{2,60}){2,}|,[^,]{2,60} (?:et|ou) ",
    "yesno": r"\b(?:ne|n'|pas|aucun|sans|oui|non|jamais)\b",
}
LOOKING = {kind: re.compile(pattern) for kind, pattern in LOOKS.items()}
_ASKS = {kind: re.compile(pattern) for kind, pattern in _ASKED.items()}
_SEVERAL = re.compile(
    r"\bquel(?:le)?s (?!(?:est|etait)\b)|\bqui sont\b|\bcite[rz]?\b|\blesquel|\b(?:et|,) (?:a )?(?:qui|que|quel|quelle"
    r"|quels|quelles|quand|ou|comment|combien|pourquoi)\b|\bcomment s'appellent\b|\bles? noms des\b"
)
_FOCUS = re.compile(
    r"\b(?:[Qq]uel(?:le)?s?|[Cc]ombien d[e'’]) ?(?:est |était |sont |étaient |fut )?(?:l[ae]s? |l['’])?([\w-]+)"
)
GENERIC = frozenset(
    terms(
        """année date jour mois siècle époque période heure nombre âge raison but motif cause pays ville lieu endroit
        région nom titre type sorte genre personne gens appelle nomme situe trouve passe signifie quantité vaut valent
        ça veut veulent dire désigne valait coûte atteint représente compte élève chiffre existe"""
    )
)
# Not looked for in texts: what these words ask for is in `_ASKED`.
_ASKING = frozenset(
    terms("combien quand est-ce how many much when where who what which why is was are the of to in did does a an that")
)
MEASURES = {"age", "money", "weight", "length", "area", "speed", "share", "temperature", "duration"}


@lru_cache(maxsize=256)
def kinds(question: str) -> frozenset[str]:
    """The kinds of answer that a question asks for."""
    folded = fold(question).replace("’", "'").strip(' ¿«"')
    found = {kind for kind, pattern in _ASKS.items() if pattern.search(folded)}
    if found & MEASURES:
        found -= {"number"}
    if found & {"day", "year", "hour"}:
        found -= {"date"}
    if found - {"which", "what", "yesno", "definition"}:
        found -= {"which", "what", "yesno"}
    if "yesno" in found and _QUESTION_WORD.search(folded):
        found.discard("yesno")
    if _SEVERAL.search(folded):
        found.add("list")
    return frozenset(found)


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
    focus = frozenset(t for m in _FOCUS.finditer(question) for t in terms(m.group(1)) if t in weights)
    return Asked(question, found - {"list"}, weights, anchors, unknown, focus, "list" in found)


def names_and_numbers(question: str) -> frozenset[str]:
    """The terms of a question's names (capitals that do not open it) and numbers."""
    words = terms_with_offsets(question)
    return frozenset(t for t, s, _ in words if t[0].isdigit() or (s and question[s].isupper()))


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
