"""kill -9 of the container engine in the middle of a start, a submission, a vote and a release of a whole zone.

The zone has an engine of its own, so that the machine's is left alone. Copying the images into it takes a minute; the
quick test of the same promise is in `tests/integration/hub/test_hub_engine_dies.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from egress_review.model import Choice
from egress_review.workflow import State
from hub_config.demo.people import CHECKERS, RESEARCHER
from hub_config.settings import load_settings
from hub_config.story.steps import ballot, start_workspace, vote_form, wait_for_review
from hub_config.story.visitor import StoryFailed, Visitor
from hub_config.worker import ORPHAN_AGE
from hub_config.zone import open_zone
from tests.functional.conftest import RunningZone, run_ansim, zone_port
from tests.functional.house_under_fault import (
    SPAWN,
    WORK,
    House,
    hold_the_invariants,
    houses_agree,
    killed_during,
    released,
    submit_in,
    voters,
    whole_again,
)
from tests.functional.own_engine import OwnEngine, own_engine
from tests.functional.test_faults_processes import HERE, in_review, start_again
from tests.functional.zone_under_fault import containers, log_of, put_away, until, workspace_ref
from tests.patience import PATIENCE

pytestmark = [pytest.mark.engine, pytest.mark.long, pytest.mark.asyncio(loop_scope="module")]

IMAGES = ("ansim/base:latest", "ansim/notebook:latest", "ansim/scanner:latest")


class Shelter(House):
    """The zone, and the engine that only it uses."""

    engine: OwnEngine

    def knock_out(self) -> None:
        """Kill the engine and bring it back at once, as a service manager does."""
        self.engine.kill()
        self.engine.start()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shelter(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shelter]:
    home = tmp_path_factory.mktemp("engine-zone")
    with own_engine() as engine, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", engine.host)
        for image in IMAGES:
            engine.take(image)
        run_ansim(home, "up", "--demo", "--no-story", "--port", zone_port())
        accounts: list[dict[str, Any]] = json.loads((home / "demo-accounts.json").read_text())
        running = RunningZone(home, load_settings(home), {a["handle"]: a for a in accounts})
        shelter = Shelter(running, open_zone(home, "cli"))
        shelter.engine = engine
        for handle in (RESEARCHER, *CHECKERS):
            shelter.people[handle] = Visitor(running.settings)
            await shelter.people[handle].sign_in(*running.account(handle))
        yield shelter
        for visitor in shelter.people.values():
            await visitor.close()
        run_ansim(home, "down", check=False)


async def calm(shelter: Shelter) -> None:
    """Wait until the zone found out what ended with its engine and nothing of it is left.

    A container that the engine did not remove because it died once more goes when it is as old as an orphan.
    """
    seconds = ORPHAN_AGE.total_seconds() + PATIENCE
    await until(lambda: houses_agree(shelter), seconds, "the hub and the engine know the same workspaces")
    await whole_again(shelter)


async def test_a_start_survives_the_death_of_the_engine(shelter: Shelter) -> None:
    researcher = shelter.people[RESEARCHER]
    await put_away(researcher, SPAWN)
    ref = workspace_ref(shelter.zone, RESEARCHER, SPAWN)

    def made() -> bool:
        return ref in containers(shelter.zone)

    await killed_during(start_workspace(researcher, RESEARCHER, SPAWN), made, shelter.engine.kill)
    shelter.engine.start()
    workspace = await start_again(researcher)
    assert (await workspace.run("alive.ipynb", ["print(6 * 7)"]))[0].text == "42\n"
    await until(lambda: houses_agree(shelter), PATIENCE, "no container is left over")
    outcomes = [e.body["outcome"] for e in log_of(shelter.zone, object=ref, action="workspace.start")]
    assert outcomes[0] == "ok"
    assert outcomes.count("intent") == len(outcomes) / 2  # every announced start has its outcome
    hold_the_invariants(shelter)


async def test_a_submission_survives_the_death_of_the_engine(shelter: Shelter) -> None:
    title = f"submit-engine-{os.urandom(3).hex()}"
    workspace = await shelter.work()
    last = log_of(shelter.zone, limit=1)[0].index

    def sent() -> bool:
        return bool(log_of(shelter.zone, action="cell.sent", after=last, newest_first=False))

    told = await killed_during(submit_in(workspace, title), sent, shelter.knock_out)
    # An engine that starts again ends what its predecessor ran; the zone finds out, says so and starts it anew.
    await calm(shelter)
    again = await submit_in(await shelter.work(), title)
    assert told in (None, again)
    assert [r.ref for r in shelter.requests() if r.title == title] == [again]
    await until(lambda: shelter.request(again).state is State.IN_REVIEW, PATIENCE, "the request is in review")
    hold_the_invariants(shelter)


async def test_an_accepted_vote_survives_the_death_of_the_engine(shelter: Shelter) -> None:
    ref = await in_review(shelter, "vote-engine")
    for handle in CHECKERS:
        visitor = shelter.people[handle]
        page = await wait_for_review(visitor, ref)
        sent = visitor.send(page, vote_form(page), ballot(page, ref, "approve", "기준을 지켰습니다."))
        status, target = await killed_during(sent, lambda: True, shelter.knock_out)
        assert (status, target) == (303, visitor.url(f"/review/{ref}"))  # voting needs no engine
    assert voters(shelter, ref) == set(CHECKERS)
    await released(shelter, ref)
    await calm(shelter)


async def test_a_release_survives_the_death_of_the_engine(shelter: Shelter) -> None:
    ref = await in_review(shelter, "release-engine")
    request = shelter.request(ref)
    for handle in CHECKERS:
        checker = shelter.zone.registry.person(handle)
        choices = {file.sha256: Choice.APPROVE for file in request.files}
        shelter.zone.desk.vote(checker, ref, choices, "", request.round, request.confirm_code, source=HERE)
    shelter.engine.kill()
    try:
        await released(shelter, ref)  # without an engine: what is released was scanned and voted on before
    finally:
        shelter.engine.start()
    await calm(shelter)


async def back_at_work(shelter: Shelter) -> None:
    """Open the workspace as somebody does who found it gone: again, until it is there."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            await shelter.work()
            return
        except StoryFailed:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(2)


async def test_a_permit_that_ends_while_the_engine_is_away_closes_the_connections(shelter: Shelter) -> None:
    ref = workspace_ref(shelter.zone, RESEARCHER, WORK)
    await back_at_work(shelter)
    last = log_of(shelter.zone, limit=1)[0].index
    shelter.engine.kill()
    try:
        shelter.running.ansim("registry", "person", "suspend", RESEARCHER)
        await until(
            lambda: log_of(shelter.zone, object=ref, action="workspace.cut", after=last, newest_first=False),
            PATIENCE,
            "the gate is told to cut the workspace",
        )
    finally:
        shelter.engine.start()
    await until(lambda: ref not in containers(shelter.zone), PATIENCE, "the container is gone")
