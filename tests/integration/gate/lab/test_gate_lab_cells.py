"""Cells run through the gate as a browser sends them, and all of them are in the log before they do."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import Any

import pytest

from hub_config.gate.frames import V1
from hub_config.gate_control import GateControl
from tests.integration.gate.events import codes, events
from tests.integration.gate.harness import Browser, ZoneUnderTest, execute_request, run_cell, wait_for
from tests.integration.gate.lab.browsing import closing_code, said_before_closing, v1_frame
from tests.patience import PATIENCE


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
    gate = GateControl(zone.home)
    assert gate.ended() == 0
    gate.close()
