"""Browsers that read slowly, vanish or hang, and workspaces that never answer: nothing piles up in the gate."""

from __future__ import annotations

import asyncio
import contextlib
import os
import uuid
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from aiohttp import WSMsgType, web
from yarl import URL

from hub_config.gate.kernel_socket import HEARTBEAT_SECONDS
from tests.integration.gate.harness import GATE_UID, Browser, ZoneUnderTest, wait_for
from tests.patience import PATIENCE

pytestmark = pytest.mark.long  # a zone of its own

REF = "ws_" + "q" * 16
PREFIX = "/user/sloth/gibleed/"
TENANCY: dict[str, Any] = {
    "handle": "sloth",
    "person_ref": "p_" + "q" * 16,
    "project": "gibleed",
    "prefix": PREFIX,
    "ends_at": None,
    "language": "en",
    "datasets": [],
}
PIECE = b"x" * 100_000
PIECES = 550  # 55 MB: as much as the budget of this zone lets pass
#: What may be under way while nobody reads: buffers of the gate, of two sockets on each side, and of the browser.
UNDER_WAY = 200  # pieces, 20 MB
CHANNELS = f"api/kernels/{uuid.UUID(int=1)}/channels"


class Streamer:
    """The server in a workspace: sends as fast as it is let, over HTTP and WebSocket, or never answers."""

    def __init__(self) -> None:
        self.sent = 0
        self.asked = asyncio.Event()
        self.gone = asyncio.Event()

    async def dial(self, path: str, times: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(times):
            await loop.create_unix_connection(web.Server(self._answer, handler_cancellation=True), path)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if "static/slow" in request.path:
            return await self._stream(request)
        if request.path.endswith("/channels"):
            return await self._flood(request)
        if request.path.endswith("api/kernels"):
            self.asked.set()
            try:
                await asyncio.sleep(PATIENCE)
            finally:
                self.gone.set()
        html = request.path.endswith("lab")
        return web.Response(text="ok", content_type="text/html" if html else "application/json")

    async def _stream(self, request: web.BaseRequest) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/javascript"})
        answer.content_length = PIECES * len(PIECE)
        await answer.prepare(request)
        await self._send(answer.write)
        return answer

    async def _flood(self, request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await self._send(socket.send_bytes)
        await socket.receive()
        return socket

    async def _send(self, send: Any) -> None:
        with contextlib.suppress(ConnectionError):
            for _ in range(PIECES):
                await send(PIECE)
                self.sent += 1


@pytest.fixture
async def sloth(bare_zone: ZoneUnderTest) -> AsyncIterator[tuple[Browser, Streamer]]:
    """Somebody who is signed in, and the server of the workspace."""
    run = bare_zone.home / "workspaces" / REF / "run"
    run.mkdir(parents=True, exist_ok=True)
    os.chown(run, GATE_UID, GATE_UID)
    bare_zone.hub_api("POST", "/users/sloth")
    assert bare_zone.control("PUT", f"/workspaces/{REF}", TENANCY).status_code == 201
    streamer = Streamer()
    await streamer.dial(str(run / "up.sock"), 12)
    async with Browser(bare_zone) as browser:
        await browser.sign_in("sloth", PREFIX)
        yield browser, streamer
    bare_zone.control("DELETE", f"/workspaces/{REF}", {"reason": "test"})


async def settled(streamer: Streamer) -> int:
    """Return how many pieces went out until no more did."""
    before = -1
    while streamer.sent != before:
        before = streamer.sent
        await asyncio.sleep(1.0)
    return before


def state(zone: ZoneUnderTest) -> dict[str, Any]:
    return dict(zone.control("GET", "/workspaces").json()[REF])


async def test_who_reads_slowly_holds_the_sender_up_and_nobody_else(
    bare_zone: ZoneUnderTest, sloth: tuple[Browser, Streamer]
) -> None:
    browser, streamer = sloth
    async with browser.session.get(f"{bare_zone.base(PREFIX)}static/slow.js") as answer:
        assert answer.status == 200
        assert 0 < await settled(streamer) < UNDER_WAY
        status, text = await browser.get(f"{bare_zone.base(PREFIX)}api/status")
        assert (status, text) == (200, "ok")
        assert len(await answer.read()) == PIECES * len(PIECE)  # and who reads on gets all of it


async def test_a_kernel_that_floods_a_browser_that_does_not_read_is_held_up_too(
    bare_zone: ZoneUnderTest, sloth: tuple[Browser, Streamer]
) -> None:
    browser, streamer = sloth
    async with browser.socket(PREFIX, CHANNELS) as socket:
        assert 0 < await settled(streamer) < UNDER_WAY
        status, _ = await browser.get(f"{bare_zone.base(PREFIX)}api/status")
        assert status == 200
        frame = await socket.receive()
        assert (frame.type, len(frame.data)) == (WSMsgType.BINARY, len(PIECE))


async def test_who_goes_away_while_a_workspace_does_not_answer_leaves_nothing_waiting(
    bare_zone: ZoneUnderTest, sloth: tuple[Browser, Streamer]
) -> None:
    browser, streamer = sloth
    asking = asyncio.create_task(browser.get(f"{bare_zone.base(PREFIX)}api/kernels"))
    async with asyncio.timeout(PATIENCE):
        await streamer.asked.wait()
        asking.cancel()
        await streamer.gone.wait()  # the gate has dropped the connection to the workspace
    status, _ = await browser.get(f"{bare_zone.base(PREFIX)}api/status")
    assert status == 200


async def test_a_browser_that_hangs_is_let_go_within_two_heartbeats(
    bare_zone: ZoneUnderTest, sloth: tuple[Browser, Streamer]
) -> None:
    browser, _ = sloth
    headers = {"Origin": bare_zone.origin_of(PREFIX)}
    url = f"{bare_zone.base(PREFIX)}{CHANNELS}"
    async with browser.session.ws_connect(url, headers=headers, autoping=False, max_msg_size=0) as socket:
        assert state(bare_zone)["browsers"] == 1

        async def read_and_never_answer() -> None:
            while (await socket.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR):
                pass

        reading = asyncio.create_task(read_and_never_answer())
        wait = partial(wait_for, lambda: not state(bare_zone)["browsers"], "the gate lets the browser go")
        await asyncio.to_thread(wait, 2 * HEARTBEAT_SECONDS + PATIENCE)
        reading.cancel()


async def test_files_that_are_saved_at_once_wait_unread(
    bare_zone: ZoneUnderTest, sloth: tuple[Browser, Streamer]
) -> None:
    browser, _ = sloth
    cookies = browser.session.cookie_jar.filter_cookies(URL(bare_zone.base(PREFIX)))
    size = 15_000_000
    lines = (
        f"PUT {PREFIX}api/contents/large.txt HTTP/1.1",
        f"Host: {bare_zone.origin_of(PREFIX).removeprefix('http://')}",
        f"Origin: {bare_zone.origin_of(PREFIX)}",
        "Cookie: " + "; ".join(f"{name}={one.value}" for name, one in cookies.items()),
        *(f"Content-Length: {size}", "", ""),
    )
    writers = []
    for _ in range(8):
        _, writer = await asyncio.open_connection("127.0.0.1", bare_zone.port)
        writers.append(writer)
        writer.write("\r\n".join(lines).encode() + b"x" * (size - 1))  # and never ends
    waiting, before = size, 0
    while waiting != before:
        await asyncio.sleep(1.0)
        before, waiting = waiting, sum(writer.transport.get_write_buffer_size() for writer in writers)
    # Two are read; of the other six waits what does not fit into the buffers of two sockets.
    assert waiting > 2 * size
    for writer in writers:
        writer.transport.abort()
    status, _ = await browser.get(f"{bare_zone.base(PREFIX)}api/status")
    assert status == 200
