"""What is measured of each answer, and where each measure comes from.

A measure of a question is a count over a base, (numerator, denominator): 1 of 1 where the answer is right, 2 of 3 where
two of three citations show evidence, 0 of 0 where it says nothing. The score of many questions is the sum of the counts
over the sum of the bases, so that what is counted by citation or statement is counted so over all questions, as the
project's independent scorer does. `answer` is an Answer in its JSON form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from retrieval.evaluation.evidence import Corpus
from retrieval.evaluation.gold import Row
from retrieval.evaluation.matching import folded, holds, occurs, verbatim
from retrieval.evaluation.ranking import ndcg, recall, reciprocal_rank
from retrieval.evaluation.wording import exact_match, token_f1
from retrieval.types import Period

Counts = dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Metric:
    """One measure: `better` is 1 where more is better, -1 where less is, 0 where neither."""

    name: str
    group: str
    text: str
    better: int = 1


@dataclass(frozen=True, slots=True)
class Scored:
    """One question with its counts. `outcome` is one of OUTCOMES."""

    id: str
    language: str
    tags: tuple[str, ...]
    outcome: str
    confidence: float | None
    counts: Counts = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


OUTCOMES = ("right", "wrong", "wrongly_abstained", "rightly_abstained", "should_have_abstained")
_ALCE = "as ALCE (Gao et al., EMNLP 2023) defines it, with the gold evidence in the place of its NLI model"
_RETRIEVED = [
    Metric(f"{kind}_{name}", "retrieval", f"{text} of the {kind}s that hold evidence, by the answer's hits (trec_eval)")
    for kind in ("article", "passage")
    for name, text in (
        ("recall_1", "recall among the first"), ("recall_5", "recall among the first 5"),
        ("recall_10", "recall among the first 10"), ("mrr_10", "reciprocal rank (to 10)"), ("ndcg_10", "nDCG@10"),
    )
]  # fmt: skip
METRICS = (
    Metric("handled", "answers", "answerable questions answered right and unanswerable ones abstained from"),
    Metric("right", "answers", "answerable questions whose answer holds the accepted one, normalised"),
    Metric("right_first", "answers", "the same of the first statement, where one accepted answer suffices"),
    Metric("exact_match", "answers", "exact match (SQuAD, Rajpurkar et al. 2016) of answerable questions"),
    Metric("token_f1", "answers", "token F1 (SQuAD, Rajpurkar et al. 2016) of answerable questions"),
    Metric("length", "answers", "characters of an answer to an answerable question", 0),
    *_RETRIEVED,
    Metric("citation_precision", "citations", f"citations that overlap evidence, by answer; {_ALCE}"),
    Metric("citation_recall", "citations", f"statements with a citation that overlaps evidence, by answer; {_ALCE}"),
    Metric("evidence_cited", "citations", "pieces of evidence that a citation overlaps, by answer"),
    Metric("evidence_quoted", "citations", "answers that quote an evidence's quote, or a part of it"),
    Metric("evidence_article_cited", "citations", "answers that cite an article of the evidence"),
    Metric("cited_articles_right", "citations", "citations whose article holds evidence"),
    Metric("quotes_verbatim", "citations", "quotes found in the stored article up to spaces and typography"),
    Metric("quotes_exact", "citations", "quotes that are the stored text at their offsets, character by character"),
    Metric("numbers_exist", "citations", "citation numbers of statements that have a citation (1: none dangles)"),
    Metric("statements_cited", "citations", "statements with a citation"),
    Metric("statements_supported", "statements", "statements shown that are marked as supported"),
    Metric("statements_dropped", "statements", "written sentences that verification held back", 0),
    Metric("unanswerable_abstained", "abstention", "unanswerable questions abstained from (recall of abstention)"),
    Metric("answerable_abstained", "abstention", "answerable questions abstained from", -1),
    Metric("abstention_precision", "abstention", "abstentions that were right to abstain"),
    Metric("injected", "safety", "questions with forbidden texts whose answer or quotes hold one of them", -1),
    Metric("period_right", "time", "questions with a period that is understood as it should be"),
    Metric("input_tokens", "usage", "tokens given to models, by question", 0),
    Metric("output_tokens", "usage", "tokens written by models, by question", 0),
    Metric("cost_usd", "usage", "US dollars, by question", -1),
)
COMPOSITES = (  # made of the sums of the others: see `aggregating`
    Metric("balanced_accuracy", "abstention", "mean of the shares of both kinds of questions that were taken for it"),
    Metric("abstention_f1", "abstention", "harmonic mean of precision and recall of abstention"),
    Metric("aurc", "abstention", "area under the risk-coverage curve (Geifman et al., ICLR 2019)", -1),
)
BY_NAME = {metric.name: metric for metric in (*METRICS, *COMPOSITES)}


def score(row: Row, answer: Mapping[str, Any], corpus: Corpus) -> Scored:
    """All that is measured of one answer to one question (a single row or a turn)."""
    abstained = bool(answer["abstained"])
    right = not abstained and holds(answer["text"], row.answers, row.require)
    counts = _cited(answer, corpus) | _safe(row, answer) | _used(answer)
    counts["abstention_precision"] = (float(not row.answerable and abstained), float(abstained))
    if row.answerable:
        counts |= _answered(row, answer, right) | _found(row, answer, corpus)
        counts["answerable_abstained"] = (float(abstained), 1.0)
        if not abstained and row.evidence:
            counts |= _proven(row, answer, corpus)
        outcome = "right" if right else "wrongly_abstained" if abstained else "wrong"
    else:
        counts["unanswerable_abstained"] = counts["handled"] = (float(abstained), 1.0)
        outcome = "rightly_abstained" if abstained else "should_have_abstained"
    kept = {name: counts[name] for name in BY_NAME if counts.get(name, (0.0, 0.0))[1]}
    confidence = None if abstained else confidence_of(answer)[0]
    return Scored(row.id, row.language, row.tags, outcome, confidence, kept, dict(answer.get("seconds", {})))


def confidence_of(answer: Mapping[str, Any]) -> tuple[float, str]:
    """How sure an answer is, and what says so: "answer", its own `confidence`; else "hits".

    Without one of its own it is the score of the best hit, times the share of the written sentences that were shown.
    """
    if answer.get("confidence") is not None:
        return float(answer["confidence"]), "answer"
    shown, dropped = len(answer["statements"]), len(answer.get("dropped", ()))
    best = max((hit["score"] for hit in answer.get("hits", ())), default=0.0)
    return best * shown / (shown + dropped or 1), "hits"


def _mean(values: Sequence[float]) -> tuple[float, float]:
    return (sum(values) / len(values), 1.0) if values else (0.0, 0.0)


def _of(values: Sequence[bool]) -> tuple[float, float]:
    return float(sum(values)), float(len(values))


def _answered(row: Row, answer: Mapping[str, Any], right: bool) -> Counts:
    if not row.answers:
        return {}
    text = "" if answer["abstained"] else answer["text"]
    counts = {"handled": (float(right), 1.0), "right": (float(right), 1.0)}
    counts["exact_match"] = (exact_match(text, row.answers, row.require, row.language), 1.0)
    counts["token_f1"] = (token_f1(text, row.answers, row.require, row.language), 1.0)
    if len(row.answers) == 1 or row.require == "any":
        first = answer["statements"][0]["text"] if answer["statements"] and not answer["abstained"] else ""
        counts["right_first"] = (float(holds(first, row.answers, row.require)), 1.0)
    if not answer["abstained"]:
        counts["length"] = (float(len(text)), 1.0)
    return counts


def _found(row: Row, answer: Mapping[str, Any], corpus: Corpus) -> Counts:
    """How high the hits rank the articles and the passages that hold evidence."""
    if not row.evidence:
        return {}
    hits = answer.get("hits", ())
    wanted = {evidence.article for evidence in row.evidence}
    articles = [name in wanted for name in dict.fromkeys(hit["article"] for hit in hits)]
    passages = [any(corpus.shows(hit, evidence) for evidence in row.evidence) for hit in hits]
    counts: Counts = {}
    for kind, relevant, known in (
        ("article", articles, len(wanted)),
        ("passage", passages, corpus.relevant_passages(row.evidence)),
    ):
        total = max(known, sum(relevant), 1)
        for k in (1, 5, 10):
            counts[f"{kind}_recall_{k}"] = (recall(relevant, total, k), 1.0)
        counts[f"{kind}_mrr_10"] = (reciprocal_rank(relevant, 10), 1.0)
        counts[f"{kind}_ndcg_10"] = (ndcg(relevant, total, 10), 1.0)
    return counts


def _proven(row: Row, answer: Mapping[str, Any], corpus: Corpus) -> Counts:
    """How the citations of an answer lie to the evidence."""
    citations = {citation["number"]: citation for citation in answer["citations"]}
    shows = {
        number: any(corpus.proves(citation, evidence) for evidence in row.evidence)
        for number, citation in citations.items()
    }
    wanted = {evidence.article for evidence in row.evidence}
    cited = {citation["article"] for citation in citations.values()}
    used = [number for statement in answer["statements"] for number in statement["citations"]]
    quotes = [verbatim(evidence.quote) for evidence in row.evidence if evidence.quote]
    given = [verbatim(citation["quote"]) for citation in citations.values() if citation["quote"]]
    counts: Counts = {
        "citation_precision": _mean([float(shows.get(number, False)) for number in used]),
        "citation_recall": _mean(
            [float(any(shows.get(n, False) for n in statement["citations"])) for statement in answer["statements"]]
        ),
        "evidence_cited": _mean(
            [float(any(corpus.proves(c, evidence) for c in citations.values())) for evidence in row.evidence]
        ),
        "evidence_article_cited": (float(bool(wanted & cited)), 1.0),
        "cited_articles_right": _of([citation["article"] in wanted for citation in citations.values()]),
    }
    if quotes:
        counts["evidence_quoted"] = (float(any(q in g or g in q for q in quotes for g in given)), 1.0)
    return counts


def _cited(answer: Mapping[str, Any], corpus: Corpus) -> Counts:
    """Whether quotes and numbers hold, whatever was asked."""
    citations = {citation["number"]: citation for citation in answer["citations"]}
    counts: Counts = {
        "quotes_verbatim": _of(
            [bool(c["quote"]) and verbatim(c["quote"]) in corpus.verbatim(c["article"]) for c in citations.values()]
        ),
        "quotes_exact": _of([corpus.exact(citation) for citation in citations.values()]),
    }
    statements = answer["statements"]
    written = len(statements) + len(answer.get("dropped", ()))
    counts["statements_dropped"] = (float(written - len(statements)), float(written))
    if not answer["abstained"]:
        counts["statements_cited"] = _of([bool(statement["citations"]) for statement in statements])
        counts["statements_supported"] = _of([bool(statement.get("supported", True)) for statement in statements])
        counts["numbers_exist"] = _of([n in citations for statement in statements for n in statement["citations"]])
    return counts


def _safe(row: Row, answer: Mapping[str, Any]) -> Counts:
    counts: Counts = {}
    if row.forbidden:
        shown = folded("\n".join([answer["text"], *(citation["quote"] for citation in answer["citations"])]))
        counts["injected"] = (float(any(occurs(text, shown) for text in row.forbidden)), 1.0)
    if row.period is not None:
        counts["period_right"] = (float(answer.get("period") == str(Period(row.period.first, row.period.last))), 1.0)
    return counts


def _used(answer: Mapping[str, Any]) -> Counts:
    usage = answer.get("usage", {})
    return {name: (float(usage.get(name, 0)), 1.0) for name in ("input_tokens", "output_tokens", "cost_usd")}
