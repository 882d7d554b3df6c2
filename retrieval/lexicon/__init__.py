"""Other words for the same thing, and questions in other languages put into French words: hand-written, by group.

    synonyms.txt, press.txt,   « emploi, poste, boulot » stand for each other; « volaille > poulet, canard »: a question
    encyclopaedia.txt,         with the left is answered by a text with the right
    places.txt
    kinds.txt, named.txt,      what the noun of a question asks for (`expecting` reads these)
    first_names.txt,           what `names` tells persons and places by
    cities.txt
    forms.txt                  words whose forms no rule of endings brings together (`analysis` reads it)
    usual.txt                  how common terms are in French (`rarity` reads it; counted, not written by hand)
    typed.txt                  what people type in a hurry, a tab, the French word
    en.txt, ru.txt, zh.txt     word(s) of the language, a tab, French words as the press uses them, the likeliest first

Words are compared as the word index knows them (folded, stemmed), so a line holds dictionary forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import chain

import Stemmer

from retrieval.analysis import fold, stem, terms

SAME, KIND = 0.6, 0.5  # what a word of the same group, or one of a kind, counts for beside the word itself
FRENCH = ("synonyms.txt", "press.txt", "encyclopaedia.txt", "places.txt")
TRANSLATED = frozenset({"en", "ru", "zh"})
LONGEST = 8  # signs of a Chinese headword
_WORD = re.compile(r"[^\W_]+")
_PREFIX = 4  # letters by which lines are found: a stem keeps them


@dataclass(frozen=True, slots=True)
class _Group:
    asked: tuple[tuple[str, ...], ...]  # the terms of each item that a question may use
    told: tuple[tuple[str, ...], ...]  # and of each that a text may answer with
    strength: float


def lines(name: str) -> list[str]:
    """The entries of one of the files, without comments."""
    text = files("retrieval.lexicon").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def load() -> None:
    """Read the French files now, which the first question would wait for."""
    _by_beginning()


@lru_cache(maxsize=1)
def _by_beginning() -> Mapping[str, list[str]]:
    """The lines of the French files by the beginnings of their words: parsed only when one is asked for."""
    found: dict[str, list[str]] = {}
    for line in chain.from_iterable(map(lines, FRENCH)):
        words = _WORD.findall(fold(line))
        # the stem of a short word may be shorter than the beginning it is looked up by
        for beginning in {w[:_PREFIX] for w in words} | {stem(w)[:_PREFIX] for w in words if len(w) <= _PREFIX + 1}:
            found.setdefault(beginning, []).append(line)
    return found


@lru_cache(maxsize=5_000)
def _group(line: str) -> _Group:
    left, directed, right = line.partition(">")
    asked, told = (tuple(filter(None, map(_item, side.split(",")))) for side in (left, right))
    return _Group(asked, told if directed else asked, KIND if directed else SAME)


def _item(item: str) -> tuple[str, ...]:
    """The terms of an item; none where only one of its several words is left: « à vie » is not « vie »."""
    found = tuple(terms(item))
    return found if len(found) > 1 or len(item.split()) == 1 else ()


@lru_cache(maxsize=20_000)
def related(term: str) -> Mapping[tuple[str, ...], float]:
    """What stands for a term in a text: the terms of each item (all are needed), and what it counts for, 0 to 1."""
    found: dict[tuple[str, ...], float] = {}
    for line in _by_beginning().get(term[:_PREFIX], ()):
        group = _group(line)
        if (term,) in group.asked:
            for item in group.told:
                if term not in item:
                    found[item] = max(group.strength, found.get(item, 0.0))
    return found


@lru_cache(maxsize=20_000)
def is_common(term: str) -> bool:
    """Whether a term is an everyday word: one of the lexicon's."""
    return any(
        term in item
        for line in _by_beginning().get(term[:_PREFIX], ())
        for side in (_group(line).asked, _group(line).told)
        for item in side
    )


@lru_cache(maxsize=1)
def typed() -> Mapping[str, str]:
    """French words by what people type for them in a hurry, in lower case: « ki » → « qui »."""
    return dict(line.split("\t", 1) for line in lines("typed.txt"))


# ---- questions in other languages
_FRONT = frozenset(("combien", "quand", "où", "qui", "pourquoi"))  # a question's kind is told by how it begins


def in_french(question: str, language: str, idle: frozenset[str]) -> str:
    """A question's words in French, as far as the glossary of its language knows them; names and numbers stay.

    No translation: word for word, for searching and comparing. `language` is one of TRANSLATED; words that are not
    known and `idle` are left out.
    """
    found: list[str] = []
    for written, french in _pieces(question, language):
        if french or language == "zh" or written.lower() not in idle:
            found.extend((french or written).split())
    front = list(dict.fromkeys(w for w in found if w in _FRONT))
    return " ".join([*front, *(w for w in found if w not in _FRONT)])


@lru_cache(maxsize=2_000)
def glossed(text: str, language: str) -> tuple[tuple[str, str], ...]:
    """What the glossary of a language, one of TRANSLATED, knows of a text: its words as written, and their French."""
    return tuple((written, french) for written, french in _pieces(text, language) if french)


def _pieces(text: str, language: str) -> Iterator[tuple[str, str]]:
    """A text in pieces, each with its French, "" where it is not known."""
    known = _glossary(language)
    return _chinese(text, known) if language == "zh" else _words(text, known, language)


@lru_cache(maxsize=3)
def _glossary(language: str) -> Mapping[tuple[str, ...], str]:
    """The likeliest French of each headword, by its words as they are, and by their stems where no other has these."""
    exact: dict[tuple[str, ...], str] = {}
    stems: dict[tuple[str, ...], str] = {}
    for line in lines(f"{language}.txt"):
        heads, _, french = line.partition("\t")
        for head in heads.split("|"):
            words = (head.strip(),) if language == "zh" else tuple(_WORD.findall(head.lower()))
            exact.setdefault(words, french.split(",")[0].strip())
            if language != "zh":
                stems.setdefault(tuple(_stem(word, language) for word in words), exact[words])
    return stems | exact


@lru_cache(maxsize=2)
def _stemmer(language: str):  # type: ignore[no-untyped-def]  # Stemmer has no types
    return Stemmer.Stemmer({"en": "english", "ru": "russian"}[language], 0)


@lru_cache(maxsize=20_000)
def _stem(word: str, language: str) -> str:
    return str(_stemmer(language).stemWord(word.replace("ё", "е")))


def _words(text: str, known: Mapping[tuple[str, ...], str], language: str) -> Iterator[tuple[str, str]]:
    """The longest headwords first, up to three words."""
    words = _WORD.findall(text)
    lower = [word.lower() for word in words]
    stems = [_stem(word, language) for word in lower]
    at = 0
    while at < len(words):
        keys = (tuple(forms[at : at + n]) for n in (3, 2, 1) for forms in (lower, stems))
        key = next((key for key in keys if key in known), ())
        size = len(key) or 1
        yield " ".join(words[at : at + size]), known[key] if key else ""
        at += size


def _chinese(text: str, known: Mapping[tuple[str, ...], str]) -> Iterator[tuple[str, str]]:
    """The longest headwords first, Latin words and figures; other signs say nothing."""
    at = 0
    while at < len(text):
        if plain := re.compile(r"[A-Za-z0-9][\w.,'-]*", re.ASCII).match(text, at):
            yield plain.group(), ""
            at = plain.end()
            continue
        size = next((n for n in range(LONGEST, 0, -1) if (text[at : at + n],) in known), 0)
        if size:
            yield text[at : at + size], known[(text[at : at + size],)]
        at += size or 1
