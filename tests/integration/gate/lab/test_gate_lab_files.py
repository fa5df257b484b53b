"""What a browser saves, renames and deletes in a workspace is in the log, and goes no other way."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.integration.gate.events import events
from tests.integration.gate.harness import Browser, ZoneUnderTest, run_cell
from tests.integration.gate.lab.browsing import NOTEBOOK, new_kernel


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


@pytest.mark.parametrize(
    "outside", ["../beside.txt", "/beside.txt", "%2e%2e/beside.txt", "a/../../beside.txt", "..\\beside.txt"]
)
async def test_a_copy_of_a_file_stays_within_the_home_and_is_in_the_log(
    zone: ZoneUnderTest, alice: Browser, prefix: str, outside: str
) -> None:
    home = zone.home / "workspaces" / zone.workspace() / "home"
    (home / "inside.txt").write_text("of the home")
    secret = home.parent / "beside.txt"
    secret.write_text("not of the home")
    status, copy = await alice.call("POST", prefix, "api/contents", {"copy_from": "inside.txt"})
    assert (status, (home / copy["path"]).read_text()) == (201, "of the home")
    told = events(zone, "contents.written")
    assert told[-1]["detail"]["method"] == "POST"
    for path in (outside, str(secret), str(secret).removeprefix("/")):
        status, answer = await alice.call("POST", prefix, "api/contents", {"copy_from": path})
        assert status in (400, 404), (path, answer)
    copies = [file.read_text() for file in home.rglob("*.txt")]
    assert "not of the home" not in copies
    (home / "link.txt").symlink_to(secret)  # which a cell can make and read as well
    status, linked = await alice.call("POST", prefix, "api/contents", {"copy_from": "link.txt"})
    assert (status, (home / linked["path"]).read_text()) == (201, "not of the home")
    for name in (copy["path"], linked["path"], "link.txt"):
        (home / name).unlink()


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
