"""What a script in one workspace reaches of another one in the same browser: nothing, since it is another origin.

Every attack is made three times: as it would be, in a browser that was told to ignore every content security policy and
list of connections, so that the origins alone stand, and against a zone that serves all workspaces on one host, where
each must succeed.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Frame, Page, async_playwright

from tests.integration.gate.browsing import UNKNOWING
from tests.integration.gate.conftest import BUDGET
from tests.integration.gate.harness import DOMAIN, PASSWORD, QUICK, ZoneUnderTest, running
from tests.integration.gate.test_gate_frozen import Place
from tests.integration.gate.test_gate_hostile_workspace import Hostile
from tests.patience import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.long]
MILLISECONDS = PATIENCE * 1000
SECRET = "a row of the other workspace"
KEY = re.compile(rb"sec-websocket-key: *(\S+)", re.IGNORECASE)
ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 4.2.2

#: Each returns what it got of the other workspace at `base`, or throws, or times out.
ATTACKS = {
    "read": "await (await fetch(base + 'api/status', {credentials: 'include'})).text()",
    "read_blind": "(await fetch(base + 'api/status', {credentials: 'include', mode: 'no-cors'})).type + 'got'",
    "act": "(await fetch(base + 'api/sessions', {method: 'POST', credentials: 'include', body: '{}'})).text()",
    "socket": "await new Promise((done, fail) => {"
    " const s = new WebSocket(base.replace('http', 'ws') + 'api/events/subscribe');"
    " s.onopen = () => done('got'); s.onerror = () => fail('refused'); })",
    "frame": "await new Promise((done, fail) => {"
    " const f = document.body.appendChild(document.createElement('iframe'));"
    " f.onload = () => { try { done(f.contentDocument.body.innerText) } catch (e) { fail(e) } };"
    " f.src = base + 'lab'; })",
    "storage": "localStorage.getItem('left') || (() => { throw 'empty' })()",
    "channel": "await new Promise((done, fail) => {"
    " new BroadcastChannel('all').onmessage = e => done(e.data); setTimeout(() => fail('silence'), 2000); })",
    "database": "(await indexedDB.databases()).map(d => d.name).join() || (() => { throw 'empty' })()",
    "cache": "await (await caches.match('/kept')).text()",
}
LEAVE = (
    "async (secret) => { localStorage.setItem('left', secret); indexedDB.open(secret);"
    " await (await caches.open('c')).put('/kept', new Response(secret));"
    " const c = new BroadcastChannel('all'); setInterval(() => c.postMessage(secret), 100); }"
)
RUN = "async (base) => { try { return await (async () => (%s))() } catch (e) { return 'refused: ' + e } }"


class Server(Hostile):
    """A server of a workspace that answers everything with one page, and every WebSocket with a handshake."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head)
                key = KEY.search(head)
                writer.write(self._handshake(key[1]) if key else self._page(head))
                await writer.drain()

    def _page(self, head: bytes) -> bytes:
        kind = b"application/json" if b"/api/" in head.split(b"\r\n")[0] else b"text/html"
        body = self.answer
        return b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (kind, len(body), body)

    def _handshake(self, key: bytes) -> bytes:
        accept = base64.b64encode(hashlib.sha1(key + ACCEPT).digest())
        return (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %s\r\n\r\n" % accept
        )


@dataclass
class Open:
    """A zone and the frames of two of its workspaces in one browser."""

    zone: ZoneUnderTest
    mine: Frame
    other: Place
    page: Page

    async def attack(self, name: str) -> str:
        """Run one attack in the first workspace against the second."""
        base = self.zone.base(self.other.prefix)
        async with asyncio.timeout(PATIENCE):
            return str(await self.mine.evaluate(RUN % ATTACKS[name], base))


@pytest.fixture(scope="module")
def apart(root: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZoneUnderTest]:
    """A zone as it is shipped."""
    yield from running(tmp_path_factory.mktemp("apart"), Path("/nonexistent"), QUICK | BUDGET, origins="own")


@pytest.fixture(scope="module")
def together(root: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZoneUnderTest]:
    """The control: a zone whose workspaces share one host."""
    yield from running(tmp_path_factory.mktemp("together"), Path("/nonexistent"), QUICK | BUDGET, origins="one")


async def workspace(zone: ZoneUnderTest, handle: str, project: str) -> Place:
    place = Place(zone, handle, project)
    place.hostile = Server(place.run)
    place.hostile.answer = SECRET.encode()
    zone.hub_api("POST", f"/users/{handle}")
    assert zone.control("PUT", f"/workspaces/{place.ref}", place.tenancy).status_code == 201
    await place.hostile.dial(8)
    return place


async def signed_in(context: BrowserContext, zone: ZoneUnderTest, place: Place) -> tuple[Page, Frame]:
    """Open a workspace, signing in if the hub asks."""
    page = await context.new_page()
    await page.goto(f"{zone.origin('work')}{place.prefix}lab")
    if "/hub/login" in page.url:
        await page.fill("input[name=username]", place.tenancy["handle"])
        await page.fill("input[name=password]", PASSWORD)
        await page.click("[type=submit]")
    element = await page.wait_for_selector("iframe.work", timeout=MILLISECONDS)
    assert element is not None
    frame = await element.content_frame()
    assert frame is not None
    await frame.wait_for_function(f"document.body && document.body.innerText.includes('{SECRET}')")
    return page, frame


@contextlib.asynccontextmanager
async def browser_with(zone: ZoneUnderTest, *, other: str, bypass_csp: bool) -> AsyncIterator[Open]:
    """One browser: eve's workspace, and another of hers, or that of somebody who sits down after her."""
    chromium = shutil.which("chromium")
    assert chromium is not None, "no Chromium on this machine: `make test` installs it"
    places = [await workspace(zone, "eve", "gibleed"), await workspace(zone, other, "second")]
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    arguments.append(f"--host-resolver-rules=MAP *.{DOMAIN} 127.0.0.1")
    if bypass_csp:
        arguments.append(UNKNOWING)
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium, args=arguments)
            context = await browser.new_context(bypass_csp=bypass_csp)
            page, mine = await signed_in(context, zone, places[0])
            if other != "eve":
                leaving = await context.new_page()
                await leaving.goto(zone.origin("zone") + "/hub/logout")
                await asyncio.sleep(QUICK["validate_seconds"] + 0.5)  # the gate asks the hub again
            _, theirs = await signed_in(context, zone, places[1])
            await theirs.evaluate(LEAVE, SECRET)
            yield Open(zone, mine, places[1], page)
            await browser.close()
    finally:
        for place in places:
            place.hostile.stop()
            zone.control("DELETE", f"/workspaces/{place.ref}", {"reason": "test"})


@pytest.mark.parametrize("other", ["eve", "adam"])
@pytest.mark.parametrize("bypass_csp", [False, True], ids=["as_it_is", "without_policies"])
async def test_a_script_reaches_nothing_of_another_workspace(
    apart: ZoneUnderTest, other: str, bypass_csp: bool
) -> None:
    async with browser_with(apart, other=other, bypass_csp=bypass_csp) as opened:
        opened.other.hostile.requests.clear()
        reached = {name: await opened.attack(name) for name in ATTACKS}
        assert {n: seen for n, seen in reached.items() if not seen.startswith("refused")} == {}
        # What was refused never came to the workspace either. Without policies a frame may ask for the page, as the
        # zone's own frame does: that changes nothing there, and what comes belongs to another origin.
        asked = {head.split(b" HTTP")[0].decode() for head in opened.other.hostile.requests}
        assert asked <= ({f"GET {opened.other.prefix}lab"} if bypass_csp else set())
        if other == "eve":  # whoever signed out reads nothing more, but she has not, and her script reads its own
            assert await opened.mine.evaluate(RUN % ATTACKS["read"], apart.base("/user/eve/gibleed/")) == SECRET


@pytest.mark.parametrize("other", ["eve", "adam"])
async def test_on_one_host_every_one_of_these_attacks_succeeds(together: ZoneUnderTest, other: str) -> None:
    async with browser_with(together, other=other, bypass_csp=False) as opened:
        reached = {name: await opened.attack(name) for name in ATTACKS}
        assert {n: seen for n, seen in reached.items() if seen.startswith("refused")} == {}


async def test_a_frame_that_leads_itself_to_another_workspace_shows_nothing(apart: ZoneUnderTest) -> None:
    async with browser_with(apart, other="eve", bypass_csp=False) as opened:
        base = opened.zone.base(opened.other.prefix)
        assert opened.zone.origin_of(opened.other.prefix) not in await opened.page.content()
        await opened.mine.evaluate("base => { window.location = base + 'lab' }", base)
        async with asyncio.timeout(PATIENCE):
            while not opened.mine.url.startswith("chrome-error:"):  # noqa: ASYNC110 — no event for a page not loaded
                await asyncio.sleep(0.1)


async def test_a_workspace_without_its_page_around_it_is_led_there(apart: ZoneUnderTest) -> None:
    async with browser_with(apart, other="eve", bypass_csp=False) as opened:
        page: Any = await opened.page.context.new_page()
        await page.goto(f"{opened.zone.base(opened.other.prefix)}lab")
        assert page.url.startswith(f"{opened.zone.origin('zone')}/_gate/open/")
