"""The chain: one Runnable from question to verified answer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from langchain_core.callbacks import BaseCallbackHandler

from retrieval.chain import Answerer
from retrieval.library import sync
from retrieval.settings import Secret, Settings
from retrieval.types import Answer, Period, Question, Statement, Turn


@pytest.fixture
def answerer(settings: Settings, corpus: Path) -> Iterator[Answerer]:
    sync(settings, [str(corpus)])
    with Answerer.open(settings) as chain:
        yield chain


def verbatim(answer: Answer) -> bool:
    articles = {h.article.id: h.article.text for h in answer.hits}
    return all(c.quote == articles[c.article][c.start : c.end] for c in answer.citations)


@pytest.mark.parametrize(
    ("question", "words", "article"),
    [
        ("Combien de conteneurs le port de Khorgos a-t-il traités en 2023 ?", "372 000", "port.txt"),
        ("combien d'eleves au lycee d'almaty", "240", "lycee.md"),
        ("Qui dirige le lycée d'Almaty comme proviseur ?", "Jean Dubreuil", "lycee.md"),
        ("Combien d'hectares de vigne cultive-t-on dans le Talas ?", "17 hectares", "sous/vin.txt"),
    ],
)
def test_questions_are_answered_with_a_quote(answerer: Answerer, question: str, words: str, article: str) -> None:
    """The answer holds the fact, cites its article, and each quote is a slice of it."""
    answer = answerer.invoke(question)
    assert not answer.abstained
    assert words in answer.text
    assert answer.citations[0].article == article
    assert verbatim(answer)
    assert all(n in {c.number for c in answer.citations} for s in answer.statements for n in s.citations)


def test_what_the_articles_do_not_say_is_not_answered(answerer: Answerer) -> None:
    """The abstention has no statement and no citation, names what is missing, and keeps the nearest hits."""
    answer = answerer.invoke("Quel est le salaire du maire de Bruxelles ?")
    assert (answer.abstained, answer.statements, answer.citations, answer.text) == (True, (), (), "")
    assert "Bruxelles" in answer.missing


def test_a_stream_releases_statements_then_the_answer(answerer: Answerer) -> None:
    """What was streamed is what the answer holds."""
    *statements, answer = answerer.stream("Combien de conteneurs à Khorgos en 2023 ?")
    assert isinstance(answer, Answer)
    assert statements
    assert all(isinstance(s, Statement) for s in statements)
    assert tuple(statements) == answer.statements


def test_a_batch_keeps_order_and_ids(answerer: Answerer) -> None:
    """Answers come in the order of the questions, each with its id."""
    questions = [Question("Combien d'hectares dans le Talas ?", id=f"q{i}") for i in range(8)]
    assert [a.id for a in answerer.batch(questions, config={"max_concurrency": 4})] == [q.id for q in questions]


def test_callbacks_see_the_steps(answerer: Answerer) -> None:
    """A LangChain callback is told of the chain and of its steps by name."""
    seen: list[str] = []

    class Names(BaseCallbackHandler):
        def on_chain_start(self, serialized: object, inputs: object, **kwargs: object) -> None:  # noqa: ARG002
            seen.append(str(kwargs.get("name")))

    answerer.invoke("Combien d'hectares dans le Talas ?", config={"callbacks": [Names()]})
    assert {"understand", "search"} <= set(seen)


def test_a_period_filters_articles(answerer: Answerer) -> None:
    """Only articles published within the period are searched; those without a date are not."""
    question = Question("Combien d'élèves au lycée d'Almaty ?", period=Period(date(2022, 9, 1), date(2022, 9, 30)))
    assert {h.article.id for h in answerer.invoke(question).hits} == {"lycee.md"}
    assert answerer.invoke(replace(question, period=Period(date(2023, 1, 1), None))).hits == ()


def test_a_follow_up_stands_alone(answerer: Answerer) -> None:
    """« Et … ? » takes up the question before it, and the answer says how it was understood."""
    before = Turn("Combien d'élèves le lycée d'Almaty a-t-il accueillis ?", "240")
    answer = answerer.invoke(Question("Et qui en est le proviseur ?", history=(before,)))
    assert "lycée d'Almaty" in answer.understood_as
    assert "Jean Dubreuil" in answer.text


def test_a_model_that_cannot_be_reached_falls_back(settings: Settings, corpus: Path) -> None:
    """With no server behind the address, the extractive answer is given and says why."""
    sync(settings, [str(corpus)])
    broken = replace(
        settings, mode="model", openai_base_url="http://127.0.0.1:9/v1", openai_api_key=Secret("k"), model_retries=0
    )
    with Answerer.open(broken) as chain:
        answer = chain.invoke("Combien de conteneurs à Khorgos en 2023 ?")
    assert answer.mode == "extractive"
    assert (answer.notice or "").startswith("model_")
    assert "372 000" in answer.text


def test_what_the_first_answer_would_wait_for_can_be_loaded_before(settings: Settings, corpus: Path) -> None:
    """The model's client is imported by `prepare`, not by the first question; a model that cannot be is no error."""
    sync(settings, [str(corpus)])
    program = (
        "import sys; from pathlib import Path; from retrieval.chain import Answerer;"
        "from retrieval.settings import Settings;"
        "s = Settings(home=Path(sys.argv[1]), mode='model', embeddings='none', openai_base_url=sys.argv[2]);"
        "a = Answerer.open(s); print('langchain_openai' in sys.modules, end=' ');"
        "a.prepare(); print('langchain_openai' in sys.modules)"
    )
    for server, loaded in (("http://127.0.0.1:9/v1", "False True"), ("", "False False")):
        done = subprocess.run(
            [sys.executable, "-c", program, str(settings.home), server], check=True, capture_output=True, text=True
        )
        assert done.stdout.strip() == loaded
