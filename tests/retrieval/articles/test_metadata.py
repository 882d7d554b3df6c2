"""What is known of an article comes from its fields and cues, and is None otherwise."""

from __future__ import annotations

import pytest

from retrieval.articles.dates import date_in_name, parse_date
from retrieval.articles.metadata import Extracted, assemble, front_matter

PROSE = "Le ministre a présenté mardi à Lyon un plan de rénovation des écoles, qui doit commencer dès la rentrée."


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2024", "2024"),
        ("2023-05", "2023-05"),
        ("2025-06-17T08:00:00+02:00", "2025-06-17"),
        ("20250617", "2025-06-17"),
        ("3 juillet 2024", "2024-07-03"),
        ("1er août 2024", "2024-08-01"),
        ("juillet 2024", "2024-07"),
        ("July 3, 2024", "2024-07-03"),
        ("Wed, 03 Jul 2024 10:00:00 GMT", "2024-07-03"),
        ("03/07/2024", "2024-07-03"),
        ("2025年6月17日", "2025-06-17"),
        ("04/03", None),
        ("2023-13-01", None),
        ("31/02/2024", None),
        ("hier", None),
    ],
)
def test_dates(written: str, iso: str | None) -> None:
    """A date becomes ISO with the precision it has; without a year it is none."""
    assert parse_date(written) == iso


def test_dates_in_file_names() -> None:
    """A file name can bear a date; a number in it is none."""
    assert date_in_name("2024-07-03-sommet.txt") == "2024-07-03"
    assert date_in_name("sommet_2024-07.md") == "2024-07"
    assert date_in_name("000_548926593dd8db23.txt") is None
    assert date_in_name("202407.txt") is None


@pytest.mark.parametrize(
    ("head", "iso"),
    [
        ("  ·  2025-06-17  ·   Source: Xinhua\n", "2025-06-17"),
        ("Publié le 3 juillet 2024, mis à jour le 5 juillet 2024\n", "2024-07-03"),
        ("Un plan pour les écoles du pays\n17 juin 2025\n", "2025-06-17"),
        (" date 2023-05 ", "2023-05"),
        ("Dernière mise à jour à 08h55 le 04/03\n", None),
        ("Prévue du 2 au 4 juillet 2024, la visite est reportée.\n", None),
        (f"{PROSE}\n\nPublié le 3 juillet 2024\n\n", None),
        ("", None),
    ],
)
def test_published_cues(head: str, iso: str | None) -> None:
    """A dateline above the text gives the date of publication; a date inside the prose does not."""
    assert assemble("x", Extracted(head + PROSE)).published == iso


def test_file_name_gives_the_date_last() -> None:
    """The text's own dateline goes before the name of the file."""
    assert assemble("x", Extracted(PROSE), name="a/2024-07-03-x.txt").published == "2024-07-03"
    assert assemble("x", Extracted(f"Publié le 2 juin 2023\n{PROSE}"), name="2024-07-03.txt").published == "2023-06-02"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (f"Source: Xinhua\n\n{PROSE}", "Xinhua"),
        (f"{PROSE}\n\nSource : Reuters", "Reuters"),
        (f"(Xinhua/Jeanne Petit)\n\n{PROSE}", "Xinhua"),
        (f"LYON (AFP) - {PROSE}", "AFP"),
        (f"{PROSE} Il parlait à Groupe Média Lyonnais (GML).", None),
        (f"{PROSE} Il parlait avec China Media Group (CMG).", None),
        (f"(Photo/Jeanne Petit)\n\n{PROSE}", None),
    ],
)
def test_source_cues(text: str, source: str | None) -> None:
    """A "Source:" line, a credit or an agency's dateline names the outlet; a mention does not."""
    assert assemble("x", Extracted(text)).source == source


def test_headlines() -> None:
    """A short first line without a full stop above running text is the title, and stays in the text."""
    article = assemble("x", Extracted(f"Accueil >> Monde\n\nUn plan pour les écoles\n\nPhoto de classe\n\n{PROSE}"))
    assert article.title == "Un plan pour les écoles"
    assert article.text.startswith("Un plan pour les écoles\n\n")
    assert assemble("x", Extracted(f"# Un plan pour Lyon\n\n{PROSE}")).title == "Un plan pour Lyon"
    assert assemble("x", Extracted(f"{PROSE}\n\n{PROSE}")).title is None
    assert assemble("x", Extracted("Un plan pour les écoles\n\nTrois mots seulement")).title is None


def test_front_matter() -> None:
    """Key-value lines between --- are metadata and leave the text."""
    found = front_matter(
        '---\r\ntitle: "Un plan : le grand"\r\ndate: 2024-07-03\r\nsource: AFP\r\nurl: https://example.org/a\r\n'
        "language: fr-FR\r\ntags:\r\n  - école\r\n---\r\n" + PROSE
    )
    article = assemble("x", found)
    assert (article.title, article.published, article.source) == ("Un plan : le grand", "2024-07-03", "AFP")
    assert (article.url, article.language, article.text) == ("https://example.org/a", "fr", PROSE)


def test_rules_that_are_no_front_matter() -> None:
    """A horizontal rule with prose under it is text."""
    raw = f"---\n{PROSE}\n---\nFin"
    assert front_matter(raw) == Extracted(raw)
