"""What the doctor says of a whole zone: on a server of the playbook as on a machine of one's own."""

from __future__ import annotations

import contextlib
import os
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.event import Actor, Event, Object, Source, Subjects
from hub_config.backup.age import fault_of
from hub_config.doctor import Diagnosis, diagnose, of_backups, of_disks
from hub_config.settings import FILE_NAME, BackupSettings, Settings, SpaceSettings, load_settings
from hub_config.zone import open_zone
from tests.integration.house.house_people import make_zone
from tests.integration.hub_config.test_mending import stand_in

UNITS = 'shift 3; for u in "$@"; do printf "Id=%s\\nActiveState=active\\nMainPID=7\\nNRestarts=0\\n\\n" $u; done'


@pytest.fixture
def home(usual_database: None, tmp_path: Path) -> Path:
    make_zone(tmp_path / "zone")
    return tmp_path / "zone"


def rows_of(home: Path) -> dict[str, Diagnosis]:
    return {row.check.en: row for row in diagnose(home)}


def on_a_server(home: Path, programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it a zone that systemd runs, on a machine whose engine is away."""
    file = home / FILE_NAME
    file.write_text(file.read_text().replace("run_by: supervisor", "run_by: systemd"))
    programs.mkdir()
    stand_in(programs, "systemctl", UNITS)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{programs}/engine.sock")


def test_on_a_server_nobody_is_told_to_be_root_or_to_run_make(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "root" in rows_of(home), "an embedded zone is started by root"
    on_a_server(home, tmp_path / "bin", monkeypatch)
    rows = rows_of(home)
    assert "root" not in rows
    assert rows["ports"].ok
    engine = rows["container engine"]
    assert (engine.ok, "ansim-engine" in str(engine.hint)) == (False, True)
    assert [name for name, row in rows.items() if "make up" in f"{row.reason} {row.hint}"] == []
    # Whether somebody keeps the time of the machine that tests run on is not the zone's fault.
    assert {name for name, row in rows.items() if not row.ok} - {"clock"} == {"container engine"}


def test_a_taken_port_leads_to_the_inventory_on_a_server(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_server(home, tmp_path / "bin", monkeypatch)
    stand_in(tmp_path / "bin", "systemctl", UNITS.replace("=active", "=inactive"))
    zone = load_settings(home).zone
    with contextlib.ExitStack() as taken:
        with contextlib.suppress(OSError):  # another program has it: as good
            taken.enter_context(socket.create_server((zone.bind, zone.port)))
        ports = rows_of(home)["ports"]
    assert (ports.ok, "ansim_settings" in str(ports.hint), "make" in str(ports.hint)) == (False, True, False)


def backed_up(home: Path) -> Settings:
    settings = load_settings(home)
    return replace(settings, backup=BackupSettings(repository="backups", every_hours=6))


def test_a_backup_that_is_missed_is_said_and_a_zone_that_makes_none_is_at_no_fault(home: Path) -> None:
    none = of_backups(load_settings(home))
    assert (none.ok, none.reason != "") == (True, True)
    settings = backed_up(home)
    assert not of_backups(settings).ok, "none came back yet"
    zone = open_zone(home, "worker")
    about = Object("zone", zone.zone_id)
    for outcome in ("ok", "failed"):  # what failed later is no backup, and takes none away
        zone.log.record(
            Event("zone.backed_up", Actor.service("worker"), about, Subjects.none(), Source(None), outcome=outcome)
        )
    zone.log.settle()
    zone.db.close()
    now = datetime.now(UTC)
    assert of_backups(settings).ok
    assert fault_of(settings, now + timedelta(hours=11)) is None
    assert fault_of(settings, now + timedelta(hours=13)) is not None


def test_a_disk_that_fills_up_is_named(home: Path) -> None:
    settings = load_settings(home)
    assert of_disks(settings).ok
    other = Path("/dev/shm").resolve()
    full = replace(settings, space=SpaceSettings(low_percent=101), backup=BackupSettings(repository=str(other)))
    found = of_disks(full)
    assert (found.ok, "backups" in str(found.reason)) == (False, True)
    assert "log" not in str(found.reason), "its disk has a row of its own"
