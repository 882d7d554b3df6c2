"""What can go wrong with the memory, in words an owner can act on. No text of these holds a password."""

from __future__ import annotations

from retrieval.errors import SourcierError


class MemoryUnavailable(SourcierError):
    """The database of conversations cannot be opened."""


class MemoryTooNew(MemoryUnavailable):
    """A later version of Sourcier has changed the database; this one would damage it."""
