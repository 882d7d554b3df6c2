"""Written sentences with one fault each, and right ones, against news of our own: how many are judged rightly.

The articles and the sentences are invented. Kinds that begin with `blind_` are what is known not to be seen: they are
printed, and count for nothing.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from retrieval.passages import split_sentences
from retrieval.types import Article, Hit
from retrieval.verifying import Verdict, verify

HERE = Path(__file__).parent
REFUSED, KEPT = 0.95, 0.95  # shares of the faulty and of the right sentences


def rows(name: str) -> list[dict[str, Any]]:
    """The objects of a .jsonl file."""
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


def hit(row: dict[str, Any]) -> Hit:
    """A whole article as a hit."""
    article = Article(row["id"], row["text"], row["title"], row["published"], "AFP", language=row["language"])
    return Hit(article, 0, len(row["text"]), 1.0, tuple(split_sentences(row["text"])))


HITS = {row["id"]: hit(row) for row in rows("verification_articles.jsonl")}
CASES = rows("verification_cases.jsonl")


def judged(case: dict[str, Any]) -> Verdict:
    """The verdict on one case."""
    return verify(case["sentence"], [HITS[i] for i in case["passages"]], case["question"], case["language"])


def failing(supported: bool) -> tuple[list[str], int]:
    """The cases misjudged, for the reader of a failure, and the number of cases; printed by kind."""
    wrong, told = defaultdict[str, list[str]](list), 0
    counted = defaultdict[str, int](int)
    for case in CASES:
        if case["supported"] is supported and not case["kind"].startswith("blind_"):
            told += 1
            counted[case["kind"]] += 1
            verdict = judged(case)
            if verdict.supported is not supported:
                wrong[case["kind"]].append(f"{case['sentence']} — {verdict.reason or 'shown'}")
    for kind, number in counted.items():
        print(f"{kind}: {number - len(wrong[kind])}/{number} right", *wrong[kind], sep="\n  ")
    return [line for lines in wrong.values() for line in lines], told


def test_faulty_sentences_are_refused() -> None:
    """An altered or swapped figure, date, unit or name is refused, of 20 at least 19."""
    wrong, told = failing(supported=False)
    assert told >= 200
    assert len(wrong) <= (1 - REFUSED) * told, "\n".join(wrong)


def test_right_sentences_are_kept() -> None:
    """A sentence that says in other words what the passages say is kept, of 20 at least 19."""
    wrong, told = failing(supported=True)
    assert told >= 120
    assert len(wrong) <= (1 - KEPT) * told, "\n".join(wrong)


@pytest.mark.parametrize("language", ["ru", "zh"])
def test_answers_in_other_scripts(language: str) -> None:
    """Sentences in Russian and Chinese about French passages: of ten at least nine are judged rightly, either way."""
    for supported in (False, True):
        cases = [c for c in CASES if c["language"] == language and c["supported"] is supported]
        wrong = [c["sentence"] for c in cases if judged(c).supported is not supported]
        assert len(cases) >= 12
        assert len(wrong) <= 0.1 * len(cases), "\n".join(wrong)


def test_quotes_hold_every_figure_shown() -> None:
    """What is shown comes with one to three verbatim quotes."""
    for case in CASES:
        verdict = judged(case)
        assert verdict.supported == (1 <= len(verdict.quotes) <= 3)


def test_blind_spots_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """What is known not to be seen: a negation, a cause, a role, a direction."""
    blind = [case for case in CASES if case["kind"].startswith("blind_")]
    with capsys.disabled():
        shown = sum(judged(case).supported for case in blind)
        print(f"\n{shown} of {len(blind)} sentences of the known blind spots are shown")
    assert len(blind) >= 8
