"""One store of the gold set's articles, and one run of it, for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from answerers import GOLD, ROWS_OF_GOLD

from bot.rendering.as_json import answer_dict
from retrieval.evaluation.running import Run
from retrieval.library import sync
from retrieval.settings import Settings


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample articles and the hostile ones."""
    settings = Settings(home=tmp_path_factory.mktemp("eval"), embeddings="none", mode="extractive", language="fr")
    sync(settings, [str(GOLD.parents[1] / "bot" / "sample_articles"), str(GOLD / "hostile_articles")])
    return settings


@pytest.fixture(scope="session")
def shipped(store: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the whole gold set with the settings as they come."""
    folder = tmp_path_factory.mktemp("runs") / "shipped"
    Run(folder, ROWS_OF_GOLD, store, answer_dict).go()
    return folder
