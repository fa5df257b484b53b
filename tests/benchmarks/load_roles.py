"""What people do all day in the load test, each with a browser of their own: think, open a page, act, think."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

import aiohttp

from hub_config.story import steps
from hub_config.story.kernel import Workspace, execute
from hub_config.story.visitor import Page, StoryFailed, Visitor
from tests.benchmarks.bench_zone import Person

TRANSIENT = (StoryFailed, aiohttp.ClientError, OSError, TimeoutError, StopIteration)
PREVIEW = re.compile(r'<iframe[^>]* src="([^"]+/p/[^"]+)"')
IN_QUEUE = re.compile(r'href="/review/(er_[a-z2-7]+)"')
DECIDED_MEANWHILE = 409
"""Somebody else may have decided a request first: that is an answer too."""
REASON = "The counts are rounded and large."
"""A table that a rule warns about is approved with a reason only."""
READING = ("/", "/about", "/help", "/requests", "/account")
SUBMIT = """
import pathlib, ansim_client
pathlib.Path("/outbox/NAME.csv").write_text("year,patients\\n2024,{a}\\n2025,{b}\\n")
print(ansim_client.submit("NAME.csv", title="NAME", purpose="표 1", context="연도별 환자 수. Patients by year.",
    controls={{"counts": ["patients"], "rounded_to": 5}}).ref)
"""


@dataclass(slots=True)
class Notes:
    """What was seen: seconds by kind of page or deed, and everything that was not as promised."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    submitted: list[str] = field(default_factory=list)
    """Requests that the zone acknowledged."""
    votes: list[tuple[str, str]] = field(default_factory=list)
    """Accepted votes: checker's handle, request."""
    collected: list[str] = field(default_factory=list)
    cells: int = 0

    @contextlib.contextmanager
    def timed(self, kind: str) -> Iterator[None]:
        """Time a deed; what goes wrong in it is noted and ends only this deed."""
        began = time.perf_counter()
        try:
            yield
        except TRANSIENT as error:
            self.errors.append(f"{kind}: {type(error).__name__}: {str(error)[:200]}")
        else:
            self.times[kind].append(time.perf_counter() - began)


@dataclass(slots=True)
class Player:
    """One person at work until the clock says stop; `pause` is the mean of seconds between two deeds."""

    person: Person
    visitor: Visitor
    notes: Notes
    pause: float
    until: float
    chance: random.Random

    @property
    def on(self) -> bool:
        """Say whether the day goes on."""
        return time.monotonic() < self.until

    async def think(self, mean: float | None = None) -> None:
        """Wait as people do, never beyond the end of the day."""
        seconds = (self.pause if mean is None else mean) * self.chance.uniform(0.5, 1.5)
        await asyncio.sleep(max(0.0, min(seconds, self.until - time.monotonic())))

    async def look(self, kind: str, address: str) -> Page | None:
        """Open a page; anything but 200 is an error."""
        page = None
        with self.notes.timed(kind):
            page = await self.visitor.open(address)
            if page.status != 200:
                raise StoryFailed(f"{address} answered {page.status}: {page.content.text[:200]}")
        return page


async def reader(player: Player) -> None:
    """Somebody who is signed in and looks at pages."""
    while player.on:
        await player.think()
        if player.on:
            address = player.chance.choice(READING)
            await player.look("home" if address == "/" else "page", address)


async def researcher(player: Player, workspace: Workspace, *, cell_every: float, submit_every: float) -> None:
    """Somebody with a workspace: cells run, tables are asked for, what is released is collected."""
    _session, socket = await workspace.open_kernel("day.ipynb")
    ended = asyncio.create_task(cells(player, workspace, socket, cell_every))
    mine: list[str] = []
    due = time.monotonic() + submit_every * player.chance.uniform(0.1, 1.0)
    while player.on:
        await player.think()
        if not player.on:
            break
        if time.monotonic() >= due:
            due += submit_every
            await submit(player, workspace, mine)
        elif mine and player.chance.random() < 0.5:
            await collect(player, mine)
        else:
            address = player.chance.choice(READING)
            await player.look("home" if address == "/" else "page", address)
    await ended
    await socket.close()


async def cells(player: Player, workspace: Workspace, socket: aiohttp.ClientWebSocketResponse, every: float) -> None:
    """Run a small cell again and again in one kernel."""
    number = 0
    while player.on:
        await player.think(every)
        if not player.on:
            return
        with player.notes.timed("cell"):
            number += 1
            result = await asyncio.wait_for(execute(socket, f"print({number} * 2)"), 60)
            player.notes.cells += 1
            if result.text != f"{number * 2}\n":
                raise StoryFailed(f"a cell said {result.text[:50]!r}, {result.error}")


async def submit(player: Player, workspace: Workspace, mine: list[str]) -> None:
    """Ask for a small table from the notebook."""
    name = f"table-{player.person.handle}-{player.chance.randrange(10**9)}"
    counts = (5 * player.chance.randrange(100, 900), 5 * player.chance.randrange(100, 900))
    code = SUBMIT.format(a=counts[0], b=counts[1]).replace("NAME", name)
    with player.notes.timed("submit"):
        text = (await workspace.run(f"{name}.ipynb", [code]))[0].text
        player.notes.cells += 1
        found = steps.REQUEST_REF.search(text)
        if found is None:
            raise StoryFailed(f"a submission named no request: {text[:200]}")
        mine.append(found.group())
        player.notes.submitted.append(found.group())


async def collect(player: Player, mine: list[str]) -> None:
    """Look at the oldest request that is on its way, and take its package once it is released."""
    ref = mine[0]
    page = await player.look("own request", f"/requests/{ref}")
    if page is None or not steps.can_collect(page):
        mine.append(mine.pop(0))
        return
    with player.notes.timed("collect"):
        form = next(f for f in page.content.forms if f.action.endswith("/collect"))
        package = await player.visitor.submit(page, form, {})
        if not package.body.startswith(b"PK"):
            raise StoryFailed(f"the package of {ref} did not come ({package.status})")
        mine.remove(ref)
        player.notes.collected.append(ref)


async def checker(player: Player) -> None:
    """Somebody who opens the queue, a request, its preview, and votes."""
    voted: set[str] = set()
    while player.on:
        await player.think()
        page = await player.look("queue", "/review") if player.on else None
        waiting = [] if page is None else list(dict.fromkeys(IN_QUEUE.findall(page.body.decode("utf-8", "replace"))))
        open_ones = [ref for ref in waiting if ref not in voted]
        if open_ones:
            await review(player, player.chance.choice(open_ones), voted)


async def review(player: Player, ref: str, voted: set[str]) -> None:
    """Look at one request as a checker does, and vote if it still waits."""
    await player.think(player.pause / 2)
    page = await player.look("review", f"/review/{ref}")
    if page is None:
        return
    preview = PREVIEW.search(page.body.decode("utf-8", "replace"))
    if preview:
        await player.look("preview", urljoin(page.url, preview[1].replace("&amp;", "&")))
    if not steps.has_vote_form(page):
        voted.add(ref)
        return
    await player.think(player.pause / 2)
    with player.notes.timed("vote"):
        ballot = steps.ballot(page, ref, "approve", REASON)
        status, target = await player.visitor.send(page, steps.vote_form(page), ballot)
        if status not in (303, DECIDED_MEANWHILE):
            raise StoryFailed(f"a vote on {ref} was answered with {status}")
        voted.add(ref)
        if status == 303 and (target or "").endswith(f"/review/{ref}"):
            player.notes.votes.append((player.person.handle, ref))


async def lag(notes: Notes, until: float, every: float = 0.2) -> None:
    """Note how late this very program wakes up: what every other figure contains of the measuring itself."""
    while time.monotonic() < until:
        began = time.perf_counter()
        await asyncio.sleep(every)
        notes.times["(late of the measuring itself)"].append(max(0.0, time.perf_counter() - began - every))
