"""The store that a command works on: that of the settings, the sample articles', or one made for this command alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from retrieval.settings import Settings

SOURCE = click.Path(exists=True, path_type=Path)
ARTICLES = click.option(
    "--articles", multiple=True, type=SOURCE, metavar="PATH",
    help="Look in these articles, not in the store; with --samples, in them too. May be given again.",
)  # fmt: skip


@contextmanager
def store_for(
    settings: Settings, samples: bool, articles: Sequence[Path], *, vectors: bool = False
) -> Iterator[Settings]:
    """The settings of the store to use; where articles are named, one of their own that is gone afterwards.

    That one has vectors only where `vectors` says so and the settings name an embedding model.
    """
    if not articles:
        if samples:
            from bot.samples import prepare

            settings = prepare(settings)
        yield settings
        return
    import tempfile
    from importlib.resources import as_file, files

    from retrieval.library import sync

    embeddings = settings.embeddings if vectors and settings.embeddings != "auto" else "none"
    with tempfile.TemporaryDirectory() as home, as_file(files("bot") / "sample_articles") as folder:
        there = dataclasses.replace(settings, home=Path(home), embeddings=embeddings, chroma_url="")
        done = sync(there, [str(path) for path in ([folder] if samples else []) + list(articles)])
        for failure in done.failed:
            click.echo(f"{failure.path}{f':{failure.line}' if failure.line else ''}: {failure.reason}", err=True)
        yield there
