"""`sourcier status` and `sourcier doctor`: what is stored; what is wrong and how to mend it."""

from __future__ import annotations

import dataclasses
import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from bot.rendering.terminal import Page, size
from bot.texts import Texts
from retrieval.errors import SourcierError, StoreEmpty
from retrieval.prices import Prices
from retrieval.settings import Settings

_MARKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "red")}
_LITTLE, _TOO_LITTLE = 1_000_000_000, 100_000_000  # bytes free


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `state` is "ok", "warn" or "fail"."""

    name: str
    state: str
    detail: str
    remedy: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        return dataclasses.asdict(self)


def status_dict(settings: Settings) -> dict[str, Any]:
    """What is stored; all zero when nothing is."""
    from retrieval.library import Library

    try:
        with Library.open(settings) as library:
            state = dataclasses.asdict(library.status())
    except StoreEmpty:
        state = {"articles": 0, "passages": 0, "first_published": None, "last_published": None}
        state |= {"embedding_model": None, "origins": [], "bytes": 0, "interrupted": False}
    return {"home": str(settings.home), **state}


def status_lines(state: dict[str, Any], page: Page) -> str:
    """The same in words, one fact a line."""
    t = page.t
    dates = [t.date(day) for day in (state["first_published"], state["last_published"]) if day]
    rows = {
        "home": state["home"],
        "articles": state["articles"],
        "passages": state["passages"],
        "published": " – ".join(dict.fromkeys(dates)) or t("undated"),
        "embeddings": state["embedding_model"] or t("status_no_embeddings"),
        "origins": ", ".join(state["origins"]) or "–",
        "size": size(state["bytes"]),
    }
    if not state["articles"]:
        rows = {"home": state["home"]}
    labels = {key: t(f"status_{key}") for key in rows}
    width = max(len(label) for label in labels.values())
    lines = [f"{labels[key]:<{width}}  {value}" for key, value in rows.items()]
    if not state["articles"]:
        lines.append(t("status_empty"))
    if state["interrupted"]:
        lines.append(page.style(t("status_interrupted"), fg="yellow"))
    return "\n".join(lines)


def rendered(checks: list[Check], t: Texts, colour: bool) -> str:
    """The checks, one a line, each remedy below its check."""
    lines = []
    for check in checks:
        mark, fg = _MARKS[check.state]
        lines.append(f"{click.style(mark, fg=fg) if colour else mark} {t(f'check_{check.name}')} — {check.detail}")
        if check.remedy:
            lines.append(f"    → {check.remedy}")
    return "\n".join(lines)


def examine(t: Texts) -> list[Check]:
    """Every check that can be made. None of them raises."""
    checks = [_python(t), _packages(t)]
    try:
        settings = Settings.load()
        prices = Prices.of(settings)
    except SourcierError as error:
        return [*checks, Check("settings", "fail", str(error), error.remedy)]
    checks += [Check("settings", "ok", t("doctor_settings_ok")), *_home(settings, t), _model(settings, t)]
    checks += _priced(settings, prices, t)
    chroma = _chroma(settings, t)
    checks.append(chroma)
    return checks if chroma.state == "fail" else [*checks, *_store(settings, t)]


def _python(t: Texts) -> Check:
    old = sys.version_info < (3, 11)
    return Check(
        "python", "fail" if old else "ok", platform.python_version(), t("doctor_python_remedy") if old else None
    )


def _packages(t: Texts) -> Check:
    from packaging.requirements import Requirement

    try:
        wanted = [Requirement(line) for line in metadata.requires("sourcier") or []]
    except metadata.PackageNotFoundError:
        return Check("packages", "warn", t("doctor_not_installed"), t("doctor_packages_remedy"))
    wanted = [r for r in wanted if not r.marker or r.marker.evaluate({"extra": ""})]
    wrong = []
    for requirement in wanted:
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{requirement} (–)")
        else:
            if not requirement.specifier.contains(version, prereleases=True):
                wrong.append(f"{requirement} ({version})")
    if wrong:
        return Check("packages", "fail", ", ".join(wrong), t("doctor_packages_remedy"))
    return Check("packages", "ok", t.count("doctor_packages_ok", len(wanted)))


def _home(settings: Settings, t: Texts) -> list[Check]:
    at: Path = settings.home
    while not at.exists() and at != at.parent:
        at = at.parent
    if not at.is_dir() or not os.access(at, os.W_OK | os.X_OK):
        return [Check("home", "fail", t("doctor_home_fail", path=settings.home), t("doctor_home_remedy"))]
    free = shutil.disk_usage(at).free
    state = "fail" if free < _TOO_LITTLE else "warn" if free < _LITTLE else "ok"
    return [
        Check("home", "ok", str(settings.home)),
        Check("disk", state, t("doctor_disk", free=size(free)), None if state == "ok" else t("doctor_disk_remedy")),
    ]


def _model(settings: Settings, t: Texts) -> Check:
    model = settings.chat_model
    if not settings.uses_model:
        return Check("model", "ok", t("doctor_model_none"))
    if settings.openai_base_url:
        return Check(
            "model", "ok", t("doctor_model_server", model=model, url=_without_password(settings.openai_base_url))
        )
    if settings.openai_api_key or not model.startswith("openai:"):
        return Check("model", "ok", t("doctor_model_key", model=model) if settings.openai_api_key else model)
    return Check("model", "fail", t("doctor_model_no_key", model=model), t("doctor_model_remedy"))


def _priced(settings: Settings, prices: Prices, t: Texts) -> list[Check]:
    """Whether what the models cost can be told. Those of one's own machine and network are not asked about."""
    from retrieval.estimating import is_local

    used = [settings.chat_model.rpartition(":")[2]] if settings.uses_model else []
    if (settings.embedding_model or "").startswith("openai:"):
        used.append((settings.embedding_model or "").partition(":")[2])
    unknown = [model for model in used if prices.price(model) is None]
    if not used or is_local(settings.openai_base_url):
        return []
    if unknown:
        return [
            Check("prices", "warn", t("doctor_prices_unknown", models=", ".join(unknown)), t("live_unpriced_remedy"))
        ]
    return [Check("prices", "ok", t("doctor_prices_ok"))]


def _chroma(settings: Settings, t: Texts) -> Check:
    if not settings.chroma_url:
        return Check("chroma", "ok", t("doctor_chroma_none"))
    from urllib.request import urlopen

    url = settings.chroma_url.rstrip("/")
    try:
        if not url.startswith(("http://", "https://")):
            raise ValueError("http:// or https://")
        with urlopen(f"{url}/api/v2/heartbeat", timeout=3):  # noqa: S310 (checked above)
            return Check("chroma", "ok", t("doctor_chroma_ok", url=_without_password(url)))
    except (OSError, ValueError) as error:
        detail = t("doctor_chroma_fail", url=_without_password(url), detail=error)
        return Check("chroma", "fail", detail, t("doctor_chroma_remedy"))


def _store(settings: Settings, t: Texts) -> list[Check]:
    lock = Check("lock", "ok", t("doctor_lock_free"))
    if _locked(settings):
        lock = Check("lock", "warn", t("doctor_lock_held"), t("doctor_lock_remedy"))
    try:
        state = status_dict(settings)
    except SourcierError as error:
        return [Check("store", "fail", str(error), error.remedy or t("doctor_store_remedy")), lock]
    except Exception as error:  # whatever a damaged file makes a library raise
        return [Check("store", "fail", f"{type(error).__name__}: {error}", t("doctor_store_remedy")), lock]
    if not state["articles"]:
        checks = [Check("store", "warn", t("doctor_store_empty"), t("doctor_store_empty_remedy"))]
    else:
        numbers = {"articles": state["articles"], "passages": state["passages"]}
        checks = [_searchable(settings, numbers, state["embedding_model"], t)]
        checks.append(_embeddings(settings, state["embedding_model"], t))
    if state["interrupted"] and lock.state == "ok":
        checks.append(Check("interrupted", "warn", t("doctor_interrupted"), t("doctor_interrupted_remedy")))
    elif state["articles"]:
        checks.append(Check("interrupted", "ok", t("doctor_complete")))
    return [*checks, lock]


def _searchable(settings: Settings, numbers: dict[str, int], stored: str | None, t: Texts) -> Check:
    """Whether a search works. Not tried with an embedding model, which may be on another machine."""
    if stored is None and settings.embedding_model is None:
        from retrieval.search import Searcher

        try:
            with Searcher.open(settings) as searcher:
                searcher.search("article", k=1)
        except Exception as error:  # whatever a damaged file makes a library raise
            return Check("store", "fail", f"{type(error).__name__}: {error}", t("doctor_search_remedy"))
    return Check("store", "ok", t("doctor_store_ok", **numbers))


def _embeddings(settings: Settings, stored: str | None, t: Texts) -> Check:
    from retrieval.store import embedding_in_force

    try:
        embedding_in_force(settings, stored or "none")
    except SourcierError as error:
        return Check("embeddings", "fail", str(error), error.remedy)
    return Check("embeddings", "ok", stored or t("doctor_embeddings_none"))


def _locked(settings: Settings) -> bool:
    """Whether another process holds the lock of the store: found by taking it, for a moment."""
    from filelock import FileLock, Timeout

    path = settings.home / "write.lock"
    if not path.is_file():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a folder that cannot be written: another check tells
        return False


def _without_password(url: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="").geturl()
