"""The same question again: answered from what was given before, and only where that still holds."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime

import pytest
from handmade import answer

from bot.memory import Turn
from bot.rendering.as_json import answer_dict, dumps
from bot.repeats import NOTICE, Repeats, basis_of, normalised, stored
from retrieval.settings import Settings
from retrieval.types import Answer, Question, Usage
from retrieval.types import Turn as Past

ASKED = "Combien de visiteurs la foire attend-elle ?"
PAID = Usage(900, 40, 0.001)


def given(**changes: object) -> Answer:
    return answer(**({"question": ASKED, "understood_as": ASKED, "mode": "model", "usage": PAID} | changes))


def again(text: str, first: Answer, basis: str = "b", **question: object) -> Answer | None:
    """What is found for a question after an answer that rests on "b"."""
    repeats = Repeats()
    repeats.note(first, "b")
    return repeats.of(Question(text, **question), basis)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", [ASKED, "combien de visiteurs  la foire attend-elle?", "COMBIEN DE VISITEURS LA FOIRE ATTEND-ELLE\u202f?!"]
)
def test_the_same_question_is_answered_from_what_was_given(text: str) -> None:
    """Case, spaces and the mark at its end make no other question; the answer is the same, free, and says so."""
    first = given()
    found = again(text, first)
    assert found is not None
    assert found == dataclasses.replace(first, question=text, usage=Usage(), seconds={}, notice=NOTICE)


def test_another_question_is_another() -> None:
    """One other word, one other figure: nothing is taken up."""
    assert again("Combien de visiteurs la foire attendait-elle ?", given()) is None
    assert again("Combien d'élèves en 2023 ?", given(question="Combien d'élèves en 2022 ?")) is None


@pytest.mark.parametrize("notice", ["budget", "model_timeout", "model_unsupported"])
def test_a_fallback_is_not_given_again(notice: str) -> None:
    """What a fallback answered is tried again."""
    assert again(ASKED, given(notice=notice)) is None


def test_what_cost_nothing_is_made_again() -> None:
    """An extractive answer is as soon made as looked up."""
    assert again(ASKED, given(usage=Usage())) is None


def test_an_answer_taken_up_can_be_taken_up_again() -> None:
    """The third time is like the second."""
    second = again(ASKED, given())
    assert second is not None
    assert again(ASKED, second) is not None


def test_a_follow_up_depends_on_what_was_before() -> None:
    """The same words after another question are another question; after the same one, which they were, they are not."""
    lycee, usine = "Combien d'élèves au lycée en 2022 ?", "Combien d'ouvriers à l'usine en 2022 ?"
    first = given(question="Et en 2023 ?", understood_as="Combien d'élèves au lycée en 2023 ?")
    assert again("Et en 2023 ?", first, history=(Past(lycee, ""),)) is not None
    assert again("Et en 2023 ?", first, history=(Past(lycee, ""), Past(usine, ""))) is None
    alone = given(question="Et en 2023 ?", understood_as="Et en 2023 ?")
    assert again("Et en 2023 ?", alone, history=(Past(lycee, ""),)) is None


def test_an_answer_rests_on_articles_settings_mode_and_day() -> None:
    """Another revision, model, mode, filter or day is another basis; where things lie and what they may cost is not."""
    base, question = Settings(mode="model"), Question(ASKED, today=date(2026, 1, 1))
    same = basis_of(base, "r", question)
    assert basis_of(dataclasses.replace(base, daily_budget_usd=5.0, telegram_api_url="http://x"), "r", question) == same
    assert basis_of(base, "r", dataclasses.replace(question, text="Autre ?", id="7")) == same
    others = [
        basis_of(base, "s", question),
        basis_of(dataclasses.replace(base, chat_model="openai:other"), "r", question),
        basis_of(base, "r", dataclasses.replace(question, mode="extractive")),
        basis_of(base, "r", dataclasses.replace(question, any_date=True)),
        basis_of(base, "r", dataclasses.replace(question, today=date(2026, 1, 2))),
    ]
    assert same not in others
    assert len(set(others)) == len(others)
    assert again(ASKED, given(), basis="c") is None


def turn(number: int, found: Answer, basis: str = "b", feedback: int = 0) -> Turn:
    now = datetime.now(UTC)
    kept = dumps(answer_dict(found) | {"basis": basis, "followups": []})
    return Turn(
        number, 1, None, 7, number, found.question, found.understood_as, kept, found.text, "fr", now, now, feedback
    )


def test_a_stored_answer_is_found_in_its_conversation() -> None:
    """The newest of the same question, in its JSON form, with its citations; not one that its asker disliked."""
    question, old, new = Question(ASKED), given(text="ancien"), given(text="nouveau")
    found = stored(question, "b", [turn(1, old), turn(2, new), turn(3, given(question="Et Lyon ?"))])
    assert found is not None
    assert (found["text"], found["notice"], found["usage"]["cost_usd"]) == ("nouveau", NOTICE, 0.0)
    assert found["citations"] == json.loads(dumps(answer_dict(new)))["citations"]
    assert stored(question, "b", [turn(1, old, feedback=-1)]) is None
    assert stored(question, "c", [turn(1, old)]) is None
    assert stored(question, "b", [turn(1, given(notice="budget"))]) is None
    assert stored(question, "b", []) is None


def test_normal_form() -> None:
    """Typographic quotes and spaces are plain ones; accents and figures stay."""
    assert normalised(" L’été\u202f? ") == normalised("l'été ?!") == "l'été"
    assert normalised("ete") != normalised("été")
