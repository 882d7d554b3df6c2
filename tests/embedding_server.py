"""A small embeddings server: OpenAI's wire format, vectors drawn from the text, faults on request."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SIZE = 16  # of its vectors


def meaningless(text: str) -> list[float]:
    """A vector that says nothing about its text, but is always the same."""
    draw = random.Random(hashlib.sha256(text.encode()).digest())
    return [draw.gauss(0, 1) for _ in range(SIZE)]


class EmbeddingServer:
    """As a context manager it serves. `texts` counts what it embedded, `requests` what it was asked, whole."""

    def __init__(self, vector: Callable[[str], list[float]] = meaningless) -> None:
        self.texts: Counter[str] = Counter()
        self.requests: list[list[str]] = []
        self.failing: dict[int, int] = {}  # statuses by number of request, from 1; 0 drops the connection
        self.delay = 0.0  # seconds before each reply
        self.most_inputs, self.most_characters = 10_000, 1_000_000  # beyond which a request is refused
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one piece: in two, the second waits 40 ms for the first to be acknowledged

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
                status = outer._begin(texts)
                if not status:
                    self.connection.close()
                    self.close_connection = True
                    return
                self._send(status, outer._reply(status, texts, vector))

            def _send(self, status: int, reply: dict[str, Any]) -> None:
                raw = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """What OPENAI_BASE_URL is set to."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> EmbeddingServer:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _begin(self, texts: list[str]) -> int:
        with self._lock:
            self.requests.append(texts)
            number = len(self.requests)
        time.sleep(self.delay)
        if number in self.failing:
            return self.failing[number]
        if len(texts) > self.most_inputs or any(len(t) > self.most_characters for t in texts):
            return 400
        with self._lock:
            self.texts.update(texts)
        return 200

    def _reply(self, status: int, texts: list[str], vector: Callable[[str], list[float]]) -> dict[str, Any]:
        if status != 200:
            return {"error": {"message": "input is too large to process" if status == 400 else "no", "type": "error"}}
        data = [{"object": "embedding", "index": i, "embedding": vector(text)} for i, text in enumerate(texts)]
        tokens = sum(len(text) // 4 + 1 for text in texts)
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return {"object": "list", "data": data[::-1], "model": "e", "usage": usage}
