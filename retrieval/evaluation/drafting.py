"""Questions proposed by a model, from articles, as drafts that somebody has to review.

Of what it proposes only that is kept which holds by the checks of `gold check`: the quote stands in the article word by
word, the answer in the quote, and nothing of the corpus answers what is said to have no answer.
"""

from __future__ import annotations

import random
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import prompts
from retrieval.analysis import terms
from retrieval.briefing import CHARACTERS_A_TOKEN, language_name
from retrieval.chat_model import ChatModel
from retrieval.errors import ModelError
from retrieval.evaluation.asking import STOPPING, ask
from retrieval.evaluation.candidates import identity
from retrieval.evaluation.checking import Checker
from retrieval.evaluation.gold import row_of
from retrieval.evaluation.matching import folded, locate, occurs
from retrieval.library import Library
from retrieval.passages import split_sentences
from retrieval.replies import ReplyError
from retrieval.settings import Settings
from retrieval.spending import MEASURING
from retrieval.types import Article, Usage

AN_ARTICLE = 4  # questions that one call asks for
UNANSWERABLE = 1  # of these
COPIED = 5  # content words of the article in a row that make a question a copy
_KINDS = ("number", "date", "person", "place", "reason", "list", "fact")
_SEED = 7


@dataclass(slots=True)
class Drafting:
    """Drafts of so many questions, from articles in an order that is always the same.

    While `drafts` goes on, `dropped` counts what was not kept, by reason, and `usage` what it took. `known` holds the
    ids of the drafts that are there already.
    """

    settings: Settings
    library: Library
    wanted: int
    known: set[str] = field(default_factory=set)
    model: ChatModel | None = None
    usage: Usage = field(default_factory=Usage)
    calls: int = 0
    kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def drafts(self) -> Iterator[dict[str, Any]]:
        """Drafts as they are kept. Raises ModelError where the model is of no use; those before it stand.

        At most as many calls are made as questions are wanted, however few of what the model writes can be kept.
        """
        model = self.model or ChatModel(self.settings, purpose=MEASURING)
        checker = Checker(self.library)
        names = sorted(self.library.ids())
        random.Random(_SEED).shuffle(names)  # noqa: S311 - an order, no secret
        for name in names[: self.wanted]:
            article = self.library.article(name)
            if article is None or not article.text.strip():
                continue
            for row in self._proposed(article, model, checker):
                yield row
                if self.kept >= self.wanted:
                    return

    def _proposed(self, article: Article, model: ChatModel, checker: Checker) -> Iterator[dict[str, Any]]:
        language = article.language or "fr"
        system, user = prompts.load("draft").render(
            delimiter=secrets.token_hex(8),
            article=f"{article.title or ''}\n\n{_fitting(article.text, self.settings.context_tokens)}",
            language=language_name(language),
            answerable=str(AN_ARTICLE - UNANSWERABLE),
            unanswerable=str(UNANSWERABLE),
        )
        self.calls += 1
        try:
            reply = ask(model, [("system", system), ("human", user)], self.settings.deadline, _parsed)
        except ModelError as error:
            if error.kind in STOPPING or self.calls == 1:
                raise
            self.dropped[error.kind] += 1
            return
        self.usage += reply.usage
        if reply.value is None:
            self.dropped[reply.unusable or "malformed"] += 1
            return
        for proposal in reply.value:
            row = _row(proposal, article, language)
            reason = row if isinstance(row, str) else self._refused(row, checker)
            if reason:
                self.dropped[reason] += 1
            elif not isinstance(row, str):
                self.known.add(row["id"])
                self.kept += 1
                yield row

    def _refused(self, row: Mapping[str, Any], checker: Checker) -> str | None:
        """Why a row that holds in its article is dropped all the same, or None."""
        if row["id"] in self.known:
            return "known"
        if checker.wrong(row_of(row)):
            return "check" if row["answerable"] else "answered"
        return None


def _parsed(reply: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The proposals of a reply, each with `answerable`. Raises ReplyError."""
    found: list[Mapping[str, Any]] = []
    for name, needed in (("answerable", ("answer", "quote")), ("unanswerable", ())):
        items = reply.get(name, [])
        if not isinstance(items, list):
            raise ReplyError(f"{name} is no list")
        for item in items:
            if not isinstance(item, dict) or not all(_is_text(item.get(key)) for key in ("question", *needed)):
                raise ReplyError(f"{name}: a question without {' or '.join(('question', *needed))}")
            found.append({**item, "answerable": name == "answerable"})
    if not found:
        raise ReplyError("no question")
    return found


def _row(proposal: Mapping[str, Any], article: Article, language: str) -> dict[str, Any] | str:
    """The draft of a proposal, or why there is none."""
    question = " ".join(proposal["question"].split())
    row: dict[str, Any] = {
        "id": identity(question, "draft"), "language": language, "question": question, "answers": [], "evidence": [],
        "answerable": proposal["answerable"], "tags": [], "status": "draft",
    }  # fmt: skip
    if proposal["answerable"]:
        places = locate(proposal["quote"], article.text)
        if not places:
            return "quote"
        start, end = places[0]
        quote = article.text[start:end]
        if not occurs(proposal["answer"], folded(quote)):
            return "answer"
        row["answers"] = [" ".join(proposal["answer"].split())]
        row["evidence"] = [{"article": article.id, "quote": quote, "start": start, "end": end}]
        row["tags"] = [proposal["kind"]] if proposal.get("kind") in _KINDS else []
    else:
        missing = proposal.get("missing")
        row["missing"] = [m for m in missing if _is_text(m)] if isinstance(missing, list) else []
        if not row["missing"]:
            return "missing"
        row["tags"] = ["near_topic"]
    if copied(question, article.text):
        row["tags"].append("copied")
    return row


def copied(question: str, text: str) -> bool:
    """Whether a question has COPIED content words in a row that stand so in the text."""
    asked, there = terms(question), terms(text)
    runs = {tuple(there[at : at + COPIED]) for at in range(len(there) - COPIED + 1)}
    return any(tuple(asked[at : at + COPIED]) in runs for at in range(len(asked) - COPIED + 1))


def _fitting(text: str, tokens: int) -> str:
    """The beginning of a text that fits in so many tokens, up to the end of a sentence."""
    most = int(tokens * CHARACTERS_A_TOKEN)
    if len(text) <= most:
        return text
    ends = [end for _, end in split_sentences(text) if end <= most]
    return text[: ends[-1] if ends else most]


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
