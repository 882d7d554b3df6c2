"""Sentences and passages are slices, on French borders."""

import itertools

import pytest

from retrieval.passages import LONGEST_SENTENCE, cut, split_sentences
from retrieval.types import Article


def sentences(text: str) -> list[str]:
    return [text[s:e] for s, e in split_sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["M. Xi a reçu M. Tokaïev.", "Ils ont signé."],
        ["Mme Serik et le Dr. Jean l'ont dit.", "C'est fait."],
        ["Le commerce atteint 17,62 milliards.", "Il montait à 15.4 en 2020."],
        ["J. R. Dupont préside.", "Il est élu."],
        ["On cite, p. ex. Paris, la Seine, etc.", "Puis Lyon."],
        ["Vraiment ? demanda-t-il.", "Oui !", "Ah…", "Bien."],
        ["« Nous sommes prêts. Nous partons. »", "Puis il sortit."],
        ["Il a dit : « Oui. »", "Elle a ri."],
        ["Le chiffre (31 milliards.)", "Une hausse."],
        ["Elle a 3 p. cent de parts.", "Lui rien."],
        ["1. Premier point", "2. Second point", "- un tiret"],
        ["Der Park öffnet am 17. September 2025.", "Er schließt im Mai."],
        ["Il en reste 17.", "Mais deux manquent."],
        ["Un titre sans point", "Le corps commence. ".strip(), "Fin."],
    ],
)
def test_french_sentence_borders(expected: list[str]) -> None:
    """Abbreviations, initials, decimals, quotations and lists do not break a sentence; line breaks do."""
    text = ""
    for sentence in expected:
        line = text and (sentence[0] in "12-" or sentence.startswith("Le corps"))
        text += ("\n" if line else " " if text else "") + sentence
    assert sentences(text) == expected


def test_a_long_run_is_cut_at_white_space() -> None:
    """A sentence without borders is cut, and no word of it is lost."""
    text = "mot " * 1000
    found = sentences(text)
    assert max(map(len, found)) <= LONGEST_SENTENCE
    assert " ".join(found) == text.strip()


def test_passages_hold_every_sentence_once() -> None:
    """Passages follow each other without overlap; together they hold every sentence of the article."""
    text = "\n\n".join(f"Paragraphe {i}. " + "Une phrase de plus à lire. " * (i % 7 + 1) for i in range(40))
    passages = cut(Article("a", text))
    assert [s for p in passages for s in p.sentences] == split_sentences(text)
    assert all(p.start == p.sentences[0][0] and p.end == p.sentences[-1][1] for p in passages)
    assert all(a.end <= b.start for a, b in itertools.pairwise(passages))


def test_a_heading_goes_with_what_follows() -> None:
    """No passage ends on a heading."""
    body = "Cette phrase compte à peu près cinquante caractères. " * 12
    text = "\n".join(f"Intertitre numéro {i}\n{body.strip()}" for i in range(6))
    for passage in cut(Article("a", text))[:-1]:
        assert not text[passage.start : passage.end].split("\n")[-1].startswith("Intertitre")


def test_an_empty_article_has_no_passage() -> None:
    """White space alone gives nothing."""
    assert cut(Article("a", " \n ")) == []
