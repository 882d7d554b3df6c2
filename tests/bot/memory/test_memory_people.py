"""People, groups, quotas, statistics, keys."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from examples import answer

from bot.memory import Memory, Spent, Stats, User
from retrieval.types import Usage

DAY = date(2026, 11, 3)


def test_see_user(memory: Memory) -> None:
    """A new one is pending; names follow, what was decided about them stays, and writing shows they are reachable."""
    new = memory.see_user(2**40, "Zoé 😀", None)
    assert new == User(2**40, "Zoé 😀", None, None, "pending", None, new.seen_at, False)
    assert abs(datetime.now(UTC) - new.seen_at) < timedelta(seconds=10)
    assert memory.user(2**40) == new == memory.see_user(2**40, "Zoé 😀", None)
    memory.set_status(2**40, "allowed")
    memory.set_language(2**40, "zh")
    memory.set_unreachable(2**40, True)
    assert memory.users()[0].unreachable
    renamed = memory.see_user(2**40, "Zoé", "zoe")
    assert (renamed.name, renamed.username, renamed.status, renamed.language) == ("Zoé", "zoe", "allowed", "zh")
    assert not renamed.unreachable
    assert memory.user(1) is None


def test_statuses(memory: Memory) -> None:
    """Owners are listed; someone who never wrote can be given a status; no other status exists."""
    memory.see_user(1, "Un", None)
    memory.see_user(2, "Deux", None)
    memory.set_status(2, "owner")
    memory.set_status(3, "blocked")
    assert [(user.id, user.name) for user in memory.owners()] == [(2, "Deux")]
    assert {user.id: user.status for user in memory.users()} == {1: "pending", 2: "owner", 3: "blocked"}
    with pytest.raises(ValueError, match="'king' is not one of"):
        memory.set_status(1, "king")
    memory.set_language(2, None)
    memory.set_unreachable(99, True)
    assert memory.user(99) is None


def test_access_codes(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six digits, the same while access is asked for, each for one person, void when decided."""
    memory.see_user(1, "Un", None)
    monkeypatch.setattr("secrets.randbelow", lambda _: 42)
    assert memory.access_code(1) == memory.access_code(1) == "000042"
    draws = iter([42, 42, 43])
    monkeypatch.setattr("secrets.randbelow", lambda _: next(draws))
    assert memory.access_code(2) == "000043"
    found = memory.user_of_code("000042")
    assert found
    assert found.id == 1
    memory.set_status(1, "pending")
    assert memory.access_code(1) == "000042"
    memory.set_status(1, "refused")
    assert memory.user_of_code("000042") is None
    assert memory.user_of_code("999999") is None


def test_groups(memory: Memory) -> None:
    """A group may ask once it is allowed and until it is refused."""
    assert not memory.chat_allowed(-1)
    memory.allow_chat(-1, "Rédaction", 7)
    memory.allow_chat(-2, "Archives", 7)
    memory.refuse_chat(-3)
    assert memory.chat_allowed(-1)
    assert not memory.chat_allowed(-3)
    assert memory.chats() == [(-2, "Archives"), (-1, "Rédaction")]
    memory.refuse_chat(-2)
    memory.allow_chat(-1, "Rédaction 2", 7)
    assert memory.chats() == [(-1, "Rédaction 2")]


def test_a_group_becomes_a_supergroup(memory: Memory) -> None:
    """Permission, history and resets go on under either id; messages of the two numberings are not mixed up."""
    memory.allow_chat(-1, "Rédaction", 7)
    before = memory.begin_turn(-1, None, 1, 4, "Avant ?")
    memory.answered(before.id, answer())
    memory.reset(-1, None)
    turn = memory.begin_turn(-1, None, 1, 5, "Quand ?")
    memory.answered(turn.id, answer())
    memory.sending(turn.id, 0, 5)
    memory.sent(turn.id, 0, 6)
    memory.sending(turn.id, 1, 6)
    for _ in range(2):
        memory.migrate_chat(-1, -100)
    memory.migrate_chat(-100, -100)
    memory.sent(turn.id, 1, 2)
    assert [(p.chat_id, p.message_id) for p in memory.parts(turn.id)] == [(-1, 6), (-100, 2)]
    assert memory.chats() == [(-100, "Rédaction")]
    assert memory.chat_allowed(-1)
    assert memory.begin_turn(-1, None, 1, 5, "Quand ?").id == turn.id
    new = memory.begin_turn(-100, None, 1, 5, "Où ?")
    memory.answered(new.id, answer())
    assert new.id != turn.id
    for chat in (-1, -100):
        assert [t.id for t in memory.history(chat, None)] == [turn.id, new.id]
    found = [memory.turn_at(chat, number) for chat, number in ((-1, 6), (-100, 6), (-100, 2), (-100, 5))]
    assert [t and t.id for t in found] == [turn.id, None, turn.id, new.id]
    memory.reset(-1, None)
    assert memory.history(-100, None) == []
    memory.refuse_chat(-1)
    assert not memory.chat_allowed(-100)


def test_quotas(memory: Memory) -> None:
    """Each count is one question; days and users are apart."""
    assert memory.spent(1, DAY) == Spent(0, 0, 0.0)
    memory.count(1, DAY, 1000, 0.25)
    memory.count(1, DAY, 3_000_000_000, 0.5)
    memory.count(2, DAY, 0, 0.0)
    memory.count(1, DAY + timedelta(days=1), 1, 0.0)
    assert memory.spent(1, DAY) == Spent(2, 3_000_001_000, 0.75)
    assert memory.spent_all(DAY) == Spent(3, 3_000_001_000, 0.75)


def test_stats(memory: Memory) -> None:
    """Counted over the turns asked since; an answer given again after an edit costs again."""
    long_ago = datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=8)))
    assert memory.stats(long_ago) == Stats(0, 0, 0, 0, 0, None, None, 0.0, 0)
    for n in range(1, 21):
        turn = memory.begin_turn(1, None, n % 3, n, "?")
        memory.answered(turn.id, answer(abstained=n <= 2, seconds={"total": float(n)}, usage=Usage(10, 1, 0.5)))
        memory.feedback(turn.id, 9, 1 if n < 4 else -1 if n == 5 else 0)
    unanswered = memory.begin_turn(1, None, 1, 100, "?")
    assert memory.stats(long_ago) == Stats(21, 3, 2, 3, 1, 10.0, 19.0, 10.0, 220)
    for question in ("?", "??"):
        memory.answered(memory.begin_turn(1, None, 1, 100, question).id, answer(usage=Usage(1, 1, 1.0)))
    stats = memory.stats(unanswered.asked_at)
    assert (stats.questions, stats.cost_usd, stats.tokens) == (1, 2.0, 4)
    assert memory.stats(datetime.now(UTC) + timedelta(days=1)).questions == 0
    with pytest.raises(Exception, match="time zone"):
        memory.stats(datetime(2020, 1, 1))
    no_total = json.loads(answer(abstained=True)) | {"seconds": {}}
    memory.answered(unanswered.id, json.dumps(no_total))
    assert memory.stats(unanswered.asked_at).p50_seconds is None


def test_keys(memory: Memory) -> None:
    """Equal payloads have equal keys, short and of letters that buttons and links take."""
    payload = "https://exemple.fr/" + "é" * 500
    key = memory.keep(payload)
    assert key == memory.keep(payload) != memory.keep("autre")
    assert len(key) == 12
    assert key.replace("-", "").replace("_", "").isalnum()
    assert memory.kept(key) == payload
    assert memory.kept("nothing") is None
