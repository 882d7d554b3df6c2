"""What is known about an article: from its file's own fields first, then from cues in its text. Unknown stays None."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from retrieval.articles.cleaning import clean, is_dateline, is_prose, normalise
from retrieval.articles.dates import date_in_name, parse_date
from retrieval.language import detect
from retrieval.types import Article

_HEAD_LINES = 15
_HEAD_CHARACTERS = 3_000
_PREFIX = re.compile(r"\s*date ((?:19|20)\d\d(?:-\d\d){0,2})[ \t]")
_SOURCE = re.compile(r"\bsource\s*:\s*([^.:!?|·\n]{2,40}?)\s*$", re.IGNORECASE)
_AGENCY = r"(Xinhua|AFP|Reuters|AP|APTN|EFE|ANSA|DPA|TASS|Belga|ATS|CMG|CGTN|Kazinform|Anadolu|AA|RIA Novosti)"
_CREDIT = re.compile(rf"\({_AGENCY}\s?/\s?[^()]{{2,50}}\)")
_LINE_CREDIT = re.compile(
    r"^[ \u00a0]*\(([A-ZÀ-Ý][^()/.!?\n]{1,29}?)\s?/\s?[^()/!?\n]{2,50}\)[ \u00a0]*$", re.MULTILINE
)
_PLACE = re.compile(rf"^[A-ZÀ-Ý][^().\n]{{1,60}}\({_AGENCY}\) ?[-–—:]", re.MULTILINE)  # "PARIS (AFP) - …"
_NOT_OUTLETS = re.compile(r"(?:photo|cr[ée]dit|illustration|image|archives?)", re.IGNORECASE)
_FRONT = re.compile(r"\ufeff?---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_FIELD = re.compile(r"([A-Za-z_-]+)[ \t]*:[ \t]*(.*)")
_FIELDS = {
    "title": "title", "titre": "title", "date": "published", "published": "published", "source": "source",
    "url": "url", "link": "url", "language": "language", "lang": "language", "langue": "language",
}  # fmt: skip
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Extracted:
    """The raw text of one document and what its format says about it."""

    text: str
    title: str | None = None
    published: str | None = None
    source: str | None = None
    url: str | None = None
    language: str | None = None


def front_matter(raw: str) -> Extracted:
    """Take a `---` block of `key: value` lines off the top; a block that holds anything else is text."""
    raw = raw.replace("\r\n", "\n")
    match = _FRONT.match(raw)
    if match is None:
        return Extracted(raw)
    found: dict[str, str] = {}
    matched = False
    for line in (match[1] or "").split("\n"):
        field = _FIELD.fullmatch(line.strip())
        if field is None:
            if line.strip() and not line.startswith((" ", "\t", "-", "#")):  # nested YAML is skipped, prose is not
                return Extracted(raw)
            continue
        matched = True
        name, value = _FIELDS.get(field[1].lower()), field[2].strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        if name and value:
            found.setdefault(name, value)
    return Extracted(raw[match.end() :], **found) if matched else Extracted(raw)


def assemble(identifier: str, found: Extracted, *, name: str | None = None) -> Article:
    """Clean the text and fill what its format did not say from cues in it. `name` is the file's, if it has one."""
    text, removed = clean(found.text)
    # Cues stand in the lines that cleaning removes: no removal and no file name means only the text can have them.
    raw = normalise(found.text) if removed else text
    return Article(
        id=identifier,
        text=text,
        title=_one_line(found.title) or headline(text),
        published=(parse_date(found.published) if found.published else None)
        or _published_cue(raw)
        or (date_in_name(PurePosixPath(name).name) if name else None),
        source=_one_line(found.source) or _source_cue(raw),
        url=found.url,
        language=_code(found.language) or detect(text),
        removed=removed,
    )


def headline(text: str) -> str | None:
    """The first line when it looks like a headline: short, no full stop, with running text under it."""
    end = text.find("\n")
    if end < 0 or end > 250:
        return None
    first = text[:end].lstrip("#").strip()
    words = first.split()
    if not 3 <= len(words) <= 40 or first[-1] in ".,;:…" or not any(c.isalpha() for c in first):
        return None
    following = [line for line in text[end : end + _HEAD_CHARACTERS].split("\n") if line][:4]
    return first if any(is_prose(line) for line in following) else None


def _published_cue(raw: str) -> str | None:
    if prefix := _PREFIX.match(raw):
        return parse_date(prefix[1])
    for number, line in enumerate(raw[:_HEAD_CHARACTERS].split("\n")):
        bare = line.strip(" \u00a0\t")
        if number > _HEAD_LINES or is_prose(bare):
            return None  # a date further down is one of the events told
        if not bare or len(bare) > 140 or bare[-1] in ".!?" or not any(c.isdigit() for c in bare):
            continue
        if is_dateline(bare, marked=False) and (found := parse_date(bare)):
            return found
    return None


def _source_cue(raw: str) -> str | None:
    # Cheap tests before the searches: almost no article has these.
    if "ource" in raw or "OURCE" in raw:
        lines = [line.strip(" \u00a0\t") for line in raw.split("\n") if line]
        for line in lines[:_HEAD_LINES] + lines[-_HEAD_LINES:]:
            match = _SOURCE.search(line) if len(line) <= 140 else None
            if match and is_dateline(line, marked=False):
                return match[1].strip()
    if "(" not in raw:
        return None
    if match := _CREDIT.search(raw) or _PLACE.search(raw, 0, _HEAD_CHARACTERS):
        return match[1]
    match = _LINE_CREDIT.search(raw)
    return match[1].strip() if match and not _NOT_OUTLETS.match(match[1]) else None


def _one_line(value: str | None) -> str | None:
    return (_SPACES.sub(" ", normalise(value)).strip() or None) if value else None


def _code(language: str | None) -> str | None:
    """The ISO 639-1 code of "fr", "fr-FR" or "fr_FR"; None for "français"."""
    match = re.match(r"([a-z]{2})(?![a-z])", language.lower(), re.ASCII) if language else None
    return match[1] if match else None
