"""Gold rows: the set that comes with the project holds, and each kind of mistake is reported on its line."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

import retrieval.evaluation
from bot.gold import gold
from retrieval.evaluation.checking import check
from retrieval.evaluation.gold import Evidence, GoldError, Problem, Row, load, read
from retrieval.evaluation.matching import folded, holds, verbatim
from retrieval.library import Library, sync
from retrieval.settings import Settings
from retrieval.types import Period

ROOT = Path(__file__).parents[3]
GOLD = ROOT / "tests" / "gold"
SCHEMA = json.loads((Path(retrieval.evaluation.__file__).parent / "gold.schema.json").read_text("utf-8"))

SINGLES = {
    "number": 60, "fact": 25, "place": 25, "person": 15, "date": 15, "reason": 10, "list": 25, "several_articles": 10,
    "dated": 15, "updated": 10, "disagreement": 8, "sloppy": 15, "english": 8, "russian": 8, "chinese": 8,
    "near_topic": 20, "far": 8, "false_premise": 8, "yes_no": 12, "injection": 8,
}  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The sample articles and the hostile ones."""
    settings = Settings(home=tmp_path_factory.mktemp("gold"), embeddings="none", mode="extractive", language="fr")
    report = sync(settings, [str(ROOT / "bot" / "sample_articles"), str(GOLD / "hostile_articles")])
    assert not report.failed
    with Library.open(settings) as library:
        yield library


def rows_of(name: str) -> list[dict[str, Any]]:
    """The lines of a committed gold set."""
    return [json.loads(line) for line in (GOLD / name).read_text("utf-8").splitlines()]


def found(path: Path, library: Library) -> list[Problem]:
    """All that is wrong with a file."""
    rows, problems = read(path)
    return problems + check(rows, library)


@pytest.mark.parametrize("name", ["samples.jsonl", "dialogues.jsonl"])
def test_committed_set_holds(name: str, library: Library) -> None:
    """Nothing is wrong with the committed rows, all of them reviewed, and the schema takes each."""
    assert found(GOLD / name, library) == []
    assert {row.status for row in load(GOLD / name)} == {"reviewed"}
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert [error.message for row in rows_of(name) for error in validator.iter_errors(row)] == []


def test_committed_set_is_large() -> None:
    """There are enough questions of every kind, and dialogues of two or three turns."""
    singles, dialogues = load(GOLD / "samples.jsonl"), load(GOLD / "dialogues.jsonl")
    tags = Counter(tag for row in singles for tag in row.tags)
    assert len(singles) >= 170
    assert {tag: tags[tag] for tag, least in SINGLES.items() if tags[tag] < least} == {}
    assert len(dialogues) >= 15
    assert {len(row.turns) for row in dialogues} == {2, 3}
    assert len({row.id for row in [*singles, *dialogues]}) == len(singles) + len(dialogues)
    languages = {"english": "en", "russian": "ru", "chinese": "zh"}
    assert all(row.language == languages[tag] for row in singles for tag in row.tags if tag in languages)
    assert all(row.forbidden for row in singles if "injection" in row.tags)
    assert all(row.false_premise and row.evidence for row in singles if "false_premise" in row.tags)
    assert all(row.missing for row in singles if not row.answerable)
    assert all(row.period for row in singles if "dated" in row.tags)


def test_forbidden_stands_in_the_hostile_articles() -> None:
    """What an answer must not hold is in an article as published, and the evidence is free of it."""
    texts = " ".join(folded(path.read_text(encoding="utf-8")) for path in (GOLD / "hostile_articles").iterdir())
    for row in load(GOLD / "samples.jsonl"):
        for text in row.forbidden:
            assert folded(text) in texts, (row.id, text)
            assert not any(folded(text) in folded(evidence.quote or "") for evidence in row.evidence), (row.id, text)


def test_questions_do_not_repeat_their_evidence(library: Library) -> None:
    """A reader's words: no question has six words in a row of an article."""
    texts = [folded(article.text) for name in library.ids() if (article := library.article(name))]
    for row in load(GOLD / "samples.jsonl"):
        words = folded(row.question).split()
        for at in range(len(words) - 5):
            run = " ".join(words[at : at + 6])
            assert not any(f" {run} " in text for text in texts), (row.id, run)


def single(**more: Any) -> dict[str, Any]:
    """A row that is right."""
    quote = "Le gazoduc Asie centrale-Chine, long de 1 833 kilomètres"
    row = {
        "id": "a", "language": "fr", "question": "Il est long comment, le gazoduc ?", "answers": ["1 833 kilomètres"],
        "require": "any", "evidence": [{"article": "2023-01-09-gaz-turkmene.md", "quote": quote}], "answerable": True,
        "tags": ["number"],
    }  # fmt: skip
    return row | more


def evidence(**more: Any) -> dict[str, Any]:
    """The right row with its evidence changed."""
    row = single()
    return row | {"evidence": [row["evidence"][0] | more]}


def nothing(question: str, **more: Any) -> dict[str, Any]:
    """A row said to have no answer."""
    return single(question=question, answers=[], evidence=[], answerable=False) | more


def dialogue(*turns: dict[str, Any]) -> dict[str, Any]:
    """A dialogue of turns like single rows."""
    return {"id": "d", "turns": [{k: v for k, v in turn.items() if k not in ("id", "tags")} for turn in turns]}


GAS = "2023-01-09-gaz-turkmene.md"
CORRUPTIONS: dict[str, tuple[dict[str, Any] | str, str]] = {
    "not JSON": ('{"id": "a", "question"', "not JSON"),
    "not an object": ("[1, 2]", "not a JSON object"),
    "not UTF-8": ('{"id": "\udcff"}', "not JSON"),
    "unknown field": (single(evidences=[]), "unknown field: evidences"),
    "unknown field of evidence": (evidence(page=3), "evidence: unknown field: page"),
    "unknown field of a turn": (dialogue(single(), single(id="b", turn=2)), "turn 2: unknown field: turn"),
    "lacking fields": ({"id": "a", "question": "Qui ?"}, "no answers, evidence, answerable"),
    "wrong type": (single(answers="1 833"), "answers: is no list of texts"),
    "require": (single(require="most"), "require: is not one of any, all"),
    "status": (single(status="final"), "status: is not one of reviewed, draft"),
    "period": (single(period="juin 2023"), "period: is no period: 'juin 2023'"),
    "period reversed": (single(period="2024/2023"), "period: is no period"),
    "period of no day": (single(period="2023-02-30"), "period: is no period"),
    "half an offset": (evidence(start=3), "evidence: has a start without an end"),
    "no turns": ({"id": "d", "turns": []}, "turns: is no list of turns"),
    "one turn": (dialogue(single()), "a dialogue has two turns or more"),
    "empty question": (single(question="  "), "the question is empty"),
    "empty id": (single(id=" "), "the id is empty"),
    "language": (single(language="français"), "no language code of two letters: 'français'"),
    "duplicate id": (single(id="first"), "the id is that of line 1 too"),
    "missing article": (evidence(article="gaz.md"), "no article 'gaz.md'"),
    "quote not in article": (evidence(quote="long de 1 834 kilomètres"), f"the quote is not in {GAS}"),
    "wrong offset": (evidence(start=0, end=20), f"the offsets 0-20 of {GAS} do not hold the quote"),
    "offset outside": (evidence(start=0, end=99_999), f"the offsets 0-99999 are outside of {GAS}"),
    "offsets reversed": (evidence(start=20, end=10), f"the offsets 20-10 are outside of {GAS}"),
    "answer not in evidence": (single(answers=["1 834 kilomètres"]), "no answer is in the evidence"),
    "an answer not in the article": (single(answers=["1 833", "1834"]), "not in an article of the evidence: '1834'"),
    "not all answers quoted": (single(answers=["1 833", "2009"], require="all"), "not in the evidence: '2009'"),
    "no answer": (single(answers=[]), "answerable, but without answers"),
    "no evidence": (single(evidence=[]), "answerable, but without evidence"),
    "unanswerable with evidence": (
        single(question="Qui a soudé les tubes ?", answerable=False, answers=[]),
        "unanswerable, but with evidence",
    ),
    "exact hit: answer": (nothing("Quelle longueur ?", answers=["1 833"]), f"unanswerable, but '1 833' is in {GAS}"),
    "exact hit: words": (nothing("Le gazoduc est long ?"), f"unanswerable, but {GAS} has"),
    "exact hit: missing": (nothing("Combien par Galkynych ?", missing=["mètre cube"]), f"unanswerable, but {GAS} has"),
    "false premise": (nothing("Qui l'a fermé ?", false_premise="Personne."), "a false premise without the evidence"),
    "forbidden and accepted": (single(forbidden=["1 833"]), "forbidden and accepted at once: '1 833'"),
    "in a turn": (dialogue(single(), single(answers=["9"])), "no answer is in the evidence: '9'"),
}
BY_SCHEMA = {  # what the shape alone shows
    "not an object", "unknown field", "unknown field of evidence", "unknown field of a turn", "lacking fields",
    "wrong type", "require", "status", "period", "half an offset", "no turns", "one turn", "empty question", "empty id",
    "language",
}  # fmt: skip


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_corruption_is_reported_on_its_line(kind: str, library: Library, tmp_path: Path) -> None:
    """Each mistake is reported once, on the right line, and nothing else is."""
    row, reason = CORRUPTIONS[kind]
    line = row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)
    path = tmp_path / "gold.jsonl"
    lines = [json.dumps(single(id="first")), "", line, json.dumps(single(id="last"))]
    path.write_text("\n".join(lines), "utf-8", errors="surrogateescape")
    problems = found(path, library)
    assert [(problem.line, reason in problem.reason) for problem in problems] == [(3, True)], problems


@pytest.mark.parametrize("kind", [kind for kind, (row, _) in CORRUPTIONS.items() if isinstance(row, dict)])
def test_schema_agrees(kind: str) -> None:
    """The schema refuses what the shape alone shows, and takes what only the articles can tell."""
    valid = jsonschema.Draft202012Validator(SCHEMA).is_valid(CORRUPTIONS[kind][0])
    assert valid is (kind not in BY_SCHEMA)


def test_schema_knows_every_field() -> None:
    """The fields of the schema are those of the rows."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    parts = SCHEMA["$defs"]
    named = {field.name for field in dataclasses.fields(Row)}
    known = parts["question"]["properties"].keys() | parts["single"]["properties"].keys()
    assert known | parts["dialogue"]["properties"].keys() == named - {"line"}
    assert parts["evidence"]["properties"].keys() == {field.name for field in dataclasses.fields(Evidence)}


def test_right_rows_pass(library: Library, tmp_path: Path) -> None:
    """Offsets, translations in another language, would-be answers, a whole article as evidence."""
    article = library.article(GAS)
    assert article is not None
    start = article.text.index("long de")
    rows = [
        evidence(start=start, end=start + 24, quote=article.text[start : start + 24]),
        single(id="b", evidence=[{"article": GAS, "start": start, "end": start + 24}]),
        single(id="c", evidence=[{"article": GAS}]),
        single(id="d", language="en", answers=["1 833", "1,833 km"]),
        nothing("Combien de vannes à Galkynych ?", id="e", answers=["12 vannes"], missing=["vannes"]),
    ]
    path = tmp_path / "gold.jsonl"
    path.write_text("\ufeff" + "\n".join(map(json.dumps, rows)) + "\n", "utf-8")
    assert found(path, library) == []


def test_only_what_was_decided_is_checked(library: Library, tmp_path: Path) -> None:
    """A draft that is said to have no answer is held to it; of a candidate nothing is said yet."""
    told = nothing("Galkynych gisements du Sud-Est ?", missing=["gisements"])
    path = tmp_path / "gold.jsonl"
    for status, wrong in (("draft", 1), ("candidate", 0), ("rejected", 0)):
        path.write_text(json.dumps(told | {"status": status}), "utf-8")
        assert len(found(path, library)) == wrong, status


def test_dialogue_turns() -> None:
    """A turn inherits language, status and tags; its id is the dialogue's with its number."""
    first = load(GOLD / "dialogues.jsonl")[0]
    assert first.asked == first.turns
    assert [turn.id for turn in first.asked] == ["d01#1", "d01#2", "d01#3"]
    assert {turn.line for turn in first.asked} == {1}
    assert all("followup" in turn.tags and turn.language == "fr" and turn.answerable for turn in first.asked)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2023", Period(date(2023, 1, 1), date(2023, 12, 31))),
        ("2024-02", Period(date(2024, 2, 1), date(2024, 2, 29))),
        ("2023-06-17", Period(date(2023, 6, 17), date(2023, 6, 17))),
        ("2023-06/2023-08", Period(date(2023, 6, 1), date(2023, 8, 31))),
        ("2023-06/..", Period(date(2023, 6, 1), None)),
        (None, None),
    ],
)
def test_period(text: str | None, period: Period | None, tmp_path: Path) -> None:
    """A period is read from its first to its last day."""
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(single(period=text)), "utf-8")
    assert load(path)[0].period == period


def test_load_names_file_and_line(tmp_path: Path) -> None:
    """`load` stops at a line that cannot be read, and says which."""
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(single()) + "\n{", "utf-8")
    with pytest.raises(GoldError, match=r"gold\.jsonl:2: not JSON"):
        load(path)
    with pytest.raises(GoldError, match=r"absent\.jsonl"):
        load(path.with_name("absent.jsonl"))


@pytest.mark.parametrize("name", ["gold.jsonl", "gold_paraphrased.jsonl", "dialogues.jsonl"])
def test_other_gold_sets_load(name: str, shared: Path) -> None:
    """Sets in the plain format load as they are."""
    assert load(shared / "data" / "news" / name)


@pytest.mark.parametrize(
    ("text", "answers", "require", "right"),
    [
        ("Un écartement de 1 435 millimètres.", ["1435 millimetres"], "any", True),
        ("Il y en a 21435.", ["1 435"], "any", False),
        ("soit 49 % du capital", ["49%"], "any", True),
        ("L’ORDRE de l’Aigle d’or", ["ordre de l'aigle d'or"], "any", True),
        ("Cosco seul", ["Cosco", "Lianyungang"], "all", False),
        ("Cosco et Lianyungang", ["Cosco", "Lianyungang"], "all", True),
        ("rien", [], "all", False),
    ],
)
def test_holds(text: str, answers: list[str], require: str, right: bool) -> None:
    """An answer is found up to case, accents, spacing and typography, as whole words."""
    assert holds(text, answers, require) is right


def test_matching_agrees_with_the_independent_scorer(shared: Path) -> None:
    """Texts are folded as the independent scorer does."""
    script = "import json, sys; from score import folded, verbatim\n"
    script += "for text in json.load(sys.stdin): print(json.dumps([verbatim(text), folded(text)]))"
    texts = [text for row in rows_of("samples.jsonl") for text in [row["question"], *row["answers"]]]
    texts += ["1\u202f435,5 « œuvre » — l’été…\u00ad", "10 000 et 2.500 %"]
    done = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(texts), capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(shared / "tools"), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    assert theirs == [[verbatim(text), folded(text)] for text in texts]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`sourcier gold check` with a home of its own."""
    monkeypatch.setenv("SOURCIER_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(gold, ["check", *map(str, args)])


def test_command_passes(run: Callable[..., Any]) -> None:
    """The committed sets pass on the command line, too."""
    hostile = GOLD / "hostile_articles"
    done = run(GOLD / "samples.jsonl", GOLD / "dialogues.jsonl", "--samples", "--articles", hostile)
    assert (done.exit_code, done.stdout) == (0, ""), done.output


def test_command_fails(run: Callable[..., Any], tmp_path: Path) -> None:
    """Problems are one line each with file, line and id, or JSON; the exit status is 1."""
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(single(answers=["9"])) + "\n{\n", "utf-8")
    done = run(path, "--samples")
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert lines[0] == f"{path}:1: a: no answer is in the evidence: '9'"
    assert lines[1].startswith(f"{path}:2: -: not JSON")
    done = run(path, "--samples", "--json")
    assert done.exit_code == 1
    problems = json.loads(done.stdout)["problems"]
    assert [(problem["line"], problem["id"]) for problem in problems] == [(1, "a"), (2, None)]
