"""The sample articles that come with the package, in a store of their own below SOURCIER_HOME."""

from __future__ import annotations

import dataclasses
import hashlib
from importlib.resources import as_file, files

import click

from bot.texts import texts
from retrieval.errors import StoreEmpty
from retrieval.settings import Settings

_MARK = "samples.sha256"  # what was ingested, so that a changed package is noticed


def prepare(settings: Settings) -> Settings:
    """The settings of the sample store, ingested first if it is empty or other than the package's articles.

    It is always local and without vectors, so that trying sourcier sends nothing anywhere.
    """
    t = texts(settings.language)
    there = dataclasses.replace(settings, home=settings.home / "samples", embeddings="none", chroma_url="")
    folder = files("bot") / "sample_articles"
    contents = sorted((f.name, f.read_bytes()) for f in folder.iterdir() if f.is_file()) if folder.is_dir() else []
    if not contents:
        raise StoreEmpty(t("samples_missing"), remedy=t("samples_missing_remedy"))
    digest = hashlib.sha256(repr(contents).encode()).hexdigest()
    mark = there.home / _MARK
    if mark.is_file() and mark.read_text("ascii") == digest and not _empty(there):
        return there
    from retrieval.library import sync

    click.echo(t("samples_ingest"), err=True)
    with as_file(folder) as path:
        sync(there, [str(path)], None)
    mark.write_text(digest, "ascii")
    return there


def _empty(settings: Settings) -> bool:
    from retrieval.library import Library

    try:
        with Library.open(settings) as library:
            return library.status().articles == 0
    except StoreEmpty:
        return True
