"""What can go wrong, in words a user can act on.

SourcierError
├── SettingsError        a setting has a value that cannot be used
├── ArticleError         one article cannot be read (path, line, reason); the others go on
├── StoreError           the store cannot be used
│   ├── StoreEmpty       nothing was ingested yet
│   ├── StoreLocked      another process is writing
│   └── StoreMismatch    it was made with another embedding model or other passage settings
└── ModelError           a chat or embedding model did not do its work
"""

from __future__ import annotations

from typing import Any


class SourcierError(Exception):
    """Base class. The text says what happened; `remedy` names what to do, often a command."""

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args, self.__dict__)  # between processes too, with all that it says


def _again(kind: type[SourcierError], args: tuple[Any, ...], state: dict[str, Any]) -> SourcierError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class SettingsError(SourcierError):
    """A setting has a value that cannot be used."""


class ArticleError(SourcierError):
    """One article cannot be read. Never stops an ingest: it is reported and the rest goes on."""

    def __init__(self, path: str, reason: str, *, line: int | None = None) -> None:
        super().__init__(f"{path}{f':{line}' if line else ''}: {reason}")
        self.path, self.reason, self.line = path, reason, line


class StoreError(SourcierError):
    """The store cannot be used."""


class StoreEmpty(StoreError):
    """Nothing was ingested yet."""


class StoreLocked(StoreError):
    """Another process is writing to the store."""


class StoreMismatch(StoreError):
    """The store was made with another embedding model or with other passage settings."""


class ModelError(SourcierError):
    """A model did not do its work. `kind` is a stable short word: "timeout", "refusal", "quota", "empty", …"""

    def __init__(self, message: str, *, kind: str, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.kind = kind
