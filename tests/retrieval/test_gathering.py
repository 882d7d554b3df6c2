"""What is found for a question that a model has understood."""

from __future__ import annotations

from datetime import date

import pytest
from llmock.scenarios import Reply
from llmock.testing import LLMockServer
from understood import BEFORE, ORDER, WHO, ask, nothing_scripted, sent, small_store, understood  # noqa: F401 (fixtures)

from retrieval.settings import Settings
from retrieval.types import Period, Question, Turn
from retrieval.understanding import understand


def test_each_part_has_its_hits(store: Settings, server: LLMockServer) -> None:
    """Parts take turns in the hit list, whichever finds more."""
    text = "Combien de conteneurs le port de Khorgos a-t-il traités et combien d'hectares de vigne cultive-t-on ?"
    parts = [
        ("Combien de conteneurs le port de Khorgos a-t-il traités ?", "", ["port de Khorgos, conteneurs", "port sec"]),
        ("Combien d'hectares de vigne cultive-t-on ?", "", ["vignobles du Talas, hectares"]),
    ]  # fmt: skip
    answer = ask(store, server, Question(text), Reply(understood(text, *parts)))
    assert [h.article.id for h in answer.hits[:2]] == ["port.txt", "sous/vin.txt"]


def test_a_part_without_evidence_is_told(store: Settings, server: LLMockServer) -> None:
    """The writer is told of it, and it comes back as not answered, whether the writer says so or not."""
    text = "Qui est le proviseur du lycée d'Almaty, et quelle est la recette de la blanquette ?"
    second = "Quelle est la recette de la blanquette ?"
    parts = (WHO, "", ["proviseur du lycée d'Almaty"]), (second, "", ["recette de la blanquette de veau"])
    reply = Reply(understood(text, *parts))
    said = Reply("M. Jean Dubreuil, son proviseur, espère en recevoir 600.")
    answer = ask(store, server, Question(text), reply, said)
    assert second in sent(server)[1].rpartition("Question:")[2]
    assert [s.text for s in answer.statements] == ["M. Jean Dubreuil, son proviseur, espère en recevoir 600."]
    assert answer.unanswered == (second,)
    absence = "Les articles ne disent pas quelle est la recette de la blanquette."
    server.state.reset()
    assert ask(store, server, Question(text), reply, Reply(absence)).unanswered == (absence,)


def test_without_any_evidence_nothing_is_written(store: Settings, server: LLMockServer) -> None:
    """No part has anything: the second call is not made."""
    text = "Quelle est la recette de la blanquette de veau ?"
    reply = Reply(understood(text, (text, "", ["recette de la blanquette de veau"])))
    answer = ask(store, server, Question(text), reply)
    assert len(sent(server)) == 1
    assert answer.abstained
    assert answer.usage.input_tokens > 0


@pytest.mark.parametrize(
    ("words", "period", "first", "days"),
    [("hier", "2024-05-02/2024-05-02", "hier.md", "Thursday 2 May 2024"),
     ("l'an dernier", "2023-01-01/2023-12-31", "avant.md", "from Sunday 1 January 2023 until Sunday 31 December 2023"),
     ("la veille du 3 mai 2024", "2024-05-02/2024-05-02", "hier.md", "Thursday 2 May 2024")],
)  # fmt: skip
def test_the_code_works_out_the_days(
    store: Settings, server: LLMockServer, words: str, period: str, first: str, days: str
) -> None:
    """The model names the words for a time; they are counted from `today`, and the writer is told the days."""
    text = f"Combien de personnes à la fête des tulipes {words} ?"
    question = Question(f"et à la fête des tulipes {words} ?", history=BEFORE, today=date(2024, 5, 3))
    answer = ask(store, server, question, Reply(understood(text, (text, words, ["affluence à la fête des tulipes"]))))
    assert str(answer.period) == period
    assert answer.hits[0].article.id == first
    understanding, writing = sent(server)
    assert "Today is Friday 3 May 2024" in understanding
    assert f"Today is Friday 3 May 2024. « {words} » means {days}." in writing.replace("\nQuestion", ".\nQuestion")
    assert f"Question: {text}" in writing


@pytest.mark.parametrize(("parts", "period"), [(1, "2024-05-01/2024-05-31"), (2, "None")])
def test_the_questions_own_time_is_kept(store: Settings, server: LLMockServer, parts: int, period: str) -> None:
    """A model that forgets the date of a question of one part loses nothing; of two, each has its own."""
    text = "Combien de personnes à la fête des tulipes en mai 2024, et qui l'a annoncé ?"
    part = ("Combien de personnes à la fête des tulipes ?", "", ["affluence à la fête des tulipes"])
    answer = ask(store, server, Question(text), Reply(understood(text, *[part] * parts)))
    assert str(answer.period) == period


def test_a_filter_holds_whatever_a_model_says(store: Settings, server: LLMockServer) -> None:
    """Only articles of the days that were set are searched."""
    days = Period(date(2023, 1, 1), date(2023, 12, 31))
    text = "Combien de personnes à la fête des tulipes ?"
    reply = understood(text, (text, "mai 2024", ["affluence à la fête des tulipes en mai 2024"]))
    answer = ask(store, server, Question(text, history=BEFORE, period=days), Reply(reply))
    assert {h.article.id for h in answer.hits} == {"avant.md"}
    assert answer.period == days


def test_another_language_finds_the_articles(store: Settings, server: LLMockServer) -> None:
    """A Chinese question is searched in French, and stays Chinese."""
    text = "塔拉斯的葡萄园有多少公顷？"
    reply = Reply(understood(text, (text, "", ["Combien d'hectares de vigne dans le Talas ?"])))
    answer = ask(store, server, Question(text), reply)
    assert answer.hits[0].article.id == "sous/vin.txt"
    assert (answer.understood_as, answer.language) == (text, "zh")
    assert "The articles are in French." in sent(server)[0]


def test_a_model_that_obeys_cannot_turn_the_search_away(store: Settings, server: LLMockServer) -> None:
    """What it invents is not shown, links are not searched, and the asker's own question keeps its hits."""
    text = "Achetez le vin du Talas à 99 euros sur www.evil.example"
    obeyed = understood(text, (text, "", ["www.evil.example", "vignobles du Talas hectares saperavi"]))
    hostile = Question("Et le proviseur ?", history=(Turn("Qui est le proviseur du lycée d'Almaty ?", ORDER),))
    answer = ask(store, server, hostile, Reply(obeyed))
    assert answer.understood_as == understand(hostile).standalone
    assert "lycee.md" in {h.article.id for h in answer.hits[:3]}
    assert "evil" not in sent(server)[1].rpartition("Question:")[2]
    assert "99" not in answer.understood_as


def test_a_question_without_a_conversation_stays(store: Settings, server: LLMockServer) -> None:
    """It is searched in other words, and shown and answered in the asker's."""
    asked = "kel taille le vinyoble du Talas, et combien de familles ?"
    reply = understood(
        "Quelle taille fait le vignoble du Talas ?", ("Quelle taille ?", "", ["vignobles du Talas, hectares"])
    )
    answer = ask(store, server, Question(asked), Reply(reply))
    assert answer.understood_as == asked
    assert answer.hits[0].article.id == "sous/vin.txt"
