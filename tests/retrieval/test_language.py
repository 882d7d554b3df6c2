"""Languages are told from scripts and function words."""

from __future__ import annotations

import pytest

from retrieval.language import detect, telling


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Qui est Macron ?", "fr"),
        ("quel age avait tokaiev a xi an", "fr"),
        ("Et en 2024 ?", "fr"),
        ("Combien de morts à Gaza ?", "fr"),
        ("C'est quoi l'OCS ?", "fr"),
        ("Où se tiendra le sommet ?", "fr"),
        ("Who won?", "en"),
        ("How old is he?", "en"),
        ("What did Xi Jinping say in Astana?", "en"),
        ("Wer hat die Wahl gewonnen?", "de"),
        ("¿Quién ganó las elecciones?", "es"),
        ("Chi ha vinto le elezioni?", "it"),
        ("Quem ganhou a eleição?", "pt"),
        ("Wie heeft de verkiezingen gewonnen?", "nl"),
        ("Кто победил на выборах?", "ru"),
        ("谁赢得了选举？", "zh"),
        ("選挙に勝ったのは誰ですか", "ja"),
        ("누가 선거에서 이겼습니까?", "ko"),
        ("من فاز في الانتخابات؟", "ar"),
        ("Ποιος κέρδισε τις εκλογές;", "el"),
        ("习近平在 Astana 说了什么？", "zh"),
        ("Que veut dire le mot 你好 en français ?", "fr"),
        ("Xi Jinping", None),
        ("", None),
        ("123 ?!", None),
    ],
)
def test_detect(text: str, language: str | None) -> None:
    """Short questions are enough; a name alone is not."""
    assert detect(text) == language


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Who is the mayor of Lyon?", "qui maire Lyon"),
        ("Wie viele Menschen leben in Rovaniemi?", "Menschen leben in Rovaniemi?"),
        ("Кто такой Глызин?", "qui takoi Glyzin"),
        ("Qui est le maire de Lyon ?", "Qui est le maire de Lyon ?"),
        ("ki a signé l'accord", "qui a signé l'accord"),
        ("cb de touristes sont venus", "combien de touristes sont venus"),
        ("pk le sommet a été reporté", "pourquoi le sommet a été reporté"),
        ("Qui est M. Ki ?", "Qui est M. Ki ?"),
        ("c ki ? C'est-à-dire, c'est qui ?", "c'est qui ? C'est-à-dire, c'est qui ?"),
        ("cb de mm de pluie par 12°c", "combien de mm de pluie par 12°c"),
    ],
)
def test_what_a_question_tells(question: str, told: str) -> None:
    """Known words of other languages become French, their function words go, Cyrillic becomes Latin.

    French stays as it is, but for whole words in lower case that were typed in a hurry; a name stays.
    """
    assert telling(question) == told
