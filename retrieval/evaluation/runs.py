"""A run of an evaluation as a folder: what was asked with which settings, the answers, the scores.

    run.json        the settings (without secrets), fingerprints of gold set, corpus, settings and code, times
    gold.jsonl      the questions, a turn of a dialogue a line, each piece of evidence with its `spans` in the article
    answers.jsonl   an Answer a line, as `sourcier ask --batch` prints it, with `wall`: the seconds it took to come
    articles.jsonl  the articles of evidence, citations and best hits, as stored
    scores.json     the scores, by question and in all (`aggregating`), and those of the judge, if one was asked
    judged.jsonl    what a judge said of each answer (`judging`)
    report.html     all of these for people, made by `bot.rendering.report`
    comparison.html the last comparison of another run with this one

gold.jsonl, answers.jsonl and articles.jsonl are what the project's independent scorer reads.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from retrieval.errors import SourcierError
from retrieval.evaluation.evidence import Corpus
from retrieval.evaluation.gold import Row
from retrieval.settings import Secret, Settings

FORMAT = 1  # of run.json
RUN, GOLD, ANSWERS, ARTICLES, SCORES = "run.json", "gold.jsonl", "answers.jsonl", "articles.jsonl", "scores.json"
REPORT, COMPARISON = "report.html", "comparison.html"
# Settings that no answer depends on: where things lie, who may ask, how articles get in.
_ELSEWHERE = (
    "home", "language", "database_url", "telegram_bot_token", "telegram_api_url", "telegram_webhook_secret",
    "stop_seconds", "daily_questions", "daily_tokens", "daily_cost_usd", "daily_budget_usd", "retention_days",
    "judge_model", "max_file_mb", "fetch_timeout", "allow_private_urls", "spending", "ask_above_usd",
)  # fmt: skip
_WEIGHED = (
    "asking", "choosing", "clues", "extracting", "lexicon", "likeness", "passages", "ranking", "search",
    "understanding", "verifying", "words",
)  # fmt: skip
_MEASURING = ("judge.md", "draft.md")  # prompts that make no answer
_ROOT = Path(__file__).resolve().parents[2]


class RunError(SourcierError):
    """A run's folder cannot be used; the text says why."""


def settings_dict(settings: Settings) -> dict[str, Any]:
    """The settings that answers depend on, without secrets."""
    values = {
        field.name: getattr(settings, field.name)
        for field in dataclasses.fields(settings)
        if field.name not in _ELSEWHERE and not isinstance(field.default, Secret)
    }
    values["mode"] = "model" if settings.uses_model else "extractive"
    values["embeddings"] = settings.embedding_model or "none"
    return {name: _without_password(value) if isinstance(value, str) else value for name, value in values.items()}


def weights() -> dict[str, Any]:
    """The numbers in the code that answers depend on, by module and name."""
    found = {}
    for name in _WEIGHED:
        for key, value in vars(importlib.import_module(f"retrieval.{name}")).items():
            plain = isinstance(value, (int, float)) or (
                isinstance(value, dict) and all(isinstance(item, (int, float)) for item in value.values())
            )
            if key.isupper() and plain:
                found[f"{name}.{key}"] = value
    return dict(sorted(found.items()))


def code_fingerprint() -> str:
    """A digest of the code, prompts, word lists and weights that make answers."""
    digest = hashlib.sha256()
    for room in ("retrieval", "prompts"):
        for path in sorted((_ROOT / room).rglob("*")):
            if path.suffix not in (".py", ".md") or path.name in _MEASURING:
                continue
            if "evaluation" not in path.relative_to(_ROOT).parts:
                digest.update(f"{path.relative_to(_ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def product_version() -> str:
    """The version that is installed."""
    try:
        return version("sourcier")
    except PackageNotFoundError:  # run from its folder alone
        return "unknown"


def gold_lines(rows: Sequence[Row], corpus: Corpus) -> list[dict[str, Any]]:
    """The questions as lines of gold.jsonl."""
    lines = []
    for row in rows:
        for turn, asked in enumerate(row.asked, 1):
            line = {k: v for k, v in dataclasses.asdict(asked).items() if k not in ("turns", "status", "evidence")}
            line["period"] = str(asked.period) if asked.period else None
            line["dialogue"], line["turn"] = (row.id, turn) if row.turns else (None, None)
            line["evidence"] = [
                {**{k: v for k, v in dataclasses.asdict(item).items() if v is not None},
                 "spans": [list(span) for span in corpus.spans(item)]}
                for item in asked.evidence
            ]  # fmt: skip
            lines.append(line)
    return lines


def article_lines(gold: Iterable[Mapping[str, Any]], answers: Iterable[Mapping[str, Any]], corpus: Corpus) -> list[Any]:
    """The articles that are named by evidence, by citations, or by a best hit, as lines of articles.jsonl."""
    names = {item["article"] for line in gold for item in line["evidence"]}
    for answer in answers:
        names |= {place["article"] for place in (*answer["citations"], *answer["hits"][:1])}
    found = (corpus.article(name) for name in sorted(names))
    return [
        {"id": a.id, "title": a.title or "", "text": a.text, "date": a.published, "source": a.source, "url": a.url}
        for a in found
        if a is not None
    ]


def digest_of(value: object) -> str:
    """A short digest of anything that is JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of a run. Raises RunError."""
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise RunError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:
        raise RunError(f"{path}: not JSON ({error})") from error
    if not isinstance(found, dict):
        raise RunError(f"{path}: not a JSON object")
    return found


def write_json(path: Path, value: object) -> None:
    """Write JSON all or nothing."""
    _replace(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The JSON lines of a run. A last line that a killed run left half written is left out. Raises RunError."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"{path}: {error.strerror or error}") from error
    *whole, _ = raw.split(b"\n")
    try:
        return [json.loads(line) for line in whole if line.strip()]
    except ValueError as error:
        raise RunError(f"{path}: not JSON lines ({error})") from error


def write_lines(path: Path, lines: Iterable[object]) -> None:
    """Write JSON lines all or nothing."""
    _replace(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, "utf-8", errors="backslashreplace")
    part.replace(path)


def _without_password(value: str) -> str:
    if "://" not in value or "@" not in value:
        return value
    parts = urlsplit(value)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
