"""The word index: BM25 over French terms and character 4-grams, in tantivy. The only file that imports tantivy.

Each passage is one entry with three fields: the terms of its text, the terms of its article's title, and the character
4-grams of both (they forgive typos, inflections and compounds the stemmer does not know; McNamee & Mayfield, Character
N-gram Tokenization for European Language Text Retrieval, 2004). Scores are BM25 (k1 = 1.2, b = 0.75) summed with the
weights below, chosen on PIAF dev in tests/benchmarks/search_quality.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

import tantivy

from retrieval.analysis import STOP_WORDS, fold, stem, terms, words
from retrieval.errors import StoreMismatch
from retrieval.lexicon import related
from retrieval.types import Article, Passage, Period

INDEX_VERSION = "5"  # raise it when fields or analysis change: the index is then rebuilt from the stored articles
TITLE_WEIGHT = 0.5  # unless the settings say otherwise
GRAM_WEIGHT = 0.25
RELATED_WEIGHT, RELATED_TIE = 1.0, 0.0  # of other words for the same thing, by their strength; of all but the best
GRAM = 4
_WORD = re.compile(r"[^\W_]+")
_UNKNOWN_DAY = 0  # entries without a date match no period


@dataclass(frozen=True, slots=True)
class WordHit:
    """An entry of the index: offsets into the article as it was when indexed (`version` tells)."""

    article: str
    version: str
    start: int
    end: int
    score: float
    days: tuple[int, int] = (0, 0)  # of publication, as `days` gives them
    sentences: tuple[tuple[str, ...], ...] = ()  # folded words, as `analysis.words` gives them
    heading: tuple[str, ...] = ()


def days(published: str | None) -> tuple[int, int]:
    """First and last day that a date of day, month or year precision covers, as yyyymmdd; (0, 0) when unknown."""
    if not published:
        return (_UNKNOWN_DAY, _UNKNOWN_DAY)
    digits = published.replace("-", "")
    return (
        int((digits + "0101")[:8] if len(digits) < 8 else digits),
        int(digits + {4: "1231", 6: "31"}.get(len(digits), "")),
    )


@lru_cache(maxsize=200_000)
def _word_grams(word: str) -> str:
    folded = fold(word)
    if folded in STOP_WORDS:
        return ""
    padded = f"_{folded}_"
    return " ".join(padded[i : i + GRAM] for i in range(max(1, len(padded) - GRAM + 1)))


def _grams(text: str) -> str:
    return " ".join(filter(None, map(_word_grams, _WORD.findall(text))))


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("article", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("version", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("start", "end"):
        builder.add_integer_field(name, stored=True, indexed=False)
    for name in ("sentences", "heading"):  # what ranking looks at: a sentence a line
        builder.add_bytes_field(name, stored=True, indexed=False)
    for name in ("first_day", "last_day"):
        builder.add_integer_field(name, stored=True, indexed=True, fast=True)
    for name in ("body", "title", "grams"):
        builder.add_text_field(name, stored=False, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


class WordIndex:
    """The index in one folder. Readers see the last commit and are not disturbed by a writer."""

    def __init__(self, folder: Path, title_weight: float = TITLE_WEIGHT) -> None:
        self._title_weight = title_weight
        folder.mkdir(parents=True, exist_ok=True)
        self._schema = _schema()
        try:
            self._index = tantivy.Index(self._schema, path=str(folder), reuse=True)
        except ValueError as error:  # its fields are another version's
            raise StoreMismatch(
                f"the word index in {folder} was made by another version", remedy="run `sourcier ingest --rebuild`"
            ) from error
        self._writer: tantivy.IndexWriter | None = None
        self._searcher: tantivy.Searcher | None = None

    def add(self, article: Article, version: str, passages: Sequence[Passage]) -> None:
        """Add an article's passages; `commit` makes them visible."""
        first, last = days(article.published)
        heading, title_grams = words(article.title or ""), _grams(article.title or "")
        writer = self._open_writer()
        for passage in passages:
            text = article.text[passage.start : passage.end]
            sentences = [words(article.text[start:end]) for start, end in passage.sentences]
            document = tantivy.Document(
                article=article.id,
                version=version,
                start=passage.start,
                end=passage.end,
                first_day=first,
                last_day=last,
                sentences="\n".join(map(" ".join, sentences)).encode(),
                heading=" ".join(heading).encode(),
                body=" ".join(map(stem, chain.from_iterable(sentences))),
                title=" ".join(map(stem, heading)),
                grams=f"{title_grams} {_grams(text)}",
            )
            writer.add_document(document)

    def delete(self, articles: Iterable[str]) -> None:
        """Delete all entries of some articles; `commit` makes it visible."""
        gone = list(articles)
        if gone:  # in one query: each deletion by itself costs over a millisecond
            query = tantivy.Query.term_set_query(self._schema, "article", gone)
            self._open_writer().delete_documents_by_query(query)

    def clear(self) -> None:
        """Delete everything."""
        self._open_writer().delete_all_documents()
        self.commit()

    def commit(self) -> None:
        """Write what was added and deleted to disk, all or nothing."""
        if self._writer is not None:
            self._writer.commit()
            self._searcher = None

    def close(self) -> None:
        """Wait for background merges and let the writer go."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    def search(self, question: str, k: int, period: Period | None = None) -> list[WordHit]:
        """The k best entries for a question, best first; with a period, only articles published within it."""
        query = self._query(question, period)
        if query is None:
            return []
        searcher = self._open_searcher()
        found = []
        for score, address in searcher.search(query, k, count=False).hits:
            entry = searcher.doc(address)
            sentences = tuple(tuple(line.split()) for line in bytes(entry["sentences"][0]).decode().split("\n"))
            heading = tuple(bytes(entry["heading"][0]).decode().split()) if self._title_weight else ()
            place = entry["article"][0], entry["version"][0], entry["start"][0], entry["end"][0]
            published = entry["first_day"][0], entry["last_day"][0]
            found.append(WordHit(*place, float(score), published, sentences, heading))
        return found

    def has(self, period: Period) -> bool:
        """Whether any article was published in a period."""
        query = tantivy.Query.boolean_query([(tantivy.Occur.Must, q) for q in self._within(period)])
        return bool(self._open_searcher().search(query, 1, count=False).hits)

    def reload(self) -> None:
        """Let the next search see what another writer committed."""
        self._searcher = None

    def entries(self) -> set[tuple[str, str, int, int]]:
        """Everything in the index, as (article, version, start, end): for checks."""
        searcher = self._open_searcher()
        if not searcher.num_docs:
            return set()
        hits = searcher.search(tantivy.Query.all_query(), searcher.num_docs, count=False).hits
        documents = [searcher.doc(address) for _, address in hits]
        return {(d["article"][0], d["version"][0], d["start"][0], d["end"][0]) for d in documents}

    def document_frequency(self, term: str) -> int:
        """In how many passages a term (as `analysis.terms` gives it) occurs."""
        return int(self._open_searcher().doc_freq("body", term))

    def __len__(self) -> int:
        return int(self._open_searcher().num_docs)

    def _query(self, question: str, period: Period | None) -> tantivy.Query | None:
        clauses = []
        for field, weight, found in (
            ("body", 1.0, terms(question)),
            ("title", self._title_weight, terms(question)),
            ("grams", GRAM_WEIGHT, _grams(question).split()),
        ):
            for word in dict.fromkeys(found):
                query = self._term(field, word)
                if field == "body" and (others := [self._item(i, s) for i, s in related(word).items()]):
                    # the best of them counts: a text that says the same thing in three words says it once
                    query = tantivy.Query.disjunction_max_query([query, *others], RELATED_TIE)
                clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(query, weight)))
        if not clauses:
            return None
        words_query = tantivy.Query.boolean_query(clauses)
        if period is None:
            return words_query
        within = [tantivy.Query.boost_query(q, 0.0) for q in self._within(period)]
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, q) for q in (words_query, *within)])

    def _term(self, field: str, word: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, word, "freq")

    def _item(self, item: Sequence[str], strength: float) -> tantivy.Query:
        """What stands for a word of the question; a group of several words only with all of them."""
        query = (
            self._term("body", item[0])
            if len(item) == 1
            else tantivy.Query.boolean_query([(tantivy.Occur.Must, self._term("body", word)) for word in item])
        )
        return tantivy.Query.boost_query(query, RELATED_WEIGHT * strength / len(item))

    def _within(self, period: Period) -> list[tantivy.Query]:
        first, last = period.days
        kind = tantivy.FieldType.Integer
        return [
            tantivy.Query.range_query(self._schema, field, kind, low, high, True, True)
            for field, low, high in (("last_day", first, 99_999_999), ("first_day", 1, last))
        ]

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._writer = self._index.writer(64_000_000, 1)
        return self._writer

    def _open_searcher(self) -> tantivy.Searcher:
        if self._searcher is None:
            self._index.reload()
            self._searcher = self._index.searcher()
        return self._searcher
