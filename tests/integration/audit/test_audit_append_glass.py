"""Break-glass: the record can be read while it cannot be written, for a time, by root, and the log learns of it."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.break_glass import MOST_MINUTES, OUTSIDE, READINGS
from audit.break_glass_cli import break_glass
from audit.break_glass_log import close_glass, open_glass, take_in
from audit.catalogue import CATALOGUE
from audit.errors import LogFull, NotDurable
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.refs import new_event_id
from audit.search import Query, search
from audit.space import Space, Thresholds
from tests.databases import accept_entries, refuse_entries
from tests.integration.audit.audit_world import ORIGIN, World, an_event

OPENING = Event(
    "log.break_glass", Actor.service("cli"), Object("log", "audit"), Subjects.none(), Source(None),
    sealed={"comment": "evidence for the officer"},
)  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(usual_world: World, clock: Clock) -> AuditLog:
    """The log as the command line opens it."""
    world = usual_world
    return AuditLog(world.db, world.keys, component="cli", origin=ORIGIN, log_dir=world.home / "log", clock=clock)


def reading() -> Event:
    return Event("log.searched", Actor.service("cli"), Object("log", "audit"), Subjects.none(), Source(None))


def break_log(log: AuditLog) -> None:
    with log.db.begin() as tx:
        refuse_entries(tx)


def mend_log(log: AuditLog) -> None:
    with log.db.begin() as tx:
        accept_entries(tx)


def actions(log: AuditLog) -> list[str]:
    log.settle()
    with log.db.read() as tx:
        return [entry.body["action"] for entry in search(tx, Query(newest_first=False))]


def test_a_reading_of_a_log_that_cannot_be_written_is_refused(log: AuditLog) -> None:
    break_log(log)
    with pytest.raises(NotDurable):
        log.record(reading())


def test_with_broken_glass_it_is_kept_beside_the_log_and_entered_afterwards(log: AuditLog) -> None:
    break_log(log)
    open_glass(log, OPENING, 60)
    event = reading()
    assert log.record(event) == OUTSIDE
    assert actions(log) == []
    assert not take_in(log)
    mend_log(log)
    assert take_in(log)
    assert actions(log) == ["log.break_glass", "log.searched"]
    assert log.glass.kept() == []
    assert log.unseal(0)["comment"] == "evidence for the officer"
    with log.db.read() as tx:
        assert search(tx, Query(action="log.searched"))[0].body["detail"]["kept_at"].startswith("2026-11-21T12:00")


def test_on_a_full_disk_what_was_read_is_taken_in_and_nothing_else_begins(log: AuditLog) -> None:
    log.directory.mkdir(exist_ok=True)
    log.space = Space(log.directory, Thresholds(exhausted_bytes=2**60, reserve_bytes=0))
    open_glass(log, OPENING, 60)
    log.record(reading())
    second = replace(OPENING, id=new_event_id())
    open_glass(log, second, 60)
    assert actions(log) == ["log.break_glass", "log.searched", "log.break_glass"]
    assert log.glass.kept() == []
    with log.db.begin() as tx, pytest.raises(LogFull):
        log.append(tx, reading())
    log.glass.close()
    with pytest.raises(LogFull):
        log.record(reading())


def test_breaking_the_glass_of_a_sound_log_is_recorded_at_once(log: AuditLog) -> None:
    open_glass(log, OPENING, 60)
    assert actions(log) == ["log.break_glass"]
    log.record(reading())
    close_glass(log, Event("log.break_glass_ended", OPENING.actor, OPENING.object, OPENING.subjects, OPENING.source))
    assert actions(log) == ["log.break_glass", "log.searched", "log.break_glass_ended"]


def test_a_rewritten_log_is_read_without_writing_to_it(usual_world: World, log: AuditLog) -> None:
    usual_world.fill(5)
    usual_world.log.checkpoint()
    usual_world.tamper("DELETE FROM audit_entry WHERE idx = 4")
    open_glass(log, OPENING, 60)
    log.record(reading())
    assert usual_world.size() == 4
    assert [event.action for event in log.glass.kept()] == ["log.break_glass", "log.searched"]


def test_it_permits_nothing_but_reading(log: AuditLog) -> None:
    break_log(log)
    open_glass(log, OPENING, 60)
    for action in sorted(CATALOGUE.keys() - READINGS):
        with pytest.raises(NotDurable):
            log.record(an_event(action))
    with log.db.begin() as tx, pytest.raises(NotDurable):
        log.append(tx, reading())


def test_it_helps_the_command_line_only(usual_world: World, log: AuditLog) -> None:
    open_glass(log, OPENING, 60)
    break_log(log)
    with pytest.raises(NotDurable):
        usual_world.log.record(reading())  # the portal's


@pytest.mark.parametrize("minutes", [1, 60, 100_000])
def test_it_ends_by_itself(log: AuditLog, clock: Clock, minutes: int) -> None:
    break_log(log)
    grant = open_glass(log, OPENING, minutes)
    assert grant.until - grant.opened_at <= timedelta(minutes=MOST_MINUTES)
    clock.now = grant.until
    with pytest.raises(NotDurable):
        log.record(reading())


def test_a_clock_that_was_set_back_does_not_lengthen_it(log: AuditLog, clock: Clock) -> None:
    break_log(log)
    open_glass(log, OPENING, 60)
    clock.now -= timedelta(hours=1)
    with pytest.raises(NotDurable):
        log.record(reading())


@pytest.mark.parametrize("content", ["", "{}", "null", '{"until": 1}', "\ud83d"])
def test_a_damaged_grant_opens_nothing(log: AuditLog, content: str) -> None:
    log.directory.mkdir(exist_ok=True)
    (log.directory / "break-glass.json").write_bytes(content.encode("utf-8", "surrogatepass"))
    assert log.glass.grant() is None


class Terminal:
    def __init__(self, log: AuditLog, home: Path) -> None:
        self.log, self.home, self.json = log, home, True
        self.said: list[str] = []

    def zone(self) -> Any:
        return self

    def print(self, *objects: object) -> None:
        self.said.append(" ".join(map(str, objects)))

    def run(self, **given: object) -> tuple[int, Any]:
        defaults = {"reason": "", "minutes": 60, "end": False}
        code = break_glass(Namespace(**(defaults | given)), self)
        return code, json.loads(self.said[-1])


def test_the_command_asks_for_a_reason_and_says_how_long(
    log: AuditLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    terminal = Terminal(log, tmp_path)
    for wrong in ("", "  ", "x", " a  b "):
        code, said = terminal.run(reason=wrong)
        assert (code, "at least 5 characters" in said["error"]) == (2, True)
    code, said = terminal.run(reason="the log was rewritten")
    assert (code, said["open"], said["recorded"]) == (0, True, True)
    assert terminal.run(end=True) == (0, {"open": False, "recorded": True})
    assert actions(log) == ["log.break_glass", "log.break_glass_ended"]


def test_nobody_but_root_may_run_it(log: AuditLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    code, _said = Terminal(log, tmp_path).run(reason="I am curious")
    assert code == 3
    assert log.glass.grant() is None
