"""`sourcier eval` on three small articles: scores, gate, comparison, resuming, exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from small_corpus import own_home, three_articles  # noqa: F401 (fixtures)

from bot.cli import cli
from bot.rendering.evaluation import summary
from bot.rendering.terminal import Page
from bot.texts import LANGUAGES, texts
from retrieval.chain import Answerer
from retrieval.evaluation.metrics import BY_NAME, OUTCOMES

GOLD = [
    {"id": "n", "question": "Combien de visiteurs attend la foire du livre de Nantes ?", "answers": ["12 000"],
     "evidence": [{"article": "nantes.txt", "quote": "Elle attend 12 000 visiteurs cette semaine."}],
     "answerable": True, "tags": ["number"]},
    {"id": "l", "question": "Où Lyon a-t-il gagné la finale ?", "answers": ["Lille"],
     "evidence": [{"article": "sport/lyon.txt", "quote": "samedi à Lille"}], "answerable": True, "tags": ["place"]},
    {"id": "x", "question": "Quel est le PIB du Brésil ?", "answers": [], "evidence": [], "answerable": False,
     "tags": ["far"]},
]  # fmt: skip


def sourcier(*args: str | Path) -> Result:
    """The command run in this process."""
    return CliRunner().invoke(cli, ["eval", *map(str, args)])


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """Three questions, one of them without an answer."""
    path = tmp_path / "gold.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in GOLD), "utf-8")
    return path


def file(path: Path, value: object) -> Path:
    """A file with this in it."""
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
    return path


def test_scores(gold: Path, folder: Path, tmp_path: Path) -> None:
    """The scores are printed on one screen, with the folder of the run; as JSON, too."""
    done = sourcier(gold, "--articles", folder, "--run", tmp_path / "run")
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) <= 40
    assert "Bien traitées" in done.stdout
    assert "100,0" in done.stdout
    assert str(tmp_path / "run") in done.stdout
    assert {path.name for path in (tmp_path / "run").iterdir()} >= {
        "run.json", "gold.jsonl", "answers.jsonl", "articles.jsonl", "scores.json", "report.html",
    }  # fmt: skip
    printed = json.loads(sourcier(gold, "--articles", folder, "--run", tmp_path / "run", "--json").stdout)
    assert printed["metrics"]["handled"]["value"] == 1
    assert (printed["run"], printed["gate"]) == (str(tmp_path / "run"), None)
    assert "by_question" not in printed


def test_report(gold: Path, folder: Path, tmp_path: Path) -> None:
    """Each run has its report, whose path is told; it is written again for a run that is there, and for that alone."""
    report = tmp_path / "run" / "report.html"
    done = sourcier(gold, "--articles", folder, "--run", tmp_path / "run")
    assert f"Rapport : {report}" in done.stdout
    first = report.read_text("utf-8")
    assert "La foire du livre" in first
    report.unlink()
    again = sourcier("--report", tmp_path / "run")
    assert (again.exit_code, again.stdout) == (0, f"{report}\n")
    assert report.read_text("utf-8") == first
    report.unlink()
    printed = sourcier(gold, "--articles", folder, "--run", tmp_path / "run", "--json")
    assert json.loads(printed.stdout)["report"] == str(report)
    assert report.exists()
    (tmp_path / "empty").mkdir()
    refused = sourcier("--report", tmp_path / "empty")
    assert refused.exit_code == 2
    assert "run.json" in refused.stderr
    assert sourcier(gold, "--report", tmp_path / "run").exit_code == 2


def test_the_stored_articles_are_asked(gold: Path, folder: Path, home: Path) -> None:
    """Without --articles it is the store that answers, and the run lies in a new folder below SOURCIER_HOME."""
    assert sourcier(gold).exit_code == 2
    CliRunner().invoke(cli, ["ingest", str(folder)])
    assert sourcier(gold).exit_code == sourcier(gold).exit_code == 0
    assert len(list((home / "evaluations").iterdir())) == 2


def test_gate_sets_the_exit_status(gold: Path, folder: Path, tmp_path: Path) -> None:
    """1 when a threshold is not held, 0 when all are, 2 when the file is of no use."""
    args = (gold, "--articles", folder, "--run", tmp_path / "run", "--gate")
    held = sourcier(*args, file(tmp_path / "low.json", {"minimum": {"handled": 0.9}}))
    assert held.exit_code == 0, held.output
    assert "tenus" in held.stdout
    missed = sourcier(*args, file(tmp_path / "high.json", {"minimum": {"handled": 1}, "maximum": {"length": 10}}))
    assert missed.exit_code == 1
    assert "Seuil non tenu" in missed.stderr
    as_json = sourcier(*args, tmp_path / "high.json", "--json")
    assert as_json.exit_code == 1
    assert [one["metric"] for one in json.loads(as_json.stdout)["gate"]] == ["length"]
    assert sourcier(*args, file(tmp_path / "bad.json", "{}")).exit_code == 2


def test_comparing_settings(gold: Path, folder: Path, tmp_path: Path) -> None:
    """Two files of settings are run and compared; the difference between them is named."""
    a, b = file(tmp_path / "a.env", ""), file(tmp_path / "b.env", "SOURCIER_PASSAGES=1\n")
    done = sourcier(gold, "--articles", folder, "--compare", a, b)
    assert done.exit_code == 0, done.output
    assert "passages 10 → 1" in done.stdout
    assert "sans différence démontrée" in done.stdout
    found = json.loads(sourcier(gold, "--articles", folder, "--compare", a, b, "--json").stdout)
    assert (found["verdict"], found["changed"]) == ("no difference", {"passages": [10, 1]})
    again = sourcier("--compare", found["a"], found["b"], "--json")
    assert json.loads(again.stdout)["metrics"] == found["metrics"]


def test_flipped_questions_are_shown(gold: Path, folder: Path, tmp_path: Path) -> None:
    """What one run had right and the other has not is shown with both answers."""
    for name in ("a", "b"):
        assert sourcier(gold, "--articles", folder, "--run", tmp_path / name).exit_code == 0
    scores = json.loads((tmp_path / "b" / "scores.json").read_text("utf-8"))
    scores["by_question"][0] |= {"outcome": "wrong"}
    file(tmp_path / "b" / "scores.json", scores)
    done = sourcier("--compare", tmp_path / "a", tmp_path / "b")
    assert "Questions perdues : 1, gagnées : 0" in done.stdout
    assert "A (juste)" in done.stdout
    assert "B (faux)" in done.stdout
    assert "attendu : 12 000" in done.stdout
    report = tmp_path / "b" / "comparison.html"
    assert done.stdout.endswith(f"Rapport : {report}\n")
    assert "Questions perdues" in report.read_text("utf-8")


def test_interrupted_goes_on(gold: Path, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After Ctrl-C the same command goes on with the answers that are there."""
    CliRunner().invoke(cli, ["ingest", str(folder)])
    real, left = Answerer.invoke, [2]

    def once(self: Answerer, question: Any, *rest: Any) -> Any:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return real(self, question, *rest)

    monkeypatch.setattr(Answerer, "invoke", once)
    stopped = sourcier(gold, "--jobs", "1")
    assert stopped.exit_code == 130
    assert "relancez la même commande" in stopped.stderr
    left[0] = 1
    assert sourcier(gold, "--jobs", "1").exit_code == 0
    assert len(list((home / "evaluations").iterdir())) == 1


def test_settings_file_wins(gold: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of settings wins over the environment, and a name it misspells is an error."""
    monkeypatch.setenv("SOURCIER_PASSAGES", "7")
    given = file(tmp_path / "given.env", "SOURCIER_PASSAGES=2\n")
    assert sourcier(gold, "--articles", folder, "--settings", given, "--run", tmp_path / "run").exit_code == 0
    assert json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))["settings"]["passages"] == 2
    wrong = sourcier(gold, "--articles", folder, "--settings", file(given, "SOURCIER_PASAGES=2\n"))
    assert wrong.exit_code == 2
    assert "SOURCIER_PASAGES" in wrong.stderr
    refused = sourcier(gold, "--articles", folder, "--run", tmp_path / "run")
    assert refused.exit_code == 2
    assert "other settings" in refused.stderr


def test_usage_errors(gold: Path, tmp_path: Path) -> None:
    """A mixture of options that means nothing exits with 2."""
    (tmp_path / "a").mkdir()
    env = file(tmp_path / "a.env", "")
    for args in ([], ["--compare", env, env], [gold, "--compare", tmp_path / "a", tmp_path / "a"],
                 [gold, "--compare", env, env, "--run", tmp_path / "r"]):  # fmt: skip
        assert sourcier(*args).exit_code == 2


def test_every_name_has_its_text() -> None:
    """Each metric, outcome and verdict can be said in each language."""
    wanted = {f"metric_{name}" for name in BY_NAME} | {f"outcome_{name}" for name in OUTCOMES}
    wanted |= {f"eval_{said}" for said in ("better", "worse", "mixed", "no_difference", "higher", "lower")}
    wanted |= {f"eval_gate_{kind}" for kind in ("minimum", "maximum", "baseline")}
    for language in LANGUAGES:
        entries = texts(language).entries
        assert wanted <= entries.keys()
        assert all(len(entries[f"metric_{name}"]) <= 27 for name in BY_NAME)


def test_summary_without_answers_to_score() -> None:
    """Metrics without a value are left out."""
    one = {"value": 0.5, "low": None, "high": None, "questions": 1}
    scores = {"questions": 1, "metrics": {"handled": one}, "by_tag": {}, "by_language": {}, "latency": {}}
    printed = summary(scores, {"settings": {"mode": "extractive"}, "seconds": 1}, Path("r"), Page(texts("en")))
    assert "Handled right" in printed
    assert "Citations" not in printed
    about = {"settings": {"mode": "model"}, "seconds": 1, "notices": {"model_timeout": 3}}
    assert "model_timeout 3" in summary(scores, about, Path("r"), Page(texts("en")))
