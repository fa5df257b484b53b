"""How long a freeze takes for the people of a project who are all in their workspaces, each with a WebSocket open."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import docker

from audit.search import Query, search
from hub_config.story import steps
from hub_config.story.visitor import Visitor
from registry.desk import CLI
from registry.errors import Conflict
from tests.benchmarks.bench_zone import HERE, PROJECT, BenchZone, Person, sign_in
from tests.benchmarks.rows import Row

CONNECTIONS_SECONDS, CONTAINERS_SECONDS = 2.0, 15.0
PROMISED_FOR = 20  # workspaces
PATIENCE_SECONDS = 120.0
WHY = "A measurement."


def measure(bench: BenchZone, runtime: str, people: Sequence[Person]) -> list[Row]:
    """Freeze the project of people whose workspaces run, and lift it when all of them have ended."""
    try:
        connections, containers, said = asyncio.run(_freeze(bench, people))
    finally:
        with contextlib.suppress(Conflict):  # where it did not come to a freeze there is nothing to lift
            bench.zone.registry.unfreeze_project(PROJECT, WHY, by=CLI, source=HERE)
    many = len(people)
    return [
        _row(
            f"{runtime}: last connection of {many} cut", connections, said["connections_ms"], CONNECTIONS_SECONDS, many
        ),
        _row(f"{runtime}: last container of {many} gone", containers, said["containers_ms"], CONTAINERS_SECONDS, many),
    ]


async def _freeze(bench: BenchZone, people: Sequence[Person]) -> tuple[float, float, dict[str, Any]]:
    """Return after how many seconds connections and containers were gone, and what the log says of it."""
    async with AsyncExitStack() as stack:
        sockets = [await _open(bench, person, stack) for person in people]
        running = await asyncio.to_thread(_containers, bench)
        if len(running) != len(people):
            raise RuntimeError(f"{len(running)} workspaces run, not {len(people)}")
        before = await asyncio.to_thread(_events, bench)
        begun = time.perf_counter()
        closing = [asyncio.create_task(_closed(socket, begun)) for socket in sockets]
        await asyncio.to_thread(bench.zone.registry.freeze_project, PROJECT, WHY, by=CLI, source=HERE)
        await _until(lambda: not _containers(bench), "containers were left")
        containers = time.perf_counter() - begun
        connections = max(await asyncio.wait_for(asyncio.gather(*closing), PATIENCE_SECONDS))
        await _until(lambda: len(_events(bench)) > len(before), "the log does not say that it was carried out")
        said = (await asyncio.to_thread(_events, bench))[0]
    if said["outcome"] != "ok":
        raise RuntimeError(f"the freeze was not carried out: {said}")
    return connections, containers, said["detail"]


async def _open(bench: BenchZone, person: Person, stack: AsyncExitStack) -> aiohttp.ClientWebSocketResponse:
    visitor = await stack.enter_async_context(Visitor(bench.settings))
    await sign_in(visitor, person)
    workspace = await steps.start_workspace(visitor, person.handle, PROJECT)
    address = f"{workspace.origin}{bench.prefix(person)}api/events/subscribe"
    return await visitor.socket(address.replace("http", "ws", 1))


async def _closed(socket: aiohttp.ClientWebSocketResponse, begun: float) -> float:
    while (await socket.receive()).type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
        pass
    return time.perf_counter() - begun


async def _until(condition: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await asyncio.to_thread(condition):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{otherwise} after {PATIENCE_SECONDS:g} s")
        await asyncio.sleep(0.05)


def _containers(bench: BenchZone) -> list[Any]:
    labels = [f"ansim.zone={bench.zone.zone_id}", f"ansim.project={PROJECT}", "ansim.workspace"]
    with contextlib.closing(docker.from_env()) as client:
        return list(client.api.containers(all=True, filters={"label": labels}))


def _events(bench: BenchZone) -> list[dict[str, Any]]:
    """Return how freezes were carried out, the latest first."""
    with bench.zone.db.read() as tx:
        return [dict(entry.body) for entry in search(tx, Query(action="project.cut_off", limit=1000))]


def _row(what: str, seconds: float, logged_ms: int, bar: float, many: int) -> Row:
    promised = many <= PROMISED_FOR
    return Row(
        benchmark="freeze",
        what=what,
        value=seconds,
        unit="s",
        beside="the log says",
        reference=logged_ms / 1000,
        bar=f"< {bar:g} s" if promised else "–",
        passed=seconds < bar if promised else None,
    )
