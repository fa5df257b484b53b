"""The watch of the disk: each change of its level is recorded once, also across restarts, and refusals too."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from audit.errors import LogFull
from audit.event import Object
from audit.log import AuditLog
from audit.search import Query, search
from audit.space import MEBIBYTE, RESERVE_FILE, Space, Thresholds
from audit.space_watch import SpaceWatch
from audit.wire import Request
from audit.writer import Recorder
from tests.integration.audit.audit_world import ORIGIN, World, an_event

AMPLE = Thresholds(low_bytes=1, low_percent=0, exhausted_bytes=0, reserve_bytes=MEBIBYTE)
LOW = Thresholds(low_bytes=2**60, exhausted_bytes=0, reserve_bytes=MEBIBYTE)
EXHAUSTED = Thresholds(exhausted_bytes=2**60, reserve_bytes=MEBIBYTE)


def log_with(world: World, space: Space) -> AuditLog:
    directory = world.home / "log"
    directory.mkdir(exist_ok=True)
    return AuditLog(world.db, world.keys, component="worker", origin=ORIGIN, log_dir=directory, space=space)


def told(world: World) -> list[str]:
    world.log.settle()
    with world.db.read() as tx:
        found = search(tx, Query(newest_first=False))
    return [entry.body["action"] for entry in found if entry.body["action"].startswith("log.space")]


def test_the_service_keeps_no_code_that_a_full_disk_refuses_and_records_what_ends_beside_it(
    usual_world: World,
) -> None:
    log = log_with(usual_world, Space(usual_world.home / "log", EXHAUSTED))
    sent = Request(an_event("cell.sent", object=Object("workspace", "ws_aaaaaaaaaaaaaaaa")), b"print(1)")
    stopped = Request(an_event("workspace.stop", object=Object("workspace", "ws_aaaaaaaaaaaaaaaa")))
    refused, recorded = Recorder(log, usual_world.cells).record([(sent, "gate"), (stopped, "hub")])
    assert isinstance(refused, LogFull)
    assert not isinstance(recorded, Exception), recorded
    assert usual_world.cells.key_ids() == []


def test_what_ends_something_is_recorded_though_the_disk_fills_between_two_looks_at_it(usual_world: World) -> None:
    times = itertools.count(0, 0.4)  # of the third question on, the look is older than a second
    space = Space(usual_world.home / "log", AMPLE, clock=lambda: next(times))
    log = log_with(usual_world, space)
    space.look()
    space._limits = EXHAUSTED
    begun = Request(an_event("workspace.start", object=Object("workspace", "ws_aaaaaaaaaaaaaaaa")))
    stopped = Request(an_event("workspace.stop", object=Object("workspace", "ws_aaaaaaaaaaaaaaaa")))
    refused, recorded = Recorder(log, usual_world.cells).record([(begun, "hub"), (stopped, "hub")])
    assert isinstance(refused, LogFull)
    assert not isinstance(recorded, Exception), recorded
    usual_world.log.settle()
    with usual_world.db.read() as tx:
        assert [one.body["action"] for one in search(tx, Query())] == ["workspace.stop"]


def test_every_change_is_told_once_and_a_restart_tells_nothing_again(usual_world: World) -> None:
    space = Space(usual_world.home / "log", AMPLE)
    log = log_with(usual_world, space)
    watch = SpaceWatch(log, space)
    for limits in (AMPLE, LOW, LOW, EXHAUSTED, EXHAUSTED, LOW, AMPLE):
        space._limits = limits
        watch.look()
        SpaceWatch(log, space).look()  # another process, or the same after a restart
    assert told(usual_world) == ["log.space_low", "log.space_exhausted", "log.space_low", "log.space_recovered"]


def test_on_a_full_disk_the_refusal_is_recorded_into_the_reserve_and_nothing_begins(usual_world: World) -> None:
    place: Path = usual_world.home / "log"
    space = Space(place, AMPLE)
    log = log_with(usual_world, space)
    watch = SpaceWatch(log, space)
    watch.look()
    assert (place / RESERVE_FILE).exists()
    space._limits = EXHAUSTED
    watch.look()
    assert not (place / RESERVE_FILE).exists()
    start = an_event("workspace.start", object=Object("workspace", "ws_aaaaaaaaaaaaaaaa"), outcome="intent")
    with pytest.raises(LogFull):
        log.record(start)
    with log.db.begin() as tx, pytest.raises(LogFull):
        log.append(tx, start)
    log.record(an_event("workspace.stop"))
    assert told(usual_world) == ["log.space_exhausted"]
    space._limits = AMPLE
    watch.look()
    assert (place / RESERVE_FILE).exists()
    log.record(start)
