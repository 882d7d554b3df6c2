"""`sourcier gold candidates`, `review` and `draft`, as somebody at a terminal meets them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from llmock.scenarios import Reply
from llmock.testing import LLMockServer
from programs import python
from small_corpus import own_home, three_articles  # noqa: F401 (fixtures)

from bot.cli import cli
from bot.memory import Memory
from bot.rendering.as_json import answer_dict, dumps
from bot.texts import LANGUAGES, texts
from retrieval.evaluation.gold import load
from retrieval.settings import Settings
from retrieval.types import Answer, Citation, Usage

READER, CHAT = 990011, 880022
QUOTE = "Elle attend 12 000 visiteurs cette semaine."
VISITORS = "Combien de monde à la foire du livre de Nantes ?"
BRAZIL = "Quel est le PIB du Brésil ?"


def gold(*args: str | Path, typed: str | None = None) -> Result:
    """The command run in this process."""
    return CliRunner().invoke(cli, ["gold", *map(str, args)], input=typed)


def lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def asked(memory: Memory, message: int, question: str, text: str = "") -> int:
    """A turn of the reader, answered so; without a text it is an abstention."""
    turn = memory.begin_turn(CHAT, None, READER, message, question)
    cited = (Citation(1, "nantes.txt", "T", None, None, None, 5, 12, "foire d"),) if text else ()
    found = Answer(
        "a", question, question, "fr", "extractive", None, not text, text, (), (), cited, (), None, None, Usage(),
        {"total": 0.1},
    )  # fmt: skip
    memory.answered(turn.id, dumps(answer_dict(found)))
    return turn.id


@pytest.fixture
def remembered(home: Path) -> None:
    """A disliked answer, a liked one, and an abstention that came twice."""
    with Memory.open(Settings(home=home)) as memory:
        memory.feedback(asked(memory, 1, VISITORS, "Beaucoup. [1]"), READER, -1)
        memory.feedback(asked(memory, 2, "Bonne ?", "Oui. [1]"), READER, 1)
        asked(memory, 3, BRAZIL)
        asked(memory, 4, "quel est le PIB du Bresil")


@pytest.fixture
def proposed(tmp_path: Path) -> Path:
    """Two candidates and a draft, in a file."""
    common = {"language": "fr", "answers": [], "evidence": [], "answerable": None, "status": "candidate"}
    draft = {
        **common, "id": "draft-1", "question": "Où Lyon a-t-il gagné ?", "answerable": True, "status": "draft",
        "answers": ["Lille"], "evidence": [{"article": "sport/lyon.txt", "quote": "samedi à Lille"}], "tags": ["place"],
    }  # fmt: skip
    rows = [
        {"id": "asked-1", "question": VISITORS, "tags": ["feedback"], "count": 3, **common,
         "answered": {"text": "Beaucoup. [1]", "citations": [{"article": "nantes.txt", "quote": "foire d"}]}},
        {"id": "asked-2", "question": BRAZIL, "tags": ["abstained"], **common},
        draft,
    ]  # fmt: skip
    path = tmp_path / "proposed.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


# ---- candidates
@pytest.mark.usefixtures("remembered")
def test_candidates(tmp_path: Path) -> None:
    """What went wrong in Telegram comes out once each, without who asked; a second call adds nothing."""
    out = tmp_path / "candidates.jsonl"
    done = gold("candidates", "--out", out)
    assert done.exit_code == 0, done.output
    assert "2 questions candidates" in done.stderr
    first, second = lines(out)
    assert (first["question"], first["tags"], first["count"]) == (VISITORS, ["feedback"], 1)
    assert (second["question"], second["tags"], second["count"]) == (BRAZIL, ["abstained"], 2)
    assert not any(str(number) in out.read_text("utf-8") for number in (READER, CHAT))
    assert "0 question candidate" in gold("candidates", "--out", out).stderr
    assert len(lines(out)) == 2
    printed = gold("candidates", "--known", out)
    assert (printed.exit_code, printed.stdout) == (0, "")
    assert [json.loads(line)["id"] for line in gold("candidates").stdout.splitlines()] == [first["id"], second["id"]]


@pytest.mark.usefixtures("remembered")
def test_candidates_since() -> None:
    """Only what was asked from a day on."""
    assert len(gold("candidates", "--since", "2020").stdout.splitlines()) == 2
    assert gold("candidates", "--since", "2999-01-01").stdout == ""
    assert gold("candidates", "--since", "soon").exit_code == 2


def test_no_memory_yet(home: Path) -> None:
    """Where no bot ran, that is said, and nothing is made."""
    done = gold("candidates")
    assert done.exit_code == 2
    assert "sourcier telegram" in done.stderr
    assert not (home / "conversations.sqlite").exists()


# ---- review
def test_accepting(proposed: Path, folder: Path) -> None:
    """Question, answer given and passages are shown; what is accepted passes `gold check` with its offsets."""
    typed = f"a\n12 000\n1\n{QUOTE}\n\nq\n"
    done = gold("review", proposed, "--articles", folder, typed=typed)
    assert done.exit_code == 0, done.output
    assert VISITORS in done.stdout
    assert "Répondu : Beaucoup." in done.stdout
    assert "posée 3 fois" in done.stdout
    assert "1. La foire du livre ouvre à Nantes" in done.stdout
    assert "Retenues : 1, rejetées : 0, restent à relire : 2" in done.stdout
    (row,) = lines(proposed.with_name("gold.jsonl"))
    text = (folder / "nantes.txt").read_text("utf-8").split("\n\n", 1)[1]
    (piece,) = row["evidence"]
    assert piece["quote"] == QUOTE
    assert text[piece["start"] : piece["end"]] == QUOTE or piece["start"] > 0
    assert (row["answers"], row["answerable"], row["tags"], "status" in row) == (["12 000"], True, ["feedback"], False)
    checked = gold("check", proposed.with_name("gold.jsonl"), "--articles", folder)
    assert checked.exit_code == 0, checked.output


def test_every_command(proposed: Path, folder: Path, tmp_path: Path) -> None:
    """Skip, reject, undo, edit, find, view, no answer, a draft as proposed: each does what it says."""
    into = tmp_path / "mine" / "questions.jsonl"
    into.parent.mkdir()
    typed = [
        "?", "s", "r", "u", "n", "produit intérieur brut", "f finale Lyon Lille", "v 1", "v 9", "bof", "",
        "e", "Où Lyon a-t-il remporté la finale ?", "place, sport", "fr", "a", "", "", "q",
    ]  # fmt: skip
    done = gold("review", proposed, "--gold", into, "--articles", folder, typed="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.output
    assert "Commande inconnue : bof" in done.stdout
    assert "Le score était de trois buts à un." in done.stdout
    assert "Un numéro de 1 à" in done.stdout
    brazil, lyon = lines(into)
    assert (brazil["id"], brazil["answerable"], brazil["missing"]) == ("asked-2", False, ["produit intérieur brut"])
    assert (lyon["question"], lyon["tags"]) == ("Où Lyon a-t-il remporté la finale ?", ["place", "sport"])
    assert (lyon["answers"], lyon["evidence"][0]["quote"]) == (["Lille"], "samedi à Lille")
    assert [row.id for row in load(into)] == ["asked-2", "draft-1"]
    assert [row["status"] for row in lines(proposed)] == ["candidate", "accepted", "accepted"]


def test_what_gold_check_refuses_is_not_accepted(proposed: Path, folder: Path) -> None:
    """Words that are not in the passage, an answer that is not in the words, and an unanswerable that is told."""
    typed = [
        "a",
        "12 000",
        "1",
        "13 000 visiteurs",
        "1",
        "La foire du livre a ouvert mardi",
        "",
        "n",
        "foire du livre",
        "q",
    ]
    done = gold("review", proposed, "--articles", folder, typed="\n".join(typed) + "\n")
    assert "Ces mots ne sont pas dans ce passage" in done.stdout
    assert "Pas encore : no answer is in the evidence: '12 000'" in done.stdout
    assert "Pas encore : unanswerable, but nantes.txt has" in done.stdout
    assert not proposed.with_name("gold.jsonl").exists()
    assert [row["status"] for row in lines(proposed)] == ["candidate", "candidate", "draft"]


def test_all_answers_may_be_required(proposed: Path, folder: Path) -> None:
    """Answers joined by & are all needed; the sentence with the answer is found without words."""
    typed = ["a", "12 000 & mardi", "1", "", "", "q"]
    done = gold("review", proposed, "--articles", folder, typed="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.output
    (row,) = lines(proposed.with_name("gold.jsonl"))
    assert (row["answers"], row["require"], len(row["evidence"])) == (["12 000", "mardi"], "all", 2)


def test_the_end_of_the_input_leaves(proposed: Path, folder: Path) -> None:
    """A pipe that ends in the midst of an accept decides nothing."""
    before = proposed.read_bytes()
    done = gold("review", proposed, "--articles", folder, typed="a\n12 000\n")
    assert done.exit_code == 0, done.output
    assert "restent à relire : 3" in done.stdout
    assert proposed.read_bytes() == before


def test_a_killed_review_loses_nothing(proposed: Path, folder: Path) -> None:
    """A process that is killed right after a decision was told has kept it; the next one goes on behind it."""
    command = [python(), "-c", "from bot.cli import main; main()", "gold", "review", proposed, "--articles", folder]
    process = subprocess.Popen(
        list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(f"a\n12 000\n1\n{QUOTE}\n\n")
    process.stdin.flush()
    kept = proposed.with_name("gold.jsonl")
    for _ in range(600):
        if kept.exists() and lines(proposed)[0]["status"] == "accepted":
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert [row["id"] for row in lines(kept)] == ["asked-1"]
    done = gold("review", proposed, "--articles", folder, typed="r\nr\n")
    assert "Retenues : 0, rejetées : 2, restent à relire : 0" in done.stdout
    assert [row["status"] for row in lines(proposed)] == ["accepted", "rejected", "rejected"]


# ---- what is not reviewed does not count
def test_check_and_eval_leave_proposals_out(proposed: Path, folder: Path, tmp_path: Path) -> None:
    """`gold check` counts drafts and candidates apart and checks drafts; `eval` asks neither."""
    done = gold("check", proposed, "--articles", folder)
    assert done.exit_code == 0, done.output
    assert "Questions : 0, problèmes : 0" in done.stderr
    assert "1 brouillon, 2 candidates" in done.stderr
    counted = json.loads(gold("check", proposed, "--articles", folder, "--json").stdout)
    assert (counted["questions"], counted["unreviewed"]) == (0, {"draft": 1, "candidate": 2})
    asked = CliRunner().invoke(cli, ["eval", str(proposed), "--articles", str(folder), "--run", str(tmp_path / "r")])
    assert asked.exit_code == 2
    assert "3 questions sans relecture ne sont pas posées" in asked.stderr


# ---- drafts
def test_draft(folder: Path, tmp_path: Path, server: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drafts are written as they come; what was dropped and what it cost is told; the file can be reviewed."""
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url())
    monkeypatch.setenv("SOURCIER_CHAT_MODEL", "openai:test")
    monkeypatch.setenv("SOURCIER_PRICES", "test=1/2")
    good = {"question": "Combien de visiteurs à Nantes ?", "answer": "12 000", "quote": QUOTE, "kind": "number"}
    bad = {"question": "Combien de libraires ?", "answer": "9", "quote": "neuf libraires", "kind": "number"}
    server.state.scenarios.add(Reply(json.dumps({"answerable": [good, bad]}), times=None))
    out = tmp_path / "drafts.jsonl"
    done = gold("draft", "--articles", folder / "nantes.txt", "--n", "3", "--out", out)
    assert done.exit_code == 0, done.output
    assert [row["status"] for row in lines(out)] == ["draft"]
    assert "Brouillons : 1, dont 0 sans réponse" in done.stderr
    assert "1 × écarté : la citation n’est pas dans l’article" in done.stderr
    assert "Jetons :" in done.stderr
    assert f"sourcier gold review {out}" in done.stderr
    assert gold("check", out, "--articles", folder / "nantes.txt").exit_code == 0


def test_draft_without_a_model(folder: Path) -> None:
    """The error names what to set."""
    done = gold("draft", "--articles", folder)
    assert done.exit_code == 2
    assert "OPENAI_API_KEY" in done.stderr


def test_every_reason_and_status_has_its_text() -> None:
    """Each reason for dropping and each status can be said in each language."""
    reasons = ("quote", "answer", "check", "answered", "missing", "known", "malformed", "refusal", "other")
    wanted = {f"gold_dropped_{reason}" for reason in reasons}
    wanted |= {
        f"gold_{status}_{n}" for status in ("draft", "candidate", "accepted", "rejected") for n in ("one", "other")
    }
    wanted |= {f"judge_{scale}" for scale in ("correctness", "faithfulness")}
    assert all(wanted <= texts(language).entries.keys() for language in LANGUAGES)
