"""A working day of the whole zone at once: people look, cells run, requests are made, checked and released."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from egress_review import store
from hub_config.processes import REPOSITORY
from hub_config.story import steps
from hub_config.story.kernel import Workspace
from hub_config.story.visitor import Visitor
from registry.model import Role
from tests.benchmarks import load_roles
from tests.benchmarks.bench_zone import PROJECT, BenchZone, Person, sign_in
from tests.benchmarks.load_roles import Notes, Player
from tests.benchmarks.load_watch import Watch, containers_mb

AT_ONCE = 8
"""So many people sign in or start at the same moment; the zone itself starts four workspaces at a time."""
EVENTS = "event of the gate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much goes on, and for how long."""

    people: int
    """Signed in at once, checkers and researchers included."""
    workspaces: int
    checkers: int
    events_per_second: float
    """Entries of the log that cells make, in the workspaces and beside them."""
    minutes: float
    pause: float = 10.0
    """Seconds that a person thinks before each page, on average."""
    cell_every: float = 4.0
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse a plan that nobody can play."""
        if self.workspaces < 1 or self.checkers < 2 or self.people < self.workspaces + self.checkers:
            raise ValueError("there are at least a workspace and two checkers, and everybody is among the people")

    @property
    def submit_every(self) -> float:
        """Return how many seconds lie between two requests of a workspace: four minutes, less in a short day."""
        return min(240.0, self.minutes * 60 / 3)


@dataclass(frozen=True, slots=True)
class Day:
    """What was seen of a day."""

    plan: Plan
    notes: Notes
    watch: Watch
    entries: int
    """Entries that the log grew by."""
    events: dict[str, Any]
    """What the gate's stand-in says: sent, acknowledged, errors, seconds."""
    workspace_mb: list[float]
    seconds: float


def people_of(bench: BenchZone, plan: Plan) -> tuple[list[Person], list[Person], list[Person]]:
    """Make researchers with a workspace, checkers, and those who only look."""
    researchers = bench.people(plan.workspaces)
    readers = bench.people(plan.people - plan.workspaces - plan.checkers)
    return researchers, bench.staff(plan.checkers, Role.CHECKER), readers


async def play(bench: BenchZone, plan: Plan, say: Callable[[str], None]) -> Day:
    """Sign everybody in, start the workspaces, let the day pass, and put away what was started."""
    say(f"making {plan.people} people")
    researchers, checkers, readers = await asyncio.to_thread(people_of, bench, plan)
    everybody = [*researchers, *checkers, *readers]
    async with AsyncExitStack() as stack:
        say("signing in")
        browsers = [await stack.enter_async_context(Visitor(bench.settings)) for _ in everybody]
        visitors = {person.handle: browser for person, browser in zip(everybody, browsers, strict=True)}
        await few_at_once([partial(sign_in, visitors[p.handle], p) for p in everybody])
        say(f"starting {plan.workspaces} workspaces")
        opened = await few_at_once(
            [partial(steps.start_workspace, visitors[p.handle], p.handle, PROJECT) for p in researchers]
        )
        places = dict(zip((p.handle for p in researchers), opened, strict=True))
        say(f"{plan.minutes:g} minutes of work")
        day = await work(bench, plan, (researchers, checkers, readers), visitors, places)
        say("looking whether all that was acknowledged is there")
        day.notes.errors.extend(await asyncio.to_thread(lost, bench, day.notes))
        await asyncio.to_thread(bench.stop, *researchers)
    return day


async def few_at_once(deeds: list[Callable[[], Awaitable[Any]]]) -> list[Any]:
    """Do all, a few at a time; return what came of each."""
    door = asyncio.Semaphore(AT_ONCE)

    async def through(deed: Callable[[], Awaitable[Any]]) -> Any:
        async with door:
            return await deed()

    return await asyncio.gather(*map(through, deeds))


async def work(
    bench: BenchZone,
    plan: Plan,
    groups: tuple[list[Person], list[Person], list[Person]],
    visitors: dict[str, Visitor],
    places: dict[str, Workspace],
) -> Day:
    """Let everybody work for the minutes of the plan while memory and processor time are watched."""
    researchers, checkers, readers = groups
    notes, chance = Notes(), random.Random(plan.seed)
    before = await asyncio.to_thread(entries, bench)
    began = time.monotonic()
    until = began + plan.minutes * 60

    def player(person: Person) -> Player:
        mine = random.Random(chance.random())
        return Player(person, visitors[person.handle], notes, plan.pause, until, mine)

    with Watch(bench) as watch:
        of_cells = plan.workspaces / plan.cell_every
        stand_in = asyncio.create_task(
            asyncio.to_thread(events, bench, researchers, plan.events_per_second - of_cells, plan.minutes * 60)
        )
        async with asyncio.TaskGroup() as group:
            for person in researchers:
                deed = load_roles.researcher(
                    player(person), places[person.handle], cell_every=plan.cell_every, submit_every=plan.submit_every
                )
                group.create_task(deed)
            for person in checkers:
                group.create_task(load_roles.checker(player(person)))
            for person in readers:
                group.create_task(load_roles.reader(player(person)))
            group.create_task(load_roles.lag(notes, until))
        held = await asyncio.to_thread(containers_mb, bench.zone.zone_id)
        recorded = await stand_in
    seconds = time.monotonic() - began
    notes.times[EVENTS] = recorded["seconds"]
    notes.errors.extend(f"{EVENTS}: {error}" for error in recorded["errors"])
    grown = await asyncio.to_thread(entries, bench) - before
    return Day(plan, notes, watch, grown, recorded, held, seconds)


def entries(bench: BenchZone) -> int:
    """Return how many entries the log has, those that wait for their place included."""
    bench.zone.log.settle()
    with bench.zone.db.read() as tx:
        return bench.zone.log.size(tx)


def events(bench: BenchZone, people: list[Person], per_second: float, seconds: float) -> dict[str, Any]:
    """Record what the cells of the workspaces leave to the rate, as the gate's user."""
    if per_second <= 0:
        return {"sent": 0, "acknowledged": 0, "errors": [], "seconds": []}
    spaces = [bench.zone.registry.may_work(person.handle, PROJECT).workspace for person in people]
    pairs = json.dumps([[space.person_ref, space.ref] for space in spaces])
    command = [sys.executable, "-m", "tests.benchmarks.load_events", bench.settings.gate.user]
    command += [str(bench.home / "run" / "audit.sock"), str(per_second), str(seconds)]
    done = subprocess.run(command, input=pairs, capture_output=True, text=True, cwd=REPOSITORY)
    if done.returncode:
        return {"sent": 0, "acknowledged": 0, "errors": [done.stderr[-500:]], "seconds": []}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def lost(bench: BenchZone, notes: Notes) -> list[str]:
    """Return what the zone acknowledged and does not have: requests, votes."""
    missing: list[str] = []
    with bench.zone.db.read() as tx:
        known = {request.ref for request in store.find(tx)}
        missing += [f"lost: request {ref}" for ref in notes.submitted if ref not in known]
        for handle, ref in notes.votes:
            voters = {bench.zone.registry.person_by_ref(vote.checker_ref).handle for vote in store.votes_of(tx, ref)}
            if handle not in voters:
                missing.append(f"lost: the vote of {handle} on {ref}")
    return missing
