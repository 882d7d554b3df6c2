"""Takes web-page boilerplate out of an article: whole lines, or the prefix of the first; never a part of a sentence.

`clean` loses nothing: putting each `Removed` back at its offset, last first, gives the normalised raw text again.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence

from retrieval.articles.dates import is_month, parse_date
from retrieval.articles.hidden import hidden_spans
from retrieval.types import Removed


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


_HIDDEN = "hidden text"
_LONGEST = 200  # no boilerplate line is longer; a longer line is prose and is not looked at
_HEAD = 15  # lines at the top among which a lone date is the article's and no heading of a chronology

# A line ending in a full stop is a sentence and matches none of these (but for notices of rights and licences).
_LINE = re.compile(
    r"""
      (?P<breadcrumb> (?:accueil|home|首页) \s* (?:>{1,2}|›|»|/) .{0,80} $)
    | (?P<keywords> (?:mots[ -]cl[ée]s?|tags?|keywords) \s* : [^.!?]* $)
    | (?P<social> (?:suivez|retrouvez|rejoignez)[ -]nous (?:\s+(?:sur|on|aussi)\b)? [^.!?,]{0,40} $
        | (?:partager|partagez|share) (?:\s+(?:sur|cet\ article|l['’]article|par|on|via)\b [^.!?,]{0,40})? \s* $
        | (?:abonnez-vous|s['’]abonner|inscrivez-vous) (?:\s+(?:à|a|pour)\b [^.!?,]{0,50})? \s* $
        | (?:se\ connecter|s['’]inscrire|imprimer|envoyer\ par\ e-?mail|copier\ le\ lien|haut\ de\ page) \s* $
        | (?:(?:facebook|twitter|x|linkedin|whatsapp|telegram|instagram|youtube|wechat|weibo|e-?mail|rss)
            [\s|,·•]*){2,} $)
    | (?P<placeholder> [\s•*·-]* (?:description){2,4} \s* $)
    | (?P<photo_credit> \( [^()/.!?]{2,30} \s? / \s? [^()/!?]{2,50} \) \s* $
        | \(? (?:(?:cr[ée]dits?\s)?photos?|cr[ée]dits?|cr[ée]dit\ photo) \s* [:/©] \s* [^.!?]{2,80} $
        | \(? © \s* [^.!?]{2,60} $)
    | (?P<rights> .{0,80}? (?:tous\ droits\ r[ée]serv[ée]s|all\ rights\ reserved) .{0,60} $)
    | (?P<licence> .* (?:ICP[备證证]|许可证|公网安备) .* $)
    | (?P<address> \d{1,4} (?:\ ?(?:bis|ter))? ,? \ [^.!?:;]{3,60} ,\ \d{5,6} \  [A-ZÀ-Ý] [^.!?:;]{2,60} $)
    | (?P<link> (?:https?://\S+ [\s|,·•]*)+ $)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_FOOTER = re.compile(
    r"(?:(?:[àa] )?(?:lire|voir|d[ée]couvrir|[ée]couter)\s+(?:aussi|[ée]galement)|sur le m[êe]me sujet|"
    r"articles? (?:li[ée]s|similaires|connexes|recommand[ée]s)|nos derniers articles|liens(?: utiles| connexes)?|"
    r"related (?:articles|stories)|read (?:more|also))\s*(?::|>|›|»|$)",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"(?:derni[èe]re mise [àa] jour|mise? [àa] jour|mise? en ligne|(?:article )?(?:publi|modifi|post)[ée]e?|"
    r"date(?: de publication)?|published|updated|last updated)\b\s*:?",
    re.IGNORECASE,
)
_SOURCE = re.compile(r"\bsource\s*:\s*[^.:!?]{2,40}$", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W\d]+")
_DATE_WORDS = _words(
    "le à a h min er et lundi mardi mercredi jeudi vendredi samedi dimanche date mis mise jour publié modifié gmt utc",
    "cest cet heure paris on at monday tuesday wednesday thursday friday saturday sunday updated published am pm t z",
)
_PREFIX = re.compile(r"date (?:19|20)\d\d(?:-\d\d){0,2}[ \t]+(?=\S)")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\s|/·•>,;]+")
_LANGUAGES = _words(
    "français french english anglais deutsch allemand español espagnol русский italiano português العربية 日本語 中文",
    "한국어 简体 繁体 繁體 简体中文 қазақша türkçe nederlands polski fr en de es ru it pt ar zh ja ko",
)
_SECTIONS = _words(
    "accueil chine monde france europe afrique international politique economie économie société societe culture",
    "environnement documents sport sports sciences santé sante opinion opinions vidéo vidéos video videos photos photo",
    "tech technologie technologies tourisme dossiers dossier actualité actualités météo services contact recherche",
    "menu education éducation asie amérique régions faits-divers annonces podcasts direct",
)
_BLANKS = re.compile(r"\n{3,}")
_SENTENCE = re.compile(r"[.!?…]['\"»”’)\]]*$")
_INNER_SENTENCE = re.compile(r"[.!?] +[A-ZÀ-Ý«]")
_LABEL = re.compile(r"[^\W\d_]+(?:[ '’-][^\W\d_]+){0,2}")


def normalise(raw: str) -> str:
    """LF line ends, no trailing spaces, at most one blank line in a row, NFC; every other character as it was."""
    if "\r" in raw:
        raw = raw.replace("\r\n", "\n").replace("\r", "\n")
    if not unicodedata.is_normalized("NFC", raw):
        raw = unicodedata.normalize("NFC", raw)
    return _BLANKS.sub("\n\n", "\n".join([line.rstrip() for line in raw.split("\n")])).strip()


def clean(raw: str) -> tuple[str, tuple[Removed, ...]]:
    """The normalised text without boilerplate, and what was taken out of it."""
    text = normalise(raw)
    lines = text.split("\n")
    hidden = hidden_spans(text)
    reasons = _reasons(text, lines)
    _mark_hidden(lines, reasons, hidden)
    prefix = _PREFIX.match(text)
    if not any(reasons) and prefix is None and not hidden:
        return text, ()
    if not hidden and all(reason or not line for reason, line in zip(reasons, lines, strict=True)):
        return text, ()  # a page of nothing but boilerplate: better whole than empty
    spans = _spans(lines, reasons, prefix.end() if prefix else 0)
    return _cut(text, _with_hidden(spans, hidden))


def is_prose(line: str) -> bool:
    """Whether a line is running text rather than a headline, a caption or a menu."""
    return len(line) > _LONGEST or (len(line) >= 60 and bool(_SENTENCE.search(line) or _INNER_SENTENCE.search(line)))


def is_dateline(line: str, *, marked: bool) -> bool:
    """Whether a line says when or from whom the article is, and nothing else. `marked`: it must say so in words."""
    stripped = line.strip(" \u00a0\t·•|–—-")
    rest, sources = _SOURCE.subn("", stripped)
    rest, marks = _DATED.subn("", rest, count=1)
    if any(word not in _DATE_WORDS and not is_month(word) for word in _TOKEN.findall(rest.lower())):
        return False
    if marks:
        return any(c.isdigit() for c in rest)
    return bool(sources) or (not marked and parse_date(rest) is not None and not stripped.isdigit())


def _reasons(text: str, lines: list[str]) -> list[str | None]:
    """For each line why it goes, or None for what stays."""
    reasons: list[str | None] = [None] * len(lines)
    foreign = bool(_CJK.search(text)) and len(_CJK.findall(text)) < len(text) / 5  # else the article is in Chinese
    head = True
    for number, line in enumerate(lines):
        if not line:
            continue
        if len(line) > _LONGEST:
            head = False
            continue
        bare = line.strip(" \u00a0\t")
        if _FOOTER.match(bare) and not _SENTENCE.search(bare):
            if not any(_is_sentence(later) for later in lines[number + 1 :]):
                reasons[number:] = ["footer"] * (len(lines) - number)
                _label_above(lines, reasons, number)
                break
            reasons[number] = "related article"
            continue
        reasons[number] = _reason(bare, head=head and number < _HEAD, foreign=foreign)
        if head and reasons[number] is None and is_prose(bare):
            head = False
    return reasons


def _mark_hidden(lines: list[str], reasons: list[str | None], hidden: Sequence[tuple[int, int]]) -> None:
    """Mark the lines of which nothing can be seen; what hides inside another line is cut out of it."""
    at, first_open = 0, 0
    for number, line in enumerate(lines):
        end = at + len(line)
        while first_open < len(hidden) and hidden[first_open][1] <= at:
            first_open += 1
        here = itertools.takewhile(lambda span, end=end: span[0] < end, hidden[first_open:])  # type: ignore[misc]
        inside = [(max(at, s) - at, min(end, e) - at) for s, e in here]
        rest, place = "", 0
        for first, last in inside:
            rest, place = rest + line[place:first], last
        if inside and not (rest + line[place:]).strip():
            reasons[number] = _HIDDEN
        at = end + 1


def _with_hidden(spans: list[tuple[int, int, str]], hidden: Sequence[tuple[int, int]]) -> list[tuple[int, int, str]]:
    """The pieces that go, with what is hidden in lines that stay."""
    found = list(spans)
    for start, end in hidden:
        place = start
        for first, last, _ in spans:
            if last <= place or first >= end:
                continue
            if first > place:
                found.append((place, first, _HIDDEN))
            place = max(place, last)
        if place < end:
            found.append((place, end, _HIDDEN))
    return sorted(found)


def _reason(line: str, *, head: bool, foreign: bool) -> str | None:
    if (match := _LINE.match(line)) and match.lastgroup:
        return match.lastgroup.replace("_", " ")
    if foreign and _CJK.search(line) and len(_CJK.findall(line)) > len(_LETTER.findall(line)) / 2:
        return "other script"
    if line[-1] not in ".!?" and is_dateline(line, marked=not head):
        return "dateline"
    if line[-1] not in ".!?:»":
        words = _WORD.findall(line.lower())
        if len(words) >= 3 and sum(word in _LANGUAGES for word in words) >= max(3, len(words) - 1):
            return "language bar"
        if len(words) >= 3 and sum(word in _SECTIONS for word in words) >= max(3, len(words) * 0.8):
            return "menu"
    return None


def _is_sentence(line: str) -> bool:
    return len(line) > _LONGEST or (len(line) >= 60 and (line[-1] == "." or bool(_INNER_SENTENCE.search(line))))


def _label_above(lines: list[str], reasons: list[str | None], footer: int) -> None:
    """Mark the name of a column ("Temps mondiaux") that stands alone between the text and its footer."""
    above = footer - 1
    while above > 0 and (not lines[above] or reasons[above]):
        above -= 1
    if above > 1 and not lines[above - 1] and len(lines[above]) <= 30 and _LABEL.fullmatch(lines[above]):
        reasons[above] = "column label"


def _spans(lines: list[str], reasons: list[str | None], prefix: int) -> list[tuple[int, int, str]]:
    """The pieces of the text that go, with the blank lines that would otherwise stand double."""
    spans: list[tuple[int, int, str]] = []
    at, blank_before, last = 0, True, None
    for line, why in zip(lines, reasons, strict=True):
        end = at + len(line) + 1
        reason = why
        if not line and blank_before and last:
            reason = last  # the blank line after something removed goes with it
        if reason:
            spans.append((at, end, reason))
            last = reason
        else:
            if at == 0 and prefix:
                spans.append((0, prefix, "dateline"))
            blank_before, last = not line, None
        at = end
    return spans


def _cut(text: str, spans: list[tuple[int, int, str]]) -> tuple[str, tuple[Removed, ...]]:
    merged: list[tuple[int, int, str]] = []
    for start, end, reason in spans:
        end = min(end, len(text))
        if merged and merged[-1][1] == start and merged[-1][2] == reason:
            start = merged.pop()[0]
        merged.append((start, end, reason))
    if merged and merged[-1][1] == len(text):  # what parted the text from its foot goes with the foot
        for number in range(len(merged) - 1, -1, -1):
            start, end, reason = merged[number]
            before = merged[number - 1][1] if number else 0
            merged[number] = (max(len(text[:start].rstrip()), before), end, reason)
            if merged[number][0] > before:
                break
    top = 0
    while merged[top][1] != len(text) and top + 1 < len(merged) and merged[top][1] == merged[top + 1][0]:
        top += 1
    if merged[0][0] == 0 and merged[top][1] < len(text):  # so does the indent of the first line that stays
        start, end, reason = merged[top]
        merged[top] = (start, len(text) - len(text[end:].lstrip()), reason)
    kept: list[str] = []
    removed: list[Removed] = []
    position = length = 0
    for start, end, reason in merged:
        kept.append(text[position:start])
        length += start - position
        removed.append(Removed(length, text[start:end], reason))
        position = end
    kept.append(text[position:])
    return "".join(kept), tuple(removed)
