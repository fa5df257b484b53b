"""As many workspaces as the machine's memory holds, and two hundred WebSockets: every one of them must still answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp

from hub_config.story import steps
from hub_config.story.kernel import Workspace, execute
from hub_config.story.visitor import Visitor
from tests.benchmarks.bench_zone import PROJECT, BenchZone, Person, sign_in
from tests.benchmarks.load_day import few_at_once
from tests.benchmarks.load_growth import load_pandas
from tests.benchmarks.memory import MB, by_process
from tests.benchmarks.rows import Row, p95

STEP = 6
LEAST_FREE = 0.1
"""Of the machine's memory this much stays free: what starts then would take it from what runs."""
SOCKETS = 200
EACH = 30
"""Of one workspace, which may have two more."""
CELL_SECONDS = 120.0
NOTEBOOK = "full.ipynb"
FIRST_MB = 300.0
"""What a workspace is taken to need before one was seen."""


def measure(bench: BenchZone, most: int) -> list[Row]:
    """Start workspaces until the memory or `most` is reached; run a cell in each while 200 WebSockets are open."""
    people: list[Person] = []
    try:
        return asyncio.run(_measure(bench, most, people))
    finally:
        bench.stop(*people)


async def _measure(bench: BenchZone, most: int, people: list[Person]) -> list[Row]:
    before, began = available_mb(), time.monotonic()
    async with AsyncExitStack() as stack:
        doors: list[_Door] = []
        while len(people) < most and _holds_more(before, len(people)):
            arrived = await asyncio.to_thread(bench.people, min(STEP, most - len(people)))
            people += arrived
            doors += await few_at_once([partial(_open, bench, person, stack) for person in arrived])
        seconds, held = time.monotonic() - began, (before - available_mb()) / len(people)
        wanted = [
            *(door.again() for door in doors),
            *(doors[n % len(doors)].news() for n in range(min(SOCKETS, EACH * len(doors)) - len(doors))),
        ]
        sockets = [await stack.enter_async_context(one) for one in wanted]
        times = [await _cell(kernel) for kernel in sockets[: len(doors)]]
        gate = (await asyncio.to_thread(by_process, bench))["gate"]
        opened = sum(not socket.closed for socket in sockets)
    return [
        _row("workspaces whose kernel answers in the end", len(times), "workspaces", len(people)),
        _row("WebSockets that stayed open", opened, "sockets", len(sockets)),
        _row("memory of each workspace, pandas loaded", held, "MB"),
        _row("seconds for each start, several at once", seconds / len(people), "s"),
        _row("p95 of a cell over all workspaces", p95(times), "ms"),
        _row("memory of the gate", gate, "MB"),
    ]


@dataclass(frozen=True, slots=True)
class _Door:
    """A person's workspace, with a kernel that waits for somebody to come back."""

    visitor: Visitor
    workspace: Workspace
    prefix: str

    @asynccontextmanager
    async def again(self) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open the notebook once more: its kernel is still there."""
        _, socket = await self.workspace.open_kernel(NOTEBOOK)
        try:
            yield socket
        finally:
            await socket.close()

    @asynccontextmanager
    async def news(self) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open one more WebSocket, as each tab of a browser does."""
        address = f"{self.workspace.origin}{self.prefix}api/events/subscribe"
        socket = await self.visitor.socket(address.replace("http", "ws", 1))
        try:
            yield socket
        finally:
            await socket.close()


async def _open(bench: BenchZone, person: Person, stack: AsyncExitStack) -> _Door:
    visitor = await stack.enter_async_context(Visitor(bench.settings))
    await sign_in(visitor, person)
    workspace = await steps.start_workspace(visitor, person.handle, PROJECT)
    _, kernel = await workspace.open_kernel(NOTEBOOK)
    await load_pandas(kernel)
    await kernel.close()
    return _Door(visitor, workspace, bench.prefix(person))


async def _cell(kernel: aiohttp.ClientWebSocketResponse) -> float:
    """Return how long a cell takes in a kernel that waited since it was started, in milliseconds."""
    began = time.perf_counter()
    result = await asyncio.wait_for(execute(kernel, "print(len(pd.DataFrame({'a': [1, 2]})))"), CELL_SECONDS)
    if result.text != "2\n":
        raise RuntimeError(f"a kernel forgot what it knew: {result.text[:80]!r}, {result.error}")
    return (time.perf_counter() - began) * 1000


def _holds_more(before: float, many: int) -> bool:
    each = (before - available_mb()) / many if many else FIRST_MB
    return available_mb() - STEP * each > LEAST_FREE * _memory()["MemTotal"]


def available_mb() -> float:
    """Return what the machine could still give without swapping, in MB (proc_meminfo(5))."""
    return _memory()["MemAvailable"]


def _memory() -> dict[str, float]:
    lines = (line.split() for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
    return {name.rstrip(":"): int(value) * 1024 / MB for name, value, *_ in lines}


def _row(what: str, value: float, unit: str, wanted: int | None = None) -> Row:
    return Row(
        benchmark="full",
        what=what,
        value=value,
        unit=unit,
        beside="–" if wanted is None else "there are",
        reference=float(wanted or 0),
        bar="–" if wanted is None else "all",
        passed=None if wanted is None else value == wanted,
    )
