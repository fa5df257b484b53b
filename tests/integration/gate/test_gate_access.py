"""The policy of a project at a running gate, with a real Jupyter behind it: what is held, refused and recorded."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from functools import partial
from http.cookies import Morsel
from typing import Any

import aiohttp
import pytest
from yarl import URL

from tests.integration.gate.events import events
from tests.integration.gate.harness import Browser, Loopback, ZoneUnderTest, execute_request
from tests.patience import PATIENCE

PROJECT = "gibleed"


@pytest.fixture(scope="module")
def prefix(zone: ZoneUnderTest) -> str:
    return zone.start_workspace("alice", PROJECT)


@pytest.fixture
async def alice(zone: ZoneUnderTest, prefix: str) -> AsyncIterator[Browser]:
    set_policy(zone, {})
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        yield browser
    set_policy(zone, {})


def set_policy(zone: ZoneUnderTest, access: dict[str, Any]) -> None:
    tenancy = {
        "handle": "alice",
        "person_ref": "p_" + "a" * 16,
        "project": PROJECT,
        "prefix": f"/user/alice/{PROJECT}/",
        "ends_at": None,
        "language": "en",
        "datasets": [["gibleed", 1, 2694]],
        "access": access,
    }
    assert zone.control("PUT", f"/workspaces/{zone.workspace()}", tenancy).status_code == 201


def called(names: tuple[str, ...], cookie: Morsel[str]) -> bool:
    """Say whether a cookie has one of these names, or begins so."""
    return cookie.key.startswith(names)


async def kernel(browser: Browser, prefix: str) -> str:
    new = {"name": "b", "path": "b.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
    _, session = await browser.call("POST", prefix, "api/sessions", new)
    return f"api/kernels/{session['kernel']['id']}/channels"


async def outputs(socket: aiohttp.ClientWebSocketResponse, code: str) -> list[dict[str, Any]]:
    """Send a cell and return the messages of its outputs."""
    message = execute_request(code)
    await socket.send_str(json.dumps(message))
    found: list[dict[str, Any]] = []
    awaited = {"execute_reply", "idle"}
    async with asyncio.timeout(PATIENCE):
        while awaited:
            frame = await socket.receive()
            assert frame.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), frame
            answer = json.loads(frame.data)
            if answer["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            awaited.discard(answer["header"]["msg_type"])
            awaited.discard(answer["content"].get("execution_state", ""))
            if answer["header"]["msg_type"] in ("stream", "display_data", "execute_result"):
                found.append(answer)
    return found


async def test_outputs_that_are_too_large_or_pictures_become_notices_and_work_goes_on(
    zone: ZoneUnderTest, prefix: str, alice: Browser
) -> None:
    set_policy(zone, {"shown_bytes": 100_000, "pictures": False, "dense_bytes": 2_000})
    path = await kernel(alice, prefix)
    async with alice.socket(prefix, path) as socket:
        [small] = await outputs(socket, "print('hello')")
        assert small["content"]["text"] == "hello\n"
        large = await outputs(socket, "print('x ' * 400_000)")
        assert all("/outbox" in one["content"]["text"] for one in large)
        assert sum(len(json.dumps(one)) for one in large) < 20_000
        picture = (
            "from IPython.display import display, Image; display(Image(data=b'\\x89PNG' + b'0' * 900, format='png'))"
        )
        [shown] = await outputs(socket, picture)
        assert "image/png" not in shown["content"]["data"]
        assert "egress" in shown["content"]["data"]["text/plain"]
        for _ in range(6):
            await outputs(socket, "import os; print(os.urandom(300).hex())")
        [again] = await outputs(socket, "print('still here')")
        assert again["content"]["text"] == "still here\n"
    held = events(zone, "output.held")
    assert {event["reason"] for event in held} == {"output.too_large", "output.picture"}
    assert "image/png" in [kind for event in held for kind in event["detail"]["types"]]
    assert [event["detail"]["kind"] for event in events(zone, "output.encoded")] == ["hex"]


async def test_bytes_beside_a_message_are_told_of_and_a_picture_in_them_is_not(
    zone: ZoneUnderTest, prefix: str, alice: Browser
) -> None:
    set_policy(zone, {"dense_bytes": 1_000})
    path, told = await kernel(alice, prefix), len(events(zone, "output.encoded"))
    code = "from comm import create_comm; create_comm(target_name='t').send({{}}, buffers=[{} + bytes(150_000)])"
    async with alice.socket(prefix, path) as socket:
        for begins in (b"\x89PNG\r\n\x1a\n", b""):
            await socket.send_str(json.dumps(execute_request(code.format(begins))))
            async with asyncio.timeout(PATIENCE):
                while (await socket.receive()).type is not aiohttp.WSMsgType.BINARY:
                    pass
            assert len(events(zone, "output.encoded")) == told + (begins == b"")
    assert events(zone, "output.encoded")[-1]["detail"]["kind"] == "binary"


async def test_a_long_text_is_not_saved_and_says_where_files_come_in(
    zone: ZoneUnderTest, prefix: str, alice: Browser
) -> None:
    set_policy(zone, {"uploads": False})
    pasted = {"type": "file", "format": "text", "content": "x,y\n" * 300_000}
    status, answer = await alice.call("PUT", prefix, "api/contents/table.csv", pasted)
    assert (status, answer["reason"]) == (413, "upload.long")
    assert "project's page" in answer["message"]
    assert "upload.long" in {event["reason"] for event in events(zone, "gate.refused")}


async def test_a_file_in_an_output_is_held_where_pictures_are_shown_too(
    zone: ZoneUnderTest, prefix: str, alice: Browser
) -> None:
    path, held = await kernel(alice, prefix), len(events(zone, "output.held"))
    code = "from IPython.display import display; display({{'{}': 'UEsDBA=='}}, raw=True)"
    async with alice.socket(prefix, path) as socket:
        [drawn] = await outputs(socket, code.format("image/png"))
        [file] = await outputs(socket, code.format("application/octet-stream"))
    assert "image/png" in drawn["content"]["data"]
    assert sorted(file["content"]["data"]) == ["text/html", "text/plain"]
    assert [event["reason"] for event in events(zone, "output.held")[held:]] == ["output.file"]


@pytest.mark.long
async def test_a_picture_that_is_held_lies_in_the_outbox_as_a_file_and_the_log_has_its_hash(
    zone: ZoneUnderTest, prefix: str, alice: Browser
) -> None:
    set_policy(zone, {"pictures": False})
    path, data = await kernel(alice, prefix), b"\x89PNG\r\n\x1a\n" + b"0" * 900
    async with alice.socket(prefix, path) as socket:
        picture = f"from IPython.display import display, Image; display(Image(data={data!r}, format='png'))"
        [shown] = await outputs(socket, picture)
    digest = hashlib.sha256(data).hexdigest()
    name = f"held-{digest[:12]}.png"
    assert f"/outbox/{name}" in shown["content"]["data"]["text/plain"]
    home = zone.home / "workspaces" / zone.workspace() / "home"
    assert (home / "outbox" / name).read_bytes() == data
    announced, ended = (one for one in events(zone, "output.kept") if one["detail"]["sha256"] == digest)
    assert (announced["outcome"], ended["outcome"]) == ("intent", "ok")
    assert ended["intent_id"] == announced["id"]
    assert ended["detail"]["type"] == "image/png"


@pytest.mark.long
async def test_a_file_or_notebook_is_opened_like_an_output_and_lab_goes_on(
    zone: ZoneUnderTest, prefix: str, alice: Browser
) -> None:
    pixel = {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo="}, "metadata": {}}
    cell: dict[str, Any] = {
        "cell_type": "code",
        "id": "a",
        "source": "",
        "metadata": {},
        "execution_count": None,
        "outputs": [pixel],
    }
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    document = {"type": "notebook", "format": "json", "content": notebook}
    assert (await alice.call("PUT", prefix, "api/contents/drawn.ipynb", document))[0] in (200, 201)
    path = await kernel(alice, prefix)
    async with alice.socket(prefix, path) as socket:
        await outputs(socket, "open('rows.txt', 'w').write('x ' * 100_000)")
        await outputs(socket, "import os; open('hex.txt', 'w').write(os.urandom(9_000).hex())")
    opened = "api/contents/drawn.ipynb?type=notebook&content=1"
    assert (await alice.call("GET", prefix, opened))[0] == 200
    assert (await alice.call("GET", prefix, "api/contents/rows.txt?content=1"))[0] == 200
    set_policy(zone, {"shown_bytes": 100_000, "pictures": False, "dense_bytes": 2_000})
    told = len(events(zone, "output.encoded"))
    for asked, code in ((opened, "response.picture"), ("api/contents/rows.txt?content=1", "response.too_large")):
        status, answer = await alice.call("GET", prefix, asked)
        assert (status, answer["reason"]) == (403, code)
    assert (await alice.call("GET", prefix, "api/contents/hex.txt?content=1"))[0] == 200
    assert len(events(zone, "output.encoded")) == told + 1
    for part in ("lab/api/settings", "lab/api/translations/ko_KR", "api/contents?content=1", "api/kernelspecs", "lab"):
        assert (await alice.get(zone.base(prefix) + part))[0] == 200, part


@pytest.mark.long
async def test_what_the_page_keeps_in_the_workspace_is_recorded_and_small(
    zone: ZoneUnderTest, prefix: str, alice: Browser
) -> None:
    layout = {"data": {"x": 1}, "metadata": {"id": "default"}}
    recorded = len(events(zone, "contents.written"))
    assert (await alice.call("PUT", prefix, "lab/api/workspaces/default", layout))[0] == 204
    assert len(events(zone, "contents.written")) == recorded + 1
    for method, path in (("PUT", "lab/api/workspaces/default"), ("PATCH", "api/config/notebook")):
        status, answer = await alice.call(method, prefix, path, {**layout, "data": {"x": "y" * 300_000}})
        assert (status, answer["reason"]) == (413, "body.too_large")
    for body in ({"type": "file", "format": "text", "content": "x" * 17_000_000},):
        assert (await alice.call("PUT", prefix, "api/contents/large.txt", body))[0] == 413


@pytest.mark.long
async def test_a_file_that_is_dropped_into_the_browser_is_refused_and_typed_text_is_saved(
    zone: ZoneUnderTest, prefix: str, alice: Browser
) -> None:
    dropped = {"type": "file", "format": "base64", "content": "ZGF0YQ=="}
    status, answer = await alice.call("PUT", prefix, "api/contents/data.bin", dropped)
    assert (status, answer["reason"]) == (403, "upload.refused")
    assert "reviewed" in answer["message"]
    url = zone.base(prefix)
    assert (await alice.get(url + "api/contents/data.bin?content=0"))[0] == 404
    typed = {"type": "file", "format": "text", "content": "a note"}
    assert (await alice.call("PUT", prefix, "api/contents/note.txt", typed))[0] == 201
    assert "upload.refused" in {event["reason"] for event in events(zone, "gate.refused")}


async def test_a_second_browser_waits_while_the_first_is_connected(
    zone: ZoneUnderTest, prefix: str, alice: Browser
) -> None:
    set_policy(zone, {"one_connection": True})
    path = await kernel(alice, prefix)
    url = zone.base(prefix) + "api/status"
    async with Browser(zone) as second:
        await second.sign_in("alice", prefix)
        async with alice.socket(prefix, path):
            status, text = await second.get(url)
            assert (status, json.loads(text)["reason"]) == (403, "session.elsewhere")
            assert (await alice.get(url))[0] == 200
            # The cookies of the first browser, carried to another machine, are no first browser.
            key = alice.session.cookie_jar.filter_cookies(URL(url))["ansim-work"].value
            place = aiohttp.TCPConnector(resolver=Loopback(), local_addr=("127.0.0.2", 0))
            told = len(events(zone, "gate.refused"))
            async with (
                aiohttp.ClientSession(connector=place) as carried,
                carried.get(url, headers={"Cookie": f"ansim-work={key}"}) as answer,
            ):
                assert (answer.status, (await answer.json())["reason"]) == (403, "session.other_address")
            assert len(events(zone, "gate.refused")) > told
        async with asyncio.timeout(PATIENCE):
            while (await second.get(url))[0] != 200:  # noqa: ASYNC110 — the gate notices the end by itself
                await asyncio.sleep(0.1)


async def test_only_listed_networks_reach_the_workspace(zone: ZoneUnderTest, prefix: str, alice: Browser) -> None:
    url = zone.base(prefix) + "api/status"
    set_policy(zone, {"addresses": ["10.1.0.0/16"]})
    status, text = await alice.get(url, **{"X-Forwarded-For": "10.1.2.3"})
    assert (status, json.loads(text)["reason"]) == (403, "address.unlisted")
    set_policy(zone, {"addresses": ["127.0.0.0/8", "::1/128"]})
    assert (await alice.get(url))[0] == 200


async def save_again_and_again(browser: Browser, prefix: str) -> set[int]:
    """Save a notebook as Lab does while a kernel prints into it, until that is refused; return the answers."""
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    document, answers = {"type": "notebook", "format": "json", "content": notebook}, set()
    while 401 not in answers:
        answers.add((await browser.call("PUT", prefix, "api/contents/b.ipynb", document))[0])
        await asyncio.sleep(0.3)
    return answers


@pytest.mark.long
async def test_whoever_does_nothing_for_too_long_is_signed_out_connections_included(
    zone: ZoneUnderTest, prefix: str, alice: Browser
) -> None:
    path = await kernel(alice, prefix)
    async with alice.socket(prefix, path) as socket, asyncio.timeout(PATIENCE):
        set_policy(zone, {"idle_seconds": 2})
        await alice.get(zone.base(prefix) + "api/status")  # the next request brings the session under the new policy
        saving = asyncio.create_task(save_again_and_again(alice, prefix))
        while True:
            frame = await socket.receive()
            if frame.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED):
                break
        assert 401 in await saving  # what Lab saves by itself has kept nobody signed in
        # What the gate said: the client's own code is another one if its answer to it comes too late.
        assert (frame.data or socket.close_code) == 4401
    status, text = await alice.get(zone.base(prefix) + "api/status")
    assert (status, json.loads(text)["reason"]) == (401, "session.missing")
    # Reloading does not open it again: the hub has forgotten the browser, whatever cookies it keeps or drops.
    for _ in ("with every cookie", "without the gate's"):
        status, text = await alice.get(zone.base(prefix) + "lab", Accept="text/html")
        assert (status, 'name="password"' in text) == (200, True)
        alice.session.cookie_jar.clear(lambda cookie: cookie.key.startswith("ansim"))
    set_policy(zone, {})
    async with Browser(zone) as again:
        await again.sign_in("alice", prefix)


@pytest.mark.long
async def test_entering_anew_without_cookies_does_not_prolong_the_longest_time(
    zone: ZoneUnderTest, prefix: str
) -> None:
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        await asyncio.sleep(3)
        for dropped in (("ansim",), ("ansim", "jupyterhub-session-id")):  # what a person may delete
            browser.session.cookie_jar.clear(partial(called, dropped))
            status, text = await browser.get(f"{zone.origin('work')}{prefix}lab")
            assert (status, 'name="password"' in text) == (200, False)  # the hub asks nothing
        set_policy(zone, {"longest_seconds": 2})
        try:
            status, text = await browser.get(zone.base(prefix) + "api/status")
            assert (status, json.loads(text)["reason"]) == (401, "session.missing")
            browser.session.cookie_jar.clear(lambda cookie: cookie.key.startswith("ansim"))
            status, text = await browser.get(f"{zone.origin('work')}{prefix}lab", Accept="text/html")
            assert (status, 'name="password"' in text) == (200, True)
        finally:
            set_policy(zone, {})
    assert "alice s_" in (zone.home / "ended.txt").read_text()
    assert (zone.home / "ended.txt").read_text().rstrip().endswith("longest")


@pytest.mark.long
async def test_the_watermark_names_who_looks_and_its_page_holds_no_script(
    zone: ZoneUnderTest, prefix: str, alice: Browser
) -> None:
    navigation = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none"}
    status, frame = await alice.get(zone.base(prefix) + "lab", **navigation)
    assert status == 200
    mark = frame.split('class="mark" src="')[1].split('"')[0].replace("&amp;", "&")
    status, text = await alice.get(zone.origin("zone") + mark)
    assert status == 200
    assert "alice · " in text
    assert "+09:00 · " in text
    assert "<script" not in text
    _, guessed = await alice.get(zone.origin("zone") + "/_gate/mark?ticket=guessed")
    assert "alice" not in guessed
