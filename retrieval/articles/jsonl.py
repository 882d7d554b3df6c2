"""Articles as the lines of a .jsonl file: {id, title, text, date, url, source}; id and text are required."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from retrieval.articles.metadata import Extracted, assemble
from retrieval.errors import ArticleError
from retrieval.types import Article

MAX_LINE = 10_000_000  # bytes


def lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Number and bytes of each line that is not blank; None for a line that is too long to be read."""
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_LINE)
            yield number, None
        elif line.strip():
            yield number, line


def record(line: bytes | None, location: str, number: int) -> tuple[str, dict[str, Any]]:
    """The id and the fields of one line. Raises ArticleError."""
    if line is None:
        raise ArticleError(location, f"line longer than {MAX_LINE // 1_000_000} MB", line=number)
    try:
        fields = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        raise ArticleError(location, f"not UTF-8 (byte {error.start})", line=number) from error
    except json.JSONDecodeError as error:
        raise ArticleError(location, f"not JSON ({error.msg}, column {error.colno})", line=number) from error
    except (ValueError, RecursionError) as error:
        raise ArticleError(location, f"not JSON ({type(error).__name__})", line=number) from error
    if not isinstance(fields, dict):
        raise ArticleError(location, "not a JSON object", line=number)
    identifier = fields.get("id")
    if isinstance(identifier, int) and not isinstance(identifier, bool):
        identifier = str(identifier)
    if not isinstance(identifier, str) or not identifier.strip():
        raise ArticleError(location, "no id", line=number)
    if not isinstance(fields.get("text"), str) or not fields["text"].strip():
        raise ArticleError(location, "no text", line=number)
    if b"\\ud" in line or b"\\uD" in line:  # escapes of half a character, which no file or database takes
        try:
            json.dumps(fields, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ArticleError(location, "holds half a character (a lone surrogate)", line=number) from error
    return identifier, fields


def article(identifier: str, fields: dict[str, Any]) -> Article:
    """The article of one line."""
    return assemble(
        identifier,
        Extracted(
            fields["text"],
            title=_text(fields, "title"),
            published=_text(fields, "date") or _text(fields, "published"),
            source=_text(fields, "source"),
            url=_text(fields, "url"),
            language=_text(fields, "language"),
        ),
    )


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # "date": 2024
    return value.strip() or None if isinstance(value, str) else None
