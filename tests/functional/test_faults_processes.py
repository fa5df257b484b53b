"""kill -9 of each process in the middle of a start, a submission, a vote and a release: nothing is lost or left."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import docker
import pytest
import pytest_asyncio
from docker.errors import NotFound

from audit.event import Source
from egress_review import store
from egress_review.container import LABEL
from egress_review.model import Choice, Draft, Request, Vote
from egress_review.verify_package import verify_package
from egress_review.workflow import State
from hub_config import worker
from hub_config.demo.people import CHECKER_IN_PROJECT, CHECKERS, RESEARCHER
from hub_config.hub_api import HubApi
from hub_config.scan_leftovers import remove_scans
from hub_config.status import status
from hub_config.story.kernel import Workspace
from hub_config.story.play import trusted_key
from hub_config.story.steps import REQUEST_REF, ballot, start_workspace, vote_form, wait_for_review
from hub_config.story.visitor import StoryFailed, Visitor
from hub_config.worker import Worker
from hub_config.zone import Zone, open_zone
from tests.functional.zone_under_fault import (
    containers,
    log_of,
    pid_of,
    proven,
    put_away,
    until,
    workspace_ref,
)
from tests.patience import PATIENCE

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="module")]

WORK, SPAWN = "gibleed-study", "floating-pop"
PROCESSES = ("hub", "gate", "portal", "worker", "audit")
WAY_OUT = (State.APPROVED, State.RELEASING, State.RELEASED)
HERE = Source(ip=None)
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


def bystander(*values: Any) -> Any:
    """Mark a case whose process has no part in the moment: it is tried where there is time for it."""
    return pytest.param(*values, marks=pytest.mark.long)


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


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(zone: Any) -> AsyncIterator[House]:
    house = House(zone, open_zone(zone.home, "cli"))
    for handle in (RESEARCHER, *CHECKERS):
        house.people[handle] = Visitor(zone.settings)
        await house.people[handle].sign_in(*zone.account(handle))
    await house.work()
    yield house
    for project in (WORK, SPAWN):
        await put_away(house.people[RESEARCHER], project)
    for visitor in house.people.values():
        await visitor.close()


async def whole_again(house: House) -> None:
    """Wait until every process answers and the hub's servers and the engine's containers are the same."""
    home = house.running.home
    await until(lambda: all_are_new(house) and status(home).healthy, PATIENCE, "every process answers")
    await until(lambda: houses_agree(house), PATIENCE, "the hub and the engine know the same workspaces")


def all_are_new(house: House) -> bool:
    """Say whether every process that was killed has another id now."""
    return all(pid_of(house.running.home, process) != pid for process, pid in house.killed.items())


def houses_agree(house: House) -> bool:
    with contextlib.suppress(Exception):
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


@pytest.mark.parametrize("process", PROCESSES)
async def test_a_start_survives_the_death_of(house: House, process: str) -> None:
    researcher = house.people[RESEARCHER]
    await put_away(researcher, SPAWN)
    ref = workspace_ref(house.zone, RESEARCHER, SPAWN)
    before = log_of(house.zone, limit=1)[0].index

    def announced() -> bool:
        return bool(log_of(house.zone, object=ref, action="workspace.start", after=before, newest_first=False))

    await killed_during(start_workspace(researcher, RESEARCHER, SPAWN), announced, lambda: house.kill(process))
    await whole_again(house)
    workspace = await start_again(researcher)
    assert (await workspace.run("alive.ipynb", ["print(6 * 7)"]))[0].text == "42\n"
    await until(lambda: houses_agree(house), PATIENCE, "no container is left over")
    hold_the_invariants(house)


async def start_again(researcher: Visitor) -> Workspace:
    """Start as a person does who saw an error: by trying again."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(*INTERRUPTIONS):
                return await start_workspace(researcher, RESEARCHER, SPAWN)
            await asyncio.sleep(1)


@pytest.mark.parametrize("process", PROCESSES)
async def test_a_submission_survives_the_death_of(house: House, process: str) -> None:
    title = f"submit-{process}-{os.urandom(3).hex()}"
    workspace = await house.work()
    last = log_of(house.zone, limit=1)[0].index
    step = "egress.submitted" if process == "worker" else "cell.sent"  # the worker's part begins with the request

    def reached() -> bool:
        return bool(log_of(house.zone, action=step, after=last, newest_first=False))

    told = await killed_during(submit_in(workspace, title), reached, lambda: house.kill(process))
    await whole_again(house)
    if told is None:
        # Submitting again is one request with the first, if the first arrived.
        told = await submit_in(await house.work(), title)
    assert [r.ref for r in house.requests() if r.title == title] == [told]
    await until(lambda: house.request(told).state is State.IN_REVIEW, PATIENCE, "the request is in review")
    hold_the_invariants(house)


async def submit_in(workspace: Workspace, title: str) -> str:
    """Submit a small table from a kernel; return the reference of the request.

    Raises: StoryFailed — if the cell fails.
    """
    code = SUBMIT.replace("NAME", title)
    found = REQUEST_REF.search((await workspace.run("submit.ipynb", [code]))[0].text)
    if found is None:
        raise StoryFailed("The cell named no request.")
    return found.group()


async def in_review(house: House, title: str) -> str:
    """Return the reference of a fresh request that waits for votes."""
    author = house.zone.registry.person(RESEARCHER)
    workspace = house.zone.registry.workspace(author.ref, WORK)
    name = f"{title}-{os.urandom(3).hex()}.csv"
    outbox = house.zone.desk.outbox_of(workspace)
    (outbox / name).write_text("sex,n\nF,130\nM,150\n")
    os.chown(outbox / name, workspace.uid, workspace.uid)
    controls = json.dumps({"counts": ["n"], "rounded_to": 5})
    draft = Draft(title=name, purpose="표 1", context=CONTEXT, controls=controls, files=(name,))
    request = await asyncio.to_thread(house.zone.desk.submit, author, workspace, draft, source=HERE)
    await until(lambda: house.request(request.ref).state is State.IN_REVIEW, PATIENCE, "the request is in review")
    return request.ref


async def cast(house: House, checker: str, ref: str, comment: str) -> bool:
    """Vote for a request in the portal; say whether the portal accepted the vote."""
    visitor = house.people[checker]
    page = await wait_for_review(visitor, ref)
    status, target = await visitor.send(page, vote_form(page), ballot(page, ref, "approve", comment))
    return status == 303 and (target or "").endswith(f"/review/{ref}")


def voters(house: House, ref: str) -> set[str]:
    """Return the handles of those whose votes are in the database."""
    return {house.zone.registry.person_by_ref(v.checker_ref).handle for v in house.votes(ref)}


@pytest.mark.parametrize(
    ("process", "pause"),
    [("gate", 0.0), ("portal", 0.0), ("portal", 0.02), ("worker", 0.0), bystander("hub", 0.0), bystander("audit", 0.0)],
)
async def test_an_accepted_vote_survives_the_death_of(house: House, process: str, pause: float) -> None:
    ref = await in_review(house, f"vote-{process}")
    first, second = CHECKERS
    page = await wait_for_review(house.people[first], ref)
    form, values = vote_form(page), ballot(page, ref, "approve", "기준을 지켰습니다.")
    deadline = time.monotonic() + pause
    sent = house.people[first].send(page, form, values)
    answer = await killed_during(sent, lambda: time.monotonic() > deadline, lambda: house.kill(process))
    await whole_again(house)
    accepted = answer == (303, house.people[first].url(f"/review/{ref}"))
    if accepted:
        assert voters(house, ref) == {first}
    if first not in voters(house, ref):
        assert await cast(house, first, ref, "기준을 지켰습니다.")
    assert house.request(ref).state is State.IN_REVIEW
    assert await cast(house, second, ref, "저도 보았습니다.")
    await released(house, ref)


async def test_a_form_that_was_open_when_the_portal_died_is_accepted(house: House) -> None:
    ref, checker = await in_review(house, "form"), CHECKERS[0]
    page = await wait_for_review(house.people[checker], ref)
    values = ballot(page, ref, "approve", "재시작 전에 쓴 의견입니다.")
    house.kill("portal")
    await whole_again(house)
    status, _ = await house.people[checker].send(page, vote_form(page), values)
    assert (status, voters(house, ref)) == (303, {checker})


@pytest.mark.parametrize(
    ("process", "state"),
    [
        *(("worker", state) for state in WAY_OUT),
        *(bystander(process, State.APPROVED) for process in ("hub", "gate", "portal", "audit")),
    ],
)
async def test_a_release_survives_the_death_of(house: House, process: str, state: State) -> None:
    ref = await in_review(house, f"release-{process}")
    request = house.request(ref)
    for handle in CHECKERS:
        checker = house.zone.registry.person(handle)
        choices = {file.sha256: Choice.APPROVE for file in request.files}
        house.zone.desk.vote(checker, ref, choices, "", request.round, request.confirm_code, source=HERE)
    passed = WAY_OUT[WAY_OUT.index(state) :]
    await killed_during(asyncio.sleep(2), lambda: house.request(ref).state in passed, lambda: house.kill(process))
    await whole_again(house)
    await released(house, ref)


async def released(house: House, ref: str) -> None:
    """Wait until a request is released, then verify its package as its recipient does."""
    await until(lambda: house.request(ref).packaged, PATIENCE, "the request is released and packaged")
    assert house.request(ref).state is State.RELEASED
    result = verify_package(house.zone.desk.package_of(ref), trusted_key(house.zone))
    assert result.ok, result.reason.en
    assert len(result.files) == 1
    hold_the_invariants(house)


async def test_a_killed_container_ends_its_workspace_and_the_next_start_works(house: House) -> None:
    title = f"submit-container-{os.urandom(3).hex()}"
    workspace, ref = await house.work(), workspace_ref(house.zone, RESEARCHER, WORK)
    last = log_of(house.zone, limit=1)[0].index

    def sent() -> bool:
        return bool(log_of(house.zone, action="cell.sent", after=last, newest_first=False))

    told = await killed_during(submit_in(workspace, title), sent, containers(house.zone)[ref].kill)
    await until(lambda: ref not in containers(house.zone), PATIENCE, "the killed container is removed")
    await whole_again(house)
    ended = log_of(house.zone, object=ref, action="workspace.stop", after=last, newest_first=False)
    assert [(e.body["outcome"], e.body["reason"]) for e in ended] == [("ok", "ended")]
    again = await submit_in(await house.work(), title)
    assert told in (None, again)
    await until(lambda: house.request(again).state is State.IN_REVIEW, PATIENCE, "the request is in review")
    hold_the_invariants(house)


async def test_a_container_killed_while_it_starts_fails_the_start_and_leaves_nothing(house: House) -> None:
    researcher = house.people[RESEARCHER]
    await put_away(researcher, SPAWN)
    ref = workspace_ref(house.zone, RESEARCHER, SPAWN)

    def runs() -> bool:
        return ref in containers(house.zone) and bool(containers(house.zone)[ref].status == "running")

    starting = start_workspace(researcher, RESEARCHER, SPAWN)
    assert await killed_during(starting, runs, lambda: containers(house.zone)[ref].kill()) is None
    await until(lambda: ref not in containers(house.zone), PATIENCE, "the killed container is removed")
    failed = log_of(house.zone, object=ref, action="workspace.start", limit=1)[0]
    assert (failed.body["outcome"], failed.body["reason"]) == ("failed", "not_ready")
    assert (await (await start_again(researcher)).run("alive.ipynb", ["print(6 * 7)"]))[0].text == "42\n"


def sleeper(labels: dict[str, str], **options: Any) -> Any:
    """Start a container that does nothing, as something that a crash left behind."""
    with contextlib.closing(docker.from_env()) as client:
        nap = ["-c", "import time; time.sleep(300)"]
        image = "ansim/scanner:latest"
        return client.containers.run(
            image, nap, entrypoint="python3", detach=True, network_mode="none", labels=labels, **options
        )


async def test_a_container_that_no_hub_knows_is_removed_and_the_others_stay(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.work()
    mine = workspace_ref(house.zone, RESEARCHER, WORK)
    # A member of the same project who may work, so that nothing but the hub's ignorance speaks against it.
    orphan = workspace_ref(house.zone, CHECKER_IN_PROJECT, WORK)
    sleeper({"ansim.zone": house.zone.zone_id, "ansim.workspace": orphan})
    caretaker = Worker(house.zone)
    caretaker.remove_orphans()
    assert {mine, orphan} <= set(containers(house.zone))  # younger than any start may take
    monkeypatch.setattr(worker, "ORPHAN_AGE", timedelta(seconds=-2))
    caretaker.remove_orphans()
    assert orphan not in containers(house.zone)
    assert mine in containers(house.zone)
    recorded = log_of(house.zone, object=orphan, action="zone.reconciled", limit=1)[0]
    assert recorded.body["reason"] == "orphan_container"


async def test_what_a_killed_scan_left_in_the_engine_is_removed_for_this_zone_only(
    house: House, tmp_path: Path
) -> None:
    vault = house.running.home / "vault"
    scan = sleeper({LABEL: "1"}, volumes={str(vault / "incoming"): {"bind": "/job", "mode": "ro"}})
    foreign = sleeper({LABEL: "1"}, volumes={str(tmp_path): {"bind": "/job", "mode": "ro"}})
    try:
        assert remove_scans(vault, datetime.now(UTC) - timedelta(minutes=5)) == 0
        assert remove_scans(vault, datetime.now(UTC) + timedelta(seconds=2)) == 1
        with pytest.raises(NotFound):
            scan.reload()
        foreign.reload()
        assert foreign.status == "running"
    finally:
        foreign.remove(force=True)
