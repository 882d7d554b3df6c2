"""Chroma as it is: batch limits, paging, cosine, filters, a reader beside a writer, a real server."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from langchain_core.embeddings import Embeddings
from programs import python

from retrieval.errors import StoreError
from retrieval.types import Period
from retrieval.vectors import PAGE, Record, VectorStore, parse_record_id, record_id


class Letters(Embeddings):
    """A real, tiny embedding: how often each letter occurs. Counts the texts it was given."""

    def __init__(self) -> None:
        self.embedded = 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += len(texts)
        return [[float(t.lower().count(c)) + 0.01 for c in "abcdefghijklmnopqrstuvwxyz"] for t in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def record(name: str, text: str, day: int = 20200101) -> Record:
    return Record(record_id(name, 0, len(text)), text, "", day, day)


def test_more_records_than_chroma_takes_at_once(tmp_path: Path) -> None:
    """Twelve thousand records are stored, listed and deleted: batches and pages stay below Chroma's limits."""
    store = VectorStore(tmp_path, "big", None)
    records = [record(f"a{i}", "t") for i in range(2 * PAGE + 2000)]
    store.add(records)
    assert len(store) == len(set(store.ids())) == len(records)
    store.delete([r.id for r in records[: PAGE + 1]])
    assert len(store) == PAGE + 1999
    store.close()


def test_similarity_is_cosine(tmp_path: Path) -> None:
    """The nearest text comes first, a text equal to the question has similarity 1, and length does not matter."""
    store = VectorStore(tmp_path, "cosine", Letters())
    store.add([record("near", "abc abc abc"), record("far", "xyz"), record("same", "abc")])
    found = store.search("abc", 3)
    assert parse_record_id(found[-1][0])[0] == "far"
    assert dict(found)["same#0-3"] == pytest.approx(1.0, abs=1e-5)
    assert dict(found)["near#0-11"] == pytest.approx(1.0, abs=1e-3)
    store.close()


def test_a_known_text_is_not_embedded_again(tmp_path: Path) -> None:
    """A text that is stored under another article (a moved file) keeps its vector."""
    letters = Letters()
    store = VectorStore(tmp_path, "moved", letters)
    assert store.add([record("old.txt", "la grève"), record("b", "le vin")]) == 2
    assert store.add([record("new.txt", "la grève"), record("c", "le pain")]) == 1
    assert letters.embedded == 3
    store.close()


def test_replacing_a_record_keeps_no_old_metadata(tmp_path: Path) -> None:
    """A record that is deleted and added again has its new dates alone (an upsert would merge them)."""
    store = VectorStore(tmp_path, "merge", Letters())
    store.add([record("a", "abc", 20200101)])
    store.delete(["a#0-3"])
    store.add([record("a", "abc", 20210101)])
    assert store.search("abc", 1, Period(date(2020, 1, 1), date(2020, 12, 31))) == []
    assert len(store.search("abc", 1, Period(date(2021, 1, 1), None))) == 1
    store.close()


def test_a_reader_beside_a_writer(tmp_path: Path) -> None:
    """A search opened after another process wrote sees what it wrote."""
    store = VectorStore(tmp_path, "shared", Letters())
    store.add([record("a", "abc")])
    program = (
        "import sys; sys.path[:0] = ['tests/retrieval', 'tests', '.']\n"
        "from pathlib import Path; from test_vectors import Letters, record, VectorStore\n"
        f"store = VectorStore(Path({str(tmp_path)!r}), 'shared', Letters())\n"
        "store.add([record(f'b{i}', 'xyz' * (i + 1)) for i in range(300)]); store.close()"
    )
    subprocess.run([python(), "-c", program], check=True, cwd=Path(__file__).parents[2])
    store.close()
    again = VectorStore(tmp_path, "shared", Letters())
    assert len(again) == 301
    assert again.search("xyz", 1)[0][0].startswith("b")
    again.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A real `chroma run` on a free port."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    chroma = Path(python()).parent / "chroma"
    process = subprocess.Popen(
        [str(chroma), "run", "--path", str(tmp_path / "server"), "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def test_a_chroma_server_works_like_the_embedded_store(tmp_path: Path, server: str) -> None:
    """With CHROMA_URL the same records are stored, found, filtered and deleted over HTTP."""
    store = VectorStore(tmp_path / "unused", "remote", Letters(), server)
    store.add([record("a", "abc", 20200101), record("b", "xyz", 20210101)])
    assert store.search("abc", 2)[0][0] == "a#0-3"
    assert [i for i, _ in store.search("abc", 2, Period(date(2021, 1, 1), None))] == ["b#0-3"]
    store.delete(["a#0-3"])
    assert list(store.ids()) == ["b#0-3"]
    assert not (tmp_path / "unused").exists()
    store.close()


def test_an_unreachable_server_is_named(tmp_path: Path) -> None:
    """The error names the address and the setting."""
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:9") as raised:
        VectorStore(tmp_path, "remote", None, "http://127.0.0.1:9")
    assert "CHROMA_URL" in (raised.value.remedy or "")
