"""Answer, as JSON → messages for Telegram: HTML and buttons. Pure functions; the texts come in as `t`.

They work from the JSON form (`bot.rendering.as_json`), since an old answer comes back from memory in it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.rendering.telegram_html import (
    UNITS,
    Block,
    Run,
    clean,
    escape,
    fits,
    line,
    markup,
    pack,
    plain,
    runs,
    spread,
    text,
)
from bot.rendering.telegram_lines import NAME, QUESTION, dates, notices, understood, verdict
from bot.rendering.telegram_links import link
from bot.texts import Texts
from retrieval.passages import split_sentences
from retrieval.types import Article, Statement

__all__ = ["Button", "Message", "answer", "answer_of", "escape", "fits", "frame", "notice", "passage", "plain", "text"]

_TITLE, _OUTLET = 200, 80  # the most characters of each that are shown
_LABEL = 60  # characters of a button
_NEAREST = 3
_A_ROW, _ROWS = 8, 8  # number buttons: more than this many sources are listed, but have none
_FOLLOWUPS = 4
_AROUND = 5000  # characters of an article on each side of a quote in which the sentences beside it are looked for
_QUOTE = "blockquote expandable"


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: it gives the bot `data` (at most 64 bytes), or opens `url`."""

    label: str
    data: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message as Telegram takes it: parse_mode HTML, rows of buttons."""

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()


def answer_of(json_text: str) -> dict[str, Any]:
    """An answer from its JSON text. Raises ValueError when it is not a JSON object."""
    found = json.loads(json_text)
    if not isinstance(found, dict):
        raise ValueError("an answer is a JSON object")
    return found


def answer(
    answer: Mapping[str, Any],
    turn: int,
    t: Texts,
    *,
    corpus_until: str | None = None,
    followups: Sequence[str] = (),
    asked: str | None = None,
    nearest: Sequence[Article] = (),
) -> list[Message]:
    """The messages of an answer (its JSON form), the buttons of `turn` under the last one.

    `corpus_until` is the date of the newest article; `asked` is the question where no quoted message shows it;
    `nearest` are the articles that an abstention names.
    """
    cited = _cited(answer)
    blocks: list[Block] = []
    if question := line(asked, QUESTION):
        blocks.append(Block((Run("❓ "), *runs(question, "i"))))
    if said := understood(answer, t):
        blocks.append(Block(runs(said, "i")))
    if answer["abstained"]:
        blocks += _abstention(answer, nearest, t)
    else:
        blocks += _statements(answer["statements"], cited, t)
        blocks += _unanswered(answer)
        blocks.append(Block(runs("\n".join([verdict(answer, t), *notices(answer, t)]), "i")))
    for at, citation in enumerate(cited.values()):
        mark = f"[{citation['number']}] "
        source = (Run(mark), *_source(citation, link(citation["url"], citation["quote"]), t))
        title = (Run(t("answer_sources"), ("b",)), Run("\n")) if at == 0 else ()
        blocks.append(Block((*title, *source), glue="\n" if at else "\n\n"))
    if fresh := dates(answer, corpus_until, t):
        blocks.append(Block(runs(fresh, "i")))
    *first, last = pack(blocks)
    return [*map(Message, first), Message(last, _buttons(answer, cited, turn, followups, t))]


def passage(citation: Mapping[str, Any], article: Article | None, t: Texts) -> list[Message]:
    """The messages of one citation: its article, and the quote in bold with a sentence on each side.

    Where the article is gone (None) or its text has changed, it says so and shows the quote alone.
    """
    quote, start, end = citation["quote"], citation["start"], citation["end"]
    before = after = ""
    warning = "passage_removed"
    if article is not None:
        same = article.text[start:end] == quote
        warning = "" if same else "passage_changed"
        before, after = _around(article, start, end) if same else ("", "")
    title = line(citation["title"], _TITLE) or t("untitled")
    facts = " · ".join(f for f in (line(citation["source"], _OUTLET), line(t.date(citation["published"]), NAME)) if f)
    head = (Run(f"[{citation['number']}] "), *runs(title, "b"))
    blocks = [Block((*head, *runs(f"\n{facts}")))]
    if warning:
        blocks.append(Block(runs(f"⚠️ {t(warning)}", "i")))
    quoted = spread([(before, (_QUOTE,)), (_tidy(quote), (_QUOTE, "b")), (after, (_QUOTE,))])
    if quoted:
        blocks.append(Block(quoted))
    if url := link(citation["url"], quote):
        blocks.append(Block((Run(t("passage_link"), (_anchor(url),)),)))
    return [Message(source) for source in pack(blocks)]


def frame(statements: Sequence[Statement], t: Texts) -> str:
    """The HTML of an answer while it is written: its end, on a sentence, where the whole is too long."""
    first, length = len(statements), 0
    while first and length <= UNITS:  # what stands before cannot be in the frame
        first -= 1
        length += len(statements[first].text)
    rows = [{"text": s.text[-UNITS:], "citations": s.citations, "supported": s.supported} for s in statements[first:]]
    blocks = _statements(rows, None, t)
    kept: list[Run] = []
    for at, block in reversed(list(enumerate(blocks))):
        more = [*block.all, *([Run(blocks[at + 1].glue)] if kept else []), *kept]
        if not fits(markup([Run("… "), *more, Run(" …")])):
            break
        kept = more
    else:
        return markup([*([Run("… ")] if first else []), *kept, Run(" …" if kept else "…")])
    return markup([Run("… "), *kept, Run(" …")]) if kept else pack([*blocks[-1:], Block((Run("…"),), glue=" ")])[-1]


def notice(text: str) -> Message:
    """A message of the bot's own words, in which commands can be tapped. What does not fit is cut off with "…"."""
    source = escape(text).strip() or "…"
    while not fits(source):
        text = clean(text)[: len(text) * 3 // 4].rstrip() + "…"
        source = escape(text)
    return Message(source)


def _cited(answer: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """The citations that a statement has, by their numbers, in order."""
    used = {number for statement in answer["statements"] for number in statement["citations"]}
    return {c["number"]: c for c in sorted(answer["citations"], key=lambda c: c["number"]) if c["number"] in used}


def _statements(statements: Iterable[Mapping[str, Any]], cited: Mapping[int, Any] | None, t: Texts) -> list[Block]:
    """A block for each statement with its marks (of `cited` alone, if given): a paragraph, or a list with bullets."""
    blocks: list[Block] = []
    was_item = False
    for s in statements:
        words = line(s["text"])
        if not words:
            continue
        item = words.startswith("- ")
        words = f"• {words[2:]}" if item else words
        words += "" if s["supported"] else f" {t('answer_unsupported')}"
        numbers = dict.fromkeys(n for n in s["citations"] if cited is None or n in cited)
        glue = "\n\n" if not blocks else "\n" if item or was_item else " "
        blocks.append(Block(runs(words), tuple(Run(f"\u00a0[{n}]") for n in numbers), glue))
        was_item = item
    return blocks


def _unanswered(answer: Mapping[str, Any]) -> list[Block]:
    """What the articles do not say, in the model's words. An answer stored by an earlier version has none."""
    return [Block(runs(words, "i")) for words in map(line, answer.get("unanswered") or ()) if words]


def _abstention(answer: Mapping[str, Any], nearest: Sequence[Article], t: Texts) -> list[Block]:
    """What was not found, the nearest articles, and how to ask."""
    said = t("answer_abstained")
    foreign = _foreign(answer, nearest, t)
    if not foreign and (words := [w for w in (line(w, NAME) for w in answer["missing"][:8]) if w]):
        quoted = t("answer_comma").join(f"{t('open_quote')}{w}{t('close_quote')}" for w in words)
        said += "\n" + t("answer_missing", words=quoted)
    blocks = [Block(runs(said)), *_unanswered(answer), *(Block(runs(words, "i")) for words in notices(answer, t))]
    for at, article in enumerate(list({a.id: a for a in nearest}.values())[:_NEAREST]):
        facts = {"title": article.title, "source": article.source, "published": article.published}
        title = (Run(t("answer_nearest"), ("b",)), Run("\n")) if at == 0 else ()
        rest = (Run("• "), *_source(facts, link(article.url), t))
        blocks.append(Block((*title, *rest), glue="\n" if at else "\n\n"))
    hint = t("answer_hint_language", where=foreign) if foreign else t("answer_hint")
    return [*blocks, Block(runs(f"💡 {hint}"))]


def _foreign(answer: Mapping[str, Any], nearest: Sequence[Article], t: Texts) -> str:
    """The language that the nearest articles are all in where the question is in another ("in French"), or ""."""
    theirs = {article.language for article in nearest}
    language = theirs.pop() if len(theirs) == 1 else None
    key = f"document_in_{language}"
    return t(key) if answer["language"] and language != answer["language"] and key in t.entries else ""


def _source(facts: Mapping[str, Any], url: str | None, t: Texts) -> tuple[Run, ...]:
    """Title (a link, if there is an address), outlet, date."""
    title = line(facts["title"], _TITLE) or t("untitled")
    rest = [line(facts["source"], _OUTLET), line(t.date(facts["published"]), NAME)]
    named = (Run(title, (_anchor(url),)),) if url else runs(title)
    return (*named, *runs("".join(f" · {fact}" for fact in rest if fact)))


def _anchor(url: str) -> str:
    return f'a href="{html.escape(url)}"'


def _buttons(
    answer: Mapping[str, Any], cited: Mapping[int, Any], turn: int, followups: Sequence[str], t: Texts
) -> tuple[tuple[Button, ...], ...]:
    """Sources, thumbs, follow-up questions, and the search that prefers no date."""
    numbers = [Button(f"[{n}]", f"p:{turn}:{n}") for n in cited][: _A_ROW * _ROWS]
    rows = [tuple(numbers[at : at + _A_ROW]) for at in range(0, len(numbers), _A_ROW)]
    rows.append((Button("👍", f"f:{turn}:1"), Button("👎", f"f:{turn}:-1")))
    labels = [(at, line(question, _LABEL)) for at, question in enumerate(followups[:_FOLLOWUPS])]
    rows += [(Button(label, f"q:{turn}:{at}"),) for at, label in labels if label]
    if answer["period"]:
        rows.append((Button(t("answer_any_date"), f"d:{turn}"),))
    return tuple(rows)


def _around(article: Article, start: int, end: int) -> tuple[str, str]:
    """What stands beside a quote, with the white space between: the rest of its sentence, or else the next one."""
    low, high = max(0, start - _AROUND), end + _AROUND
    sentences = [(s + low, e + low) for s, e in split_sentences(article.text[low:high])]
    first = max((s for s, _ in sentences if s < start), default=start)
    last = min((e for _, e in sentences if e > end), default=end)
    before, after = article.text[first:start], article.text[end:last]
    if line(before) == line(article.title):  # the headline, which stands above already
        before = ""
    return _tidy(before), _tidy(after)


def _tidy(text: str) -> str:
    """Clean text, without rows of empty lines."""
    return re.sub(r"\n[ \n]*\n", "\n\n", clean(text))
