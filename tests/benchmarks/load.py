"""`make bench-load`: a whole zone at work, and what each person, workspace, entry and released megabyte adds to it.

    python -m tests.benchmarks.load [day] [growth] [--minutes 30] [--people 50] [--workspaces 20] [--checkers 20]
        [--events 100] [--postgresql] [--keep]

A demo zone of its own, with real containers and real HTTP through gate, portal and hub. It ends with 1 if anything was
not as promised: an error, an acknowledged thing that is not there, memory that only grows, a log that does not verify.
What was measured is written to `build/load.json`; `--keep` puts it into `docs/reference/load.json` as well, of which
the pages about load and size are made (`make fix`). Needs root and an engine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import json
import os
import re
import shutil
import signal
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from audit.verify import verify
from hub_config.home import make_home
from hub_config.load_figures import FIGURES
from hub_config.preflight import ensure_gate_user
from hub_config.processes import REPOSITORY
from hub_config.settings import FILE_NAME, HubSettings, ZoneSettings
from hub_config.story.play import trusted_key
from tests.benchmarks import bench_postgresql, load_growth
from tests.benchmarks.bench_zone import BenchZone, ansim, open_bench
from tests.benchmarks.load_day import Day, Plan, play
from tests.benchmarks.load_watch import Sample, bounded, slope
from tests.benchmarks.rows import p95
from tests.ports import free_port

RESULT = REPOSITORY / "build" / "load.json"
RATE_KEPT = 0.95
"""Of the entries asked for each second so many must have been made: the rest began when the day ended."""
OBJECT = re.compile("[a-z]{1,3}_[a-z2-7]{16}")
"""The reference of a request or a workspace: errors about different ones are one kind."""


def main(words: Sequence[str]) -> int:
    """Measure what is named, or both; return 1 if anything was not as promised."""
    options = parse(words)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    found: dict[str, Any] = {"about": about(options)}
    faults: list[str] = []
    with running_zone(postgresql=options.postgresql) as bench:
        if "day" in options.parts:
            day = asyncio.run(play(bench, plan_of(options), console.print))
            found["day"] = document(day)
            faults += faults_of(bench, day)
            keep(found, publish=options.keep)  # a run that is stopped half-way has measured half
        if "growth" in options.parts:
            found["growth"] = load_growth.measure(bench, console.print, steps=options.steps)
            keep(found, publish=options.keep)
    show(console, found)
    for fault in faults[:50]:
        console.print(f"[bold red]✗[/] {fault}", markup=True)
    console.print(f"{len(faults)} faults. Written to {RESULT.relative_to(REPOSITORY)}")
    return int(bool(faults))


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load", description="Loads a whole zone.")
    parser.add_argument("parts", nargs="*", metavar="day|growth", help="what to measure: both without it")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--people", type=int, default=50, help="signed in at once, everybody included")
    parser.add_argument("--workspaces", type=int, default=20)
    parser.add_argument("--checkers", type=int, default=20)
    parser.add_argument("--events", type=float, default=100.0, help="entries of the log per second")
    parser.add_argument("--pause", type=float, default=10.0, help="seconds that a person thinks before a page")
    parser.add_argument("--steps", type=int, default=4, help="points of each growth")
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL server of its own, not on SQLite")
    parser.add_argument("--keep", action="store_true", help="keep the figures for the pages of docs/reference")
    options = parser.parse_args(words)
    if not set(options.parts) <= {"day", "growth"}:
        parser.error("there are two parts: day, growth")
    options.parts = options.parts or ["day", "growth"]
    try:
        plan_of(options)
    except ValueError as error:
        parser.error(str(error))
    return options


def plan_of(options: argparse.Namespace) -> Plan:
    """Return the day that the command line asks for."""
    return Plan(
        people=options.people,
        workspaces=options.workspaces,
        checkers=options.checkers,
        events_per_second=options.events,
        minutes=options.minutes,
        pause=options.pause,
    )


@contextlib.contextmanager
def running_zone(*, postgresql: bool) -> Iterator[BenchZone]:
    """Start a demo zone in a directory and at ports of its own, and leave nothing of it."""
    if os.geteuid() != 0:
        raise SystemExit("The load test needs root: it starts a zone. Run `sudo make bench-load`.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a stop from outside stops the zone too
    ensure_gate_user("ansim-gate")
    home, port = Path(tempfile.mkdtemp(prefix="ansim-load-")), free_port(after=1)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        if postgresql:
            url = stack.enter_context(bench_postgresql.running_server())
            make_home(home, ZoneSettings(demo=True, port=port), "ansim-gate", hub=HubSettings(port=port + 1))
            text = (home / FILE_NAME).read_text(encoding="utf-8").replace("sqlite:///ansim.db", url)
            (home / FILE_NAME).write_text(text, encoding="utf-8")
        stack.callback(ansim, home, "down")
        ansim(home, "up", "--demo", "--no-story", *([] if postgresql else ["--port", str(port)]))
        yield open_bench(home, runs=1)


def about(options: argparse.Namespace) -> dict[str, Any]:
    """Return when and on what was measured, and with which command, in neutral words."""
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    words = [f"--minutes {options.minutes:g}", f"--people {options.people}", f"--workspaces {options.workspaces}"]
    words += [f"--checkers {options.checkers}", f"--events {options.events:g}"]
    words += ["--postgresql"] if options.postgresql else []
    return {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="minutes"),
        "command": f"sudo .venv/bin/python -m tests.benchmarks.load {' '.join(words)}",
        "database": "PostgreSQL" if options.postgresql else "SQLite",
        "cores": os.cpu_count(),
        "memory_gib": round(memory_bytes / 1024**3),
        "load_average": [round(value, 1) for value in os.getloadavg()],
    }


def document(day: Day) -> dict[str, Any]:
    """Return a day as JSON values: counts, percentiles by kind, memory and processor time by process."""
    notes, plan = day.notes, day.plan
    return {
        "minutes": plan.minutes,
        "people": plan.people,
        "workspaces": plan.workspaces,
        "checkers": plan.checkers,
        "pause": plan.pause,
        "events_asked": plan.events_per_second,
        "events_made": round(day.entries / day.seconds, 1),
        "entries": day.entries,
        "requests": len(notes.submitted),
        "votes": len(notes.votes),
        "collected": len(notes.collected),
        "cells": notes.cells,
        "errors": len(notes.errors),
        "said": Counter(OBJECT.sub("…", error) for error in notes.errors).most_common(5),
        "kinds": {kind: figures(times) for kind, times in sorted(notes.times.items()) if times},
        "processes": {
            name: {
                "mb_first": round(samples[0].mb, 1),
                "mb_most": round(max(s.mb for s in samples), 1),
                "mb_last": round(samples[-1].mb, 1),
                "mb_per_minute": round(slope(samples), 2),
                "bounded": bounded(samples),
                "cpu": round(day.watch.cpu[name] / day.seconds, 3),
                "samples": [[round(s.seconds), round(s.mb, 1)] for s in thinned(samples)],
            }
            for name, samples in day.watch.samples.items()
        },
        "workspace_mb": [round(value, 1) for value in sorted(day.workspace_mb)],
    }


def figures(times: Sequence[float]) -> dict[str, float]:
    """Return how many, and median, 95th percentile and worst in milliseconds."""
    return {
        "n": len(times),
        "median_ms": round(statistics.median(times) * 1000, 1),
        "p95_ms": round(p95(times) * 1000, 1),
        "worst_ms": round(max(times) * 1000, 1),
    }


def thinned(values: Sequence[Sample], most: int = 60) -> list[Sample]:
    """Return at most so many of the values, evenly spread, the last always."""
    step = max(1, len(values) // most)
    return [*values[:-1][::step], values[-1]]


def faults_of(bench: BenchZone, day: Day) -> list[str]:
    """Return everything that was not as promised."""
    faults = list(day.notes.errors)
    for name, samples in day.watch.samples.items():
        if not bounded(samples):
            faults.append(f"{name} only grows: {slope(samples):.1f} MB a minute")
    wanted = day.plan.events_per_second * day.plan.minutes * 60
    if day.entries < wanted * RATE_KEPT:
        faults.append(f"{day.entries} entries were made, asked for were {wanted:.0f}")
    bench.zone.log.checkpoint()
    verdict = verify(bench.zone.db, trusted_key(bench.zone), bench.home / "log")
    if not verdict.ok:
        faults.append(f"the log does not verify: {verdict.verdict}")
    return faults


def keep(found: dict[str, Any], *, publish: bool) -> None:
    """Write what was measured; a part that was not measured now keeps its figures."""
    for target in (RESULT, *([FIGURES] if publish else [])):
        before = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
        target.parent.mkdir(exist_ok=True)
        whole = {**before, **{part: {**value, "about": found["about"]} for part, value in found.items()}}
        whole.pop("about")
        target.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def show(console: Console, found: dict[str, Any]) -> None:
    """Print what was measured, in short."""
    if day := found.get("day"):
        for kind, row in day["kinds"].items():
            console.print(
                f"{kind:32} n={row['n']:6} median {row['median_ms']:8.1f} ms  p95 {row['p95_ms']:8.1f} ms"
                f"  worst {row['worst_ms']:8.1f} ms"
            )
        for name, row in day["processes"].items():
            console.print(
                f"{name:8} {row['mb_first']:7.1f} → {row['mb_last']:7.1f} MB ({row['mb_per_minute']:+.2f} MB/min)"
                f"  processor {row['cpu']:.1%}"
            )
        console.print(f"{day['events_made']} entries/s, {day['requests']} requests, {day['collected']} collected")
    for name, row in found.get("growth", {}).items():
        console.print(f"{name}: {row}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
