"""Article → passages: slices on sentence borders, by rules for French (and fair for English) typography.

A sentence border is never guessed from a search of the text afterwards: the splitter yields offsets, and whatever is
shown later is `article.text[start:end]`.
"""

from __future__ import annotations

import re

from retrieval.types import Article, Passage

PASSAGE_VERSION = "1"  # part of the store's fingerprint: raise it when the borders below change
TARGET = 1000  # characters a passage aims at; measured in tests/benchmarks/passage_size.py
LONGEST_SENTENCE = 1200  # a "sentence" without any border (a table, a list run together) is cut at white space

_ABBREVIATIONS = frozenset(
    """m mm mme mmes mlle mlles me mgr dr drs pr prof st ste sts gén gal col cdt lt cap sgt cf ex p pp etc art al
    fig vol n° no av apr env hab tél dir éd ed op cit coll chap trad resp sr jr mr mrs ms inc ltd vs janv févr
    fevr avr juil sept oct nov déc dec approx min max""".split()
)
_CLOSERS = "\"'”’»)]"
# A full stop, question or exclamation mark or ellipsis, the closers behind it, white space, and what follows.
_BORDER = re.compile(
    r"(?P<mark>[.!?…]+)(?P<close>(?:[\u00a0\u202f ]?»|[\"'”’)\]])*)(?P<gap>[ \t\u00a0\u202f]+)(?=(?P<next>\S))"
)
_GERMAN_ORDINAL = re.compile(
    r"(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|Jahrhundert)(?!\w)"
)
_WORD_BEFORE = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]+)*$|n°$")
_LINE = re.compile(r"[^\n]+")
_CHINESE_BORDER = re.compile(r"(?<=[。！？])(?=\S)")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Offsets of the sentences of a text, in order, without the white space around them.

    A line break always ends a sentence: headings, list items and paragraphs stand alone.
    """
    found: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        start = line.start()
        for border in _borders(text, line.start(), line.end()):
            found.extend(_bounded(text, start, border))
            start = border
        found.extend(_bounded(text, start, line.end()))
    return found


def _borders(text: str, start: int, end: int) -> list[int]:
    """Where a line is to be cut: offsets of the first character after each border."""
    cuts = []
    depth_from = start
    for m in _BORDER.finditer(text, start, end):
        if _ends_sentence(text, start, depth_from, m):
            cuts.append(m.end())
            depth_from = m.end()
    cuts.extend(m.start() for m in _CHINESE_BORDER.finditer(text, start, end))
    return sorted(set(cuts))


def _ends_sentence(text: str, line_start: int, sentence_start: int, m: re.Match[str]) -> bool:
    following = m["next"]
    if following in "»)]" or following in ",;:":
        return False
    if following.islower():
        return False  # « Vraiment ? » dit-il · 3 p. cent · etc. de suite
    if m["mark"] == ".":
        before = _WORD_BEFORE.search(text, max(line_start, m.start() - 20), m.start())
        if before:
            word = before.group()
            if word.lower() in _ABBREVIATIONS and not m["close"]:
                # "etc." and its like may well end a sentence before a capital; titles never do
                return word.lower() in ("etc", "hab", "env", "min", "max") and following.isupper()
            if len(word) == 1 and word.isupper() and not m["close"]:
                return False  # an initial: J. Dupont
            if "." in word and following.isupper() and all(len(p) == 1 for p in word.split(".")):
                return len(text[sentence_start : m.start()]) > 40 and not _name_follows(text, m.end())
        elif (m.start() > line_start and text[m.start() - 1].isdigit()) and (
            m.start() - sentence_start <= 3 or _GERMAN_ORDINAL.match(text, m.start("next"))
        ):
            return False  # "1. Premier point" · "am 17. September"
    quoted = text[sentence_start : m.end()]
    # inside « … » a border is kept only where the guillemets are closed: the quotation stays in one piece when short
    return not (
        quoted.count("«") > quoted.count("»")
        and len(quoted) < 400
        and "»" in text[m.end() : m.end() + 400].split("\n")[0]
    )


def _name_follows(text: str, at: int) -> bool:
    return bool(re.match(r"[A-ZÀ-Ý][a-zà-ÿ]+\b(?! (?:est|a|ont|sont)\b)", text[at : at + 30]))


def _bounded(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """One sentence without the white space around it, cut further at white space when it is too long."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    pieces = []
    while end - start > LONGEST_SENTENCE:
        cut = max(
            text.rfind(mark, start + LONGEST_SENTENCE // 2, start + LONGEST_SENTENCE) for mark in ("; ", ", ", " ")
        )
        cut = cut + 1 if cut > 0 else start + LONGEST_SENTENCE
        stop = cut
        while stop > start and text[stop - 1].isspace():
            stop -= 1
        pieces.append((start, stop))
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if end > start:
        pieces.append((start, end))
    return pieces


def cut(article: Article, target: int = TARGET) -> list[Passage]:
    """Passages of about `target` characters, on sentence borders, paragraphs kept whole where they fit.

    Passages follow each other without overlap and hold every sentence once. A short line that stands alone (a heading)
    goes with what follows it.
    """
    sentences = split_sentences(article.text)
    passages: list[Passage] = []
    current: list[tuple[int, int]] = []
    for at, sentence in enumerate(sentences):
        if current:
            size = sentence[1] - current[0][0]
            new_paragraph = "\n" in article.text[current[-1][1] : sentence[0]]
            full = (
                size > target * 1.35
                or (size > target and not new_paragraph)
                or (new_paragraph and current[-1][1] - current[0][0] >= target * 0.6)
            )
            if full:
                carried = []
                if len(current) > 1 and _is_heading(article.text, sentences, at - 1):
                    carried = [current.pop()]
                passages.append(_passage(article, current))
                current = carried
        current.append(sentence)
    if current:
        if passages and current[-1][1] - current[0][0] < target * 0.25:
            current = [*passages.pop().sentences, *current]
        passages.append(_passage(article, current))
    return passages


def _is_heading(text: str, sentences: list[tuple[int, int]], at: int) -> bool:
    start, end = sentences[at]
    alone = (start == 0 or text[start - 1] == "\n") and (end == len(text) or text[end] == "\n")
    return alone and end - start < 100 and text[end - 1] not in ".!?…" + _CLOSERS + ";,"


def _passage(article: Article, sentences: list[tuple[int, int]]) -> Passage:
    return Passage(article.id, sentences[0][0], sentences[-1][1], tuple(sentences))
