"""Whatever an answer holds, Telegram takes its messages, and nothing is lost. TDLib itself judges, if installed."""

from __future__ import annotations

import importlib.util
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.rendering import telegram as rendering
from bot.rendering.telegram import Message
from bot.rendering.telegram_html import _LINK_LIKE, _MAYBE_LINK, BYTES, ENTITIES, UNITS, clean, line, runs, units
from bot.rendering.telegram_links import link
from bot.telegram.texts import LANGUAGES, catalogue
from retrieval.types import Article, Statement

EMULATOR = Path(__file__).parents[4] / "shared" / "tools" / "telegram_emulator.py"
LINKS = {"url", "mention", "bot_command", "hashtag", "cashtag", "email", "phone_number"}
HOSTILE = [
    *"<>&\"'«»[](){}*_`~#@/\\.:;,!?-+=$%\n\t\r\x00\x7f\u00a0\u200b\u200c\u200d\u200f\u2028\u202e\u2066\u2069\ufeff\ufe0f",
    *"aZéœß中رש0٣1²e\u0301",
    *("<b>", "</i>", "</blockquote>", "<a href='https://evil.fr'>", "&lt;", "&#60;", "&amp;amp;", "]]>", "<!--"),
    *("https://evil.fr/x?y=1", "evil.com", "http://", "tg://resolve?domain=x", "ton://x", "Evil.COM", "1.2.3.4"),
    *("@mention", "me@evil.fr", "/start", "/start@bot", "#tag", "#été", "$USD", "+33 6 12 34 56 78", "пример.рф"),
    *(
        "👨‍👩‍👧",
        "🇫🇷",
        "👍🏽",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "\ud800",
        "\udc00",
        "[1]",
        "[99]",
        " mot",
        " mot",
        " mot",
        "- ",
        "{0}",
        "{text}",
        "%s",
        "123 456",
    ),
]
short = st.lists(st.sampled_from(HOSTILE) | st.characters(codec=None), max_size=12).map("".join)
long = st.tuples(short.filter(bool), st.integers(1, 2500)).map(lambda x: (x[0] * x[1])[:20_000])
texts = st.one_of(short, short, short, long)
urls = st.none() | short.map(lambda s: "https://a.fr/" + s) | texts | st.sampled_from(["https://u:p@a.fr/é", "//a.fr"])
dates = st.sampled_from([None, "2025-06-17", "2025-06", "2025", "2025-99", "²²²²-²"]) | short


@cache
def emulator() -> Any:
    """The module with Telegram's own rules, or None where it does not lie beside the checkout."""
    if not EMULATOR.is_file() or not importlib.util.find_spec("aiohttp"):
        return None
    spec = importlib.util.spec_from_file_location("rules_of_telegram", EMULATOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@st.composite
def answers(draw: st.DrawFn) -> dict[str, Any]:
    """Any answer as JSON holds it."""
    numbers = draw(st.lists(st.integers(1, 60), max_size=12, unique=True))
    citations = [
        {
            "number": number, "article": "a", "title": draw(st.none() | texts), "published": draw(dates),
            "source": draw(st.none() | short), "url": draw(urls), "start": 0, "end": 1, "quote": draw(texts),
        }
        for number in numbers
    ]  # fmt: skip
    marks = st.lists(st.sampled_from(numbers), max_size=5) if numbers else st.just([])
    statement = st.fixed_dictionaries({"text": texts, "citations": marks, "supported": st.booleans()})
    statements = draw(st.lists(statement, max_size=6))
    return {
        "id": "x", "question": draw(short), "understood_as": draw(texts), "language": "fr", "text": "",
        "mode": draw(st.sampled_from(["extractive", "model"])), "model": draw(st.none() | short),
        "abstained": not statements, "statements": statements, "citations": citations, "hits": [], "usage": {},
        "dropped": [{"text": "x", "reason": "y"}] * draw(st.integers(0, 30)), "seconds": {},
        "period": draw(st.sampled_from([None, "2025-01-01/…", "…/2025-02-28", "2025-01-01/2025-12-31"])),
        "newest_source": draw(dates), "notice": draw(st.sampled_from([None, "budget", "odd"])),
        "missing": draw(st.lists(texts, max_size=3)), "unanswered": draw(st.lists(texts, max_size=3)),
    }  # fmt: skip


def bare(text: str) -> str:
    """Text without white space, which a cut may swallow."""
    return "".join(text.split())


def accepted(message: Message, own_links: int | None = None) -> None:
    """The message is within all sizes, and Telegram parses it into the text meant, without links of its own."""
    assert units(rendering.text(message.html)) <= UNITS
    assert len(message.html.encode()) <= BYTES
    assert len(re.findall(r"<[a-z]", message.html)) <= ENTITIES
    judge = emulator()
    if judge is None:
        return
    markup = [[{"text": b.label, "callback_data": b.data} for b in row] for row in message.buttons]
    if markup:
        judge.check_markup({"inline_keyboard": markup})
    text, entities = judge.parse(message.html, "html")
    assert text == rendering.text(message.html)
    done = judge.finish_text(text, entities)
    kinds = [entity["type"] for entity in done.get("entities", [])]
    assert not LINKS & set(kinds)
    assert len(kinds) <= ENTITIES
    if own_links is not None:
        assert kinds.count("text_link") == own_links


@given(answers(), st.sampled_from(LANGUAGES), st.lists(texts, max_size=3), st.none() | texts, dates, texts, urls)
def test_any_answer(
    found: dict[str, Any], language: str, followups: list[str], asked: str | None, until: str, title: str, url: str
) -> None:
    """Every message is accepted, and together they hold each statement, its marks behind it, and each cited source."""
    t, near = catalogue(language), [Article(str(n), "", title, until, title, url) for n in range(3)]
    messages = rendering.answer(found, 10**12, t, corpus_until=until, followups=followups, asked=asked, nearest=near)
    for message in messages:
        accepted(message)
    assert all(not m.buttons for m in messages[:-1])
    assert sum(map(len, messages[-1].buttons)) <= 100
    shown, at = [bare(rendering.text(m.html)) for m in messages], 0
    whole = "".join(shown)
    for s in found["statements"]:
        words = line(s["text"])
        if not words:
            continue
        words = f"• {words[2:]}" if words.startswith("- ") else words
        words += "" if s["supported"] else t("answer_unsupported")
        marks = "".join(f"[{n}]" for n in dict.fromkeys(s["citations"]))
        found_at = whole.find(bare(words) + marks, at)
        assert found_at >= 0
        at = found_at + len(bare(words) + marks)
        if marks:  # never first in a message: a part of its sentence is there before it
            borders = [sum(map(len, shown[:n])) for n in range(1, len(shown))]
            assert not any(at - len(marks) <= border < at for border in borders)
    used = {n for s in found["statements"] for n in s["citations"]}
    for c in found["citations"]:
        listed = bare(f"[{c['number']}] {line(c['title'], 200) or t('untitled')}")
        assert c["number"] not in used or listed in whole[at:]


@given(texts, texts, texts, urls, dates, st.booleans())
def test_any_passage(before: str, quote: str, after: str, url: str, date: str, changed: bool) -> None:
    """A passage of any article is accepted, and the quote is there whole."""
    article = Article("a", before + quote + after + ("x" if changed else ""), before, date, after, url)
    citation = {"number": 1, "title": before, "published": date, "source": after, "url": url}
    place = {"start": len(before), "end": len(before) + len(quote), "quote": quote}
    messages = rendering.passage(citation | place, article, catalogue("fr"))
    for message in messages:
        accepted(message)
    assert bare(clean(quote)) in bare("".join(rendering.text(m.html) for m in messages))


@given(st.lists(st.tuples(texts, st.lists(st.integers(1, 99), max_size=4)), max_size=8))
def test_any_frame(statements: list[tuple[str, list[int]]]) -> None:
    """A frame of any statements is accepted, and ends with what came last."""
    html = rendering.frame([Statement(text, tuple(marks)) for text, marks in statements], catalogue("fr"))
    accepted(Message(html))
    assert html.endswith("…")


@given(texts)
@example("a" * 20_000)
@example("a." * 10_000)
@example("://" * 5_000)
@example("@" * 20_000)
def test_any_words(text: str) -> None:
    """The runs of a text are the text; a notice of it is accepted."""
    words = clean(text)
    assert "".join(run.text for run in runs(words)) == words
    html = rendering.notice(text).html
    assert rendering.fits(html)
    if emulator() is not None and line(text):
        emulator().finish_text(*emulator().parse(html, "html"))


@given(texts)
def test_no_link_is_overlooked(text: str) -> None:
    """What tells quickly that there is no link says so only where there is none."""
    assert _MAYBE_LINK.search(text) or not _LINK_LIKE.search(text)


@given(st.lists(texts.map(lambda text: line(text, 200)), min_size=20, max_size=20))
@example(["$A @b1 /c #d " * 15] * 20)
def test_words_of_others_in_a_list(names: list[str]) -> None:
    """However many links are in the names of a list, none of them works: there are never more than Telegram keeps."""
    html = "\n".join(f"• {rendering.plain(name)}" for name in names)[:BYTES]
    assume(units(rendering.text(html)) <= UNITS)
    accepted(Message(html), own_links=0)
    assert rendering.text(html) == "\n".join(f"• {name}" for name in names)


@given(urls, texts)
def test_any_link(url: str | None, quote: str) -> None:
    """A link is an address in ASCII that Telegram keeps, whatever it was made from."""
    found = link(url, quote)
    assume(found is not None)
    assert found is not None
    assert re.fullmatch(r"https?://[a-z0-9.-]+(:\d+)?([/?#][!#$%&'()*+,/:;=?@\[\]~\w.-]*)?", found, re.ASCII)
    if emulator() is not None:
        citation = {"number": 1, "title": "t", "published": None, "source": None, "start": 0, "end": 1}
        [*_, last] = rendering.passage(citation | {"url": url, "quote": quote}, None, catalogue("fr"))
        _, entities = emulator().parse(last.html, "html")
        assert [e["url"] for e in entities if e["type"] == "text_link"] == [found]


def test_emulator_beside_the_checkout() -> None:
    """Says so when the rules of Telegram were not there to judge."""
    if emulator() is None:
        pytest.skip("the emulator is not beside the checkout")
    assert emulator().utf16("😀") == units("😀") == 2
