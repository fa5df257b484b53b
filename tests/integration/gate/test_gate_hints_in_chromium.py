"""What no content security policy governs: hints to connect early, questions for names, and connections to peers.

A hint says nothing to a server, so nothing sees it but the port that it connects to; a question for a name is seen in
the browser's own log of its network. Either carries what a script writes into the name.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import BrowserContext, Error, Frame

from tests.integration.gate.browsing import SECONDS, UNKNOWING, Listener, Receiver, browsing, do, listening
from tests.integration.gate.harness import REPOSITORY, ZoneUnderTest
from tests.integration.gate.test_gate_frozen import Place
from tests.integration.gate.test_gate_origins_in_chromium import signed_in, workspace
from tests.patience import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.long]

TAG = "<link rel=preconnect href='{0}'>"
CALL = "p.createDataChannel('x'); p.createOffer().then(o => p.setLocalDescription(o)); window.peer = p;"
STUN = f"const p = new RTCPeerConnection({{{{iceServers: [{{{{urls: 'stun:127.0.0.1:{{1}}'}}}}]}}}}); {CALL}"
HINTS = {
    "link": "const l = add('link'); l.rel = 'preconnect'; l.href = '{0}'",
    "link_with_origin": "const l = add('link'); l.rel = 'preconnect'; l.crossOrigin = ''; l.href = '{0}'",
    "markup": f'document.body.insertAdjacentHTML("beforeend", "{TAG}")',
    "shadow": f"add('div').attachShadow({{{{mode: 'open'}}}}).innerHTML = \"{TAG}\"",
    "blank_frame": f"add('iframe').contentDocument.body.innerHTML = \"{TAG}\"",
    "written_frame": f"add('iframe').srcdoc = \"{TAG}\"",
    "made_frame": f"add('iframe').src = URL.createObjectURL(new Blob([\"{TAG}\"], {{{{type: 'text/html'}}}}))",
}
#: Into a page of the gate itself in the workspace's own origin: what it says to a script is a refusal.
REFUSED = {
    "refused_frame": "const f = add('iframe'); f.onload = () => {{"
    f" f.contentDocument.body.innerHTML = \"{TAG}\" }}}}; f.src = location.href.replace(/[^/]*$/, 'terminals/1')",
}
PEERS = {"peer": STUN, "peer_of_frame": f'add("iframe").srcdoc = "<script>{STUN}</script>"'}
BLANK = {"peer_of_blank_frame": f"add('iframe').contentWindow.eval(\"{STUN}\")"}
RELAYED = {
    "peer_by_relay": STUN.replace(
        "stun:127.0.0.1:{1}'", "turn:127.0.0.1:{1}?transport=tcp', username: 'u', credential: 'c'"
    )
}
TRANSPORT = {"transport": "window.kept = new WebTransport('https://127.0.0.1:{1}')"}
OPEN_WITHOUT = {**HINTS, **PEERS, **RELAYED}
ALL = {**OPEN_WITHOUT, **REFUSED, **TRANSPORT}
NAMES = {
    "dns-prefetch": "const l = add('link'); l.rel = 'dns-prefetch'; l.href = '{0}'",
    "preconnect": "const l = add('link'); l.rel = 'preconnect'; l.href = '{0}'",
}
#: What an institution's policies `NetworkPredictionOptions` and `WebRtcIPHandling` set.
MANAGED = {
    "net": {"network_prediction_options": 2},
    "webrtc": {"ip_handling_policy": "disable_non_proxied_udp"},
}


@pytest.fixture
async def place(bare_zone: ZoneUnderTest) -> AsyncIterator[Place]:
    """The workspace that eve has."""
    place = await workspace(bare_zone, "eve", "gibleed")
    yield place
    place.hostile.stop()
    bare_zone.control("DELETE", f"/workspaces/{place.ref}", {"reason": "test"})


async def hint(frame: Frame, way: str, listener: Listener) -> None:
    await do(frame, way.format(f"http://elsewhere.localhost:{listener.port}", listener.port))


async def unproven(context: BrowserContext, receiver: Receiver, ways: Mapping[str, str]) -> set[str]:
    """Return which of these ways do not even work on a page without a policy."""
    silent = set()
    for name, way in ways.items():
        page = await receiver.page(context)
        async with listening() as listener:
            await hint(page.main_frame, way, listener)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE / 10):
                    while not listener.heard:  # noqa: ASYNC110 — it tells nobody
                        await asyncio.sleep(0.02)
            if not listener.heard:
                silent.add(name)
        await page.close()
    return silent


async def leaking(
    home: Path,
    zone: ZoneUnderTest,
    place: Place,
    ways: Mapping[str, str],
    *arguments: str,
    preferences: Mapping[str, Any] | None = None,
) -> set[str]:
    """Return which of these ways lead out of a workspace, each tried in a browser of its own."""
    found = set()
    for name, way in ways.items():
        await place.hostile.dial(4)  # a browser that is closed takes its connections with it
        tried = False
        async with listening() as listener:
            # Chromium 156 ends some such pages rather than refuse, and what drives it may end with them.
            with contextlib.suppress(Error):
                async with browsing(home / name, *arguments, preferences=preferences) as context:
                    _, frame = await signed_in(context, zone, place)
                    tried = True
                    await hint(frame, way, listener)
                    await asyncio.sleep(SECONDS)
            assert tried, name
            if listener.heard:
                found.add(name)
    return found


async def test_no_hint_and_no_peer_of_a_workspace_connects_anywhere(
    bare_zone: ZoneUnderTest, place: Place, receiver: Receiver, tmp_path: Path
) -> None:
    async with browsing(tmp_path / "control") as context:
        assert await unproven(context, receiver, ALL) == set()
    assert await leaking(tmp_path, bare_zone, place, ALL) == set()


async def test_no_peer_of_a_frame_without_an_address_connects_anywhere(
    bare_zone: ZoneUnderTest, place: Place, receiver: Receiver, tmp_path: Path
) -> None:
    async with browsing(tmp_path / "control") as context:
        assert await unproven(context, receiver, BLANK) == set()
    async with listening() as listener:
        # Chromium 156 ends such a page rather than refuse, and what drives it may end with it.
        with contextlib.suppress(Error, TimeoutError):
            async with browsing(tmp_path / "own") as context:
                _, frame = await signed_in(context, bare_zone, place)
                await hint(frame, BLANK["peer_of_blank_frame"], listener)
                await asyncio.sleep(SECONDS)
        assert place.hostile.requests
        assert listener.heard == 0


async def test_no_hint_of_a_workspace_asks_for_a_name(
    bare_zone: ZoneUnderTest, place: Place, receiver: Receiver, tmp_path: Path
) -> None:
    log = tmp_path / "net.json"
    async with browsing(tmp_path / "profile", f"--log-net-log={log}") as context:
        page = await receiver.page(context)
        for name, way in NAMES.items():
            await do(page, way.format(f"http://{name}.control.invalid"))
        _, frame = await signed_in(context, bare_zone, place)
        for name, way in NAMES.items():
            await do(frame, way.format(f"http://{name}.out.invalid"))
        await asyncio.sleep(SECONDS)
    asked = log.read_text(encoding="utf-8")
    assert [name for name in NAMES if f"{name}.control.invalid" not in asked] == []
    assert ".out.invalid" not in asked


async def test_a_browser_that_does_not_know_the_field_lets_them_out_as_the_threat_model_says(
    bare_zone: ZoneUnderTest, place: Place, tmp_path: Path
) -> None:
    assert await leaking(tmp_path, bare_zone, place, ALL, UNKNOWING) == set(OPEN_WITHOUT)
    for name in ("threat-model.md", "threat-model.ko.md"):
        model = (REPOSITORY / "docs/explanation" / name).read_text(encoding="utf-8")
        assert re.search(r"\*\*R2 [^*]*`Connection-Allowlist`[^*]*\*\*", model)


async def test_where_an_institution_turns_prediction_off_such_a_browser_lets_out_relayed_peers_alone(
    bare_zone: ZoneUnderTest, place: Place, tmp_path: Path
) -> None:
    assert await leaking(tmp_path, bare_zone, place, OPEN_WITHOUT, UNKNOWING, preferences=MANAGED) == set(RELAYED)
    for name in ("choose-an-access-policy.md", "choose-an-access-policy.ko.md"):
        guide = (REPOSITORY / "docs/how-to" / name).read_text(encoding="utf-8")
        assert "NetworkPredictionOptions" in guide


async def test_a_preview_hints_at_nothing_and_draws_its_own_parts(
    bare_zone: ZoneUnderTest, receiver: Receiver, tmp_path: Path
) -> None:
    asked = set()

    async def preview(request: web.Request) -> web.Response:
        asked.add(request.path)
        tags = f'<link rel=stylesheet href=/static/preview.css><link rel=preconnect href="{elsewhere}"><img src=/p/i>'
        return web.Response(text=f"<!doctype html>{tags}", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", preview)
    runner = web.AppRunner(app)
    await runner.setup()
    socket = bare_zone.home / "run/portal.sock"
    await web.UnixSite(runner, str(socket)).start()
    socket.chmod(0o666)
    async with browsing(tmp_path) as context, listening() as listener, listening() as control:
        elsewhere = f"http://elsewhere.localhost:{control.port}"
        await do(await receiver.page(context), HINTS["markup"].format(elsewhere))
        elsewhere = f"http://elsewhere.localhost:{listener.port}"
        page = await context.new_page()
        await page.goto(f"{bare_zone.origin('preview')}/p/x")
        await asyncio.sleep(SECONDS)
        assert asked == {"/p/x", "/p/i", "/static/preview.css"}
        assert (control.heard, listener.heard) == (1, 0)
    await runner.cleanup()


async def test_the_clipboard_is_shut_to_pages_that_ask_and_open_to_who_copies(
    bare_zone: ZoneUnderTest, place: Place, receiver: Receiver, tmp_path: Path
) -> None:
    ask = "text => navigator.clipboard.writeText(text).then(() => 'written', e => e.name)"
    async with browsing(tmp_path) as context:
        await context.grant_permissions(["clipboard-read", "clipboard-write"])
        plain = await receiver.page(context)
        assert await plain.evaluate(ask, "of a page elsewhere") == "written"
        page, frame = await signed_in(context, bare_zone, place)
        assert await frame.evaluate(ask, "of the workspace") == "NotAllowedError"
        read = "() => navigator.clipboard.readText().then(text => text, e => e.name)"
        assert await frame.evaluate(read) == "NotAllowedError"
        await do(
            frame,
            "document.body.onclick = () => { const t = add('textarea'); t.value = 'a row'; t.select();"
            " document.execCommand('copy') }",
        )
        await frame.locator("body").click()
        await plain.bring_to_front()
        assert await plain.evaluate(read) == "a row"  # R1 says so
        await page.close()
