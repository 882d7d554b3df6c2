"""Finished runs by hand, scored as any run is: a small one, one whose texts attack the page, one that is long."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from retrieval.evaluation import runs
from retrieval.evaluation.aggregating import aggregate
from retrieval.evaluation.evidence import Corpus
from retrieval.evaluation.gold import Evidence, Row
from retrieval.evaluation.metrics import confidence_of, score
from retrieval.types import Article

PORT = Article(
    "port.txt",
    "🚢 Le port sec de Khorgos a traité 372 000 conteneurs en 2023. Sa directrice, Mme Serik, s'en réjouit.\n"
    "Une grue de 41 tonnes arrive en mars. " + "Le vent souffle sur la steppe. " * 60 + "Le quai mesure 900 mètres.",
    title="Le port grandit", published="2024-01-15", source="La Gazette", url="https://example.org/port",
)  # fmt: skip
LYCEE = Article("lycee.txt", "Le lycée Été a ouvert en 2022. Il compte 240 élèves.", published="2022-09")

HOSTILE = (
    "</script><script>window.pwned=1</script><!--<script>\u2028\u202eabc\u2066 <img src=x onerror=window.pwned=1>\udfff"
)


class _Shelf:
    def __init__(self, articles: Sequence[Article]) -> None:
        self._articles = {article.id: article for article in articles}

    def article(self, name: str) -> Article | None:
        return self._articles.get(name)


def row(name: str, question: str, article: Article | None, quote: str, answers: Sequence[str] = (), **more: Any) -> Row:
    """A question; without an article nothing answers it."""
    evidence = (Evidence(article.id, quote or None),) if article else ()
    return Row(1, name, question, answers=tuple(answers), evidence=evidence, answerable=bool(article), **more)


def place(article: Article, text: str) -> dict[str, Any]:
    """Where a text stands in an article."""
    at = article.text.index(text)
    return {"article": article.id, "start": at, "end": at + len(text)}


def answer(
    name: str, *quotes: tuple[Article, str], hits: Sequence[tuple[Article, str]] = (), **more: Any
) -> dict[str, Any]:
    """An answer of these quotes, a statement each, in its JSON form; without any, an abstention."""
    citations = [
        {"number": n, "title": a.title, "published": a.published, "source": a.source, "url": a.url, "quote": quote,
         **place(a, quote)}
        for n, (a, quote) in enumerate(quotes, 1)
    ]  # fmt: skip
    found = [{**place(a, text), "score": 20.0 - at} for at, (a, text) in enumerate(hits)]
    return {
        "id": name, "question": "", "understood_as": "", "language": "fr", "mode": "extractive", "model": None,
        "abstained": not quotes, "text": " ".join(f"{quote} [{n}]" for n, (_, quote) in enumerate(quotes, 1)),
        "statements": [{"text": quote, "citations": [n], "supported": True} for n, (_, quote) in enumerate(quotes, 1)],
        "dropped": [], "citations": citations, "hits": found, "period": None, "newest_source": None,
        "usage": {"input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0},
        "seconds": {"retrieval": 0.01, "total": 0.02}, "notice": None, "missing": [], "unanswered": [], **more,
    }  # fmt: skip


def make_run(
    folder: Path, rows: Sequence[Row], answers: Sequence[Mapping[str, Any]], articles: Sequence[Article] = (PORT, LYCEE)
) -> Path:
    """The folder of a finished run of these rows, in which these answers were given."""
    corpus = Corpus(_Shelf(articles))  # type: ignore[arg-type]
    scored = [score(asked, given, corpus) for asked, given in zip(rows, answers, strict=True)]
    sources = {confidence_of(given)[1] for given in answers if not given["abstained"]}
    gold = runs.gold_lines(rows, corpus)
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "format": 1, "created": "2026-11-22T08:41:39+00:00", "finished": "2026-11-22T08:41:42+00:00", "seconds": 2.84,
        "questions": len(rows), "dialogues": 0, "jobs": 4, "gold": ["tests/gold.jsonl"], "version": "0.1.0",
        "fingerprints": {"gold": "0a", "corpus": "1b", "settings": "2c", "code": "3d"},
        "settings": {"mode": "extractive", "passages": 10}, "weights": {"search.DEPTH": 60}, "notices": {},
    }  # fmt: skip
    runs.write_json(folder / runs.RUN, about)
    runs.write_lines(folder / runs.GOLD, gold)
    runs.write_lines(folder / runs.ANSWERS, answers)
    runs.write_lines(folder / runs.ARTICLES, runs.article_lines(gold, answers, corpus))
    runs.write_json(folder / runs.SCORES, aggregate(scored, "answer" if sources == {"answer"} else "hits"))
    return folder


CONTAINERS = "Le port sec de Khorgos a traité 372 000 conteneurs en 2023."
CRANE = "Une grue de 41 tonnes arrive en mars."
QUAY = "Le quai mesure 900 mètres."
PUPILS = "Il compte 240 élèves."
SMALL_ROWS = (
    row("a", "Combien de conteneurs ?", PORT, CONTAINERS, ["372 000"], tags=("number",)),
    row("b", "Que pèse la grue ?", PORT, CRANE, ["41 tonnes"], tags=("number",)),
    row("c", "Quelle longueur a le quai ?", PORT, QUAY, ["900 mètres"], tags=("length",)),
    row("d", "How many pupils?", LYCEE, PUPILS, ["240"], language="en", tags=("number", "english")),
    row("e", "Qui est le maire de Brest ?", None, "", tags=("far",)),
    row("f", "Quel âge a Mme Serik ?", None, "", tags=("near",)),
)
SMALL_ANSWERS = (
    answer("a", (PORT, CONTAINERS), hits=[(PORT, CONTAINERS)]),
    answer("b", (PORT, CONTAINERS), hits=[(PORT, CONTAINERS), (PORT, CRANE)]) | {"seconds": {"total": 0.5}},
    answer("c", hits=[(PORT, CONTAINERS)], missing=["longueur"]),
    answer("d", (PORT, CRANE), hits=[(PORT, CRANE)],
           dropped=[{"text": "Il y a 999 élèves.", "reason": "not in the cited passages: number 999"}]),
    answer("e"),
    answer("f", (PORT, CONTAINERS), hits=[(PORT, CONTAINERS)]) | {"seconds": {"total": 0.001}},
)  # fmt: skip


def small_run(folder: Path, confidences: Sequence[float] | None = None) -> Path:
    """Six questions, an outcome each but for one; with confidences, if any are given."""
    given = [dict(one) for one in SMALL_ANSWERS]
    for one, confidence in zip(given, confidences or (), strict=bool(confidences)):
        one["confidence"] = confidence
    return make_run(folder, SMALL_ROWS, given)


def hostile_run(folder: Path) -> Path:
    """Each text that comes from outside carries markup, a script, an end of script, and marks of direction."""
    article = Article(f"{HOSTILE}.txt", f"{HOSTILE} Un fait. {HOSTILE} Une preuve.", title=HOSTILE, published=HOSTILE,
                      source=HOSTILE, url="javascript:window.pwned=1")  # fmt: skip
    rows = [
        row(f"q{HOSTILE}", HOSTILE, article, "Une preuve.", [HOSTILE], tags=(HOSTILE[:-1], HOSTILE), language="fr",
            forbidden=(HOSTILE,), false_premise=HOSTILE),
        row("long", "x" * 3000, None, "", tags=("t" * 300,)),
    ]  # fmt: skip
    # fmt: off
    first = answer(rows[0].id, (article, "Un fait."), hits=[(article, "Un fait.")], model=HOSTILE, notice=HOSTILE,
                   unanswered=[HOSTILE], dropped=[{"text": HOSTILE, "reason": HOSTILE}], understood_as=HOSTILE)
    # fmt: on
    first["statements"].append({"text": f"{HOSTILE}\ud800", "citations": [7], "supported": False})
    first["citations"].append({**first["citations"][0], "number": 2, "quote": HOSTILE})
    return make_run(folder, rows, [first, answer("long", missing=[HOSTILE, "y" * 900])], [article])


def long_run(folder: Path, questions: int = 4000) -> Path:
    """As many questions, of all outcomes, on 1,500 articles of a thousand characters each.

    Two hundred are scored, and stand again and again under other names: the numbers of the whole are those of these.
    """
    chance = random.Random(3)
    articles = [
        Article(f"{n}.txt", f"Le port {n} a {n} grues. " + "Il pleut sur le quai. " * 45, title=f"Port {n}")
        for n in range(1500)
    ]
    rows, answers = [], []
    for n in range(200):
        article = articles[n]
        fact = article.text.split(". ")[0] + "."
        known = n % 5 > 0
        question = f"Combien de grues a le port {n} ?"
        rows.append(row(str(n), question, article if known else None, fact, [f"{n}"] * known, tags=(f"tag{n % 17}",)))
        hits = [(articles[(n * 7 + k) % 1500], "Il pleut sur le quai.") for k in range(10)]
        quoted = [(article, fact)] if chance.random() < 0.6 else []
        answers.append(answer(str(n), *quoted, hits=hits, seconds={"total": chance.random()}))
    make_run(folder, rows, answers, articles)
    scores = runs.read_json(folder / runs.SCORES)
    many = range(questions)
    for name in (runs.GOLD, runs.ANSWERS):
        lines = runs.read_lines(folder / name)
        runs.write_lines(folder / name, [{**lines[n % 200], "id": f"q{n:04d}"} for n in many])
    scored = scores["by_question"]
    scores["by_question"] = [{**scored[n % 200], "id": f"q{n:04d}"} for n in many]
    runs.write_json(folder / runs.SCORES, {**scores, "questions": questions})
    runs.write_lines(folder / runs.ARTICLES, [{"id": a.id, "title": a.title, "text": a.text} for a in articles])
    return folder
