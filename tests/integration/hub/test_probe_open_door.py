"""The attacks at the gate, made on a gate without walls: every one of them must say that it is broken."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from hub_config.probe.attacking import BROWSER_MODULES
from hub_config.probe.browser import door as door_module
from hub_config.probe.browser import policies
from hub_config.probe.browser.door import ATTACKS, Door
from hub_config.probe.table import PROBES
from hub_config.story.kernel import CellResult
from hub_config.story.visitor import Loopback
from tests.integration.hub.open_door import Client, OpenDoor

#: Attacks that need a kernel behind the door; they are tried against the real gate with its record taken away.
WITH_KERNEL = {"cell.recorded", "cell.no_record", "cell.write_recorded", "cell.flooded", "gate.budget"}
#: Attacks that sign in as somebody else first, which a door without a hub cannot show.
WITH_HUB = {"gate.other_person"}
#: They share the neighbour's socket, so one comes after the other; the rest only wait, and do so side by side.
IN_TURN = (
    "gate.attachment",
    "gate.answer_headers",
    "gate.answer_redirect",
    "gate.answer_twice",
    "gate.answer_types",
    "gate.other_host",
)
AT_THE_DOOR = sorted(set(ATTACKS) - WITH_KERNEL - WITH_HUB)


def test_every_probe_at_the_gate_has_its_attack() -> None:
    assert BROWSER_MODULES
    assert set(ATTACKS) == {probe.id for probe in PROBES if probe.way == "browser"}


@pytest.mark.asyncio
async def test_at_a_gate_without_walls_every_attack_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "CLOSE_SECONDS", 0.3)
    async with (
        OpenDoor(tmp_path) as door,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Loopback("127.0.0.1"))) as session,
    ):
        attacked = Door(door.place(), Client(door, session), Nothing())  # type: ignore[arg-type]
        monkeypatch.setattr(Door, "entries", nothing_recorded)
        monkeypatch.setattr(Door, "becomes", never)
        monkeypatch.setattr(Door, "run", nothing_printed)
        monkeypatch.setattr(policies, "hold_to", no_policy)
        monkeypatch.setattr(policies, "_output", everything)
        attacked._channels = f"ws://{door.settings.host('work')}/user/probe/probe-own/api/kernels/k/channels"
        attacked._neighbour = door.settings.host("work"), "c" * 43
        rest = [name for name in AT_THE_DOOR if name not in IN_TURN]
        found = dict(zip(rest, await asyncio.gather(*(ATTACKS[name](attacked) for name in rest)), strict=True))
        for name in IN_TURN:
            found[name] = await ATTACKS[name](attacked)
    assert {name: seen for name, (held, seen) in found.items() if held is not False} == {}


class Nothing:
    """A record that nobody reads."""


async def nothing_recorded(self: Door, action: str) -> int:
    return 0


async def never(self: Door, action: str, wanted: int) -> bool:
    return False


async def nothing_printed(self: Door, code: str, seconds: float = 0) -> str:
    return ""


async def no_policy(door: Door, **access: object) -> None:
    """Leave the wall away that the attack asks for."""


async def everything(door: Door) -> CellResult:
    return CellResult("x" * policies.LONG, displays=[{"image/png": ""}])
