"""Text that no reader of a page would see: comments, invisible elements, invisible characters.

It is taken out before anything is stored: whoever puts words there means them for machines.
"""

from __future__ import annotations

import re

_STYLE = (
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0+)?\s*(?:[;\"']|$)"
    r"|font-size\s*:\s*(?:0(?:\.\d+)?|[01](?:\.\d+)?px)\s*(?:[;\"'%a-z]|$)|(?<![-\w])color\s*:\s*(?:white|\#fff(?:fff)?\b"
    r"|transparent|rgba?\(255,\s*255,\s*255)|(?:text-indent|left|top)\s*:\s*-\d{3,}|(?:max-)?(?:height|width)\s*:\s*0(?:px)?\s*[;\"']"
    r"|clip\s*:\s*rect\(0"
)
INVISIBLE_STYLE = re.compile(_STYLE, re.IGNORECASE)
_UNSEEN = "script|style|template|noscript|iframe|object|svg|title|head"
_PIECES = re.compile(
    rf"""<!--.*?(?:-->|\Z)                                             # a comment, also one that is never closed
    | ^[ ]{{0,3}}\[(?://|comment|\#|_)[^\]\n]{{0,20}}\]:[^\n]*          # Markdown's way to write one
    | <({_UNSEEN})\b[^>]{{0,500}}>.{{0,4000}}?</\1\s*>
    | <(?P<tag>\w{{1,20}})\b(?=[^>]{{0,500}}?(?:\shidden(?:[\s>=]|/>)
        |\sstyle\s*=\s*(?:"[^">]{{0,300}}?(?:{_STYLE})|'[^'>]{{0,300}}?(?:{_STYLE}))))[^>]{{0,1000}}>
      .{{0,4000}}?</(?P=tag)\s*>
    | [\u00ad\u180e\u200b\u2060-\u2064\ufeff\U000e0000-\U000e007f]+""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_WORTH = re.compile("[<\\[\u00ad\u180e\u200b\u2060-\u2064\ufeff\U000e0000-\U000e007f]")


def hidden_spans(text: str) -> list[tuple[int, int]]:
    """Where such pieces of a text stand, in order."""
    if not _WORTH.search(text):
        return []
    return [m.span() for m in _PIECES.finditer(text)]
