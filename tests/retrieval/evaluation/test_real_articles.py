"""The questions about five real articles hold in them, and quote none of them: they are their publishers'."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

import retrieval.evaluation
from retrieval.evaluation.checking import check
from retrieval.evaluation.gold import Row, load, read
from retrieval.evaluation.matching import folded, holds
from retrieval.library import Library, sync
from retrieval.settings import Settings

GOLD = Path(__file__).parents[2] / "gold"
SCHEMA = json.loads((Path(retrieval.evaluation.__file__).parent / "gold.schema.json").read_text("utf-8"))
NAMES = ("real_articles.jsonl", "real_articles_held_out.jsonl")

EACH = {  # at least so many in each half
    "fact": 5, "person": 3, "place": 4, "number": 10, "date": 2, "list": 8, "reason": 3, "several_articles": 2,
    "dated": 6, "disagreement": 1, "updated": 1, "definition": 2, "yes_no": 3, "false_premise": 3, "near_topic": 12,
    "far": 2, "near_wording": 15, "own_words": 25, "sloppy": 8, "english": 3, "russian": 3, "chinese": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def library(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The five articles, as stored."""
    settings = Settings(home=tmp_path_factory.mktemp("gold"), embeddings="none", mode="extractive", language="fr")
    assert not sync(settings, [str(shared / "data" / "articles")]).failed
    with Library.open(settings) as library:
        yield library


@pytest.fixture(params=NAMES)
def rows(request: pytest.FixtureRequest) -> list[Row]:
    """The rows of either half."""
    return load(GOLD / request.param)


@pytest.mark.parametrize("name", NAMES)
def test_the_rows_hold_in_the_articles(name: str, library: Library) -> None:
    """Offsets, answers and what is said to have none are right, in the articles as they are stored today."""
    found, problems = read(GOLD / name)
    assert problems + check(found, library) == []


def test_each_article_is_asked_about(rows: list[Row], library: Library) -> None:
    """No article is left out, in either half."""
    assert Counter(e.article for row in rows for e in row.evidence).keys() == set(library.ids())


@pytest.mark.parametrize(
    ("name", "words"), [*((name, 5) for name in NAMES), ("news.jsonl", 7), ("news_held_out.jsonl", 7)]
)
def test_no_sentence_of_theirs_is_committed(name: str, words: int) -> None:
    """A row about others' articles, these or the news, points at its evidence by offsets; its answers are short."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for line in (GOLD / name).read_text("utf-8").splitlines():
        fields = json.loads(line)
        assert [error.message for error in validator.iter_errors(fields)] == []
        assert all(set(evidence) == {"article", "start", "end"} for evidence in fields["evidence"])
        assert max((len(answer.split()) for answer in fields["answers"]), default=0) <= words


def test_both_halves_have_questions_of_every_kind(rows: list[Row]) -> None:
    """There are enough of each kind, register and language, about seven in ten of them answerable."""
    tags = Counter(tag for row in rows for tag in row.tags)
    assert {tag: tags[tag] for tag, least in EACH.items() if tags[tag] < least} == {}
    assert 0.65 <= sum(row.answerable for row in rows) / len(rows) <= 0.75


def test_no_question_holds_its_answer(rows: list[Row]) -> None:
    """Whoever only repeats the question is not right."""
    assert [row.id for row in rows if holds(row.question, row.answers, "any")] == []


def test_the_halves_ask_different_things() -> None:
    """No question, and no answer with the same evidence, is in both."""
    first, second = (load(GOLD / name) for name in NAMES)
    assert {row.id for row in first}.isdisjoint(row.id for row in second)
    assert {folded(row.question) for row in first}.isdisjoint(folded(row.question) for row in second)
    asked = [
        {(frozenset(map(folded, row.answers)), row.evidence) for row in half if row.answers} for half in (first, second)
    ]
    assert asked[0].isdisjoint(asked[1])
