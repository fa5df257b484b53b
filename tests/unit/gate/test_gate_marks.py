"""A watermark names its person for as long as somebody works, whatever the gate has forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from aiohttp.test_utils import make_mocked_request

from hub_config.gate.announcement import Announcement
from hub_config.gate.calls import Calls
from hub_config.gate.config import parse_config
from hub_config.gate.frame_tickets import BAR_SECONDS, MAX_OF_ONE, FrameTickets
from hub_config.gate.marks import Mark, Marks
from hub_config.gate.neighbours import Neighbours
from hub_config.gate.origins import Origins
from hub_config.gate.packages import Packages
from hub_config.gate.targets import parse_target
from hub_config.gate.workspace import parse_tenancy
from hub_config.gate.workspaces import Workspaces
from hub_config.gate.zone_host import ZoneHost
from tests.unit.gate.test_gate_values import REF, tenancy

NOW = 1_800_000_000.0
MINJI = Mark("minji", "en")
FRAME = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}


def query(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


def test_an_address_is_read_by_every_gate_of_the_zone_until_its_time_is_over() -> None:
    said = query(Marks("secret").address(MINJI, NOW))
    assert Marks("secret").read(said, NOW + BAR_SECONDS - 1) == MINJI
    assert Marks("secret").read(said, NOW + BAR_SECONDS) is None
    assert Marks("another").read(said, NOW) is None


@pytest.mark.parametrize("changed", [{"person": "jiho"}, {"language": "ko"}, {"until": "1900000000"}, {"seal": "é"}])
def test_no_word_of_it_can_be_changed(changed: dict[str, str]) -> None:
    marks = Marks("secret")
    assert marks.read({**query(marks.address(MINJI, NOW)), **changed}, NOW) is None
    assert marks.read({}, NOW) is None


async def test_a_tab_keeps_its_mark_while_another_is_reloaded_and_over_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workspaces" / REF / "run").mkdir(parents=True)
    config = parse_config('{"domain": "d.example"}')
    neighbours, path = Neighbours(config), "/user/alice/gibleed/lab"

    def zone_host() -> ZoneHost:
        made = Workspaces(config.limits, Calls(config, neighbours).server, Packages(config, neighbours).server)
        return ZoneHost(config, Origins(config, "s"), neighbours, made, FrameTickets(), Marks("s"), Announcement())

    async def shown(host: ZoneHost, address: str) -> str:
        request: Any = make_mocked_request("GET", address, headers={"Host": config.host("zone"), **FRAME})
        answer: Any = await host.answer(request, parse_target(address), "127.0.0.1")
        return str(answer.text)

    host = zone_host()
    await host.workspaces.open(parse_tenancy(REF, tenancy()))
    tabs = []
    for _ in range(MAX_OF_ONE + 1):
        name = host.tickets.issue(REF, path, "ko")
        tabs.append(await shown(host, f"/_gate/open{quote(path)}?ticket={name}"))
    mark = tabs[0].partition('class="mark" src="')[2].partition('"')[0].replace("&amp;", "&")
    for gate in (host, zone_host()):
        assert ">alice · " in await shown(gate, mark)
    await host.workspaces.cut(REF, "test")
    await neighbours.close()
