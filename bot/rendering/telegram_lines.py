"""The lines around the statements of an answer: how it was understood, its verdict, how fresh it is. Pure functions."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from typing import Any

from bot.rendering.telegram_html import line
from bot.texts import Texts

NAME, QUESTION = 60, 300  # the most characters that are shown of a name or a date, and of a question


def understood(answer: Mapping[str, Any], t: Texts) -> str:
    """How the question was understood where that is not how it was asked, and the period that was preferred."""
    parts = []
    asked = line(answer["understood_as"], QUESTION)
    if asked and asked != line(answer["question"], QUESTION):
        parts.append(t("answer_understood", question=asked))
    if answer["period"]:
        parts.append(period(answer["period"], t))
    return "\n".join(parts)


def period(searched: str, t: Texts) -> str:
    """The period that was preferred ("2024-01-01/2024-12-31"): a year, month or day by its name, else its two ends."""
    first, _, last = searched.partition("/")
    if name := _named(first, last):
        return t("answer_period_in", when=line(t.date(name), NAME))
    key = "from" if last == "…" else "until" if first == "…" else "between"
    return t(f"answer_period_{key}", first=line(t.date(first), NAME), last=line(t.date(last), NAME))


def _named(first: str, last: str) -> str:
    """The year, month or day (ISO) that reaches from one day to another; "" where there is none."""
    if first == last:
        return first
    if first[:4] == last[:4] and (first[4:], last[4:]) == ("-01-01", "-12-31"):
        return first[:4]
    if first[:7] == last[:7] and first.endswith("-01") and last != "…":
        year, month, day = map(int, last.split("-"))
        return first[:7] if day == monthrange(year, month)[1] else ""
    return ""


def verdict(answer: Mapping[str, Any], t: Texts) -> str:
    """How many statements are supported, how many were dropped, and who wrote them."""
    total, good = len(answer["statements"]), sum(bool(s["supported"]) for s in answer["statements"])
    parts = [f"{'✓' if good == total else '⚠️'} {t.count('answer_verified', total, supported=good)}"]
    if answer["dropped"]:
        parts.append(t.count("answer_dropped", len(answer["dropped"])))
    if answer["mode"] == "extractive":
        parts.append(t("answer_extractive"))
    else:
        model = line(answer["model"], NAME)
        parts.append(t("answer_model", model=model) if model else t("answer_model_unnamed"))
    return " · ".join(parts)


def notices(answer: Mapping[str, Any], t: Texts) -> list[str]:
    """Why the model did not write the answer, or that it did not finish it."""
    if not (reason := answer.get("notice")):
        return []
    unfinished = answer["mode"] == "model" and reason not in ("budget", "repeated", "unchecked")
    known = "answer_notice_unknown" if unfinished else f"answer_notice_{reason.removeprefix('model_')}"
    return [t(known if known in t.entries else "answer_notice_unknown")]


def dates(answer: Mapping[str, Any], corpus_until: str | None, t: Texts) -> str:
    """How fresh the sources are, and the corpus."""
    newest, until = (line(t.date(day), NAME) if day else "" for day in (answer["newest_source"], corpus_until))
    parts = [t("answer_newest", date=newest) if newest else "", t("answer_corpus", date=until) if until else ""]
    said = " · ".join(part for part in parts if part)
    return said[:1].upper() + said[1:]
