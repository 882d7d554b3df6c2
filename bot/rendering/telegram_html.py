"""Text → the HTML that Telegram takes: escaped, without links that Telegram would make up, packed into messages.

A piece of text is a `Run` (plain text and the tags around it); what belongs together is a `Block`; `pack` lays blocks
into messages. Tags are added last, so that a cut never meets one.

What looks like a URL, a @mention, a /command or a #hashtag is linked by Telegram on its own. In the text of a model or
of an article that must not be, and its letters must stay as they are (a quote is verbatim, also when copied): such a
piece is set as `<code>`, in which Telegram links nothing. Invisible characters put in between would be copied along.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

UNITS = 4096  # UTF-16 units of a message after parsing (TDLib counts code points: this is the safe side)
BYTES = 32_768  # of a message as sent, with its tags
ENTITIES = 100  # formatted stretches of a message; Telegram drops further ones without a word
_FEW = 3  # pieces that look like a link in what somebody wrote, of which a message may hold a dozen
_ROOM = (UNITS - 96, BYTES - 2048, ENTITIES - 10)  # for a piece of a block that is cut: its pieces are marked up anew

_SPACES = re.compile("\r\n?|[\t\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
# Control characters, those that change the direction of writing, and halves of surrogate pairs.
_UNSAFE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_TAG = re.compile(r"<[^>]*>")
_END = r"[^\s.,;:!?…)\]}»”’\"']"  # the last character of a link: punctuation after it is the sentence's
_REST = rf"(?:[:/?\#]\S*{_END})?"
_LINK_LIKE = (
    re.compile(  # every repetition that can begin anywhere is bounded: 20,000 letters take no longer than words
        rf"""[\w.+-]{{0,32}}://(?:\S*{_END})?                    # https://… and any other scheme
    | [\w.+\-!\#$%&'*/=?^`{{|}}~]{{0,64}}(?:@\w+(?:[.-]+\w+)*)+   # @mention, name@host
    | [\w~-]{{0,64}}(?:\.[\w~-]{{1,64}}){{0,8}}(?<![\s.])\.    # a name of the web: not "fin.Le", a new sentence
      (?:xn--[\w-]+|(?![A-ZÀ-ÞА-Я][a-zß-ÿа-я]+(?!\w))[^\W\d_]{{2,}}){_REST}
    | (?<![\d.])\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?!\d){_REST}    # an address of four numbers
    | (?<![^\W_])/[A-Za-z0-9_]+(?:@\w+)?                  # /command
    | [\#＃]\d*[^\s\d!-/:-@\[-^`{{-~«»…’“”]+(?:@\w+)?            # #hashtag
    | \$(?:1INCH|[A-Z]{{1,8}})(?![A-Za-z0-9_])            # $CASHTAG
    | \+\d[\d ()\u00a0\u202f.-]{{5,20}}\d                 # a telephone number""",
        re.VERBOSE,
    )
)

_MAYBE_LINK = re.compile(r"[@/#＃$+]|\.\w")  # in whatever looks like a link, and found a hundred times faster


@dataclass(frozen=True, slots=True)
class Run:
    """Clean text and the tags around it, outermost first, each as it is opened: `("blockquote expandable", "b")`."""

    text: str
    tags: tuple[str, ...] = ()

    @property
    def linked(self) -> bool:
        """Whether Telegram links nothing in it by itself."""
        return any(tag == "code" or tag.startswith("a ") for tag in self.tags)


@dataclass(frozen=True, slots=True)
class Block:
    """Runs that stay in one message if they fit in one; `tail` always follows the last word of `runs`."""

    runs: tuple[Run, ...]
    tail: tuple[Run, ...] = ()
    glue: str = "\n\n"  # what parts it from the block before it in the same message

    @property
    def all(self) -> tuple[Run, ...]:
        return self.runs + self.tail


def clean(text: str) -> str:
    """`text` without what cannot be sent or would mislead the eye; of white space, line breaks stay."""
    return _UNSAFE.sub("", _SPACES.sub(lambda m: "\n" if "\r" in m[0] else " ", text))


def line(text: str | None, most: int | None = None) -> str:
    """Clean text on one line, cut to `most` characters with "…"; empty where nothing can be seen."""
    flat = re.sub(r"[ \n]+", " ", clean(text or "")).strip(" ")
    if most is not None and len(flat) > most:
        flat = flat[: _border(flat, most - 1)].rstrip() + "…"
    return flat if any(unicodedata.category(c)[0] not in "CMZ" for c in flat) else ""


def runs(text: str, *tags: str) -> tuple[Run, ...]:
    """Clean `text` inside `tags`, what looks like a link apart as code."""
    return spread([(text, tags)])


def spread(parts: Sequence[tuple[str, tuple[str, ...]]]) -> tuple[Run, ...]:
    """Clean texts that follow each other, each inside its tags; what looks like a link, across them too, as code.

    Telegram allows no bold or italic code: of the tags around it only a blockquote stays.
    """
    found: list[Run] = []
    whole, begin = "".join(text for text, _ in parts), 0
    linked = [m.span() for m in _LINK_LIKE.finditer(whole)] if _MAYBE_LINK.search(whole) else []
    for text, tags in parts:
        at, end = begin, begin + len(text)
        for first, last in linked:
            if first < end and last > begin:
                found.append(Run(whole[at : max(at, first)], tags))
                at = min(last, end)
                found.append(Run(whole[max(first, begin) : at], (*(t for t in tags if t.startswith("block")), "code")))
        found.append(Run(whole[at:end], tags))
        begin = end
    return tuple(run for run in found if run.text)


def escape(text: str) -> str:
    """Clean text as HTML. What looks like a link or a command in it works as one: for the bot's own words."""
    return html.escape(clean(text), quote=False)


def plain(text: str) -> str:
    """Clean text as HTML in which nothing works as a link: for the words of others in a message of ours.

    Of more than a few such pieces the whole is set as code: what is over ENTITIES would work as a link again.
    """
    words = clean(text)
    found = runs(words)
    return markup(found if sum(run.linked for run in found) <= _FEW else [Run(words, ("code",))])


def markup(pieces: Iterable[Run]) -> str:
    """The HTML of runs; a tag that neighbours share is opened once."""
    out: list[str] = []
    opened: tuple[str, ...] = ()
    for piece in (*pieces, Run("")):
        same = 0
        while same < min(len(opened), len(piece.tags)) and opened[same] == piece.tags[same]:
            same += 1
        out += [f"</{tag.split()[0]}>" for tag in reversed(opened[same:])]
        out += [f"<{tag}>" for tag in piece.tags[same:]]
        out.append(html.escape(piece.text, quote=False))
        opened = piece.tags
    return "".join(out)


def text(source: str) -> str:
    """What a person reads of HTML that this module made."""
    return html.unescape(_TAG.sub("", source))


def units(text: str) -> int:
    """The length of text as Telegram counts it, in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fits(source: str, room: tuple[int, int, int] = (UNITS, BYTES, ENTITIES)) -> bool:
    """Whether HTML is short enough for one message: in units, bytes and entities."""
    size = units(text(source)), len(source.encode()), len(re.findall(r"<[a-z]", source))
    return all(n <= most for n, most in zip(size, room, strict=True))


def pack(blocks: Sequence[Block]) -> list[str]:
    """The HTML of as few messages as hold the blocks in order. Nothing is left out but white space at a cut."""
    done: list[str] = []
    current: tuple[Run, ...] = ()
    for block in blocks:
        joined = (*current, Run(block.glue), *block.all) if current else block.all
        if fits(markup(joined)):
            current = joined
            continue
        if current:
            done.append(markup(current))
        while not fits(markup(block.all)):
            head, block = _split(block)
            done += [markup(head)] if head else []
        current = block.all
    return [*done, markup(current)] if current else done


def _split(block: Block) -> tuple[tuple[Run, ...], Block]:
    """What fits of a block that is too long for one message, and the rest, which the tail stays with."""
    if not fits(markup(block.tail), (UNITS // 2, BYTES // 2, ENTITIES // 2)):
        block = Block(block.all)  # more marks than a message holds
    # runs that do not fit do not fit with one more; the first too many is sought by halves: there may be thousands
    at = bisect_left(range(len(block.runs)), True, key=lambda n: not fits(markup(block.runs[: n + 1]), _ROOM))
    head = list(block.runs[:at])
    if at < len(block.runs):
        run, so_far = block.runs[at], markup(head)
        first, rest = _cut(run, _ROOM[0] - units(text(so_far)), _ROOM[1] - len(so_far.encode()) - 100, bool(head))
        return (*head, *first), replace(block, runs=(*rest, *block.runs[at + 1 :]))
    last = head.pop()  # all but the tail fits: a last part goes over with it
    if len(last.text) < 2:
        return tuple(head), replace(block, runs=(last,))
    first, rest = _cut(last, units(last.text) // 2 or 1, BYTES, bool(head))
    return (*head, *first), replace(block, runs=rest)


def _cut(run: Run, room: int, size: int, may_be_empty: bool) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """A run in two, the first part within `room` units and `size` bytes: between words, or else between characters."""
    at = 0
    for at, char in enumerate(run.text):  # noqa: B007 - where it stopped
        room -= 1 + (char > "\uffff")
        size -= len(html.escape(char, quote=False).encode())
        if room < 0 or size < 0:
            break
    else:
        at = 0 if may_be_empty else len(run.text) - 1  # it has too many tags, not too many characters
    space = max(run.text.rfind(gap, 0, at + 1) for gap in " \n")
    if space > at // 2:
        at = space
    elif may_be_empty and len(run.text) <= 200:  # a short word that goes over whole
        at = 0
    else:
        at = _border(run.text, at)
    parts = run.text[:at].rstrip(" \n"), run.text[at:].lstrip(" \n")
    first, rest = ((Run(p, run.tags),) if run.linked else runs(p, *run.tags) for p in parts)
    return tuple(r for r in first if r.text), tuple(r for r in rest if r.text)


def _border(text: str, at: int) -> int:
    """`at`, or a place before it that parts no accent, emoji or flag from what it belongs to; at least 1."""
    for i in range(at, max(0, at - 32), -1):
        if not _joined(text, i):
            return i
    return max(1, at)


def _joined(text: str, at: int) -> bool:
    if at >= len(text):
        return False
    before, after = text[at - 1], text[at]
    if before == "\u200d" or after == "\u200d" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if "\U0001f1e6" <= after <= "\U0001f1ff":  # letters of flags go in pairs
        start = at
        while start and "\U0001f1e6" <= text[start - 1] <= "\U0001f1ff":
            start -= 1
        return (at - start) % 2 == 1
    return unicodedata.category(after)[0] == "M" or "\U000e0020" <= after <= "\U000e007f"
