"""Every test here runs on SQLite and on a real PostgreSQL of its own; on SQLite alone where none is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.memory import Memory
from retrieval.settings import Secret, Settings

PASSWORD = "p@ss:w/rd%é"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A private PostgreSQL cluster on a Unix socket: the address of its databases, with {} for the name of one."""
    programs = [Path(p) for p in (shutil.which("initdb"),) if p and Path(p).with_name("pg_ctl").exists()]
    programs += sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    initdb = programs[-1].resolve()
    as_whom = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        known = {entry.pw_name for entry in pwd.getpwall()}
        name = "postgres" if "postgres" in known else "nobody"
        as_whom = {"user": pwd.getpwnam(name).pw_uid, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}
    folder = Path(tempfile.mkdtemp(prefix="sourcier-pg-"))  # short: a socket's path has 107 bytes at most
    try:
        (folder / "password").write_text(PASSWORD, "utf-8")
        if as_whom:
            os.chown(folder / "password", as_whom["user"], as_whom["group"])
            os.chown(folder, as_whom["user"], as_whom["group"])

        def pg(program: str, *args: str) -> None:
            command = [str(initdb.with_name(program)), "-D", str(folder / "data"), *args]
            with (folder / "output").open("w+") as output:  # the server keeps it open: a pipe would never end
                done = subprocess.run(command, cwd=folder, stdout=output, stderr=output, check=False, **as_whom)
                output.seek(0)
                assert done.returncode == 0, output.read()

        pg("initdb", "-U", "sourcier", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "-E", "UTF8", "-N")
        pg("pg_ctl", "-w", "-o", f"-k {folder} -c listen_addresses='' -c fsync=off", "start")
        try:
            yield f"postgresql://sourcier:{quote(PASSWORD, safe='')}@/{{}}?host={folder}"
        finally:
            pg("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings that name an empty database."""
    settings = Settings(home=tmp_path / "home")
    return settings if request.param == "sqlite" else replace(settings, database_url=_new(request))


def _new(request: pytest.FixtureRequest) -> Secret:
    import psycopg

    server: str = request.getfixturevalue("postgres")
    name = f"d{abs(hash(request.node.nodeid)):x}"
    with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    return Secret(server.format(name))


@pytest.fixture
def memory(database: Settings) -> Iterator[Memory]:
    """A memory, empty."""
    with Memory.open(database) as opened:
        yield opened
