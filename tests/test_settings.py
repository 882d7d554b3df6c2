"""Settings are read once, from the environment and `.env`."""

import dataclasses
from pathlib import Path

import pytest

from retrieval.errors import SettingsError
from retrieval.settings import Settings

ROOT = Path(__file__).parent.parent


def test_every_setting_is_in_the_example() -> None:
    """`.env.example` names each setting with its default, commented out, and nothing else."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = {
        line.lstrip("# ").split("=", 1)[0]: line.split("=", 1)[1]
        for line in example.splitlines()
        if line.startswith("#") and line[1:2] != " "
    }
    expected = {}
    for f in dataclasses.fields(Settings):
        default = f.default
        text = (
            str(default).lower()
            if isinstance(default, bool)
            else f"{default:g}"
            if isinstance(default, float)
            else str(default)
        )
        expected[f.metadata["env"]] = text
        assert f.metadata["help"] in example.replace("\n# ", " "), f.name
    assert named == expected


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """A variable that is set wins; an empty one leaves the default."""
    dotenv = tmp_path / ".env"
    dotenv.write_text("SOURCIER_MODE=model\nSOURCIER_DEADLINE=5\n")
    settings = Settings.load({"SOURCIER_MODE": "extractive", "OPENAI_BASE_URL": ""}, dotenv)
    assert (settings.mode, settings.deadline, settings.openai_base_url) == ("extractive", 5.0, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOURCIER_MODE", "fast"),
        ("SOURCIER_DEADLINE", "soon"),
        ("SOURCIER_MODEL_RETRIES", "-1"),
        ("SOURCIER_ALLOW_PRIVATE_URLS", "maybe"),
    ],
)
def test_a_bad_value_names_its_variable(name: str, value: str) -> None:
    """The error names the variable, the value and the remedy."""
    with pytest.raises(SettingsError, match=name) as raised:
        Settings.load({name: value}, None)
    assert value in str(raised.value)
    assert name in (raised.value.remedy or "")


def test_a_key_is_never_shown() -> None:
    """Neither repr nor format of the settings shows a secret."""
    settings = Settings.load({"OPENAI_API_KEY": "sk-very-secret", "TELEGRAM_BOT_TOKEN": "1:abc"}, None)
    assert "sk-very" not in repr(settings)
    assert "1:abc" not in f"{settings}"


def test_a_compatible_server_is_not_asked_for_embeddings_unasked() -> None:
    """`auto` uses OpenAI's embeddings with a key alone; a server of one's own must be named."""
    assert Settings.load({"OPENAI_API_KEY": "k"}, None).embedding_model == "openai:text-embedding-3-small"
    assert (
        Settings.load({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, None).embedding_model is None
    )
