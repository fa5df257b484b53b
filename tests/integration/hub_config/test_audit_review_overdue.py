"""An overdue review as `ansim status`, `ansim doctor` and the worker see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from audit.db import Database
from audit.event import Actor, Event, Object, Source, Subjects
from audit.keys import LogKeys
from audit.log import AuditLog
from audit.review.policy import OWN_FILE
from audit.review.working_hours import Month
from audit.search import Query, search
from audit.tables import metadata
from hub_config import reviewing
from hub_config.doctor import of_reviews
from hub_config.settings import Settings, parse_settings

LONG_AGO = datetime.now(UTC) - timedelta(days=100)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return parse_settings("", home=tmp_path)


def begun(settings: Settings, at: datetime) -> AuditLog:
    """A log of the zone that was begun at some time."""
    db = Database.open(settings.database_url())
    metadata.create_all(db.engine)
    keys = LogKeys.load_or_create(settings.home / "keys")
    log = AuditLog(
        db, keys, component="worker", origin="x.example/audit", log_dir=settings.home / "log", clock=lambda: at
    )
    log.record(Event("log.created", Actor.system(), Object("log", "audit"), Subjects.none(), Source(None)))
    return log


def test_a_zone_without_a_database_owes_nothing_and_looking_makes_none(settings: Settings) -> None:
    assert reviewing.fault_of(settings) is None
    assert of_reviews(settings).ok
    assert list(settings.home.iterdir()) == []


def test_a_young_zone_owes_nothing(settings: Settings) -> None:
    begun(settings, datetime.now(UTC))
    assert reviewing.fault_of(settings) is None


def test_status_and_doctor_name_each_month_that_was_not_signed_in_time(settings: Settings) -> None:
    begun(settings, LONG_AGO)
    fault = reviewing.fault_of(settings)
    assert fault is not None
    assert str(Month.of(LONG_AGO.date())) in str(fault[0])
    diagnosis = of_reviews(settings)
    assert (diagnosis.ok, diagnosis.reason) == (False, fault[0])
    assert diagnosis.hint


def test_the_worker_records_each_overdue_month_once(settings: Settings) -> None:
    log = begun(settings, LONG_AGO)
    zone = SimpleNamespace(db=log.db, log=log, home=settings.home)
    for _ in range(2):
        reviewing.announce_overdue(zone)  # type: ignore[arg-type]
    with log.db.read() as tx:
        found = [entry.body["detail"]["month"] for entry in search(tx, Query(action="review.overdue"))]
    assert len(found) == len(set(found)) >= 2


def test_a_policy_that_cannot_be_used_is_named_by_status_and_doctor(settings: Settings) -> None:
    begun(settings, datetime.now(UTC))
    (settings.home / OWN_FILE).write_text("name: ours\nmonthly: 3\n", encoding="utf-8")
    assert "review.yaml, line" in str(of_reviews(settings).reason)
