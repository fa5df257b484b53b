"""`make bench-audit`: measures what the audit log promises, without a zone, and says which promises were kept.

    python -m tests.benchmarks.audit [name …]

Every figure is a ratio to something measured in the same run, slice by slice: the seconds say more about the disk.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from hub_config.processes import REPOSITORY
from tests.benchmarks import (
    audit_append,
    audit_append_clients,
    audit_growth,
    audit_proofs,
    audit_review,
    audit_search,
    audit_verify,
)
from tests.benchmarks.audit_million import ENTRIES
from tests.benchmarks.rows import Row, table

BENCHMARKS: Mapping[str, Callable[[], list[Row]]] = {
    "append": audit_append.measure,
    "clients": audit_append_clients.measure,
    "growth": audit_growth.measure,
    "verify": audit_verify.measure,
    "proofs": audit_proofs.measure,
    "search": audit_search.measure,
    "review": audit_review.measure_all,
}
RESULT = REPOSITORY / "build" / "bench-audit.json"


def main(words: Sequence[str]) -> int:
    """Measure what is named, or everything; return 1 if a bar was missed or could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.audit", description="Measures the audit log.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"what to measure: {', '.join(BENCHMARKS)}")
    names = parser.parse_args(words).names
    if unknown := set(names) - BENCHMARKS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    rows: list[Row] = []
    broken: dict[str, str] = {}
    report = kept()
    for name in [name for name in BENCHMARKS if not names or name in names]:
        console.print(f"[bold]{name}[/] …")
        began, found = time.monotonic(), []
        try:
            found = BENCHMARKS[name]()
            rows += found
        except Exception as error:  # one measure that breaks must not hide the others
            broken[name] = f"{type(error).__name__}: {error}"
            console.print_exception(max_frames=4)
        seconds = time.monotonic() - began
        console.print(f"[dim]{name}: {seconds:.0f} s[/]")
        report[name] = part(found, seconds, broken.get(name))
        keep(report)  # a run that is stopped half-way has measured half
    console.print(table(rows))
    for name, reason in broken.items():
        console.print(f"[bold red]not measured[/] {name}: {escape(reason)}")
    console.print(f"Written to {RESULT.relative_to(REPOSITORY)}")
    return 1 if broken or any(row.passed is False for row in rows) else 0


def part(rows: Sequence[Row], seconds: float, broken: str | None) -> dict[str, Any]:
    """Return what is written of one benchmark, with when it was measured and how busy the machine was."""
    return {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "load_average": [round(value, 2) for value in os.getloadavg()]},
        "entries": ENTRIES,
        "seconds": round(seconds, 1),
        "rows": [row.document() for row in rows],
        "not_measured": broken,
    }


def kept() -> dict[str, Any]:
    """Return what earlier runs wrote of each benchmark: one that runs alone leaves the others as they are."""
    try:
        report = json.loads(RESULT.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {name: found for name, found in report.get("parts", {}).items() if name in BENCHMARKS}


def keep(parts: Mapping[str, Any]) -> None:
    """Write what has been measured so far."""
    ordered = {name: parts[name] for name in BENCHMARKS if name in parts}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"parts": ordered}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
