"""A permit that ends while its workspace runs: within a minute nothing of it is left."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from hub_config.demo.people import DATA_CONTROLLER, RESEARCHER
from hub_config.gate.sessions import CLOSE_SESSION
from hub_config.gate.workspace import CLOSE_CUT
from hub_config.story.pages import Form
from hub_config.story.steps import start_workspace
from hub_config.story.visitor import Page, StoryFailed, Visitor
from hub_config.zone import Zone
from tests.functional.zone_under_fault import containers, log_of, pid_of, proven, put_away, until, workspace_ref

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="module")]

PROJECT, DATASET = "floating-pop", "floating-population"
PROMISE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Ending:
    """One way in which a permit ends: how, how it is given back, and the code and words that say so."""

    name: str
    end: Callable[[Any], None]
    restore: Callable[[Any], None]
    code: str
    words: str
    closes: frozenset[int] = frozenset({CLOSE_CUT})
    """With which WebSocket codes the connection may end."""


def revoke_grant(zone: Any) -> None:
    grants = json.loads(zone.ansim("registry", "grant", "list", "--project", PROJECT, "--json").stdout)
    for grant in grants:
        if grant["in_force"]:
            zone.ansim("registry", "grant", "revoke", grant["ref"])


def grant_again(zone: Any) -> None:
    zone.ansim("registry", "grant", "add", DATASET, "1", PROJECT, "--approver", DATA_CONTROLLER)


def suspend(zone: Any) -> None:
    zone.ansim("registry", "person", "suspend", RESEARCHER)


def reinstate(zone: Any) -> None:
    zone.ansim("registry", "person", "reinstate", RESEARCHER)


def revoke_membership(zone: Any) -> None:
    zone.ansim("registry", "member", "revoke", PROJECT, RESEARCHER)


def join_again(zone: Any) -> None:
    zone.ansim("registry", "member", "add", PROJECT, RESEARCHER, "--role", "researcher")


def let_time_run_out(zone: Any) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=5)
    zone.ansim("registry", "project", "change", PROJECT, "--until", soon.isoformat())


def prolong(zone: Any) -> None:
    later = datetime.now(UTC) + timedelta(days=300)
    zone.ansim("registry", "project", "change", PROJECT, "--until", later.isoformat())


ENDINGS = (
    Ending("grant", revoke_grant, grant_again, "no_grant_in_force", "지금 유효한 데이터 이용 승인이 없습니다"),
    Ending("membership", revoke_membership, join_again, "not_a_member", "과제에 참여하고 있지 않습니다"),
    Ending("period", let_time_run_out, prolong, "project_ended", "과제 이용기간이 끝났습니다"),
    # Last: a suspended person is signed out everywhere and reads no page of the zone but the one for signing in.
    # The end of the session and the end of the workspace race for the connection; either may cut it.
    Ending(
        "person",
        suspend,
        reinstate,
        "person_not_active",
        "로그인할 수 없으면 운영자에게 문의하십시오",
        frozenset({CLOSE_CUT, CLOSE_SESSION}),
    ),
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def researcher(zone: Any) -> AsyncIterator[Visitor]:
    async with Visitor(zone.settings) as visitor:
        await visitor.sign_in(*zone.account(RESEARCHER))
        yield visitor
        await put_away(visitor, PROJECT)


async def close_code(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """Read until the zone closes the connection; return its close code."""
    while (await socket.receive()).type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
        pass
    return socket.close_code


async def try_to_start(visitor: Visitor, words: str) -> Page:
    """Ask for a start as somebody who kept the form of yesterday's page, until the page says why not."""
    address = f"/projects/{PROJECT}/workspace"
    deadline = time.monotonic() + PROMISE_SECONDS
    while True:
        with contextlib.suppress(StoryFailed):
            page = await visitor.open(address)
            page = await visitor.submit(page, Form(f"{address}/start", "post", multipart=False), {})
            if words in page.content.text or time.monotonic() > deadline:
                return page
        await asyncio.sleep(1)


@pytest.mark.long
async def test_an_ended_permit_closes_the_workspace_even_while_the_hub_hangs(
    zone: Any, opened: Zone, researcher: Visitor
) -> None:
    workspace = await start_workspace(researcher, RESEARCHER, PROJECT)
    ref = workspace_ref(opened, RESEARCHER, PROJECT)
    _, socket = await workspace.open_kernel("permit.ipynb")
    hub, last = pid_of(zone.home, "hub"), log_of(opened, limit=1)[0].index
    os.kill(hub, signal.SIGSTOP)
    try:
        revoke_grant(zone)
        async with asyncio.timeout(PROMISE_SECONDS):
            await close_code(socket)
            await until(lambda: ref not in containers(opened), PROMISE_SECONDS, "the container is gone")
        assert log_of(opened, object=ref, action="workspace.cut", limit=1)[0].body["reason"] == "no_grant_in_force"
    finally:
        os.kill(hub, signal.SIGCONT)
        grant_again(zone)
    # The hub finds out by itself, so that the next start is an ordinary one.
    await until(lambda: hub_is_done_with(opened, ref, last), PROMISE_SECONDS, "the hub knows that it has ended")


def hub_is_done_with(opened: Zone, ref: str, last: int) -> bool:
    stops = log_of(opened, object=ref, action="workspace.stop", after=last, newest_first=False)
    return any(e.body["outcome"] == "ok" for e in stops)


@pytest.mark.parametrize(
    "ending",
    [pytest.param(e, id=e.name, marks=[pytest.mark.long] * (e.name in ("membership", "period"))) for e in ENDINGS],
)
async def test_an_ended_permit_closes_the_running_workspace_within_a_minute_and_says_why(
    zone: Any, opened: Zone, researcher: Visitor, ending: Ending
) -> None:
    workspace = await start_workspace(researcher, RESEARCHER, PROJECT)
    ref = workspace_ref(opened, RESEARCHER, PROJECT)
    _, socket = await workspace.open_kernel("permit.ipynb")
    assert containers(opened)[ref].status == "running"
    last = log_of(opened, object=ref, limit=1)[0].index
    try:
        ending.end(zone)
        async with asyncio.timeout(PROMISE_SECONDS):
            assert await close_code(socket) in ending.closes
            await until(lambda: ref not in containers(opened), PROMISE_SECONDS, "the container is gone")
        await until(lambda: ("workspace.stop", "ok") in steps_since(opened, ref, last), 10, "the stop is in the log")
        cut = next(e for e in log_of(opened, object=ref) if e.body["action"] == "workspace.cut")
        assert (cut.index > last, cut.body["reason"]) == (True, ending.code)
        refused = await try_to_start(researcher, ending.words)
        assert ending.words in refused.content.text
        assert ref not in containers(opened)
    finally:
        ending.restore(zone)


def steps_since(zone: Zone, ref: str, last: int) -> list[tuple[str, str]]:
    found = log_of(zone, object=ref, after=last, newest_first=False)
    return [(e.body["action"], e.body["outcome"]) for e in found]


async def test_the_log_of_all_these_endings_recomputes_to_its_root(opened: Zone) -> None:
    assert proven(opened).ok
