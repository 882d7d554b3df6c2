"""Whether gold rows hold in the stored articles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property

from retrieval.analysis import terms
from retrieval.evaluation.gold import Evidence, Problem, Row
from retrieval.evaluation.matching import folded, occurs, verbatim
from retrieval.library import Library
from retrieval.passages import split_sentences
from retrieval.types import Article

_RARE = 4  # a name is rare when at most one article in so many has it
_CAPITALISED = re.compile(r"[^\W\d_]+")


class Checker:
    """Checks rows one by one against the same articles, which are read once."""

    def __init__(self, library: Library) -> None:
        self._corpus = _Corpus(library)

    def wrong(self, row: Row) -> list[str]:
        """What is wrong with a row by itself."""
        return [reason for asked in row.asked for reason in _wrong(asked, self._corpus)]


def check(rows: Sequence[Row], library: Library) -> list[Problem]:
    """What is wrong with the rows, in their order: ids, languages, questions, evidence, answers, exact hits."""
    corpus = _Corpus(library)
    seen: dict[str, int] = {}
    problems: list[Problem] = []
    for row in rows:
        reasons = [f"the id is that of line {seen[row.id]} too"] if row.id in seen else []
        seen.setdefault(row.id, row.line)
        if not row.id.strip():
            reasons.append("the id is empty")
        if len(row.turns) == 1:
            reasons.append("a dialogue has two turns or more")
        problems += [Problem(row.line, row.id, reason) for reason in reasons]
        if row.status in ("reviewed", "draft"):  # of the others nothing is known yet, or nothing is wanted
            problems += [Problem(row.line, asked.id, reason) for asked in row.asked for reason in _wrong(asked, corpus)]
    return problems


def _wrong(row: Row, corpus: _Corpus) -> Iterator[str]:
    if not row.question.strip():
        yield "the question is empty"
    if not re.fullmatch(r"[a-z]{2}", row.language):
        yield f"no language code of two letters: {row.language!r}"
    for text in row.forbidden:
        if any(occurs(text, folded(answer)) for answer in row.answers):
            yield f"forbidden and accepted at once: {text!r}"
    if row.false_premise is not None and not row.evidence:
        yield "a false premise without the evidence that contradicts it"
    broken = [reason for evidence in row.evidence for reason in _broken(evidence, corpus)]
    yield from broken
    if row.answerable:
        if not broken:
            yield from _unproven(row, corpus)
        return
    if row.evidence and row.false_premise is None:
        yield "unanswerable, but with evidence"
    if hit := corpus.exact_hit(row):
        yield hit


def _broken(evidence: Evidence, corpus: _Corpus) -> Iterator[str]:
    article = corpus.article(evidence.article)
    if article is None:
        yield f"no article {evidence.article!r}"
        return
    slice_ = None
    if evidence.start is not None and evidence.end is not None:
        slice_ = article.text[evidence.start : evidence.end]
        if not evidence.start < evidence.end <= len(article.text):
            yield f"the offsets {evidence.start}-{evidence.end} are outside of {evidence.article}"
            return
    if evidence.quote is None:
        return
    quote = verbatim(evidence.quote)
    if slice_ is not None and verbatim(slice_) != quote:
        yield f"the offsets {evidence.start}-{evidence.end} of {evidence.article} do not hold the quote"
    elif not quote or quote not in verbatim(article.text):
        yield f"the quote is not in {evidence.article}: {evidence.quote[:60]!r}"


def _unproven(row: Row, corpus: _Corpus) -> Iterator[str]:
    """Answers that the evidence does not give.

    Each has to stand in an article of the evidence, and one of them (where all are required: all) in what is quoted of
    it. In another language than French the others may be translations.
    """
    if not row.answers:
        yield "answerable, but without answers"
    if not row.evidence:
        yield "answerable, but without evidence"
    if not row.answers or not row.evidence:
        return
    quoted = " \n ".join(corpus.quoted(evidence) for evidence in row.evidence)
    whole = " \n ".join(corpus.folded(evidence.article) for evidence in row.evidence)
    apart = [answer for answer in row.answers if not occurs(answer, quoted)]
    if row.require == "all":
        yield from (f"not in the evidence: {answer!r}" for answer in apart)
    elif len(apart) == len(row.answers):
        yield f"no answer is in the evidence: {', '.join(map(repr, apart))}"
    elif row.language == "fr":
        yield from (f"not in an article of the evidence: {answer!r}" for answer in apart if not occurs(answer, whole))


class _Corpus:
    """The stored articles, as the checks look at them."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._articles: dict[str, Article | None] = {}
        self._folded: dict[str, str] = {}

    def article(self, name: str) -> Article | None:
        if name not in self._articles:
            self._articles[name] = self._library.article(name)
        return self._articles[name]

    def folded(self, name: str) -> str:
        """Title and text of an article, folded; "" when there is none."""
        if name not in self._folded:
            article = self.article(name)
            self._folded[name] = folded(f"{article.title or ''}\n{article.text}") if article else ""
        return self._folded[name]

    def quoted(self, evidence: Evidence) -> str:
        """What the evidence shows, folded: its quote, its offsets, else the article."""
        if evidence.quote is not None:
            return folded(evidence.quote)
        article = self.article(evidence.article)
        if article is not None and evidence.start is not None:
            return folded(article.text[evidence.start : evidence.end])
        return self.folded(evidence.article)

    @cached_property
    def _sentences(self) -> list[tuple[str, str, frozenset[str]]]:
        """Each sentence: its article, its text, its terms."""
        found = []
        for name in self._library.ids():
            article = self.article(name)
            text = article.text if article else ""
            found += [(name, text[a:b], frozenset(terms(text[a:b]))) for a, b in split_sentences(text)]
        return found

    @cached_property
    def _spread(self) -> Counter[str]:
        """In how many articles each term stands."""
        by_article: dict[str, set[str]] = {}
        for name, _, words in self._sentences:
            by_article.setdefault(name, set()).update(words)
        return Counter(word for words in by_article.values() for word in words)

    def exact_hit(self, row: Row) -> str | None:
        """Why an unanswerable question has an answer after all, or None.

        It has one when an article gives one of its `answers`; when a sentence holds all the words of the question; or
        when a sentence holds something of `missing` and a name of the question: a rare one if it has any, else one that
        the articles know; without any of these, something of `missing` alone.
        """
        for answer in row.answers:
            for name in self._library.ids():
                if occurs(answer, self.folded(name)):
                    return f"unanswerable, but {answer!r} is in {name}"
        asked = frozenset(terms(row.question))
        names = self._names(row.question)
        missing = [words for text in row.missing if (words := frozenset(terms(text)))]
        for name, sentence, words in self._sentences:
            whole = len(asked) > 1 and asked <= words
            if whole or ((not names or names & words) and any(wanted <= words for wanted in missing)):
                return f"unanswerable, but {name} has: {sentence[:80]!r}"
        return None

    def _names(self, question: str) -> frozenset[str]:
        words = [m.group() for m in _CAPITALISED.finditer(question) if m.start()]
        known = {t for w in words if w[0].isupper() for t in terms(w) if t in self._spread}
        rare = {t for t in known if self._spread[t] * _RARE <= len(self._library.ids())}
        return frozenset(rare or known)
