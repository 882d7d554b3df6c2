"""The database under the memory: SQLite or PostgreSQL, opened at the newest schema, used in transactions."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, Table, create_engine, event, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from bot.memory.errors import MemoryTooNew, MemoryUnavailable
from bot.memory.schema import HEAD, VERSION_TABLE
from retrieval.settings import Settings

BUSY_SECONDS = 30  # how long a writer waits for one in another process
_MIGRATING = 0x536F7572  # the advisory lock of PostgreSQL under which one process migrates


class Database:
    """An engine, and the two ways of using it. Called from many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sqlite = engine.dialect.name == "sqlite"
        self._turn = threading.Lock()  # SQLite has one writer: queue for it, rather than poll
        self._shared = threading.local()  # the connection of `together`, in the thread that is in it

    def __repr__(self) -> str:
        return f"<{type(self).__name__} in {self._engine.dialect.name}>"

    @contextmanager
    def together(self, *, soon: bool = False) -> Iterator[None]:
        """What this thread calls in the block is one transaction, on disk as `_write` tells; `soon` if all of it is.

        Within another such block it is a part of that one.
        """
        outer = self._joined
        with self._write(soon=soon) as connection:
            self._shared.connection = connection
            try:
                yield
            finally:
                self._shared.connection = outer

    @property
    def _joined(self) -> Connection | None:
        """The connection of the block of `together` that this thread is in."""
        return getattr(self._shared, "connection", None)

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        """One snapshot in SQLite; in PostgreSQL each statement sees what was committed before it."""
        if self._joined is not None:
            yield self._joined
            return
        with self._engine.connect().execution_options(sourcier_begin="DEFERRED") as connection:
            yield connection

    @contextmanager
    def _write(self, *, soon: bool = False) -> Iterator[Connection]:
        """One transaction, on disk when the block ends and undone when it raises.

        `soon`: in SQLite it outlives this process as always, but is on disk only with the next transaction that is
        not so, or when the system gets to it: for what is done again when a power cut takes it back. A commit that
        waits for the disk takes milliseconds, and of six for each answer a bot that two hundred ask at once gets late.
        """
        if self._joined is not None:
            yield self._joined
            return
        if not self._sqlite:
            with self._engine.begin() as connection:
                yield connection
            return
        options = {"sourcier_synchronous": "NORMAL" if soon else "FULL"}
        with self._turn, self._engine.connect() as connection, connection.execution_options(**options).begin():
            yield connection

    def _insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """INSERT with ON CONFLICT, which both engines have, spelled alike."""
        return sqlite.insert(table) if self._sqlite else postgresql.insert(table)

    def close(self) -> None:
        """Close every connection; whatever was written is on disk then."""
        self._engine.dispose()


def open_engine(settings: Settings) -> Engine:
    """The engine of the settings' database, migrated to the newest schema.

    Raises MemoryUnavailable, or MemoryTooNew; neither tells the password.
    """
    url = database_url(settings)
    try:
        engine = _engine(url)
        try:
            if _version(engine) != HEAD:
                migrate(url)
        except BaseException:
            engine.dispose()
            raise
    except (DBAPIError, sqlite3.Error, OSError) as error:
        reason = str(error.orig if isinstance(error, DBAPIError) else error).strip() or type(error).__name__
        raise MemoryUnavailable(
            f"the database of conversations cannot be opened: {_without_password(reason, url)}",
            remedy="set SOURCIER_DATABASE_URL to a database of Sourcier's own that can be reached"
            if settings.database_url
            else f"check that {url.database} is a SQLite database in a folder that can be written",
        ) from None  # the driver's own text may hold the password
    return engine


def database_url(settings: Settings) -> URL:
    """Where the memory lies. Raises MemoryUnavailable for an address that cannot be used."""
    remedy = "write SOURCIER_DATABASE_URL as postgresql://user:password@host/database, with %40 for @ in a password"
    if not settings.database_url:
        return URL.create("sqlite", database=str(settings.home / "conversations.sqlite"))
    try:
        url = make_url(str(settings.database_url))
    except (ArgumentError, ValueError):  # whose text may hold what stands after a colon: a piece of the password
        raise MemoryUnavailable("SOURCIER_DATABASE_URL is not an address", remedy=remedy) from None
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return url
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    raise MemoryUnavailable(f"SOURCIER_DATABASE_URL names {url.drivername}, which cannot be used", remedy=remedy)


def _engine(url: URL, *, migrating: bool = False) -> Engine:
    options: dict[str, Any] = {"poolclass": NullPool} if migrating else {"pool_size": 10, "max_overflow": 30}
    options["hide_parameters"] = True  # an error is logged; what people wrote is not
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # conversations are nobody else's business
        engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}, **options)
        _tune_sqlite(engine, migrating)
        return engine
    try:
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10}, **options)
    except ImportError:
        raise MemoryUnavailable(
            "PostgreSQL's driver is not installed", remedy="pip install 'sourcier[postgres]'"
        ) from None


def _tune_sqlite(engine: Engine, migrating: bool) -> None:
    """Transactions that begin where we say, and survive a power cut as `_write` tells; deleted rows are overwritten."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        _log_ahead(connection)
        for pragma in (
            "synchronous = FULL",  # but see `_write`
            "secure_delete = ON",
            f"foreign_keys = {'OFF' if migrating else 'ON'}",  # rebuilding a table must not cascade
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options, driver = connection.get_execution_options(), connection.connection.cursor()
        synchronous = options.get("sourcier_synchronous")
        if synchronous and synchronous != connection.info.get("synchronous"):
            driver.execute(f"PRAGMA synchronous = {synchronous}")
            connection.info["synchronous"] = synchronous
        # Immediate: a transaction that reads first and then writes fails at once when another wrote in between. By the
        # driver itself: SQLAlchemy takes ten times as long.
        driver.execute(f"BEGIN {options.get('sourcier_begin', 'IMMEDIATE')}")
        driver.close()


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log, in which reading and writing do not wait for each other. Lasts in the file."""
    last = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:  # several processes switch a new file: this pragma alone does not wait
            if time.monotonic() > last:
                raise
            time.sleep(0.02)


def _version(engine: Engine) -> str | None:
    with engine.connect().execution_options(sourcier_begin="DEFERRED") as connection:
        return _version_at(connection)


def _version_at(connection: Connection) -> str | None:
    """The migration that the database is at, or None when there was none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - our own name
    return None if version is None else str(version)


def migrate(url: URL, to: str = HEAD) -> None:
    """Bring the schema to `to` in one transaction, while other processes wait. Raises MemoryTooNew."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    engine = _engine(url, migrating=True)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
        version = _version_at(connection)  # again: another process may just have migrated
        if version is not None and version not in {
            s.revision for s in ScriptDirectory.from_config(config).walk_revisions()
        }:
            raise MemoryTooNew(
                f"the database of conversations was changed by a later version of Sourcier ({version}; this one knows "
                f"{HEAD})",
                remedy="update Sourcier (pip install -U sourcier), or restore the backup made before it was updated",
            )
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def _without_password(reason: str, url: URL) -> str:
    for secret in {str(url.password or ""), url.render_as_string(hide_password=False)} - {""}:
        reason = reason.replace(secret, "***")
    return reason
