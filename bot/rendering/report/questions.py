"""The questions of a run as the page's scripts read them: what was expected, what came, and where evidence stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.texts import Texts
from retrieval.evaluation.matching import holds
from retrieval.evaluation.metrics import BY_NAME

Line = Mapping[str, Any]

# How near a piece of evidence an answer came, best first: quoted; its passage found; its article found; not found.
PROOFS = ("cited", "found", "near", "absent")
_SCALES = ("correctness", "faithfulness")  # of a judge
_ABSOLUTE = ("length", "input_tokens", "output_tokens", "cost_usd")  # measures that are no shares


def run_data(
    gold: Sequence[Line], answers: Sequence[Line], articles: Sequence[Line], scores: Line, t: Texts
) -> dict[str, Any]:
    """Questions in their order, the articles they name, the names of their measures, and the texts of the page."""
    by_id = {line["id"]: line for line in answers}
    scored = {line["id"]: line for line in scores["by_question"]}
    shelf = _Shelf(articles, t)
    metrics = [name for name, m in BY_NAME.items() if name not in _ABSOLUTE and name in scores["metrics"]]
    rows = [_row(line, by_id[line["id"]], scored[line["id"]], metrics, shelf) for line in gold]
    judged = (scores.get("judge") or {}).get("by_question") or {}
    scales = [scale for scale in _SCALES if any(_judged(one)[scale] is not None for one in judged.values())]
    for row in rows:
        said = judged.get(row["id"])
        if said:
            row["judge"] = _judged(said)
        row["measures"] += [row["judge"][scale] if said else None for scale in scales]
    return {
        "language": t.language,
        "calibrated": scores["risk_coverage"]["confidence"] == "answer",
        "metrics": [
            {"name": name, "label": t.entries.get(f"metric_{name}", name), "better": BY_NAME[name].better}
            for name in metrics
        ]
        + [
            {"name": f"judge_{scale}", "label": f"{t('report_judge')} · {t(f'report_judge_{scale}')}", "better": 1}
            for scale in scales
        ],
        "questions": rows,
        "articles": shelf.listed,
        "texts": {key: text for key, text in t.entries.items() if key.startswith(("list_", "outcome_"))},
    }


class _Shelf:
    """The articles of a run, numbered as they are named; those whose text the run does not keep have none."""

    def __init__(self, articles: Sequence[Line], t: Texts) -> None:
        self._known = {line["id"]: line for line in articles}
        self._numbers: dict[str, int] = {}
        self.t = t
        self.listed: list[dict[str, Any]] = []

    def number(self, name: str, cited: Line | None = None) -> int:
        """The article's number; what is not known of it is taken from a citation."""
        if name not in self._numbers:
            known = self._known.get(name, {})
            date = known.get("date") or (cited or {}).get("published")
            about = {field: known.get(field) or (cited or {}).get(field) for field in ("title", "source", "url")}
            self._numbers[name] = len(self.listed)
            self.listed.append(
                {"id": name, **about, "date": self.t.date(date) if date else None, "text": known.get("text")}
            )
        return self._numbers[name]

    def text(self, name: str) -> str | None:
        text: str | None = self._known.get(name, {}).get("text")
        return text


def _row(gold: Line, answer: Line, scored: Line, metrics: Sequence[str], shelf: _Shelf) -> dict[str, Any]:
    evidence = [_evidence(item, answer, shelf) for item in gold["evidence"]]
    states = [item["state"] for item in evidence]
    text = "" if answer["abstained"] else answer["text"]
    understood = answer.get("understood_as")
    row = {
        "id": gold["id"],
        "question": gold["question"],
        "language": scored["language"],
        "tags": scored["tags"],
        "outcome": scored["outcome"],
        "confidence": scored["confidence"],
        "seconds": scored["seconds"].get("total", answer.get("wall")),
        "steps": scored["seconds"],
        "proof": min(states, key=PROOFS.index) if states else None,
        "rank": min((item["rank"] for item in evidence if item["rank"]), default=None),
        "measures": [_share(scored["counts"].get(name)) for name in metrics],
        "understood": understood if understood and understood.strip() != gold["question"].strip() else None,
        "dialogue": gold.get("dialogue"),
        "turn": gold.get("turn"),
        "answerable": gold["answerable"],
        "answers": [[wanted, holds(text, [wanted], "any")] for wanted in gold["answers"]],
        "all": gold["require"] == "all" and len(gold["answers"]) > 1,
        "premise": gold.get("false_premise"),
        "forbidden": gold.get("forbidden"),
        "periods": [gold.get("period"), answer.get("period")],
        "evidence": evidence,
        "abstained": answer["abstained"],
        "statements": [[s["text"], s["citations"], bool(s.get("supported", True))] for s in answer["statements"]],
        "unanswered": answer.get("unanswered"),
        "dropped": [[d["text"], d["reason"]] for d in answer.get("dropped", ())],
        "missing": answer.get("missing"),
        "notice": shelf.t.entries.get(f"notice_{answer.get('notice')}", answer.get("notice")),
        "model": answer.get("model"),
        "citations": [_citation(citation, shelf) for citation in answer["citations"]],
        "hits": [_hit(hit, gold, shelf) for hit in answer.get("hits", ())],
    }
    return {key: value for key, value in row.items() if value or (value == 0 and value is not False)}


def _evidence(item: Line, answer: Line, shelf: _Shelf) -> dict[str, Any]:
    """A piece of evidence: its article, where it stands there, how near the answer came, the rank of its passage."""
    ranks = [at for at, hit in enumerate(answer.get("hits", ()), 1) if _overlap(hit, item)]
    names = {hit["article"] for hit in answer.get("hits", ())}
    if any(_overlap(c, item) and _exact(c, shelf) for c in answer["citations"]):
        state = "cited"
    else:
        state = "found" if ranks else "near" if item["article"] in names else "absent"
    return {
        "article": shelf.number(item["article"]), "spans": item["spans"], "quote": item.get("quote"), "state": state,
        "rank": ranks[0] if ranks else None,
    }  # fmt: skip


def _citation(citation: Line, shelf: _Shelf) -> dict[str, Any]:
    found = {"number": citation["number"], "article": shelf.number(citation["article"], citation),
             "start": citation["start"], "end": citation["end"]}  # fmt: skip
    return found if _exact(citation, shelf) else {**found, "quote": citation["quote"]}


def _hit(hit: Line, gold: Line, shelf: _Shelf) -> list[Any]:
    shown = any(_overlap(hit, item) for item in gold["evidence"])
    return [shelf.number(hit["article"]), hit["start"], hit["end"], round(hit["score"], 2), int(shown)]


def _overlap(place: Line, item: Line) -> bool:
    return bool(place["article"] == item["article"]) and any(
        start < place["end"] and place["start"] < end for start, end in item["spans"]
    )


def _exact(citation: Line, shelf: _Shelf) -> bool:
    text, quote = shelf.text(citation["article"]) or "", citation["quote"]
    return bool(quote) and bool(quote == text[citation["start"] : citation["end"]])


def _judged(said: Line) -> dict[str, Any]:
    """What a judge said of an answer: its correctness, the share of its statements that are faithful, and which."""
    statements = said.get("statements")
    return {
        "correctness": said.get("correctness"),
        "faithfulness": sum(statements) / len(statements) if statements else None,
        "statements": statements, "reason": said.get("reason"),
    }  # fmt: skip


def _share(counts: Sequence[float] | None) -> float | None:
    return round(counts[0] / counts[1], 3) if counts else None
