"""A start by the zone, as a researcher sees it, beside the engine's own start of the same container."""

from __future__ import annotations

import asyncio
import statistics
import time

from hub_config.story import steps
from hub_config.story.visitor import Visitor
from tests.benchmarks.bench_zone import PROJECT, BenchZone, Person, sign_in
from tests.benchmarks.plain_container import STEP_SECONDS, PlainContainer
from tests.benchmarks.rows import Row

RATIO_BAR = 1.5


def measure(bench: BenchZone) -> list[Row]:
    """Start the same workspace by turns through the portal and with the engine alone."""
    (person,) = bench.people(1)
    with PlainContainer(bench, person) as plain:
        pairs = asyncio.run(interleaved(bench, person, plain))
    ours, peer = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    return [
        Row(
            benchmark="spawn",
            what=f"start asked of the portal until Jupyter answers through the gate, median of {len(pairs)}",
            value=ours,
            unit="s",
            beside="`docker run` of the same image and options until Jupyter answers",
            reference=peer,
            bar=f"median of the pairs' ratios ≤ {RATIO_BAR} (seen {ratio:.2f})",
            passed=ratio <= RATIO_BAR,
            samples=tuple(a for a, _ in pairs),
        )
    ]


async def interleaved(bench: BenchZone, person: Person, plain: PlainContainer) -> list[tuple[float, float]]:
    """Return pairs of seconds: ours, the engine's; the first pair warms up and is dropped."""
    pairs = []
    async with Visitor(bench.settings) as visitor:
        await sign_in(visitor, person)
        origin = (await steps.start_workspace(visitor, person.handle, PROJECT)).origin
        for _ in range(bench.runs + 1):
            await asyncio.to_thread(bench.stop, person)
            ours = await start(visitor, person, origin + bench.prefix(person) + "api")
            pairs.append((ours, await asyncio.to_thread(start_plain, plain)))
    await asyncio.to_thread(bench.stop, person)
    return pairs[1:]


async def start(visitor: Visitor, person: Person, api: str) -> float:
    """Return seconds from posting the start to the first answer of Jupyter through the gate."""
    page = await visitor.open(f"/projects/{PROJECT}/workspace")
    form = page.form("/workspace/start")
    began = time.perf_counter()
    posting = asyncio.create_task(visitor.submit(page, form, {}))
    while await visitor.raw("GET", api) != 200:
        if time.perf_counter() - began > steps.START_SECONDS:
            raise TimeoutError(f"{api} does not answer")
        await asyncio.sleep(STEP_SECONDS)
    seconds = time.perf_counter() - began
    await posting
    return seconds


def start_plain(plain: PlainContainer) -> float:
    """Return seconds from creating the container to the first answer of Jupyter."""
    began = time.perf_counter()
    plain.start()
    plain.wait()
    seconds = time.perf_counter() - began
    plain.stop()
    return seconds
