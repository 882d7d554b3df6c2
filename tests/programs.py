"""Programs that tests start."""

from __future__ import annotations

import sys


def python() -> str:
    """The interpreter to start them with."""
    return sys.executable
