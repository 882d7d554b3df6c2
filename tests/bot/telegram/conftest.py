"""What the tests of single handlers work with: a desk whose delivery and bot record what they are told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from recorded import Desk, desk_in, ready

from retrieval.settings import Settings


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store with three small articles; copied, not written to."""
    return ready(tmp_path_factory.mktemp("store"))


@pytest.fixture
def desk(store: Settings, tmp_path: Path) -> Iterator[Desk]:
    """A desk over a copy of the store."""
    found = desk_in(tmp_path / "home", store)
    yield found
    found.answers.close()
    found.memory.close()
