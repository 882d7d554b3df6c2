"""Ids like one that was not found."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

_MOST = 5
_COMPARED = 20_000  # comparing letter by letter takes about a second for so many


def near(wanted: str, beginning_so: Sequence[str], all_ids: Callable[[], list[str]]) -> list[str]:
    """At most five ids: those that begin like `wanted`, else those that contain it, else those spelt much like it."""
    if beginning_so:
        return sorted(beginning_so)[:_MOST]
    ids, low = all_ids(), wanted.lower()
    inside = [found for found in ids if low in found.lower()]
    if inside:
        return sorted(inside, key=len)[:_MOST]
    return difflib.get_close_matches(wanted, ids[:_COMPARED], _MOST)
