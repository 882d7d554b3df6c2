"""A question as typed → a question that stands alone, without any model.

A follow-up ("Et en 2023 ?") keeps the words of the question before it, with what it replaces taken out: a year replaces
the year, a place the place. What was understood is shown, so a wrong guess can be seen and mended.
"""

from __future__ import annotations

import re
from dataclasses import replace

from retrieval.analysis import fold, terms
from retrieval.language import detect
from retrieval.types import Question

_OPENING = re.compile(r"^\s*(?:et|and|puis|sinon|mais)\b[\s,]*", re.IGNORECASE)
_POINTING = re.compile(
    r"\b(?:il|elle|ils|elles|celui-ci|celle-ci|ceux-ci|celles-ci|cela|ca|y|en|ce jour-la|he|she|they|it)\b"
)
_YEAR = re.compile(r"\b(?:1[89]|20)\d{2}\b")
_QUESTION_WORD = re.compile(
    r"\b(?:qui|que|quoi|quel|quelle|quels|quelles|quand|ou|comment|combien|pourquoi|who|what|when|where|why|how|which)\b"
)
_SHORT = 4  # terms: a question with more of its own says what it is about


def understand(question: Question) -> Question:
    """The question with `understood_as` and `language` filled."""
    text = " ".join(question.text.split())
    language = question.language or detect(text)
    if question.understood_as is None:
        text = _standalone(text, question) if question.history else text
        return replace(question, understood_as=text, language=language)
    return replace(question, language=language)


def _standalone(text: str, question: Question) -> str:
    before = question.history[-1].question
    own = terms(text)
    opened = _OPENING.match(text)
    follows = (
        bool(opened)
        or (len(own) <= _SHORT and bool(_POINTING.search(fold(text))))
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
