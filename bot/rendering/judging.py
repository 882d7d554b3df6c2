"""What a judge said of a run → text for a terminal: its agreement with labels by hand beside its scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.rendering.terminal import Page, clean

_NAME = 16  # columns


def judge(block: Mapping[str, Any], page: Page) -> str:
    """Agreement and score on each scale, or that the score is withheld; how many were judged; what it took."""
    t = page.t
    lines = [page.style(t("judge_title", model=clean(block["model"]), cases=_asked(block)), bold=True)]
    for scale, found in block["agreement"].items():
        agreed = t(
            "judge_agreement",
            kappa="–" if found["kappa"] is None else _number(found["kappa"], page, 2),
            limits=_limits(found["kappa_low"], found["kappa_high"], page, 1),
            same=_number(100 * found["same"], page), same_limits=_limits(found["same_low"], found["same_high"], page),
        )  # fmt: skip
        lines.append(f"  {t(f'judge_{scale}'):{_NAME}}{agreed}")
        lines.append(f"  {'':{_NAME}}{_score(scale, found, block, page)}")
    if not block["used"]:
        lines.append(page.style(page.wrap(t("judge_not_used")), fg="yellow"))
    else:
        lines.append("  " + t("judge_counts", **{name: block[name] for name in ("judged", "by_rule", "unjudged")}))
        if block["failed"]:
            told = " · ".join(f"{kind} {n}" for kind, n in block["failed"].items())
            lines.append(page.style(f"  {t('judge_failed', failed=told)}", fg="yellow"))
        lines.append(f"  {t('judge_usage', **_usage(block['usage']))}")
    lines.append(f"  {t('judge_calibration_usage', **_usage(block['calibration_usage']))}")
    return "\n".join(lines)


def _score(scale: str, found: Mapping[str, Any], block: Mapping[str, Any], page: Page) -> str:
    t = page.t
    if not found["used"]:
        return page.style(t("judge_withheld", threshold=_number(block["threshold"], page)), fg="yellow")
    score = block["scores"].get(scale)
    if score is None:
        return t("judge_no_score")
    value = _number(100 * score["value"], page)
    limits = _limits(score["low"], score["high"], page)
    return page.style(t("judge_score", value=value, limits=limits, questions=score["questions"]), fg="green")


def _asked(block: Mapping[str, Any]) -> int:
    return int(block["agreement"]["correctness"]["cases"])


def _usage(used: Mapping[str, Any]) -> dict[str, str]:
    return {"input": str(used["input_tokens"]), "output": str(used["output_tokens"]), "cost": f"{used['cost_usd']:.5f}"}


def _limits(low: float | None, high: float | None, page: Page, times: int = 100) -> str:
    if low is None or high is None:
        return "[–]"
    digits = 2 if times == 1 else 1
    return f"[{_number(times * low, page, digits)} ; {_number(times * high, page, digits)}]"


def _number(value: float, page: Page, digits: int = 1) -> str:
    return f"{value:.{digits}f}".replace(".", "," if page.t.language == "fr" else ".")
