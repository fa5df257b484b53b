"""What ends: a session, a gate that is killed, and, last of all, the workspace that these tests share."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from typing import Any

import aiohttp
import pytest

from tests.integration.gate.harness import Browser, ZoneUnderTest, run_cell, wait_for
from tests.integration.gate.lab.browsing import closing_code, new_kernel
from tests.patience import PATIENCE

CUT_SECONDS = 20.0  # it takes half a second; the rest is for a machine that does other things as well


async def test_signing_out_closes_open_sockets(zone: ZoneUnderTest, prefix: str) -> None:
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        async with browser.socket(prefix, "api/events/subscribe") as socket:
            closing = asyncio.create_task(closing_code(socket))
            await browser.get(zone.origin("work") + "/_gate/logout", **{"Sec-Fetch-Site": "none"})
            assert await closing == 4401


async def test_a_token_that_the_hub_revokes_closes_open_sockets(zone: ZoneUnderTest, prefix: str) -> None:
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        async with browser.socket(prefix, "api/events/subscribe") as socket:
            for token in zone.hub_api("GET", "/users/alice/tokens").json()["api_tokens"]:
                zone.hub_api("DELETE", f"/users/alice/tokens/{token['id']}")
            assert await closing_code(socket) == 4401
            status, _ = await browser.get(f"{zone.base(prefix)}api/status")
            assert status == 401


async def test_a_gate_that_was_killed_asks_to_wait_until_the_hub_has_told_it_everything(
    zone: ZoneUnderTest, prefix: str
) -> None:
    lab = f"{zone.base(prefix)}lab"
    zone.processes["hub"].send_signal(signal.SIGSTOP)
    try:
        zone.end("gate", signal.SIGKILL)
        zone.start_gate()
        async with Browser(zone) as browser:
            async with browser.session.get(lab, headers={"Accept": "text/html"}) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
                assert '<meta http-equiv="refresh" content="2">' in await answer.text()
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await browser.socket(prefix, "api/events/subscribe")
            assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "2")  # type: ignore[index]
            status, answered = await browser.get(f"{zone.base(prefix)}api/status")
            assert (status, json.loads(answered)["reason"]) == (503, "gate.filling")
        assert zone.control("PUT", "/filled", {"instance": "the one before"}).status_code == 409
        assert zone.control("GET", "/health").json()["filled"] is False
    finally:
        zone.processes["hub"].send_signal(signal.SIGCONT)
    wait_for(lambda: zone.control("GET", "/health").json()["filled"], "the gate is filled")
    assert prefix in zone.control("GET", "/routes").json()  # filled means that the workspace is there
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        status, _ = await browser.get(f"{zone.origin('work')}/user/alice/elsewhere/lab")
        assert status == 404


async def test_a_gate_that_is_killed_is_refilled_and_what_a_kernel_holds_is_still_there(
    zone: ZoneUnderTest, prefix: str
) -> None:
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        kernel = await new_kernel(browser, prefix)
        async with browser.socket(prefix, kernel) as socket:
            await run_cell(socket, "kept = 41")
            zone.end("gate", signal.SIGKILL)
            zone.start_gate()
    wait_for(lambda: zone.control("GET", "/health").json()["filled"], "the gate is filled")
    ready = f"/workspaces/{zone.workspace()}/ready?timeout={PATIENCE}"
    assert zone.control("GET", ready).status_code == 200
    assert zone.control("GET", "/workspaces").json()[zone.workspace()]["bytes_out"] > 0
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        async with browser.socket(prefix, kernel) as socket:
            assert await run_cell(socket, "print(kept + 1)") == "42\n"


async def test_cutting_a_workspace_ends_everything_within_a_second(zone: ZoneUnderTest, prefix: str) -> None:
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        ref = zone.workspace()
        run = zone.home / "workspaces" / ref / "run"
        async with browser.socket(prefix, await new_kernel(browser, prefix)) as socket:
            await run_cell(socket, "1")
            closing = asyncio.create_task(closing_code(socket))
            started = time.monotonic()
            answer: Any = await asyncio.to_thread(
                zone.control, "DELETE", f"/workspaces/{ref}", {"reason": "grant_ended"}
            )
            assert answer.status_code == 204
            assert await closing == 4001
            assert time.monotonic() - started < CUT_SECONDS
        assert not list(run.glob("*.sock"))
        status, _ = await browser.get(f"{zone.base(prefix)}lab")
        assert status == 404
    assert zone.control("DELETE", f"/workspaces/{ref}", {"reason": "again"}).status_code == 404
