"""French words as the word index knows them: elisions split, accents folded, then stemmed.

Folding comes before stemming so that « élève » and « eleve » give one term; œ and æ become oe and ae. The stemmer is
Snowball's French one (https://snowballstem.org/algorithms/french/stemmer.html), mended where it needs accents to see
an ending (« votée », « organisent », « policière »), and by the families of irregular words in `lexicon/forms.txt`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from itertools import chain

# A number with its separators (17,62 · 4.200 · 10 000), or a word. An apostrophe or a hyphen ends a word, so elisions
# (l', d', qu') come apart and their letters fall to the stop list.
_TOKEN = re.compile(r"\d{1,3}(?:[ .\u00a0\u202f]\d{3})+(?!\d)(?:,\d+)?|\d+(?:[.,]\d+)?|[^\W\d_]+(?:\d+)?")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ı": "i"})

# Words that say nothing about what an article is about: Snowball's list, and the words of questions.
STOP_WORDS = frozenset(
    """a ai aie aient aies ait alors apres as au aucun aucune aujourd aura aurai auraient aurais aurait auras aurez
    auriez aurions aurons auront aussi autre autres aux avaient avais avait avant avec avez aviez avions avoir
    avons ayant ayez ayons b c car ce ceci cela celle celles celui ces cet cette ceux chez ci comme comment d
    dans de depuis des donc dont du e elle elles en encore entre es est et etaient etais etait etant ete etes
    etiez etions etre eu eue eues eurent eus eut eux f faire fait fumes furent fus fut g h hui il ils j je jusqu
    k l la laquelle le lequel les lesquelles lesquels leur leurs lors lorsqu lui m ma mais me meme memes mes moi
    mon n ne ni nos notre nous o on ont ou p par parce pas pendant peu peut plus pour pourquoi puis puisqu q qu
    quand que quel quelle quelles quels qui quoi quoiqu r s sa sans se sera serai seraient serais serait seras
    serez seriez serions serons seront ses si soi soient sois soit sommes son sont sous soyez soyons suis sur t
    ta te tes toi ton tous tout toute toutes tres tu u un une v va vers vos votre vous vu w x y z""".split()
)

FRENCH_MONTHS = tuple(  # folded, in order
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre".split()
)

_MARKS = re.compile("[\u0300-\u034e\u0350-\u036f]+")  # the accents of Latin, Greek and Cyrillic
_OTHERS = re.compile("[^\x00-\u02ff\u0400-\u0482\u2000-\u20cf]")  # where other combining marks may be


def fold(text: str) -> str:
    """Lower case, without accents and ligatures; other characters stay."""
    lowered = text.lower().translate(_LIGATURES)
    if lowered.isascii():
        return lowered
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", lowered))
    if _OTHERS.search(bare) is None:
        return bare
    return "".join(c for c in bare if not unicodedata.combining(c))  # one by one: four times slower


def flat(text: str) -> str:
    """Folded, with straight apostrophes: what patterns for sentences are written for."""
    return fold(text).replace("’", "'")


@lru_cache(maxsize=1)
def _stemmer():  # type: ignore[no-untyped-def]  # Stemmer has no types
    import Stemmer

    return Stemmer.Stemmer("french", 0)


@lru_cache(maxsize=200_000)
def _term(token: str) -> str:
    """The term of one token, or "" for a stop word."""
    if token[0].isdigit():
        if re.fullmatch(r"\d{1,3}(?:[ .\u00a0\u202f]\d{3})+(?:,\d+)?", token):
            token = re.sub(r"[ .\u00a0\u202f]", "", token)
        return token.replace(",", ".")
    word = fold(token)
    return "" if word in STOP_WORDS else stem(word)


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """The term of a folded word: that of its family where `lexicon/forms.txt` knows it; a number's is itself."""
    if word[0].isdigit():
        return word
    known = _families()
    return known.get(word) or _without_ending(word, known)


def _without_ending(word: str, known: Mapping[str, str]) -> str:
    """Snowball's stem. Its rules want accents: a folded word is first brought to a form that they know."""
    if word.endswith("ent") and len(word) > 5 and not word.endswith("aient"):
        if "-ment" + word in known if word.endswith("ment") else "-ent" + word not in known:
            word = word[:-2]  # ils votent, il vote
    elif len(word) > 3 and word.endswith(_PLURALS) and not word.endswith(("ais", "ois")) and "-s" + word not in known:
        word = word[:-1]  # les élus: to Snowball these are endings of other words
    one = word[:-1] if word.endswith("ees") else word
    if one.endswith("ee") and len(one) > 4 and "-ee" + one not in known:
        word = one[:-1]  # votée, vote
    elif found := _FEMININE.fullmatch(word):
        word = found[1]  # étrangère, étranger
    s = str(_stemmer().stemWord(word))
    if s.endswith("tric"):
        return s[:-4] + "teu"  # directrice, directeur
    if s.endswith(("eur", "eux")) and len(s) > 5:
        return s[:-1]  # chanteuse is left as « chanteux »
    if s.endswith("iqu"):
        return s[:-2] + "c"  # publique, public
    if len(s) > 4 and s[-1] == s[-2] and s[-1] in "lntpmf":
        return s[:-1]
    return s[:-1] + "i" if len(s) > 3 and s[-1] == "y" else s  # envoyé, envoi


_PLURALS = ("is", "os", "us", "ers")
_FEMININE = re.compile(r"(\w{2,}(?:i|g|ch)er)es?")


@lru_cache(maxsize=1)
def _families() -> Mapping[str, str]:
    """Folded words → the stem of their family; an ending and a word that it misleads about → nothing."""
    text = files("retrieval").joinpath("lexicon/forms.txt").read_text(encoding="utf-8")
    lines = [fold(line) for line in text.splitlines() if line and not line.startswith("#")]
    found: dict[str, str] = {}
    for line in lines:
        mark, *listed = line.split()
        if mark == "=":
            found.update(dict.fromkeys(listed, listed[0]))
        elif mark[0] == "-":
            found.update(dict.fromkeys([mark + word + s for word in listed for s in ("", "s")], ""))
    for line in lines:
        if line[0] in "-=":
            continue
        forms, _, beginnings = line.partition("|")
        for beginning in ("", *beginnings.split()):
            family = [beginning + form for form in forms.split()]
            of_all = _without_ending(family[0], found)
            for form in chain.from_iterable(map(_others, family)):
                found.setdefault(form, of_all)
    return found


def _others(form: str) -> tuple[str, ...]:
    """A form, and those that follow from it: its plural, the second person, other persons of a tense."""
    if form.endswith("ait"):
        return form, form[:-3] + "ais", form[:-1] + "ent"
    if form.endswith("ra"):
        return form, form + "i", form + "s", form[:-1] + "ont", form + "it", form + "ient"
    return form, form + "s"


def words(text: str) -> list[str]:
    """The folded words and numbers of a text in order, stop words left out: `stem` makes each a term."""
    return list(filter(None, map(_word, _TOKEN.findall(text))))


@lru_cache(maxsize=200_000)
def _word(token: str) -> str:
    if token[0].isdigit():
        return _term(token)
    word = fold(token)
    return "" if word in STOP_WORDS else word


def terms(text: str) -> list[str]:
    """The terms of a text in order, stop words left out."""
    return list(filter(None, map(_term, _TOKEN.findall(text))))


def terms_with_offsets(text: str) -> list[tuple[str, int, int]]:
    """Like `terms`, each with the offsets of its token."""
    return [(t, m.start(), m.end()) for m in _TOKEN.finditer(text) if (t := _term(m.group()))]
