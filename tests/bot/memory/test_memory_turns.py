"""Turns: begun once, answered, edited, found again, and the conversations they make."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from examples import answer

from bot.memory import Memory, Turn


def ask(memory: Memory, message_id: int, chat: int = -5, thread: int | None = None, user: int = 1) -> Turn:
    """An answered turn."""
    turn = memory.begin_turn(chat, thread, user, message_id, f"Question {message_id} ?")
    memory.answered(turn.id, answer(f"Réponse {message_id}."))
    again = memory.turn(turn.id)
    assert again
    return again


def test_a_turn_begins_once(memory: Memory) -> None:
    """The same message gives the same turn, untouched; other chats and messages give others."""
    first = memory.begin_turn(-(10**13), 7, 2**40, 3, "Où ?")
    assert first == Turn(first.id, -(10**13), 7, 2**40, 3, "Où ?", None, None, None, None, first.asked_at, None, 0)
    assert first.asked_at.tzinfo is UTC
    assert abs(datetime.now(UTC) - first.asked_at) < timedelta(seconds=10)
    memory.answered(first.id, answer())
    assert memory.begin_turn(-(10**13), 7, 2**40, 3, "Où ?") == memory.turn(first.id)
    assert (
        len({first.id, memory.begin_turn(1, None, 1, 3, "Où ?").id, memory.begin_turn(1, None, 1, 4, "Où ?").id}) == 3
    )


def test_an_answer_is_kept_whole(memory: Memory) -> None:
    """The JSON as given, and out of it what is asked for often."""
    turn = memory.begin_turn(1, None, 1, 1, "Et lui ?")
    given = answer("Ünï — 你好 😀 « oui »")
    memory.answered(turn.id, given)
    stored = memory.turn(turn.id)
    assert stored
    assert stored.answered_at
    assert stored == replace(
        turn,
        answer=given,
        text="Ünï — 你好 😀 « oui »",
        understood_as="La question entière ?",
        language="fr",
        answered_at=stored.answered_at,
    )
    memory.answered(10**9, given)  # forgotten meanwhile
    assert memory.turn(10**9) is None


def test_an_edited_question_has_no_answer_yet(memory: Memory) -> None:
    """Its turn and its parts stay, to be edited in place; the answer goes, and what was thought of it."""
    turn = ask(memory, 1)
    memory.sending(turn.id, 0, 1)
    memory.sent(turn.id, 0, 2)
    memory.feedback(turn.id, 1, 1)
    edited = memory.begin_turn(-5, None, 1, 1, "Autre question ?")
    assert edited == Turn(turn.id, -5, None, 1, 1, "Autre question ?", None, None, None, None, turn.asked_at, None, 0)
    assert [part.message_id for part in memory.parts(turn.id)] == [2]


def test_text_that_databases_refuse(memory: Memory) -> None:
    """NUL and halves of surrogate pairs are dropped or replaced, not an error; nor is text of any length."""
    turn = memory.begin_turn(1, None, 1, 1, "a\0b\ud83dc" + "é" * 100_000)
    assert turn.question == "ab?c" + "é" * 100_000
    memory.answered(turn.id, answer("x\0y\ud83d"))
    stored = memory.turn(turn.id)
    assert stored
    assert stored.text == "xy?"
    assert memory.begin_turn(1, None, 1, 1, "a\0b\ud83dc" + "é" * 100_000) == stored


def test_a_turn_is_found_by_its_messages(memory: Memory) -> None:
    """By the question and by each part of the answer, in that chat alone."""
    turn = ask(memory, 10)
    for part in (0, 1):
        memory.sending(turn.id, part, 10)
        memory.sent(turn.id, part, 11 + part)
    assert [memory.turn_at(-5, number) for number in (10, 11, 12)] == [turn] * 3
    assert memory.turn_at(-5, 13) is None
    assert memory.turn_at(-6, 11) is None


def test_history(memory: Memory) -> None:
    """The last answered turns of that chat and thread, oldest first."""
    turns = [ask(memory, number) for number in range(1, 8)]
    ask(memory, 8, thread=3)
    ask(memory, 8, chat=9)
    unanswered = memory.begin_turn(-5, None, 1, 9, "Encore ?")
    assert memory.history(-5, None) == turns[2:]
    assert memory.history(-5, None, limit=2) == turns[5:]
    assert memory.history(-5, None, before=turns[3].id) == turns[:3]
    assert memory.history(-5, None, before=unanswered.id, limit=1) == turns[6:]
    assert [turn.message_id for turn in memory.history(-5, 3)] == [8]
    assert memory.history(-5, 4) == []


def test_reset(memory: Memory) -> None:
    """A new conversation begins; the context of an old answer can still be asked for, up to its own reset."""
    memory.reset(-5, None)  # nothing yet
    old = [ask(memory, 1), ask(memory, 2)]
    memory.reset(-5, None)
    memory.reset(-5, None)
    assert memory.history(-5, None) == []
    new = [ask(memory, 3), ask(memory, 4)]
    other = ask(memory, 5, thread=7)
    memory.reset(-5, 7)
    assert memory.history(-5, None) == new
    assert memory.history(-5, None, before=new[1].id) == new[:1]
    assert memory.history(-5, None, before=new[0].id) == []
    assert memory.history(-5, None, before=old[1].id) == old[:1]
    assert memory.history(-5, 7) == []
    assert memory.history(-5, 7, before=other.id + 1) == []


def test_feedback(memory: Memory) -> None:
    """A turn tells what its asker thinks last; anyone's dislike counts among the disliked."""
    mine, other, fine = ask(memory, 1), ask(memory, 2), ask(memory, 3)
    for value in (1, -1):
        memory.feedback(mine.id, 1, value)
        assert memory.turn(mine.id) == replace(mine, feedback=value)
    memory.feedback(other.id, 2**40, -1)
    memory.feedback(fine.id, 1, 1)
    memory.feedback(10**9, 1, 1)  # forgotten meanwhile
    assert memory.disliked() == [replace(mine, feedback=-1), other]
    memory.feedback(mine.id, 1, 0)
    memory.feedback(mine.id, 1, 0)
    assert memory.disliked() == [other]
    with pytest.raises(ValueError, match="2 is not"):
        memory.feedback(mine.id, 1, 2)


def test_abstained(memory: Memory) -> None:
    """The turns whose last answer was that there is none."""
    ask(memory, 1)
    without = [ask(memory, number) for number in (2, 3)]
    for turn in without:
        memory.answered(turn.id, answer("Rien.", abstained=True))
    assert [turn.id for turn in memory.abstained()] == [turn.id for turn in without]
    memory.begin_turn(-5, None, 1, 2, "Autrement ?")
    assert [turn.id for turn in memory.abstained()] == [without[1].id]


def test_parts(memory: Memory) -> None:
    """A part is noted before it is sent, completed after, sent again if need be, and dropped from one on."""
    turn = ask(memory, 1)
    for part in (1, 0, 2):
        memory.sending(turn.id, part, 50 + part)
    memory.sent(turn.id, 1, 61)
    assert [(p.part, p.message_id, p.after, p.chat_id) for p in memory.parts(turn.id)] == [
        (0, None, 50, -5),
        (1, 61, 51, -5),
        (2, None, 52, -5),
    ]
    memory.sending(turn.id, 1, 70)
    assert memory.parts(turn.id)[1].message_id is None
    memory.drop_parts(turn.id, 1)
    assert [p.part for p in memory.parts(turn.id)] == [0]
    memory.sending(10**9, 0, 1)  # forgotten meanwhile
    memory.sent(10**9, 0, 1)
    assert memory.parts(10**9) == []
