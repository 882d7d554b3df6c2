"""What all tests share: a small French corpus of our own, and the shared data where it lies beside the checkout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from warm_children import forked

from retrieval.settings import Settings

if TYPE_CHECKING:
    from llmock.testing import LLMockServer

# Property tests draw the same examples each time, lest a change fail for what it did not do. To look for more:
# pytest -n 0 --timeout 0 --hypothesis-profile explore tests/bot/rendering/test_telegram_properties.py
_ALL = {"deadline": None, "suppress_health_check": list(hypothesis.HealthCheck)}
hypothesis.settings.register_profile("repeatable", derandomize=True, max_examples=100, database=None, **_ALL)
hypothesis.settings.register_profile("explore", max_examples=3000, print_blob=True, **_ALL)
hypothesis.settings.load_profile("repeatable")

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"

ARTICLES = {
    "port.txt": (
        "Le port sec de Khorgos double sa capacité\n\n"
        "Le port sec de Khorgos a traité 372 000 conteneurs en 2023, a annoncé lundi sa directrice, Mme Aliya Serik. "
        "C'est 15,4 % de plus qu'un an plus tôt.\n\n"
        "Une seconde grue de 41 tonnes sera livrée en mars. Elle permettra de décharger deux trains à la fois."
    ),
    "lycee.md": (
        "---\ntitle: Un lycée franco-kazakh ouvre à Almaty\ndate: 2022-09-01\nsource: Routes et Rails\n---\n"
        "Le lycée Victor-Hugo d'Almaty a accueilli ses 240 premiers élèves jeudi. M. Jean Dubreuil, son proviseur, "
        "espère en recevoir 600 d'ici à trois ans.\n\nL'œuvre a coûté 12 millions d'euros."
    ),
    "sous/vin.txt": (
        "La vigne revient dans la vallée du Talas\n\n"
        "Abandonnés en 1985, les vignobles du Talas renaissent. Trois familles y cultivent 17 hectares de saperavi."
    ),
}


@pytest.fixture(scope="session", autouse=True)
def warm_children() -> Iterator[None]:
    """Stores are written by processes that need not import Chroma first."""
    with forked():
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[LLMockServer]:
    """A server whose chat model says what it is told."""
    from chat_server import chat_server  # which takes a moment, and not all tests

    with chat_server() as running:
        yield running


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A folder with three small articles."""
    folder = tmp_path / "corpus"
    for name, text in ARTICLES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a fresh store, without any model."""
    return Settings(home=tmp_path / "home", embeddings="none", mode="extractive", language="fr")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared data; tests that need it are skipped where it does not lie beside the checkout."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the shared data is not beside the checkout")
    return SHARED
