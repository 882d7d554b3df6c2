"""The conversation in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from handmade import ARTICLE, QUOTE, abstention, answer
from small_corpus import own_home, three_articles  # noqa: F401 (fixtures)

from bot.chat import Chat
from bot.cli import cli
from bot.rendering.terminal import Page
from bot.texts import texts
from retrieval.errors import ModelError
from retrieval.settings import Settings
from retrieval.types import Answer, Question, Statement, Usage


class FakeAnswerer:
    """Gives the answers it was made with, in turn, and keeps the questions."""

    def __init__(self, *answers: Answer | BaseException) -> None:
        self.answers, self.asked = list(answers), list[Question]()
        self.corpus = "1"

    def revision(self) -> str:
        return self.corpus

    def stream(self, question: Question) -> Iterator[Statement | Answer]:
        self.asked.append(question)
        given = self.answers.pop(0)
        if isinstance(given, BaseException):
            raise given
        yield from given.statements
        yield given


def chat(*answers: Answer | BaseException, colour: bool = False, **options: object) -> tuple[Chat, FakeAnswerer]:
    """A conversation with answers made by hand."""
    fake = FakeAnswerer(*answers)
    page = Page(texts("fr"), colour=colour)
    return Chat(Settings.load(), page, fake, **options), fake  # type: ignore[arg-type]


def test_answer_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """A question is answered with statements, verdict and sources."""
    chat(answer())[0].run(iter(["Combien ?\n", "\n"]))
    out = capsys.readouterr().out
    assert out.count(f"{QUOTE} [1]") == 1
    assert "Vérifié : 1/1" in out


def test_statements_come_before_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """On a tty a statement is shown as it comes, and taken away when the whole answer is there."""
    chat(answer(), colour=True)[0].handle("Combien ?")
    out = capsys.readouterr().out
    assert out.count(QUOTE[:20]) == 3  # preview, answer, source
    assert out.index(QUOTE[:20]) < out.index("\x1b[1A\x1b[J") < out.rindex(QUOTE[:20])


def test_history_is_passed_on() -> None:
    """A follow-up carries the earlier questions as understood, six at most, and /nouveau forgets them."""
    talk, fake = chat(*[answer(understood_as=f"Question {n} ?") for n in range(9)])
    for n in range(8):
        talk.handle(f"et {n} ?")
    assert [turn.question for turn in fake.asked[-1].history] == [f"Question {n} ?" for n in range(1, 7)]
    talk.handle("/nouveau")
    talk.handle("et là ?")
    assert fake.asked[-1].history == ()


def test_the_same_question_again_costs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """It is answered from what was given, and says so; not once the articles changed, nor after /nouveau."""
    paid = answer(usage=Usage(900, 40, 0.001), mode="model", model="m")
    talk, fake = chat(paid, paid, paid)
    talk.handle("Combien de visiteurs ?")
    assert "déjà donnée" not in capsys.readouterr().out
    talk.handle("combien de visiteurs?")
    again = capsys.readouterr().out
    assert "Même question, mêmes articles" in again
    assert "Vérifié : 1/1" in again
    assert len(fake.asked) == 1
    fake.corpus = "2"
    talk.handle("Combien de visiteurs ?")
    assert len(fake.asked) == 2
    talk.handle("/nouveau")
    talk.handle("Combien de visiteurs ?")
    assert len(fake.asked) == 3
    assert "Même question" not in capsys.readouterr().out


def test_understood_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """How a follow-up was understood is shown."""
    chat(answer(understood_as="Combien à Nantes ?"))[0].handle("Combien ?")
    assert "Compris : Combien à Nantes ?" in capsys.readouterr().out


def test_sources_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    """/sources lists the sources again and /source N shows the quote in its passage."""
    talk, _ = chat(answer())
    talk.handle("Combien ?")
    capsys.readouterr()
    talk.handle("/sources")
    assert "[1] La foire ouvre" in capsys.readouterr().out
    talk.handle("/source 1")
    assert f"⟦{QUOTE}⟧" in " ".join(capsys.readouterr().out.split())
    talk.handle("/source 2")
    talk.handle("/source x")
    out = capsys.readouterr().out
    assert "Pas de source 2" in out
    assert "Quelle source" in out


def test_source_without_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """/source before an answer, or after an abstention, says that there is none."""
    talk, _ = chat(abstention())
    talk.handle("/source 1")
    talk.handle("/sources")
    assert capsys.readouterr().out.count("pas encore de réponse") == 2
    talk.handle("Un éléphant ?")
    talk.handle("/sources")
    assert "ne cite aucune source" in capsys.readouterr().out


def test_changed_article_is_not_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    """A quote that is no longer in the article is not shown as if it were."""
    import dataclasses

    hit = dataclasses.replace(answer().hits[0], article=dataclasses.replace(ARTICLE, text="Autre chose."))
    talk, _ = chat(answer(hits=(hit,)))
    talk.handle("Combien ?")
    talk.handle("/source 1")
    assert "n’est plus dans la base" in capsys.readouterr().out


def test_mode(capsys: pytest.CaptureFixture[str]) -> None:
    """/mode sets who answers the next questions, and refuses what it does not know."""
    talk, fake = chat(answer())
    talk.handle("/mode")
    assert "Mode : extractive" in capsys.readouterr().out
    talk.handle("/mode magie")
    assert "mode inconnu" in capsys.readouterr().out
    talk.handle("/mode model")
    talk.handle("Combien ?")
    assert fake.asked[0].mode == "model"


def test_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    """/verbose shows hits with scores and the seconds."""
    talk, _ = chat(answer(), answer())
    talk.handle("Combien ?")
    assert "words 12.300" not in capsys.readouterr().out
    talk.handle("/verbose")
    talk.handle("Combien ?")
    out = capsys.readouterr().out
    assert "words 12.300" in out
    assert "total 0.012 s" in out


def test_ctrl_c_stops_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C stops an answer and the chat goes on."""
    talk, _ = chat(KeyboardInterrupt(), answer())
    talk.run(iter(["Un ?", "Deux ?"]))
    out = capsys.readouterr().out
    assert "Réponse interrompue" in out
    assert "Vérifié" in out


def test_errors_do_not_end_the_chat(capsys: pytest.CaptureFixture[str]) -> None:
    """An error of ours is said with its remedy, and the chat goes on."""
    talk, _ = chat(ModelError("panne", kind="timeout", remedy="réessayez"), answer())
    talk.run(iter(["Un ?", "Deux ?"]))
    out = capsys.readouterr().out
    assert "panne" in out
    assert "réessayez" in out
    assert "Vérifié" in out


def test_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """/aide lists the commands, an unknown one is named, and /quit leaves."""
    talk, _ = chat()
    assert talk.handle("/aide")
    assert "/source N" in capsys.readouterr().out
    assert talk.handle("/voler")
    assert "Commande inconnue : /voler" in capsys.readouterr().out
    assert not talk.handle("/quit")


def test_piped_conversation(folder: Path) -> None:
    """Lines from a pipe are answered in turn, from the store."""
    runner = CliRunner()
    assert runner.invoke(cli, ["ingest", str(folder)]).exit_code == 0
    result = runner.invoke(cli, ["chat"], input="Qui a gagné la finale du championnat ?\n/source 1\n/quit\nplus rien\n")
    assert result.exit_code == 0, result.output
    assert "sport/lyon.txt" in result.stdout
    assert "⟦" in result.stdout


def test_empty_store_talks_about_the_samples(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing ingested the chat answers from the sample articles and names `sourcier ingest`."""
    from bot import samples

    (folder.parent / "sample_articles").symlink_to(folder)
    monkeypatch.setattr(samples, "files", lambda _: folder.parent)
    result = CliRunner().invoke(cli, ["chat"], input="Où est le pont Boieldieu fermé ?\n")
    assert result.exit_code == 0, result.output
    assert "sourcier ingest" in result.stdout
    assert "pont.txt" in result.stdout
