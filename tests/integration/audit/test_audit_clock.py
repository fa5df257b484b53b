"""How right the clock was: beside each checkpoint, in the log when it changes, and from sources that lie or hang."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import DatabaseError

from audit.cli import add_parser
from audit.clock.keeping import ClockWatch, furthest, last_kept
from audit.clock.reading import Reading, told
from audit.clock.sources import Chrony, FirstThatAnswers, Kernel, Systemd, TimeSource, of_kernel, parse_tracking
from audit.log import AuditLog
from audit.search import Query, search
from tests.integration.audit.audit_world import ORIGIN, World, an_event

RIGHT = Reading("chrony", synchronised=True, offset_us=-37, error_us=9_000)
FAR = Reading("chrony", synchronised=True, offset_us=1_000_001)
LOST = Reading("chrony", synchronised=False)

# As chrony 4.3 prints it.
TRACKING = """\
Reference ID    : 7F000001 (127.0.0.1)
Stratum         : 9
Ref time (UTC)  : Sun Nov 22 13:15:56 2026
System time     : 0.000003400 seconds {way} of NTP time
Last offset     : +0.000000146 seconds
RMS offset      : 0.000003676 seconds
Frequency       : 0.128 ppm slow
Residual freq   : +0.004 ppm
Skew            : 0.561 ppm
Root delay      : 0.000010170 seconds
Root dispersion : 0.000003550 seconds
Update interval : 1.0 seconds
Leap status     : {leap}
"""


@dataclass
class Keeper:
    """A keeper of time whose word a test decides."""

    says: Reading | None = RIGHT
    asked: int = field(default=0)

    def read(self) -> Reading | None:
        self.asked += 1
        return self.says


def log_with(world: World, source: TimeSource) -> AuditLog:
    return AuditLog(
        world.db, world.keys, component="worker", origin=ORIGIN, log_dir=world.home / "log", time_source=source
    )


def clock_entries(world: World) -> list[tuple[str, str | None]]:
    world.log.settle()
    with world.db.read() as tx:
        found = search(tx, Query(newest_first=False))
    return [
        (entry.body["action"], entry.body.get("reason"))
        for entry in found
        if entry.body["action"].startswith("log.clock")
    ]


def test_each_checkpoint_has_what_was_known_of_the_clock_and_verifies_as_ever(world: World) -> None:
    keeper = Keeper()
    log = log_with(world, keeper)
    for says in (RIGHT, LOST, None):
        keeper.says = says
        log.record(an_event())
        log.checkpoint()
        log.checkpoint()  # nothing is new: nothing is signed, and nobody is asked
    assert keeper.asked == 3
    with world.db.read() as tx:
        kept = last_kept(tx, limit=9)
    assert [(one.size, one.reading) for one in kept] == [(3, Reading("none", None)), (2, LOST), (1, RIGHT)]
    assert world.verify().ok


def test_what_was_kept_can_neither_be_changed_nor_removed(world: World) -> None:
    log = log_with(world, Keeper())
    log.record(an_event())
    log.checkpoint()
    for statement in ("UPDATE audit_clock SET offset_us = 0", "DELETE FROM audit_clock"):
        with pytest.raises(DatabaseError), world.db.begin() as tx:
            tx.exec_driver_sql(statement)


def test_the_furthest_offset_of_a_period_is_found(usual_world: World) -> None:
    keeper = Keeper()
    log = log_with(usual_world, keeper)
    for offset in (5, -80, 60):
        keeper.says = Reading("chrony", synchronised=True, offset_us=offset)
        log.record(an_event())
        log.checkpoint()
    now = datetime.now(UTC)
    with usual_world.db.read() as tx:
        worst = furthest(tx, now - timedelta(hours=1))
        assert worst is not None
        assert worst.reading.offset_us == -80
        assert furthest(tx, now + timedelta(hours=1)) is None


def test_a_change_is_told_once_with_its_reason_and_a_restart_tells_nothing_again(usual_world: World) -> None:
    keeper = Keeper(None)
    log = log_with(usual_world, keeper)
    watch = ClockWatch(log, keeper)
    for says in (None, RIGHT, RIGHT, FAR, LOST, RIGHT, None, None, RIGHT):
        keeper.says = says
        watch.look()
        ClockWatch(log, keeper).look()  # another process, or the same after a restart
    assert clock_entries(usual_world) == [
        ("log.clock_right", None),
        ("log.clock_off", "offset"),
        ("log.clock_right", None),
        ("log.clock_off", "unread"),
        ("log.clock_right", None),
    ]


def test_the_kernel_of_this_machine_answers_or_is_not_asked() -> None:
    said = Kernel().read()
    assert said is None or (said.source == "kernel" and said.synchronised is not None)
    assert of_kernel(0, 0x2001, -1_500_000, 9) == Reading("kernel", synchronised=True, offset_us=1_500, error_us=9)
    assert of_kernel(5, 0x0040, 7, 9) == Reading("kernel", synchronised=False)


def test_chrony_says_how_far_the_clock_is_and_which_way() -> None:
    fast, slow = (parse_tracking(TRACKING.format(way=way, leap="Normal")) for way in ("fast", "slow"))
    assert fast == Reading("chrony", synchronised=True, offset_us=3, error_us=9)
    assert slow == Reading("chrony", synchronised=True, offset_us=-3, error_us=9)
    assert parse_tracking(TRACKING.format(way="fast", leap="Not synchronised")) == LOST
    assert parse_tracking("506 Cannot talk to daemon\n") is None
    assert parse_tracking(TRACKING.format(way="fast", leap="Normal").replace("0.000003400", "nan")) is None


def a_program(place: Path, script: str) -> str:
    place.write_text(f"#!/bin/sh\n{script}\n")
    place.chmod(0o755)
    return str(place)


def test_a_program_that_fails_babbles_or_is_not_there_says_nothing_and_the_next_source_is_asked(tmp_path: Path) -> None:
    failing = a_program(tmp_path / "failing", "echo 506 Cannot talk to daemon; exit 1")
    babbling = a_program(tmp_path / "babbling", "printf '\\377\\000 Leap status : Normal'")
    for command in (failing, babbling, str(tmp_path / "absent")):
        assert Chrony((command,)).read() is None
        assert Systemd((command,)).read() is None
        assert FirstThatAnswers((Chrony((command,)), Keeper())).read() == RIGHT
    (tmp_path / "said").write_text(TRACKING.format(way="slow", leap="Normal"))
    speaking = a_program(tmp_path / "speaking", f"cat {tmp_path / 'said'}")
    assert Chrony((speaking,)).read() == Reading("chrony", synchronised=True, offset_us=-3, error_us=9)


@pytest.mark.parametrize(
    ("reading", "state", "ko", "en"),
    [
        (RIGHT, "right", "-0.000037초", "-0.000037 s"),
        (FAR, "off", "+1.000001초", "+1.000001 s"),
        (LOST, "off", "동기화되어 있지 않습니다", "not synchronised"),
        (Reading("systemd", synchronised=True), "right", "차이는 알 수 없음", "not known"),
        (Reading("none", None), "unknown", "읽을 수 없습니다", "cannot be read"),
    ],
)
def test_what_it_means_is_said_in_both_languages(reading: Reading, state: str, ko: str, en: str) -> None:
    assert reading.state == state
    assert ko in told(reading).say("ko")
    assert en in told(reading).say("en")


@dataclass
class Terminal:
    """The surroundings of one command, with what it printed."""

    world: World
    keeper: Keeper
    json: bool = False
    lines: list[str] = field(default_factory=list)

    def zone(self) -> SimpleNamespace:
        return SimpleNamespace(db=self.world.db, log=self.world.log, time_source=self.keeper)

    def print(self, *objects: object) -> None:
        self.lines.append(" ".join(map(str, objects)))

    def run(self, *arguments: str) -> int:
        parser = argparse.ArgumentParser()
        add_parser(parser.add_subparsers())
        parsed = parser.parse_args(["audit", *arguments])
        self.json, self.lines = parsed.json, []
        return int(parsed.func(parsed, self))


def test_the_command_shows_the_clock_now_and_as_it_was(usual_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    keeper = Keeper()
    terminal, log = Terminal(usual_world, keeper), log_with(usual_world, keeper)
    assert terminal.run("clock") == 0
    assert "아직" in terminal.lines[-1]
    for says in (Reading("chrony", synchronised=True, offset_us=900), LOST):
        keeper.says = says
        log.record(an_event())
        log.checkpoint()
    assert terminal.run("clock") == 1
    assert "동기화되어 있지 않습니다" in terminal.lines[0]
    assert "+0.000900초" in terminal.lines[1]
    assert terminal.run("clock", "--json") == 1
    found = json.loads(terminal.lines[0])
    assert [row["state"] for row in found["checkpoints"]] == ["off", "right"]
    assert found["largest"]["offset_seconds"] == 0.0009
    assert found["now"]["synchronised"] is False
