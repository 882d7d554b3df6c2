"""Opening: the schema, its migrations, and databases that cannot be used."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from examples import update
from sqlalchemy import inspect, text

import bot.memory
from bot.memory import Memory, MemoryTooNew, MemoryUnavailable
from bot.memory.schema import HEAD, VERSION_TABLE, metadata
from retrieval.settings import Secret, Settings

MIGRATIONS = Path(bot.memory.__file__).parent / "migrations"


def test_migrations_make_the_schema(memory: Memory) -> None:
    """Alembic finds no difference between the migrated database and the tables of the code."""
    with memory._read() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        found = inspect(connection)
        for table in metadata.sorted_tables:  # which Alembic does not compare
            assert found.get_pk_constraint(table.name)["constrained_columns"] == table.primary_key.columns.keys()
            names = {index["name"] for index in found.get_indexes(table.name) if not index.get("duplicates_constraint")}
            assert names == {index.name for index in table.indexes}


def test_the_newest_migration_is_the_one_the_code_knows() -> None:
    """HEAD names the last file; every file follows the one before it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]
    assert sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("*.py"))[-1] == HEAD


def test_opening_again_changes_nothing(database: Settings) -> None:
    """What was stored is there; Alembic is not even loaded."""
    with Memory.open(database) as memory:
        memory.receive([(1, update(1))])
    sys.modules["alembic.command"] = None  # type: ignore[assignment]
    try:
        with Memory.open(database) as memory:
            assert len(memory.pending()) == 1
    finally:
        del sys.modules["alembic.command"]


def test_a_later_version_is_refused(database: Settings) -> None:
    """And the database stays as it is."""
    with Memory.open(database) as memory, memory._write() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))  # noqa: S608 - our own name
    for _ in range(2):
        with pytest.raises(MemoryTooNew, match=f"later version of Sourcier.*9999.*{HEAD}") as caught:
            Memory.open(database)
    assert "update Sourcier" in str(caught.value.remedy)


def test_a_migration_that_fails_leaves_nothing(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it is one transaction: the next start begins where this one did."""
    from alembic import op

    create = op.create_table

    def fail(name: str, *columns: object, **options: object) -> object:
        if name == "usage":
            raise OSError("power cut")
        return create(name, *columns, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(op, "create_table", fail)
    with pytest.raises(MemoryUnavailable, match="power cut"):
        Memory.open(database)
    monkeypatch.undo()
    with Memory.open(database) as memory:
        assert memory.pending() == []


def test_several_processes_start_at_once(database: Settings) -> None:
    """One migrates, the others wait; all work."""
    program = (
        "import sys\nfrom bot.memory import Memory\nfrom retrieval.settings import Settings\n"
        "settings = Settings.load()\nprint('ready', flush=True)\nsys.stdin.readline()\n"
        "with Memory.open(settings) as memory:\n print(memory.receive([(1, '{}'), (int(sys.argv[1]), '{}')]))"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(number)],
            env={"SOURCIER_HOME": str(database.home), "SOURCIER_DATABASE_URL": str(database.database_url)},
            cwd=Path(__file__).parents[3],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2, 7)
    ]
    for process in started:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    received = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0] * 5
    assert sum(line.startswith("[1, ") for line in received) == 1
    with Memory.open(database) as memory:
        assert len(memory.pending()) == 6


def test_a_path_with_anything_in_it(tmp_path: Path) -> None:
    """Spaces, percent and question marks; by SOURCIER_HOME or by an address."""
    with Memory.open(Settings(home=tmp_path / "été 100%?#" / "x")) as memory:
        memory.receive([(1, "{}")])
    assert (tmp_path / "été 100%?#" / "x" / "conversations.sqlite").stat().st_size
    with Memory.open(Settings(home=tmp_path, database_url=Secret(f"sqlite:///{tmp_path}/autre.db"))) as memory:
        assert memory.pending() == []


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://u:pass:s3cret@host:54x32/db", "not an address"),
        ("s3cret", "not an address"),
        ("mysql://u:s3cret@host/db", "names mysql"),
        ("sqlite://", "names sqlite"),
        ("postgresql://u:s3cret@127.0.0.1:1/db", "cannot be opened: .*refused"),
        ("postgresql://u:s3cret@/db?host=/nowhere&s3cret=1", "cannot be opened: .*\\*\\*\\*"),
    ],
)
def test_an_address_that_cannot_be_used(url: str, says: str, tmp_path: Path) -> None:
    """The error says how to write it, and nothing of the password."""
    with pytest.raises(MemoryUnavailable, match=says) as caught:
        Memory.open(Settings(home=tmp_path, database_url=Secret(url)))
    assert "s3cret" not in f"{caught.value} {caught.value.remedy} {caught.getrepr(style='short')}".replace(
        repr(url), ""
    )
    assert "SOURCIER_DATABASE_URL" in str(caught.value.remedy)
    assert caught.value.__suppress_context__ or caught.value.__cause__ is None


def test_a_wrong_password_is_not_told(postgres: str, tmp_path: Path) -> None:
    """The server says that it is wrong; nothing says what it was, nor does the repr of the settings or the memory."""
    settings = Settings(home=tmp_path, database_url=Secret(postgres.format("postgres").replace("p%40ss", "s3cret")))
    with pytest.raises(MemoryUnavailable, match="password authentication failed") as caught:
        Memory.open(settings)
    assert "s3cret" not in f"{caught.value!r} {caught.value} {settings!r}"
    good = replace(settings, database_url=Secret(postgres.format("postgres")))
    with Memory.open(good) as memory:
        assert repr(memory) == "<Memory in postgresql>"


def test_without_the_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """PostgreSQL needs an extra, and the error names it."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MemoryUnavailable) as caught:
        Memory.open(Settings(home=tmp_path, database_url=Secret("postgresql://u@host/db")))
    assert caught.value.remedy == "pip install 'sourcier[postgres]'"


def test_files_that_are_no_database(tmp_path: Path) -> None:
    """Something else lies there, or nothing can."""
    (tmp_path / "conversations.sqlite").write_text("Bonjour " * 1000)
    with pytest.raises(MemoryUnavailable, match="not a database") as caught:
        Memory.open(Settings(home=tmp_path))
    assert str(tmp_path) in str(caught.value.remedy)
    with pytest.raises(MemoryUnavailable, match="Not a directory"):
        Memory.open(Settings(home=tmp_path / "conversations.sqlite" / "x"))


def test_someone_elses_tables(database: Settings) -> None:
    """A database that another program uses is left alone."""
    with Memory.open(database) as memory, memory._write() as connection:
        connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    with pytest.raises(MemoryUnavailable, match="already exists"):
        Memory.open(database)


def test_errors_do_not_tell_what_people_wrote(memory: Memory) -> None:
    """An error of the database is logged; the text that caused it is not in it."""
    with pytest.raises(Exception, match="keys") as caught, memory._write() as connection:
        connection.execute(metadata.tables["keys"].insert(), {"key": "Confidentiel", "payload": None})
    assert "Confidentiel" not in str(caught.value).split("DETAIL")[0]


def test_the_command_line_loads_no_database() -> None:
    """`sourcier --help` loads nothing of this."""
    program = (
        "import sys\nfrom bot.cli import cli\n"
        "try:\n cli(['--help'])\nexcept SystemExit:\n pass\n"
        "assert not {'sqlalchemy', 'alembic', 'psycopg', 'bot.memory'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, cwd=Path(__file__).parents[3])
