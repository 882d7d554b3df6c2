"""Boilerplate goes, sentences stay, and nothing is lost."""

from __future__ import annotations

import pytest

from retrieval.articles.cleaning import clean, normalise
from retrieval.types import Removed

PROSE = "Le ministre a présenté mardi à Lyon un plan de rénovation des écoles, qui doit commencer dès la rentrée."
MORE = "Les travaux dureront trois ans, selon son cabinet, et seront payés pour moitié par les communes concernées."


def rebuilt(text: str, removed: tuple[Removed, ...]) -> str:
    for piece in reversed(removed):
        text = text[: piece.at] + piece.text + text[piece.at :]
    return text


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Accueil >> Europe", "breadcrumb"),
        ("Accueil Monde Economie Culture Sport", "menu"),
        ("中文 English Deutsch 日本語 Chinafrique", "language bar"),
        ("Suivez-nous sur", "social"),
        ("Suivez-nous sur Facebook", "social"),
        ("Facebook Twitter LinkedIn", "social"),
        ("  • descriptiondescription", "placeholder"),
        ("Mots-clés:", "keywords"),
        ("Mots-clés : école, rénovation", "keywords"),
        ("(Xinhua/Jeanne Petit)", "photo credit"),
        ("Photo : Jeanne Petit", "photo credit"),
        ("Dernière mise à jour à 08h55 le 04/03", "dateline"),
        ("Publié le 3 juillet 2024 à 10h30", "dateline"),
        ("  ·  2025-06-17  ·   Source: Xinhua", "dateline"),
        ("12 Rivoli, 75001 Paris République française", "address"),
        ("京ICP备00000000号-3", "licence"),
        ("网站地图:", "other script"),
        ("© 2024 Le Journal. Tous droits réservés.", "rights"),
        ("Lire aussi : Un autre plan pour les lycées", "related article"),
        ("https://example.org/a https://example.org/b", "link"),
    ],
)
def test_boilerplate_lines_are_removed(line: str, reason: str) -> None:
    """A line of boilerplate above the text is removed with its reason, and can be put back."""
    raw = f"{line}\n\n{PROSE}\n\n{MORE}"
    text, removed = clean(raw)
    assert text == f"{PROSE}\n\n{MORE}"
    assert [piece.reason for piece in removed] == [reason]
    assert rebuilt(text, removed) == normalise(raw)


@pytest.mark.parametrize(
    "line",
    [
        "Suivez-nous, a-t-il crié à la foule qui l'attendait.",
        "Lire aussi les classiques est un conseil que donnent tous les professeurs.",
        "Publié le 3 juillet dans la revue Nature, l'article décrit une méthode nouvelle.",
        "La source : un ruisseau",
        "Voir aussi loin ne sert à rien.",
        "Date importante pour le pays",
        "(Il a ensuite corrigé ce chiffre.)",
        "Chine, Monde arabe, Europe : trois marchés pour un seul produit",
        "2024",
        "Le mot 你好 veut dire bonjour.",
        "Échanges culturels et coopération",
        "cmm/ec/rsr",
    ],
)
def test_sentences_that_resemble_boilerplate_stay(line: str) -> None:
    """Running text and headings that begin like boilerplate are kept."""
    raw = f"{PROSE}\n\n{line}\n\n{MORE}"
    assert clean(raw) == (raw, ())


def test_footer_goes_whole_with_its_column_label() -> None:
    """From "A lire également" on everything goes when no sentence follows, and so does the label above it."""
    raw = f"{PROSE}\n\nTemps locaux\n\nA lire également\nUn titre\nUn autre titre\n\nLiens:\nUn site"
    text, removed = clean(raw)
    assert text == PROSE
    assert [piece.reason for piece in removed] == ["column label", "footer"]
    assert rebuilt(text, removed) == raw


def test_related_article_in_the_middle_takes_nothing_along() -> None:
    """A "Lire aussi" followed by sentences loses its own line only."""
    text, removed = clean(f"{PROSE}\n\nLire aussi : Un titre\n\n{MORE}")
    assert text == f"{PROSE}\n\n{MORE}"
    assert [piece.text for piece in removed] == ["Lire aussi : Un titre\n\n"]


def test_date_prefix_is_removed() -> None:
    """A "date 2023-05 " before the first sentence is cut off, and only there."""
    assert clean(f" date 2023-05 {PROSE}") == (PROSE, (Removed(0, "date 2023-05 ", "dateline"),))


def test_date_headings_of_a_chronology_stay() -> None:
    """A lone date below the first paragraph is a heading, not the article's dateline."""
    raw = f"{PROSE}\n\n17 juin 2025\n\n{MORE}"
    assert clean(raw) == (raw, ())


def test_chinese_article_keeps_its_lines() -> None:
    """Chinese lines are boilerplate only in an article that is not Chinese."""
    raw = "会议今天在北京举行\n\n部长说学校的工程将于九月开始。"
    assert clean(raw) == (raw, ())


def test_nothing_but_boilerplate_stays_whole() -> None:
    """A page of which nothing would be left is kept as it is."""
    assert clean("Accueil >> Monde\n\nSuivez-nous") == ("Accueil >> Monde\n\nSuivez-nous", ())


def test_whitespace_is_normalised_and_nothing_else() -> None:
    """CRLF, trailing spaces and runs of blank lines are normalised; quotes and inner spaces stay."""
    assert (
        clean("\r\nUn  « mot »\u00a0!  \r\n\r\n\r\n\r\nl’autre “mot”\t\r\n")[0] == "Un  « mot »\u00a0!\n\nl’autre “mot”"
    )
    assert clean("e\u0301cole")[0] == "école"
