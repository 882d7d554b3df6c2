"""Scores and comparisons → text for a terminal, on one screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.rendering.terminal import Page, clean
from retrieval.evaluation.gating import Failure
from retrieval.evaluation.metrics import BY_NAME

_SHOWN = (
    "handled", "right", "right_first", "token_f1", "article_ndcg_10", "passage_ndcg_10", "passage_recall_10",
    "citation_precision", "citation_recall", "evidence_cited", "quotes_exact", "statements_supported",
    "unanswerable_abstained", "abstention_precision", "balanced_accuracy", "aurc", "injected", "period_right",
)  # fmt: skip
_FLIPS = 5  # flipped questions shown
_LONGEST = 220  # characters of an answer shown beside another
_NAME, _NUMBER = 29, 9  # columns


def summary(scores: Mapping[str, Any], about: Mapping[str, Any], folder: Path, page: Page) -> str:
    """The headline scores with their intervals, by tag and language, and where the run is."""
    t, metrics = page.t, scores["metrics"]
    title = t("eval_title", questions=scores["questions"], mode=about["settings"]["mode"],
              seconds=_number(about["seconds"], page))  # fmt: skip
    value, limits, questions = t("eval_columns").split("|")
    lines = [page.style(title, bold=True), "", f"{'':{_NAME}}{value:>{_NUMBER}}  {limits:<21}{questions:>9}"]
    for name in _SHOWN:
        if name in metrics:
            one = metrics[name]
            less = f"  {t('eval_less')}" if BY_NAME[name].better < 0 else ""
            lines.append(
                f"{t(f'metric_{name}'):{_NAME}}{_share(one['value'], page):>{_NUMBER}}  "
                f"{_limits(one['low'], one['high'], page):<21}{one['questions']:>9}{less}"
            )
    if notices := about.get("notices"):
        told = " · ".join(f"{name} {n}" for name, n in notices.items())
        lines.append(page.style(t("eval_notices", notices=told), fg="yellow"))
    lines += ["", *_cost(scores, page), "", t("eval_tags")]
    lines.append(page.wrap(" · ".join(_tags(scores, page)), "  "))
    languages = [f"{name} {_handled(part, page)}" for name, part in scores["by_language"].items()]
    lines += [t("eval_languages", languages=" · ".join(languages)), "", t("eval_folder", folder=folder)]
    return "\n".join(lines)


def gate(failures: Sequence[Failure], file: Path, page: Page) -> str:
    """Which thresholds were not held, or that all were."""
    if not failures:
        return page.style(page.t("eval_gate_ok", file=file), fg="green")
    lines = []
    for one in failures:
        value = page.t("eval_none") if one.value is None else _share(one.value, page)
        words = {"name": page.t(f"metric_{one.metric}"), "value": value, "limit": _share(one.limit, page)}
        lines.append(page.style(page.t(f"eval_gate_{one.kind}", **words), fg="red"))
    return "\n".join(lines)


def comparison(found: Mapping[str, Any], page: Page) -> str:
    """The differences with their intervals and tests, the verdict, and questions that flipped."""
    t = page.t
    lines = [f"A  {clean(found['a'])}", f"B  {clean(found['b'])}", page.wrap(_changes(found, page))]
    if not found["same_corpus"]:
        lines.append(page.style(t("eval_other_corpus"), fg="yellow"))
    a, b, difference, limits, p = t("eval_compare_columns").split("|")
    lines += ["", f"{'':{_NAME}}{a:>7}{b:>7}{difference:>8}  {limits:<18}{p:>7}"]
    for name in dict.fromkeys([*found["headlines"], *_SHOWN]):
        if name in found["metrics"]:
            lines.append(_difference(name, found["metrics"][name], page))
    colour = {"better": "green", "worse": "red", "mixed": "yellow"}.get(found["verdict"])
    said = t("eval_verdict", verdict=_said(found["verdict"], page))
    lines += [page.style(t("eval_headline_note"), dim=True), "", page.style(said, bold=True, fg=colour)]
    lost = sum(one["change"] == "lost" for one in found["flipped"])
    lines.append(t("eval_flips", lost=lost, gained=len(found["flipped"]) - lost))
    for one in found["flipped"][:_FLIPS]:
        lines.append(page.wrap(f"{one['id']} [{', '.join(one['tags'])}] {one['question']}", "    ", "  "))
        right = one["answers"] if "rightly_abstained" not in (one["a"]["outcome"], one["b"]["outcome"]) else []
        lines.append(
            page.wrap(t("eval_expected", answers=" · ".join(right)) if right else t("eval_expected_silence"), "    ")
        )
        for side in ("a", "b"):
            text = one[side]["text"]
            text = f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text or "—"
            outcome = t(f"outcome_{one[side]['outcome']}")
            lines.append(page.wrap(t("eval_side", side=side.upper(), outcome=outcome, text=text), "      ", "    "))
    if len(found["flipped"]) > _FLIPS:
        lines.append(f"  {t('eval_more_flips', n=len(found['flipped']) - _FLIPS)}")
    return "\n".join(lines)


def _difference(name: str, one: Mapping[str, Any], page: Page) -> str:
    p = one["p_holm"] if one["headline"] else one["p"]
    label = f"{'*' if one['headline'] else ' '} {page.t(f'metric_{name}')}"
    said = "" if one["verdict"] == "no difference" else _said(one["verdict"], page)
    shown = "" if p is None else f"{p:.3f}" if p >= 0.001 else "<.001"
    line = (
        f"{label:{_NAME}}{_share(one['a'], page):>7}{_share(one['b'], page):>7}"
        f"{_share(one['difference'], page, sign='+'):>8}  {_limits(one['low'], one['high'], page, '+'):<18}{shown:>7}"
    )
    return f"{line}  {page.style(said, fg={'better': 'green', 'worse': 'red'}.get(one['verdict']))}".rstrip()


def _changes(found: Mapping[str, Any], page: Page) -> str:
    changes = [f"{name} {_short(a)} → {_short(b)}" for name, (a, b) in found["changed"].items()]
    return page.t("eval_changed", changes=" · ".join(changes)) if changes else page.t("eval_unchanged")


def _said(verdict: str, page: Page) -> str:
    return page.t(f"eval_{verdict.replace(' ', '_')}")


def _cost(scores: Mapping[str, Any], page: Page) -> list[str]:
    steps = [
        page.t(
            "eval_step", step=name, **{q: f"{step[q]['value']:.3f}".replace(".", _point(page)) for q in ("p50", "p95")}
        )
        for name, step in scores["latency"].items()
    ]
    lines = [page.t("eval_latency", steps=" · ".join(steps))] if steps else []
    usage = {name: scores["metrics"].get(name, {}).get("value", 0.0) for name in ("input_tokens", "output_tokens")}
    cost = scores["metrics"].get("cost_usd", {}).get("value", 0.0)
    if any(usage.values()):
        words = {"input": f"{usage['input_tokens']:.0f}", "output": f"{usage['output_tokens']:.0f}"}
        lines.append(page.t("eval_usage", **words, cost=f"{cost:.5f}"))
    return lines


def _tags(scores: Mapping[str, Any], page: Page) -> list[str]:
    """The tags with their share of questions handled right; those whose interval lies below the whole are marked."""
    whole = scores["metrics"]["handled"]["value"]
    parts = [(tag, part) for tag, part in scores["by_tag"].items() if "handled" in part["metrics"]]
    parts.sort(key=lambda item: item[1]["metrics"]["handled"]["value"])
    marks = {tag: (part["metrics"]["handled"]["high"] or 1.0) < whole for tag, part in parts}
    return [f"{'▼' if marks[tag] else ''}{tag} {_handled(part, page)}" for tag, part in parts]


def _handled(part: Mapping[str, Any], page: Page) -> str:
    one = part["metrics"].get("handled")
    return f"{_share(one['value'], page) if one else page.t('eval_none')} ({part['questions']})"


def _short(value: object) -> str:
    text = str(value)
    return f"{text[:40]}…" if len(text) > 41 else text


def _limits(low: float | None, high: float | None, page: Page, sign: str = "") -> str:
    if low is None or high is None:
        return ""
    return f"[{_share(low, page, sign)} ; {_share(high, page, sign)}]"


def _share(value: float, page: Page, sign: str = "") -> str:
    """A share in per cent, one decimal."""
    text = f"{100 * value:{sign}.1f}"
    return ("0.0" if text in ("-0.0", "+0.0") else text).replace(".", _point(page))


def _number(value: float, page: Page) -> str:
    return f"{value:.1f}".replace(".", _point(page))


def _point(page: Page) -> str:
    return "," if page.t.language == "fr" else "."
