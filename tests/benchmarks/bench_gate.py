"""`make bench-gate`: what the gate costs, and how many people it lets in at once, under both runtimes.

    python -m tests.benchmarks.bench_gate [gate] [runc] [runsc] [full] [--rounds 200] [--people 10 20] [--most 1000]

`gate` compares a kernel round trip and 50 MB with direct access, pair by pair, and opens 200 idle WebSockets. `runc`
and `runsc` start a zone each whose workspaces run so, let ten and then twenty people start at the same moment, freeze
their project while all are connected, and time a cell. `full` starts as many workspaces as the machine's memory holds,
opens 200 WebSockets and runs a cell in each workspace. It ends with 1 if a bar was missed or something could not be
measured; a runtime that the engine does not know is said and passed over. Needs root, an engine and Chromium. The
figures are written to `build/bench-gate.json`, or where `--out` says.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import docker
import yaml
from docker.errors import DockerException
from rich.console import Console
from rich.markup import escape

from hub_config.home import make_home
from hub_config.preflight import ensure_gate_user
from hub_config.processes import REPOSITORY
from hub_config.settings import FILE_NAME, HubSettings, ZoneSettings
from hub_config.story import steps
from hub_config.story.kernel import execute
from hub_config.story.visitor import Visitor
from tests.benchmarks import gate_cost, gate_freeze, gate_full
from tests.benchmarks.__main__ import report
from tests.benchmarks.bench_zone import PROJECT, BenchZone, ansim, open_bench, sign_in
from tests.benchmarks.crowd import together
from tests.benchmarks.rows import Row, p95, table
from tests.ports import free_port

PARTS = ("gate", "runc", "runsc", "full")
CELLS = 50
RESULT = REPOSITORY / "build" / "bench-gate.json"


def main(words: Sequence[str]) -> int:
    """Measure what is named, or everything; return 1 if a bar was missed or could not be measured."""
    options = parse(words)
    if os.geteuid() != 0:
        raise SystemExit("make bench-gate needs root: it starts gates and zones. Run `sudo make bench-gate`.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a stop from outside stops the zones too
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    rows: list[Row] = []
    broken: dict[str, str] = {}
    for part in options.parts:
        if part == "runsc" and "runsc" not in runtimes():
            console.print("runsc: the engine does not know it (gVisor); docs/how-to/run-the-probe.md says how it would")
            continue
        console.print(f"[bold]{part}[/] …")
        began = time.monotonic()
        try:
            rows += measured(part, options)
        except Exception as error:  # one part that breaks must not hide the others
            broken[part] = f"{type(error).__name__}: {error}"
            console.print_exception(max_frames=4)
        console.print(f"[dim]{part}: {time.monotonic() - began:.0f} s[/]")
        options.out.parent.mkdir(exist_ok=True)
        options.out.write_text(
            json.dumps(report(rows, broken, 1), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    console.print(table(rows))
    for name, reason in broken.items():
        console.print(f"[bold red]not measured[/] {name}: {escape(reason)}")
    if rows:
        console.print(f"Written to {options.out}")
    return 1 if broken or any(row.passed is False for row in rows) else 0


def measured(part: str, options: argparse.Namespace) -> list[Row]:
    """Measure one part."""
    if part == "gate":
        return gate_cost.alone(options.rounds)
    if part == "full":
        with running_zone("runc") as bench:
            return gate_full.measure(bench, options.most)
    return of_runtime(part, options.people)


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench_gate", description="Measures the gate.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"what to measure: {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=gate_cost.ROUNDS, help="kernel round trips (at least 20)")
    parser.add_argument(
        "--people", type=int, nargs="+", default=[10, 20], help="how many start at once, one after another"
    )
    parser.add_argument("--most", type=int, default=1_000, help="workspaces at most, for `full`")
    parser.add_argument("--out", type=Path, default=RESULT, help="the file for the figures")
    options = parser.parse_args(words)
    unknown = set(options.parts) - set(PARTS)
    if unknown or options.rounds < 20 or min(*options.people, options.most) < 1:
        parser.error(
            f"unknown: {', '.join(unknown)}" if unknown else "--rounds at least 20, --people and --most at least 1"
        )
    options.parts = [part for part in PARTS if not options.parts or part in options.parts]
    return options


def runtimes() -> set[str]:
    """Return the runtimes that the engine knows; none where no engine answers."""
    try:
        return set(docker.from_env().info()["Runtimes"])
    except (DockerException, KeyError):
        return set()


def of_runtime(runtime: str, people: Sequence[int]) -> list[Row]:
    """Start a zone whose workspaces have a runtime, and measure there."""
    with running_zone(runtime) as bench:
        alone, cell = asyncio.run(first(bench))
        rows = [
            row(runtime, "one start alone", alone, "s"),
            row(runtime, f"a cell, median of {CELLS}", statistics.median(cell), "ms", samples=cell),
        ]
        for many in people:
            rows += crowd_rows(bench, runtime, many, alone)
        return rows


async def first(bench: BenchZone) -> tuple[float, list[float]]:
    """Return how long one start takes and, in milliseconds, each cell after it."""
    (person,) = bench.people(1)
    async with Visitor(bench.settings) as visitor:
        await sign_in(visitor, person)
        began = time.perf_counter()
        workspace = await steps.start_workspace(visitor, person.handle, PROJECT)
        alone = time.perf_counter() - began
        _, socket = await workspace.open_kernel("bench.ipynb")
        for _ in range(5):
            await execute(socket, "1")
        took = []
        for _ in range(CELLS):
            began = time.perf_counter()
            await execute(socket, "1")
            took.append((time.perf_counter() - began) * 1000)
        await socket.close()
    await asyncio.to_thread(bench.stop, person)
    return alone, took


def crowd_rows(bench: BenchZone, runtime: str, many: int, alone: float) -> list[Row]:
    """Let so many people start at one moment, where all must get in, and freeze what they work on."""
    people = bench.people(many)
    seconds, failures = asyncio.run(together(bench, people))
    frozen = [] if failures else gate_freeze.measure(bench, runtime, people)
    bench.stop(*people)
    for failure in failures:
        print(f"a start failed: {failure!r}")  # noqa: T201 — the reason belongs beside the table
    return [
        Row(
            benchmark="crowd",
            what=f"{runtime}: {many} starts at once that succeed",
            value=len(seconds),
            unit="starts",
            beside="asked for",
            reference=many,
            bar="all",
            passed=len(seconds) == many,
        ),
        row(runtime, f"p95 of {many} starts at once", p95(seconds or [0.0]), "s", "one alone", alone, tuple(seconds)),
        *frozen,
    ]


def row(
    runtime: str,
    what: str,
    value: float,
    unit: str,
    beside: str = "–",
    reference: float = 0.0,
    samples: Sequence[float] = (),
) -> Row:
    """Return a figure for which no bar is promised."""
    return Row(
        benchmark=runtime,
        what=f"{runtime}: {what}",
        value=value,
        unit=unit,
        beside=beside,
        reference=reference,
        bar="–",
        passed=None,
        samples=tuple(samples),
    )


@contextmanager
def running_zone(runtime: str) -> Iterator[BenchZone]:
    """Start a demo zone in a directory and at ports of its own, and leave nothing of it."""
    ensure_gate_user("ansim-gate")
    home, port = Path(tempfile.mkdtemp(prefix="ansim-bench-")), free_port(after=1)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        make_home(home, ZoneSettings(demo=True, port=port), "ansim-gate", hub=HubSettings(port=port + 1))
        if runtime == "runsc":
            settings = yaml.safe_load((home / FILE_NAME).read_text(encoding="utf-8"))
            settings.setdefault("workspace", {})["gvisor_projects"] = [PROJECT]
            (home / FILE_NAME).write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
        stack.callback(ansim, home, "down")
        ansim(home, "up", "--demo", "--no-story")
        yield open_bench(home, runs=1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
