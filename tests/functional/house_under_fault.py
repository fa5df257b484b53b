"""A zone with the people of the first release in front of it, and what must hold of it whatever happened meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from egress_review import store
from egress_review.model import Choice, Request, Vote
from egress_review.verify_package import verify_package
from egress_review.workflow import State
from hub_config.demo.people import RESEARCHER
from hub_config.hub_api import HubApi
from hub_config.status import status
from hub_config.story.kernel import Workspace
from hub_config.story.play import trusted_key
from hub_config.story.steps import REQUEST_REF, ballot, start_workspace, vote_form, wait_for_review
from hub_config.story.visitor import StoryFailed, Visitor
from hub_config.zone import Zone
from tests.functional.zone_under_fault import containers, log_of, pid_of, proven, until, workspace_ref
from tests.patience import PATIENCE

WORK, SPAWN = "gibleed-study", "floating-pop"
PROCESSES = ("hub", "gate", "portal", "worker", "audit")
#: What a person sees of a killed process: a connection that ends, an error page, a page that is not the promised one.
INTERRUPTIONS = (StoryFailed, aiohttp.ClientError, TimeoutError, StopIteration, ConnectionError)
CONTEXT = "이 과제의 대상자를 성별로 센 인원. The people of this study, counted by sex."
SUBMIT = f"""
import pathlib, ansim_client
CONTEXT = {CONTEXT!r}
pathlib.Path("/outbox/NAME.csv").write_text("sex,n\\nF,120\\nM,140\\n")
print(ansim_client.submit("NAME.csv", title="NAME", purpose="표 1", context=CONTEXT, controls={{"counts": ["n"],
    "rounded_to": 5}}).ref)
"""


@dataclass(slots=True)
class House:
    """The zone with the people of the story in front of it."""

    running: Any
    zone: Zone
    people: dict[str, Visitor] = field(default_factory=dict)
    killed: dict[str, int] = field(default_factory=dict)

    async def work(self) -> Workspace:
        """Return the researcher's open workspace, started if it does not run."""
        return await start_workspace(self.people[RESEARCHER], RESEARCHER, WORK)

    def kill(self, process: str) -> None:
        """End a process as the kernel does when memory runs out: at once, without a word."""
        self.killed[process] = pid_of(self.running.home, process)
        os.kill(self.killed[process], signal.SIGKILL)

    def request(self, ref: str) -> Request:
        """Return a request as the database has it."""
        with self.zone.db.read() as tx:
            return store.load(tx, ref)

    def votes(self, ref: str) -> list[Vote]:
        """Return the votes on a request as the database has them."""
        with self.zone.db.read() as tx:
            return store.votes_of(tx, ref)

    def requests(self) -> list[Request]:
        """Return every request of the zone."""
        with self.zone.db.read() as tx:
            return store.find(tx)

    def servers(self) -> set[str]:
        """Return the workspaces that the hub says are there."""
        known = HubApi(self.zone.settings.hub_url(), self.zone.keys.hub_token("worker")).servers()
        return {workspace_ref(self.zone, s.handle, s.name) for s in known}


async def whole_again(house: House) -> None:
    """Wait until every process answers and the hub's servers and the engine's containers are the same."""
    home = house.running.home
    await until(lambda: all_are_new(house) and status(home).healthy, PATIENCE, "every process answers")
    await until(lambda: houses_agree(house), PATIENCE, "the hub and the engine know the same workspaces")


def all_are_new(house: House) -> bool:
    """Say whether every process that was killed has another id now."""
    return all(pid_of(house.running.home, process) != pid for process, pid in house.killed.items())


def houses_agree(house: House) -> bool:
    with contextlib.suppress(Exception):  # asked again and again: a house that cannot say does not agree yet
        return house.servers() == set(containers(house.zone))
    return False


def hold_the_invariants(house: House) -> None:
    """Whatever happened: what left had two votes and an entry in the log, and the log is whole."""
    assert proven(house.zone).ok
    for request in house.requests():
        released = log_of(house.zone, object=request.ref, action="egress.released", outcome="ok")
        if request.released_at is None:
            assert released == []
            assert not house.zone.desk.package_of(request.ref).exists()
            continue
        assert len(released) == 1
        approved = {v.checker_ref for v in house.votes(request.ref) if v.choice is Choice.APPROVE}
        assert len(approved) >= 2
        assert request.author_ref not in approved


async def killed_during(deed: Awaitable[Any], after: Callable[[], bool], kill: Callable[[], None]) -> Any:
    """Do something and kill as soon as `after` is true; return what came of it, or None if it failed."""
    task = asyncio.ensure_future(deed)
    await until(lambda: after() or task.done(), PATIENCE, "the moment to kill", every=0.002)
    kill()
    try:
        return await asyncio.wait_for(task, 60)  # whoever waits longer tries again
    except INTERRUPTIONS:
        return None


async def submit_in(workspace: Workspace, title: str) -> str:
    """Submit a small table from a kernel; return the reference of the request.

    Raises: StoryFailed — if the cell fails.
    """
    code = SUBMIT.replace("NAME", title)
    found = REQUEST_REF.search((await workspace.run("submit.ipynb", [code]))[0].text)
    if found is None:
        raise StoryFailed("The cell named no request.")
    return found.group()


async def cast(house: House, checker: str, ref: str, comment: str) -> bool:
    """Vote for a request in the portal; say whether the portal accepted the vote."""
    visitor = house.people[checker]
    page = await wait_for_review(visitor, ref)
    status, target = await visitor.send(page, vote_form(page), ballot(page, ref, "approve", comment))
    return status == 303 and (target or "").endswith(f"/review/{ref}")


def voters(house: House, ref: str) -> set[str]:
    """Return the handles of those whose votes are in the database."""
    return {house.zone.registry.person_by_ref(v.checker_ref).handle for v in house.votes(ref)}


async def released(house: House, ref: str) -> None:
    """Wait until a request is released, then verify its package as its recipient does."""
    await until(lambda: house.request(ref).packaged, PATIENCE, "the request is released and packaged")
    assert house.request(ref).state is State.RELEASED
    result = verify_package(house.zone.desk.package_of(ref), trusted_key(house.zone))
    assert result.ok, result.reason.en
    assert len(result.files) == 1
    hold_the_invariants(house)
