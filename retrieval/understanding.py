"""A question as typed → a question that stands alone, without any model; and whether a model should look at it.

A follow-up ("Et en 2023 ?") keeps the words of the question before it, with what it replaces taken out: a year replaces
the year, a place the place. What was understood is shown, so a wrong guess can be seen and mended. Where a model writes
the answers, `reason_to_ask` says which questions are worth a call of it before anything is searched for good.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from retrieval.analysis import flat, fold, terms
from retrieval.anchored import find
from retrieval.figures import MONTHS, WEEKDAYS
from retrieval.language import detect
from retrieval.types import Hit, Question

_OPENING = re.compile(r"^\s*(?:et|and|puis|sinon|mais)\b[\s,]*", re.IGNORECASE)
_POINTING = re.compile(
    r"\b(?:il|elle|ils|elles|celui-ci|celle-ci|ceux-ci|celles-ci|cela|ca|y|en|ce jour-la|he|she|they|it)\b"
)
# "Quand la Biélorussie a-t-elle …": a pronoun that repeats the name before its verb points at nothing that was said
_REPEATING = re.compile(
    r"(?<!^)(?<!\b[dD]['’])(?<!\b(?:d[eu]|en|au) )(?<!\bà )\b[A-ZÀ-Þ]\S* (?:\S+ )*?[^\s-]+-(?:t-)?(ils?|elles?)\b"
)
_YEAR = re.compile(r"\b(?:1[89]|20)\d{2}\b")
_QUESTION_WORD = re.compile(
    r"\b(?:qui|que|quoi|quel|quelle|quels|quelles|quand|ou|comment|combien|pourquoi|who|what|when|where|why|how|which)\b"
)
_SEVERAL = re.compile(
    r"[?？؟].*\w.*[?？؟]|(?:\b(?:et|and|ainsi que|puis)|[,;:]) +(?:(?:a|de|d'|en|pour|par|dans|depuis|chez|avec|sur|by"
    r"|in|for|to) ?)?(?:qui|que|quoi|qu'\w+|quel\w*|quand|comment|combien|pourquoi|who|what|when|where|why|how|which)\b"
    r"|\b(?:et|and) (?:dans|en|chez|a|au|aux|pour|in|at|for) \w"
)
_TIME = re.compile(  # what may be words for a time
    rf"\b(?:veille|lendemain|surlendemain|week-?end|jour-la|annee-la|mois-la|semaine|noel|paques|toussaint|rentree|ago"
    rf"|yesterday|{'|'.join([*MONTHS, *WEEKDAYS])})\b"
)
# A search is sure where one of the best hits holds so much of the question's words, weighed by rarity, or where the
# best hit of another article is so far behind the best one. On 121 news questions (the thresholds were chosen on them)
# 73 are sure, and for one of these the article that answers is not among the ten hits.
SURE = 0.8
BEHIND = 0.6
_SHORT = 4  # terms: a question with more of its own says what it is about


def understand(question: Question) -> Question:
    """The question with `understood_as` and `language` filled."""
    text = " ".join(question.text.split())
    language = question.language or detect(text)
    if question.understood_as is None:
        text = _standalone(text, question) if question.history else text
        return replace(question, understood_as=text, language=language)
    return replace(question, language=language)


def reason_to_ask(question: Question, hits: Sequence[Hit], corpus: str | None, covered: float) -> str | None:
    """Why a model should say what to search for: "history", "language", "parts", "time" or "unsure"; None: no need.

    `corpus` is the language of the articles, and `covered` the share of the question that the best hits hold.
    """
    if question.history:
        return "history"
    if question.language and corpus and question.language != corpus:
        return "language"
    folded = flat(question.text)
    if _SEVERAL.search(folded):
        return "parts"
    if question.period is None and _TIME.search(folded) and find(question.text, question.today or date.today()) is None:
        return "time"
    return None if hits and (covered >= SURE or _ahead(hits)) else "unsure"


def _ahead(hits: Sequence[Hit]) -> bool:
    """Whether the best article is well before the next one."""
    best = hits[0]
    return all(hit.score <= BEHIND * best.score for hit in hits if hit.article.id != best.article.id)


def _unrepeated(text: str) -> str:
    """A question without the pronoun that repeats the name which is its subject."""
    return _REPEATING.sub(lambda m: m[0][: m.start(1) - m.start()], text)


def _standalone(text: str, question: Question) -> str:
    before = question.history[-1].question
    own = terms(text)
    opened = _OPENING.match(text)
    follows = (
        bool(opened)
        or (len(own) <= _SHORT and bool(_POINTING.search(fold(_unrepeated(text)))))
        or (len(own) <= 2 and not _QUESTION_WORD.search(fold(text)))
    )
    if not follows:
        return text
    rest = text[opened.end() :] if opened else text
    kept = before.rstrip(" ?!.")
    if _YEAR.search(rest):
        years = _YEAR.findall(rest)
        if len(years) == 1 and len(terms(rest)) == 1 and _YEAR.search(kept):
            return f"{_YEAR.sub(years[0], kept)} ?"
        kept = _YEAR.sub("", kept)
    if _QUESTION_WORD.search(fold(rest)):
        # it asks something else about the same thing: its own question first, the subject of the one before behind it
        return f"{rest.rstrip(' ?!.')} ({kept}) ?"
    return f"{' '.join(kept.split())}, {rest.rstrip(' ?!.')} ?"
