"""Twenty people start their workspaces at the same moment, through the portal; all must get in."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

from hub_config.story import steps
from hub_config.story.visitor import Visitor
from tests.benchmarks import memory
from tests.benchmarks.bench_zone import PROJECT, BenchZone, Person, sign_in
from tests.benchmarks.rows import Row, p95

CROWD = 20


def measure(bench: BenchZone) -> list[Row]:
    """Start one workspace, then twenty at once, then look at the zone's memory after they left."""
    alone, *crowd = bench.people(1 + CROWD)
    (single, *_), _ = asyncio.run(together(bench, [alone]))
    bench.stop(alone)
    seconds, failures = asyncio.run(together(bench, crowd))
    after = memory.zone_row(bench, f"the zone's processes with {CROWD} idle workspaces")
    bench.stop(*crowd)
    wall = max(seconds, default=0.0)
    rows = [
        Row(
            benchmark="crowd",
            what=f"{CROWD} starts at once that succeed",
            value=len(seconds),
            unit="starts",
            beside="asked for",
            reference=CROWD,
            bar="all",
            passed=len(seconds) == CROWD,
        ),
        Row(
            benchmark="crowd",
            what=f"wall time per start when {CROWD} start at once",
            value=wall / CROWD,
            unit="s",
            beside="one start alone",
            reference=single,
            bar="–",
            passed=None,
            samples=tuple(seconds),
        ),
        Row(
            benchmark="crowd",
            what=f"longest wait of the {CROWD}",
            value=wall,
            unit="s",
            beside=f"p95 {p95(seconds or [0.0]):.1f} s; one start alone",
            reference=single,
            bar="–",
            passed=None,
        ),
        after,
    ]
    for failure in failures:
        print(f"a start failed: {failure!r}")  # noqa: T201 — the reason belongs beside the table
    return rows


async def together(bench: BenchZone, people: list[Person]) -> tuple[list[float], list[BaseException]]:
    """Sign everybody in, then start at one moment; return seconds of those who got in, and what went wrong."""
    async with AsyncExitStack() as stack:
        visitors = [await stack.enter_async_context(Visitor(bench.settings)) for _ in people]
        for visitor, person in zip(visitors, people, strict=True):
            await sign_in(visitor, person)
        pairs = zip(visitors, people, strict=True)
        outcomes = await asyncio.gather(*(start(v, p) for v, p in pairs), return_exceptions=True)
    seconds = [o for o in outcomes if not isinstance(o, BaseException)]
    return seconds, [o for o in outcomes if isinstance(o, BaseException)]


async def start(visitor: Visitor, person: Person) -> float:
    """Start one workspace through the portal and open it; return the seconds that took."""
    began = time.perf_counter()
    await steps.start_workspace(visitor, person.handle, PROJECT)
    return time.perf_counter() - began
