"""How near an answer's words are to the right ones: exact match and token F1 of SQuAD.

Rajpurkar et al. (SQuAD, EMNLP 2016): case, punctuation and articles are taken away, and the best of the accepted
answers counts. Here the folding is that of `matching.folded`; the articles taken away are those of the row's language
(« le la les l' un une des du » in French, « the a an » in English, none elsewhere); Chinese has a token a character, as
in MLQA (Lewis et al., ACL 2020). Where all answers are required, they are one right answer together.

An extractive answer is whole sentences: its exact match is near 0 and its F1 low even when it is right. Both tell
answers of the same kind apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from retrieval.evaluation.matching import folded

_ARTICLES = {"fr": frozenset("le la les l un une des du".split()), "en": frozenset("the a an".split())}
_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")
_MARK = re.compile(r"\[\d+\]")  # a citation's number in the text of an answer


def tokens(text: str, language: str) -> list[str]:
    """The words that are compared."""
    words = (word.strip(",.") for word in _TOKEN.findall(folded(_MARK.sub(" ", text))))
    return [word for word in words if word and word not in _ARTICLES.get(language, ())]


def exact_match(text: str, answers: Sequence[str], require: str, language: str) -> float:
    """1 where the words of the text are those of an accepted answer, else 0."""
    given = tokens(text, language)
    return float(any(given == right for right in _right(answers, require, language)))


def token_f1(text: str, answers: Sequence[str], require: str, language: str) -> float:
    """The harmonic mean of precision and recall of the words, 0 to 1, with the accepted answer that suits best."""
    given = tokens(text, language)
    return max((_f1(given, right) for right in _right(answers, require, language)), default=0.0)


def _right(answers: Sequence[str], require: str, language: str) -> list[list[str]]:
    accepted = [tokens(answer, language) for answer in answers]
    return [[token for answer in accepted for token in answer]] if require == "all" else accepted


def _f1(given: list[str], right: list[str]) -> float:
    shared = sum((Counter(given) & Counter(right)).values())
    return 2 * shared / (len(given) + len(right)) if shared else 0.0
