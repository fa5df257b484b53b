"""A report that root made beside a zone: recorded if it is whole, of today, and about the zone's own image."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit.event import Actor
from audit.search import Query, search
from hub_config.cli import main
from hub_config.engine_helper.errors import HelperSettingsError
from hub_config.machine_settings import MachineSettings
from hub_config.probe.beside import real_zone, settings_beside
from hub_config.probe.host.base import RealZone
from hub_config.probe.model import Finding, Report, Verdict
from hub_config.probe.service import HelperRefuses, probe
from hub_config.probe.standing import read_standing, standing_under
from hub_config.probe.table import PROBES
from hub_config.probe.taking import ReportRefused, take
from hub_config.zone import Zone, open_zone
from images.manifest import ImageInfo, write_manifest
from tests.integration.house.house_people import make_zone

CLI = Actor.service("cli")
IMAGE = "a1" * 32


@pytest.fixture
def zone(tmp_path: Path) -> Zone:
    make_zone(tmp_path)
    (tmp_path / "images").mkdir()
    write_manifest(tmp_path, ImageInfo("notebook", "x", f"sha256:{IMAGE}", "", "", "", 1, "", (), ()))
    return open_zone(tmp_path, "cli")


def document(*, broken: int = 0, ended: timedelta = timedelta(0), **changed: Any) -> dict[str, Any]:
    """A whole report, but for what is changed."""
    verdicts = [Verdict.BROKEN] * broken + [Verdict.HELD] * (len(PROBES) - broken)
    findings = tuple(Finding(one.id, verdict, "") for one, verdict in zip(PROBES, verdicts, strict=True))
    now = datetime.now(UTC).replace(microsecond=0) + ended
    given = {"zone": "z", "image": IMAGE, "runtime": "runc", "engine": "28.5"} | changed
    report = Report(began=now - timedelta(minutes=1), ended=now, findings=findings, **given)
    return {**report.document(), "sha256": report.digest()}


def test_a_report_becomes_the_zones_last_and_an_entry_of_its_record(zone: Zone) -> None:
    given = document(broken=1)
    take(zone, CLI, json.dumps(given))
    standing = read_standing(zone.settings)
    assert standing is not None
    assert standing.broken == (PROBES[0].id,)
    with zone.db.read() as tx:
        (entry,) = search(tx, Query(action="zone.probed"))
    assert (entry.body["outcome"], entry.body["reason"]) == ("failed", "wall_broken")
    assert entry.body["detail"]["report"] == given["sha256"]


def test_reports_about_several_runtimes_are_taken_together_or_none_of_them(zone: Zone) -> None:
    texts = [json.dumps(document(runtime=runtime, broken=n)) for n, runtime in enumerate(("runc", "runsc"))]
    with pytest.raises(ReportRefused):
        take(zone, CLI, texts[0] + "\n" + texts[1][:-1])
    assert read_standing(zone.settings) is None
    took = take(zone, CLI, "\n".join(texts))
    assert [(report.runtime, report.held) for report in took] == [("runc", True), ("runsc", False)]
    assert [len(standing_under(zone.home, runtime).broken) for runtime in ("runc", "runsc")] == [0, 1]  # type: ignore[union-attr]


def changed(**values: Any) -> str:
    return json.dumps({**document(), **values})


@pytest.mark.parametrize(
    "text",
    [
        lambda: "",
        lambda: "[]",
        lambda: "x" * 5_000_000,
        lambda: changed(findings=[]),
        lambda: changed(findings=[{"probe": "x", "verdict": "fine", "seen": ""}]),
        lambda: changed(engine="29"),
        lambda: changed(ended="yesterday"),
        lambda: json.dumps(document(image="b2" * 32)),
        lambda: json.dumps(document(ended=-timedelta(days=2))),
        lambda: json.dumps(document(ended=timedelta(hours=1))),
    ],
)
def test_anything_else_is_refused_and_leaves_nothing(zone: Zone, text: Callable[[], str]) -> None:
    with pytest.raises(ReportRefused):
        take(zone, CLI, text())
    assert read_standing(zone.settings) is None


def test_the_command_takes_it_from_its_input_and_ends_as_a_probe_does(
    zone: Zone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for broken, code in ((0, 0), (1, 10)):
        monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(document(broken=broken))))
        assert main(["--home", str(zone.home), "probe", "--take", "-", "--json"]) == code
        assert json.loads(capsys.readouterr().out)["counts"]["broken"] == broken


def test_a_zone_behind_the_helper_says_who_probes_it(tmp_path: Path) -> None:
    settings: Any = type("S", (), {"machine": MachineSettings(run_by="systemd", engine_helper="/run/ansim-engine/s")})
    behind: Any = type("Z", (), {"settings": settings})
    with pytest.raises(HelperRefuses) as refused:
        probe(behind, CLI, lambda finding: None)
    assert "as root" in str(refused.value.hint)


def test_root_takes_whose_workspaces_run_from_its_own_file(zone: Zone, tmp_path: Path) -> None:
    helper = tmp_path / "engine-helper.json"
    told = {
        "zone": "0123456789ab",
        "home": "/srv/zone",
        "notebook": "",
        "scanner": "",
        "callers": [],
        "dataset_roots": [],
    }
    helper.write_text(json.dumps(told))
    helper.chmod(0o644)
    assert real_zone(zone.settings, helper, owner=os.geteuid()) == RealZone(zone.settings, "0123456789ab")
    helper.chmod(0o666)
    with pytest.raises(HelperSettingsError):
        real_zone(zone.settings, helper, owner=os.geteuid())


def test_what_is_attacked_has_the_zones_walls_and_none_of_its_secrets() -> None:
    real = {
        "zone": {"domain": "safe.example.org"},
        "gate": {"session_bytes": 5},
        "database": {"url": "postgresql+psycopg://ansim:secret@db/ansim"},
        "machine": {"run_by": "systemd", "engine_helper": "/run/ansim-engine/engine.sock"},
        "mail": {"password": "secret"},
    }
    assert yaml.safe_load(settings_beside(yaml.safe_dump(real))) == {"zone": real["zone"], "gate": real["gate"]}
