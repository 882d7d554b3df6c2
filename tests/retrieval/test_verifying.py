"""A sentence passes only with what the cited passages hold."""

import pytest

from retrieval.passages import split_sentences
from retrieval.types import Article, Hit
from retrieval.verifying import prove, verify

TEXT = (
    "Le séisme a fait 4.200 morts dans la province du Gansu, a annoncé mardi 17 juin M. Xi Jinping. "
    "Les dégâts sont estimés à 17,62 milliards d'euros. "
    "Dix villages ont été évacués par l'armée chinoise. "
    "La croissance a reculé de 3,5 %, selon l'Union européenne."
)


def hit(text: str = TEXT, title: str = "Séisme en Chine", published: str = "2025-06-17", language: str = "fr") -> Hit:
    article = Article(f"{title}.txt", f"Avant.\n{text}", title, published, "Xinhua", language=language)
    spans = tuple((s + 7, e + 7) for s, e in split_sentences(text))
    return Hit(article, 7, 7 + len(text), 1.0, spans)


@pytest.mark.parametrize(
    "sentence",
    [
        "Le séisme a fait 4 200 morts dans le Gansu.",
        "Le séisme a tué 4,200 personnes au Gansu, un bilan de morts annoncé par Xi Jinping.",
        "Les dégâts sont estimés à 17.62 milliards d'euros.",
        "L'armée chinoise a évacué 10 villages.",
        "Le 17 juin 2025, M. Xi a annoncé 4200 morts.",
        "La croissance a reculé de 3,5 pour cent selon l'UE.",
        "En Chine, les dégâts du séisme sont estimés à 17,62 milliards d'euros.",
        "Mardi, la mort de 4.200 personnes dans le séisme a été annoncée.",
    ],
)
def test_what_the_passage_holds_passes(sentence: str) -> None:
    """Numbers, dates and names pass however they are written."""
    verdict = verify(sentence, [hit()], "Quel est le bilan ?", "fr")
    assert verdict.supported, verdict.reason


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Le séisme a fait 4 300 morts dans le Gansu.", "number 4 300"),
        ("Les dégâts sont estimés à 17,62 millions d'euros.", "number 17,62 millions"),
        ("Les dégâts sont estimés à 17,62 milliards de dollars.", "currency dollar"),
        ("L'armée chinoise a évacué douze villages.", "number douze"),
        ("L'armée chinoise a évacué 17 villages.", "number 17"),
        ("Le 18 juin 2025, M. Xi a annoncé 4200 morts.", "date 18 juin 2025"),
        ("Le 17 juin 2024, M. Xi a annoncé 4200 morts.", "date 17 juin 2024"),
        ("Le séisme a fait 4.200 morts jeudi dans le Gansu.", "weekday jeudi"),
        ("Le séisme a fait 4.200 morts dans le Sichuan.", "name Sichuan"),
        ("Emmanuel Macron a annoncé les 4.200 morts du séisme.", "name Emmanuel, name Macron"),
        ("Le séisme du 2025-38-99 a fait 4.200 morts.", "number 38"),
        ("La croissance a reculé de 3,5 points, soit 4 %.", "number 3,5"),
        ("M. Xi a annoncé « une immense tragédie nationale » mardi.", "quotation"),
        ("Les écoles rouvriront bientôt grâce aux dons étrangers.", "too few"),
    ],
)
def test_what_the_passage_lacks_is_named(sentence: str, reason: str) -> None:
    """An invented number, date, name, unit, quotation or matter fails, and the reason names it."""
    verdict = verify(sentence, [hit()], "Quel est le bilan ?", "fr")
    assert not verdict.supported
    assert reason in (verdict.reason or "")
    assert verdict.quotes == ()


def test_the_quote_is_the_sentence_that_proves() -> None:
    """The quote is a verbatim slice on sentence borders, and the smallest that proves."""
    verdict = verify("Les dégâts atteignent 17,62 milliards d'euros.", [hit()], "?", "fr")
    assert [q.text for q in verdict.quotes] == ["Les dégâts sont estimés à 17,62 milliards d'euros."]


def test_a_sentence_of_two_facts_is_quoted_whole() -> None:
    """A quote grows over neighbours when they hold another proof."""
    verdict = verify("Le séisme a fait 4.200 morts et 17,62 milliards d'euros de dégâts.", [hit()], "?", "fr")
    assert verdict.quotes[0].text.startswith("Le séisme")
    assert verdict.quotes[0].text.endswith("d'euros.")


def test_a_hit_that_proves_nothing_is_not_quoted() -> None:
    """Of two cited hits only the one that contributes becomes a quote."""
    other = hit("Le festival de Cannes s'est achevé dimanche.", "Cannes")
    verdict = verify("Les dégâts sont estimés à 17,62 milliards d'euros.", [other, hit()], "?", "fr")
    assert [q.article.title for q in verdict.quotes] == ["Séisme en Chine"]


def test_a_hit_without_sentences_is_quoted_whole() -> None:
    """Without sentence borders the whole hit is the quote."""
    whole = hit()
    bare = Hit(whole.article, whole.start, whole.end, 1.0)
    assert verify("Dix villages ont été évacués.", [bare], "?", "fr").quotes[0].text == TEXT


def test_another_language_is_checked_by_names_and_numbers() -> None:
    """An English sentence on a French passage needs the numbers and names, not the words."""
    assert verify("The earthquake in China killed 4,200 people on June 17, 2025.", [hit()], "?", "en").supported
    assert not verify("The earthquake in China killed 4,300 people.", [hit()], "?", "en").supported


def test_the_question_may_give_a_name() -> None:
    """A name or a number of the question needs no passage."""
    assert verify("Pékin annonce 4.200 morts dans le séisme.", [hit()], "Que dit Pékin ?", "fr").supported


def test_nothing_cited_proves_nothing() -> None:
    """Without a hit there is no support."""
    assert verify("Dix villages ont été évacués.", [], "?", "fr").reason == "no passage cited"


RESULTS = (
    "Le groupe Oriel a vendu 320 000 voitures en 2024, après 290 000 en 2023. "
    "Sa directrice, Anne Delorme, vise 350 000 ventes en 2025. "
    "Le syndicat de Paul Marchetti demande 4 % d'augmentation."
)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Le groupe Oriel a vendu 350 000 voitures en 2024.", "number 350 000"),
        ("Le groupe Oriel a vendu 320 000 voitures en 2023, après 290 000 en 2024.", "another's place"),
        ("Le groupe Oriel a vendu 320 000 voitures en 2025, après 290 000 en 2023.", "number 2025"),
        ("La directrice du groupe, Paul Marchetti, vise 350 000 ventes en 2025.", "name Paul Marchetti"),
    ],
)
def test_a_figure_or_a_name_of_another_sentence_is_refused(sentence: str, reason: str) -> None:
    """What stands in the passage with other words, or in a title, replaces nothing in a near copy."""
    article = hit(RESULTS, "Oriel vise 2025", "2025-01-15")
    verdict = verify(sentence, [hit(), article], "Que dit Oriel ?", "fr")
    assert not verdict.supported
    assert reason in (verdict.reason or "")


@pytest.mark.parametrize(
    "sentence",
    [
        "Le groupe Oriel est passé de 290 000 voitures en 2023 à 320 000 en 2024.",
        "Anne Delorme, directrice d'Oriel, vise 350 000 ventes en 2025.",
        "Le 17 juin 2025, M. Xi Jinping a annoncé que le séisme a fait 4.200 morts dans la province du Gansu.",
    ],
)
def test_a_near_copy_may_add_what_stands_around(sentence: str) -> None:
    """A name for a pronoun, the year of publication, and figures turned round together pass."""
    article = hit(RESULTS, "Oriel", "2025-01-15")
    verdict = verify(sentence, [hit(), article], "Que dit-on ?", "fr")
    assert verdict.supported, verdict.reason


def test_two_passages_are_quoted_for_two_facts() -> None:
    """A sentence that joins facts of two passages carries a quote of each."""
    cited = [hit(), hit(RESULTS, "Oriel", "2025-01-15")]
    sentence = "Le séisme a fait 4.200 morts, tandis que le groupe Oriel a vendu 320 000 voitures en 2024."
    verdict = verify(sentence, cited, "?", "fr")
    assert verdict.supported, verdict.reason
    assert {q.article.title for q in verdict.quotes} == {"Séisme en Chine", "Oriel"}


def test_a_figure_needs_words_beside_it() -> None:
    """A figure that stands in a cited passage only among other words is in no slice that could be quoted."""
    other = hit("Le musée a reçu 5.000 visiteurs.", "Musée")
    verdict = verify("Le séisme a fait 5.000 blessés dans la province du Gansu.", [hit(), other], "?", "fr")
    assert not verdict.supported
    assert "number 5.000" in (verdict.reason or "")


def test_days_are_known_by_their_weekday() -> None:
    """A weekday of the passage stands for the day next to its publication, unless a date follows it."""
    strike = hit("La grève de la SNCF a commencé lundi en Bretagne.", "Grève", "2025-06-18")
    assert verify("La grève de la SNCF a commencé le 16 juin en Bretagne.", [strike], "?", "fr").supported
    assert not verify("La grève de la SNCF a commencé le 17 juin en Bretagne.", [strike], "?", "fr").supported
    dated = hit("La grève de la SNCF a commencé lundi 9 juin en Bretagne.", "Grève", "2025-06-18")
    assert not verify("La grève de la SNCF a commencé le 16 juin en Bretagne.", [dated], "?", "fr").supported


def test_another_passage_proves_what_the_cited_one_does_not() -> None:
    """The first that holds it; not one with fewer of its words than one that says it with another figure."""
    sentence = "Le bilan du séisme dans la province du Gansu est de 4.200 morts."
    other = hit("Le tunnel compte dix stations.", "Tunnel")
    found = prove(sentence, [other], [hit(), hit(title="Copie")], "Quel est le bilan ?", "fr")
    assert (found.supported, found.quotes[0].article.title) == (True, "Séisme en Chine")
    newer = hit("Le bilan du séisme dans la province du Gansu est de 4.600 morts, selon M. Xi.", "Bilan")
    fewer = hit("Le séisme a fait 4.200 morts au Gansu.", "Dépêche")
    assert prove(sentence, [], [fewer], "?", "fr").supported
    assert not prove(sentence, [], [fewer, newer], "?", "fr").supported
    assert prove(sentence, [other], [], "?", "fr").reason == prove(sentence, [other], [newer], "?", "fr").reason
    assert prove(sentence, [], [], "?", "fr").reason == "no passage cited"


LAW = "La loi sur les digues a été votée il y a trois ans au Parlement. L'an dernier, elle a été appliquée à Lanzhou."


@pytest.mark.parametrize(
    ("sentence", "supported"),
    [
        ("La loi sur les digues a été votée en 2022 au Parlement.", True),
        ("La loi sur les digues a été votée en 2021 au Parlement.", False),
        ("En 2024, la loi sur les digues a été appliquée à Lanzhou.", True),
        ("En 2023, la loi sur les digues a été appliquée à Lanzhou.", False),
    ],
)
def test_years_that_count_from_publication(sentence: str, supported: bool) -> None:
    """« L'an dernier », « il y a trois ans » of an article of 2025."""
    assert verify(sentence, [hit(LAW)], "", "fr").supported == supported


def test_a_place_may_open_a_sentence() -> None:
    """Wherever its passage has it; who did what stays where it is."""
    text = (
        "Des zoologistes ont filmé des éléphants jumeaux à Minneriya, une première au Sri Lanka pendant le confinement."
    )
    opened = "Au Sri Lanka, des zoologistes ont filmé des éléphants jumeaux à Minneriya pendant le confinement."
    assert verify(opened, [hit(text, "Faune")], "", "fr").supported
    text = "Paul Kerac a vendu son chantier naval à Jean Morvan en mai à Brest."
    assert verify(
        "À Brest, Paul Kerac a vendu son chantier naval à Jean Morvan en mai.", [hit(text)], "", "fr"
    ).supported
    swapped = "À Brest, Jean Morvan a vendu son chantier naval à Paul Kerac en mai."
    assert not verify(swapped, [hit(text)], "", "fr").supported
