"""Bytes of unknown encoding into text."""

from __future__ import annotations

import codecs
import re

from retrieval.language import detect

_DECLARED = re.compile(rb"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_CONTROLS = bytes(set(range(32)) - {9, 10, 12, 13, 27})
_ENCODINGS = [  # what news of the web is found in; more candidates only make the guess worse
    "cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1256", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr",
    "mac_roman",
]  # fmt: skip


class NotTextError(ValueError):
    """The bytes are no text."""


def decode(data: bytes, *, html: bool = False, declared: str | None = None) -> str:
    """UTF-8 when it is; else a UTF-16 mark, a declared charset, a guess. Raises NotTextError for binary data."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked(data.decode("utf-16", errors="replace"))
    if b"\0" in data or len(data) - len(data.translate(None, _CONTROLS)) > len(data) / 50:
        raise NotTextError("binary data, not text")
    try:
        return _checked(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return _checked(_guessed(data, declared or (_declared(data) if html else None)))


def _declared(data: bytes) -> str | None:
    match = _DECLARED.search(data[:4096])
    return match[1].decode("ascii", errors="replace") if match else None


def _guessed(data: bytes, declared: str | None) -> str:
    if declared:
        try:
            return data.decode(codecs.lookup(declared).name)
        except (LookupError, UnicodeDecodeError):
            declared = None  # pages lie about their charset: guess instead
    try:
        western = data.decode("cp1252")
    except UnicodeDecodeError:
        western = ""
    # A short French text in cp1252 is often guessed to be Central European, so its own words decide first.
    if detect(western) in ("fr", "en", "de", "es", "it", "pt", "nl"):
        return western
    from charset_normalizer import from_bytes

    best = from_bytes(data, cp_isolation=_ENCODINGS).best()
    if best is not None:
        return str(best)
    if western:
        return western
    raise NotTextError("text of unknown encoding, or binary data")


def _checked(text: str) -> str:
    if text.count("\ufffd") > len(text) / 50 + 5:
        raise NotTextError("binary data, not text")
    return text
