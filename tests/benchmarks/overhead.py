"""What an answer by a model takes beside the model: the chain with a model that replies at once.

    python tests/benchmarks/overhead.py [RUNS]            (about two minutes)

News, every question; understood by a call each time, as one part of four searches and as two parts, then not at all. The
model's reply is three sentences of the passages with their keys, so that verification has something to prove. Prints
milliseconds at the median, the 95th percentile and the worst, of the whole answer; and of the processor, which tells
them apart from what else the machine did.

Then the first released sentence, with the same replies streamed by llmock, a server of others, in a process of its own:
from the question to the first Statement, less what a bare HTTP client waits for the end of the model's first sentence
when it sends the same prompt. Both take turns, question by question. The processor's time is that without what reading the
first sentence's words takes, which a model's own pace hides: on a machine that does nothing else, it bounds the other.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from llmock.scenarios import Reply, StreamFault
from llmock.testing import LLMockServer
from measure import data, rows

from retrieval.chain import Answerer
from retrieval.library import sync
from retrieval.passages import split_sentences
from retrieval.search import Searcher
from retrieval.settings import Secret, Settings
from retrieval.types import Question, Statement, Turn
from retrieval.writing import Writer

_ASKED = re.compile(r"Question, between[^\n]*\n+<<<(\w+)\n(?P<asked>.*)\n\1>>>\s+Today", re.DOTALL)
_KEY = re.compile(r"^\[(\w+)\]\n(?P<passage>[^\n]+)", re.MULTILINE)


class Instant(BaseChatModel):
    """A model that takes no time."""

    parts: int = 1
    seen: list[tuple[list[dict[str, str]], str]] = []  # noqa: RUF012 - pydantic copies it: what it was sent, and said

    @property
    def _llm_type(self) -> str:
        return "instant"

    def _generate(self, messages: Any, *_: Any, **__: Any) -> ChatResult:
        raise NotImplementedError

    def _stream(self, messages: Any, *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        reply, about = self._reply(messages[-1].content), {"finish_reason": "stop"}
        sent = [{"role": role, "content": m.content} for role, m in zip(("system", "user"), messages, strict=True)]
        self.seen.append((sent, reply))
        for at in range(0, len(reply), 12):
            yield ChatGenerationChunk(message=AIMessageChunk(reply[at : at + 12]))
        yield ChatGenerationChunk(message=AIMessageChunk("", response_metadata=about))

    def _reply(self, prompt: str) -> str:
        if found := _ASKED.search(prompt):
            asked = found["asked"].rpartition("\n")[2]
            words = sorted(asked.split(), key=len)
            searches = [asked, " ".join(words[-6:]), " ".join(words[-4:]), " ".join(asked.split()[::-1])]
            part = {"question": asked, "date": "", "search": searches}
            return json.dumps({"question": asked, "parts": [part] * self.parts})
        said = ""
        for m in _KEY.finditer(prompt):
            start, end = split_sentences(m["passage"])[0]
            said += f"{m['passage'][start:end]} [{m[1]}]\n" if end - start > 60 else ""
            if said.count("\n") == 3:
                break
        return said or "NO_EVIDENCE"


PAUSE = 0.1  # seconds before the last word of the first sentence: what came is read by then, as at a model's own pace


def served(pipe: Connection) -> None:
    """A process that streams, word by word, each reply that it is given, with a pause before its first key."""
    with LLMockServer() as server:
        pipe.send(server.base_url())
        for reply in iter(pipe.recv, None):
            server.state.reset()
            words = len(reply.partition("[")[0].split()) + 1  # and the chunk that begins the stream
            server.state.scenarios.add(Reply(reply, times=None), StreamFault("stall", words, PAUSE, times=None))
            pipe.send(True)


def bare(url: str, messages: list[dict[str, str]]) -> float:
    """Seconds until the first sentence with its key is there, for a client that does nothing else."""
    began, place = time.perf_counter(), urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc)
    body = json.dumps({"model": "test", "stream": True, "messages": messages})
    connection.request("POST", f"{place.path}/chat/completions", body, {"Content-Type": "application/json"})
    response, said = connection.getresponse(), ""
    while "]" not in said:
        line = response.readline().removeprefix(b"data: ").strip()
        said += json.loads(line)["choices"][0]["delta"].get("content") or "" if line else ""
    took = time.perf_counter() - began
    response.read()
    connection.close()
    return took


class Words(BaseCallbackHandler):
    """When each word came, and what the processor had worked by then."""

    def __init__(self) -> None:
        self.came: list[tuple[float, float]] = []

    def on_llm_new_token(self, *_: Any, **__: Any) -> None:
        self.came.append((time.perf_counter(), time.process_time()))

    def hidden(self) -> float:
        """Seconds of the processor from the first word to the last one before the pause."""
        gaps = [after[0] - before[0] for before, after in zip(self.came, self.came[1:], strict=False)]
        return self.came[gaps.index(max(gaps))][1] - self.came[0][1]


def first_sentences(settings: Settings, asked: list[str]) -> tuple[list[float], list[float]]:
    """Milliseconds of the first Statement beyond the model's first sentence, and of the processor until then."""
    settings, instant = replace(settings, understanding="off"), Instant()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=served, args=(theirs,), daemon=True)
    process.start()
    url = ours.recv()
    spoken = replace(settings, openai_base_url=url, chat_model="openai:test")
    beyond, worked = list[float](), list[float]()
    with (
        Answerer(settings, Searcher.open(settings), Writer(settings, instant)) as scripting,
        Answerer.open(spoken) as chain,
    ):
        chain.prepare()
        for question in asked:
            instant.seen.clear()
            scripting.invoke(question)
            if not instant.seen or "]" not in instant.seen[-1][1]:
                continue
            first, _, rest = instant.seen[-1][1].partition("\n")
            ours.send(f"{first}\n{' '.join(rest.split()[:3])}")  # what is there when the first sentence is known to end
            ours.recv()
            model = bare(url, instant.seen[-1][0])
            words = Words()
            began, used = time.perf_counter(), time.process_time()
            stream = chain.stream(question, {"callbacks": [words]})
            first = next(stream)
            took, work = time.perf_counter() - began, time.process_time() - used
            for _ in stream:
                pass
            if isinstance(first, Statement):
                beyond.append((took - model) * 1000)
                worked.append((work - words.hidden()) * 1000)
    ours.send(None)
    process.join(5)
    return beyond, worked


def told(name: str, values: list[float], left_out: int) -> None:
    """Print a line of figures; the first values load what is loaded once."""
    values = sorted(values[left_out:])
    p95 = statistics.quantiles(values, n=20)[-1]
    print(f"  {name:9} median {statistics.median(values):6.1f}   p95 {p95:6.1f}   worst {values[-1]:6.1f} ms")


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    asked = [row["question"] for name in ("gold", "gold_paraphrased") for row in rows(data("news") / f"{name}.jsonl")]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), embeddings="none", mode="model", openai_api_key=Secret("none"))
        sync(settings, [str(data("news") / "articles.jsonl")])
        for kind, parts, changed in (
            ("understood, one part", 1, {}),
            ("understood, two parts", 2, {}),
            ("not understood", 1, {"understanding": "off"}),
        ):
            one = replace(settings, **changed)
            with Answerer(one, Searcher.open(one), Writer(one, Instant(parts=parts))) as chain:
                history = () if changed else (Turn("Que s'est-il passé ?", "On ne sait pas."),)
                took, worked = [], []
                for question in asked * runs:
                    began, used = time.perf_counter(), time.process_time()
                    answer = chain.invoke(Question(question, history=history))
                    took.append((time.perf_counter() - began) * 1000)
                    worked.append((time.process_time() - used) * 1000)
                    assert ("understanding" in answer.seconds) is bool(history)
            print(kind)
            told("elapsed", took, len(asked) // 4)
            told("processor", worked, len(asked) // 4)
        beyond, worked = first_sentences(settings, asked * runs)
        print(f"first sentence, beyond the model's own (n={len(beyond)})")
        told("elapsed", beyond, len(asked) // 4)
        told("processor", worked, len(asked) // 4)


if __name__ == "__main__":
    main()
