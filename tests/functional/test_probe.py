"""`ansim probe` in a zone that is up: every wall stands, and the log says so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub_config.probe.table import PROBES

pytestmark = [pytest.mark.engine, pytest.mark.long]


def test_every_wall_of_a_zone_stands_and_the_log_holds_the_report(zone: Any) -> None:
    done = zone.ansim("probe", "--json", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert {f["probe"] for f in report["findings"]} == {probe.id for probe in PROBES}
    assert report["counts"]["broken"] == 0
    entries = zone.ansim("audit", "search", "--action", "zone.probed", "--limit", "5", "--json").stdout
    assert '"zone.probed"' in entries
    assert report["sha256"] in entries
    assert "ansim-mark" not in done.stdout
    kept = json.loads((zone.home / "probe" / "last.json").read_text())
    assert kept["sha256"] == report["sha256"]
    assert list((zone.home / "probe").glob("range-*")) == []


def test_the_last_report_is_shown_without_a_new_one(zone: Any) -> None:
    before = zone.ansim("probe", "--last", "--json", check=False).stdout
    assert before == zone.ansim("probe", "--last", "--json", check=False).stdout
