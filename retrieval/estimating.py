"""What embedding will take, before an ingest begins: the texts that have no vector yet, their tokens, their price."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urlsplit

from retrieval.articles import documents, origin_of
from retrieval.errors import ArticleError
from retrieval.manifest import Manifest
from retrieval.passages import cut
from retrieval.prices import Prices
from retrieval.settings import Settings
from retrieval.store import embedding_in_force, indexed, is_outdated, manifest_path, shape_of
from retrieval.tokens import estimated_tokens
from retrieval.types import Article, Progress
from retrieval.vector_process import VectorProcess

_AT_ONCE = 5000  # texts that are looked up together
_Told = Callable[[Progress], None] | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is to be embedded. `cost_usd` is None where the price of the model is unknown."""

    model: str | None = None  # without its provider; None: nothing that costs anything
    texts: int = 0
    tokens: int = 0
    cost_usd: float | None = 0.0
    uncounted: int = 0  # web pages and feeds, which are fetched by the ingest alone


def estimate(
    settings: Settings, sources: Sequence[str] = (), on_progress: _Told = None, *, rebuild: bool = False
) -> Estimate:
    """What `library.sync` with the same arguments will ask of an embedding model that costs money.

    Articles are read for it, and nothing is written. Of web pages and feeds, which would be fetched twice, only the
    number is told. Raises StoreMismatch, StoreLocked.
    """
    manifest = Manifest(manifest_path(settings)) if manifest_path(settings).exists() else None
    stored = manifest.get("embeddings") if manifest else None
    name = settings.embedding_model if rebuild else embedding_in_force(settings, stored)
    provider, _, model = (name or "").partition(":")
    price = Prices.of(settings).price(model)
    free = (price is not None and not price.input) or (price is None and is_local(settings.openai_base_url))
    if provider != "openai" or free:
        return Estimate()
    sources = sources or (manifest.origins() if manifest else ())
    found = _texts(settings, manifest, sources, name, rebuild, on_progress)
    seen: set[int] = set()
    texts = tokens = 0
    with closing(VectorProcess(settings, name)) as store:
        there = (settings.home / "chroma").exists() or bool(settings.chroma_url)
        there = there or (settings.home / "vectors.sqlite").exists()
        while some := list(islice(found, _AT_ONCE)):
            new = {text for text in some if hash(text) not in seen}
            seen.update(map(hash, new))
            if there:
                new = store.missing(new)
            texts, tokens = texts + len(new), tokens + sum(map(estimated_tokens, new))
    if manifest:
        manifest.close()
    cost = None if price is None else tokens * price.input / 1_000_000
    return Estimate(model, texts, tokens, cost, sum("://" in source for source in sources))


def is_local(url: str) -> bool:
    """Whether a server is on this machine or in its own network, by its address: then nobody is paid."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return (
            host == "localhost"
            or host.endswith((".localhost", ".local", ".internal"))
            or (host != "" and "." not in host)
        )


def _texts(
    settings: Settings, manifest: Manifest | None, sources: Sequence[str], name: str | None, rebuild: bool, told: _Told
) -> Iterator[str]:
    """What would be embedded, of the stored articles where the store is made anew, and of what is new or changed."""
    if manifest is not None and is_outdated(manifest, shape_of(name), rebuild)[0]:
        for article, _ in manifest.articles():
            yield from indexed(article, cut(article))
    for article in _new_articles(settings, manifest, sources, told):
        yield from indexed(article, cut(article))


def _new_articles(
    settings: Settings, manifest: Manifest | None, sources: Sequence[str], told: _Told
) -> Iterator[Article]:
    done = 0
    for source in sources:
        if "://" in source:
            continue
        try:
            origin = origin_of(source, settings)
        except ArticleError:  # the ingest reports it
            continue
        known = manifest.known(origin.location) if manifest else {}
        for document in documents(origin, settings):
            done += 1
            if told is not None:
                told(Progress(done, None, 0, "estimate"))
            if isinstance(document, ArticleError):
                continue
            before = known.get(document.id)
            if before is None or before.digest != document.digest:
                try:
                    yield document.read()
                except ArticleError:
                    continue
