"""The conversation in the terminal: line editing and history on a tty, plain lines from a pipe."""

from __future__ import annotations

import dataclasses
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from bot.rendering import terminal
from bot.rendering.terminal import Page
from bot.repeats import Repeats, basis_of
from retrieval.errors import SourcierError, StoreEmpty
from retrieval.settings import Settings
from retrieval.types import Answer, Article, Question, Statement, Turn

if TYPE_CHECKING:
    from retrieval.chain import Answerer

_TURNS = 6  # how many exchanges a follow-up can look back on
_MODES = ("extractive", "model")


def converse(settings: Settings, page: Page, *, mode: str | None = None, verbose: bool = False) -> None:
    """Talk until Ctrl-D, /quit or the end of the input. With an empty store, talk about the sample articles."""
    from retrieval.chain import Answerer

    home = settings
    try:
        answerer = Answerer.open(settings)
    except StoreEmpty:
        from bot.samples import prepare

        settings = prepare(settings)
        click.echo(page.style(page.wrap(page.t("samples_notice")), fg="yellow"))
        answerer = Answerer.open(settings)
    with answerer:
        if sys.stdin.isatty():  # while the first question is typed
            threading.Thread(target=answerer.prepare, daemon=True, name="prepare").start()
        Chat(settings, page, answerer, mode=mode, verbose=verbose).run(_lines(home, page))


def _lines(settings: Settings, page: Page) -> Iterator[str]:
    """What the user types, a line at a time."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        for line in sys.stdin.buffer:
            yield line.decode("utf-8", "replace")
        return
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory

    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    past = settings.home / "history"
    past.touch(mode=0o600)  # questions are nobody else's business
    session: PromptSession[str] = PromptSession(history=FileHistory(str(past)), reserve_space_for_menu=0)
    click.echo(page.style(page.wrap(page.t("chat_welcome")), dim=True))
    while True:
        try:
            yield session.prompt(page.t("chat_prompt"))
        except KeyboardInterrupt:  # drops the line being typed
            continue
        except EOFError:
            click.echo(page.t("chat_bye"))
            return


class Chat:
    """One conversation. `handle` takes a line and prints what it calls for."""

    def __init__(
        self, settings: Settings, page: Page, answerer: Answerer, *, mode: str | None = None, verbose: bool = False
    ) -> None:
        self.settings, self.page, self.answerer = settings, page, answerer
        self.mode, self.verbose = mode, verbose
        self.turns: tuple[Turn, ...] = ()
        self.last: Answer | None = None
        self.repeats = Repeats()

    def run(self, lines: Iterator[str]) -> None:
        """Handle every line until one says to leave."""
        for line in lines:
            if not self.handle(line.strip()):
                return

    def handle(self, line: str) -> bool:
        """Answer a question or follow a command. False: leave."""
        if not line:
            return True
        if not line.startswith("/"):
            self._answer(line)
            return True
        command, _, rest = line[1:].partition(" ")
        rest = rest.strip()
        match command.lower():
            case "quit" | "quitter" | "exit":
                return False
            case "help" | "aide" | "?":
                self._say(self.page.t("chat_help"))
            case "new" | "nouveau":
                self.turns, self.last, self.repeats = (), None, Repeats()
                self._say(self.page.t("chat_new"))
            case "mode":
                self._set_mode(rest)
            case "verbose":
                self.verbose = not self.verbose
                self._say(self.page.t("chat_verbose_on" if self.verbose else "chat_verbose_off"))
            case "sources":
                self._sources()
            case "source":
                self._source(rest)
            case _:
                self._say(self.page.t("chat_unknown_command", command=terminal.clean(f"/{command}")))
        return True

    def _say(self, text: str) -> None:
        click.echo(text + "\n")

    def _answer(self, text: str) -> None:
        question = Question(text, history=self.turns, mode=self.mode)
        try:
            basis = basis_of(self.settings, self.answerer.revision(), question)
            answer = self.repeats.of(question, basis) or self._streamed(question)
        except KeyboardInterrupt:
            self._say("\n" + self.page.t("chat_stopped"))
            return
        except SourcierError as error:
            self._say(self.page.style(self.page.t("error", message=error), fg="red"))
            if error.remedy:
                self._say(self.page.t("remedy", remedy=error.remedy))
            return
        if answer is None:
            return
        self._say(terminal.answer(answer, self.page))
        if self.verbose:
            self._say(terminal.details(answer, self.page))
        self.last = answer
        self.repeats.note(answer, basis)
        self.turns = (*self.turns, Turn(answer.understood_as or text, answer.text))[-_TURNS:]

    def _streamed(self, question: Question) -> Answer | None:
        """The finished answer. On a tty the statements are shown as they come, then give way to it."""
        preview = _Preview(self.page)
        for part in self.answerer.stream(question):
            if isinstance(part, Answer):
                preview.clear()
                return part
            preview.add(part)
        return None

    def _set_mode(self, mode: str) -> None:
        if mode and mode not in _MODES:
            self._say(self.page.t("chat_mode_unknown", mode=terminal.clean(mode)))
            return
        self.mode = mode or self.mode
        self._say(self.page.t("chat_mode", mode=self.mode or ("model" if self.settings.uses_model else "extractive")))

    def _sources(self) -> None:
        if self.last is None:
            self._say(self.page.t("chat_no_answer"))
        else:
            self._say(terminal.sources(self.last.citations, self.page) or self.page.t("chat_no_sources"))

    def _source(self, number: str) -> None:
        if self.last is None or not self.last.citations:
            self._say(self.page.t("chat_no_answer" if self.last is None else "chat_no_sources"))
            return
        if not number.isdecimal():
            self._say(self.page.t("chat_source_usage"))
            return
        citation = next((c for c in self.last.citations if c.number == int(number)), None)
        if citation is None:
            self._say(self.page.t("chat_source_unknown", number=number, last=len(self.last.citations)))
            return
        article = self._article(citation.article)
        if article is None or article.text[citation.start : citation.end] != citation.quote:
            self._say(self.page.t("chat_source_gone", article=citation.article))
        else:
            self._say(terminal.quote_in_context(article, citation, self.page))

    def _article(self, wanted: str) -> Article | None:
        if self.last:
            for hit in self.last.hits:
                if hit.article.id == wanted:
                    return hit.article
        from retrieval.library import Library

        with Library.open(self.settings) as library:
            return library.article(wanted)


@dataclasses.dataclass(slots=True)
class _Preview:
    """Statements shown while the answer is being made; taken away when it is there. Nothing without a tty."""

    page: Page
    lines: int = 0

    def add(self, part: Statement) -> None:
        import shutil

        if not self.page.colour:
            return
        text = terminal.statements([part], self.page)
        height = text.count("\n") + 1
        if self.lines + height < shutil.get_terminal_size().lines - 1:  # what has scrolled away cannot be taken back
            click.echo(text)
            self.lines += height

    def clear(self) -> None:
        if self.lines:
            click.echo(f"\x1b[{self.lines}A\x1b[J", nl=False, color=True)
            self.lines = 0
