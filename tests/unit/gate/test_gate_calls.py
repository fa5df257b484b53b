"""The gate lets through what the zone answers a workspace, and nothing else: the two lists are kept apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import ClientSession, UnixConnector, web
from starlette.routing import Route

from hub_config.gate.calls import BURST, CALLS, Calls
from hub_config.gate.config import parse_config
from hub_config.gate.errors import Refused
from hub_config.gate.neighbours import CALLS as PORTAL
from hub_config.gate.neighbours import Neighbours
from hub_config.gate.rate import Bucket
from portal.workspace_api import build_workspace_api

MIRROR = "/workspace/packages/"  # answered over a socket of its own: tests/integration/packages
REF = "er_" + "a" * 16


def answered() -> set[tuple[str, str]]:
    """Return method and an example of the path of every call that the portal answers."""
    application: Any = build_workspace_api(cast(Any, None))
    routes = cast(list[Route], application.app.routes)
    return {
        (method, route.path.replace("{ref}", REF))
        for route in routes
        for method in (route.methods or set()) - {"HEAD"}
        if not route.path.startswith(MIRROR)
    }


def test_every_call_that_the_portal_answers_passes_the_gate() -> None:
    stopped = {
        (method, path)
        for method, path in answered()
        if not any(call.method == method and call.pattern.fullmatch(path) for call in CALLS)
    }
    assert not stopped


def test_the_gate_passes_no_call_that_the_portal_does_not_answer() -> None:
    unanswered = [
        call.pattern.pattern
        for call in CALLS
        if not any(call.method == method and call.pattern.fullmatch(path) for method, path in answered())
    ]
    assert not unanswered


def test_a_bucket_gives_many_at_once_and_then_one_for_each_moment_that_passes() -> None:
    now = 100.0
    bucket = Bucket(3, 2.0, lambda: now)
    assert [bucket.take() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    now += 0.5
    assert [bucket.take(), bucket.take()] == [0.0, 0.5]
    now += 1000.0
    assert [bucket.take() for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def directory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "run").mkdir()
    monkeypatch.chdir(home)


@asynccontextmanager
async def called(told: list[tuple[str, str, str, str]]) -> AsyncIterator[ClientSession]:
    """A workspace's way to a portal that says which headers it got."""

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.json_response(dict(request.headers))

    async def tell(workspace: str, refused: Refused, method: str, path: str) -> None:
        told.append((workspace, refused.code, method, path))

    loop, neighbours = asyncio.get_running_loop(), Neighbours(config := parse_config('{"domain": "d.example"}'))
    calls = Calls(config, neighbours, tell, clock=lambda: 100.0).server("ws_" + "a" * 16)
    portal = await loop.create_unix_server(web.Server(answer), PORTAL)
    gate = await loop.create_unix_server(calls, "api.sock")
    async with ClientSession("http://zone", connector=UnixConnector("api.sock")) as session:
        yield session
    gate.close()
    portal.close()
    await neighbours.close()


async def test_a_workspace_that_calls_without_a_pause_is_told_to_wait_and_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory(tmp_path, monkeypatch)
    told: list[tuple[str, str, str, str]] = []
    async with called(told) as session:
        statuses = []
        for _ in range(BURST + 1):  # on a clock that stands still
            async with session.post("/workspace/drafts", json={}) as answer:
                statuses.append(answer.status)
                last = (answer.headers.get("Retry-After"), await answer.json())
    assert statuses == [200] * BURST + [429]
    assert last[0] == "1"
    assert set(last[1]) == {"reason", "ko", "en"}
    assert told == [("ws_" + "a" * 16, "calls.pace", "POST", "/workspace/drafts")]


@pytest.mark.parametrize(("asked", "passed"), [("ko", "ko"), ("en", "en"), ("x" * 50, None), ("ko, en;q=0.5", None)])
async def test_the_language_of_a_notebook_reaches_the_portal_and_no_other_word_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, passed: str | None
) -> None:
    directory(tmp_path, monkeypatch)
    async with (
        called([]) as session,
        session.get("/workspace/status", headers={"Accept-Language": asked, "X-Other": "y"}) as answer,
    ):
        headers = await answer.json()
    assert headers.get("Accept-Language") == passed
    assert "X-Other" not in headers
