"""What the README shows is what the product prints."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import cli

README = Path(__file__).parent.parent / "README.md"


def test_the_answer_shown_is_the_answer_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The README's example is the output of the command above it, word for word."""
    block = re.search(r"```console\n\$ (sourcier ask [^\n]*)\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    monkeypatch.setenv("SOURCIER_HOME", str(tmp_path))
    monkeypatch.setenv("SOURCIER_LANGUAGE", "fr")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    result = CliRunner().invoke(cli, shlex.split(block[1])[1:])
    assert result.exit_code == 0, result.output
    assert result.stdout.split() == block[2].split()


def test_every_command_is_described() -> None:
    """Each command of the program stands in the README."""
    text = README.read_text(encoding="utf-8")
    assert [name for name in cli.commands if f"sourcier {name}" not in text] == []
