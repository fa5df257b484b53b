"""What follows from a report: when the next probe is due, and whether workspaces start."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from audit.event import Actor
from audit.text import Text
from hub_config.doctor import of_walls
from hub_config.probe import service
from hub_config.probe.model import Finding, Report, Verdict
from hub_config.probe.standing import read_standing, report_path, stops_starts
from hub_config.settings import ProbeSettings, Settings
from hub_config.spawner import SafeZoneSpawner
from hub_config.workspace_settings import WorkspaceSettings
from portal.probe_picture import picture
from portal.probe_report import read_report
from registry.errors import Denied

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEPT = 3


def kept(home: Path, *findings: Finding, ended: datetime = NOW, runtime: str = "runc") -> Settings:
    """Keep a report of these findings and return settings that let a broken wall stop starts."""
    report_path(home).parent.mkdir(exist_ok=True)
    report = Report(began=ended, ended=ended, zone="z", image="i", runtime=runtime, engine="e", findings=findings)
    service._keep(home, report)
    return replace(Settings(home=home), probe=ProbeSettings(every_hours=24, on_broken="stop_starts"))


def test_a_broken_wall_stops_starts_only_where_the_settings_say_so(tmp_path: Path) -> None:
    settings = kept(tmp_path, Finding("net.routes", Verdict.BROKEN, ""))
    assert stops_starts(settings)
    assert not stops_starts(replace(settings, probe=ProbeSettings()))


def test_advice_and_a_report_that_is_absent_stop_nothing(tmp_path: Path) -> None:
    settings = kept(tmp_path, Finding("host.userns", Verdict.LACKING, ""))
    assert not stops_starts(settings)
    report_path(tmp_path).unlink()
    assert not stops_starts(settings)
    assert read_standing(settings) is None


def test_a_report_about_one_runtime_says_nothing_for_the_walls_of_another(tmp_path: Path) -> None:
    settings = kept(tmp_path, Finding("net.routes", Verdict.BROKEN, ""))
    kept(tmp_path, Finding("net.routes", Verdict.HELD, ""), ended=NOW + timedelta(hours=1), runtime="runsc")
    both = replace(settings, workspace=WorkspaceSettings(gvisor_projects=("study",)))
    assert stops_starts(settings)
    assert stops_starts(both)
    known = read_standing(both)
    assert known is not None
    assert known.missing == ()
    kept(tmp_path, Finding("net.routes", Verdict.HELD, ""), ended=NOW + timedelta(hours=2))
    assert not stops_starts(both)
    kept(tmp_path, Finding("fs.shared", Verdict.BROKEN, ""), ended=NOW + timedelta(hours=3), runtime="runsc")
    assert stops_starts(both)
    assert not stops_starts(settings), "no workspace starts under gVisor here"
    standing = read_standing(both)
    assert standing is not None
    assert (standing.broken, standing.ended) == (("fs.shared",), NOW + timedelta(hours=2))


def test_where_projects_have_a_kernel_of_their_own_it_is_probed_each_day_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = kept(tmp_path, Finding("net.routes", Verdict.HELD, ""))
    both = replace(settings, workspace=WorkspaceSettings(gvisor_projects=("study",)))
    known = read_standing(both)
    assert known is not None
    assert known.missing == ("runsc",)
    assert "runsc" in Text.say(of_walls(both).reason, "en")  # type: ignore[arg-type]
    zone: Any = SimpleNamespace(home=tmp_path, settings=both)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "zone.id").touch()
    os.utime(tmp_path / "keys" / "zone.id", (NOW.timestamp(), NOW.timestamp()))
    probed: list[str] = []

    def probe(zone: Any, actor: Actor, told: Any, *, runtime: str) -> None:
        probed.append(runtime)

    monkeypatch.setattr(service, "probe", probe)
    assert service.keep_probing(zone, Actor.service("worker"), NOW + timedelta(hours=2))
    assert probed == ["runsc"]
    (tmp_path / "probe" / "tried").unlink()
    assert service.keep_probing(zone, Actor.service("worker"), NOW + timedelta(days=2))
    assert probed == ["runsc", "runc", "runsc"]


def test_a_start_is_refused_while_a_wall_is_broken(tmp_path: Path) -> None:
    settings = kept(tmp_path, Finding("net.routes", Verdict.BROKEN, ""))
    registry: Any = SimpleNamespace(may_work=lambda handle, project: None)
    spawner: Any = SimpleNamespace(zone=SimpleNamespace(registry=registry, settings=settings))
    with pytest.raises(Denied) as denied:
        SafeZoneSpawner._ask_registry(spawner, "minji", "study", False)
    assert denied.value.code == "wall_broken"


def test_the_next_probe_is_due_a_day_after_the_last_and_an_hour_after_a_zone_was_made(tmp_path: Path) -> None:
    settings = kept(tmp_path, Finding("net.routes", Verdict.HELD, ""))
    zone: Any = SimpleNamespace(home=tmp_path, settings=settings)
    assert service.due(zone) == NOW + timedelta(days=1)
    report_path(tmp_path).unlink()
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "zone.id").touch()
    os.utime(tmp_path / "keys" / "zone.id", (NOW.timestamp(), NOW.timestamp()))
    assert service.due(zone) == NOW + timedelta(hours=1)
    assert service.keep_probing(zone, Actor.service("worker"), NOW) is False


def test_old_reports_are_removed_and_the_last_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "KEPT", KEPT)
    for day in range(KEPT + 2):
        kept(tmp_path, Finding("net.routes", Verdict.HELD, ""), ended=NOW + timedelta(days=day))
    assert len(list((tmp_path / "probe" / "reports").iterdir())) == KEPT
    assert json.loads(report_path(tmp_path).read_text())["ended"].startswith("2026-11-26")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_portal_reads_what_the_probe_wrote_and_draws_a_tile_for_each(tmp_path: Path, language: Any) -> None:
    kept(tmp_path, Finding("net.routes", Verdict.BROKEN, "eth0 <x>"), Finding("host.userns", Verdict.LACKING, "no"))
    report = read_report(report_path(tmp_path))
    assert report is not None
    assert [(wall.id, wall.verdict) for wall in report.walls] == [("net", "broken"), ("host", "lacking")]
    drawn = str(picture(report, language))
    assert drawn.count("✗") == len(("for wide screens", "for narrow screens"))
    assert "<x>" not in drawn


def test_a_report_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert read_report(report_path(tmp_path)) is None
    (tmp_path / "probe").mkdir()
    report_path(tmp_path).write_text('{"findings": [{"probe": "x", "verdict": "fine"}]}')
    assert read_report(report_path(tmp_path)) is None
