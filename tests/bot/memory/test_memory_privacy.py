"""Forgetting one person, and the past."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from examples import answer, update
from sqlalchemy import select

from bot.memory import Memory, Spent
from bot.memory.schema import metadata
from retrieval.settings import Settings

DAY = date(2026, 11, 3)
SECRET = "Jeveuxoublier"


def rows(memory: Memory, but: Iterable[str] = ()) -> list[str]:
    """All that is stored, as text."""
    with memory._read() as connection:
        return [
            f"{table.name}: {tuple(row)}"
            for table in metadata.sorted_tables
            if table.name not in but
            for row in connection.execute(select(table))
        ]


def live(memory: Memory, user: int, word: str) -> int:
    """Have a user do all there is to do, saying a word everywhere; returns their turn."""
    memory.see_user(user, word, word)
    memory.set_language(user, "ru")
    memory.receive([(2 * (user % 1000), update(user, word)), (2 * (user % 1000) + 1, update(user, word))])
    turn = memory.begin_turn(user, None, user, 1, word)
    memory.answered(turn.id, answer(word))
    memory.sending(turn.id, 0, 1)
    memory.sent(turn.id, 0, 2)
    memory.reset(user, None)
    memory.begin_turn(-5, None, user, user, word)
    memory.feedback(turn.id, user, 1)
    memory.count(user, DAY, 10, 1.0)
    memory.done(2 * (user % 1000))
    memory.allow_chat(-user, "Groupe", user)
    return turn.id


def test_forget_leaves_nothing(memory: Memory) -> None:
    """Neither the user's id nor their words remain in any table; other people's do, and the day's total holds."""
    theirs = live(memory, 777_001, "Autrui")
    others = rows(memory)
    mine = live(memory, 777_002, SECRET)
    memory.feedback(theirs, 777_002, -1)
    memory.set_status(777_002, "allowed")
    assert memory.forget(777_002) == 2
    left = rows(memory)
    assert not [row for row in left if SECRET in row]
    assert [row for row in left if "777002" in row] == ["chats: (-777002, 'Groupe', True, None)"]
    assert set(others) <= set(left)
    assert memory.turn(mine) is None
    assert memory.user(777_002) is None
    assert memory.spent(777_002, DAY) == Spent(0, 0, 0.0)
    assert memory.spent_all(DAY) == Spent(2, 20, 2.0)
    assert memory.receive([(4, ""), (5, "")]) == []
    assert [number for number, _ in memory.pending()] == [3]
    assert memory.forget(777_002) == 0


def test_forget_does_not_lift_a_block(memory: Memory) -> None:
    """Who is refused, blocked or owner stays so, nameless; anyone else is a stranger again."""
    for user, status in enumerate(("owner", "allowed", "pending", "refused", "blocked"), 1):
        live(memory, user, SECRET)
        memory.set_status(user, status)
        memory.forget(user)
    assert {u.id: (u.status, u.name, u.username, u.language) for u in memory.users()} == {
        1: ("owner", "", None, None),
        4: ("refused", "", None, None),
        5: ("blocked", "", None, None),
    }
    assert memory.spent_all(DAY).questions == 5


def test_no_id_is_given_twice(memory: Memory) -> None:
    """A button of a forgotten answer must not open the next person's."""
    last = live(memory, 1, SECRET)
    memory.forget(1)
    assert memory.begin_turn(2, None, 2, 1, "?").id > last


def test_the_words_leave_the_disk(tmp_path: Path) -> None:
    """After forgetting, SQLite's files hold nothing of what was said."""
    with Memory.open(Settings(home=tmp_path)) as memory:
        for user in (1, 2, 3):
            live(memory, user, SECRET * 1000 if user == 2 else f"Autrui{user}")
        files = sorted(tmp_path.iterdir())
        assert SECRET.encode() in b"".join(path.read_bytes() for path in files)
        memory.forget(2)
        assert SECRET.encode() not in b"".join(path.read_bytes() for path in files)
        assert b"Autrui1" in b"".join(path.read_bytes() for path in files)


def test_only_the_owner_of_the_files_reads_them(tmp_path: Path) -> None:
    """The database, its log and its index are not for other users of the machine."""
    with Memory.open(Settings(home=tmp_path)) as memory:
        memory.receive([(1, update(1))])
        assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
            "conversations.sqlite": 0o600,
            "conversations.sqlite-shm": 0o600,
            "conversations.sqlite-wal": 0o600,
        }


def test_expire(memory: Memory) -> None:
    """What is older goes, except people, groups and updates that still wait; what is newer stays."""
    live(memory, 777_001, SECRET)
    memory.keep(SECRET)
    kept = rows(memory)
    assert memory.expire(datetime(2026, 1, 1, tzinfo=UTC) - timedelta(days=9999)) == 0
    assert rows(memory) == kept
    assert memory.expire(datetime.now(UTC) + timedelta(days=1)) == 2
    left = {row.split(":")[0] for row in rows(memory)}
    assert left - {"usage"} == {"users", "chats", "updates"}
    assert [number for number, _ in memory.pending()] == [3]
    memory.expire(datetime(2026, 11, 4, 23, tzinfo=UTC))
    assert memory.spent_all(DAY) == Spent(0, 0, 0.0)
