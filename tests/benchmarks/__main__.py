"""`make bench`: starts a zone, measures what the project promises, and says which promises were kept.

    python -m tests.benchmarks [name …] [--runs N]

Each figure stands beside a raw limit or a peer measured in the same run, because seconds alone say more about the
machine than about the zone. Needs root, an engine and Chromium, as the zone and its tests do.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from hub_config.preflight import ensure_gate_user
from hub_config.processes import REPOSITORY
from tests.benchmarks import crowd, gate_cost, memory, precheck, sign_in, spawn
from tests.benchmarks.bench_zone import PORT, BenchZone, ansim, open_bench
from tests.benchmarks.rows import Row, table

#: In this order: memory before anything has grown, the crowd after everything that wants a quiet zone.
BENCHMARKS: Mapping[str, Callable[[BenchZone], list[Row]]] = {
    "memory": memory.measure,
    "sign-in": sign_in.measure,
    "precheck": precheck.measure,
    "spawn": spawn.measure,
    "gate": gate_cost.measure,
    "crowd": crowd.measure,
}
LEAST_RUNS = 5
RESULT = REPOSITORY / "build" / "bench.json"


def main(words: Sequence[str]) -> int:
    """Measure what is named, or everything; return 1 if a bar was missed or could not be measured."""
    options = parse(words)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    rows: list[Row] = []
    broken: dict[str, str] = {}
    with running_zone(console, options.runs) as bench:
        for name in options.names:
            console.print(f"[bold]{name}[/] …")
            began = time.monotonic()
            try:
                rows += BENCHMARKS[name](bench)
            except Exception as error:  # one measure that breaks must not hide the others
                broken[name] = f"{type(error).__name__}: {error}"
                console.print_exception(max_frames=4)
            console.print(f"[dim]{name}: {time.monotonic() - began:.0f} s[/]")
            keep(rows, broken, options.runs)  # a run that is stopped half-way has measured half
    console.print(table(rows))
    for name, reason in broken.items():
        console.print(f"[bold red]not measured[/] {name}: {escape(reason)}")
    console.print(f"Written to {RESULT.relative_to(REPOSITORY)}")
    return 1 if broken or any(row.passed is False for row in rows) else 0


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measures the zone.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"what to measure: {', '.join(BENCHMARKS)}")
    parser.add_argument("--runs", type=int, default=LEAST_RUNS, help="repetitions of each timing (at least 1)")
    options = parser.parse_args(words)
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown or options.runs < 1:
        parser.error(f"unknown: {', '.join(unknown)}" if unknown else "--runs must be at least 1")
    options.names = [name for name in BENCHMARKS if not options.names or name in options.names]
    return options


@contextmanager
def running_zone(console: Console, runs: int) -> Iterator[BenchZone]:
    """Start a demo zone in a directory of its own, and leave nothing of it."""
    if os.geteuid() != 0:
        raise SystemExit("make bench needs root: it starts a zone. Run `sudo make bench`.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a stop from outside stops the zone too
    ensure_gate_user("ansim-gate")
    home = Path(tempfile.mkdtemp(prefix="ansim-bench-"))
    try:
        console.print("Starting a zone for the measurement …")
        ansim(home, "up", "--demo", "--no-story", "--port", str(PORT))
        yield open_bench(home, runs)
    finally:
        try:
            ansim(home, "down")
        finally:
            shutil.rmtree(home)


def keep(rows: Sequence[Row], broken: Mapping[str, str], runs: int) -> None:
    """Write what has been measured so far."""
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(report(rows, broken, runs), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def report(rows: Sequence[Row], broken: Mapping[str, str], runs: int) -> dict[str, Any]:
    """Return the run as JSON values: the machine in neutral words, the rows, what could not be measured."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "memory_gib": round(memory_bytes / 1024**3),
            "architecture": platform.machine(),
            "load_average": [round(value, 2) for value in os.getloadavg()],
        },
        "runs": runs,
        "rows": [row.document() for row in rows],
        "not_measured": dict(broken),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
