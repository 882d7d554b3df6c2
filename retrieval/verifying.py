"""A sentence against the passages that it cites, without a model.

Numbers, dates, weekdays, currencies, quotations and proper names must be found; enough of the other words must be too.
A negation or a swap of roles (who did what to whom) is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from retrieval.analysis import STOP_WORDS, fold, terms
from retrieval.types import Hit, Quote

COVERAGE = 0.5  # share of a sentence's content words that the cited passages hold, in one language
LONGEST_QUOTE = 3  # sentences


def _numbered(first: int, *lists: str) -> dict[str, int]:
    return {name: number for names in lists for number, name in enumerate(names.split(), first)}


_ENGLISH = frozenset(
    _numbered(
        0,
        """about after all also an and are as at be been before between both but by can could did do does for from had
        has have he her his how in into is it its may more most no not of on or our over said says she should since so
        some such than that the their them then there these they this those to two under up was we were what when where
        which while who whom why will with would you your""",
    )
)
_IGNORED = STOP_WORDS | _ENGLISH | {"selon", "according", "cependant", "however", "enfin", "mme", "mr", "mrs", "oui"}
_WORDS = _numbered(2, "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize")
_WORDS |= _numbered(2, "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen")
_WORDS |= _numbered(17, "seventeen eighteen nineteen")
_TENS = ("vingt trente quarante cinquante soixante", "twenty thirty forty fifty sixty seventy eighty ninety")
_WORDS |= {name: 10 * number for name, number in _numbered(2, *_TENS).items()}
_SCALES = {"cent": 2, "hundred": 2, "mille": 3, "thousand": 3, "million": 6, "milliard": 9, "billion": 9, "bn": 9}
_ENGLISH_MONTHS = "january february march april may june july august september october november december"
_FRENCH_MONTHS = "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre"
_MONTHS = _numbered(1, _ENGLISH_MONTHS, _FRENCH_MONTHS)
_WEEKDAYS = _numbered(0, "lundi mardi mercredi jeudi vendredi samedi dimanche")
_WEEKDAYS |= _numbered(0, "monday tuesday wednesday thursday friday saturday sunday")
_CURRENCIES = {"€": "euro", "$": "dollar", "£": "pound", "livre": "pound", "¥": "yen", "rmb": "yuan", "franc": "franc"}
_CURRENCIES |= {name: name for name in ("euro", "dollar", "pound", "yen", "yuan", "rouble", "roupie", "bitcoin")}
_EXONYMS = {  # of names that do not begin alike in French and English
    tuple(pair.split("/"))
    for pair in _numbered(
        0,
        """allemagne/germany espagne/spain angleterre/england royaume/kingdom unis/united uni/united unies/united
        etats/states bas/netherlands japon/japan suede/sweden suisse/switzerland londres/london pekin/beijing
        blanche/white maison/house ue/eu onu/un otan/nato""",
    )
}
_M = "|".join(_MONTHS)
_DATE = re.compile(
    rf"\b(?P<y1>\d{{4}})-(?P<m1>\d\d)(?:-(?P<d1>\d\d))?\b|\b(?P<d2>\d\d?)/(?P<m2>\d\d?)/(?P<y2>\d{{4}})\b"
    rf"|\b(?P<m4>{'|'.join(_ENGLISH_MONTHS.split())}) (?P<d4>\d\d?)(?:st|nd|rd|th)?\b(?![.,]\d| ?%| per)"
    r"(?:,? (?P<y4>\d{4}))?\b"
    rf"|\b(?:(?P<d3>\d\d?)(?:er|st|nd|rd|th)? (?:of )?)?(?P<m3>{_M})(?: (?P<y3>\d{{4}}))?\b"
)
_SPACE = r"[ \u00a0\u202f]"
_N = rf"\d{{1,3}}(?:{_SPACE}\d{{3}})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)*"
_W = "|".join(sorted(_WORDS, key=len, reverse=True))
_NUMBER = re.compile(
    rf"(?<![^\W_])(?:(?P<digits>{_N})|(?P<words>(?:{_W}|cent|mille)s?(?:-(?:et-|and-)?(?:un|une|one|{_W}|cent)s?)*)(?![^\W_])"
    rf"|(?P<one>une?|one|a)(?={_SPACE}(?:million|milliard|billion|hundred|thousand)\b))"
    rf"(?:{_SPACE}?(?P<scale>cent|hundred|mille|thousand|million|milliard|billion|bn)s?\b)?"
    rf"(?P<percent>{_SPACE}?(?:%|pour cent\b|per ?cent\b))?"
)
_RANGE = re.compile(rf"{_SPACE}?(?:,|et|ou|a|and|or|to|-|–){_SPACE}?")
_NAME = re.compile(r"[^\W_]*[^\W\d_][^\W_]*")
_QUOTED = re.compile(r"«([^»]+)»|“([^”]+)”|\"([^\"]+)\"")
_AFTER_NAME = frozenset(_numbered(0, "a est ont sont avait etait va et is was has said will and"))
_DEMONYM = re.compile(r"(ois|oise|ais|aise|ien|ienne|een|eenne|ain|aine|an|ian|ese|ish)s?$")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence may be shown, with the slices that prove it, or why not."""

    supported: bool
    reason: str | None
    quotes: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class _Facts:
    """What can be compared, of a sentence or of a text."""

    numbers: tuple[tuple[str, frozenset[str]], ...]  # as written, and the values it may stand for
    dates: tuple[tuple[int | None, int, int | None, str], ...]  # year, month, day, as written
    weekdays: frozenset[str]
    currencies: frozenset[str]
    words: frozenset[str]  # folded
    terms: frozenset[str]
    initials: frozenset[str]
    folded: str

    @property
    def values(self) -> frozenset[str]:
        return frozenset().union(*(values for _, values in self.numbers), (str(y) for y, *_ in self.dates if y))


@lru_cache(maxsize=4096)
def _facts(text: str) -> _Facts:
    folded = re.sub(r"\b(\d\d?) ?h ?(\d\d)\b", r"\1:\2", fold(text).replace("’", "'"))
    rest = _DATE.sub(lambda m: "·" if _is_date(m, folded) else m[0], folded)
    words = frozenset(_NAME.findall(folded))
    singular = {w.removesuffix("s") for w in words} | {c for c in "€$£¥" if c in folded}
    return _Facts(
        numbers=tuple(_numbers(rest)),
        dates=tuple(_date(m) for m in _DATE.finditer(folded) if _is_date(m, folded)),
        weekdays=words & _WEEKDAYS.keys(),
        currencies=frozenset(_CURRENCIES[w] for w in singular if w in _CURRENCIES),
        words=words,
        terms=frozenset(t for t in terms(text) if t not in _ENGLISH and not t[0].isdigit()),
        initials=_initials(text),
        folded=" ".join(re.findall(r"\w+", folded)),
    )


def _is_date(m: re.Match[str], folded: str) -> bool:
    """Whether it is a date, not the verb "may", the planet Mars or a march."""
    if m[0] in ("mars", "mai", "may", "march"):
        return bool(re.search(r"\b(?:en|debut|fin|mi|in)[ -]$", folded[: m.start()]))
    return 1 <= _date(m)[1] <= 12


def _date(m: re.Match[str]) -> tuple[int | None, int, int | None, str]:
    def number(name: str) -> int | None:
        found = next((m[f"{name}{i}"] for i in "1234" if f"{name}{i}" in m.groupdict() and m[f"{name}{i}"]), None)
        return None if found is None else _MONTHS.get(found) or int(found)

    return number("y"), number("m") or 0, number("d"), m[0]


def _numbers(text: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Numbers with the values that they may stand for; a unit also counts for the numbers before it (10 à 20 %)."""
    unit: tuple[str | None, str | None] = (None, None)
    after, kept = len(text), []
    for m in reversed(list(_NUMBER.finditer(text))):
        if not (_RANGE.fullmatch(text, m.end(), after) and after > m.end()):
            unit = (None, None)
        values = set(_scaled(m, m["scale"], m["percent"]))
        if m["scale"] or m["percent"]:
            unit = (m["scale"], m["percent"])
        values |= set(_scaled(m, *unit)) if any(unit) else set()
        after = m.start()
        definite = r"\b(?:les|ces|des|nos|leurs|ses|the|these|of) $"  # "les deux pays" counts what was named
        if m["words"] not in ("deux", "two") or not re.search(definite, text[: m.start()]):
            kept.append((m[0].strip(), frozenset(values)))
    return reversed(kept)


def _scaled(m: re.Match[str], scale: str | None, percent: str | None) -> Iterator[str]:
    for value in _values(m["digits"]) if m["digits"] else [_spelled(m["words"] or "1")]:
        if scale:
            whole, _, part = value.partition(".")
            zeros, part = _SCALES[scale], part.rstrip("0")
            value = whole + part[:zeros].ljust(zeros, "0") + ("." + part[zeros:] if len(part) > zeros else "")
        yield (value.lstrip("0") or "0") + ("%" if percent else "")


def _values(digits: str) -> list[str]:
    """17,62 is 17.62; 4.200 is 4200 or, with its three decimals kept, 4.200."""
    digits = re.sub(r"\s", "", digits)
    pieces = re.split(r"[.,]", digits)
    if len(pieces) == 1:
        return pieces
    whole, last = "".join(pieces[:-1]), pieces[-1]
    grouped = all(len(p) == 3 for p in pieces[1:]) and 0 < len(pieces[0]) <= 3 and pieces[0] != "0"
    found = [whole + last] if grouped else []
    if len(pieces) == 2 or re.search(r"[.].*,|,.*[.]", digits):
        trimmed = last if len(last) == 3 else last.rstrip("0")
        found.append(f"{whole}.{trimmed}" if trimmed else whole)
    return found or pieces


def _spelled(words: str) -> str:
    total = 0
    for word in words.split("-"):
        bare = word if word in _WORDS else word.removesuffix("s")
        value = {"un": 1, "une": 1, "one": 1, "cent": 100, "mille": 1000, "1": 1}.get(bare) or _WORDS.get(bare, 0)
        total = total * value if total and (value in (100, 1000) or (total == 4 and value == 20)) else total + value
    return str(total)


def _initials(text: str) -> frozenset[str]:
    words = [w for w in _NAME.findall(text) if fold(w) not in _IGNORED]
    starts = [i for i, w in enumerate(words) if w[0].isupper()]
    runs = [words[i : i + n] for i in starts for n in range(2, min(6, len(words) - i + 1))]
    return frozenset(fold("".join(w[0] for w in run)) for run in runs)


def _names(sentence: str) -> Iterator[str]:
    """Capitalised words; at the start of a sentence only before a name or a verb that tells one."""
    for m in _NAME.finditer(sentence):
        word = m.group()
        if len(word) < 2 or not word[0].isupper() or fold(word) in _IGNORED | _MONTHS.keys() | _WEEKDAYS.keys():
            continue
        following = re.match(r"(?:['’]s)?[ -]([^\W\d_]+)", sentence[m.end() :])
        starts = re.search(r"(?:^|[.:?!«“\"])[^\w]*$", sentence[: m.start()])
        if starts and not word.isupper():
            next_word = following[1] if following else ""
            if not (next_word[:1].isupper() or fold(next_word) in _AFTER_NAME):
                continue
        yield word


def _named(name: str, evidence: _Facts, own: _Facts, same_language: bool) -> bool:
    folded = fold(name)
    if folded in evidence.words | evidence.initials or any(i[0] == folded[0] for i in own.initials & evidence.words):
        return True
    for word in evidence.words:
        shorter, longer = sorted((folded, word), key=len)
        stem = shorter.rstrip("es")
        plural = longer.removeprefix(shorter) in ("s", "es")
        if len(stem) >= 4 and longer.startswith(stem) and (plural or _DEMONYM.search(longer)):
            return True
        if not same_language and ({(word, folded), (folded, word)} & _EXONYMS or word[:4] == folded[:4] != word[:3]):
            return True
    return False


def _problems(sentence: str, evidence: _Facts, same_language: bool) -> Iterator[str]:
    """What of the sentence the evidence does not hold."""
    own = _facts(sentence)
    values = evidence.values
    yield from (f"number {written}" for written, candidates in own.numbers if not candidates & values)
    for year, month, day, written in own.dates:
        known = [(y or year if str(year) in values else y, d) for y, m, d, _ in evidence.dates if m == month]
        if not any(year in (None, y) and day in (None, d) for y, d in known):
            yield f"date {written}"
    days = {_WEEKDAYS[w] for w in evidence.weekdays} | {_weekday(*d[:3]) for d in evidence.dates}
    yield from (f"weekday {w}" for w in sorted(own.weekdays) if _WEEKDAYS[w] not in days)
    yield from (f"currency {c}" for c in sorted(own.currencies - evidence.currencies))
    if same_language:
        for m in _QUOTED.finditer(sentence):
            quoted = _facts(m[1] or m[2] or m[3]).folded
            if quoted.count(" ") >= 2 and f" {quoted} " not in f" {evidence.folded} ":
                yield "quotation"
    yield from (f"name {name}" for name in _names(sentence) if not _named(name, evidence, own, same_language))


def _weekday(year: int | None, month: int, day: int | None) -> int | None:
    try:
        return date(year, month, day).weekday() if year and day else None
    except ValueError:
        return None


def verify(sentence: str, cited: Sequence[Hit], question: str, language: str | None) -> Verdict:
    """Whether the cited hits prove the sentence; `language` is the sentence's (None: taken to be the hits')."""
    if not cited:
        return Verdict(False, "no passage cited")
    same = all(not language or not h.article.language or language[:2] == h.article.language[:2] for h in cited)
    texts = [f"{h.text}\n{h.article.title or ''}\n{h.article.published or ''}" for h in cited]
    missing = list(dict.fromkeys(_problems(sentence, _facts("\n".join([*texts, question])), same)))
    if missing:
        return Verdict(False, f"not in the cited passages: {', '.join(missing)}")
    content = _facts(sentence).terms
    wanted = (content - _facts(question).terms) or content  # what the question said proves nothing
    share = len(wanted & _facts("\n".join(texts)).terms) / len(wanted) if wanted else 1.0
    if same and share < COVERAGE:
        return Verdict(False, f"too few of its words are in the cited passages ({share:.2f})")
    return Verdict(True, None, _quotes(sentence, content, cited))


def _quotes(sentence: str, content: frozenset[str], cited: Sequence[Hit]) -> tuple[Quote, ...]:
    """The best slice of each hit that adds a proof or enough words; at least one."""
    own, names = _facts(sentence), {fold(n) for n in _names(sentence)}

    def proofs(text: str) -> set[str]:
        facts = _facts(text)
        held = {written for written, values in own.numbers if values & facts.values} | (names & facts.words)
        return held | {w for _, m, d, w in own.dates if any(m == x and d in (None, e) for _, x, e, _ in facts.dates)}

    ranked = list[tuple[float, float, Quote]]()
    for hit in cited:
        text, spans = hit.article.text, hit.sentences or ((hit.start, hit.end),)
        scored = []
        for i, j in ((a, b) for a in range(len(spans)) for b in range(a, min(a + LONGEST_QUOTE, len(spans)))):
            start, end = spans[i][0], spans[j][1]
            share = len(content & _facts(text[start:end]).terms) / (len(content) or 1)
            scored.append((2 * len(proofs(text[start:end])) + 4 * share - 1.2 * (j - i), share, -start, -end))
        score, share, start, end = max(scored)
        ranked.append((score, share, Quote(hit.article, -start, -end)))
    ranked.sort(key=lambda r: -r[0])
    kept, proven = list[Quote](), set[str]()
    for _, share, quote in ranked:
        new = proofs(quote.text) - proven
        if quote not in kept and (not kept or new or share >= 0.3):
            kept.append(quote)
            proven |= new
    return tuple(kept)
