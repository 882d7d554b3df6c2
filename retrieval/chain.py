"""The one entry point that answers: a LangChain Runnable from Question to verified Answer.

    understand ─▶ search (─▶ rephrase ─▶ gather) ─▶ extract | write ─▶ verify ─▶ Answer

Telegram, the terminal, `ask`, the evaluation and the tests all call `Answerer`. `stream` yields each Statement as it is
released and the finished Answer last; `invoke` gives the Answer; `batch` answers several at a time.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda

from retrieval import lexicon
from retrieval.errors import ModelError
from retrieval.extracting import extract
from retrieval.model_errors import KINDS
from retrieval.search import Searcher
from retrieval.settings import Settings
from retrieval.spending import Ledger
from retrieval.types import Answer, Citation, Dropped, Hit, Question, Sentence, Statement, Unanswered, Unchecked, Usage
from retrieval.understanding import reason_to_ask, understand

if TYPE_CHECKING:
    from retrieval.writing import Writer

NOTICES = (  # what Answer.notice may be; "repeated" is of an answer that was given before
    "budget", "repeated", "unchecked", "model_unsupported", *(f"model_{kind}" for kind in KINDS)
)  # fmt: skip
LOOKED_AT = 3  # hits that tell whether a search is sure


@dataclass(slots=True)
class _Draft:
    """An answer in the making."""

    question: Question
    hits: tuple[Hit, ...]
    retrieval_seconds: float
    started: float
    understanding: dict[str, float] = field(default_factory=dict)  # the seconds of a model's call, if there was one
    statements: list[Statement] = field(default_factory=list)
    citations: dict[tuple[str, int, int], Citation] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    notice: str | None = None
    without_evidence: bool = False  # for any part of the question
    missing: tuple[str, ...] = ()
    confidence: float | None = None
    unanswered: dict[str, None] = field(default_factory=dict)
    mode: str = "extractive"

    def release(self, sentence: Sentence) -> Statement:
        """Number the sentence's quotes and make it a statement."""
        numbers = []
        for quote in sentence.quotes:
            a = quote.article
            key = (a.id, quote.start, quote.end)
            if key not in self.citations:
                number = len(self.citations) + 1
                self.citations[key] = Citation(
                    number, a.id, a.title, a.published, a.source, a.url, quote.start, quote.end, quote.text
                )
            numbers.append(self.citations[key].number)
        statement = Statement(sentence.text, tuple(dict.fromkeys(numbers)))
        self.statements.append(statement)
        return statement


class Answerer(Runnable[Question | str, Answer]):
    """The chain over one store. `Answerer.open(settings)`; close it, or use it as a context manager."""

    def __init__(self, settings: Settings, searcher: Searcher, writer: Writer | None = None) -> None:
        self.name = "sourcier"
        self._settings, self._searcher, self._writer = settings, searcher, writer
        self._ledger = Ledger.of(settings)
        self._find: Runnable[Question, _Draft] = RunnableLambda(understand, name="understand") | RunnableLambda(
            self._search, name="search"
        )

    @classmethod
    def open(cls, settings: Settings) -> Answerer:
        """Open the store that the settings name. Raises StoreEmpty, StoreMismatch."""
        return cls(settings, Searcher.open(settings))

    def invoke(self, input: Question | str, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:  # noqa: A002, ARG002 - LangChain's names
        """Answer one question."""
        return self._call_with_config(self._answer, input, config, run_type="chain")  # type: ignore[arg-type]  # it passes config by name

    def stream(  # type: ignore[override]  # statements come before the answer
        self,
        input: Question | str,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,  # noqa: ARG002 - LangChain's name
    ) -> Iterator[Statement | Answer]:
        """Answer one question; each Statement as it is released, then the Answer."""
        yield from self._transform_stream_with_config(iter([input]), self._transform, config, run_type="chain")  # type: ignore[arg-type]  # it passes config by name

    def search(self, text: str, k: int = 10) -> list[Hit]:
        """The k best passages alone, from the store that answers."""
        return self._searcher.search(text, k)

    def revision(self) -> str:
        """Another one whenever the articles change: an answer that rests on another one may be out of date."""
        return self._searcher.revision()

    def prepare(self) -> None:
        """Load what the first answer would wait for: word lists, and the model's client. In any thread; never fails."""
        lexicon.load()
        if self._settings.uses_model:
            with suppress(ModelError):  # the first answer will say it
                self._model().prepare()

    def close(self) -> None:
        """Close the store."""
        self._searcher.close()

    def __enter__(self) -> Answerer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _transform(self, inputs: Iterator[Question | str], config: RunnableConfig) -> Iterator[Any]:
        for question in inputs:
            yield from self._steps(question, config)

    def _answer(self, question: Question | str, config: RunnableConfig) -> Answer:
        last: Statement | Answer | None = None
        for last in self._steps(question, config):  # noqa: B007 - the last one is the answer
            pass
        assert isinstance(last, Answer)  # noqa: S101 - _steps always ends with it
        return last

    def _search(self, question: Question) -> _Draft:
        start = time.perf_counter()
        if question.period is None and not question.any_date:
            question = replace(question, period=self._searcher.period_of(question.standalone, question.today))
        spent = [Usage()]
        hits = self._searcher.search(question.standalone, self._settings.passages, question.period, spent.append)
        now = time.perf_counter()
        return _Draft(question, tuple(hits), now - start, start, usage=sum(spent[1:], spent[0]))

    def _steps(self, question: Question | str, config: RunnableConfig) -> Iterator[Statement | Answer]:
        asked = Question(question) if isinstance(question, str) else question
        draft = self._find.invoke(asked, config)
        wants_model = (asked.mode or ("model" if self._settings.uses_model else "extractive")) == "model"
        if wants_model and self._ledger.exhausted():
            wants_model, draft.notice = False, "budget"
        if wants_model:
            deadline = time.monotonic() + self._settings.deadline
            try:
                self._rephrase(draft, deadline, config)
                if draft.hits and not draft.without_evidence:
                    yield from self._write(draft, deadline, config)
            except ModelError as error:
                draft.notice = f"model_{error.kind}"
        if not draft.statements:  # nobody wrote, or what the model read holds no answer: then `missing` tells why
            least = self._settings.answer_from
            extraction = extract(draft.question.standalone, draft.hits, self._searcher, answer_from=least)
            draft.missing = extraction.missing
            if draft.mode == "extractive":
                draft.confidence = round(extraction.confidence, 4)
                for sentence in extraction.sentences:
                    yield draft.release(sentence)
        yield self._finish(asked, draft)

    def _rephrase(self, draft: _Draft, deadline: float, config: RunnableConfig) -> None:
        """Where it is worth a call, the model says what to search for. When that fails, nothing changes."""
        from retrieval.gathering import coverage, gather
        from retrieval.rephrasing import rephrase, seconds_for

        if self._settings.understanding == "off":
            return
        asked, corpus = draft.question, self._searcher.language()
        covered = coverage(self._searcher, asked.standalone, draft.hits[:LOOKED_AT])
        if not reason_to_ask(asked, draft.hits, corpus, covered):
            return
        began = time.perf_counter()
        limit = seconds_for(self._settings.understanding_timeout, deadline)
        found, usage = rephrase(self._model().model, asked, corpus, limit, config)
        draft.usage += usage
        now = time.perf_counter()
        draft.understanding = {"understanding": round(now - began, 6)}
        if found:
            spent = list[Usage]()
            gathered = gather(self._searcher, asked, draft.hits, found, self._settings.passages, spent.append)
            draft.usage = sum(spent, draft.usage)
            draft.question, draft.hits = gathered.question, gathered.hits
            draft.without_evidence = gathered.empty
            draft.retrieval_seconds += time.perf_counter() - now

    def _model(self) -> Writer:
        from retrieval.writing import Writer

        if self._writer is None:
            self._writer = Writer(self._settings)
        return self._writer

    def _write(self, draft: _Draft, deadline: float, config: RunnableConfig) -> Iterator[Statement]:
        """Let the model write. Where it fails before its first statement, the extractive answer takes over."""
        try:
            for item in self._model().stream(draft.question, draft.hits, deadline, config):
                if isinstance(item, Sentence):
                    draft.mode = "model"
                    yield draft.release(item)
                elif isinstance(item, Dropped):
                    draft.dropped.append(item)
                elif isinstance(item, Unanswered):
                    draft.unanswered[item.text] = None
                elif isinstance(item, Unchecked):
                    draft.notice = "unchecked"
                else:
                    draft.usage += item
        except ModelError as error:
            if not draft.statements:
                raise
            draft.notice = f"model_{error.kind}"  # what was released stands: it is verified
            return
        if not draft.statements:
            if draft.dropped:
                draft.notice = "model_unsupported"
            else:
                draft.mode = "model"  # it read the passages and found no answer

    def _finish(self, asked: Question, draft: _Draft) -> Answer:
        citations = tuple(draft.citations.values())
        text = " ".join(f"{s.text} {''.join(f'[{n}]' for n in s.citations)}" for s in draft.statements)
        dates = [c.published for c in citations if c.published]
        return Answer(
            id=asked.id or uuid.uuid4().hex[:8],
            question=asked.text,
            understood_as=draft.question.standalone,
            language=draft.question.language,
            mode=draft.mode,
            model=self._writer.name if draft.mode == "model" and self._writer else None,
            abstained=not draft.statements,
            text=text,
            statements=tuple(draft.statements),
            dropped=tuple(draft.dropped),
            citations=citations,
            hits=draft.hits,
            period=draft.question.period,
            newest_source=max(dates, default=None),
            usage=draft.usage,
            seconds={
                "retrieval": round(draft.retrieval_seconds, 6),
                **draft.understanding,
                "total": round(time.perf_counter() - draft.started, 6),
            },
            notice=draft.notice,
            confidence=draft.confidence,
            missing=draft.missing if not draft.statements else (),
            unanswered=tuple(draft.unanswered) or draft.question.unfound if draft.mode == "model" else (),
        )
