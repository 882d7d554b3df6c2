"""What a model is given of the hits."""

from datetime import date

from retrieval.briefing import BETWEEN, distinct, messages, shown
from retrieval.passages import cut, split_sentences
from retrieval.types import Article, Hit, Period, Question

DISPATCH = (
    "Le séisme a fait 4.200 morts dans le Gansu, a annoncé dimanche le ministère. Les secours cherchent des survivants."
)


def hit(name: str, text: str) -> Hit:
    return Hit(Article(name, text, name.title()), 0, len(text), 1.0, tuple(split_sentences(text)))


def test_a_copy_is_given_once() -> None:
    """A dispatch that two outlets took over is given once, whatever is added to it or left out of it."""
    copy = hit("copie", DISPATCH.replace("a annoncé dimanche", "a annoncé"))
    other = hit("autre", "La grève de la SNCF a commencé lundi en Bretagne.")
    assert [h.article.id for h in distinct([hit("dépêche", DISPATCH), copy, other])] == ["dépêche", "autre"]


def test_other_figures_are_another_version() -> None:
    """The same words with another figure, in digits or in letters, are given: a toll changes."""
    later = hit("après", DISPATCH.replace("4.200", "4.900"))
    words = hit("lettres", DISPATCH.replace("4.200", "quarante"))
    assert len(distinct([hit("dépêche", DISPATCH), later, words])) == 3


def test_what_stands_between_two_hits_is_given() -> None:
    """One passage between two of an article is given too, behind the hits; two are not, and not past the budget."""
    text = "\n\n".join(f"Paragraphe {i}. " + f"La phrase numéro {i} parle du pont. " * 24 for i in range(6))
    article = Article("pont", text)
    passages = cut(article)
    hits = [Hit(article, p.start, p.end, 1.0, p.sentences) for p in passages]
    assert len(hits) >= 6
    assert [h.start for h in shown([hits[2], hits[0]], 6_000)] == [hits[2].start, hits[0].start, hits[1].start]
    assert len(shown([hits[0], hits[3]], 6_000)) == 2
    assert len(shown([hits[0], hits[2]], (len(hits[0].text) + len(hits[2].text) + 200) // 3)) == 2
    assert BETWEEN >= 2


def test_the_writer_is_told_what_a_time_means_and_what_was_not_found() -> None:
    """The days of the question's words stand behind today, and each part without a passage on a line of its own."""
    period = Period(date(2020, 8, 19), date(2020, 8, 19), "la veille du 20 août")
    question = Question("Combien de cas ?", period=period, unfound=("Qui a payé ?", "Où ?"))
    user = messages(question, {"k3f": hit("a", DISPATCH)}, date(2020, 9, 1))[1][1]
    assert "Today is Tuesday 1 September 2020. « la veille du 20 août » means Wednesday 19 August 2020." in f"{user}."
    told = user.partition("Question: ")[2].splitlines()
    assert told[:3] == [
        "Combien de cas ?",
        "No passage was found on this part: Qui a payé ?",
        "No passage was found on this part: Où ?",
    ]


def test_a_filter_is_told_too() -> None:
    """Days that were set, not said, are told as such; an open side is left out."""
    question = Question("Combien de cas ?", period=Period(date(2020, 8, 1), None))
    user = messages(question, {"k3f": hit("a", DISPATCH)}, date(2020, 9, 1))[1][1]
    assert "Only articles are searched that appeared from Saturday 1 August 2020.\n" in user
