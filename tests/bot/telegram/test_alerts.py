"""What owners are told without asking: failures that repeat, and a model that cannot be used."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from reception import OWNER, Reception, reception

from bot.telegram import alerts
from bot.telegram.alerts import alert, fell_back, scrub
from bot.telegram.texts import LANGUAGES
from retrieval.errors import StoreMismatch
from retrieval.settings import Secret, Settings


def failed(here: Reception, error: Exception, where: str = "question") -> str:
    """A failure; its reference, once owners were told."""

    async def told() -> str:
        reference = await alert(here.desk, error, where)
        await asyncio.gather(*here.desk.recent.background)
        return reference

    return asyncio.run(told())


def answered(here: Reception, *notices: str | None) -> list[str]:
    """Answers with these notices; what owners were told."""

    async def told() -> None:
        for notice in notices:
            fell_back(here.desk, notice)
        await asyncio.gather(*here.desk.recent.background)

    asyncio.run(told())
    said = here.said.take()
    assert {s.to for s in said} <= {OWNER}
    return [s.html for s in said]


def test_owners_hear_of_the_third_failure(tmp_path: Path) -> None:
    """The third failure of a kind in 10 minutes alerts owners, once in 10 minutes, without a traceback."""
    with reception(tmp_path) as here:

        def fail(error: Exception, where: str = "question") -> str:
            return failed(here, error, where)

        fail(OSError("disk"))
        fail(ValueError("x"))
        fail(OSError("disk"), "sync")
        fail(OSError("disk"))
        assert here.said.take() == []
        reference = fail(OSError("disk"))
        (said,) = here.said.take()
        assert (said.to, len(reference), reference.isupper()) == (OWNER, 6, True)
        assert reference in said.html
        assert "disk" not in said.html
        fail(OSError("disk"))
        assert here.said.take() == []
        here.clock.now = 601
        for _ in range(3):
            fail(OSError("disk"))
        assert len(here.said.take()) == 1


def test_failures_are_logged_without_secrets(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The log has the reference and the traceback, and no token."""
    with reception(tmp_path) as here, caplog.at_level(logging.ERROR, alerts.__name__):
        token = str(here.desk.settings.telegram_bot_token)
        try:
            raise OSError(f"https://api.telegram.org/bot{token}/sendMessage")
        except OSError as error:
            reference = failed(here, error)
        assert reference in caplog.text
        assert "Traceback" in caplog.text
        assert "***/sendMessage" in caplog.text
        assert token not in caplog.text


def test_an_alert_never_fails(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """When the database is what fails, the reference is still given and both failures are logged."""
    with reception(tmp_path) as here:

        def broken() -> None:
            raise RuntimeError("no database")

        here.desk.memory.owners = broken  # type: ignore[method-assign, assignment]  # it is down
        for _ in range(3):
            assert len(failed(here, OSError("disk"))) == 6
        assert "no database" in caplog.text


def test_scrubbing() -> None:
    """Every secret of the settings, any bot's token, and passwords in URLs go."""
    settings = Settings(openai_api_key=Secret("sk-abc"), telegram_bot_token=Secret("12:x"))
    text = "sk-abc 12:x bot987654%3AAAabcdefghijklmnopqrstuvw postgresql://u:p@db/x"
    assert scrub(text, settings) == "*** *** bot*** postgresql://***@db/x"


def test_the_remedy_is_named(tmp_path: Path) -> None:
    """A failure of ours that knows its remedy tells it to owners, without a secret."""
    with reception(tmp_path) as here:
        here.with_settings(openai_api_key=Secret("sk-abc"))
        for _ in range(3):
            failed(here, StoreMismatch("x", remedy="run `sourcier ingest` <again> with sk-abc"))
        (said,) = here.said.take()
        assert said.html.endswith("À faire\u00a0: run `sourcier ingest` &lt;again&gt; with ***")


# ---- a model that cannot be used
@pytest.mark.parametrize(
    ("kind", "remedy"), [("auth", "OPENAI_API_KEY"), ("missing", "SOURCIER_CHAT_MODEL"), ("quota", "facturation")]
)
def test_what_no_waiting_mends_is_told_at_once(tmp_path: Path, kind: str, remedy: str) -> None:
    """Once a day, with the remedy."""
    with reception(tmp_path) as here:
        (said,) = answered(here, f"model_{kind}", f"model_{kind}")
        assert remedy in said
        assert answered(here, f"model_{kind}") == []
        here.clock.now = 86401
        assert len(answered(here, f"model_{kind}")) == 1


@pytest.mark.parametrize(
    ("kind", "remedy"),
    [
        ("connection", "OPENAI_BASE_URL"),
        ("timeout", "SOURCIER_MODEL_TIMEOUT"),
        ("rate_limit", "limite plus haute"),
        ("api", "sourcier doctor"),
        ("malformed", "sourcier doctor"),
    ],
)
def test_what_may_pass_is_told_when_it_repeats(tmp_path: Path, kind: str, remedy: str) -> None:
    """At the third time in ten minutes, once an hour."""
    notice = f"model_{kind}"
    with reception(tmp_path) as here:
        assert answered(here, notice, notice) == []
        here.clock.now = 601
        assert answered(here, notice, None, notice) == []
        (said,) = answered(here, notice, notice)
        assert remedy in said
        here.clock.now = 3000
        assert answered(here, notice, notice, notice) == []
        here.clock.now = 4300
        assert len(answered(here, notice, notice, notice)) == 1


def test_what_needs_nobody_is_not_told(tmp_path: Path) -> None:
    """Answers as they should be, a spent budget, and what the model would not or could not prove."""
    with reception(tmp_path) as here:
        for notice in (None, "", "budget", "unchecked", "model_refusal", "model_unsupported"):
            assert answered(here, notice, notice, notice) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_owners_are_told_in_their_language(tmp_path: Path, language: str) -> None:
    """Every alert, in every language."""
    with reception(tmp_path) as here:
        here.memory.set_language(OWNER, language)
        kinds = ("auth", "missing", "quota", "connection", "timeout", "rate_limit", "api")
        said = answered(here, *(f"model_{kind}" for kind in kinds for _ in range(3)))
        assert len(said) == len(set(said)) == len(kinds)
