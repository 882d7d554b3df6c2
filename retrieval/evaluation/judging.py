"""A judge: a model that grades answers by a fixed rubric (`prompts/judge.md`), one call an answer.

Correctness is 0, 0.5 or 1 against the reference; faithfulness is true or false for each statement against its quotes.
What was judged is kept line by line, with a digest of what was shown, so that nothing is paid for twice.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import prompts
from retrieval.chat_model import ChatModel, Messages
from retrieval.errors import ModelError
from retrieval.evaluation import runs
from retrieval.evaluation.asking import STOPPING, ask
from retrieval.replies import ReplyError
from retrieval.settings import Settings
from retrieval.spending import MEASURING
from retrieval.types import Progress

GRADES = (0.0, 0.5, 1.0)
FAILURES = 5  # calls in a row without a reply, after which the judge is given up
_LONGEST = 800  # characters of a piece of evidence that are shown


@dataclass(frozen=True, slots=True)
class Case:
    """An answer as the judge is shown it: the question, what is right, the statements with their quotes."""

    id: str
    question: str
    answerable: bool
    answers: tuple[str, ...]
    statements: tuple[tuple[str, tuple[str, ...]], ...]
    require: str = "any"
    evidence: tuple[str, ...] = ()
    false_premise: str | None = None
    earlier: tuple[str, ...] = ()  # the questions before this one, in a dialogue
    unanswered: tuple[str, ...] = ()  # sentences on what the articles do not say
    abstained: bool = False

    @property
    def ruled(self) -> float | None:
        """The correctness of an abstention, which needs no judge: 1 where there is no answer, else 0. None: ask."""
        return float(not self.answerable) if self.abstained else None

    @property
    def digest(self) -> str:
        """What tells this case from another: all that the judge is shown."""
        return runs.digest_of({**dataclasses.asdict(self), "id": None})

    def messages(self) -> Messages:
        """The rubric, and the case."""
        system, user = prompts.load("judge").render(
            delimiter=secrets.token_hex(8),
            question=self.question,
            earlier="\n".join(f"Asked before it in the same conversation: {question}" for question in self.earlier),
            reference=self._reference(),
            answer=self._answer(),
        )
        return [("system", system), ("human", user)]

    def _reference(self) -> str:
        lines = [f"What the question takes for true is false: {self.false_premise}"] if self.false_premise else []
        if not self.answerable:
            lines.append("The articles do not answer this question.")
        elif self.require == "all":
            lines += ["Right only with all of these:", *(f"- {answer}" for answer in self.answers)]
        else:
            lines += ["Right with any one of these:", *(f"- {answer}" for answer in self.answers)]
        return "\n".join([*lines, *(f'The article says: "{_short(text)}"' for text in self.evidence)])

    def _answer(self) -> str:
        lines = []
        for number, (text, quotes) in enumerate(self.statements, 1):
            lines += [f"[{number}] {text}", *(f'    quote: "{" ".join(quote.split())}"' for quote in quotes)]
            lines += [] if quotes else ["    no quote"]
        lines += [f"(not numbered, not graded for faithfulness) {text}" for text in self.unanswered]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge found: a grade, and for each statement whether it follows from its quotes."""

    correctness: float
    statements: tuple[bool, ...]
    reason: str


def parsed(reply: Mapping[str, Any], statements: int) -> Judgement:
    """The judgement of a reply on so many statements. Raises ReplyError where it is not of the form asked for."""
    if reply.keys() != {"reason", "correctness", "statements"}:
        raise ReplyError("not the three keys")
    grade, found = reply["correctness"], reply["statements"]
    if isinstance(grade, bool) or not isinstance(grade, (int, float)) or grade not in GRADES:
        raise ReplyError("correctness is not 0, 0.5 or 1")
    if not isinstance(found, list) or len(found) != statements or not all(isinstance(item, bool) for item in found):
        raise ReplyError("not one true or false for each statement")
    return Judgement(float(grade), tuple(found), str(reply["reason"]))


@dataclass(slots=True)
class Judge:
    """The judge of the settings, with the file where its judgements are kept."""

    settings: Settings
    file: Path
    jobs: int = 4
    on_progress: Callable[[Progress], None] | None = None
    model: ChatModel | None = None  # None: that of the settings
    _lines: dict[str, dict[str, Any]] = field(default_factory=dict)  # by the digest of the case
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _gone: threading.Event = field(default_factory=threading.Event)  # no call can succeed any more

    def __post_init__(self) -> None:
        self.settings = judge_settings(self.settings)
        self.model = self.model or ChatModel(self.settings, purpose=MEASURING)

    @property
    def name(self) -> str:
        """The model's name without its provider."""
        return self.model.name if self.model else ""

    @property
    def fingerprint(self) -> str:
        """What tells this judge from another: model, server, rubric."""
        return fingerprint(self.settings)

    def judge(self, cases: Sequence[Case]) -> tuple[dict[str, dict[str, Any]], Counter[str]]:
        """The line of each case that was judged, now or before, and how many calls failed, by kind.

        A line has `correctness`, `statements` and `reason`, or says in `unjudged` why its two replies were of no use.
        Raises ModelError when there is no use in going on; what was judged by then is kept.
        """
        mine = [line for line in runs.read_lines(self.file) if line["judge"] == self.fingerprint]
        self._lines = {line["case"]: line for line in mine}
        known = {case.digest: case for case in cases}
        waiting = [case for digest, case in known.items() if digest not in self._lines]
        if waiting:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            runs.write_lines(self.file, runs.read_lines(self.file))  # without half a line at its end
        failed = self._judge_all(waiting, len(known))
        found = {case.id: self._lines[case.digest] for case in cases if case.digest in self._lines}
        return found, failed

    def _judge_all(self, waiting: Sequence[Case], total: int) -> Counter[str]:
        failed: Counter[str] = Counter()
        in_a_row = 0
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                self._report(total)
                for done in as_completed([pool.submit(self._one, case) for case in waiting]):
                    error = done.result()
                    in_a_row = in_a_row + 1 if error else 0
                    if error is not None:
                        if error.kind in STOPPING or in_a_row >= FAILURES:
                            raise error
                        failed[error.kind] += 1
                    self._report(total)
            except BaseException:  # also Ctrl-C: what was judged is kept, nothing more is begun
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return failed

    def _one(self, case: Case) -> ModelError | None:
        if self._gone.is_set():
            return None
        assert self.model is not None  # noqa: S101 - __post_init__ made it
        count = len(case.statements)
        try:
            reply = ask(self.model, case.messages(), self.settings.deadline, lambda found: parsed(found, count))
        except ModelError as error:
            if error.kind in STOPPING:
                self._gone.set()
            return error
        line: dict[str, Any] = {
            "id": case.id, "judge": self.fingerprint, "case": case.digest, "model": self.name,
            **(dataclasses.asdict(reply.value) if reply.value else {}),
            "unjudged": reply.unusable, "usage": dataclasses.asdict(reply.usage),
        }  # fmt: skip
        text = json.dumps(line, ensure_ascii=False) + "\n"
        with self._lock:
            with self.file.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            self._lines[case.digest] = json.loads(text)
        return None

    def _report(self, total: int) -> None:
        if self.on_progress is not None:
            self.on_progress(Progress(len(self._lines), total, 0))


def ready(settings: Settings) -> None:
    """Make the judge's model. Raises ModelError where that cannot be."""
    ChatModel(judge_settings(settings)).prepare()


def judge_settings(settings: Settings) -> Settings:
    """The settings with the judge's model in the place of the one that answers."""
    return dataclasses.replace(settings, chat_model=settings.judge_model or settings.chat_model)


def fingerprint(settings: Settings) -> str:
    """What tells a judge from another: model, server and rubric; `settings` are those of `judge_settings`."""
    rubric = prompts.load("judge")
    server = runs.settings_dict(settings)["openai_base_url"]
    return runs.digest_of([settings.chat_model, server, rubric.system, rubric.user])


def _short(text: str) -> str:
    text = " ".join(text.split())
    return f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text
