"""Answers made by hand, for the tests of this folder."""

from __future__ import annotations

from retrieval.types import Answer, Article, Citation, Dropped, Hit, Statement, Usage

TEXT = (
    "La foire du livre a ouvert mardi à Nantes. Elle attend 12 000 visiteurs cette semaine. "
    "Le maire a salué les libraires."
)
ARTICLE = Article("foire.txt", TEXT, title="La foire ouvre", published="2025-06-17", source="Gazette")
QUOTE = "Elle attend 12 000 visiteurs cette semaine."
START = TEXT.index(QUOTE)


def answer(**changes: object) -> Answer:
    """A verified answer of one statement."""
    citation = Citation(
        1, ARTICLE.id, ARTICLE.title, ARTICLE.published, ARTICLE.source, None, START, START + len(QUOTE), QUOTE
    )
    values: dict[str, object] = {
        "id": "q1",
        "question": "Combien de visiteurs ?",
        "understood_as": "Combien de visiteurs ?",
        "language": "fr",
        "mode": "extractive",
        "model": None,
        "abstained": False,
        "text": f"{QUOTE} [1]",
        "statements": (Statement(QUOTE, (1,)),),
        "dropped": (),
        "citations": (citation,),
        "hits": (Hit(ARTICLE, 0, len(TEXT), 12.3, scores={"words": 12.3}),),
        "period": None,
        "newest_source": "2025-06-17",
        "usage": Usage(),
        "seconds": {"retrieval": 0.004, "total": 0.012},
    }
    return Answer(**(values | changes))  # type: ignore[arg-type]


def abstention(**changes: object) -> Answer:
    """An answer that says that nothing was found."""
    empty: dict[str, object] = {"abstained": True, "text": "", "statements": (), "citations": (), "newest_source": None}
    return answer(**(empty | {"missing": ("éléphant",)} | changes))


DROPPED = Dropped("Elle attend 15 000 visiteurs.", "number not in the passage")
