"""The JSON forms, keys in the order of the contract."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from retrieval.types import Answer, Article, Hit, SyncReport, Usage


def answer_dict(answer: Answer) -> dict[str, Any]:
    """One Answer object."""
    return {
        "id": answer.id,
        "question": answer.question,
        "understood_as": answer.understood_as,
        "language": answer.language,
        "mode": answer.mode,
        "model": answer.model,
        "abstained": answer.abstained,
        "text": answer.text,
        "statements": [
            {"text": s.text, "citations": list(s.citations), "supported": s.supported} for s in answer.statements
        ],
        "dropped": [asdict(d) for d in answer.dropped],
        "citations": [asdict(c) for c in answer.citations],
        "hits": [{"article": h.article.id, "start": h.start, "end": h.end, "score": h.score} for h in answer.hits],
        "period": str(answer.period) if answer.period else None,
        "newest_source": answer.newest_source,
        "usage": usage_dict(answer.usage),
        "seconds": dict(answer.seconds),
        "notice": answer.notice,
        "confidence": answer.confidence,
        "missing": list(answer.missing),
        "unanswered": list(answer.unanswered),
    }


def usage_dict(usage: Usage) -> dict[str, float]:
    """What model calls took; cached and unpriced tokens are there where there are any."""
    found = asdict(usage)
    return {k: v for k, v in found.items() if v or k in ("input_tokens", "output_tokens", "cost_usd")}


def hits_dict(id: object, hits: Sequence[Hit]) -> dict[str, Any]:  # noqa: A002 (the contract's word)
    """The hits of one question."""
    return {
        "id": id,
        "hits": [
            {
                "article": h.article.id,
                "start": h.start,
                "end": h.end,
                "score": h.score,
                "title": h.article.title,
                "published": h.article.published,
            }
            for h in hits
        ],
    }


def report_dict(report: SyncReport) -> dict[str, Any]:
    """What one ingest did; a failure is `{"path","line","reason"}`. `embedded` is there where something was."""
    embedded = report.embedded
    return {
        "added": report.added,
        "changed": report.changed,
        "removed": report.removed,
        "unchanged": report.unchanged,
        "failed": [{"path": f.path, "line": f.line, "reason": f.reason} for f in report.failed],
        "passages": report.passages,
        "seconds": report.seconds,
    } | ({"embedded": {"texts": embedded.texts, **usage_dict(embedded.usage)}} if embedded.texts else {})


def article_dict(article: Article) -> dict[str, Any]:
    """An article as stored, with what was cut out of it."""
    return asdict(article)


def dumps(value: object) -> str:
    """JSON on one line, readable; ASCII alone when it holds half a surrogate pair, which no file can hold."""
    line = json.dumps(value, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return line
