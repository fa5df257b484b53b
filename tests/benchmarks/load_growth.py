"""What one more person, workspace, event and released megabyte adds: a few points of each, in a zone that is otherwise
quiet.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, closing
from functools import partial
from pathlib import Path

import aiohttp

from egress_review import store
from egress_review.model import Choice, Draft
from egress_review.workflow import State
from hub_config.status import status
from hub_config.story import steps
from hub_config.story.kernel import execute
from hub_config.story.visitor import Visitor
from registry.model import Person, Role, Workspace
from tests.benchmarks import memory
from tests.benchmarks.bench_zone import HERE, PROJECT, BenchZone, sign_in
from tests.benchmarks.load_day import events, few_at_once
from tests.benchmarks.load_watch import containers_mb, cpu_seconds
from tests.benchmarks.memory import MB, family, parents

Point = dict[str, float]
Say = Callable[[str], None]

PEOPLE_A_STEP, WORKSPACES_A_STEP, EVENTS_A_STEP, FILES_A_STEP = 10, 3, 1500, 5
EVENT_SECONDS = 15.0
ROWS, COLUMNS = 900, 24
REASON = "합계만 있는 큰 표입니다. A large table of totals."
PATIENCE = 300.0
#: Where each thing that is kept for ever lies below the home; the database is added.
OF_EVENTS, OF_RELEASES = ("cells", "log"), ("vault", "releases")


def measure(bench: BenchZone, say: Say, *, steps: int) -> dict[str, list[Point]]:
    """Measure each growth in turn; the first point is the zone before anything was added."""
    found: dict[str, list[Point]] = {}
    parts: Mapping[str, Callable[[BenchZone, int], list[Point]]] = {
        "people": of_people,
        "workspaces": of_workspaces,
        "events": of_events,
        "released": of_releases,
    }
    for name, part in parts.items():
        say(f"growth by {name}")
        found[name] = part(bench, steps)
    return found


def of_people(bench: BenchZone, points: int) -> list[Point]:
    """Sign in more and more people who each looked at their first pages."""
    return asyncio.run(_people(bench, points))


async def _people(bench: BenchZone, points: int) -> list[Point]:
    found = [{"n": 0.0, "mb": zone_mb(bench)}]
    async with AsyncExitStack() as stack:
        for step in range(1, points + 1):
            people = await asyncio.to_thread(bench.people, PEOPLE_A_STEP)
            browsers = [await stack.enter_async_context(Visitor(bench.settings)) for _ in people]
            both = zip(browsers, people, strict=True)
            await few_at_once([partial(sign_in, visitor, person) for visitor, person in both])
            await few_at_once([partial(visitor.open, "/requests") for visitor in browsers])
            found.append({"n": float(step * PEOPLE_A_STEP), "mb": await asyncio.to_thread(zone_mb, bench)})
    return found


def of_workspaces(bench: BenchZone, points: int) -> list[Point]:
    """Start more and more workspaces, a kernel with pandas in each."""
    return asyncio.run(_workspaces(bench, points))


async def _workspaces(bench: BenchZone, points: int) -> list[Point]:
    found = [{"n": 0.0, "mb": await asyncio.to_thread(zone_mb, bench), "containers_mb": 0.0, "seconds": 0.0}]
    everybody = []
    async with AsyncExitStack() as stack:
        for step in range(1, points + 1):
            people = await asyncio.to_thread(bench.people, WORKSPACES_A_STEP)
            everybody += people
            began = time.monotonic()
            for person in people:
                visitor = await stack.enter_async_context(Visitor(bench.settings))
                await sign_in(visitor, person)
                workspace = await steps.start_workspace(visitor, person.handle, PROJECT)
                _session, socket = await workspace.open_kernel("growth.ipynb")
                stack.push_async_callback(socket.close)
                await load_pandas(socket)
            seconds = (time.monotonic() - began) / len(people)
            held = await asyncio.to_thread(containers_mb, bench.zone.zone_id)
            zone = await asyncio.to_thread(zone_mb, bench)
            n = float(step * WORKSPACES_A_STEP)
            found.append({"n": n, "mb": zone, "containers_mb": sum(held), "seconds": seconds})
    await asyncio.to_thread(bench.stop, *everybody)
    return found


async def load_pandas(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Load what nearly every notebook loads."""
    result = await asyncio.wait_for(
        execute(socket, "import pandas as pd; print(len(pd.DataFrame({'a': [1, 2]})))"), 120
    )
    if result.text != "2\n":
        raise RuntimeError(f"the kernel said {result.text[:80]!r}, {result.error}")


def of_events(bench: BenchZone, points: int) -> list[Point]:
    """Record more and more cells."""
    people = bench.people(2)
    for person in people:
        bench.zone.registry.may_work(person.handle, PROJECT)
    found = [_events_so_far(bench, 0, cpu(bench))]
    began = cpu(bench)
    for _step in range(points):
        recorded = events(bench, people, EVENTS_A_STEP / EVENT_SECONDS, EVENT_SECONDS)
        if recorded["errors"]:
            raise RuntimeError(f"events were refused: {recorded['errors'][:3]}")
        bench.zone.log.settle()
        found.append(_events_so_far(bench, found[-1]["n"] + recorded["acknowledged"], began))
    return found


def _events_so_far(bench: BenchZone, n: float, began: float) -> Point:
    return {"n": n, "disk_mb": kept_mb(bench, OF_EVENTS), "cpu": cpu(bench) - began}


def of_releases(bench: BenchZone, points: int) -> list[Point]:
    """Release requests of more and more files, through scanner, two votes and package."""
    (author,) = bench.people(1)
    # Many counts in one table are a finding, and what stands in spite of one needs a senior checker.
    staff = [*bench.staff(1, Role.CHECKER), *bench.staff(1, Role.SENIOR_CHECKER)]
    checkers = [bench.zone.registry.person(p.handle) for p in staff]
    workspace = bench.zone.registry.may_work(author.handle, PROJECT).workspace
    person = bench.zone.registry.person(author.handle)
    released, began = 0.0, cpu(bench)
    found = [{"mb": 0.0, "disk_mb": kept_mb(bench, OF_RELEASES), "cpu": 0.0, "seconds": 0.0}]
    for step in range(1, points + 1):
        ref, megabytes, at = _submitted(bench, person, workspace, step)
        _wait(bench, ref, State.IN_REVIEW)
        for checker in checkers:
            with bench.zone.db.read() as tx:
                request = store.load(tx, ref)
            choices = {file.sha256: Choice.APPROVE for file in request.files}
            bench.zone.desk.vote(checker, ref, choices, REASON, request.round, request.confirm_code, source=HERE)
        _wait(bench, ref, State.RELEASED)
        released += megabytes
        seconds = time.monotonic() - at
        found.append(
            {"mb": released, "disk_mb": kept_mb(bench, OF_RELEASES), "cpu": cpu(bench) - began, "seconds": seconds}
        )
    return found


def _submitted(bench: BenchZone, author: Person, workspace: Workspace, step: int) -> tuple[str, float, float]:
    """Submit so many tables; return the request, its megabytes, and when it was submitted."""
    outbox = bench.zone.desk.outbox_of(workspace)
    outbox.mkdir(parents=True, exist_ok=True)
    names, size = [], 0
    for number in range(step * FILES_A_STEP):
        name = f"growth-{step}-{number:02}.csv"
        content = table(seed=step * 1000 + number)
        (outbox / name).write_bytes(content)
        os.chown(outbox / name, workspace.uid, workspace.uid)
        names.append(name)
        size += len(content)
    controls = json.dumps({"counts": [f"n{c}" for c in range(COLUMNS)], "rounded_to": 5})
    context = "지역별 환자 수를 병원별로 센 표. Patients by region, one column for each hospital."
    draft = Draft(f"Growth {step}", "Tables of a paper", context, controls, tuple(names))
    at = time.monotonic()
    return bench.zone.desk.submit(author, workspace, draft, source=HERE).ref, size / MB, at


def table(*, seed: int) -> bytes:
    """Return a table of rounded counts that is like no other."""
    lines = [",".join(["region", *(f"n{c}" for c in range(COLUMNS))])]
    for row in range(ROWS):
        counts = (str(100 + 5 * ((row * 7919 + c * 104729 + seed * 15485863) % 4000)) for c in range(COLUMNS))
        lines.append(",".join([f"R{row:03}", *counts]))
    return ("\n".join(lines) + "\n").encode()


def _wait(bench: BenchZone, ref: str, state: State) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with bench.zone.db.read() as tx:
            request = store.load(tx, ref)
        if request.state is state and (state is not State.RELEASED or request.packaged):
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{ref} is {request.state.value}, not {state.value}")
        time.sleep(0.2)


def zone_mb(bench: BenchZone) -> float:
    """Return what all processes of the zone hold, shared pages counted once."""
    time.sleep(memory.SETTLE_SECONDS)
    return sum(memory.by_process(bench).values())


def cpu(bench: BenchZone) -> float:
    """Return the seconds of the processor that the zone's processes have taken, those of ended scans included."""
    children = parents()
    found = status(bench.home).processes
    return sum(cpu_seconds(pid) for p in found if p.pid is not None for pid in family(p.pid, children))


def kept_mb(bench: BenchZone, places: tuple[str, ...]) -> float:
    """Return what the disk gives for some places and the database, in blocks as they are taken."""
    if bench.zone.db.engine.dialect.name == "postgresql":
        with bench.zone.db.read() as tx:
            held = int(tx.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
    else:
        database = bench.home / "ansim.db"
        with closing(sqlite3.connect(database, timeout=60)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        held = database.stat().st_size
    return (held + sum(map(taken, (bench.home / place for place in places)))) / MB


def taken(directory: Path) -> int:
    """Return the bytes of the blocks below a directory (st_blocks counts 512 bytes, stat(2))."""
    return sum(path.lstat().st_blocks * 512 for path in directory.rglob("*"))
