"""Are answers right, and is everything shown proven? The shipped `sourcier ask --batch`, scored from outside.

    python tests/benchmarks/answers.py [extractive|model …]        (both: about a minute and a half)

`model` answers with rule_model.py, a writer that alters figures, invents names and keys and breaks off: its "answer
right" says little, but nothing that it made up may be shown. Exit status 1 when a quote is not verbatim in its article,
when a citation number does not exist, or when a statement carries none. Set KEEP to a folder to keep the answers.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from measure import data, rows
from rule_model import RuleModel, holds, showing

SETS = {"piaf": {"gold": 500}, "news": {"gold": 0}}  # questions of each gold set; 0 is all of them
EXTRACTIVE_TOO = {"piaf_abstain": {"gold": 0}, "news": {"gold_paraphrased": 0}}
PROMISED = ("quotes verbatim in the cited article", "citation numbers that exist", "statements that carry a citation")


def main() -> None:
    modes = sys.argv[1:] or ["extractive", "model"]
    if set(modes) - {"extractive", "model"}:
        sys.exit(__doc__)
    scorer = data("news").parents[1] / "tools" / "score.py"
    if not scorer.exists():
        sys.exit(f"{scorer} is not there: nothing is measured without the shared scorer")
    broken = 0
    for name in ("piaf", "news", "piaf_abstain"):
        wanted = {mode: dict(SETS.get(name, {})) for mode in modes}
        if "extractive" in wanted:
            wanted["extractive"] |= EXTRACTIVE_TOO.get(name, {})
        if not any(wanted.values()):
            continue
        with tempfile.TemporaryDirectory() as folder:
            sourcier(Path(folder), {}, "ingest", str(data(name) / "articles.jsonl"))
            for mode, golds in wanted.items():
                for gold, most in golds.items():
                    broken += not measured(scorer, Path(folder), name, gold, most, mode)
    sys.exit(1 if broken else 0)


def sourcier(home: Path, settings: dict[str, str], *arguments: str) -> str:
    """What the installed command prints, run where no .env and no setting of the caller can reach it."""
    program = shutil.which("sourcier", path=str(Path(sys.executable).parent))
    if program is None:
        sys.exit("the command sourcier is not installed beside this Python")
    own = {k: v for k, v in os.environ.items() if not re.match(r"SOURCIER_|OPENAI_|CHROMA_", k)}
    own |= {"SOURCIER_HOME": str(home / "home"), "SOURCIER_EMBEDDINGS": "none", "NO_PROXY": "127.0.0.1"} | settings
    done = subprocess.run([program, *arguments], env=own, cwd=home, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        sys.exit(f"sourcier {arguments[0]} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def measured(scorer: Path, folder: Path, name: str, gold: str, most: int, mode: str) -> bool:
    """Answer one gold set and print its figures; whether what is promised of every answer held."""
    asked = rows(data(name) / f"{gold}.jsonl")
    if most:
        random.Random(0).shuffle(asked)
        asked = asked[:most]
    questions, answers = folder / "questions.jsonl", folder / f"{name}-{gold}-{mode}.jsonl"
    questions.write_text("".join(json.dumps(g) + "\n" for g in asked), encoding="utf-8")
    settings = {"SOURCIER_MODE": mode}
    with RuleModel() if mode == "model" else nullcontext() as model:
        if model:
            settings |= {"OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "none", "SOURCIER_CHAT_MODEL": "openai:rule"}
        ask = ("ask", "--batch", str(questions), "--json", "--jobs", "1")  # one at a time: seconds without waiting
        answers.write_text(sourcier(folder, settings, *ask), encoding="utf-8")
    if keep := os.environ.get("KEEP"):
        shutil.copy(answers, keep)
    told = rows(answers)
    files = ("--articles", str(data(name) / "articles.jsonl"), "--gold", str(questions), "--answers", str(answers))
    command = [sys.executable, str(scorer), "answers", "--json", *files]
    scores = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["scores"]
    statements = [(s, {c["number"] for c in a["citations"]}) for a in told for s in a["statements"]]
    dangling = sum(n not in known for s, known in statements for n in s["citations"])
    uncited = sum(not s["citations"] for s, _ in statements)
    dropped = Counter(_kind(d["reason"]) for a in told for d in a["dropped"])
    seconds = sorted(a["seconds"]["total"] for a in told)
    print(f"{name}/{gold} {mode}: n={len(told)}")
    print(f"  quotes verbatim {scores.get(PROMISED[0], 1.0):.4f} of {sum(len(a['citations']) for a in told)}, "
          f"dangling citations {dangling}, statements without a citation {uncited}")  # fmt: skip
    print(f"  answer right {_share(scores, 'answer right')}, handled right {_share(scores, 'all questions handled right')}, "
          f"abstained {sum(a['abstained'] for a in told)} (wrongly {_share(scores, 'answerable: abstained (wrongly)')}, "
          f"rightly {_share(scores, 'unanswerable: abstained')})")  # fmt: skip
    print(f"  statements shown {len(statements)}, dropped {dropped.total()}{_listed(dropped)}")
    print(f"  p50 {seconds[len(seconds) // 2]:.3f} s, p95 {seconds[int(len(seconds) * 0.95)]:.3f} s", flush=True)
    if model:
        _compare(model, told)
    return all(scores.get(promise, 1.0) == 1.0 for promise in PROMISED) and not dangling + uncited


def _compare(model: RuleModel, told: list[dict[str, Any]]) -> None:
    """Print what the writer did, and what of it was shown."""
    by = Counter(f"{a['mode']}, {a['notice']}" if a["notice"] else a["mode"] for a in told)
    replies = [(a, model.sent.get(a["understood_as"])) for a in told]
    print(f"  answered by{_listed(by)}; the writer saw no evidence {sum(r == [] for _, r in replies)} times, "
          f"was not asked {sum(r is None for _, r in replies)} times")  # fmt: skip
    sent, seen = Counter[str](), Counter[str]()
    for answer, reply in replies:
        # where the extractive answer took over, its sentences are the articles' own, and no sentence of the writer's
        statements = answer["statements"] if answer["mode"] == "model" else []
        numbers = {s["text"]: s["citations"] for s in statements}
        for one in reply or []:
            kind = one.kind + (", to one that stands elsewhere in the prompt" if one.elsewhere else "")
            sent[kind] += 1
            statement = showing(one, numbers)
            seen[kind] += statement is not None
            if statement and one.fault:
                quotes = " ".join(c["quote"] for c in answer["citations"] if c["number"] in numbers[statement])
                where = "its quotes hold it" if holds(quotes, one.fault) else "NO QUOTE OF ITS OWN HOLDS IT"
                at = statement.find(one.fault)
                around = statement[max(0, at - 60) : at + len(one.fault) + 40]
                print(f"    shown, {one.kind}, {where}: {one.fault} in “…{around}…” (question {answer['id']})")
    for kind in sorted(sent):
        print(f"  sentences {kind}: sent {sent[kind]}, shown as supported {seen[kind]}")
    sys.stdout.flush()


def _kind(reason: str) -> str:
    """The kind of the reason: what comes first of "not in the cited passages: number 4, name X", or its words."""
    return reason.partition(": ")[2].partition(" ")[0].rstrip(",") or reason.partition(" (")[0]


def _share(scores: dict[str, float], name: str) -> str:
    return f"{scores[name]:.4f}" if name in scores else "–"


def _listed(counted: Counter[str]) -> str:
    return f" ({', '.join(f'{name} {count}' for name, count in counted.most_common())})" if counted else ""


if __name__ == "__main__":
    main()
