"""What breaks a rule is in the log, each time; a flood is one entry with its number, never silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit.errors import LogFull, NotDurable
from audit.event import Actor, Event
from hub_config.gate.calls import Calls
from hub_config.gate.codes import Code
from hub_config.gate.config import Limits, parse_config
from hub_config.gate.errors import AuditUnavailable, Refused
from hub_config.gate.neighbours import Neighbours
from hub_config.gate.packages import Packages
from hub_config.gate.record import Asker, Record
from hub_config.gate.refusals import REFUSALS
from hub_config.gate.trickle import Trickle
from hub_config.gate.unread import Room
from hub_config.gate.workspace import OpenWorkspace, parse_tenancy
from hub_config.gate.workspaces import Workspaces
from tests.unit.gate.test_gate_values import REF, tenancy

ASKER = Asker(Actor.person("p_" + "b" * 16, session="s_1"), "127.0.0.1")
LATER = 1e12


class Service:
    """An append-only service that can be away; the other implementation of the port."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.away = False
        self.error: type[NotDurable] = NotDurable

    async def append(self, event: Event) -> int:
        if self.away:
            raise self.error("away")
        self.events.append(event)
        return len(self.events)

    async def cell(self, event: Event, code: bytes) -> int:
        return await self.append(event)


async def refuse(record: Record, times: int = 1, code: str = "route.download") -> None:
    for number in range(times):
        await record.refused(parse_tenancy(REF, tenancy()), ASKER, Refused(code), "GET", f"/files/{number}")


async def test_the_first_refusal_is_recorded_at_once_with_its_path_sealed() -> None:
    service = Service()
    await refuse(Record(service))
    (event,) = service.events
    assert (event.action, event.outcome, event.reason) == ("gate.refused", "denied", "route.download")
    assert event.sealed == {"path": "/files/0"}
    assert event.detail == {"method": "GET", "count": 1}
    assert event.source.ip == "127.0.0.1"


async def test_a_flood_of_refusals_is_one_entry_with_its_number() -> None:
    service = Service()
    record = Record(service)
    await refuse(record, 1000)
    assert len(service.events) == 1
    await record.flush(LATER)
    assert [event.detail["count"] for event in service.events] == [1, 999]
    await record.flush(LATER)
    assert len(service.events) == 2


async def test_refusals_of_different_kinds_are_recorded_apart() -> None:
    service = Service()
    record = Record(service)
    await refuse(record, 3)
    await refuse(record, 3, "route.terminal")
    assert {event.reason for event in service.events} == {"route.download", "route.terminal"}


async def test_refusals_are_counted_while_the_log_is_away() -> None:
    service = Service()
    record = Record(service)
    await refuse(record)
    service.away = True
    await refuse(record, 5)
    await record.flush(LATER)
    service.away = False
    await record.flush(LATER)
    assert sum(int(str(event.detail["count"])) for event in service.events) == 6


async def test_a_first_refusal_that_could_not_be_recorded_is_recorded_later() -> None:
    service = Service()
    service.away = True
    record = Record(service)
    await refuse(record, 2)
    service.away = False
    await record.flush(LATER)
    assert sum(int(str(event.detail["count"])) for event in service.events) == 2


async def test_what_no_person_did_wrong_is_not_recorded() -> None:
    service = Service()
    quiet = [code for code, refusal in REFUSALS.items() if not refusal.audited]
    for code in quiet:
        await refuse(Record(service), code=code)
    assert not service.events
    assert "workspace.silent" in quiet


@pytest.mark.parametrize(("error", "code"), [(NotDurable, "audit.unavailable"), (LogFull, "audit.full")])
async def test_a_cell_that_cannot_be_recorded_is_an_error_that_says_why_and_not_counted(
    error: type[NotDurable], code: str
) -> None:
    service = Service()
    service.away, service.error = True, error
    workspace = OpenWorkspace(parse_tenancy(REF, tenancy()), Limits(), Room(1))
    try:
        with pytest.raises(AuditUnavailable) as held:
            await Record(service).cell(workspace, ASKER, Code(b"1", "execute_request"), "kernel")
        assert (held.value.code, workspace.cells) == (code, 0)
    finally:
        await workspace.cut("test")


async def test_an_alert_that_the_log_could_not_take_is_told_once_when_it_is_back() -> None:
    service = Service()
    record, trickle, encoded = Record(service), Trickle(3_000), b"ab" * 2_000
    workspace = OpenWorkspace(parse_tenancy(REF, tenancy()), Limits(), Room(1))
    try:
        service.away = True
        found = trickle.note(encoded, 0.0)
        assert found is not None
        await record.trickled(workspace, ASKER, found)
        assert trickle.note(encoded, 10.0) is None  # the counters do not say it again within the hour
        await record.tell_shown()
        service.away = False
        await record.tell_shown()
        await record.tell_shown()
        assert [(event.action, event.detail["bytes"]) for event in service.events] == [("output.encoded", 4_000)]
    finally:
        await workspace.cut("test")


async def test_a_person_who_starts_again_and_again_to_look_on_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workspaces" / REF / "run").mkdir(parents=True)
    config = parse_config('{"domain": "d.example", "session_bytes": 1000}')
    neighbours, service = Neighbours(config), Service()
    workspaces = Workspaces(config.limits, Calls(config, neighbours).server, Packages(config, neighbours).server)
    record = Record(service)
    for _ in range(4):
        await workspaces.open(parse_tenancy(REF, tenancy()))
        workspace = workspaces.get(REF)
        assert workspace is not None
        await record.trickled(workspace, ASKER, workspace.meter.count(900))
        await workspaces.cut(REF, "test")
    await neighbours.close()
    [event] = service.events
    assert (event.action, event.detail["kind"], event.detail["bytes"]) == ("output.encoded", "all", 3600)


async def test_entering_a_workspace_is_recorded_once_per_session() -> None:
    service = Service()
    record = Record(service)
    workspace = OpenWorkspace(parse_tenancy(REF, tenancy()), Limits(), Room(1))
    try:
        for _ in range(3):
            await record.opened(workspace, ASKER)
        assert [event.action for event in service.events] == ["workspace.opened"]
        assert service.events[0].subjects.refs == ("gibleed",)
    finally:
        await workspace.cut("test")
