"""An operator presses the button: within seconds nothing of the project runs, and what was under way waits."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from audit.event import Actor, Source
from egress_review.errors import Conflict
from egress_review.model import Draft
from hub_config.demo.people import OPERATOR, RESEARCHER
from hub_config.gate.sessions import CLOSE_SESSION
from hub_config.gate.workspace import CLOSE_CUT
from hub_config.probe.model import Finding, Report, Verdict
from hub_config.probe.service import keep_and_record
from hub_config.probe.standing import report_path
from hub_config.settings import ProbeSettings
from hub_config.story.kernel import Workspace
from hub_config.story.steps import start_workspace
from hub_config.story.visitor import StoryFailed, Visitor
from hub_config.zone import Zone
from registry.desk import CLI
from tests.functional.zone_under_fault import containers, log_of, proven, put_away, until, workspace_ref

pytestmark = [
    pytest.mark.engine,
    pytest.mark.long,
    pytest.mark.timed,
    pytest.mark.asyncio(loop_scope="module"),
]

PROJECT, OTHER = "floating-pop", "gibleed-study"
HERE = Source(None)
CONTEXT = "이 과제의 대상자를 성별로 센 인원. The people of this study, counted by sex."
CONNECTIONS_SECONDS, CONTAINERS_SECONDS = 2.0, 15.0  # what the button promises


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def researcher(zone: Any) -> AsyncIterator[Visitor]:
    async with Visitor(zone.settings) as visitor:
        await visitor.sign_in(*zone.account(RESEARCHER))
        yield visitor
        await put_away(visitor, PROJECT)
        await put_away(visitor, OTHER)


async def closed_after(socket: aiohttp.ClientWebSocketResponse, since: float) -> tuple[int | None, float]:
    """Read until the zone closes the connection; return its close code and the seconds since then."""
    while (await socket.receive()).type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
        pass
    return socket.close_code, time.monotonic() - since


def submitted(zone: Zone) -> str:
    """Submit a table of the project, as the researcher, and return the reference of the request."""
    author = zone.registry.person(RESEARCHER)
    workspace = zone.registry.workspace(author.ref, PROJECT)
    name = f"held-{os.urandom(3).hex()}.csv"
    table = zone.desk.outbox_of(workspace) / name
    table.write_text("sex,n\nF,130\nM,150\n")
    os.chown(table, workspace.uid, workspace.uid)
    controls = json.dumps({"counts": ["n"], "rounded_to": 5})
    draft = Draft(title=name, purpose="표 1", context=CONTEXT, controls=controls, files=(name,))
    return zone.desk.submit(author, workspace, draft, source=HERE).ref


async def test_the_button_cuts_ends_and_holds_everything_of_the_project_and_nothing_else(
    zone: Any, opened: Zone, researcher: Visitor
) -> None:
    workspace = await start_workspace(researcher, RESEARCHER, PROJECT)
    _, socket = await workspace.open_kernel("frozen.ipynb")
    ref = workspace_ref(opened, RESEARCHER, PROJECT)
    request = await asyncio.to_thread(submitted, opened)
    other = await start_workspace(researcher, RESEARCHER, OTHER)
    others = workspace_ref(opened, RESEARCHER, OTHER)
    last = log_of(opened, limit=1)[0].index
    async with Visitor(zone.settings) as operator:
        await operator.sign_in(*zone.account(OPERATOR))
        address = f"/projects/{PROJECT}"
        page = await operator.open(address)
        button, begun = page.form(f"{address}/freeze"), time.monotonic()
        reading = asyncio.create_task(closed_after(socket, begun))
        await operator.submit(page, button, {"why": "a leak is suspected"})
        try:
            code, seconds = await asyncio.wait_for(reading, CONTAINERS_SECONDS)
            assert code in {CLOSE_CUT, CLOSE_SESSION}
            assert seconds < CONNECTIONS_SECONDS
            await until(lambda: ref not in containers(opened), CONTAINERS_SECONDS, "the container is gone")
            assert time.monotonic() - begun < CONTAINERS_SECONDS
            assert containers(opened)[others].status == "running"
            await is_dead(researcher, workspace)
            await holds_its_requests(opened, request)
            said = partial(log_of, opened, action="project.cut_off", after=last, newest_first=False)
            [cut] = await until(said, CONTAINERS_SECONDS, "its event")
            assert cut.body["outcome"] == "ok"
            assert cut.body["detail"]["connections_ms"] < CONNECTIONS_SECONDS * 1000
            assert cut.body["detail"]["containers_ms"] < CONTAINERS_SECONDS * 1000
        finally:
            page = await operator.open(address)
            await operator.submit(page, page.form(f"{address}/unfreeze"), {"why": "it was a mistake"})
    await other.enter()
    assert "7" in (await other.run("other.ipynb", ["print(3 + 4)"]))[0].text
    await asyncio.to_thread(opened.desk.withdraw, opened.registry.person(RESEARCHER), request, source=HERE)
    await starts_again(researcher)
    assert proven(opened).ok


async def test_a_broken_wall_cuts_and_ends_what_runs_where_the_settings_say_freeze(
    opened: Zone, researcher: Visitor
) -> None:
    workspace = await start_workspace(researcher, RESEARCHER, PROJECT)
    _, socket = await workspace.open_kernel("broken.ipynb")
    ref, last = workspace_ref(opened, RESEARCHER, PROJECT), log_of(opened, limit=1)[0].index
    strict = replace(opened, settings=replace(opened.settings, probe=ProbeSettings(on_broken="freeze")))
    now, seen = datetime.now(UTC), (Finding("net.routes", Verdict.BROKEN, "eth0"),)
    report = Report(began=now, ended=now, zone="z", image="i", runtime="runc", engine="e", findings=seen)
    kept = report_path(opened.home).read_bytes() if report_path(opened.home).exists() else None
    reading = asyncio.create_task(closed_after(socket, time.monotonic()))
    try:
        await asyncio.to_thread(keep_and_record, strict, Actor.service("worker"), report)
        code, _ = await asyncio.wait_for(reading, CONTAINERS_SECONDS)
        assert code in {CLOSE_CUT, CLOSE_SESSION}
        await until(lambda: ref not in containers(opened), CONTAINERS_SECONDS, "the container is gone")
        await is_dead(researcher, workspace)
        said = partial(log_of, opened, action="project.cut_off", after=last, newest_first=False)
        cuts = await until(said, CONTAINERS_SECONDS, "its events")
        assert {one.body["outcome"] for one in cuts} == {"ok"}
        frozen = log_of(opened, action="project.frozen", after=last, newest_first=False)
        assert {one.body["actor"]["ref"] for one in frozen} == {"worker"}
        assert {one.body["object"]["ref"] for one in frozen} >= {PROJECT, OTHER}
    finally:
        for one in opened.registry.freezes():
            opened.registry.unfreeze_project(one.project, "it was a test", by=CLI, source=HERE)
        if kept is None:
            report_path(opened.home).unlink()
        else:
            report_path(opened.home).write_bytes(kept)
    await asyncio.sleep(2)  # the worker tells the gate within a second
    await start_workspace(researcher, RESEARCHER, PROJECT)


async def starts_again(researcher: Visitor) -> None:
    """Start the workspace; the hub may offer the one that was ended until it has looked whether it still runs."""
    deadline = time.monotonic() + CONTAINERS_SECONDS
    while True:
        try:
            await start_workspace(researcher, RESEARCHER, PROJECT)
            return
        except StoryFailed:
            assert time.monotonic() < deadline, "it does not start"
            await asyncio.sleep(0.5)


async def is_dead(researcher: Visitor, workspace: Workspace) -> None:
    """No cookie opens anything of the workspace any more, and who signs in at it again reads that it is frozen."""
    api = f"{workspace.origin}/user/{RESEARCHER}/{PROJECT}/api/status"
    assert await researcher.raw("GET", api) in {401, 403}
    page = await researcher.open(f"{workspace.origin}/user/{RESEARCHER}/{PROJECT}/lab")
    told = json.loads(page.body)
    assert (page.status, told["reason"], "동결" in told["ko"]) == (403, "project.frozen", True)
    page = await researcher.open(f"/projects/{PROJECT}/workspace")
    assert not any("/workspace/start" in form.action for form in page.content.forms) or "동결" in page.content.text


async def holds_its_requests(opened: Zone, request: str) -> None:
    """What was submitted stays where it stands."""
    author = opened.registry.person(RESEARCHER)
    with pytest.raises(Conflict) as refusal:
        await asyncio.to_thread(opened.desk.withdraw, author, request, source=HERE)
    assert refusal.value.code == "project_frozen"
