"""Hits → sentences by a chat model, streamed. A sentence leaves only after it was verified.

prompt ─▶ model ─▶ prompts.Reply (whole sentences with their keys) ─▶ verify (─▶ entailment) ─▶ Sentence | Dropped
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import prompts
from retrieval.briefing import keys_of, messages, shown
from retrieval.chat_model import ChatModel
from retrieval.entailment import Entailment
from retrieval.errors import ModelError
from retrieval.model_errors import unfinished
from retrieval.passages import split_sentences
from retrieval.settings import Settings
from retrieval.types import Dropped, Hit, Question, Sentence, Unanswered, Unchecked, Usage
from retrieval.unproven import has_link, is_absence, only_absence
from retrieval.verifying import prove

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.runnables import RunnableConfig

NO_EVIDENCE = "NO_EVIDENCE"  # what the model writes when no passage answers
MISSING = "more than what the passages do not say"  # Dropped.reasons
LINK = "a link or markup"
Written = Sentence | Unanswered | Unchecked | Dropped | Usage


class Writer:
    """Writes answers with the chat model of the settings. The model is made on first use."""

    def __init__(self, settings: Settings, model: BaseChatModel | None = None) -> None:
        self._settings, self.model = settings, ChatModel(settings, model)

    @property
    def name(self) -> str:
        """The model's name without its provider."""
        return self.model.name

    def stream(
        self, question: Question, hits: Sequence[Hit], deadline: float, config: RunnableConfig | None = None
    ) -> Iterator[Written]:
        """Verified sentences as they are complete, what the passages do not say, what was dropped, and last the usage.

        `deadline` is a value of time.monotonic(). Raises ModelError, after the sentences that were complete. An
        answer without any sentence means that the model found no evidence, or that nothing it wrote could be proven.
        """
        written = self._written(question, hits, deadline, config)
        if self._settings.entailment == "off":
            yield from written
            return
        second = Entailment(self.model, question, self._settings.entailment_timeout, deadline, config)
        for item in written:
            yield from second.checked(item) if isinstance(item, Sentence) else (item,)

    def _written(
        self, question: Question, hits: Sequence[Hit], deadline: float, config: RunnableConfig | None
    ) -> Iterator[Written]:
        given = shown(hits, self._settings.context_tokens)
        try:
            yield from self._attempt(question, given, hits, deadline, config)
        except ModelError as error:  # a context overflow comes before the first sentence
            if error.kind != "context" or len(given) < 2:
                raise
            yield from self._attempt(question, given[: len(given) // 2], hits, deadline, config)

    def prepare(self) -> None:
        """Make the model now, which takes a second or two. Raises ModelError where that cannot be."""
        self.model.prepare()

    def _attempt(
        self, question: Question, given: list[Hit], hits: Sequence[Hit], deadline: float, config: RunnableConfig | None
    ) -> Iterator[Written]:
        keys = dict(zip(keys_of(given), given, strict=True))
        parser, usage, finish, failure = prompts.Reply(split_sentences), Usage(), None, None
        try:
            for piece in self.model.pieces(messages(question, keys, question.today or date.today()), deadline, config):
                usage += piece.usage
                finish = piece.finish or finish
                for text, cited in parser.feed(piece.text):
                    yield from self._checked(text, cited, keys, hits, question)
            failure = unfinished(finish, parser.empty)
        except ModelError as error:
            failure = error
        for text, cited in parser.close(cut=failure is not None):
            yield from self._checked(text, cited, keys, hits, question)
        if usage != Usage() or failure is None:
            yield usage
        if failure is not None:
            raise failure

    def _checked(
        self, text: str, cited: Sequence[str], keys: dict[str, Hit], hits: Sequence[Hit], question: Question
    ) -> Iterator[Written]:
        """The sentence with its quotes: as cited, else with one other hit that proves it, else dropped."""
        text = text.replace(NO_EVIDENCE, "").strip(" .:")
        if not text:
            return
        text += "" if re.search(r"[.!?…。！？][»\"”’)\s]*$", text) else "."
        if only_absence(text, question.standalone, question.language):
            yield Unanswered(text)
            return
        if has_link(text) or (not cited and is_absence(text)):
            yield Dropped(text, LINK if has_link(text) else MISSING)
            return
        known = [keys[k] for k in dict.fromkeys(cited) if k in keys]
        rest = {id(h): h for h in [*keys.values(), *hits] if h not in known}.values()
        verdict = prove(text, known, list(rest), question.standalone, question.language)
        if verdict.supported:
            yield Sentence(text, verdict.quotes)
        else:
            yield Dropped(text, verdict.reason or "")
