"""The prompts, one Markdown file each, with the variables that each one declares.

    variables: question, passages      the declared set: checked when the file is loaded and when it is rendered
    # system                           the stable part, first, so that a provider can cache it
    # user                             what changes with each request; a variable is written {{question}}
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

_FILE = re.compile(r"\Avariables:(?P<variables>[^\n]*)\n+# system\n(?P<system>.*?)\n# user\n(?P<user>.*)\Z", re.DOTALL)
_VARIABLE = re.compile(r"\{\{(\w+)\}\}")


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
