"""A workspace belongs to whoever works in it: its server may say anything, and its sockets may be misused."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.gate.events import events
from tests.integration.gate.harness import GATE_UID, Browser, ZoneUnderTest
from tests.integration.gate.portal_stand_in import start_portal
from tests.patience import PATIENCE

REF = "ws_" + "h" * 16
PREFIX = "/user/eve/gibleed/"
TENANCY: dict[str, Any] = {
    "handle": "eve",
    "person_ref": "p_" + "e" * 16,
    "project": "gibleed",
    "prefix": PREFIX,
    "ends_at": None,
    "language": "en",
    "datasets": [],
}
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
OK = JSON + b"Content-Length: 2\r\n\r\nok"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok"


class Hostile:
    """Dials in like the relay and answers each request with bytes of the test's choice."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self.answer = OK
        self.answering: Callable[[bytes], bytes] | None = None
        self.requests: list[bytes] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def dial(self, times: int = 1) -> None:
        for _ in range(times):
            reader, writer = await asyncio.open_unix_connection(str(self.run / "up.sock"))
            task = asyncio.create_task(self._serve(reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head)
                writer.write(self.answer if self.answering is None else self.answering(head))
                await writer.drain()

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()


@pytest.fixture
async def eve(bare_zone: ZoneUnderTest) -> AsyncIterator[tuple[Browser, Hostile]]:
    """Eve, signed in, and the server that she put into her workspace."""
    run = bare_zone.home / "workspaces" / REF / "run"
    run.mkdir(parents=True, exist_ok=True)
    os.chown(run, GATE_UID, GATE_UID)
    bare_zone.hub_api("POST", "/users/eve")
    assert bare_zone.control("PUT", f"/workspaces/{REF}", TENANCY).status_code == 201
    hostile = Hostile(run)
    hostile.answer = PAGE
    await hostile.dial(4)
    async with Browser(bare_zone) as browser:
        await browser.sign_in("eve", PREFIX)
        hostile.requests.clear()
        hostile.answer = OK
        yield browser, hostile
    hostile.stop()
    bare_zone.control("DELETE", f"/workspaces/{REF}", {"reason": "test"})


async def reason(zone: ZoneUnderTest, browser: Browser, path: str = "api/status") -> str:
    status, text = await browser.get(f"{zone.base(PREFIX)}{path}")
    assert status >= 400, text
    return str(json.loads(text)["reason"])


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("Content-Disposition: attachment; filename=data.csv", "response.attachment"),
        ("Content-Encoding: gzip", "response.encoded"),
        ("Location: http://evil.example/?data", "response.outside"),
        ("Location: /user/other/gibleed/lab", "response.outside"),
        ("Content-Type: text/csv", "response.type"),
        ("Content-Type: application/octet-stream", "response.type"),
        ("Content-Type: application/json\r\nContent-Type: text/html", "response.type"),
        ("X-Nothing: no type at all", "response.type"),
    ],
)
async def test_an_answer_that_leads_out_is_refused_and_recorded(
    bare_zone: ZoneUnderTest, eve: tuple[Browser, Hostile], header: str, code: str
) -> None:
    browser, hostile = eve
    hostile.answer = f"HTTP/1.1 200 OK\r\n{header}\r\nContent-Length: 2\r\n\r\nok".encode()
    assert await reason(bare_zone, browser) == code
    assert code in {event["reason"] for event in events(bare_zone, "gate.refused")}


@pytest.mark.parametrize("path", ["lab/extensions/x/p.png", "kernelspecs/x/logo-64x64.png", "lab/api/themes/p.png"])
async def test_no_icon_outside_lab_itself_is_shown_where_pictures_are_not(
    bare_zone: ZoneUnderTest, eve: tuple[Browser, Hostile], path: str
) -> None:
    browser, hostile = eve
    hostile.answer = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 2\r\n\r\nok"
    assert (await browser.get(f"{bare_zone.base(PREFIX)}{path}"))[0] == 200
    hold = {**TENANCY, "access": {"pictures": False}}
    assert bare_zone.control("PUT", f"/workspaces/{REF}", hold).status_code == 201
    assert await reason(bare_zone, browser, path) == "response.icon"
    assert (await browser.get(f"{bare_zone.base(PREFIX)}static/p.png"))[0] == 200


async def test_encoded_text_is_noticed_on_every_way_but_the_parts_of_lab_itself(
    bare_zone: ZoneUnderTest, eve: tuple[Browser, Hostile]
) -> None:
    browser, hostile = eve
    body = json.dumps({"image/png": "ab" * 30_000}).encode()
    hostile.answer = JSON + b"Content-Length: %d\r\n\r\n" % len(body) + body
    ways = ["api/config/data", "lab/api/settings", "api/kernelspecs", "api/sessions", "lab/extensions/x/d.json"]
    told = len(events(bare_zone, "output.encoded"))
    for path in ("static/d.json", *ways):
        await hostile.dial()
        assert (await browser.get(f"{bare_zone.base(PREFIX)}{path}"))[0] == 200
        if path == "static/d.json":
            assert len(events(bare_zone, "output.encoded")) == told
    [event, *_] = events(bare_zone, "output.encoded")[told:]
    assert event["detail"]["bytes"] >= 100_000
    assert event["detail"]["messages"] == 2


async def test_no_secret_of_the_zone_reaches_the_server(bare_zone: ZoneUnderTest, eve: tuple[Browser, Hostile]) -> None:
    browser, hostile = eve
    cookies = {c.key: c.value for c in browser.session.cookie_jar}
    await browser.get(f"{bare_zone.base(PREFIX)}api/status", Authorization="Bearer secret", Referer="x")
    seen = b"".join(hostile.requests)
    assert hostile.requests
    for name in ("ansim-work", "jupyterhub-session-id"):
        assert cookies.get(name, "none").encode() not in seen
    assert b"secret" not in seen
    assert b"127.0.0.1" not in seen


async def test_cookies_and_policies_of_the_server_do_not_pass(
    bare_zone: ZoneUnderTest, eve: tuple[Browser, Hostile]
) -> None:
    browser, hostile = eve
    hostile.answer = (
        JSON + b"Set-Cookie: ansim-work=planted; Path=/\r\nSet-Cookie: _xsrf=a; Path=/\r\n"
        b"Content-Security-Policy: default-src *\r\nRefresh: 0; url=http://evil\r\nContent-Length: 2\r\n\r\nok"
    )
    async with browser.session.get(f"{bare_zone.base(PREFIX)}api/status") as answer:
        assert answer.headers.getall("Set-Cookie") == [f"_xsrf=a; Path={PREFIX}; SameSite=Strict"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "Refresh" not in answer.headers


async def test_a_second_cookie_of_the_sessions_name_is_trusted_by_nobody(
    bare_zone: ZoneUnderTest, eve: tuple[Browser, Hostile]
) -> None:
    browser, _ = eve
    value = next(c.value for c in browser.session.cookie_jar if c.key == "ansim-work")
    url = f"{bare_zone.base(PREFIX)}api/status"
    async with Browser(bare_zone) as other:
        assert (await other.get(url, Cookie=f"ansim-work={value}"))[0] == 200
        assert (await other.get(url, Cookie=f"ansim-work={value}; ansim-work=planted"))[0] == 401


@pytest.mark.parametrize(
    "junk", [b"", b"\0\0\0", b"HTTP/1.1 999 \r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"]
)
async def test_junk_becomes_a_plain_failure(
    bare_zone: ZoneUnderTest, eve: tuple[Browser, Hostile], junk: bytes
) -> None:
    browser, hostile = eve
    if not junk:
        hostile.stop()
        await asyncio.sleep(0.1)
    hostile.answer = junk
    assert await reason(bare_zone, browser) == "workspace.silent"


async def test_a_connection_that_speaks_before_it_is_asked_is_dropped(
    bare_zone: ZoneUnderTest, eve: tuple[Browser, Hostile]
) -> None:
    browser, hostile = eve
    reader, writer = await asyncio.open_unix_connection(str(hostile.run / "up.sock"))
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nplanted")
    assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
    writer.close()
    _, text = await browser.get(f"{bare_zone.base(PREFIX)}api/status")
    assert text == "ok"


async def test_bytes_after_an_answer_never_become_the_next_answer(
    bare_zone: ZoneUnderTest, eve: tuple[Browser, Hostile]
) -> None:
    browser, hostile = eve
    hostile.answer = OK + b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nplanted"
    for _ in range(3):
        _, text = await browser.get(f"{bare_zone.base(PREFIX)}api/status")
        assert text != "planted"
        await asyncio.sleep(0.05)


async def test_an_answer_beyond_the_budget_is_refused_before_it_starts(
    bare_zone: ZoneUnderTest, eve: tuple[Browser, Hostile]
) -> None:
    browser, hostile = eve
    hostile.answer = JSON + b"Content-Length: 70000000\r\n\r\n"
    assert await reason(bare_zone, browser) == "budget.spent"
    spent = bare_zone.control("GET", "/workspaces").json()[REF]["bytes_out"]
    assert spent < 100_000


async def test_an_endless_answer_is_broken_off_at_the_budget(
    bare_zone: ZoneUnderTest, eve: tuple[Browser, Hostile]
) -> None:
    browser, hostile = eve
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    hostile.answer = JSON + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 80
    with pytest.raises(Exception, match=r"payload|disconnected|reset"):
        await browser.get(f"{bare_zone.base(PREFIX)}api/status")
    spent = bare_zone.control("GET", "/workspaces").json()[REF]["bytes_out"]
    assert spent <= 60_000_000
    assert "budget.spent" in {event["reason"] for event in events(bare_zone, "gate.refused")}


async def test_a_flood_of_dials_leaves_the_gate_answering(
    bare_zone: ZoneUnderTest, eve: tuple[Browser, Hostile]
) -> None:
    browser, hostile = eve
    flood: list[socket.socket] = []
    for _ in range(600):
        dial = socket.socket(socket.AF_UNIX)
        dial.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            dial.connect(str(hostile.run / "up.sock"))
        flood.append(dial)
    started = time.monotonic()
    async with browser.session.get(bare_zone.origin("zone") + "/hub/logo") as answer:
        assert answer.status == 200
    assert time.monotonic() - started < 60
    await asyncio.sleep(1)
    assert bare_zone.control("GET", "/workspaces").json()[REF]["connections"] <= 256
    for dial in flood:
        dial.close()


async def test_a_call_of_a_workspace_carries_the_name_of_its_socket(
    bare_zone: ZoneUnderTest, eve: tuple[Browser, Hostile]
) -> None:
    _, hostile = eve
    portal = await start_portal(bare_zone)
    try:
        seen = await call(hostile, "POST", "/workspace/precheck", "{}", "Ansim-Workspace: ws_other\r\nCookie: a=b\r\n")
        assert b"200 OK" in seen
        document = json.loads(seen.split(b"\r\n\r\n", 1)[1])
        assert document["headers"]["ansim-workspace"] == REF
        assert "cookie" not in document["headers"]
        assert document["body"] == "{}"
        for method, path in (
            ("GET", "/"),
            ("GET", "/workspace/../x"),
            ("DELETE", "/workspace/submit"),
            ("GET", "/admin"),
        ):
            assert b" 40" in (await call(hostile, method, path))[:16]
        assert b" 413" in (await call(hostile, "POST", "/workspace/submit", "x" * 1_100_000))[:16]
    finally:
        await portal.cleanup()


async def call(hostile: Hostile, method: str, path: str, body: str = "", extra: str = "") -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(hostile.run / "api.sock"))
    head = f"{method} {path} HTTP/1.1\r\nHost: zone\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{extra}\r\n"
    with contextlib.suppress(OSError):
        writer.write(head.encode() + body.encode())
        await writer.drain()
    answer = await asyncio.wait_for(reader.read(), PATIENCE)
    writer.close()
    return answer
