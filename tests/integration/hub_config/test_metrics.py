"""What monitoring reads: every gauge is there, about nobody, and what cannot be read is absent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2 as httpx
import pytest
import yaml

from audit.event import Actor, Event, Object, Source, Subjects
from hub_config.metrics import GAUGES, ZoneCollector, serve_metrics
from hub_config.processes import REPOSITORY
from hub_config.settings import MetricsSettings
from hub_config.zone import Zone, open_zone
from tests.integration.house.house_people import at_work, make_zone
from tests.ports import free_port

MONITORING = REPOSITORY / "ansible" / "files" / "monitoring"
GAUGE = re.compile(r"\bansim_[a-z_]+\b")


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[Zone]:
    make_zone(tmp_path)
    opened = open_zone(tmp_path, "worker")
    at_work(opened)
    opened.log.checkpoint()
    yield opened
    opened.db.close()


def values(zone: Zone) -> dict[str, list[tuple[dict[str, str], float]]]:
    return {f.name: [(s.labels, s.value) for s in f.samples] for f in ZoneCollector(zone).collect()}


def test_every_gauge_can_be_read_from_a_zone_that_does_not_even_run(zone: Zone) -> None:
    assert set(values(zone)) == {gauge.name for gauge in GAUGES}


def test_the_gauges_say_what_the_zone_says(zone: Zone) -> None:
    before = values(zone)
    with zone.db.read() as tx:
        assert before["ansim_log_entries"] == [({}, float(zone.log.size(tx)))]
    assert before["ansim_log_unsigned"] == [({}, 0.0)]
    assert {value for _, value in before["ansim_process_up"]} == {0.0}
    assert before["ansim_backup_age_seconds"] == []
    about = Object("zone", zone.zone_id)
    zone.log.record(Event("zone.backed_up", Actor.service("worker"), about, Subjects.none(), Source(None)))
    after = values(zone)
    assert after["ansim_log_unsigned"] == [({}, 1.0)]
    assert 0 <= after["ansim_backup_age_seconds"][0][1] < 300


def test_a_scrape_holds_nothing_about_a_person_a_project_or_a_file(zone: Zone) -> None:
    port = free_port()
    serve_metrics(replace(zone, settings=replace(zone.settings, metrics=MetricsSettings(on=True, port=port))))
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert "ansim_log_entries" in text
    person = zone.registry.person("minji")
    for word in (person.ref, person.name, person.handle, person.email, "study", "omop", zone.zone_id):
        assert word not in text


def test_what_cannot_be_read_is_absent_and_never_zero(zone: Zone) -> None:
    zone.db.close()
    with zone.db.begin() as tx:
        tx.exec_driver_sql("ALTER TABLE audit_checkpoint RENAME TO gone")
    found = values(zone)
    assert "ansim_log_unsigned" not in found
    assert "ansim_log_entries" in found


def test_every_rule_and_every_panel_asks_for_a_gauge_that_is_served() -> None:
    served = {gauge.name for gauge in GAUGES}
    rules = yaml.safe_load((MONITORING / "ansim.rules.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    panels = json.loads((MONITORING / "ansim-dashboard.json").read_text(encoding="utf-8"))["panels"]
    asked = [rule["expr"] for rule in rules] + [target["expr"] for panel in panels for target in panel["targets"]]
    assert {name for expression in asked for name in GAUGE.findall(expression)} <= served
    assert {name for panel in panels for target in panel["targets"] for name in GAUGE.findall(target["expr"])} == (
        served - {"ansim_process_restarts", "ansim_log_disk_level"}
    )
    assert all(" · " in rule["annotations"]["summary"] for rule in rules)
