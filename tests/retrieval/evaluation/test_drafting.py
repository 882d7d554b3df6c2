"""Questions that a scripted model proposes: what is kept, what is dropped and why."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from llmock.scenarios import Fail, Reply
from llmock.testing import LLMockServer

from retrieval.errors import ModelError
from retrieval.evaluation.checking import Checker
from retrieval.evaluation.drafting import Drafting, copied
from retrieval.evaluation.gold import row_of
from retrieval.library import Library, sync
from retrieval.settings import Secret, Settings

PORT = (
    "Le port sec de Khorgos double sa capacité\n\nLe port sec de Khorgos a traité 372 000 conteneurs en 2023, a "
    "annoncé lundi sa directrice, Mme Aliya Serik. Une seconde grue de 41 tonnes sera livrée en mars."
)


@pytest.fixture
def model(server: LLMockServer, tmp_path: Path) -> Settings:
    """Settings of a store with one article, and of a model."""
    server.state.reset()
    found = Settings(
        home=tmp_path / "home", embeddings="none", openai_base_url=server.base_url(), openai_api_key=Secret("sk-test"),
        chat_model="openai:test", prices="test=1/2", model_retries=0,
    )  # fmt: skip
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "port.txt").write_text(PORT, "utf-8")
    sync(found, [str(tmp_path / "corpus")])
    return found


def fact(question: str, answer: str, quote: str, **more: Any) -> dict[str, Any]:
    """A question that the article is said to answer."""
    return {"question": question, "answer": answer, "quote": quote, "kind": "number", **more}


GOOD = fact("Quel poids lève la nouvelle machine ?", "41 tonnes", "Une seconde grue de 41 tonnes")
NONE = {"question": "Combien de gens y travaillent ?", "missing": ["salariés employés"]}


def reply(*answerable: Any, unanswerable: tuple[Any, ...] = ()) -> Reply:
    """What the model writes."""
    return Reply(json.dumps({"answerable": list(answerable), "unanswerable": list(unanswerable)}))


def drafted(
    settings: Settings, wanted: int = 4, known: set[str] | None = None
) -> tuple[list[dict[str, Any]], Drafting]:
    """The drafts, and what was counted."""
    with Library.open(settings) as library:
        drafting = Drafting(settings, library, wanted, known or set())
        rows = list(drafting.drafts())
        checker = Checker(library)
        assert [checker.wrong(row_of(row)) for row in rows] == [[] for _ in rows]
    return rows, drafting


def test_drafts(server: LLMockServer, model: Settings) -> None:
    """A draft has its answer, its quote where it stands, and is marked as one; the tokens are counted."""
    server.state.scenarios.add(reply(GOOD, unanswerable=(NONE,)))
    (good, none), drafting = drafted(model)
    start = good["evidence"][0]["start"]
    quote = good["evidence"][0]["quote"]
    assert (good["status"], good["answers"], good["answerable"], good["tags"]) == (
        "draft", ["41 tonnes"], True, ["number"],
    )  # fmt: skip
    assert quote == "Une seconde grue de 41 tonnes"
    with Library.open(model) as library:
        article = library.article("port.txt")
    assert article is not None
    assert article.text[start:].startswith(quote)
    assert (none["status"], none["answerable"], none["answers"]) == ("draft", False, [])
    assert (none["missing"], none["tags"]) == (["salariés employés"], ["near_topic"])
    assert (drafting.calls, drafting.kept, drafting.dropped) == (1, 2, Counter())
    used = drafting.usage
    assert used.cost_usd == pytest.approx((used.input_tokens + 2 * used.output_tokens) / 1e6)


@pytest.mark.parametrize(
    ("proposal", "reason"),
    [
        (fact("Quel poids ?", "41 tonnes", "Une troisième grue de 41 tonnes"), "quote"),
        (fact("Quel poids ?", "42 tonnes", "Une seconde grue de 41 tonnes"), "answer"),
        (GOOD, "known"),
    ],
)
def test_what_does_not_hold_is_dropped(
    proposal: dict[str, Any], reason: str, server: LLMockServer, model: Settings
) -> None:
    """An invented quote, an answer that is not in its quote, and a question that is there already."""
    server.state.scenarios.add(reply(GOOD, proposal))
    rows, drafting = drafted(model)
    assert [row["question"] for row in rows] == [GOOD["question"]]
    assert drafting.dropped == Counter({reason: 1})


@pytest.mark.parametrize(
    ("proposal", "reason"),
    [
        ({"question": "Qui est la directrice du port sec de Khorgos ?", "missing": ["directrice"]}, "answered"),
        ({"question": "Combien de gens y travaillent ?", "missing": []}, "missing"),
        ({"question": "Combien de gens y travaillent ?"}, "missing"),
    ],
)
def test_unanswerable_is_checked(proposal: dict[str, Any], reason: str, server: LLMockServer, model: Settings) -> None:
    """What an article tells after all is no unanswerable question, nor is one that does not say what is missing."""
    server.state.scenarios.add(reply(unanswerable=(proposal,)))
    rows, drafting = drafted(model)
    assert (rows, drafting.dropped) == ([], Counter({reason: 1}))


def test_copies_are_marked(server: LLMockServer, model: Settings) -> None:
    """A question in the article's own words is kept, and tagged."""
    question = "Combien de conteneurs le port sec de Khorgos a traité 372 000 conteneurs en 2023 ?"
    server.state.scenarios.add(reply(fact(question, "372 000", "a traité 372 000 conteneurs")))
    (row,), _ = drafted(model)
    assert row["tags"] == ["number", "copied"]


@pytest.mark.parametrize(
    ("question", "copy"),
    [
        ("Le port sec de Khorgos a-t-il traité 372 000 conteneurs ?", True),
        ("Le port sec de Khorgos a traité combien ?", False),
        ("Qui est la directrice ?", False),
    ],
)
def test_five_content_words_are_a_copy(question: str, copy: bool) -> None:
    """Words that say nothing do not count, nor do accents and endings."""
    assert copied(question, PORT) is copy


def test_known_drafts_are_not_made_again(server: LLMockServer, model: Settings) -> None:
    """A draft of an earlier call is counted as known."""
    server.state.scenarios.add(reply(GOOD), reply(GOOD))
    (first,), _ = drafted(model)
    rows, drafting = drafted(model, known={first["id"]})
    assert (rows, drafting.dropped) == ([], Counter(known=1))


@pytest.mark.parametrize("bad", ["no", "[]", '{"answerable": [{"question": "?"}]}', '{"answerable": 1}', "{}"])
def test_malformed_replies(bad: str, server: LLMockServer, model: Settings) -> None:
    """A reply of no use is asked for once more, and lost after that."""
    server.state.scenarios.add(Reply(bad), reply(GOOD))
    assert len(drafted(model)[0]) == 1
    server.state.scenarios.add(Reply(bad, times=2))
    rows, drafting = drafted(model)
    assert (rows, drafting.dropped) == ([], Counter(malformed=1))


def test_the_article_stands_between_delimiters(server: LLMockServer, model: Settings) -> None:
    """An order in an article is material, between two lines that nobody could foresee."""
    server.state.scenarios.add(reply(GOOD))
    drafted(model)
    system, user = (m["content"] for m in server.state.journal.records(wait=5)[-1].body["messages"])
    mark = user.splitlines()[0].removeprefix("<<<")
    assert len(mark) == 16
    assert "372 000 conteneurs" in user.split(f"\n{mark}>>>")[0]
    assert "in French" in user
    assert "Khorgos" not in system


def test_no_model(model: Settings, server: LLMockServer) -> None:
    """Without a key or a server, and with a key that is refused, the error names the remedy."""
    with pytest.raises(ModelError) as raised:
        drafted(Settings(home=model.home, embeddings="none"))
    assert "OPENAI_API_KEY" in str(raised.value.remedy)
    server.state.scenarios.add(Fail(401))
    with pytest.raises(ModelError) as raised:
        drafted(model)
    assert raised.value.kind == "auth"


def test_calls_are_bounded(server: LLMockServer, model: Settings, tmp_path: Path) -> None:
    """However little can be kept, no more calls are made than questions are wanted."""
    for n in range(5):
        (tmp_path / "corpus" / f"{n}.txt").write_text(f"Titre {n}\n\nUn texte de rien, numéro {n}.", "utf-8")
    sync(model, [])
    server.state.scenarios.add(Reply("no", times=None))
    _, drafting = drafted(model, wanted=2)
    assert (drafting.calls, drafting.dropped) == (2, Counter(malformed=2))
