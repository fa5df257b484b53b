"""What the gate costs: kernel round trips and a 50 MB answer, paired and interleaved with direct access.

    python tests/benchmarks/gate.py [path of jupyter-lab] [rounds]

Direct is TCP to the same Jupyter Server and the same kernel. Bars: added round trip median < 5 ms, p95 at
most 10 ms plus the p95 of one durable append in the same run; at least 0.7x of direct throughput; the gate holds
less than 150 MB with 200 idle WebSockets. Needs root, as the gate does.
"""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from audit.client import AsyncAuditClient
from audit.event import Actor, Event, Object, Source, Subjects
from audit.refs import new_ref
from tests.benchmarks import gate_idle
from tests.integration.gate.harness import Browser, ZoneUnderTest, run_cell

MEGABYTES = 50
DOWNLOADS = 5
MEDIAN_BAR_MS = 5.0
P95_BAR_MS = 10.0
THROUGHPUT_BAR = 0.7


async def timed(act: Callable[[], Awaitable[Any]]) -> float:
    """Return how long something took, in milliseconds."""
    started = time.perf_counter()
    await act()
    return (time.perf_counter() - started) * 1000


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


async def read(session: aiohttp.ClientSession, url: str) -> None:
    """Read an answer to its end."""
    async with session.get(url) as answer:
        assert answer.status == 200, await answer.text()
        size = 0
        async for chunk in answer.content.iter_any():
            size += len(chunk)
        assert size >= MEGABYTES * 1_000_000, size


def append_event() -> Event:
    """Return an event as small as those of the gate."""
    workspace = Object("workspace", new_ref("ws"), "bench")
    return Event("workspace.warned", Actor.service("hub"), workspace, Subjects.none(), Source(None))


async def measure(zone: ZoneUnderTest, prefix: str, rounds: int) -> dict[str, float]:
    """Run the pairs and return the figures."""
    port = int((zone.home / "workspaces" / zone.workspace() / "port").read_text())
    base = f"http://127.0.0.1:{port}{prefix}"
    audit = AsyncAuditClient(zone.home / "run" / "audit.sock")
    async with Browser(zone) as browser, aiohttp.ClientSession() as direct:
        await browser.sign_in("alice", prefix)
        new = {"name": "b", "path": "b.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
        _, session = await browser.call("POST", prefix, "api/sessions", new)
        path = f"api/kernels/{session['kernel']['id']}/channels"
        code = f"open('big.txt', 'w').write('x' * {MEGABYTES * 1_000_000})"
        async with browser.socket(prefix, path) as through, direct.ws_connect(base + path) as straight:
            await run_cell(through, code)
            trips = await round_trips(through, straight, audit, rounds)
        big = "api/contents/big.txt?content=1&type=file&format=text"
        ratios = []
        for _ in range(DOWNLOADS):
            alone = await timed(lambda: read(direct, base + big))
            gated = await timed(lambda: read(browser.session, zone.base(prefix) + big))
            ratios.append(alone / gated)
        memory = await gate_idle.measure(zone)
    await audit.close()
    return {**trips, "throughput_ratio": statistics.median(ratios), **memory}


async def round_trips(
    through: aiohttp.ClientWebSocketResponse,
    straight: aiohttp.ClientWebSocketResponse,
    audit: AsyncAuditClient,
    rounds: int,
) -> dict[str, float]:
    """Return what the gate adds to a cell, pair by pair, and what a durable append takes."""
    for warm in (through, straight):
        for _ in range(5):
            await run_cell(warm, "1")
    plain = [await timed(lambda: run_cell(straight, "1")) for _ in range(20)]
    pairs, appends = [], []
    for _ in range(rounds):
        alone = await timed(lambda: acknowledged(straight))
        gated = await timed(lambda: run_cell(through, "1"))
        appends.append(await timed(lambda: audit.append(append_event())))
        pairs.append((alone, gated))
    added = [gated - alone for alone, gated in pairs]
    return {
        "plain_direct_median_ms": statistics.median(plain),
        "direct_median_ms": statistics.median(a for a, _ in pairs),
        "gate_median_ms": statistics.median(g for _, g in pairs),
        "added_median_ms": statistics.median(added),
        "added_p95_ms": p95(added),
        "append_median_ms": statistics.median(appends),
        "append_p95_ms": p95(appends),
        "round_trip_ratio": statistics.median(g for _, g in pairs) / statistics.median(a for a, _ in pairs),
    }


async def acknowledged(straight: aiohttp.ClientWebSocketResponse) -> None:
    """Run a cell directly with acknowledgements sent at once, as the relay does: else the pair would compare
    that.
    """
    connection = straight.get_extra_info("socket")
    running = asyncio.create_task(run_cell(straight, "1"))
    while not running.done():
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        await asyncio.wait({running}, timeout=0.001)
    await running


def main() -> int:
    """Measure, print, and return 1 if a bar is missed."""
    jupyter = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(".cache/test-jupyter/bin/jupyter-lab")
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    with tempfile.TemporaryDirectory() as directory:
        zone = ZoneUnderTest(Path(directory), jupyter.absolute())
        try:
            zone.start_audit()
            zone.start_gate()
            zone.start_hub()
            figures = asyncio.run(measure(zone, zone.start_workspace("alice", "bench"), rounds))
        finally:
            zone.stop()
    passed = {
        "added_median": figures["added_median_ms"] < MEDIAN_BAR_MS,
        "added_p95": figures["added_p95_ms"] <= P95_BAR_MS + figures["append_p95_ms"],
        "throughput": figures["throughput_ratio"] >= THROUGHPUT_BAR,
        "idle": figures["idle_mb"] < gate_idle.BAR_MB,
    }
    report = {"rounds": rounds, **{k: round(v, 3) for k, v in figures.items()}, "passed": passed}
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 0 if all(passed.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
