"""The machine's clock steps forth and back under a running process.

The log stays whole, no code is good twice, and whatever a wrong clock ended goes on when the clock is right.
The clock is stepped below the process, by libfaketime, as a wrong time server would; the monotonic clock goes on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub_config.processes import REPOSITORY
from hub_config.zone import open_zone
from registry.desk import CLI
from registry.model import Role
from tests.integration.house.house_people import HERE, dataset, granted, join, make_zone, project

PERMIT_DAYS = 20
STEPS = (0, 5, -5, 40, -40, 0)
"""Days by which the clock is off, one after another: within a permit, beyond its end, before its beginning."""

pytestmark = pytest.mark.long


@dataclass(frozen=True, slots=True)
class Victim:
    """A process of a zone, and the file that says what time it is for it."""

    process: subprocess.Popen[str]
    offset: Path
    secret: str

    def off_by(self, days: float) -> None:
        """Step its clock."""
        self.offset.write_text(f"{days * 86400:+.0f}\n", encoding="utf-8")

    def do(self, *words: str) -> Any:
        """Have it do something; return what it says."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the process has ended"
        return json.loads(line)


def library() -> str:
    """Return libfaketime of this machine."""
    found = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
    if found is None:
        pytest.fail("libfaketime is missing: apt-get install -y --no-install-recommends faketime")
    return str(found)


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    home, offset = tmp_path / "zone", tmp_path / "offset"
    home.mkdir()
    make_zone(home)
    zone = open_zone(home, "cli")
    secret = join(zone, "minji")
    join(zone, "sunhee", Role.DATA_CONTROLLER)
    dataset(zone)
    project(zone, days=PERMIT_DAYS)
    found = zone.registry.project("study")
    zone.registry.add_member("study", "minji", Role.RESEARCHER, found.starts_at, found.ends_at, by=CLI, source=HERE)
    granted(zone)
    zone.db.close()
    offset.write_text("+0\n", encoding="utf-8")
    stepped = {
        "LD_PRELOAD": library(),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "PYTHONPATH": str(REPOSITORY),
    }
    command = [sys.executable, "-m", "tests.integration.hub_config.clock_steps_victim", str(home)]
    process = subprocess.Popen(
        command, env={**os.environ, **stepped}, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield Victim(process, offset, secret)
    process.stdin.close()  # type: ignore[union-attr]
    process.wait(60)


def test_the_log_stays_whole_whatever_the_clock_says(victim: Victim) -> None:
    indexes = []
    for days in STEPS:
        victim.off_by(days)
        told = datetime.fromisoformat(victim.do("now"))
        assert abs(told - datetime.now(UTC) - timedelta(days=days)) < timedelta(minutes=5), "the clock did not step"
        indexes.append(victim.do("record"))
        assert victim.do("sign") is True
    assert indexes == sorted(set(indexes)), "the order is the log's own, not the clock's"


def test_a_permit_that_a_wrong_clock_ended_goes_on_when_the_clock_is_right(victim: Victim) -> None:
    for days in STEPS:
        victim.off_by(days)
        assert (victim.do("work") == "may work") == (0 <= days < PERMIT_DAYS), f"off by {days} days"


def test_no_code_is_good_twice_however_the_clock_steps(victim: Victim) -> None:
    victim.off_by(0.01)  # the code of the invitation is used up
    used = victim.do("enter", victim.secret)
    assert not used.startswith("refused")
    for days in (0.01, -0.01, 0.0, 0.01):
        victim.off_by(days)
        assert victim.do("enter", victim.secret, used).startswith("refused"), f"off by {days} days"


def test_who_signed_in_while_the_clock_ran_ahead_signs_in_again_later_and_nobody_else_waits(victim: Victim) -> None:
    victim.off_by(0.01)
    assert not victim.do("enter", victim.secret).startswith("refused")
    victim.off_by(0)
    assert victim.do("enter", victim.secret).startswith("refused"), "until the clock has come to where it was"
    victim.off_by(0.02)
    assert not victim.do("enter", victim.secret).startswith("refused")
