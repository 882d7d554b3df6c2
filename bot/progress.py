"""How far an ingest or an evaluation is: a bar on stderr when that is a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.texts import Texts
from retrieval.types import Progress as Step


@contextmanager
def shown(t: Texts, what: str = "ingest") -> Iterator[Callable[[Step], None] | None]:
    """Gives what is called after each step, or None when nobody watches; `what` begins the keys of its texts."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(t(f"{what}_rate", rate=f"{task.speed:.0f}") if task.speed else "")

    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(t(f"{what}_progress"), total=None)

        def update(step: Step) -> None:
            doing = t(f"{what if step.step == 'ingest' else step.step}_progress")
            bar.update(task, description=doing, completed=step.done, total=step.total)

        yield update
