"""One store of the gold set's articles, and one run of it, for all tests of this folder; imported, not a conftest."""

from __future__ import annotations

from pathlib import Path

import pytest
from answerers import GOLD, ROWS_OF_GOLD

from bot.rendering.as_json import answer_dict
from retrieval.evaluation.running import Run
from retrieval.library import sync
from retrieval.settings import Settings

_made: dict[str, Path] = {}  # a fixture that is imported twice would make them twice


@pytest.fixture(name="store", scope="session")
def gold_store(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample articles and the hostile ones."""
    new = "store" not in _made
    home = _made.setdefault("store", tmp_path_factory.mktemp("eval") if new else Path())
    settings = Settings(home=home, embeddings="none", mode="extractive", language="fr")
    if new:
        sync(settings, [str(GOLD.parents[1] / "bot" / "sample_articles"), str(GOLD / "hostile_articles")])
    return settings


@pytest.fixture(name="shipped", scope="session")
def shipped_run(store: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the whole gold set with the settings as they come."""
    if "run" not in _made:
        _made["run"] = tmp_path_factory.mktemp("runs") / "shipped"
        Run(_made["run"], ROWS_OF_GOLD, store, answer_dict).go()
    return _made["run"]
