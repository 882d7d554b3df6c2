"""A chat model without a model: an OpenAI-compatible server on loopback that copies sentences and misbehaves by rule.

It is a worst-case writer. What it does follows from a hash of the prompt, so that every run sees the same faults, and
it records each sentence that it sent with what it did to it, so that a benchmark can look for the faults in answers.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PROMPT = re.compile(
    r"<<<(?P<mark>\w+)\n(?P<passages>.*)\n(?P=mark)>>>\s*(?:Today is [^\n]*\s*)?Question: (?P<question>.*?)\n\nWrite",
    re.DOTALL,
)
_ASKED = re.compile(
    r"Question, between the lines with (?P<mark>\w+):\n\n<<<(?P=mark)\n(?P<asked>.*)\n(?P=mark)>>>", re.DOTALL
)
_PASSAGE = re.compile(r"^\[(\w+)\]\n(.*?)(?=^\[\w+\]$|^Article: |\Z)", re.DOTALL | re.MULTILINE)
_KEY_LINE = re.compile(r"^\[\w+\]$", re.MULTILINE)
_BORDER = re.compile(r"(?<=[.!?…])\s+(?=[A-ZÀ-Ý«\"])|\n+")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_KEY_FAULTS = ("key forgotten", "key invented")
_WEIGHTS = {"copied": 42, "digit altered": 18, "year swapped": 12, "name invented": 12} | dict.fromkeys(_KEY_FAULTS, 8)
_NAMES = ("Armand Quelvec", "Béatrice Tournelac", "Kossi Adrameau", "Ysaline Vorbe", "Igor Prenzlov")


@dataclass(frozen=True, slots=True)
class Sent:
    """A sentence as it was sent, without its keys."""

    text: str
    kind: str  # "copied", "digit altered", …
    fault: str = ""  # the figure or the name that is wrong
    elsewhere: bool = False  # whether that figure stands elsewhere in the passages or in the question


def normal(text: str) -> str:
    """The words of a text, each between spaces: what sentences are compared by."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold())
    return f" {' '.join(words)} "


def holds(text: str, fault: str) -> bool:
    """Whether the figure or the name stands in the text, a figure not as a part of a longer one."""
    return bool(re.search(rf"(?<!\d){re.escape(fault)}(?!\d)", text))


def showing(sent: Sent, statements: Iterable[str]) -> str | None:
    """The first of the statements that is the sentence or a part of it, and holds what is wrong with it."""
    whole = normal(sent.text)
    for statement in statements:
        told = normal(statement)
        related = told in whole or (whole in told and sent.kind != "cut in half") or sent.kind == "name invented"
        if related and (not sent.fault or holds(statement, sent.fault)):
            return statement
    return None


class RuleModel(ThreadingHTTPServer):
    """The server; a context manager. `sent` has the sentences of the last reply to each question, [] for NO_EVIDENCE."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sent: dict[str, list[Sent]] = {}

    @property
    def url(self) -> str:
        """What OPENAI_BASE_URL takes."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def __enter__(self) -> RuleModel:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


def written(prompt: str) -> tuple[str, list[Sent], str, str]:
    """The question, what is sent of which sentences, the reply, and how it ends: "stop", "silence" or "break"."""
    if understanding := _ASKED.search(prompt):
        return understanding["asked"], [], _understood(understanding["asked"]), "stop"
    found = _PROMPT.search(prompt)
    if not found:
        raise ValueError("the prompt has neither the form of prompts/write.md nor that of prompts/understand.md")
    question = found["question"].strip()
    seed = hashlib.sha256(f"{question}\0{found['passages']}".encode()).digest()  # without the random delimiter
    draw = random.Random(seed)
    best = _best(question, found["passages"])
    if not best or draw.random() < 0.04:
        return question, [], "NO_EVIDENCE", "stop"
    told = f"{_KEY_LINE.sub('', found['passages'])}\n{question}"  # where a figure can be held; a key's digit is none
    sent, reply = list[Sent](), ""
    ends = list[int]()
    for key, sentence in best[: draw.choice((2, 3, 3, 4))]:
        for done in _misbehaved(sentence, told, draw):
            cited = {"key forgotten": "", "key invented": f"[{draw.choice('wxyz')}{draw.randrange(2, 10)}q]"}
            mark = cited.get(done.kind, f"[{key}]")
            inside = (
                mark and done.text[-1] == "." and draw.random() < 0.2
            )  # what many models write in spite of the rule
            reply += f"{done.text[:-1]} {mark}. " if inside else f"{done.text} {mark} " if mark else f"{done.text} "
            sent.append(done)
            ends.append(len(reply.rstrip()))
    if draw.random() >= 0.1:
        return question, sent, reply.strip(), "stop"
    stop = draw.randrange(10, len(reply))
    whole = sum(end <= stop for end in ends)
    half = reply[ends[whole - 1] if whole else 0 : stop].strip()
    sent[whole:] = [Sent(half, "cut in half")] if normal(half).strip() and whole < len(sent) else []
    return question, sent, reply[:stop], draw.choice(("silence", "break"))


def _understood(question: str) -> str:
    """What is asked, in its own words and in the longest of them; each fourth time something else than JSON."""
    if hashlib.sha256(question.encode()).digest()[0] % 4 == 0:
        return f"Sure! You want to know: {question}"
    longest = " ".join(sorted(question.split(), key=len)[-4:])
    part = {"question": question, "date": "", "search": [question, longest]}
    return json.dumps({"question": question, "parts": [part]}, ensure_ascii=False)


def _stems(text: str) -> set[str]:
    folded = unicodedata.normalize("NFKD", text.lower())
    return {w[:6] for w in re.findall(r"\w{3,}", "".join(c for c in folded if not unicodedata.combining(c)))}


def _best(question: str, passages: str) -> list[tuple[str, str]]:
    """Sentences with their keys, those that share most with the question first."""
    wanted, found = _stems(question), dict[str, tuple[int, str, str]]()
    for key, text in _PASSAGE.findall(passages):
        for sentence in (s.strip() for s in _BORDER.split(text)):
            usable = 40 <= len(sentence) <= 350 and sentence[-1] in ".!?" and not re.search(r"[\[\]]", sentence)
            if usable and not re.search(r"\b[A-Z]\w{0,2}\.$", sentence):  # "… a dit M." is half a sentence
                found.setdefault(normal(sentence), (-len(wanted & _stems(sentence)), key, sentence))
    return [(key, sentence) for _, key, sentence in sorted(found.values(), key=lambda f: f[0])]


def _misbehaved(sentence: str, told: str, draw: random.Random) -> Iterator[Sent]:
    """The sentence after one fault, drawn by weight; two sentences where a name is invented in one of its own."""
    kind = draw.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    years, figures = list(_YEAR.finditer(sentence)), list(_FIGURE.finditer(sentence))
    if kind == "year swapped" and years:
        m = draw.choice(years)
        yield _replaced(sentence, m, str(int(m[0]) + draw.choice((-10, -3, -2, -1, 1, 2, 3, 10))), kind, told)
    elif kind in ("digit altered", "year swapped") and figures:
        m = draw.choice(figures)
        at = draw.choice([i for i, c in enumerate(m[0]) if c.isdigit()])
        digit = draw.choice([d for d in "123456789" if d != m[0][at]])
        yield _replaced(sentence, m, f"{m[0][:at]}{digit}{m[0][at + 1 :]}", "digit altered", told)
    elif kind == "name invented":
        name = draw.choice(_NAMES)
        form = draw.randrange(3)
        if form == 0:
            yield Sent(f"{sentence[:-1]}, selon {name}.", kind, name)
        elif form == 1:
            yield Sent(f"D'après {name}, {sentence[0].lower()}{sentence[1:]}", kind, name)
        else:
            yield Sent(sentence, "copied")
            yield Sent(f"{name} l'a confirmé dans un communiqué.", kind, name)
    else:
        yield Sent(sentence, kind if kind in _KEY_FAULTS else "copied")


def _replaced(sentence: str, m: re.Match[str], figure: str, kind: str, told: str) -> Sent:
    return Sent(f"{sentence[: m.start()]}{figure}{sentence[m.end() :]}", kind, figure, holds(told, figure))


class _Handler(BaseHTTPRequestHandler):
    server: RuleModel

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Say nothing: the benchmark prints figures only."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        prompt = asked["messages"][-1]["content"]
        question, sent, reply, ending = written(prompt if isinstance(prompt, str) else prompt[0]["text"])
        self.server.sent[question] = sent
        kind, body = ("text/event-stream", _streamed(reply, ending)) if asked.get("stream") else _at_once(reply, ending)
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body) + (ending == "break")))  # one byte that never comes
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


_USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}


def _streamed(reply: str, ending: str) -> bytes:
    """Server-sent events; an answer that is cut has neither a finish reason nor the closing event."""
    steps: list[dict[str, Any]] = [_choice({"role": "assistant", "content": ""}, None)]
    steps += [_choice({"content": reply[at : at + 11]}, None) for at in range(0, len(reply), 11)]
    if ending == "stop":
        steps += [_choice({}, "stop"), {"choices": [], "usage": _USAGE}]
    about = {"id": "rule", "object": "chat.completion.chunk", "created": 0, "model": "rule"}
    events = [json.dumps(about | step, ensure_ascii=False) for step in steps] + ["[DONE]"] * (ending == "stop")
    return "".join(f"data: {event}\n\n" for event in events).encode()


def _choice(delta: dict[str, str], finish: str | None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _at_once(reply: str, ending: str) -> tuple[str, bytes]:
    """A reply in one piece; one that is cut says "length"."""
    message = {"role": "assistant", "content": reply}
    choice = {"index": 0, "message": message, "finish_reason": "stop" if ending == "stop" else "length"}
    about = {"id": "rule", "object": "chat.completion", "created": 0, "model": "rule", "usage": _USAGE}
    return "application/json", json.dumps(about | {"choices": [choice]}, ensure_ascii=False).encode()
