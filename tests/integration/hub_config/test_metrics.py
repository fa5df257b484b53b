"""What monitoring reads: every gauge is there, about nobody, and what cannot be read is absent."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2 as httpx
import pytest
import yaml
from sqlalchemy import String, Text, insert

from audit.break_glass_log import open_glass, take_in
from audit.event import Actor, Event, Object, Source, Subjects
from egress_review.tables import request
from hub_config import metrics
from hub_config.home_helper.server import Server as HomesServer
from hub_config.home_helper.told import HomeHelperSettings
from hub_config.machine_settings import MachineSettings
from hub_config.metrics import GAUGES, Scrape, ZoneCollector, serve_metrics
from hub_config.probe.standing import report_path
from hub_config.processes import REPOSITORY
from hub_config.settings import BackupSettings, DatabaseSettings, MetricsSettings
from hub_config.zone import Zone, open_zone
from tests.databases import accept_entries, refuse_entries
from tests.integration.house.house_people import at_work, make_zone
from tests.ports import free_port
from tests.unit.hub_config.test_certificates import certificate, server

MONITORING = REPOSITORY / "ansible" / "files" / "monitoring"
WAITING = (("scanning", 40), ("scanning", 5), ("in_review", 90), ("draft", 500), ("released", 70), ("released", 700))
GAUGE = re.compile(r"\bansim_[a-z_]+\b")
ABSENT = re.compile(r"absent\((ansim_[a-z_]+)\)")
UP = ("ansim_engine_up", "ansim_homes_up")
LEVELS = ("ansim_log_disk_level", "ansim_disk_level")
OF_SOME = {
    *("ansim_outward_behind", "ansim_requests", "ansim_request_oldest_seconds", "ansim_certificate_seconds_left"),
    *("ansim_break_glass_age_seconds", "ansim_emergency_account_age_seconds", "ansim_homes_up"),
}
"""What a zone without a SIEM, a waiting request, a certificate, an emergency or encrypted homes does not serve: that
is no alarm."""
READ_WITH_ANOTHER = {
    *("ansim_process_restarts", "ansim_log_pending", "ansim_disk_level", "ansim_gate_connections_ended"),
}
"""What is absent only where another gauge is too, whose absence a rule asks for."""


@pytest.fixture
def zone(usual_database: None, tmp_path: Path) -> Iterator[Zone]:
    make_zone(tmp_path)
    opened = open_zone(tmp_path, "worker")
    at_work(opened)
    opened.log.settle()
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
    assert before["ansim_homes_up"] == [], "a zone without encrypted homes has no keeper of them"
    assert before["ansim_log_unsigned_seconds"] == [({}, 0.0)]
    assert before["ansim_backup_age_seconds"] == before["ansim_walls_broken"] == []
    about = Object("zone", zone.zone_id)
    zone.log.record(Event("zone.backed_up", Actor.service("worker"), about, Subjects.none(), Source(None)))
    after = values(zone)
    assert after["ansim_log_unsigned"] == [({}, 1.0)]
    assert 0 < after["ansim_log_unsigned_seconds"][0][1] < 300
    assert 0 <= after["ansim_backup_age_seconds"][0][1] < 300


def test_a_broken_glass_shows_whether_or_not_the_log_takes_it(zone: Zone) -> None:
    assert values(zone)["ansim_break_glass_age_seconds"] == values(zone)["ansim_emergency_account_age_seconds"] == []
    about = Object("log", "audit")
    broken = Event("log.break_glass", Actor.service("cli"), about, Subjects.none(), Source(None))
    with zone.db.begin() as tx:
        refuse_entries(tx)
    open_glass(zone.log, broken, 5)
    ((_, beside),) = values(zone)["ansim_break_glass_age_seconds"]
    assert (0 <= beside < 300, zone.log.glass.kept() != []) == (True, True)
    with zone.db.begin() as tx:
        accept_entries(tx)
    assert take_in(zone.log)
    zone.log.settle()
    ((_, within),) = values(zone)["ansim_break_glass_age_seconds"]
    assert (0 <= within < 300, zone.log.glass.kept()) == (True, [])


def test_each_disk_that_the_zone_fills_is_told_once_by_the_first_place_on_it(zone: Zone, tmp_path: Path) -> None:
    # Of a machine that tests run on nothing is known but that /dev/shm is a disk of its own.
    with TemporaryDirectory(dir="/dev/shm") as other:
        backups = BackupSettings(repository=other)
        found = values(replace(zone, settings=replace(zone.settings, backup=backups)))
        free = {labels["place"]: value for labels, value in found["ansim_disk_free_bytes"]}
        assert free["backups"] == pytest.approx(shutil.disk_usage(other).free, rel=0.5)
        ours = {name.split()[0] for name in free}
        assert {"log", "backups"} <= ours <= {"log", "backups", "engine", "database", "system"}
        assert {labels["place"] for labels, _ in found["ansim_disk_level"]} == set(free)
        Path(other).chmod(0)  # what a unit sees in the place of a directory that is closed to it
        closed = values(replace(zone, settings=replace(zone.settings, backup=backups)))
        assert "backups" not in {labels["place"] for labels, _ in closed["ansim_disk_free_bytes"]}


def test_a_scrape_asks_for_certificates_once_and_the_next_one_shows_what_is_there_by_then(
    zone: Zone, tmp_path: Path
) -> None:
    for days in (20, 400):
        ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
        with server(certificate(tmp_path, ends), asks_first=True) as port:  # it answers once
            settings = replace(zone.settings, database=DatabaseSettings(url=f"postgresql://127.0.0.1:{port}/ansim"))
            scrape = Scrape(replace(zone, settings=settings))
            assert [one.ends for one in scrape.shown() + scrape.shown()] == [ends, ends]


@pytest.mark.parametrize("says", ["nothing", "refused"])
def test_an_engine_or_a_keeper_of_homes_that_does_not_answer_shows_and_holds_up_no_scrape(
    zone: Zone, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (zone.home / "homes").mkdir()
    monkeypatch.setattr(metrics, "BRIEF_SECONDS", 1)
    with TemporaryDirectory() as run, contextlib.ExitStack() as sockets:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{run}/engine.sock")
        machine = MachineSettings(home_helper=f"{run}/homes.sock")
        if says == "nothing":  # both took the call and hang
            for name in ("engine", "homes"):
                listening = sockets.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
                listening.bind(f"{run}/{name}.sock")
                listening.listen()
        scrape = Scrape(replace(zone, settings=replace(zone.settings, machine=machine)))
        began = time.monotonic()
        found = {one.name: list(one.read(scrape, datetime.now(UTC))) for one in GAUGES if one.name in UP}
        assert found == {name: [({}, 0.0)] for name in UP}
        assert time.monotonic() - began < metrics.ANSWER_SECONDS


def test_a_keeper_of_homes_that_answers_is_up(zone: Zone) -> None:
    (zone.home / "homes").mkdir()
    with TemporaryDirectory() as run:
        socket_of_it = f"{run}/homes.sock"
        told = HomeHelperSettings(home=str(zone.home), callers=(os.geteuid(),), socket=socket_of_it)
        with HomesServer(told) as keeper:
            threading.Thread(target=keeper.serve_forever, daemon=True).start()
            machine = MachineSettings(home_helper=socket_of_it)
            found = values(replace(zone, settings=replace(zone.settings, machine=machine)))
            keeper.shutdown()
    assert found["ansim_homes_up"] == [({}, 1.0)]


def test_a_wall_that_the_last_probe_found_broken_shows_at_the_next_scrape(zone: Zone) -> None:
    findings = [{"probe": "network.tcp", "verdict": "broken"}, {"probe": "network.udp", "verdict": "held"}]
    report_path(zone.home).parent.mkdir(exist_ok=True)
    report_path(zone.home).write_text(json.dumps({"ended": "2026-01-02T03:04:05+00:00", "findings": findings}))
    assert values(zone)["ansim_walls_broken"] == [({}, 1.0)]


def test_how_long_requests_wait_is_told_of_each_state_that_somebody_is_to_leave(zone: Zone) -> None:
    now = datetime.now(UTC)
    for number, (state, minutes) in enumerate(WAITING):
        row: dict[str, Any] = {column.name: "" for column in request.c if isinstance(column.type, Text | String)}
        row |= {"ref": f"er_{number}", "state": state, "direction": "egress", "round": 1, "packaged": minutes > 600}
        moments = dict.fromkeys(("created_at", "submitted_at", "changed_at"), now - timedelta(minutes=minutes))
        with zone.db.begin() as tx:
            tx.execute(insert(request).values(**row, **moments))
    waiting = {labels["state"]: round(seconds / 60) for labels, seconds in values(zone)["ansim_request_oldest_seconds"]}
    assert waiting == {"scanning": 40, "in_review": 90, "released": 70}, "a release waits while it has no package"


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
    ruled = {name for rule in rules for name in GAUGE.findall(rule["expr"])}
    assert ruled - {name for rule in rules for name in ABSENT.findall(rule["expr"])} == OF_SOME | READ_WITH_ANOTHER
    assert {name for panel in panels for target in panel["targets"] for name in GAUGE.findall(target["expr"])} == (
        served - {"ansim_process_restarts", "ansim_log_disk_free_bytes", *LEVELS, "ansim_certificates_unread"}
    )
    assert all(" · " in rule["annotations"]["summary"] for rule in rules)
