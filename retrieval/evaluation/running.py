"""Running an evaluation: every question through the same chain as anybody's, into a folder that can be gone on with."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from langchain_core.runnables import Runnable

from retrieval.chain import Answerer
from retrieval.evaluation import runs
from retrieval.evaluation.aggregating import aggregate
from retrieval.evaluation.evidence import Corpus
from retrieval.evaluation.gold import Row
from retrieval.evaluation.metrics import confidence_of, score
from retrieval.evaluation.runs import RunError
from retrieval.library import Library
from retrieval.settings import Settings
from retrieval.types import Answer, Progress, Question, Turn

TURNS = 6  # exchanges that a follow-up can look back on, as in a conversation

Rendered = Callable[[Answer], dict[str, Any]]  # an Answer in its JSON form


@dataclass(slots=True)
class Run:
    """An evaluation that is about to be run, or to be gone on with, in a folder."""

    folder: Path
    rows: Sequence[Row]
    settings: Settings
    rendered: Rendered
    jobs: int = 4
    gold_files: Sequence[str] = ()
    on_progress: Callable[[Progress], None] | None = None
    answerer: Runnable[Question | str, Answer] | None = None  # what answers; None: the chain over the store
    _answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def go(self) -> dict[str, Any]:
        """Answer what has no answer yet, score all, write the folder; returns the scores (`aggregating.aggregate`).

        Raises RunError when the folder holds another run, or one that is under way.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            held = FileLock(self.folder / "run.lock").acquire(timeout=0)
        except Timeout as error:
            raise RunError(f"{self.folder}: a run is under way there", remedy="wait for it to end") from error
        with held, Library.open(self.settings) as library:
            corpus = Corpus(library)
            about = self._begin(corpus)
            start = time.perf_counter()
            self._answer_all()
            about["seconds"] = round(about["seconds"] + time.perf_counter() - start, 3)
            about["finished"] = about["finished"] or _now()
            return self._end(about, corpus)

    def _begin(self, corpus: Corpus) -> dict[str, Any]:
        """What run.json says, after a look at the one that is there, if any."""
        asked = [asked for row in self.rows for asked in row.asked]
        if len({row.id for row in asked}) < len(asked):
            raise RunError("two questions have the same id", remedy="sourcier gold check FILE…")
        if not asked:
            raise RunError("there is no question to ask")
        prints = fingerprints(self.rows, self.settings, corpus)
        path = self.folder / runs.RUN
        if path.exists():
            about = runs.read_json(path)
            self._answers = {line["id"]: line for line in runs.read_lines(self.folder / runs.ANSWERS)}
            before = about["fingerprints"]
            differ = [name for name in prints if prints[name] != before.get(name)]
            if differ == ["code"] and all(row.id in self._answers for row in asked):
                return about  # all is answered: it is only scored again
            if differ:
                raise RunError(
                    f"{self.folder} holds a run with other {', '.join(differ)}", remedy="name another folder with --run"
                )
            return about
        if (self.folder / runs.ANSWERS).exists():
            raise RunError(f"{self.folder}: answers without a {runs.RUN}", remedy="name another folder with --run")
        about = {
            "format": runs.FORMAT, "created": _now(), "finished": None, "seconds": 0.0, "questions": len(asked),
            "dialogues": sum(bool(row.turns) for row in self.rows), "jobs": self.jobs,
            "gold": list(self.gold_files), "version": runs.product_version(), "fingerprints": prints,
            "settings": runs.settings_dict(self.settings), "weights": runs.weights(),
        }  # fmt: skip
        runs.write_lines(self.folder / runs.GOLD, runs.gold_lines(self.rows, corpus))
        runs.write_json(path, about)
        return about

    def _answer_all(self) -> None:
        waiting = [row for row in self.rows if any(asked.id not in self._answers for asked in row.asked)]
        if not waiting:
            return
        runs.write_lines(self.folder / runs.ANSWERS, self._answers.values())  # without half a line at its end
        self._report()
        if self.answerer is not None:
            self._answer(waiting, self.answerer)
            return
        with Answerer.open(self.settings) as answerer:
            self._answer(waiting, answerer)

    def _answer(self, waiting: Sequence[Row], answerer: Runnable[Question | str, Answer]) -> None:
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                for done in as_completed([pool.submit(self._row, row, answerer) for row in waiting]):
                    done.result()
            except BaseException:  # Ctrl-C or a store that broke: what is answered is kept, nothing more is begun
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _row(self, row: Row, answerer: Runnable[Question | str, Answer]) -> None:
        """Ask a question, or the turns of a dialogue one after the other, each with those before as its history."""
        history: tuple[Turn, ...] = ()
        for turn in row.asked:
            line = self._answers.get(turn.id)
            if line is None:
                start = time.perf_counter()
                answer = answerer.invoke(Question(turn.question, id=turn.id, history=history))
                wall = round(time.perf_counter() - start, 6)
                line = {**self.rendered(answer), "id": turn.id, "wall": wall}
                self._keep(line)
            history = (*history, Turn(line["understood_as"] or turn.question, line["text"]))[-TURNS:]

    def _keep(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False) + "\n"
        with self._writing:
            with (self.folder / runs.ANSWERS).open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            self._answers[line["id"]] = line
            self._report()

    def _report(self) -> None:
        if self.on_progress is not None:
            total = sum(len(row.asked) for row in self.rows)
            self.on_progress(Progress(len(self._answers), total, 0))

    def _end(self, about: dict[str, Any], corpus: Corpus) -> dict[str, Any]:
        asked = [asked for row in self.rows for asked in row.asked]
        lines = [self._answers[row.id] for row in asked]
        gold = runs.gold_lines(self.rows, corpus)
        sources = {confidence_of(line)[1] for line in lines if not line["abstained"]}
        scores = aggregate(
            [score(row, line, corpus) for row, line in zip(asked, lines, strict=True)],
            "answer" if sources == {"answer"} else "hits",
        )
        notices = [line["notice"] for line in lines if line.get("notice")]
        about["notices"] = {notice: notices.count(notice) for notice in sorted(set(notices))}
        runs.write_lines(self.folder / runs.GOLD, gold)
        runs.write_lines(self.folder / runs.ANSWERS, lines)
        runs.write_lines(self.folder / runs.ARTICLES, runs.article_lines(gold, lines, corpus))
        path = self.folder / runs.SCORES
        if path.exists() and (judged := runs.read_json(path).get("judge")):
            scores["judge"] = judged  # of the same answers: they are scored again, not asked
        runs.write_json(path, scores)
        runs.write_json(self.folder / runs.RUN, about)
        return scores


def fingerprints(rows: Sequence[Row], settings: Settings, corpus: Corpus) -> dict[str, str]:
    """What must be the same for answers to belong to one run: gold set, corpus, settings, code."""
    return {
        "gold": gold_fingerprint(rows),
        "corpus": corpus.fingerprint(),
        "settings": runs.digest_of(runs.settings_dict(settings)),
        "code": runs.code_fingerprint(),
    }


def gold_fingerprint(rows: Sequence[Row]) -> str:
    """A digest of all rows, wherever their lines stand and in whatever order."""
    return runs.digest_of(sorted((_without_lines(dataclasses.asdict(row)) for row in rows), key=lambda row: row["id"]))


def unfinished(folder: Path, prints: dict[str, str]) -> Path | None:
    """The latest run below a folder that was interrupted and can be gone on with, or None."""
    for path in sorted(folder.glob(f"*/{runs.RUN}"), reverse=True):
        about = runs.read_json(path)
        if about.get("finished") is None and about.get("fingerprints") == prints:
            return path.parent
    return None


def _without_lines(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "line": 0, "turns": [{**turn, "line": 0} for turn in row["turns"]]}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
