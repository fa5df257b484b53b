"""A broken wall freezes the zone where the settings say so: every project, by the zone itself, and people lift it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.event import Actor
from audit.search import Entry, Query, search
from hub_config.probe.model import Finding, Report, Verdict
from hub_config.probe.service import keep_and_record
from hub_config.probe.standing import stops_starts
from hub_config.settings import ProbeSettings
from hub_config.zone import Zone, open_zone
from registry.desk import CLI
from registry.errors import Denied
from tests.integration.house.house_people import HERE, make_zone

WORKER = Actor.service("worker")


@pytest.fixture
def zone(usual_database: None, tmp_path: Path) -> Iterator[Zone]:
    make_zone(tmp_path)
    opened = open_zone(tmp_path, "worker")
    now = datetime.now(UTC)
    for name in ("closed", "second", "study"):
        opened.registry.add_project(name, name, name, "x", now, now + timedelta(days=9), by=CLI, source=HERE)
    opened.registry.close_project("closed", by=CLI, source=HERE)
    yield replace(opened, settings=replace(opened.settings, probe=ProbeSettings(on_broken="freeze")))
    opened.db.close()


def report(verdict: Verdict) -> Report:
    now = datetime.now(UTC)
    found = (Finding("net.routes", verdict, "eth0"),)
    return Report(began=now, ended=now, zone="z", image="i", runtime="runc", engine="e", findings=found)


def frozen(zone: Zone) -> list[str]:
    return [one.project for one in zone.registry.freezes()]


def entries(zone: Zone) -> list[Entry]:
    zone.log.settle()
    with zone.db.read() as tx:
        return search(tx, Query(action="project.frozen", newest_first=False))


def test_a_broken_wall_freezes_every_project_that_is_not_closed_and_the_log_says_who_did(zone: Zone) -> None:
    zone.registry.freeze_project("second", "a leak is suspected", by=CLI, source=HERE)
    keep_and_record(zone, WORKER, report(Verdict.BROKEN))
    assert frozen(zone) == ["second", "study"]
    assert zone.registry.freezes()[0].why == "a leak is suspected"
    assert "net.routes" in zone.registry.freezes()[1].why
    assert [(one.body["actor"]["ref"], one.body["object"]["ref"]) for one in entries(zone)] == [
        ("cli", "second"),
        ("worker", "study"),
    ]


def test_the_freeze_stays_until_people_lift_it_and_starts_wait_for_walls_that_stand(zone: Zone) -> None:
    keep_and_record(zone, WORKER, report(Verdict.BROKEN))
    with pytest.raises(Denied):
        zone.registry.unfreeze_project("study", "the zone lifts it itself", by=WORKER, source=HERE)
    zone.registry.unfreeze_project("study", "the server was overloaded", by=CLI, source=HERE)
    assert (frozen(zone), stops_starts(zone.settings)) == (["second"], True)
    keep_and_record(zone, WORKER, report(Verdict.HELD))
    assert (frozen(zone), stops_starts(zone.settings)) == (["second"], False)


def test_neither_advice_nor_a_milder_setting_freezes_anything(zone: Zone) -> None:
    for verdict in (Verdict.HELD, Verdict.LACKING, Verdict.NOT_APPLICABLE):
        keep_and_record(zone, WORKER, report(verdict))
    for policy in ("report", "stop_starts"):
        mild = replace(zone.settings, probe=ProbeSettings(on_broken=policy))
        keep_and_record(replace(zone, settings=mild), WORKER, report(Verdict.BROKEN))
        assert stops_starts(mild) is (policy == "stop_starts")
    assert frozen(zone) == []
