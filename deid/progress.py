"""How far a long command has come: rows, rate and time left, on standard error and only where somebody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from audit.cli_context import language_of
from audit.text import Text
from deid.engine import Progress as Report

DOING = {
    "read": Text("읽는 중", "reading"),
    "change": Text("처리 중", "changing"),
    "measure": Text("위험 측정 중", "measuring"),
    "search": Text("일반화 탐색 중", "searching"),
    "survey": Text("조사 중", "surveying"),
    "draw": Text("합성 중", "drawing rows"),
    "attack": Text("공격으로 점검 중", "attacking the result"),
}


@contextmanager
def shown(doing: str, *, quiet: bool) -> Iterator[Report]:
    """Give what takes the rows done and all there are, and shows them."""
    columns = (
        SpinnerColumn(),
        TextColumn(DOING[doing].say(language_of())),
        TextColumn("{task.completed:,.0f}"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=Console(file=sys.stderr), disable=quiet, transient=True)
    with bar:
        task = bar.add_task("rows", total=None, rate="")

        def report(done: int, every: int | None) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, total=every, rate="" if speed is None else f"{speed:,.0f}/s")

        yield report
