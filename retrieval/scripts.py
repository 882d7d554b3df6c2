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
_DIGITS = dict(zip("零〇一二三四五六七八九两", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2), strict=True))
_TENS = {"十": 10, "百": 100, "千": 1000}
_SIGNS = "".join((*_DIGITS, *_TENS))
_COUNTED_BY = "个名位人家项座条只辆架艘所次种倍层岁票届年月天日周小分秒公平千米吨克升度趟万亿多余"
_CHINESE = (
    (re.compile(rf"百分之([{_SIGNS}]+|[\d.]+)"), lambda m: f" {_numeral(m[1])}%"),
    (
        re.compile(rf"(?<![第几数{_SIGNS}])(?![一二两][^万亿{_SIGNS}])([{_SIGNS}]+)(?=[{_COUNTED_BY}])"),
        lambda m: _numeral(m[1]),  # not one and two alone, which are also "a" and "the two"
    ),
    (re.compile(r"(\d{4})年(\d\d?)月(\d\d?)[日号]"), lambda m: f" {m[1]}-{int(m[2]):02}-{int(m[3]):02} "),
    (re.compile(r"(\d{4})年(\d\d?)月"), lambda m: f" {m[1]}-{int(m[2]):02} "),
    (re.compile(r"(?<!\d)(1[0-2]|[1-9])月(\d\d?)[日号]"), lambda m: f" {m[2]} {MONTHS[int(m[1]) - 1]} "),
    (re.compile(r"(\d[\d.,]*)\s*(万亿|亿|百万|万|千)"), lambda m: _counted(m[1], m[2])),
    (re.compile(r"(?<!\d)(\d{1,3})年"), lambda m: f"{m[1]} ans "),
    *(
        (re.compile(rf"(?<=\d)\s*{name}"), lambda _, unit=unit: f" {unit} ")
        for name, unit in (
            ("(?:公里|千米)", "kilometres"),
            ("毫米", "millimetres"),
            ("厘米", "centimetres"),
            ("米", "metres"),
            ("天", "jours"),
            ("小时", "heures"),
            ("分钟", "minutes"),
            ("个月", "mois"),
            ("公顷", "hectares"),
            ("吨", "tonnes"),
            ("公斤", "kilos"),
            ("兆瓦", "megawatts"),
            ("吉瓦", "gigawatts"),
            ("岁", "ans"),
        )
    ),
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
_RUSSIAN_UNITS = tuple(
    (re.compile(rf"(?<=\d)\s(?:{stem})\b", re.IGNORECASE), f" {unit}")
    for stem, unit in (
        (r"километр\w*|км", "kilometres"), (r"миллиметр\w*|мм", "millimetres"), (r"сантиметр\w*|см", "centimetres"),
        (r"метр\w*", "metres"), (r"тонн\w*", "tonnes"), (r"гектар\w*|га", "hectares"), (r"килограмм\w*|кг", "kilos"),
        (r"час(?:а|ов|ам|ах)?", "heures"), (r"минут\w*", "minutes"), (r"день|дн(?:я|ей|ям|ях)", "jours"),
        (r"месяц\w*", "mois"), (r"мегаватт\w*|мвт", "megawatts"), (r"градус\w*", "degres"), (r"лет", "ans"),
    )
)  # fmt: skip
_RUSSIAN_YEARS = re.compile(r"(?<!\d)(\d{1,3}) год[ау]?\b")
_RUSSIAN_WORDS = {
    rf"{stem}(?:{endings})": value
    for value, stem, endings in (
        (3, "тр", "и|ех|ём|ем|емя|ёх"), (4, "четыр", "е|ех|ём|ем|ьмя|ёх"), (5, "пят", "ь|и|ью"),
        (6, "шест", "ь|и|ью"), (7, "сем", "ь|и"), (8, "вос", "емь|ьми|емью"), (9, "девят", "ь|и|ью"),
        (10, "десят", "ь|и|ью"), (11, "одиннадцат", "ь|и|ью"), (12, "двенадцат", "ь|и|ью"),
        (13, "тринадцат", "ь|и|ью"), (14, "четырнадцат", "ь|и|ью"), (15, "пятнадцат", "ь|и|ью"),
        (16, "шестнадцат", "ь|и|ью"), (17, "семнадцат", "ь|и|ью"), (18, "восемнадцат", "ь|и|ью"),
        (19, "девятнадцат", "ь|и|ью"), (20, "двадцат", "ь|и|ью"), (30, "тридцат", "ь|и|ью"), (40, "сорок", "|а"),
        (50, "пят", "ьдесят|идесяти"), (60, "шест", "ьдесят|идесяти"), (70, "сем", "ьдесят|идесяти"),
        (80, "вос", "емьдесят|ьмидесяти"), (90, "девяност", "о|а"), (100, "ст", "о|а"),
    )
}  # fmt: skip
_RUSSIAN_SMALL = {"од(?:ин|на|но|ного|ной|ному|ним)": 1, "дв(?:а|е|ух|ум|умя)": 2}  # behind others: also "the two"
_RUSSIAN_NUMERAL = re.compile(
    rf"\b(?:{'|'.join(_RUSSIAN_WORDS)})(?:\s(?:{'|'.join((*_RUSSIAN_WORDS, *_RUSSIAN_SMALL))}))*\b", re.IGNORECASE
)
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
        ("ng$", "n"), ("[aeiouy]+", ""), (r"(.)\1+", r"\1"),
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
    text = _RUSSIAN_NUMERAL.sub(_russian_numeral, text)
    for pattern, word in (*_RUSSIAN_UNITS, *_RUSSIAN):
        text = pattern.sub(word, text)
    text = _RUSSIAN_YEARS.sub(r"\1 ans", text)
    return re.sub(" {2,}", " ", _BORDER.sub(" ", text))


@lru_cache(maxsize=100_000)
def skeletons(name: str) -> frozenset[str]:
    """The consonants of a name by sound; of a Cyrillic one also without what may be its ending."""
    word = fold(name)
    if not re.search("[\u0400-\u04ff]", word):
        return frozenset((_sounds(word),))
    forms = {word, _ENDING.sub("", word) if len(word) > 4 else word}
    return frozenset(_sounds("".join(_LATIN.get(c, c) for c in form)) for form in forms)


def _sounds(word: str) -> str:
    for pattern, sound in _SOUNDS:
        word = pattern.sub(sound, word)
    return word


def _numeral(signs: str) -> str:
    """二十五 is 25, 二〇二四 is 2024; digits stay."""
    if not signs.isdigit() and not set(signs) & _TENS.keys():
        return "".join(str(_DIGITS[c]) for c in signs) if set(signs) <= _DIGITS.keys() else signs
    total = last = 0
    for sign in signs:
        if sign in _TENS:
            total, last = total + (last or 1) * _TENS[sign], 0
        elif sign in _DIGITS:
            last = _DIGITS[sign]
        else:
            return signs
    return str(total + last)


def _russian_numeral(m: re.Match[str]) -> str:
    """двадцать пять is 25."""
    known = _RUSSIAN_WORDS | _RUSSIAN_SMALL
    return str(sum(next(v for word, v in known.items() if re.fullmatch(word, w)) for w in m[0].lower().split()))


def _counted(digits: str, scale: str) -> str:
    """438亿 is 43.8 milliards."""
    zeros, word = _SCALES[scale]
    value = float(digits.replace(",", "")) * 10**zeros
    return f" {value:.6f}".rstrip("0").rstrip(".") + word
