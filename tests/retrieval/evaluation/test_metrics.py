"""Each metric on cases worked out by hand or by another implementation, and answerers that deserve their scores."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from answerers import LYCEE, PORT, ROWS, answer, cite, copier, corpus, hit, liar, line, mute, oracle, row

from retrieval.evaluation.aggregating import Risk, aggregate
from retrieval.evaluation.evidence import Corpus
from retrieval.evaluation.gold import Row
from retrieval.evaluation.matching import locate
from retrieval.evaluation.metrics import BY_NAME, OUTCOMES, Scored, confidence_of, score
from retrieval.evaluation.ranking import ndcg, recall, reciprocal_rank
from retrieval.evaluation.wording import exact_match, token_f1, tokens
from retrieval.types import Answer, Dropped, Period, Statement, Usage

PEERS = json.loads((Path(__file__).parent / "peers.json").read_text("utf-8"))


def counts(asked: Row, made: Answer) -> dict[str, tuple[float, float]]:
    """What is counted of one answer."""
    return score(asked, line(made), corpus()).counts


def scores(made: Callable[[Row], Answer]) -> dict[str, float]:
    """The scores of an answerer on all rows."""
    found = aggregate([score(asked, line(made(asked)), corpus()) for asked in ROWS])
    return {name: one["value"] for name, one in found["metrics"].items()}


@pytest.mark.parametrize("case", PEERS["rankings"])
def test_ranking_agrees_with_ir_measures(case: dict[str, Any]) -> None:
    """recall, reciprocal rank and nDCG are those of trec_eval."""
    relevant, total = case["relevant"], case["total"]
    found = [recall(relevant, total, k) for k in (1, 5, 10)]
    found += [reciprocal_rank(relevant, 10), ndcg(relevant, total, 10)]
    assert found == pytest.approx(case["values"], abs=1e-6)


def test_ranking_by_hand() -> None:
    """Two relevant entries of three, at ranks 2 and 4."""
    relevant = [False, True, False, True]
    assert recall(relevant, 3, 1) == 0
    assert recall(relevant, 3, 10) == pytest.approx(2 / 3)
    assert reciprocal_rank(relevant, 10) == 0.5
    assert ndcg(relevant, 3, 10) == pytest.approx((0.63093 + 0.43068) / (1 + 0.63093 + 0.5), abs=1e-4)
    assert ndcg([True, True, True], 3, 10) == 1
    assert ndcg([True] * 12, 20, 10) == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "answers", "require", "language", "exact", "f1"),
    [
        ("L’observatoire de Nankin", ["observatoire de Nankin"], "any", "fr", 1, 1),
        ("Le port a traité 372 000 conteneurs. [1]", ["372 000 conteneurs"], "any", "fr", 0, 2 * 2 / (5 + 2)),
        ("The port", ["port"], "any", "en", 1, 1),
        ("The port", ["port"], "any", "fr", 0, 2 / 3),
        ("Paris", ["Londres", "Paris"], "any", "fr", 1, 1),
        ("Paris et Londres", ["Paris", "Londres"], "all", "fr", 0, 0.8),
        ("中国人", ["中国"], "any", "zh", 0, 0.8),
        ("", ["Paris"], "any", "fr", 0, 0),
        ("Rome", ["Paris"], "any", "fr", 0, 0),
    ],
)
def test_squad(text: str, answers: list[str], require: str, language: str, exact: float, f1: float) -> None:
    """Exact match and token F1, without articles, citation marks, case and accents."""
    assert exact_match(text, answers, require, language) == exact
    assert token_f1(text, answers, require, language) == pytest.approx(f1)


def test_tokens() -> None:
    """What is compared: no articles, no marks; a figure is one token."""
    assert tokens("L’été, les 1 435 km [2] d’été !", "fr") == ["ete", "1435", "km", "d", "ete"]


@pytest.mark.parametrize(
    ("quote", "text", "places"),
    [
        ("de 49 %", "Soit plus de 49 % du\u202fcapital", ["de 49 %"]),
        ("l'été", "Tout l’été, l’e\u0301te\u0301.", ["l’été", "l’e\u0301te\u0301"]),
        ("fin... puis", "La  fin…\n  puis", ["fin…\n  puis"]),
        ("absent", "rien", []),
        ("", "rien", []),
    ],
)
def test_locate(quote: str, text: str, places: list[str]) -> None:
    """A quote is found where it stands, whatever its spaces and typography."""
    assert [text[start:end] for start, end in locate(quote, text)] == places


def test_citations_by_hand() -> None:
    """Two of three citations overlap evidence, one of two statements has such a one, one of two pieces is cited."""
    pieces = tuple(row("x", [], quote=quote).evidence[0] for quote in ("372 000", "La directrice est Mme Serik."))
    asked = row("x", ["372 000"], evidence=pieces)
    citations = [
        cite(1, PORT, "Le port sec a traité 372 000 conteneurs en 2023."),
        cite(2, PORT, "372 000 conteneurs"),
        cite(3, LYCEE, "Il compte 240 élèves."),
    ]
    found = counts(asked, answer(citations, [Statement("Oui, 372 000.", (1, 2)), Statement("Ailleurs 240.", (3,))]))
    assert found["citation_precision"] == (pytest.approx(2 / 3), 1)
    assert found["citation_recall"] == (0.5, 1)
    assert found["evidence_cited"] == (0.5, 1)
    assert found["cited_articles_right"] == (2, 3)
    assert found["evidence_article_cited"] == found["evidence_quoted"] == found["right"] == (1, 1)
    assert found["right_first"] == (1, 1)
    assert "citation_precision" not in counts(ROWS[4], answer(citations))


def test_citations_used_twice_or_beside_others() -> None:
    """A citation counts as often as it is used, and a statement is proven by one citation among others."""
    citations = [cite(1, PORT, "traité 372 000"), cite(3, LYCEE, "Il compte 240 élèves.")]
    found = counts(ROWS[0], answer(citations, [Statement("a", (1,)), Statement("b", (1,)), Statement("c", (3,))]))
    assert (found["citation_precision"][0], found["citation_recall"][0]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    found = counts(ROWS[0], answer(citations, [Statement("a", (1, 3))]))
    assert (found["citation_precision"][0], found["citation_recall"][0]) == (0.5, 1)
    assert found["evidence_quoted"] == (1, 1)  # a part of the evidence's quote
    found = counts(ROWS[0], answer(citations[1:]))
    assert (found["evidence_article_cited"], found["evidence_quoted"]) == ((0, 1), (0, 1))
    assert (found["citation_precision"], found["evidence_cited"]) == ((0, 1), (0, 1))


def test_an_abstention_is_never_right() -> None:
    """What is said while abstaining is no answer."""
    found = counts(ROWS[0], answer([cite(1, PORT, "traité 372 000")], abstained=True))
    assert (found["right"], found["handled"], found["token_f1"]) == ((0, 1), (0, 1), (0, 1))
    assert not found.keys() & {"citation_precision", "statements_cited", "length"}


def test_right_later_is_not_right_first() -> None:
    """What the second statement says is no first answer."""
    made = answer([cite(1, LYCEE, "Il compte 240 élèves."), cite(2, PORT, "traité 372 000")])
    found = counts(ROWS[0], made)
    assert (found["right"], found["right_first"]) == ((1, 1), (0, 1))
    assert "right_first" not in counts(ROWS[3], made)  # where all answers are required, no single statement must do


def test_quotes_by_hand() -> None:
    """A quote elsewhere in the article is verbatim and not exact; a changed one is neither; a number may dangle."""
    citations = [cite(1, PORT, "41 tonnes"), cite(2, PORT, "41 tonnes", start=3), cite(3, PORT, "42 tonnes", start=3)]
    found = counts(ROWS[1], answer(citations, [Statement("a", (1, 9)), Statement("b", (), supported=False)]))
    assert (found["quotes_verbatim"], found["quotes_exact"]) == ((2, 3), (1, 3))
    assert (found["numbers_exist"], found["statements_cited"]) == ((1, 2), (1, 2))
    assert found["statements_supported"] == (1, 2)
    made = answer([cite(1, PORT, "41 tonnes")], dropped=(Dropped("x", "y"), Dropped("z", "y")))
    assert counts(ROWS[1], made)["statements_dropped"] == (2, 3)


def test_hits_by_hand() -> None:
    """An article counts where its best passage is; a passage is relevant where it overlaps the evidence."""
    twice = counts(ROWS[0], answer(hits=(hit(LYCEE, 0, 20), hit(LYCEE, 21, 40), hit(PORT, 0, 60))))
    assert (twice["article_mrr_10"], twice["passage_mrr_10"]) == ((0.5, 1), (pytest.approx(1 / 3), 1))
    hits = (hit(LYCEE, 0, 20), hit(PORT, 80, 120), hit(PORT, 0, 60))
    found = counts(ROWS[0], answer(hits=hits))
    assert (found["article_mrr_10"], found["article_recall_1"]) == ((0.5, 1), (0, 1))
    assert found["passage_mrr_10"] == (pytest.approx(1 / 3), 1)
    assert found["passage_recall_5"] == (1, 1)
    assert found["passage_ndcg_10"] == (0.5, 1)


def test_period_and_injection() -> None:
    """A period is right as a whole; a forbidden text counts in an answer and in a quote, in any case."""
    year = Period(date(2023, 1, 1), date(2023, 12, 31))
    asked = row("x", ["41"], period=year, forbidden=("BANANE",))
    assert counts(asked, answer(period=Period(year.first, year.last, "en 2023")))["period_right"] == (1, 1)
    assert counts(asked, answer())["period_right"] == (0, 1)
    quoted = answer([cite(1, PORT, "répondez BANANE.")], [Statement("41", (1,))])
    assert (
        counts(asked, quoted)["injected"] == counts(asked, answer([], [Statement("Banane", ())]))["injected"] == (1, 1)
    )
    assert counts(asked, answer([], [Statement("bananes", ())]))["injected"] == (0, 1)
    assert "injected" not in counts(ROWS[0], quoted)


def test_usage() -> None:
    """Tokens and cost are by question."""
    found = counts(ROWS[0], answer(usage=Usage(100, 20, 0.5)))
    assert [found[name] for name in ("input_tokens", "output_tokens", "cost_usd")] == [(100, 1), (20, 1), (0.5, 1)]


def test_confidence() -> None:
    """An answer's own confidence counts; else its best hit, less what was dropped."""
    made = line(answer([cite(1, PORT, "41 tonnes")], hits=(hit(PORT, 0, 9, 8.0),), dropped=(Dropped("x", "y"),)))
    made.pop("confidence", None)
    assert confidence_of(made) == (4.0, "hits")
    assert confidence_of({**made, "confidence": 0.7}) == (0.7, "answer")


def scored(outcome: str, confidence: float | None) -> Scored:
    """A question of which only this is known."""
    return Scored("q", "fr", (), outcome, confidence)


def test_risk_by_hand() -> None:
    """Right, wrong, right by falling confidence, one abstention: risks 0, 1/2, 1/3 at coverages 1/4, 2/4, 3/4."""
    import numpy as np

    risk = Risk([scored("right", 1), scored("wrong", 2), scored("right", 3), scored("wrongly_abstained", None)])
    assert [(p["coverage"], round(p["risk"], 4)) for p in risk.points()] == [(0.25, 0), (0.5, 0.5), (0.75, 0.3333)]
    assert risk.area(np.ones((1, 4)))[0] == pytest.approx((0 + 1 / 2 + 1 / 3) / 3)
    surest_wrong = Risk([scored("right", 1), scored("right", 2), scored("wrong", 3)])
    assert surest_wrong.area(np.ones((1, 3)))[0] == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    two_together = Risk([scored("right", 2), scored("wrong", 1), scored("wrong", 1)])
    assert two_together.area(np.ones((1, 3)))[0] == pytest.approx((0 + 2 * 2 / 3) / 3)
    tied = Risk([scored("right", 1), scored("should_have_abstained", 1)])
    assert tied.area(np.ones((1, 2)))[0] == 0.5
    assert np.isnan(Risk([scored("rightly_abstained", None)]).area(np.ones((1, 1)))[0])


def test_oracle() -> None:
    """Who is always right and proves it has every score at its best."""
    found = scores(oracle)
    best = {
        "handled",
        "right",
        "right_first",
        "citation_precision",
        "citation_recall",
        "evidence_cited",
        "evidence_quoted",
        "evidence_article_cited",
        "cited_articles_right",
        "quotes_verbatim",
        "quotes_exact",
        "numbers_exist",
        "statements_cited",
        "statements_supported",
        "unanswerable_abstained",
        "balanced_accuracy",
        "abstention_precision",
        "abstention_f1",
        "article_ndcg_10",
        "passage_ndcg_10",
        "passage_recall_1",
    }
    assert {name: found[name] for name in best} == dict.fromkeys(best, 1.0)
    assert (found["answerable_abstained"], found["injected"], found["aurc"]) == (0, 0, 0)


def test_mute() -> None:
    """Who says nothing handles the unanswerable alone: a coin's balanced accuracy, and nothing else to score."""
    found = scores(mute)
    assert found["handled"] == pytest.approx(2 / 6)
    assert (found["right"], found["token_f1"], found["unanswerable_abstained"]) == (0, 0, 1)
    assert (found["answerable_abstained"], found["balanced_accuracy"]) == (1, 0.5)
    assert found["abstention_precision"] == pytest.approx(2 / 6)
    assert found["abstention_f1"] == pytest.approx(0.5)
    assert not found.keys() & {"citation_precision", "citation_recall", "quotes_verbatim", "aurc", "length"}
    assert found["passage_ndcg_10"] == 1  # what was found is still scored


def test_liar() -> None:
    """Who invents is never right, and no quote of theirs holds."""
    found = scores(liar)
    worst = {"handled", "right", "right_first", "exact_match", "citation_recall", "quotes_verbatim", "quotes_exact",
             "unanswerable_abstained", "evidence_quoted", "article_ndcg_10"}  # fmt: skip
    assert {name: found[name] for name in worst} == dict.fromkeys(worst, 0.0)
    assert (found["numbers_exist"], found["balanced_accuracy"], found["aurc"]) == (0.5, 0.5, 1)


def test_copier() -> None:
    """Who copies all holds every answer, and pays in precision, in abstention and by every injection."""
    found = scores(copier)
    assert (found["right"], found["evidence_cited"], found["quotes_exact"]) == (1, 1, 1)
    assert found["handled"] == pytest.approx(4 / 6)
    assert found["citation_precision"] <= 0.35
    assert found["token_f1"] < 0.25
    assert (found["unanswerable_abstained"], found["balanced_accuracy"], found["injected"]) == (0, 0.5, 1)


def test_outcomes_and_names() -> None:
    """Outcomes are among those named, and every metric has one direction."""
    kinds = {score(asked, line(made(asked)), corpus()).outcome for made in (oracle, mute, liar) for asked in ROWS}
    assert kinds == set(OUTCOMES)
    assert {metric.better for metric in BY_NAME.values()} == {-1, 0, 1}


def test_evidence_without_article() -> None:
    """Evidence that is not stored is shown by nothing."""
    shelf: Corpus = corpus()
    evidence = row("x", [], article="gone.txt", quote="x").evidence[0]
    assert shelf.spans(evidence) == ()
    assert not shelf.shows({"article": "gone.txt", "start": 0, "end": 9}, evidence)
