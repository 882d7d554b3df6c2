"""Answer → text for a terminal: wrapped to its width, with colours on a tty, plain elsewhere."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import click

from bot.texts import Texts
from retrieval.types import Answer, Article, Citation, Hit, Statement, SyncReport, Usage

_NEAREST = 3
_CONTEXT = 400  # characters shown on each side of a quote
# Control characters, and those that change the direction of writing: an article must not drive the terminal.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Page:
    """Where text goes: its language, its width, and whether it may be coloured."""

    t: Texts
    width: int = 80
    colour: bool = False

    def style(self, text: str, **styles: object) -> str:
        return click.style(text, **styles) if self.colour else text  # type: ignore[arg-type]

    def wrap(self, text: str, indent: str = "", first: str | None = None) -> str:
        """`text` on lines of the width; spaces run together, words and URLs stay whole."""
        return textwrap.fill(
            " ".join(clean(text).split()),
            max(self.width, 20),
            initial_indent=indent if first is None else first,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )


def clean(text: str) -> str:
    """`text` without what could drive a terminal."""
    return _UNSAFE.sub("", text)


def answer(answer: Answer, page: Page) -> str:
    """The whole answer: statements, verdict and sources, or the abstention."""
    parts = [understood(answer, page), notice(answer, page)]
    if answer.abstained:
        parts.append(abstention(answer, page))
    else:
        parts += [
            statements(answer.statements, page),
            unanswered(answer, page),
            verdict(answer, page),
            sources(answer.citations, page),
        ]
    return "\n\n".join(part for part in parts if part)


def understood(answer: Answer, page: Page) -> str:
    """How a question was understood, when that is not how it was asked, and the period it prefers or is limited to."""
    lines = []
    if answer.understood_as and answer.understood_as.strip() != answer.question.strip():
        lines.append(page.wrap(page.t("understood", question=answer.understood_as)))
    if answer.period:
        first, last = (day.isoformat() if day else None for day in (answer.period.first, answer.period.last))
        days = {"first": page.t.date(first) if first else "…", "last": page.t.date(last) if last else "…"}
        lines.append(page.wrap(page.t("period_preferred" if answer.period.expression else "period", **days)))
    return page.style("\n".join(lines), dim=True) if lines else ""


def notice(answer: Answer, page: Page) -> str:
    """What kept a model from answering as it should, if anything did, what is shown instead, and the remedy."""
    if not (reason := answer.notice):
        return ""
    t, known = page.t, f"notice_{reason}"
    said = [t(known) if known in t.entries else t("notice_other", notice=reason.removeprefix("model_"))]
    if reason not in ("repeated", "unchecked"):
        said.append(t("notice_instead" if answer.mode == "extractive" else "notice_until_then"))
    if (remedy := f"remedy_{reason}") in t.entries:
        said.append(t(remedy))
    return page.style(page.wrap(" ".join(said)), fg="yellow")


def statement(statement: Statement, page: Page) -> str:
    """A statement with the numbers of its citations."""
    marks = "".join(f"[{number}]" for number in statement.citations)
    parts = [statement.text, "" if statement.supported else page.t("unsupported"), marks]
    return " ".join(part for part in parts if part)


def statements(statements: Iterable[Statement], page: Page) -> str:
    """The statements as one paragraph, or as lines when one of them is an item of a list."""
    lines = [statement(s, page) for s in statements]
    text = "\n".join(page.wrap(line) for line in lines) if any(line.startswith("- ") for line in lines) else None
    text = text if text is not None else page.wrap(" ".join(lines))
    return re.sub(r"(?:\[\d+\])+", lambda m: page.style(m[0], fg="cyan"), text) if page.colour else text


def unanswered(answer: Answer, page: Page) -> str:
    """What the articles do not say, in the model's words: it has no source, and looks it."""
    text = page.wrap(" ".join(answer.unanswered))
    return "\n".join(page.style(line, italic=True) for line in text.split("\n")) if text else ""


def verdict(answer: Answer, page: Page) -> str:
    """One line: how many statements are supported, how many were dropped, who wrote them."""
    good = sum(s.supported for s in answer.statements)
    parts = [page.t("verified", supported=good, total=len(answer.statements))]
    if answer.dropped:
        parts.append(page.t.count("dropped", len(answer.dropped)))
    if answer.mode == "extractive":
        parts.append(page.t("mode_extractive"))
    else:
        parts.append(page.t("mode_model", model=answer.model) if answer.model else page.t("mode_model_unnamed"))
    return page.style(page.wrap(" · ".join(parts)), fg="green" if good == len(answer.statements) else "yellow")


def sources(citations: Iterable[Citation], page: Page) -> str:
    """The citations: number, title, outlet, date, address, and the quote."""
    blocks = []
    for c in citations:
        head = _line(c.title, c.source, c.published, page, c.url or c.article)
        quote = f"{page.t('open_quote')}{c.quote}{page.t('close_quote')}"
        mark = f"[{c.number}] "
        blocks.append(
            page.style(page.wrap(head, "    ", mark), bold=True) + "\n" + page.style(page.wrap(quote, "    "), dim=True)
        )
    return "\n".join([page.style(page.t("sources"), underline=True), *blocks]) if blocks else ""


def abstention(answer: Answer, page: Page) -> str:
    """What was not found, and the nearest articles with their dates."""
    blocks = [page.style(page.wrap(page.t("abstained")), fg="yellow"), *filter(None, [unanswered(answer, page)])]
    if answer.missing:
        words = ", ".join(f"{page.t('open_quote')}{w}{page.t('close_quote')}" for w in answer.missing)
        blocks.append(page.wrap(page.t("missing", words=words)))
    near = list({h.article.id: h.article for h in answer.hits}.values())[:_NEAREST]
    if near:
        lines = [page.wrap(_line(a.title, a.source, a.published, page, a.url or a.id), "  ", "- ") for a in near]
        blocks.append("\n".join([page.t("nearest"), *lines]))
    return "\n\n".join(blocks)


def hits(hits: Sequence[Hit], page: Page) -> str:
    """The hits with their scores and their passages."""
    if not hits:
        return page.t("no_hits")
    blocks = []
    for number, hit in enumerate(hits, 1):
        a = hit.article
        scores = ", ".join([f"{hit.score:.3f}", *(f"{name} {value:.3f}" for name, value in hit.scores.items())])
        where = f"{a.id}:{hit.start}-{hit.end}"
        head = _line(a.title, a.source, a.published, page, f"{where} · {page.t('score', score=scores)}")
        indent = " " * (len(str(number)) + 2)
        head = page.style(page.wrap(head, indent, f"{number}. "), bold=True)
        blocks.append(f"{head}\n{page.wrap(hit.text, indent)}")
    return "\n\n".join(blocks)


def details(answer: Answer, page: Page) -> str:
    """What `chat -v` adds: the hits with their scores, the seconds, the tokens."""
    seconds = ", ".join(f"{name} {value:.3f} s" for name, value in answer.seconds.items())
    lines = [f"{page.t('hits')}: {len(answer.hits)}"]
    for hit in answer.hits:
        scores = ", ".join([f"{hit.score:.3f}", *(f"{name} {value:.3f}" for name, value in hit.scores.items())])
        lines.append(page.wrap(f"{hit.article.id}:{hit.start}-{hit.end} · {scores}", "    ", "  "))
    lines.append(page.t("seconds", seconds=seconds))
    if answer.usage.input_tokens or answer.usage.output_tokens:
        u = answer.usage
        lines.append(page.t("cost", input=u.input_tokens, output=u.output_tokens, price=price(u, page.t)))
    return page.style("\n".join(lines), dim=True)


def quote_in_context(article: Article, citation: Citation, page: Page) -> str:
    """A quote inside the article, highlighted: in reverse video on a tty, between ⟦ ⟧ elsewhere."""
    text, start, end = article.text, citation.start, citation.end
    first, last = max(0, start - _CONTEXT), min(len(text), end + _CONTEXT)
    if first:  # begin and end on a word
        first = text.find(" ", first, start) + 1 or first
    if last < len(text):
        last = max(text.rfind(" ", end, last), end)
    before, after = ("… " if first else "") + text[first:start], text[end:last] + (" …" if last < len(text) else "")
    shown = "\n".join(page.wrap(line) for line in f"{before}⟦{text[start:end]}⟧{after}".splitlines() if line.strip())
    if page.colour:
        head, _, rest = shown.partition("⟦")
        quote, _, tail = rest.partition("⟧")
        shown = head + "\n".join(page.style(line, reverse=True) for line in quote.split("\n")) + tail
    head = _line(article.title, article.source, article.published, page, article.url or article.id)
    return page.style(page.wrap(head), bold=True) + "\n\n" + shown


def article(article: Article, page: Page, raw: bool = False) -> str:
    """An article as stored; `raw` puts what was cut out back where it stood, marked."""
    head = [page.style(page.wrap(article.title or page.t("untitled")), bold=True)]
    facts = [article.source, page.t.date(article.published), article.language, article.url]
    head.append(page.style(page.wrap(" · ".join(fact for fact in facts if fact)), dim=True))
    head.append(page.style(clean(article.id), dim=True))
    if not raw:
        if article.removed:
            head.append(page.style(page.t.count("removed_count", len(article.removed)), dim=True))
        return "\n".join(head) + "\n\n" + clean(article.text)
    parts, at = [], 0
    for piece in sorted(article.removed, key=lambda piece: piece.at):
        parts += [clean(article.text[at : piece.at]), page.style(f"⟦{piece.reason}: {clean(piece.text)}⟧", dim=True)]
        at = piece.at
    return "\n".join(head) + "\n\n" + "".join(parts) + clean(article.text[at:])


def report(report: SyncReport, page: Page) -> str:
    """What one ingest did, on one line, and what embedding took, on another."""
    done = page.t(
        "ingest_summary",
        added=report.added,
        changed=report.changed,
        removed=report.removed,
        unchanged=report.unchanged,
        failed=len(report.failed),
        passages=report.passages,
        seconds=f"{report.seconds:.1f}",
    )
    took = report.embedded.usage
    if not report.embedded.texts:
        return done
    told = {"texts": report.embedded.texts, "tokens": took.input_tokens, "price": price(took, page.t)}
    return f"{done}\n{page.t('ingest_embedded', **told)}"


def price(usage: Usage, t: Texts) -> str:
    """What a usage cost, or that this is unknown."""
    return t("price_unknown") if usage.unpriced_tokens and not usage.cost_usd else dollars(usage.cost_usd, t)


def dollars(amount: float, t: Texts) -> str:
    """An amount in US dollars: in cents, and below one with two digits that tell something."""
    shown = f"{amount:.2f}"
    if 0 < amount < 0.01:
        shown = f"{float(f'{amount:.1e}'):.8f}".rstrip("0")
    return t("dollars", amount=shown.replace(".", ",") if t.language == "fr" else shown)


def size(number: int) -> str:
    """A number of bytes, in the largest unit that fits."""
    value, unit = float(number), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def _line(title: str | None, source: str | None, published: str | None, page: Page, where: str) -> str:
    return " · ".join(p for p in (title or page.t("untitled"), source, page.t.date(published), where) if p)
