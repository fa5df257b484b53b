"""No process of a zone starts over a log that is shorter or different than its last checkpoint outside the database."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from audit.event import Actor, Event, Object, Source, Subjects
from hub_config.errors import LogRefused
from hub_config.log_check import check_log, checked
from hub_config.migrate import migrate
from hub_config.processes import REPOSITORY
from hub_config.settings import HubSettings, ZoneSettings, load_settings, settings_text
from hub_config.zone import Zone, open_zone

CHANGES = {
    "shorter": "DELETE FROM audit_entry WHERE idx = 4",
    "different": "UPDATE audit_entry SET leaf_hash = (SELECT leaf_hash FROM audit_entry WHERE idx = 0) WHERE idx = 3",
}


@pytest.fixture
def zone(tmp_path: Path) -> Zone:
    for name in ("keys", "log", "run"):
        (tmp_path / name).mkdir()
    (tmp_path / "ansim.yaml").write_text(settings_text(ZoneSettings(), HubSettings()))
    migrate(load_settings(tmp_path).database_url())
    made = open_zone(tmp_path, "cli")
    for _ in range(5):
        made.log.record(Event("zone.started", Actor.service("cli"), Object("zone", "z"), Subjects.none(), Source(None)))
    made.log.checkpoint()
    return made


def tamper(zone: Zone, change: str) -> None:
    with zone.db.begin() as tx:
        for name in tx.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            tx.execute(text(f"DROP TRIGGER {name}"))
        tx.execute(text(CHANGES[change]))


def test_a_log_that_is_as_it_was_signed_starts(zone: Zone) -> None:
    check_log(zone.settings)
    assert checked(zone) is zone


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_a_log_that_is_not_refuses_to_start_and_says_what_was_found(zone: Zone, change: str) -> None:
    tamper(zone, change)
    with pytest.raises(LogRefused, match={"shorter": "4 entries", "different": "first 5 entries"}[change]) as refused:
        check_log(zone.settings)
    assert refused.value.exit_code == 10
    assert "break-glass" in str(refused.value.hint)
    with pytest.raises(LogRefused):
        checked(zone)


def test_a_log_whose_checkpoint_files_are_all_gone_refuses_to_start_and_says_how_to_go_on(zone: Zone) -> None:
    zone.log.record(Event("zone.stopped", Actor.service("cli"), Object("zone", "z"), Subjects.none(), Source(None)))
    zone.log.checkpoint()
    shutil.rmtree(zone.home / "log")
    with pytest.raises(LogRefused, match=r"signed 6 entries, and .*/log holds no checkpoint") as refused:
        check_log(zone.settings)
    assert "accept-head" in str(refused.value.hint)


@pytest.mark.parametrize("process", ["audit", "portal", "worker", "hub"])
def test_no_process_starts_over_it(zone: Zone, process: str) -> None:
    tamper(zone, "shorter")
    ended = subprocess.run(
        [sys.executable, "-m", "hub_config.serve", process],
        env={**os.environ, "ANSIM_HOME": str(zone.home), "PYTHONPATH": str(REPOSITORY)},
        cwd=zone.home,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode != 0
    assert "LogRefused" in ended.stderr, ended.stderr[-500:]
