"""A sentence against the passages that it cites, without a model.

Numbers, dates, weekdays, currencies, quotations and proper names must be found in the slices that are shown, or in the
title and date of their articles, or in the question; enough of the other words must be found too.
What a passage has with other words is refused (`contradicting`).

Not seen: a negation, a cause, a direction (rose, fell), a swap of roles (who did what to whom) where both names keep
their neighbours, and, in another language than the passages', a swap of two figures or names that both stand there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from retrieval.analysis import terms
from retrieval.contradicting import SHARED, Line, about, contradicted
from retrieval.facts import Facts, Mark, facts, is_named, merged, names
from retrieval.figures import WEEKDAYS, Day
from retrieval.hostile import orders, without_orders
from retrieval.types import Hit, Quote

NEAREST = 0.8  # of the words that the best passage holds: what one holds at least that proves a sentence unasked
COVERAGE = 0.5  # share of a sentence's content words that the cited passages hold, in one language
SHORT, COVERAGE_OF_SHORT = 4, 0.6  # content words of a sentence without figures and names, and their share
KINDRED = 0.25  # the same by their first five letters, where the languages differ and no figure or name is compared
LONGEST_QUOTE = 3  # sentences
MOST_QUOTES = 3

_RUN_OF_NAMES = re.compile(r"(?<=[a-zß,] )[A-ZÄÖÜ][\w-]+(?: (?:von )?[A-ZÄÖÜ][\w-]+)+")
_QUOTED = re.compile(r"«([^»]+)»|“([^”]+)”|\"([^\"]+)\"")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence may be shown, with the slices that prove it, or why not."""

    supported: bool
    reason: str | None
    quotes: tuple[Quote, ...] = ()
    share: float = 0.0  # of its content words that the passages hold


@dataclass(frozen=True, slots=True)
class _Slice:
    """What could be quoted."""

    lines: tuple[Line, ...]
    proofs: frozenset[str]
    share: float  # of the sentence's content words

    @property
    def hit(self) -> Hit:
        return self.lines[0].hit


def prove(sentence: str, cited: Sequence[Hit], others: Sequence[Hit], question: str, language: str | None) -> Verdict:
    """Whether the cited hits prove the sentence, or else one of the others alone; then as `verify`.

    That one holds about as many of its words as any: none is passed over that says the same with other figures.
    """
    first = verify(sentence, cited, question, language)
    if first.supported or not others:
        return first
    shares = [_share_of(sentence, hit, question, language) for hit in others]
    most = max(first.share, *shares)
    for hit, share in zip(others, shares, strict=True):
        if share >= NEAREST * most and (found := verify(sentence, [hit], question, language)).supported:
            return found
    return first if cited else verify(sentence, [others[shares.index(most)]], question, language)


def _share_of(sentence: str, hit: Hit, question: str, language: str | None) -> float:
    """As `Verdict.share`: by the words alone where the languages are the same, which is soon told."""
    if not _same([hit], language):
        return verify(sentence, [hit], question, language).share
    lines = _lines(hit)
    held = about(hit).terms.union(*(line.facts.terms for line in lines))
    return _share(facts(sentence), held, without_orders(question)) if lines else 0.0


def _share(own: Facts, held: frozenset[str], question: str) -> float:
    wanted = _wanted(own, question)
    return len(wanted & held) / len(wanted) if wanted else 1.0


def _wanted(own: Facts, question: str) -> frozenset[str]:
    """The content words that the evidence is asked for: what the question said proves nothing."""
    return (own.terms - facts(question).terms) or own.terms


def _same(hits: Sequence[Hit], language: str | None) -> bool:
    return all(not language or not h.article.language or language[:2] == h.article.language[:2] for h in hits)


def verify(sentence: str, cited: Sequence[Hit], question: str, language: str | None) -> Verdict:
    """Whether the cited hits prove the sentence; `language` is the sentence's (None: taken to be the hits')."""
    if not cited:
        return Verdict(False, "no passage cited")
    same = _same(cited, language)
    question = without_orders(question)
    own = facts(sentence)
    lines = [line for h in cited for line in _lines(h)]
    if not lines:
        return Verdict(False, "the passages hold nothing but orders to a machine")
    held = _evidence(lines)
    share = _share(own, held.terms, question)
    if missing := _listed(_problems(sentence, merged([held, facts(question)]), same, language)):
        return Verdict(False, f"not in the cited passages: {missing}", share=share)
    if not same and not _anchored(sentence, own, held, language):
        return Verdict(False, "nothing in it can be compared with passages in another language", share=share)
    bare = not any(m.sure for m in own.marks) and len(_wanted(own, question)) < SHORT
    if same and bare and len(own.order) < 2:
        return Verdict(False, "it says nothing that could be compared", share=share)
    if same and share < (COVERAGE_OF_SHORT if bare else COVERAGE):
        return Verdict(False, f"too few of its words are in the cited passages ({share:.2f})", share=share)
    if same and (other := _listed(contradicted(own, lines, question))):
        return Verdict(False, f"the passages say otherwise: {other}", share=share)
    shown = _chosen(sentence, lines, same, language)
    evidence = merged([_evidence([line for s in shown for line in s.lines]), facts(question)])
    if missing := _listed(_problems(sentence, evidence, same, language)):
        return Verdict(False, f"in no slice that could be quoted: {missing}", share=share)
    return Verdict(True, None, _quotes(shown), share if same else 1.0)


def _lines(hit: Hit) -> list[Line]:
    """The sentences of a hit that can prove something: none that speaks to the machine that reads it."""
    sentences = hit.sentences or ((hit.start, hit.end),)
    barred = orders(hit.article.text, sentences)
    kept = [(i, span) for i, span in enumerate(sentences) if i not in barred]
    return [Line(hit, s, e, not i or i - 1 in barred) for i, (s, e) in kept]  # no quote reaches over one that is barred


def _anchored(sentence: str, own: Facts, held: Facts, language: str | None) -> bool:
    """Whether a sentence in another language than the passages' holds a figure, a date, a name or kindred words."""
    if any(french[0].isupper() and _says(french, held, own) for _, french in _glossed(sentence, language)):
        return True
    if any(m.values & held.values for m in own.numbers) or any(d.is_of(o) for d in own.days for o in held.days):
        return True
    if any(is_named(name, held, own, False) for name in names(sentence)):
        return True
    kindred = {t for t in own.terms if len(t) > 4 and any(o.startswith(t[:5]) for o in held.terms)}
    return len(kindred) >= KINDRED * (len(own.terms) or 1)


def _listed(problems: Iterator[str]) -> str:
    return ", ".join(dict.fromkeys(problems))


def _evidence(lines: Sequence[Line]) -> Facts:
    """What sentences hold with what is known of their articles: the title, the date, the days of weekdays."""
    known = {line.hit.article.id: about(line.hit) for line in lines}
    days = [found for line in lines if (found := line.resolved).values or found.days]
    return merged([*(line.facts for line in lines), *days, *known.values()])


def _problems(sentence: str, evidence: Facts, same_language: bool, language: str | None) -> Iterator[str]:
    """What of the sentence the evidence does not hold. In German every noun has a capital: single ones are no names."""
    own = facts(sentence)
    yield from (f"number {m.written}" for m in own.numbers if not m.values & evidence.values)
    yield from (f"number {m.written} {m.unit}" for m in own.numbers if m.unit and not _measured(m, evidence))
    for day in own.days:
        if not any(_same_day(day, other, evidence) for other in evidence.days):
            yield f"date {day.written}"
    days = {WEEKDAYS[w] for w in evidence.weekdays} | {d.weekday for d in evidence.days}
    yield from (f"weekday {w}" for w in sorted(own.weekdays) if WEEKDAYS[w] not in days)
    yield from (f"currency {c}" for c in sorted(own.currencies - evidence.currencies))
    if same_language:
        for m in _QUOTED.finditer(sentence):
            quoted = facts(m[1] or m[2] or m[3]).folded
            if quoted.count(" ") >= 2 and f" {quoted} " not in f" {evidence.folded} ":
                yield "quotation"
    told = _RUN_OF_NAMES.findall(sentence[1:]) if language == "de" else [sentence]
    known = {} if same_language else dict(_glossed(sentence, language))
    for name in (name for part in told for name in names(part)):
        meant = (french for written, french in known.items() if name in written.split())
        if not (is_named(name, evidence, own, same_language) or any(_says(french, evidence, own) for french in meant)):
            yield f"name {name}"
    if language == "zh":  # which has no capitals: names are those that the glossary knows
        for written, french in known.items():
            named = len(written) > 1 and french[0].isupper() and written not in evidence.folded
            if named and not _says(french, evidence, own):
                yield f"name {written}"


def _glossed(sentence: str, language: str | None) -> tuple[tuple[str, str], ...]:
    """The words of a sentence that a glossary knows, with their French."""
    from retrieval import lexicon  # and its stemmers, for other languages alone

    return lexicon.glossed(sentence, language) if language in lexicon.TRANSLATED else ()


def _says(french: str, evidence: Facts, own: Facts) -> bool:
    """Whether the evidence has the words of a translation, or their initials."""
    words = re.findall(r"[^\W\d_]{3,}", french)
    named = all(is_named(word, evidence, own, False) for word in words)
    return bool(words) and (named or not facts(french).initials.isdisjoint(evidence.acronyms))


def _measured(number: Mark, evidence: Facts) -> bool:
    """Whether the evidence has the number with its unit, or without any, or not as a number at all."""
    units = {m.unit for m in evidence.numbers if m.values & number.values}
    return not units or bool(units & {number.unit, None})


def _same_day(day: Day, other: Day, evidence: Facts) -> bool:
    """Whether one date is the other; without its year it is of one that the evidence names, or of the nearest."""
    if not day.is_of(other):
        return False
    if day.year in (None, other.year):
        return True
    return other.year is None and (str(day.year) in evidence.values or any(_close(day, d) for d in evidence.days))


def _close(day: Day, other: Day) -> bool:
    """Whether a date is within half a year of a whole one, such as a publication."""
    try:
        ours, theirs = date(day.year or 0, day.month, day.day or 15), date(other.year or 0, other.month, other.day or 0)
    except ValueError:
        return False
    return abs(ours - theirs).days <= 183


def _chosen(sentence: str, lines: Sequence[Line], same_language: bool, language: str | None) -> list[_Slice]:
    """The slices that together prove most, each adding a proof, and those of other hits that hold many of its words."""
    own = facts(sentence)
    if not same_language and (told := _glossed(sentence, language)):
        own = replace(own, terms=frozenset(terms(" ".join(french for _, french in told))) or own.terms)
    kept, proven = list[_Slice](), frozenset[str]()
    slices = list(_slices(own, frozenset(names(sentence)), lines, same_language))

    def worth(of: _Slice, known: frozenset[str]) -> float:
        return 2 * len(of.proofs - known) + 4 * of.share - 1.2 * (len(of.lines) - 1)

    while len(kept) < MOST_QUOTES:
        hits = [k.hit for k in kept]
        useful = [s for s in slices if not kept or s.proofs - proven or (s.share >= 0.3 and s.hit not in hits)]
        if not useful:
            break
        kept.append(max(useful, key=partial(worth, known=proven)))
        proven |= kept[-1].proofs
    return kept


def _slices(own: Facts, named: frozenset[str], lines: Sequence[Line], same_language: bool) -> Iterator[_Slice]:
    """What could be quoted. A figure is proved only by a slice that shares words or more figures with the sentence."""
    needed = min(SHARED, len(own.terms) // 2) if same_language else 0
    proofs = [_proofs(own, named, line, same_language) for line in lines]
    for i in range(len(lines)):
        held, shared = frozenset[str](), frozenset[str]()
        for j in range(i, min(i + LONGEST_QUOTE, len(lines))):
            if j > i and lines[j].first:
                break
            held |= proofs[j]
            shared |= own.terms & lines[j].facts.terms
            figures = len(held & {m.written for m in own.numbers})  # each other figure is as good as a word
            enough = len(shared | own.terms & about(lines[i].hit).terms) + max(0, figures - 1) >= needed
            yield _Slice(tuple(lines[i : j + 1]), held if enough else held & named, len(shared) / (len(own.terms) or 1))


def _quotes(shown: Sequence[_Slice]) -> tuple[Quote, ...]:
    """The slices as quotes, those that overlap joined."""
    kept = list[Quote]()
    for slice_ in shown:
        article, start, end = slice_.hit.article, slice_.lines[0].start, slice_.lines[-1].end
        at = next((i for i, k in enumerate(kept) if k.article is article and k.start < end and start < k.end), None)
        if at is None:
            kept.append(Quote(article, start, end))
        else:
            kept[at] = Quote(article, min(start, kept[at].start), max(end, kept[at].end))
    return tuple(kept)


def _proofs(own: Facts, named: frozenset[str], line: Line, same_language: bool) -> frozenset[str]:
    """Which figures, dates and names of the sentence a line holds."""
    held = line.facts
    found = {m.written for m in own.numbers if m.values & held.values and (not m.unit or _measured(m, held))}
    found |= {name for name in named if is_named(name, held, own, same_language)}
    found |= (own.weekdays & held.weekdays) | (own.currencies & held.currencies)
    days = [*held.days, *line.resolved.days]
    return frozenset(found | {d.written for d in own.days if any(d.is_of(o) for o in days)})
