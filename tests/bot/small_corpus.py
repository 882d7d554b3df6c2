"""A home of its own for each test, and a few articles; imported, as another folder has the conftest."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from retrieval.settings import Settings

ARTICLES = {
    "nantes.txt": "La foire du livre ouvre à Nantes\n\nLa foire du livre a ouvert mardi 17 juin 2025 à Nantes. "
    "Elle attend 12 000 visiteurs cette semaine. Le maire a salué les libraires de la ville.\n",
    "sport/lyon.txt": "Lyon gagne la finale\n\nL'équipe de Lyon a gagné la finale du championnat samedi à Lille. "
    "Le score était de trois buts à un. Le capitaine a remercié le public.\n",
    "pont.txt": "Un pont fermé à Rouen\n\nLe pont Boieldieu de Rouen est fermé aux voitures pendant deux mois. "
    "Les travaux coûtent quatre millions d'euros. Les piétons passent encore.\n",
}


@pytest.fixture(name="home", autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty SOURCIER_HOME, no key, French texts, and no `.env`."""
    for field in dataclasses.fields(Settings):
        monkeypatch.delenv(field.metadata["env"], raising=False)
    monkeypatch.setenv("SOURCIER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SOURCIER_LANGUAGE", "fr")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture(name="folder")
def three_articles(tmp_path: Path) -> Path:
    """A folder of three short articles."""
    for name, text in ARTICLES.items():
        path = tmp_path / "articles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path / "articles"
