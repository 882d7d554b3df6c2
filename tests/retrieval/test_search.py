"""Word and vector search together, with embeddings from a real OpenAI-compatible server whose vectors mean nothing."""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest
from embedding_server import EmbeddingServer
from llmock.testing import LLMockServer
from programs import python

from retrieval.errors import ModelError, StoreMismatch
from retrieval.library import Library, sync
from retrieval.search import Searcher
from retrieval.settings import Secret, Settings


@pytest.fixture
def embedding(server: LLMockServer, settings: Settings) -> Settings:
    """Settings that embed with the server."""
    server.state.reset()
    return replace(
        settings,
        embeddings="openai:text-embedding-3-small",
        openai_base_url=server.base_url(),
        openai_api_key=Secret("test"),
    )


def calls(server: LLMockServer) -> int:
    """How many embedding requests the server has had."""
    return sum(r.path.endswith("/embeddings") for r in server.state.journal.records())


def test_unchanged_and_moved_articles_are_not_embedded_again(
    server: LLMockServer, embedding: Settings, corpus: Path
) -> None:
    """The first sync embeds; a second one, and one after a file moved, ask the model for nothing."""
    sync(embedding, [str(corpus)])
    first = calls(server)
    assert first > 0
    sync(embedding, [str(corpus)])
    (corpus / "sous/vin.txt").rename(corpus / "vigne.txt")
    moved = sync(embedding, [str(corpus)])
    assert (moved.added, moved.removed) == (1, 1)
    assert calls(server) == first


def test_meaningless_vectors_do_not_displace_word_hits(embedding: Settings, corpus: Path) -> None:
    """With an embedding model that knows nothing, the best word hit stays first; all passages are reached."""
    sync(embedding, [str(corpus)])
    with Library.open(embedding) as library:
        assert library.status().embedding_model == "openai:text-embedding-3-small"
    with Searcher.open(embedding) as searcher:
        for question, article in (("conteneurs de Khorgos", "port.txt"), ("vignobles du Talas", "sous/vin.txt")):
            hits = searcher.search(question, 10)
            assert hits[0].article.id == article
            assert {h.article.id for h in hits} == {"port.txt", "lycee.md", "sous/vin.txt"}
            assert "vectors" in hits[0].scores


def test_hits_are_slices_with_their_sentences(settings: Settings, corpus: Path) -> None:
    """A hit's text and its sentences are slices of its article."""
    sync(settings, [str(corpus)])
    with Searcher.open(settings) as searcher:
        for hit in searcher.search("Khorgos conteneurs grue", 5):
            assert hit.text == hit.article.text[hit.start : hit.end]
            assert hit.sentences[0][0] == hit.start
            assert hit.sentences[-1][1] == hit.end


def test_a_store_without_vectors_is_searched_when_a_key_appears(settings: Settings, corpus: Path) -> None:
    """Embeddings set to auto follow the store: a key set later breaks nothing and calls nobody."""
    sync(settings, [str(corpus)])
    with Searcher.open(replace(settings, embeddings="auto", openai_api_key=Secret("k"))) as searcher:
        assert searcher.search("Khorgos", 1)[0].article.id == "port.txt"


@pytest.mark.parametrize("process", ["this one", "another"])
def test_an_open_search_sees_what_is_written_meanwhile(embedding: Settings, corpus: Path, process: str) -> None:
    """A search that stays open finds by words and by vectors what a writer added, changed and removed since."""
    sync(embedding, [str(corpus)])
    with Searcher.open(embedding) as searcher:
        assert searcher.search("Khorgos", 1)[0].article.id == "port.txt"
        (corpus / "neuf.txt").write_text("La mine de zinc de Tekeli rouvre après dix ans.", encoding="utf-8")
        (corpus / "lycee.md").write_text("Le lycée Victor-Hugo a fermé ses portes.", encoding="utf-8")
        (corpus / "port.txt").unlink()
        if process == "another":
            program = (
                "import sys; from pathlib import Path; from retrieval.library import sync\n"
                "from retrieval.settings import Secret, Settings\n"
                f"sync(Settings(home=Path({str(embedding.home)!r}), embeddings={embedding.embeddings!r},\n"
                f"  openai_base_url={embedding.openai_base_url!r}, openai_api_key=Secret('test')), [{str(corpus)!r}])"
            )
            subprocess.run([python(), "-c", program], check=True, cwd=Path(__file__).parents[2])
        else:
            sync(embedding, [str(corpus)])
        hits = searcher.search("mine de Tekeli", 10)
        assert hits[0].article.id == "neuf.txt"
        assert {h.article.id for h in hits} == {"neuf.txt", "lycee.md", "sous/vin.txt"}
        assert all("vectors" in h.scores for h in hits)
        assert "fermé" in searcher.search("lycée Victor-Hugo", 1)[0].text


def test_words_are_searched_when_the_embedding_model_fails(
    embedding: Settings, corpus: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An embeddings server that is gone costs the vectors, not the search; the log says so, without the key."""
    sync(embedding, [str(corpus)])
    gone = replace(embedding, openai_base_url="http://127.0.0.1:9/v1", model_retries=0)
    with Searcher.open(gone) as searcher:
        assert searcher.search("conteneurs de Khorgos", 3)[0].article.id == "port.txt"
    assert "words alone" in caplog.text


def test_a_hanging_embedding_server_is_waited_for_once(settings: Settings, corpus: Path) -> None:
    """The first question waits a quarter of the deadline for it, the next ones not at all; words answer them."""
    with EmbeddingServer() as server:
        there = replace(settings, embeddings="openai:e", openai_base_url=server.url, deadline=2.0)
        sync(there, [str(corpus)])
        server.delay = 20.0
        with Searcher.open(there) as searcher:
            began, before = time.monotonic(), len(server.requests)
            for _ in range(3):
                assert searcher.search("conteneurs de Khorgos", 3)[0].article.id == "port.txt"
                assert len(server.requests) == before + 1
            assert time.monotonic() - began < server.delay


def test_ingesting_without_the_embedding_model_names_the_remedy(embedding: Settings, corpus: Path) -> None:
    """What cannot be embedded is an error in words; the next ingest, with the server back, completes the store."""
    gone = replace(embedding, openai_base_url="http://127.0.0.1:9/v1", model_retries=0)
    with pytest.raises(ModelError) as raised:
        sync(gone, [str(corpus)])
    assert "OPENAI_BASE_URL" in (raised.value.remedy or "")
    assert sync(embedding, [str(corpus)]).passages == 3
    with Searcher.open(embedding) as searcher:
        assert all("vectors" in h.scores for h in searcher.search("Khorgos", 3))
        by_words = searcher.search("Khorgos", 3, words_only=True)
        assert by_words
        assert not any("vectors" in h.scores for h in by_words)


def test_the_language_is_that_of_most_articles(settings: Settings, corpus: Path) -> None:
    """By what an article says of itself, else by its words; a search that stays open sees it change."""
    sync(settings, [str(corpus)])
    with Searcher.open(settings) as searcher:
        assert searcher.language() == "fr"
        for i in range(4):
            (corpus / f"en{i}.txt").write_text(
                f"The bridge\n\nThe bridge was closed for {i} days in the spring.", "utf-8"
            )
        sync(settings, [str(corpus)])
        assert searcher.language() == "en"


@pytest.mark.parametrize("question", ["Where is Khorgos?", "Где находится Хоргос?", "Wo liegt Khorgos?"])
def test_names_are_found_in_other_languages(settings: Settings, corpus: Path, question: str) -> None:
    """A name asked for in another language or script finds the French article."""
    sync(settings, [str(corpus)])
    with Searcher.open(settings) as searcher:
        assert searcher.search(question, 1)[0].article.id == "port.txt"


def test_a_question_in_a_script_without_a_table_finds_nothing(settings: Settings, corpus: Path) -> None:
    """Nothing matches: no hit, rather than any hit."""
    sync(settings, [str(corpus)])
    with Searcher.open(settings) as searcher:
        assert searcher.search("호르고스는 어디에 있습니까?", 3) == []


def test_an_index_of_another_version_names_the_remedy(settings: Settings, corpus: Path) -> None:
    """Reading it is an error with the command to run; writing makes it again from the stored articles."""
    import shutil

    import tantivy

    sync(settings, [str(corpus)])
    shutil.rmtree(settings.home / "words")
    (settings.home / "words").mkdir()
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body")
    tantivy.Index(builder.build(), path=str(settings.home / "words"))
    with pytest.raises(StoreMismatch) as raised:
        Searcher.open(settings)
    assert "--rebuild" in (raised.value.remedy or "")
    assert sync(settings, [str(corpus)]).unchanged == 3
    with Searcher.open(settings) as searcher:
        assert searcher.search("conteneurs de Khorgos", 3)[0].article.id == "port.txt"
