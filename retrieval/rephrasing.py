"""A question → what it asks for and what to search for, by one small call of the chat model.

The model says, the code decides: what comes back is data of bounded length. Words for a time are read by the rules that
read a question's own (the model works out no day), and a question that names what nobody has named is not taken over.
Whatever goes wrong, the heuristics' understanding stands.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import prompts
from retrieval.analysis import STOP_WORDS, fold
from retrieval.briefing import day_in_words, language_name
from retrieval.facts import facts, is_named, names
from retrieval.language import detect
from retrieval.replies import ReplyError, read
from retrieval.types import Question, Usage
from retrieval.unproven import has_link

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from retrieval.chat_model import ChatModel

PARTS = 4  # of a question
SEARCHES = 4  # for one part
LONGEST = 400  # characters of a question or a search
LONGEST_DATE = 80
TURNS = 4  # exchanges that the model is shown
LONGEST_SHOWN = 700  # characters of one side of an exchange
LONGEST_REPLY = 8_000
_HAN = re.compile("[\u3400-\u9fff]")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a question asks for."""

    question: str  # standing alone, in the asker's language; "" where it says more than anybody had
    date: str = ""  # its words for a time, as `periods` reads them
    searches: tuple[str, ...] = ()  # what to search for, in the language of the articles


@dataclass(frozen=True, slots=True)
class Rephrased:
    """A question as a model understood it; `question` is None where the asker's own words are to stay.

    They stay where there is no conversation, and where the model left them out or named what nobody had.
    """

    question: str | None
    parts: tuple[Part, ...]


def rephrase(
    model: ChatModel, question: Question, corpus: str | None, seconds: float, config: RunnableConfig | None = None
) -> tuple[Rephrased | None, Usage]:
    """What came of the call, if anything did, and what it took. Never fails.

    `corpus` is the language of the articles, ISO 639-1, and `seconds` what the call may take.
    """
    asking = messages(question, corpus, question.today or date.today())
    done = model.complete(asking, seconds, config, LONGEST_REPLY)
    found = parse(done.text, question) if done.error is None else None
    if found is None:
        why = done.error.kind if done.error else "malformed reply"
        _log.info("understanding: %s; the question is taken as it is", why)
    return found, done.usage


def messages(question: Question, corpus: str | None, today: date) -> list[tuple[str, str]]:
    """The system and the user message. What others wrote stands between lines that nobody could know."""
    said = []
    for turn in question.history[-TURNS:]:
        said += [f"Asker: {_shown(turn.question)}", f"Answer: {_shown(turn.answer) or '(none was found)'}"]
    system, user = prompts.load("understand").render(
        delimiter=secrets.token_hex(8),
        conversation="\n".join(said) or "(none)",
        question=_clean(question.text)[: 2 * LONGEST],
        today=day_in_words(today.isoformat()),
        language=language_name(corpus or "", "French"),
    )
    return [("system", system), ("human", user)]


def parse(reply: str, question: Question) -> Rephrased | None:
    """What a reply holds; None where it is not of the form that was asked for."""
    said = " \n".join([question.text, *(t.question for t in question.history)])
    known = " \n".join([said, *(t.answer for t in question.history)])

    def rephrased(found: dict[str, Any]) -> Rephrased:
        parts = tuple(p for p in (_part(entry, said, known) for entry in found["parts"][:PARTS]) if p.searches)
        standalone = _string(found["question"], LONGEST)
        if not standalone or not parts:
            raise ValueError("no question or no searches")
        taken = bool(question.history) and keeps(standalone, question.text) and is_askers(standalone, said, known)
        return Rephrased(standalone if taken else None, parts)

    try:
        return read(reply, rephrased)
    except ReplyError:
        return None


def is_grounded(text: str, known: str) -> bool:
    """Whether a text has no number, date, name or address that is not in what is known."""
    own, said = facts(text), facts(known)
    if has_link(text) and not has_link(known):
        return False
    if any(m.values.isdisjoint(said.values) for m in own.numbers):
        return False
    if any(not any(d.is_of(o) and d.year in (None, o.year) for o in said.days) for d in own.days):
        return False
    same = detect(text) == detect(known)
    return all(is_named(name, said, own, same) for name in names(text))


def is_askers(text: str, said: str, known: str) -> bool:
    """Whether a question could be the asker's: no fact in it that is not known, and half its words as the asker `said`.

    An article that was quoted in an answer may give orders: what it says is known, but it is not the asker's.
    """
    named = {fold(name)[:4] for name in names(text)}
    own = _beginnings(text) - named
    return is_grounded(text, known) and len(own & _beginnings(said)) >= len(own) / 2


def keeps(text: str, asked: str) -> bool:
    """Whether a text has half of the words that a question asks with, by their beginnings, or of its characters."""
    own, wanted = _beginnings(text), _beginnings(asked)
    return len(own & wanted) >= len(wanted) // 2


def _beginnings(text: str) -> set[str]:
    folded = fold(text)
    longer = set(re.findall(r"[^\W\d_]{4,}", _HAN.sub(" ", folded))) - STOP_WORDS
    return {word[:4] for word in longer} | set(_HAN.findall(folded))


def _part(entry: Any, said: str, known: str) -> Part:
    searches = [_string(s, LONGEST) for s in entry["search"][:SEARCHES]]
    own = _string(entry["question"], LONGEST)
    return Part(
        own if is_askers(own, said, known) else "",
        _string(entry.get("date") or "", LONGEST_DATE),
        tuple(dict.fromkeys(s for s in searches if s and not has_link(s))),
    )


def _string(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    return _clean(value)[:longest].strip()


def _clean(text: str) -> str:
    """On one line, without control, direction and invisible characters."""
    kept = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(kept.split())


def _shown(text: str) -> str:
    clean = _clean(text)
    return clean if len(clean) <= LONGEST_SHOWN else f"{clean[:LONGEST_SHOWN]}…"


def seconds_for(limit: float, deadline: float) -> float:
    """How long understanding may take: of what is left until the deadline, as time.monotonic(), a third at most."""
    return min(limit, (deadline - time.monotonic()) / 3)
