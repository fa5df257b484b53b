"""Through the gate as a browser would: sign in, open Lab, run cells, save files; and all of it is in the log."""

from __future__ import annotations

import asyncio
import hashlib
import json
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from hub_config.gate.frames import V1, Message, write_frame
from tests.integration.gate.events import codes, events
from tests.integration.gate.harness import Browser, ZoneUnderTest, execute_request, run_cell, wait_for
from tests.patience import PATIENCE

NOTEBOOK = {"name": "x", "path": "x.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
CUT_SECONDS = 20.0  # it takes half a second; the rest is for a machine that does other things as well


@pytest.fixture(scope="module")
def prefix(zone: ZoneUnderTest) -> str:
    """The prefix of alice's running workspace."""
    return zone.start_workspace("alice", "gibleed")


@pytest.fixture
async def alice(zone: ZoneUnderTest, prefix: str) -> AsyncIterator[Browser]:
    """Alice's browser, signed in."""
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        yield browser


@pytest.fixture
async def kernel(alice: Browser, prefix: str) -> str:
    """The path of the channels of a running kernel."""
    status, session = await alice.call("POST", prefix, "api/sessions", NOTEBOOK)
    assert status == 201, session
    return f"api/kernels/{session['kernel']['id']}/channels"


def v1_frame(code: str) -> bytes:
    sent = execute_request(code)
    message = Message("shell", sent["header"], {}, {}, sent["content"])
    frame = write_frame(message, "v1")
    assert isinstance(frame, bytes)
    return frame


async def test_a_cell_runs_and_its_code_is_in_the_log(
    zone: ZoneUnderTest, alice: Browser, prefix: str, kernel: str
) -> None:
    async with alice.socket(prefix, kernel) as socket:
        assert socket.protocol is None
        assert await run_cell(socket, "print(6*7)  # 가나다") == "42\n"
    assert codes(zone)[-1] == "print(6*7)  # 가나다".encode()
    event = events(zone, "cell.sent")[-1]
    assert event["actor"]["ref"] == "p_" + "a" * 16
    assert event["subjects"]["datasets"] == [{"id": "gibleed", "version": 1, "people": 2694}]
    assert event["component"] == "gate"
    assert event["detail"]["kind"] == "execute_request"


@pytest.mark.long
@pytest.mark.parametrize("protocol", [V1, None])
async def test_what_a_cell_sent_to_the_browser_is_in_the_log_soon_afterwards(
    zone: ZoneUnderTest, alice: Browser, prefix: str, kernel: str, protocol: str | None
) -> None:
    code = "from IPython.display import HTML; print('x' * 50_000); display(HTML('<b>b</b>'))"
    async with alice.socket(prefix, kernel, *([protocol] if protocol else [])) as socket:
        if protocol is None:
            await run_cell(socket, code)
        else:
            await socket.send_bytes(v1_frame(code))
            awaited = {b"execute_reply", b'"idle"'}  # they come on two channels, in any order
            async with asyncio.timeout(PATIENCE):
                while awaited:
                    said = await socket.receive_bytes()
                    awaited = {one for one in awaited if one not in said}
    cell = events(zone, "cell.sent")[-1]["id"]

    def answered() -> list[dict[str, Any]]:
        told = [one for event in events(zone, "output.shown") for one in event["detail"]["cells"]]
        return [one for one in told if one["cell"] == cell]

    wait_for(answered, "the entry about the output")
    [one] = answered()
    assert 50_000 < one["bytes"] < 60_000
    assert one["types"] == ["stream", "text/html", "text/plain"]


async def test_the_binary_protocol_of_lab_works_and_is_recorded(
    zone: ZoneUnderTest, alice: Browser, prefix: str, kernel: str
) -> None:
    async with alice.socket(prefix, kernel, V1) as socket:
        assert socket.protocol == V1
        await socket.send_bytes(v1_frame("print('v1')"))
        async with asyncio.timeout(PATIENCE):
            while b'"text":"v1\\n"' not in (await socket.receive_bytes()).replace(b": ", b":"):
                pass
    assert codes(zone)[-1] == b"print('v1')"


async def test_a_cell_is_in_the_log_before_it_runs(
    zone: ZoneUnderTest, alice: Browser, prefix: str, kernel: str
) -> None:
    place = zone.home / "ansim.db"
    code = f"import sqlite3; print(sqlite3.connect('file:{place}?mode=ro', uri=True)"
    code += ".execute('select count(*) from audit_entry where action = \\'cell.sent\\'').fetchone()[0])"
    before = len(events(zone, "cell.sent"))
    async with alice.socket(prefix, kernel) as socket:
        assert (await run_cell(socket, code)).splitlines()[-1] == str(before + 1)


@pytest.mark.parametrize("protocol", [V1, None])
async def test_an_unreadable_frame_is_refused_closed_and_recorded(
    zone: ZoneUnderTest, alice: Browser, prefix: str, kernel: str, protocol: str | None
) -> None:
    cells = len(events(zone, "cell.sent"))
    async with alice.socket(prefix, kernel, *([protocol] if protocol else [])) as socket:
        await socket.send_bytes(b"\xff" * 40)
        assert await closing_code(socket) == 4403
    assert events(zone, "gate.refused")[-1]["reason"] == "frame.malformed"
    assert len(events(zone, "cell.sent")) == cells


async def test_a_message_type_that_no_table_names_is_refused(
    zone: ZoneUnderTest, alice: Browser, prefix: str, kernel: str
) -> None:
    async with alice.socket(prefix, kernel) as socket:
        await socket.send_str(json.dumps(execute_request("1", msg_type="apply_request")))
        assert await closing_code(socket) == 4403


async def closing_code(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """Read until the gate closes the socket and return the code."""
    async with asyncio.timeout(PATIENCE):
        while not socket.closed:
            await socket.receive()
    return socket.close_code


async def said_before_closing(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
    """Read until the gate closes the socket and return its messages of the legacy protocol."""
    said = []
    async with asyncio.timeout(PATIENCE):
        while (frame := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
            said.append(json.loads(frame.data))
    return said


async def test_no_unrecorded_code_comes_beside_a_recorded_cell_and_the_cell_says_so(
    zone: ZoneUnderTest, alice: Browser, prefix: str, kernel: str
) -> None:
    async with alice.socket(prefix, kernel) as socket:
        await run_cell(socket, "def go(): exec(get_ipython().kernel.get_parent()['metadata']['x'])")
        cells = len(events(zone, "cell.sent"))
        hidden = "open('ran', 'w')  # " + "x" * 7_000_000
        message = {**execute_request("go()"), "metadata": {"x": hidden}}
        await socket.send_str(json.dumps(message))
        said = await said_before_closing(socket)
        assert socket.close_code == 4403
    assert [one["parent_header"]["msg_id"] for one in said] == [message["header"]["msg_id"]] * 3
    assert "smaller cells" in said[0]["content"]["evalue"]
    assert len(events(zone, "cell.sent")) == cells
    assert events(zone, "gate.refused")[-1]["reason"] == "frame.too_large"
    assert (await alice.get(f"{zone.base(prefix)}api/contents/ran"))[0] == 404


async def test_what_a_browser_tells_the_server_is_recorded_small_and_only_where_it_tells_something(
    zone: ZoneUnderTest, alice: Browser, prefix: str
) -> None:
    def recorded() -> list[str]:
        return [event["detail"]["method"] for event in events(zone, "contents.written")]

    before = len(recorded())
    code = {**NOTEBOOK, "path": "print('in JPY_SESSION_NAME')  # " + "x" * 4_000}
    for method, path, body in (
        *(("POST", path, code) for path in ("api/sessions", "api/kernels")),
        *((method, "api/sessions", {}) for method in ("GET", "HEAD")),
        *(("DELETE", path, {}) for path in ("api/contents/x.txt", "lab/api/workspaces/default")),
    ):
        status, answer = await alice.call(method, prefix, path, body)
        assert status == 413, (method, path, answer)
    assert recorded()[before:] == []
    status, session = await alice.call("POST", prefix, "api/sessions", {**NOTEBOOK, "path": "가나다 " * 100})
    assert status == 201
    assert (await alice.call("PATCH", prefix, f"api/sessions/{session['id']}", {"path": "y.ipynb"}))[0] == 200
    assert (await alice.call("POST", prefix, f"api/kernels/{session['kernel']['id']}/interrupt"))[0] == 204
    assert (await alice.call("DELETE", prefix, f"api/sessions/{session['id']}"))[0] == 204
    assert recorded()[before:] == ["POST", "PATCH"]


async def test_renaming_and_deleting_a_file_is_in_the_log(zone: ZoneUnderTest, alice: Browser, prefix: str) -> None:
    text = {"type": "file", "format": "text", "content": "x"}
    for method, path, body in (
        ("PUT", "api/contents/old.txt", text),
        ("PATCH", "api/contents/old.txt", {"path": "new.txt"}),
        ("DELETE", "api/contents/new.txt", None),
    ):
        status, answer = await alice.call(method, prefix, path, body)
        assert status in (200, 201, 204), answer
    told = [event["detail"]["method"] for event in events(zone, "contents.written")]
    assert told[-3:] == ["PUT", "PATCH", "DELETE"]


async def test_a_saved_file_is_in_the_log_with_its_hash(zone: ZoneUnderTest, alice: Browser, prefix: str) -> None:
    document = {"type": "file", "format": "text", "content": "소견"}
    status, _ = await alice.call("PUT", prefix, "api/contents/note.txt", document)
    assert status == 201
    event = events(zone, "contents.written")[-1]
    assert event["detail"]["sha256"] == hashlib.sha256(json.dumps(document).encode()).hexdigest()
    assert "note.txt" not in json.dumps(event)


async def test_a_file_that_is_no_text_cannot_be_read_as_base64(alice: Browser, prefix: str) -> None:
    async with alice.socket(prefix, await new_kernel(alice, prefix)) as socket:
        await run_cell(socket, "open('raw.bin','wb').write(bytes(range(256)))")
    status, _ = await alice.call("GET", prefix, "api/contents/raw.bin?content=1&type=file")
    assert status == 400
    status, answer = await alice.call("GET", prefix, "api/contents/raw.bin?content=1&format=base64")
    assert (status, answer["reason"]) == (403, "route.download")


async def new_kernel(browser: Browser, prefix: str) -> str:
    _, session = await browser.call("POST", prefix, "api/sessions", NOTEBOOK)
    return f"api/kernels/{session['kernel']['id']}/channels"


@pytest.mark.parametrize(
    "path",
    [
        "files/note.txt",
        "%66iles/note.txt",
        "lab/../files/note.txt",
        "lab/%2e%2e/files/note.txt",
        "lab%2f..%2ffiles/note.txt",
        "%2566iles/note.txt",
        "view/note.txt",
        "nbconvert/html/x.ipynb",
        "api/terminals",
        "terminals/1",
        "metrics",
        "api/contents/note.txt?download=1",
        "lab/api/extensions",
    ],
)
async def test_a_way_around_is_refused_with_a_page_and_recorded(
    zone: ZoneUnderTest, alice: Browser, prefix: str, path: str
) -> None:
    from yarl import URL

    url = URL(zone.base(prefix) + path, encoded=True)
    async with alice.session.get(url, headers={"Accept": "text/html"}) as answer:
        page = await answer.text()
    assert answer.status in (400, 403)
    assert "포털" in page
    assert "portal" in page


async def test_refusals_are_in_the_log(zone: ZoneUnderTest, alice: Browser, prefix: str) -> None:
    await alice.get(f"{zone.base(prefix)}files/secret-name.csv")
    refused = events(zone, "gate.refused")
    assert "route.download" in {event["reason"] for event in refused}
    assert "secret-name" not in json.dumps(refused)


async def test_only_the_owner_enters(zone: ZoneUnderTest, prefix: str) -> None:
    other = zone.start_workspace("mallory", "gibleed")
    try:
        async with Browser(zone) as mallory:
            await mallory.sign_in("mallory", other)
            for path in ("lab", "api/contents", "api/status"):
                status, text = await mallory.get(f"{zone.base(prefix)}{path}")
                assert status == 403, text
            assert events(zone, "gate.refused")[-1]["reason"] == "session.not_owner"
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await mallory.socket(prefix, "api/events/subscribe")
    finally:
        zone.hub_api("DELETE", "/users/mallory/servers/gibleed")
        wait_for(lambda: len(zone.control("GET", "/workspaces").json()) == 1, "mallory's workspace is closed")


async def test_nobody_enters_without_signing_in(zone: ZoneUnderTest, prefix: str) -> None:
    async with Browser(zone) as stranger:
        status, text = await stranger.get(f"{zone.base(prefix)}api/contents")
        assert (status, json.loads(text)["reason"]) == (401, "session.missing")


async def test_a_page_of_the_portal_can_neither_read_nor_write_a_workspace(
    zone: ZoneUnderTest, alice: Browser, prefix: str
) -> None:
    url = f"{zone.base(prefix)}api/contents"
    script = {"Origin": zone.origin("zone"), "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}
    script["Sec-Fetch-Dest"] = "empty"
    assert (await alice.get(url, **script))[0] == 403
    async with alice.session.post(url, json={}, headers=script) as answer:
        assert answer.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await alice.socket(prefix, "api/events/subscribe", origin=zone.origin("zone"))


@pytest.mark.parametrize(
    "opened",
    [
        {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "object"},
        {"Accept": "text/html"},  # what does not say what it opens
    ],
)
async def test_what_a_person_opens_is_framed_by_the_zone(
    zone: ZoneUnderTest, alice: Browser, prefix: str, opened: dict[str, str]
) -> None:
    async with alice.session.get(f"{zone.base(prefix)}lab", headers=opened) as page:
        html = await page.text()
        assert str(page.url).startswith(zone.origin("zone") + "/_gate/open/")
        policy = page.headers["Content-Security-Policy"]
    assert f'src="{zone.base(prefix)}lab"' in html
    assert "allow-top-navigation" not in html
    assert f"frame-src 'self' {zone.origin_of(prefix)};" in policy
    bar = html.split('class="bar" src="')[1].split('"')[0]
    status, text = await alice.get(zone.origin("zone") + bar)
    assert status == 200
    assert "Recording" in text


async def test_a_browser_too_old_for_the_frame_is_told_so_and_sees_no_empty_page(
    alice: Browser, prefix: str, zone: ZoneUnderTest
) -> None:
    old = {"Accept": "text/html", "User-Agent": "Mozilla/5.0 (Macintosh) Version/15.6 Safari/605.1.15"}
    async with alice.session.get(f"{zone.base(prefix)}lab", headers=old) as page:
        assert (page.status, page.content_type) == (403, "text/html")
        assert "Safari 16.4" in await page.text()


async def test_signing_out_closes_open_sockets(zone: ZoneUnderTest, prefix: str) -> None:
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        async with browser.socket(prefix, "api/events/subscribe") as socket:
            closing = asyncio.create_task(closing_code(socket))
            await browser.get(zone.origin("work") + "/_gate/logout", **{"Sec-Fetch-Site": "none"})
            assert await closing == 4401


async def test_a_token_that_the_hub_revokes_closes_open_sockets(zone: ZoneUnderTest, prefix: str) -> None:
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        async with browser.socket(prefix, "api/events/subscribe") as socket:
            for token in zone.hub_api("GET", "/users/alice/tokens").json()["api_tokens"]:
                zone.hub_api("DELETE", f"/users/alice/tokens/{token['id']}")
            assert await closing_code(socket) == 4401
            status, _ = await browser.get(f"{zone.base(prefix)}api/status")
            assert status == 401


async def test_nothing_runs_while_the_log_is_away(
    zone: ZoneUnderTest, alice: Browser, prefix: str, kernel: str
) -> None:
    async with alice.socket(prefix, kernel) as socket:
        await run_cell(socket, "x = 1")
        zone.processes["audit"].send_signal(signal.SIGSTOP)
        try:
            await socket.send_str(json.dumps(execute_request("x = 2")))
            said, *answers = await asyncio.gather(
                said_before_closing(socket),
                alice.call("PUT", prefix, "api/contents/a.txt", {"type": "file"}),
                alice.call("DELETE", prefix, "api/contents/b.txt"),
            )
            assert [(status, answer["reason"]) for status, answer in answers] == [(503, "audit.unavailable")] * 2
            assert socket.close_code == 4503
            assert [one["msg_type"] for one in said] == ["error", "execute_reply", "status"]
            assert "the record cannot be written" in said[0]["content"]["evalue"]
        finally:
            zone.processes["audit"].send_signal(signal.SIGCONT)
    async with alice.socket(prefix, kernel) as socket:
        assert await run_cell(socket, "print(x)") == "1\n"
    status, _ = await alice.get(f"{zone.base(prefix)}api/contents/a.txt")
    assert status == 404


async def test_the_counters_are_on_the_control_socket(zone: ZoneUnderTest, alice: Browser, prefix: str) -> None:
    ref = zone.workspace()
    before = zone.control("GET", "/workspaces").json()[ref]
    await alice.get(f"{zone.base(prefix)}lab")
    after = zone.control("GET", "/workspaces").json()[ref]
    assert after["bytes_out"] > before["bytes_out"]
    assert after["cells"] > 0
    route = zone.control("GET", "/routes").json()[prefix]
    assert route["data"]["last_activity"] == after["last_activity"]


async def test_a_gate_that_was_killed_asks_to_wait_until_the_hub_has_told_it_everything(
    zone: ZoneUnderTest, prefix: str
) -> None:
    lab = f"{zone.base(prefix)}lab"
    zone.processes["hub"].send_signal(signal.SIGSTOP)
    try:
        zone.end("gate", signal.SIGKILL)
        zone.start_gate()
        async with Browser(zone) as browser:
            async with browser.session.get(lab, headers={"Accept": "text/html"}) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
                assert '<meta http-equiv="refresh" content="2">' in await answer.text()
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await browser.socket(prefix, "api/events/subscribe")
            assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "2")  # type: ignore[index]
            status, answered = await browser.get(f"{zone.base(prefix)}api/status")
            assert (status, json.loads(answered)["reason"]) == (503, "gate.filling")
        assert zone.control("PUT", "/filled", {"instance": "the one before"}).status_code == 409
        assert zone.control("GET", "/health").json()["filled"] is False
    finally:
        zone.processes["hub"].send_signal(signal.SIGCONT)
    wait_for(lambda: zone.control("GET", "/health").json()["filled"], "the gate is filled")
    assert prefix in zone.control("GET", "/routes").json()  # filled means that the workspace is there
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        status, _ = await browser.get(f"{zone.origin('work')}/user/alice/elsewhere/lab")
        assert status == 404


async def test_a_gate_that_is_killed_is_refilled_and_what_a_kernel_holds_is_still_there(
    zone: ZoneUnderTest, prefix: str
) -> None:
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        kernel = await new_kernel(browser, prefix)
        async with browser.socket(prefix, kernel) as socket:
            await run_cell(socket, "kept = 41")
            zone.end("gate", signal.SIGKILL)
            zone.start_gate()
    wait_for(lambda: zone.control("GET", "/health").json()["filled"], "the gate is filled")
    ready = f"/workspaces/{zone.workspace()}/ready?timeout={PATIENCE}"
    assert zone.control("GET", ready).status_code == 200
    assert zone.control("GET", "/workspaces").json()[zone.workspace()]["bytes_out"] > 0
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        async with browser.socket(prefix, kernel) as socket:
            assert await run_cell(socket, "print(kept + 1)") == "42\n"


async def test_cutting_a_workspace_ends_everything_within_a_second(zone: ZoneUnderTest, prefix: str) -> None:
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        ref = zone.workspace()
        run = zone.home / "workspaces" / ref / "run"
        async with browser.socket(prefix, await new_kernel(browser, prefix)) as socket:
            await run_cell(socket, "1")
            closing = asyncio.create_task(closing_code(socket))
            started = time.monotonic()
            answer: Any = await asyncio.to_thread(
                zone.control, "DELETE", f"/workspaces/{ref}", {"reason": "grant_ended"}
            )
            assert answer.status_code == 204
            assert await closing == 4001
            assert time.monotonic() - started < CUT_SECONDS
        assert not list(run.glob("*.sock"))
        status, _ = await browser.get(f"{zone.base(prefix)}lab")
        assert status == 404
    assert zone.control("DELETE", f"/workspaces/{ref}", {"reason": "again"}).status_code == 404
