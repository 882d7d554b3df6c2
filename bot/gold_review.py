"""`sourcier gold review`: a proposed row at a time, with what was answered and what is found; a decision on each."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import click

from bot.rendering import terminal
from bot.rendering.terminal import Page, clean
from bot.texts import Texts
from retrieval.evaluation.checking import Checker
from retrieval.evaluation.reviewing import Fields, Review, evidence, problems
from retrieval.library import Library
from retrieval.search import Searcher
from retrieval.types import Hit

_HITS = 4
_COMMANDS = {
    "accept": "a accept accepter retenir", "unanswerable": "n none sans", "edit": "e edit modifier",
    "reject": "r reject rejeter", "skip": "s skip passer", "undo": "u undo annuler", "find": "f find chercher",
    "view": "v view voir", "quit": "q quit quitter", "help": "? h help aide",
}  # fmt: skip
_NAMES = {word: command for command, words in _COMMANDS.items() for word in words.split()}


class EndError(Exception):
    """Nothing more is typed."""


class CancelledError(Exception):
    """What was begun is given up (Ctrl-C)."""


class Asking(Protocol):
    """What gives the reviewer's answers."""

    def ask(self, prompt: str, default: str = "") -> str:
        """One line. Raises EndError, CancelledError."""


class Typed:
    """What the reviewer types: edited on a terminal, where `default` stands there to be changed; lines from a pipe.

    An empty line of a pipe is the default.
    """

    def __init__(self, t: Texts) -> None:
        self._t = t
        self._session: Any = None
        self._piped: Iterator[bytes] | None = None
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            self._piped = iter(sys.stdin.buffer)
            return
        from prompt_toolkit import PromptSession

        self._session = PromptSession(reserve_space_for_menu=0)

    def ask(self, prompt: str, default: str = "") -> str:
        if self._piped is not None:
            click.echo(f"{prompt}[{default}] " if default else prompt)
            line = next(self._piped, None)
            if line is None:
                raise EndError
            return line.decode("utf-8", "replace").strip() or default
        try:
            return str(self._session.prompt(prompt, default=default)).strip()
        except KeyboardInterrupt:
            raise CancelledError from None
        except EOFError:
            raise EndError from None


class Session:
    """One sitting over a file of proposals."""

    def __init__(self, review: Review, searcher: Searcher, library: Library, page: Page, typed: Asking) -> None:
        self._review, self._searcher, self._library = review, searcher, library
        self._page, self._typed = page, typed
        self._checker = Checker(library)
        self._skipped: set[int] = set()
        self._row: Fields = {}
        self._hits: Sequence[Hit] = ()
        self._decided = dict.fromkeys(("accepted", "rejected"), 0)

    def run(self) -> None:
        """Show a row after the other until all are decided on, or the reviewer leaves."""
        t = self._page.t
        total = len(self._review.waiting)
        self._say(t("review_start", n=total, gold=self._review.gold))
        at: int | None = None
        while True:
            left = [place for place in self._review.waiting if place not in self._skipped]
            if at not in left:
                if not left:
                    break
                at = left[0]
                self._show(at, total - len(left) + 1, total)
            try:
                at = self._step(self._typed.ask(t("review_menu")), at)
            except CancelledError:
                self._say(t("review_cancelled"))
            except EndError:
                break
            if at == -1:
                break
        waiting = len(self._review.waiting)
        self._say(t("review_end", **self._decided, waiting=waiting))

    def _step(self, line: str, at: int | None) -> int | None:
        """Follow a command; the place to stay at, None for the next one, -1 to leave."""
        assert at is not None  # noqa: S101 - `run` has shown it
        word, _, rest = line.partition(" ")
        match _NAMES.get(word.lower()) if word else "show":
            case "accept":
                return None if self._accept(at) else at
            case "unanswerable":
                return None if self._unanswerable(at) else at
            case "edit":
                self._edit()
            case "reject":
                self._review.reject(at)
                self._decided["rejected"] += 1
                return None
            case "skip":
                self._skipped.add(at)
                return None
            case "undo":
                return self._undo(at)
            case "find":
                self._find(rest or self._row["question"])
            case "view":
                self._view(rest)
            case "quit":
                return -1
            case "show":
                self._print_row()
            case "help":
                self._say(self._page.t("review_help"))
            case _:
                self._say(self._page.t("review_unknown", command=clean(word)))
        return at

    # ---- decisions
    def _accept(self, at: int) -> bool:
        t, row = self._page.t, self._row
        sign = " & " if row.get("require") == "all" else " | "
        answers = self._typed.ask(t("review_ask_answers"), sign.join(row["answers"]))
        row["require"] = "all" if "&" in answers else "any"
        row["answers"] = [part.strip() for part in answers.replace("&", "|").split("|") if part.strip()]
        if not row["answers"]:
            self._say(t("review_no_answers"))
            return False
        found = self._chosen(row)
        if not found:
            self._say(t("review_no_evidence"))
            return False
        return self._kept(at, {**row, "evidence": found, "answerable": True})

    def _chosen(self, row: Fields) -> list[Fields]:
        """The evidence that is pointed at, else what was proposed."""
        t, found = self._page.t, list[Fields]()
        while True:
            ready = bool(found or row["evidence"])
            number = self._typed.ask(t("review_ask_passage_more" if ready else "review_ask_passage"))
            if not number:
                return found or row["evidence"]
            if not number.isdecimal() or not 1 <= int(number) <= len(self._hits):
                self._say(t("review_bad_number", last=len(self._hits)))
                continue
            hit = self._hits[int(number) - 1]
            words = self._typed.ask(t("review_ask_words"))
            pieces = evidence(hit.article, hit.start, hit.end, words, row["answers"], row["require"])
            if not pieces:
                self._say(t("review_bad_words" if words else "review_no_sentence"))
                continue
            found += pieces
            for piece in pieces:
                self._say(self._quoted(piece["quote"], f"{piece['article']}:{piece['start']}-{piece['end']}"))

    def _unanswerable(self, at: int) -> bool:
        missing = self._typed.ask(self._page.t("review_ask_missing"), " | ".join(self._row.get("missing", ())))
        parts = [part.strip() for part in missing.split("|") if part.strip()]
        row = {**self._row, "answers": [], "evidence": [], "answerable": False, "missing": parts}
        return self._kept(at, {key: value for key, value in row.items() if value or key != "missing"})

    def _kept(self, at: int, row: Fields) -> bool:
        """Accept the row if `gold check` would; else say why not."""
        wrong = problems(row, self._checker)
        for reason in wrong:
            self._say(self._page.style(self._page.t("review_problem", reason=clean(reason)), fg="red"))
        if wrong:
            return False
        self._review.accept(at, row)
        self._decided["accepted"] += 1
        self._say(self._page.style(self._page.t("review_accepted", id=row["id"]), fg="green"))
        return True

    def _undo(self, at: int) -> int | None:
        before = {place: self._review.row(place)["status"] for place in self._review.decided[-1:]}
        undone = self._review.undo()
        if undone is None:
            self._say(self._page.t("review_nothing_to_undo"))
            return at
        self._decided[before[undone]] -= 1
        self._skipped.discard(undone)
        self._show(undone, 1, len(self._review.waiting))
        return undone

    def _edit(self) -> None:
        t, row = self._page.t, self._row
        row["question"] = self._typed.ask(t("review_ask_question"), row["question"]) or row["question"]
        tags = self._typed.ask(t("review_ask_tags"), ", ".join(row.get("tags", ())))
        row["tags"] = [tag for part in tags.split(",") if (tag := part.strip())]
        row["language"] = self._typed.ask(t("review_ask_language"), row.get("language", "fr")) or "fr"
        self._find(row["question"])

    # ---- showing
    def _show(self, at: int, number: int, total: int) -> None:
        self._row = self._review.row(at)
        self._hits = self._searcher.search(self._row["question"], _HITS)
        self._say(self._page.style(f"─── {number}/{total} " + "─" * 20, dim=True))
        self._print_row()

    def _print_row(self) -> None:
        """The passages, then the question: what is asked stands next to where the decision is typed."""
        page, row = self._page, self._row
        t = page.t
        self._print_hits()
        about = [row["id"], row.get("language", "fr"), *row.get("tags", ())]
        about += [t.count("review_count", row["count"])] if row.get("count") else []
        self._say(page.style(page.wrap(" · ".join(about)), dim=True))
        self._say(page.style(page.wrap(t("review_question", question=row["question"])), bold=True))
        if answered := row.get("answered"):
            self._say(page.wrap(t("review_answered", text=answered["text"]), "  "))
            for cited in answered["citations"]:
                self._say(self._quoted(cited.get("quote") or "", cited["article"]))
        elif row["status"] == "candidate":
            self._say(t("review_not_answered"))
        if row["answers"]:
            self._say(page.wrap(t("review_proposed", answers=" | ".join(row["answers"])), "  "))
            for piece in row["evidence"]:
                self._say(self._quoted(piece.get("quote") or "", piece["article"]))
        elif row["answerable"] is False:
            self._say(page.wrap(t("review_proposed_none", missing=" | ".join(row.get("missing", ()))), "  "))
        self._say("")

    def _find(self, words: str) -> None:
        self._hits = self._searcher.search(words, _HITS)
        self._print_hits()

    def _print_hits(self) -> None:
        page = self._page
        for number, hit in enumerate(self._hits, 1):
            a = hit.article
            head = " · ".join(part for part in (a.title, a.source, page.t.date(a.published), a.id) if part)
            self._say(page.style(page.wrap(head, "   ", f"{number}. "), bold=True))
            self._say(page.wrap(hit.text, "   ") + "\n")
        if not self._hits:
            self._say(page.t("no_hits"))

    def _view(self, number: str) -> None:
        if not number.isdecimal() or not 1 <= int(number) <= len(self._hits):
            self._say(self._page.t("review_bad_number", last=len(self._hits)))
            return
        self._say(terminal.article(self._hits[int(number) - 1].article, self._page))

    def _quoted(self, quote: str, where: str) -> str:
        t = self._page.t
        return self._page.wrap(f"{t('open_quote')}{quote}{t('close_quote')} — {where}", "    ")

    def _say(self, text: str) -> None:
        click.echo(text)
