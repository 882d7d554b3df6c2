"""Chinese and Russian figures as the ones that `figures` reads, and names across scripts and spellings.

A name has a skeleton, its consonants by sound: Токаев, Tokaïev and Tokayev are one, and so are Cachemire and Kashmir.
"""

from __future__ import annotations

import re
from functools import lru_cache

from retrieval.analysis import FRENCH_MONTHS as MONTHS
from retrieval.analysis import fold

_FOREIGN = re.compile("[\u0400-\u04ff\u3400-\u9fff]")
_BORDER = re.compile("(?<=[\u3400-\u9fff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u3400-\u9fff])")
_CHINESE = (
    (re.compile(r"(\d{4})年(\d\d?)月(\d\d?)[日号]"), lambda m: f" {m[1]}-{int(m[2]):02}-{int(m[3]):02} "),
    (re.compile(r"(\d{4})年(\d\d?)月"), lambda m: f" {m[1]}-{int(m[2]):02} "),
    (re.compile(r"(?<!\d)(1[0-2]|[1-9])月(\d\d?)[日号]"), lambda m: f" {m[2]} {MONTHS[int(m[1]) - 1]} "),
    (re.compile(r"(\d[\d.,]*)\s*(万亿|亿|百万|万|千)"), lambda m: _counted(m[1], m[2])),
    (re.compile("美元"), lambda _: " dollars "),
    (re.compile("欧元"), lambda _: " euros "),
    (re.compile("人民币|元"), lambda _: " yuans "),
)
_SCALES = {
    "万亿": (3, " milliards "),
    "亿": (-1, " milliards "),
    "百万": (0, " millions "),
    "万": (1, " mille "),
    "千": (0, " mille "),
}
_RUSSIAN = tuple(
    (re.compile(rf"\b(?:{stem})\b", re.IGNORECASE), word)
    for stem, word in (
        (r"миллиард\w*|млрд", "milliards"), (r"миллион\w*|млн", "millions"), (r"тысяч\w*|тыс", "mille"),
        (r"доллар\w*", "dollars"), ("евро", "euros"), (r"юан\w+", "yuans"), (r"рубл\w+", "roubles"),
        (r"процент\w*", "%"), (r"январ\w+", MONTHS[0]), (r"феврал\w+", MONTHS[1]), (r"март[ае]?", MONTHS[2]),
        (r"апрел\w+", MONTHS[3]), ("ма[яй]", MONTHS[4]), (r"июн\w+", MONTHS[5]), (r"июл\w+", MONTHS[6]),
        (r"август[ае]?", MONTHS[7]), (r"сентябр\w+", MONTHS[8]), (r"октябр\w+", MONTHS[9]),
        (r"ноябр\w+", MONTHS[10]), (r"декабр\w+", MONTHS[11]),
    )
)  # fmt: skip
_ENDING = re.compile("(?:ами|ями|ого|ому|ыми|ым|ом|ем|ой|ей|ах|ях|[ауеыияюьй])$")
_LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e j z i i k l m n o p r s t u f h ts ch sh sh  y  e yu ya".split(" "),
        strict=True,
    )
)
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"[^a-z]", ""), ("tch|tsh|sch|ch|sh", "S"), ("dj|dzh|zh", "j"), ("gh|gu(?=[ei])", "g"), ("kh|qh", "h"),
        ("ph", "f"), ("ck|qu|q|c(?![eiy])", "k"), ("c", "s"), ("w", "v"), ("x", "ks"),
        ("[aeiouy]+", ""), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip
ALIASES = {  # names in French and English that do not begin alike, and who lives there
    name: group
    for group in (
        "afrique africain africa african",
        "allemagne allemand germany german",
        "angleterre anglais england english",
        "asie asiatique asia asian азия азии азиатскии",
        "autriche autrichien austria austrian",
        "belgique belge belgium belgian",
        "blanche white",
        "bordeaux bordelais",
        "bresil bresilien brazil brazilian",
        "bretagne britannique britain british",
        "chine chinois china chinese китаи китая китаю китаем китае китаискии китаиские китаиских",
        "coree coreen korea korean",
        "danemark danois denmark danish dane",
        "ecosse ecossais scotland scottish",
        "egypte egyptien egypt egyptian",
        "espagne espagnol spain spanish spaniard",
        "etat state americain american",
        "france francais french",
        "galles gallois wales welsh",
        "grece grec greece greek",
        "inde indien india indian индия индии",
        "irlande irlandais ireland irish",
        "italie italien italy italian",
        "japon japonais japan japanese",
        "londres london londonien londoner",
        "maison house",
        "maroc marocain morocco moroccan",
        "norvege norvegien norway norwegian",
        "onu un",
        "otan nato",
        "bas neerlandais netherlands dutch hollandais",
        "pekin beijing",
        "pologne polonais poland polish pole",
        "royaume kingdom",
        "russie russe russia russian россия россии россию",
        "suede suedois sweden swedish",
        "suisse switzerland swiss",
        "turquie turc turkey turkish",
        "ue eu",
        "uni united",
    )
    for name in group.split()
}
LEAST = 3  # consonants: a shorter skeleton is that of too many names


def readable(text: str) -> str:
    """A text with its Chinese and Russian figures written as French ones; any other text as it is."""
    if not _FOREIGN.search(text):
        return text
    for pattern, written in _CHINESE:
        text = pattern.sub(written, text)
    for pattern, word in _RUSSIAN:
        text = pattern.sub(word, text)
    return _BORDER.sub(" ", text)


@lru_cache(maxsize=100_000)
def skeleton(name: str) -> str:
    """The consonants of a name by sound; a Cyrillic one without its ending."""
    word = fold(name)
    if re.search("[\u0400-\u04ff]", word):
        word = _ENDING.sub("", word) if len(word) > 4 else word
        word = "".join(_LATIN.get(c, c) for c in word)
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


def _counted(digits: str, scale: str) -> str:
    """438亿 is 43.8 milliards."""
    zeros, word = _SCALES[scale]
    value = float(digits.replace(",", "")) * 10**zeros
    return f" {value:.6f}".rstrip("0").rstrip(".") + word
