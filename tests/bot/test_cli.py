"""The commands, end to end on three small articles."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from small_corpus import own_home, three_articles  # noqa: F401 (fixtures)

from bot import samples
from bot.batch import run as run_batch
from bot.cli import cli
from bot.options import period_of
from bot.suggestions import near
from bot.texts import texts
from retrieval.errors import StoreError
from retrieval.library import Library
from retrieval.types import Period

HEAVY = ("chromadb", "numpy", "openai", "langchain", "langchain_core", "rich", "telegram", "tantivy", "prompt_toolkit")


def sourcier(*args: str | Path, stdin: str | None = None) -> Result:
    """The command run in this process."""
    return CliRunner().invoke(cli, [str(arg) for arg in args], input=stdin)


@pytest.fixture
def stored(folder: Path) -> Path:
    """The three articles, ingested."""
    result = sourcier("ingest", folder, "--json")
    assert result.exit_code == 0, result.output
    return folder


def test_help_imports_nothing_heavy() -> None:
    """`sourcier --help` loads no heavy module."""
    program = (
        "import sys\nfrom bot.cli import cli\n"
        "try:\n cli(['--help'])\nexcept SystemExit:\n pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "Usage" in done.stdout
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("command", sorted(cli.commands))
def test_every_help_has_examples(command: str) -> None:
    """The help of every command shows examples."""
    assert f"sourcier {command}" in sourcier(command, "--help").output.split("Examples:")[1]


def test_ingest_json(folder: Path) -> None:
    """The first ingest adds every article and reports it as the contract says; the second finds nothing to do."""
    first = json.loads(sourcier("ingest", folder, "--json").stdout)
    assert list(first) == ["added", "changed", "removed", "unchanged", "failed", "passages", "seconds"]
    assert (first["added"], first["failed"]) == (3, [])
    second = json.loads(sourcier("ingest", folder, "--json").stdout)
    assert (second["added"], second["unchanged"]) == (0, 3)


def test_ingest_again_without_sources(folder: Path) -> None:
    """Without sources those known already are read again; when none is known that is an error with status 2."""
    assert sourcier("ingest").exit_code == 2
    sourcier("ingest", folder)
    (folder / "pont.txt").unlink()
    assert json.loads(sourcier("ingest", "--json").stdout)["removed"] == 1


def test_ingest_tells_failures(folder: Path) -> None:
    """A line that cannot be read is told with its place on stderr, the rest is stored, and the exit status is 1."""
    bad = folder.parent / "bad.jsonl"
    bad.write_text('{"id": "a", "text": "Il pleut à Brest depuis lundi matin."}\n{broken\n', "utf-8")
    result = sourcier("ingest", bad)
    assert result.exit_code == 1
    assert "bad.jsonl:2: " in result.stderr
    assert "ajoutés : 1," in result.stdout


@pytest.mark.usefixtures("stored")
def test_ask_quotes_verbatim() -> None:
    """Every citation of an answer is a slice of the stored article."""
    result = sourcier("ask", "Combien de visiteurs attend la foire du livre de Nantes ?", "--json")
    answer = json.loads(result.stdout)
    assert not answer["abstained"]
    assert {c["article"] for c in answer["citations"]} == {"nantes.txt"}
    for citation in answer["citations"]:
        article = json.loads(sourcier("show", citation["article"], "--json").stdout)
        assert article["text"][citation["start"] : citation["end"]] == citation["quote"]


@pytest.mark.usefixtures("stored")
def test_ask_in_words() -> None:
    """Without --json the answer is text with its verdict and sources."""
    result = sourcier("ask", "Qui", "a", "gagné", "la", "finale", "du", "championnat", "?")
    assert result.exit_code == 0
    assert "[1]" in result.stdout
    assert "Vérifié" in result.stdout
    assert "sport/lyon.txt" in result.stdout


@pytest.mark.usefixtures("stored")
def test_batch_keeps_ids_and_order() -> None:
    """A batch gives one line a question in order with its id; a bad line is told and the others go on."""
    lines = [
        {"id": 7, "question": "Où est le pont Boieldieu ?"},
        {"question": ""},
        {"id": "x", "question": "Qui a gagné la finale ?"},
    ]
    text = "\n".join([*(json.dumps(line) for line in lines), "{broken", ""])
    result = sourcier("ask", "--batch", "-", "--json", stdin=text)
    assert result.exit_code == 1
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == [7, "x"]
    assert "ligne 2 : " in result.stderr
    assert "ligne 4 : " in result.stderr


@pytest.mark.usefixtures("stored")
def test_period_limits_an_answer() -> None:
    """--since and --until limit the articles, and the answer says the period it was limited to."""
    result = sourcier("ask", "foire du livre de Nantes", "--since", "2024-02", "--until", "2024", "--json")
    answer = json.loads(result.stdout)
    assert answer["period"] == "2024-02-01/2024-12-31"
    assert answer["citations"] == []


@pytest.mark.usefixtures("stored")
def test_search_lines() -> None:
    """A search line has the keys of the contract and the best article first; -k limits it."""
    line = json.loads(sourcier("search", "pont de Rouen", "-k", "1", "--json").stdout)
    assert list(line) == ["id", "hits"]
    assert list(line["hits"][0]) == ["article", "start", "end", "score", "title", "published"]
    assert [hit["article"] for hit in line["hits"]] == ["pont.txt"]
    result = sourcier("search", "--batch", "-", "--json", stdin='{"id": "q", "question": "finale à Lille"}\n')
    assert json.loads(result.stdout)["id"] == "q"


@pytest.mark.usefixtures("stored")
def test_show_suggests() -> None:
    """An unknown article exits with 1 and names those like it."""
    result = sourcier("show", "sport/lion.txt")
    assert result.exit_code == 1
    assert "sport/lyon.txt" in result.stderr
    assert "sport/lyon.txt" in sourcier("show", "sport/").stderr


@pytest.mark.usefixtures("stored")
def test_show() -> None:
    """An article is shown with its title and text."""
    result = sourcier("show", "pont.txt")
    assert "Un pont fermé à Rouen" in result.stdout
    assert "quatre millions d'euros" in result.stdout


@pytest.mark.usefixtures("stored")
def test_status() -> None:
    """The status counts what is stored, in words and as JSON."""
    assert json.loads(sourcier("status", "--json").stdout)["articles"] == 3
    assert "Articles" in sourcier("status").stdout


def test_status_of_nothing() -> None:
    """An empty store is no error for status, which names the command to begin with."""
    result = sourcier("status")
    assert result.exit_code == 0
    assert "sourcier ingest" in result.stdout
    assert json.loads(sourcier("status", "--json").stdout)["articles"] == 0


def test_ask_of_nothing() -> None:
    """A question to an empty store is an error with a remedy, exit status 2 and no traceback."""
    result = sourcier("ask", "Qui a gagné ?")
    assert result.exit_code == 2
    assert "Remède" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.usefixtures("stored")
def test_doctor_names_states() -> None:
    """The doctor finds a good store good."""
    result = sourcier("doctor", "--json")
    checks = {check["name"]: check["state"] for check in json.loads(result.stdout)["checks"]}
    assert result.exit_code == 0
    assert set(checks) == {
        *("python", "packages", "settings", "home", "disk", "model"),
        *("chroma", "store", "embeddings", "interrupted", "lock"),
    }
    assert set(checks.values()) <= {"ok", "warn"}  # warn: little disk


def test_doctor_sees_a_held_lock(stored: Path, home: Path) -> None:
    """While another process writes, the doctor warns and names what to wait for."""
    from filelock import FileLock

    assert stored.is_dir()
    with FileLock(home / "write.lock"):
        checks = {check["name"]: check for check in json.loads(sourcier("doctor", "--json").stdout)["checks"]}
    assert checks["lock"]["state"] == "warn"
    assert "sourcier ingest" in checks["lock"]["remedy"]


def test_doctor_finds_a_damaged_store(stored: Path, home: Path) -> None:
    """A store whose files are damaged is a failed check with a remedy, not a crash."""
    assert stored.is_dir()
    (home / "library.sqlite").write_bytes(b"not a database, " * 100)
    result = sourcier("doctor", "--json")
    failed = [check for check in json.loads(result.stdout)["checks"] if check["state"] == "fail"]
    assert result.exit_code == 1
    assert [check["name"] for check in failed] == ["store"]
    assert "ingest" in failed[0]["remedy"]


def test_doctor_fails_with_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model without key, and a Chroma server that does not answer, fail with a remedy and exit status 1."""
    monkeypatch.setenv("SOURCIER_MODE", "model")
    monkeypatch.setenv("CHROMA_URL", "http://user:secret@127.0.0.1:9")
    result = sourcier("doctor", "--json")
    failed = {check["name"]: check for check in json.loads(result.stdout)["checks"] if check["state"] == "fail"}
    assert result.exit_code == 1
    assert set(failed) == {"model", "chroma"}
    assert all(check["remedy"] for check in failed.values())
    assert "secret" not in result.output


def test_doctor_of_bad_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that cannot be used is a failed check, not a crash."""
    monkeypatch.setenv("SOURCIER_MODE", "magic")
    result = sourcier("doctor")
    assert result.exit_code == 1
    assert "SOURCIER_MODE" in result.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str) -> None:
    """The completion script is that of the shell and calls sourcier."""
    assert "_SOURCIER_COMPLETE" in sourcier("completion", shell).stdout


@pytest.mark.parametrize(
    "args",
    [
        ["ask"],
        ["ask", "a", "--batch", "-", "--json"],
        ["ask", "--batch", "-"],
        ["ask", "a", "--since", "2025-13"],
        ["ask", "a", "--since", "juin"],
        ["ask", "a", "--since", "2025-02", "--until", "2025-01-31"],
        ["search"],
    ],
)
def test_usage_errors(args: list[str]) -> None:
    """A mixture of options that means nothing exits with 2."""
    assert sourcier(*args, stdin="").exit_code == 2


def test_errors_have_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of our errors is a message and its remedy on stderr, with exit status 2."""

    def locked(*_: object) -> None:
        raise StoreError("occupé", remedy="attendez")

    monkeypatch.setattr(Library, "open", locked)
    result = sourcier("show", "a")
    assert (result.exit_code, result.stderr) == (2, "Erreur : occupé\nRemède : attendez\n")


def test_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C exits with 130."""

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Library, "open", stopped)
    assert sourcier("show", "a").exit_code == 130


def test_period_covers_whole_months() -> None:
    """A year or a month given as --until is meant to its last day."""
    t = texts("fr")
    period = period_of("2024", "2024-02", t)
    assert isinstance(period, Period)
    assert str(period) == "2024-01-01/2024-02-29"
    assert str(period_of(None, "2025", t)) == "…/2025-12-31"
    assert period_of(None, None, t) is None
    with pytest.raises(click.UsageError):
        period_of("2025-02-02", "2025-02-01", t)


def test_batch_begins_before_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    """A line is printed before the whole file was read."""
    printed: list[str] = []

    def lines() -> object:
        for number in range(20):
            printed.append(capsys.readouterr().out)
            yield json.dumps({"id": number, "question": "?"}).encode()

    assert run_batch(lines(), lambda id_, _: {"id": id_}, texts("fr"), 1) == 0  # type: ignore[arg-type]
    assert '{"id": 0}' in "".join(printed)


def test_near() -> None:
    """Suggestions are ids that begin so, else that contain it, else that are spelt much so."""
    ids = ["a/nantes.txt", "a/lyon.txt", "pont.txt"]
    assert near("a/", ids[:2], lambda: ids) == ["a/lyon.txt", "a/nantes.txt"]
    assert near("LYON", [], lambda: ids) == ["a/lyon.txt"]
    assert near("pond.txt", [], lambda: ids)[0] == "pont.txt"


def test_samples_have_their_own_store(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--samples ingests the sample articles once into a store of their own, and again when they change."""
    package = folder.parent / "package" / "sample_articles"
    package.mkdir(parents=True)
    (package / "pont.txt").write_text((folder / "pont.txt").read_text("utf-8"), "utf-8")
    monkeypatch.setattr(samples, "files", lambda _: package.parent)
    monkeypatch.setenv("CHROMA_URL", "http://127.0.0.1:9")  # never asked: samples are local
    first = sourcier("status", "--samples", "--json")
    assert json.loads(first.stdout)["articles"] == 1
    assert "articles d’exemple" in first.stderr
    assert (home / "samples").is_dir()
    assert sourcier("status", "--samples", "--json").stderr == ""
    (package / "nantes.txt").write_text((folder / "nantes.txt").read_text("utf-8"), "utf-8")
    assert json.loads(sourcier("status", "--samples", "--json").stdout)["articles"] == 2
