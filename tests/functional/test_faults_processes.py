"""kill -9 of each process in the middle of a start, a submission, a vote and a release: nothing is lost or left."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import docker
import pytest
import pytest_asyncio
from docker.errors import NotFound

from audit.event import Source
from egress_review.container import LABEL
from egress_review.model import Choice, Draft
from egress_review.workflow import State
from hub_config import worker
from hub_config.demo.people import CHECKER_IN_PROJECT, CHECKERS, RESEARCHER
from hub_config.scan_leftovers import remove_scans
from hub_config.story.kernel import Workspace
from hub_config.story.steps import ballot, start_workspace, vote_form, wait_for_review
from hub_config.story.visitor import Visitor
from hub_config.worker import Worker
from hub_config.zone import open_zone
from tests.functional.house_under_fault import (
    CONTEXT,
    INTERRUPTIONS,
    PROCESSES,
    SPAWN,
    WORK,
    House,
    cast,
    hold_the_invariants,
    houses_agree,
    killed_during,
    released,
    submit_in,
    voters,
    whole_again,
)
from tests.functional.zone_under_fault import containers, log_of, put_away, until, workspace_ref
from tests.patience import PATIENCE

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="module")]

WAY_OUT = (State.APPROVED, State.RELEASING, State.RELEASED)
HERE = Source(ip=None)


def bystander(*values: Any) -> Any:
    """Mark a case whose process has no part in the moment: it is tried where there is time for it."""
    return pytest.param(*values, marks=pytest.mark.long)


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
