"""The values that travel through the rooms. All frozen; offsets are characters into `Article.text`.

Document ─▶ Article ─▶ Passage                                  (ingest)
Question ─▶ Hit ─▶ Sentence (with Quotes) ─▶ Statement, Citation ─▶ Answer
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Removed:
    """A piece of boilerplate that was cut out of an article."""

    at: int  # offset in Article.text where the piece stood
    text: str
    reason: str  # a short English noun: "menu", "photo credit", "footer", …


@dataclass(frozen=True, slots=True)
class Article:
    """One article as stored: its text without boilerplate, and what is known about it. Unknown stays None."""

    id: str  # path below the ingested folder, `id` of a .jsonl line, or a URL
    text: str
    title: str | None = None
    published: str | None = None  # ISO 8601, as precise as known: "2025", "2025-06" or "2025-06-17"
    source: str | None = None  # the outlet: "Xinhua", "AFP", …
    url: str | None = None
    language: str | None = None  # ISO 639-1
    removed: tuple[Removed, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of an article on sentence borders: its text is `article.text[start:end]`."""

    article: str
    start: int
    end: int
    sentences: tuple[tuple[int, int], ...]  # offsets into Article.text, in order, inside [start, end)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included; None is open."""

    first: date | None
    last: date | None
    expression: str | None = None  # the words of the question that gave it: then it is preferred, not required

    @property
    def days(self) -> tuple[int, int]:
        """First and last day as yyyymmdd, as both stores compare them; an open side is beyond any date."""
        first = int(self.first.strftime("%Y%m%d")) if self.first else 1
        return first, int(self.last.strftime("%Y%m%d")) if self.last else 99_999_999

    def __str__(self) -> str:
        return f"{self.first.isoformat() if self.first else '…'}/{self.last.isoformat() if self.last else '…'}"


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier exchange of the same conversation."""

    question: str  # as it was understood (standing alone)
    answer: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, with what is needed to understand it."""

    text: str
    id: str | None = None
    history: tuple[Turn, ...] = ()
    period: Period | None = None  # an explicit filter: only articles published in it; else what understanding finds
    any_date: bool = False  # do not look for a period in the question's words
    today: date | None = None  # what « hier » is counted from; None: the real date
    mode: str | None = None  # "extractive" or "model"; None: as the settings say
    understood_as: str | None = None  # filled by understanding: the question that stands alone
    language: str | None = None  # filled by understanding: ISO 639-1
    unfound: tuple[str, ...] = ()  # filled by search: parts of it on which nothing was found

    @property
    def standalone(self) -> str:
        """The question to search for and to answer."""
        return self.understood_as or self.text


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found for a question, best first; `article` is whole, so that neighbours can be shown."""

    article: Article
    start: int
    end: int
    score: float  # higher is better; comparable within one hit list only
    sentences: tuple[tuple[int, int], ...] = ()  # offsets into article.text
    scores: Mapping[str, float] = field(default_factory=dict)  # by ranker, for `chat -v`

    @property
    def text(self) -> str:
        return self.article.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Quote:
    """A verbatim slice of an article: its text is `article.text[start:end]`."""

    article: Article
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.article.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer, verified, with the quotes that support it."""

    text: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of the finished answer; `citations` are numbers of `Answer.citations`."""

    text: str
    citations: tuple[int, ...]
    supported: bool = True


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that a model wrote and that was not let through."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A sentence of a model that only says what the passages do not: it rests on none."""

    text: str


@dataclass(frozen=True, slots=True)
class Unchecked:
    """The entailment check failed: this sentence and those that follow are verified without it."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered quote: `quote == article.text[start:end]`."""

    number: int
    article: str
    title: str | None
    published: str | None
    source: str | None
    url: str | None
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What model calls took."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0  # of the tokens whose price is known
    cached_tokens: int = 0  # among the input: read from the provider's prompt cache
    unpriced_tokens: int = 0  # of models that the price table does not name: what they cost is unknown

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cost_usd + other.cost_usd,
            self.cached_tokens + other.cached_tokens,
            self.unpriced_tokens + other.unpriced_tokens,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """A verified answer, or an abstention with the nearest hits. Its JSON form is `bot.rendering.as_json`."""

    id: str
    question: str
    understood_as: str
    language: str | None
    mode: str  # "extractive" or "model": who wrote the sentences
    model: str | None
    abstained: bool
    text: str
    statements: tuple[Statement, ...]
    dropped: tuple[Dropped, ...]
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    period: Period | None
    newest_source: str | None  # the latest `published` among the citations
    usage: Usage
    seconds: Mapping[str, float]  # "retrieval", "total", …
    notice: str | None = None  # why a fallback answered, if one did: one of `chain.NOTICES`
    confidence: float | None = None  # extractive: the probability that the hits hold an answer, 0 to 1
    missing: tuple[str, ...] = ()  # words of the question that no passage holds (abstention)
    unanswered: tuple[str, ...] = ()  # a model's sentences on what the passages do not say: no fact, no citation


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that could not be ingested."""

    path: str  # file path or URL
    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Embedded:
    """What embedding took: texts that a model was given, and its usage."""

    texts: int = 0
    usage: Usage = Usage()

    def __add__(self, other: Embedded) -> Embedded:
        return Embedded(self.texts + other.texts, self.usage + other.usage)


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one `ingest` did: numbers of articles, and of passages now stored in all."""

    added: int
    changed: int
    removed: int
    unchanged: int
    failed: tuple[Failure, ...]
    passages: int
    seconds: float
    embedded: Embedded = Embedded()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an `ingest` is, in articles. `total` is None while unknown."""

    done: int
    total: int | None
    passages: int  # written so far
    step: str = "ingest"  # or "estimate", before it, and "rebuild", of what is stored
