"""The same question again, of the same articles: the answer given before, which costs nothing and says what it is.

Only what cost something is taken up again, only within a conversation, and only where the question would be understood
as it was then: « Et en 2023 ? » is another question after another one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import unicodedata
from collections import deque
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from retrieval.settings import Settings
from retrieval.types import Answer, Question, Usage

if TYPE_CHECKING:
    from bot.memory import Turn

REMEMBERED = 30  # answers of a conversation among which the same question is looked for
NOTICE = "repeated"  # Answer.notice of an answer taken up again
_MARKS = str.maketrans("’‘ʼ`´“”«»\u00a0\u202f", "'''''\"\"\"\"  ")


def basis_of(settings: Settings, revision: str, question: Question) -> str:
    """A digest of all that an answer rests on beside the question's words.

    These are the articles (`revision`: `Answerer.revision`), the settings, code and prompts, who answers, the day.
    """
    asked = (question.mode, question.any_date, str(question.period), str(question.today or date.today()))
    return hashlib.sha256(repr((revision, _made_with(settings), asked)).encode()).hexdigest()[:16]


class Repeats:
    """The answers of one conversation in the terminal."""

    def __init__(self) -> None:
        self._given: deque[tuple[str, Answer]] = deque(maxlen=REMEMBERED)  # with what each rests on

    def note(self, answer: Answer, basis: str) -> None:
        """Remember an answer."""
        self._given.append((basis, answer))

    def of(self, question: Question, basis: str) -> Answer | None:
        """The answer given to the same question before, marked as such; None where there is none that still holds."""
        for rested_on, answer in reversed(self._given):
            paid = answer.usage != Usage() or answer.notice == NOTICE
            if paid and rested_on == basis and _same(question, answer.question, answer.understood_as, answer.notice):
                return dataclasses.replace(answer, question=question.text, usage=Usage(), seconds={}, notice=NOTICE)
        return None


def stored(question: Question, basis: str, turns: Sequence[Turn]) -> dict[str, Any] | None:
    """The same, of the turns of a conversation in memory (the oldest first), in the JSON form of an answer.

    An answer that its asker disliked is not given again. What an answer rests on is stored in it, as `basis`.
    """
    wanted = normalised(question.text)
    for turn in reversed(turns):
        if turn.answer is None or turn.feedback < 0 or normalised(turn.question) != wanted:
            continue
        answer: dict[str, Any] = json.loads(turn.answer)
        paid = any(answer["usage"].values()) or answer["notice"] == NOTICE
        same = _same(question, turn.question, answer["understood_as"], answer["notice"])
        if paid and same and answer.get("basis") == basis:
            nothing = dict.fromkeys(("input_tokens", "output_tokens"), 0) | {"cost_usd": 0.0}
            return answer | {"question": question.text, "usage": nothing, "seconds": {}, "notice": NOTICE}
    return None


def normalised(text: str) -> str:
    """A question without what makes no difference: case, spaces, the forms of quotes, the marks at its end."""
    text = unicodedata.normalize("NFKC", text.translate(_MARKS)).casefold()
    return re.sub(r"[\s?!.…]+$", "", " ".join(text.split()))


def _same(question: Question, before: str, understood_as: str, notice: str | None) -> bool:
    """Whether a question asks what an answer answered, and that was no fallback."""
    if notice not in (None, NOTICE) or normalised(question.text) != normalised(before):
        return False
    from retrieval.understanding import understand

    return normalised(understand(question).standalone) == normalised(understood_as)


@cache
def _made_with(settings: Settings) -> str:
    from retrieval.evaluation.runs import code_fingerprint, settings_dict

    return f"{settings_dict(settings)} {code_fingerprint()}"
