"""What an answer by a model takes beside the model: the chain with a model that replies at once.

    python tests/benchmarks/overhead.py [RUNS]            (about a minute)

News, every question; understood by a call each time, as one part of four searches and as two parts, then not at all. The
model's reply is three sentences of the passages with their keys, so that verification has something to prove. Prints
milliseconds at the median, the 95th percentile and the worst, of the whole answer; and of the processor, which tells
them apart from what else the machine did.
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from measure import data, rows

from retrieval.chain import Answerer
from retrieval.library import sync
from retrieval.passages import split_sentences
from retrieval.search import Searcher
from retrieval.settings import Secret, Settings
from retrieval.types import Question, Turn
from retrieval.writing import Writer

_ASKED = re.compile(r"Question, between[^\n]*\n+<<<(\w+)\n(?P<asked>.*)\n\1>>>\s+Today", re.DOTALL)
_KEY = re.compile(r"^\[(\w+)\]\n(?P<passage>[^\n]+)", re.MULTILINE)


class Instant(BaseChatModel):
    """A model that takes no time."""

    parts: int = 1

    @property
    def _llm_type(self) -> str:
        return "instant"

    def _generate(self, messages: Any, *_: Any, **__: Any) -> ChatResult:
        raise NotImplementedError

    def _stream(self, messages: Any, *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
        reply, about = self._reply(messages[-1].content), {"finish_reason": "stop"}
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
            for name, values in (("elapsed", took), ("processor", worked)):
                values = sorted(values[len(asked) // 4 :])  # the first ones load what is loaded once
                p95 = statistics.quantiles(values, n=20)[-1]
                print(
                    f"  {name:9} median {statistics.median(values):6.1f}   p95 {p95:6.1f}   worst {values[-1]:6.1f} ms"
                )


if __name__ == "__main__":
    main()
