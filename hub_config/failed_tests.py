"""The last words of a test run: what failed and why, short enough to be read where only the end of an output is kept.

`tests/what_failed.py` writes the list while the suites run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

LIST = "ANSIM_TEST_FAILURES"
"""The environment variable that names the list: one JSON object a line."""
SHOWN_LOGS = 2
"""How many failures show what the processes of their zone wrote last; pytest's own report has them all."""
LINES = 15


@dataclass(frozen=True, slots=True)
class Failure:
    """One test that failed: its name, the part of it that did, why, and the last lines of each log by name."""

    test: str
    when: str
    reason: str
    logs: dict[str, str]


def read_failures(file: Path) -> list[Failure]:
    """Return what a run has noted; a run without failures has no list."""
    if not file.exists():
        return []
    return [Failure(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]


def by_reason(failures: list[Failure]) -> dict[str, list[Failure]]:
    """Gather those that failed for the same reason: a zone that does not start fails all of its tests."""
    found: dict[str, list[Failure]] = {}
    for failure in failures:
        found.setdefault(f"{failure.when}: {failure.reason}", []).append(failure)
    return found


def print_failures(console: Console, file: Path) -> None:
    """Print every reason once, with the tests it failed, after the last lines of some logs."""
    failures = read_failures(file)
    if not failures:
        return
    groups = by_reason(failures)
    with_logs = [group[0] for group in groups.values() if group[0].logs]
    for failure in with_logs[:SHOWN_LOGS]:
        console.print(f"\nWhat was written last when {escape(failure.test)} failed:", soft_wrap=True)
        for name, text in failure.logs.items():
            console.print(f"--- {escape(name)}")
            console.print("\n".join(text.splitlines()[-LINES:]), markup=False, soft_wrap=True)
    console.print(f"\n{len(failures)} failed:")
    for group in groups.values():
        first, *others = group
        console.print(f"  {escape(first.test)} ({first.when})", soft_wrap=True)
        reason = "\n".join(f"      {line}" for line in first.reason.splitlines()[:6])
        console.print(reason, markup=False, soft_wrap=True)
        if others:
            console.print(f"      and {len(others)} more for the same reason:", markup=False)
            for other in others:
                console.print(f"      {escape(other.test)}", soft_wrap=True)
