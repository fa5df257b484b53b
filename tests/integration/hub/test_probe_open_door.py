"""The attacks at the gate, made on a gate without walls: every one of them must say that it is broken."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import WSCloseCode

from hub_config.gate.kernel_socket import CLOSE_CODES, CLOSE_REFUSED
from hub_config.probe.attacking import BROWSER_MODULES, Run, attack_door
from hub_config.probe.browser import door as door_module
from hub_config.probe.browser import policies
from hub_config.probe.browser.door import ATTACKS, TROUBLES, Answer, Door
from hub_config.probe.model import Finding, Verdict
from hub_config.story.kernel import CellResult
from hub_config.story.visitor import Loopback
from tests.integration.hub.open_door import Client, NaiveDoor, OpenDoor

#: They share the neighbour's socket, so one comes after the other; the rest only wait, and do so side by side.
IN_TURN = (
    "gate.attachment",
    "gate.answer_headers",
    "gate.answer_redirect",
    "gate.answer_twice",
    "gate.answer_types",
    "gate.other_host",
    "gate.smuggled_lengths",
    "gate.smuggled_coding",
)
#: What two readings of one request bring about.
TWO_READINGS = (
    "gate.path_dots",
    "gate.path_twice",
    "gate.path_slashes",
    "gate.path_target",
    "gate.smuggled_upgrade",
    "gate.smuggled_lengths",
    "gate.smuggled_coding",
)
assert BROWSER_MODULES  # importing them fills ATTACKS
AT_THE_DOOR = sorted(ATTACKS)
#: What holds by being refused; others show first that they work where nothing stands in their way.
BY_REFUSAL = [
    name
    for name in AT_THE_DOOR
    if name.startswith("gate.")
    and name
    not in (
        "gate.other_person",
        "gate.held_output",
        "gate.trickle",
        "gate.one_browser",
        "gate.budget",
        "gate.foreign_post",
        "gate.unlisted_frames",
        "gate.big_frame",
    )
]
#: What holds by a connection that is closed: a gate that closes its owner's too has not shown a wall.
BY_CLOSING = ("cell.other_channels", "cell.disguised", "gate.unlisted_frames", "gate.big_frame")
REFUSED = 300


@pytest.mark.asyncio
async def test_at_a_gate_without_walls_every_attack_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "CLOSE_SECONDS", 0.3)
    async with OpenDoor(tmp_path) as door, at(door) as attacked:
        monkeypatch.setattr(Door, "entries", nothing_recorded)
        monkeypatch.setattr(Door, "becomes", never)
        monkeypatch.setattr(policies, "hold_to", no_policy)
        monkeypatch.setattr(policies, "_output", everything)
        found = await attack(attacked, AT_THE_DOOR)
    assert {name: seen for name, (held, seen) in found.items() if held is not False} == {}
    # Each of these is red because of the wall that it is about, and not because it could not be tried.
    assert found["cell.recorded"][1] == "the cell printed 2 characters; entries: 0"
    assert found["cell.no_record"][1].startswith("while the record stood still the cell ran")
    assert found["gate.budget"][1].endswith("then None")
    assert found["gate.other_person"][1].startswith("page 200; lab: 200")


async def attack(attacked: Door, names: Iterable[str]) -> dict[str, Answer]:
    rest = [name for name in names if name not in IN_TURN]
    found = dict(zip(rest, await asyncio.gather(*(ATTACKS[name](attacked) for name in rest)), strict=True))
    for name in set(names) - set(rest):
        found[name] = await ATTACKS[name](attacked)
    return found


@pytest.mark.asyncio
async def test_at_a_gate_that_reads_a_request_twice_its_two_readings_are_seen(tmp_path: Path) -> None:
    async with NaiveDoor(tmp_path) as door, at(door) as attacked:
        assert await attacked.served() is None
        found = await attack(attacked, TWO_READINGS)
    assert {name: seen for name, (held, seen) in found.items() if held is not False} == {}


@pytest.mark.asyncio
async def test_at_a_gate_that_refuses_its_owner_too_no_refusal_proves_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with OpenDoor(tmp_path, refuses=True) as door, at(door) as attacked:
        monkeypatch.setattr(policies, "hold_to", no_policy)
        found = await attack(attacked, BY_REFUSAL)
    assert {name: seen for name, (held, seen) in found.items() if held is not False} == {}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("code", "again"),
    [(CLOSE_REFUSED, False), (WSCloseCode.POLICY_VIOLATION, True)],
    ids=["as it refuses, for good", "for a while, for no reason of its own"],
)
async def test_at_a_gate_that_closes_every_connection_no_closing_proves_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, *, again: bool
) -> None:
    monkeypatch.setattr(door_module, "CLOSE_SECONDS", 0.1)
    async with OpenDoor(tmp_path, shuts=code, opens_again=again) as door, at(door) as attacked:
        monkeypatch.setattr(Door, "entries", nothing_recorded)
        found = await attack(attacked, BY_CLOSING)
    assert {name: seen for name, (held, seen) in found.items() if held is not False} == {}


@pytest.mark.asyncio
@pytest.mark.parametrize("code", sorted(set(CLOSE_CODES.values())))
async def test_a_trouble_of_the_gate_that_has_passed_by_then_is_no_wall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(door_module, "CLOSE_SECONDS", 0.1)
    told: list[Finding] = []
    async with OpenDoor(tmp_path, shuts=code, opens_again=True) as door, at(door) as attacked:
        monkeypatch.setattr(Door, "entries", nothing_recorded)
        run = Run(attacked.range, Nothing(), told.append, [])  # type: ignore[arg-type]
        await attack_door(run, attacked, BY_CLOSING)
    spent = code not in map(int, TROUBLES)
    assert {one.probe: one.verdict for one in told} == dict.fromkeys(
        BY_CLOSING, Verdict.BROKEN if spent else Verdict.NOT_COMPUTED
    )
    assert all(one.seen.startswith("not computed: closed with") for one in told) is not spent


@pytest.mark.asyncio
@pytest.mark.parametrize("each", [0, 1], ids=["nothing is written", "each is written"])
async def test_a_record_that_takes_every_refusal_or_none_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, each: int
) -> None:
    async with OpenDoor(tmp_path, refuses=True) as door, at(door) as attacked:

        async def entries(self: Door, action: str) -> int:
            return each * door.refused if action == "gate.refused" else 0

        async def run(self: Door, code: str, seconds: float = 0) -> str:
            return ""

        monkeypatch.setattr(Door, "entries", entries)
        monkeypatch.setattr(Door, "run", run)
        monkeypatch.setattr(Door, "becomes", always)
        held, seen = await ATTACKS["cell.flooded"](attacked)
    written = each * (REFUSED + len(("its own sign-in",)))
    assert (held, seen) == (False, f"{REFUSED} refusals made {written} entries; the next cell was recorded: True")


@asynccontextmanager
async def at(door: OpenDoor) -> AsyncIterator[Door]:
    """Stand at the open door as the probe stands at the gate; the record is a process that does nothing."""
    record = await asyncio.to_thread(subprocess.Popen, ["sleep", "600"])
    try:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Loopback("127.0.0.1"))) as session:
            attacked = Door(door.place(record), Client(door, session), Nothing())  # type: ignore[arg-type]
            attacked._channels = f"ws://{door.settings.host('work')}/user/probe/probe-own/api/kernels/k/channels"
            attacked._neighbour = door.settings.host("work"), "c" * 43
            yield attacked
    finally:
        record.kill()
        await asyncio.to_thread(record.wait)


class Nothing:
    """A record that nobody reads."""


async def nothing_recorded(self: Door, action: str) -> int:
    return 0


async def never(self: Door, action: str, wanted: int) -> bool:
    return False


async def always(self: Door, action: str, wanted: int) -> bool:
    return True


async def no_policy(door: Door, **access: object) -> None:
    """Leave the wall away that the attack asks for."""


async def everything(door: Door) -> CellResult:
    return CellResult("x" * policies.LONG, displays=[{"image/png": ""}])
