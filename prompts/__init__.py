"""The prompts, one Markdown file each, with the variables that each one declares, and how a reply to `write` is read.

variables: question, passages      the declared set: checked when the file is loaded and when it is rendered
# system                           the stable part, first, so that a provider can cache it
# user                             what changes with each request; a variable is written {{question}}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

_FILE = re.compile(r"\Avariables:(?P<variables>[^\n]*)\n+# system\n(?P<system>.*?)\n# user\n(?P<user>.*)\Z", re.DOTALL)
_VARIABLE = re.compile(r"\{\{(\w+)\}\}")

_KEY = r"(?=[A-Za-z0-9]*\d)[A-Za-z0-9]{1,6}"
_GROUP = rf"[\[【]\s*{_KEY}(?:\s*[,;]\s*{_KEY})*\s*[\]】]"
_KEYS = re.compile(rf"\s*{_GROUP}(?:\s*[.,;]?\s*{_GROUP})*")
_AFTER_KEYS = re.compile(r"[.!?…]*[»\"”')]*")
_COMPLETE = re.compile(rf"(?:[.!?…][»\"”')\s]*{_GROUP}(?:\s*{_GROUP})*|{_GROUP}\s*[.!?…]+)\s*$")


class PromptError(ValueError):
    """A prompt file and its variables do not agree."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt in two parts; `render` fills the variables of both."""

    name: str
    system: str
    user: str
    variables: frozenset[str]

    def render(self, **values: str) -> tuple[str, str]:
        """The system and the user part. Values are put in as they are: a `{{…}}` inside a value stays."""
        if values.keys() != self.variables:
            raise PromptError(f"prompt {self.name}: {_difference(values.keys(), self.variables)}")
        system, user = (_VARIABLE.sub(lambda m: values[m[1]], part) for part in (self.system, self.user))
        return system, user


@cache
def load(name: str) -> Prompt:
    """The prompt of `prompts/<name>.md`. Raises PromptError when it does not use exactly what it declares."""
    file = resources.files(__name__) / f"{name}.md"
    if not re.fullmatch(r"[a-z_]+", name) or not file.is_file():
        raise PromptError(f"there is no prompt {name!r}")
    return parse(name, file.read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Prompt:
    """A prompt from the text of its file."""
    found = _FILE.match(text)
    if not found:
        raise PromptError(f"prompt {name}: needs a `variables:` line, then `# system`, then `# user`")
    declared = frozenset(filter(None, (v.strip() for v in found["variables"].split(","))))
    used = frozenset(_VARIABLE.findall(found["system"] + found["user"]))
    if used != declared:
        raise PromptError(f"prompt {name}: {_difference(used, declared)}")
    return Prompt(name, found["system"].strip(), found["user"].strip(), declared)


def _difference(given: Iterable[str], declared: frozenset[str]) -> str:
    names = frozenset(given)
    parts = {"missing": declared - names, "unknown": names - declared}
    return "; ".join(f"{word} {', '.join(sorted(some))}" for word, some in parts.items() if some)


class Reply:
    """What a model writes to `write.md`, as it streams in: whole sentences with their keys. Halves are held back.

    `split` gives the offsets of the sentences of a text.
    """

    def __init__(self, split: Callable[[str], list[tuple[int, int]]]) -> None:
        self._split, self._held, self._seen = split, "", False

    @property
    def empty(self) -> bool:
        """Whether nothing but white space came."""
        return not self._seen

    def feed(self, text: str) -> list[tuple[str, list[str]]]:
        """What became complete with this text."""
        self._held += text
        self._seen = self._seen or bool(text.strip())
        found = []
        while (end := self._end()) is not None:
            found += self._sentences(self._held[:end])
            self._held = self._held[end:]
        return found

    def close(self, cut: bool) -> list[tuple[str, list[str]]]:
        """The rest; of a stream that was cut, only what ends with a full stop and keys."""
        rest, self._held = self._held, ""
        return [] if cut and not _COMPLETE.search(rest) else self._sentences(rest)

    def _end(self) -> int | None:
        """Where the held text can be cut: behind a line, or behind keys once what follows them is known."""
        for m in re.finditer(rf"\n|{_KEYS.pattern}", self._held):
            end = m.end() if m[0] == "\n" else m.end() + len(_AFTER_KEYS.match(self._held, m.end())[0])  # type: ignore[index]
            rest = self._held[end:].lstrip()
            if not rest or (rest[0] in "[【" and len(rest) < 20 and not re.search(r"[\]】]", rest)):
                return None
            if re.match(_GROUP, rest):
                continue
            full_stop = m[0] == "\n" or end > m.end() or re.search(r"[.!?…][»\"”')\s]*$", self._held[: m.start()])
            if full_stop or not (rest[0] in ",;:)" or rest[0].islower()):
                return end
        return None

    def _sentences(self, text: str) -> list[tuple[str, list[str]]]:
        """Sentences without their keys. Keys belong to the sentence that they stand in or behind."""
        bare, at, placed = "", 0, list[tuple[int, str]]()
        for m in _KEYS.finditer(text):
            bare += text[at : m.start()]
            placed += [(len(bare), key.lower()) for key in re.findall(_KEY, m[0])]
            at = m.end()
        bare += text[at:]
        found, spans = [], self._split(bare)
        for i, (start, end) in enumerate(spans):
            following = spans[i + 1][0] if i + 1 < len(spans) else len(bare)
            keys = [key for place, key in placed if start < place <= following]
            words = _tidy(bare[start:end])
            if re.search(r"\w", words):
                found.append((words, keys))
        return found


def _tidy(text: str) -> str:
    text = re.sub(r"^(?:[-*•]\s+|#+\s+)|\*\*|`", "", text.strip())
    text = re.sub(r"[ \t]+(?=[.,)])|(?<=[ \t])[ \t]+", "", text).rstrip(" ,;:")
    return text if re.search(r"[.!?…][»\"”')\s]*$", text) else text + "."
