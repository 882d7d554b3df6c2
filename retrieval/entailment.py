"""A second look at a sentence that was verified: a model is asked whether its quotes entail it.

For what verification without a model does not see: a negation, a cause, a direction, who did what to whom. A setting,
off by default: it is one small call for each sentence, and the model may err. What is asked is textual entailment
(Dagan et al., The PASCAL Recognising Textual Entailment Challenge, 2005), with the quotes as the text.
"""

from __future__ import annotations

import logging
import secrets
import time
from typing import TYPE_CHECKING, Any

import prompts
from retrieval.briefing import heading
from retrieval.chat_model import ChatModel, Messages
from retrieval.replies import ReplyError, read
from retrieval.types import Dropped, Question, Quote, Sentence, Unchecked, Usage
from retrieval.unproven import has_link

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

CONTEXT = 300  # characters before a quote that tell who and what it speaks of
LONGEST_REPLY = 2_000
LONGEST_REASON = 120
NOT_ENTAILED = "a second look did not find it in its quotes"  # Dropped.reason, or its beginning

_log = logging.getLogger(__name__)


class Entailment:
    """The second look at the sentences of one answer. After a call that failed, the others are let through unread."""

    def __init__(
        self, model: ChatModel, question: Question, seconds: float, deadline: float, config: RunnableConfig | None
    ) -> None:
        """`seconds` is for each call, `deadline` for all, as time.monotonic()."""
        self._model, self._question, self._config = model, question, config
        self._seconds, self._deadline = seconds, deadline
        self._failed = False

    def checked(self, sentence: Sentence) -> tuple[Sentence | Dropped | Unchecked | Usage, ...]:
        """The sentence or why it is dropped, and what the call took; Unchecked where that failed, once. Never fails."""
        if self._failed:
            return (sentence,)
        seconds = min(self._seconds, self._deadline - time.monotonic())
        done = self._model.complete(messages(sentence, self._question), seconds, self._config, LONGEST_REPLY)
        took = () if done.usage == Usage() else (done.usage,)
        try:
            if done.error is not None:
                raise ReplyError(done.error.kind)
            against = read(done.text, _reason)
        except ReplyError as error:
            _log.info("entailment: %s; the sentences are shown as verified", done.error.kind if done.error else error)
            self._failed = True
            return (*took, Unchecked(), sentence)
        return (*took, sentence if against is None else Dropped(sentence.text, against))


def messages(sentence: Sentence, question: Question) -> Messages:
    """The system and the user message."""
    system, user = prompts.load("entail").render(
        delimiter=secrets.token_hex(8),
        quotes="\n\n".join(map(_shown, sentence.quotes)),
        question=question.standalone,
        sentence=sentence.text,
    )
    return [("system", system), ("human", user)]


def _shown(quote: Quote) -> str:
    start = max(0, quote.start - CONTEXT)
    before = " ".join(quote.article.text[start : quote.start].split())
    lines = [
        heading(quote.article),
        f"Before it: {'…' if start else ''}{before}" if before else "",
        f"Quote: {quote.text}",
    ]
    return "\n".join(filter(None, lines))


def _reason(found: dict[str, Any]) -> str | None:
    """Why a sentence is not proven, None where it is."""
    if not isinstance(found["proven"], bool):
        raise TypeError("the verdict is not true or false")
    if found["proven"]:
        return None
    told = " ".join(str(found.get("reason") or "").split())[:LONGEST_REASON]
    return NOT_ENTAILED if not told or has_link(told) else f"{NOT_ENTAILED}: {told}"
