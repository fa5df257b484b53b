"""A frozen project: every connection of it ends at once, nothing of it opens, and others do not notice."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import os
import struct
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from tests.integration.gate.harness import GATE_UID, Browser, ZoneUnderTest
from tests.integration.gate.test_gate_hostile_workspace import PAGE, TENANCY, Hostile
from tests.patience import PATIENCE

OWN, OTHER = "gibleed", "elsewhere"
PROMISED_SECONDS = 2.0
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
NEWS = b"\x81\x7f" + struct.pack("!Q", 100_000) + b" " * 100_000  # a text message (RFC 6455 section 5.2)
UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"


def ref(handle: str, project: str) -> str:
    letters = "".join(c for c in handle + project if c.isalpha())
    return "ws_" + letters[:16].ljust(16, "q")


class Place:
    """One person's workspace that a test plays."""

    def __init__(self, zone: ZoneUnderTest, handle: str, project: str) -> None:
        self.ref, self.prefix = ref(handle, project), f"/user/{handle}/{project}/"
        self.tenancy = {**TENANCY, "handle": handle, "project": project, "prefix": self.prefix}
        self.run = zone.home / "workspaces" / self.ref / "run"
        self.run.mkdir(parents=True, exist_ok=True)
        os.chown(self.run, GATE_UID, GATE_UID)
        self.hostile = Hostile(self.run)
        self.hostile.answer = PAGE


@pytest.fixture
async def people(bare_zone: ZoneUnderTest) -> AsyncIterator[tuple[Place, Place, Browser, Browser]]:
    """Eve in the project that will be frozen, Adam in another; both signed in."""
    places = Place(bare_zone, "eve", OWN), Place(bare_zone, "adam", OTHER)
    async with Browser(bare_zone) as eve, Browser(bare_zone) as adam:
        for place, browser in zip(places, (eve, adam), strict=True):
            bare_zone.hub_api("POST", f"/users/{place.tenancy['handle']}")
            assert bare_zone.control("PUT", f"/workspaces/{place.ref}", place.tenancy).status_code == 201
            await place.hostile.dial(4)
            await browser.sign_in(place.tenancy["handle"], place.prefix)
        yield *places, eve, adam
    for place in places:
        place.hostile.stop()
        bare_zone.control("DELETE", f"/workspaces/{place.ref}", {"reason": "test"})
    bare_zone.control("PUT", "/frozen", {"projects": []})


async def test_a_freeze_cuts_the_project_and_nobody_else(
    bare_zone: ZoneUnderTest, people: tuple[Place, Place, Browser, Browser]
) -> None:
    own, other, eve, adam = people
    own.hostile.answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\nhalf"  # never ends
    page = bare_zone.base(own.prefix) + "lab"
    hanging = asyncio.create_task(eve.get(page))
    await asyncio.sleep(0.3)
    assert not hanging.done()
    started = time.monotonic()
    answer = await asyncio.to_thread(bare_zone.control, "PUT", "/frozen", {"projects": [OWN]})
    with pytest.raises((aiohttp.ClientError, TimeoutError)):
        await asyncio.wait_for(hanging, PATIENCE)
    assert time.monotonic() - started < PATIENCE
    assert answer.json() == {"workspaces": [own.ref], "sessions": 1}
    assert set(bare_zone.control("GET", "/workspaces").json()) == {other.ref}
    assert not (own.run / "up.sock").exists()
    assert not (own.run / "api.sock").exists()
    status, _ = await adam.get(bare_zone.base(other.prefix) + "lab")
    assert status == 200


async def test_the_session_is_dead_and_who_signs_in_again_reads_why(
    bare_zone: ZoneUnderTest, people: tuple[Place, Place, Browser, Browser]
) -> None:
    own, _, eve, _ = people
    bare_zone.control("PUT", "/frozen", {"projects": [OWN]})
    url = bare_zone.base(own.prefix)
    status, text = await eve.get(url + "api/status")
    assert (status, json.loads(text)["reason"]) == (401, "session.missing")
    await eve.get(url + "lab", Accept="text/html")  # by way of the hub, which still knows her
    status, text = await eve.get(url + "lab", Accept="text/html")
    assert status == 403
    assert "project.frozen" in text
    assert "동결" in text


async def test_nothing_of_a_frozen_project_opens_until_it_is_lifted(
    bare_zone: ZoneUnderTest, people: tuple[Place, Place, Browser, Browser]
) -> None:
    own, other, _, _ = people
    bare_zone.control("PUT", "/frozen", {"projects": [OWN]})
    refused = bare_zone.control("PUT", f"/workspaces/{own.ref}", own.tenancy)
    assert (refused.status_code, refused.json()["error"]) == (400, "project.frozen")
    assert bare_zone.control("PUT", f"/workspaces/{other.ref}", other.tenancy).status_code == 201
    bare_zone.control("PUT", "/frozen", {"projects": []})
    assert bare_zone.control("PUT", f"/workspaces/{own.ref}", own.tenancy).status_code == 201


@pytest.mark.parametrize("projects", ["gibleed", [1], ["../x"], [["a"]], None, {"a": 1}])
async def test_an_order_that_is_no_list_of_projects_changes_nothing(
    bare_zone: ZoneUnderTest, people: tuple[Place, Place, Browser, Browser], projects: object
) -> None:
    assert bare_zone.control("PUT", "/frozen", {"projects": projects}).status_code == 400
    assert len(bare_zone.control("GET", "/workspaces").json()) == 2


def upgraded(head: bytes) -> bytes | None:
    """Return the answer that takes a WebSocket; None if the request asks for none."""
    key = next((line for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:")), None)
    if key is None:
        return None
    accept = base64.b64encode(hashlib.sha1(key.split(b": ")[1] + GUID).digest())
    return UPGRADE + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"


class Flood(Hostile):
    """Takes every WebSocket and sends into it without end."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                taken = upgraded(head)
                if taken is None:
                    writer.write(PAGE)
                    continue
                writer.write(taken)
                while True:
                    writer.write(NEWS)
                    await writer.drain()


async def hang(stack: contextlib.AsyncExitStack, browser: Browser, place: Place) -> None:
    """Open a WebSocket as the browser would, and read nothing of it: not even a goodbye gets there."""
    url = URL(browser.zone.base(place.prefix))
    cookies = browser.session.cookie_jar.filter_cookies(url)
    reader, writer = await asyncio.open_connection("127.0.0.1", browser.zone.port)
    stack.callback(writer.close)
    lines = (
        f"GET {place.prefix}api/events/subscribe HTTP/1.1",
        f"Host: {url.host}:{url.port}",
        f"Origin: {browser.zone.origin_of(place.prefix)}",
        "Cookie: " + "; ".join(f"{name}={one.value}" for name, one in cookies.items()),
        *("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"),
        *("Sec-WebSocket-Key: " + base64.b64encode(b"0" * 16).decode(), "", ""),
    )
    writer.write("\r\n".join(lines).encode())
    assert b" 101 " in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)


async def opened(stack: contextlib.AsyncExitStack, zone: ZoneUnderTest, handle: str, project: str) -> Place:
    """Open a workspace with relay and a browser that hangs."""
    place = Place(zone, handle, project)
    place.hostile = Flood(place.run)
    stack.callback(place.hostile.stop)
    zone.hub_api("POST", f"/users/{handle}")
    assert zone.control("PUT", f"/workspaces/{place.ref}", place.tenancy).status_code == 201
    await place.hostile.dial(4)
    browser = await stack.enter_async_context(Browser(zone))
    await browser.sign_in(handle, place.prefix)
    await hang(stack, browser, place)
    return place


async def freeze(zone: ZoneUnderTest, project: str) -> tuple[list[str], float]:
    """Freeze a project; return whose workspaces were cut, and in how many seconds the gate did it."""
    begun = time.monotonic()
    answer = await asyncio.to_thread(zone.control, "PUT", "/frozen", {"projects": [project]})
    return answer.json()["workspaces"], time.monotonic() - begun


@pytest.mark.long
@pytest.mark.timed
async def test_twenty_workspaces_with_browsers_that_hang_are_cut_at_once(bare_zone: ZoneUnderTest) -> None:
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(bare_zone.control, "PUT", "/frozen", {"projects": []})
        alone = await opened(stack, bare_zone, "zed", "alone")
        places = [await opened(stack, bare_zone, f"p{chr(97 + n)}", "crowd") for n in range(20)]
        states = bare_zone.control("GET", "/workspaces").json()
        assert all(states[one.ref]["browsers"] == 1 <= states[one.ref]["connections"] for one in places)
        await asyncio.sleep(0.3)  # until nothing more goes into the buffers on the way to the browsers
        cut, one = await freeze(bare_zone, "alone")
        assert cut == [alone.ref]
        orders = [
            asyncio.create_task(
                asyncio.to_thread(bare_zone.control, "DELETE", f"/workspaces/{place.ref}", {"reason": "test"})
            )
            for place in places[:10]
        ]  # the freeze must not wait behind them
        cut, all_of_them = await freeze(bare_zone, "crowd")
        assert {answer.status_code for answer in await asyncio.gather(*orders)} <= {204, 404}
        assert set(cut) >= {place.ref for place in places[10:]}
        assert not {place.ref for place in places} & set(bare_zone.control("GET", "/workspaces").json())
        assert not [place.ref for place in places if (place.run / "up.sock").exists()]
        assert one < PROMISED_SECONDS
        assert all_of_them < PROMISED_SECONDS
