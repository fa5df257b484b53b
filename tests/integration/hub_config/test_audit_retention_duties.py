"""What a running zone does for retention: it says which policy is in force, and finishes erasures."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx2 as httpx
import pytest
import yaml

from audit.errors import RetentionPolicyInvalid
from audit.event import Actor, Source
from audit.retention import cleaning, erasure
from audit.retention.policy import POLICIES, RetentionPolicy, parse
from audit.search import Query, search
from hub_config import retention
from hub_config.errors import SettingsError
from hub_config.hub_api import HubApi
from hub_config.migrate import migrate
from hub_config.settings import FILE_NAME, load_settings
from hub_config.zone import Zone, open_zone
from registry.erasure import erased_handle

HERE = Source(None)
CLI, WORKER = Actor.service("cli"), Actor.service("worker")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / FILE_NAME).write_text("zone:\n  demo: true\n", encoding="utf-8")
    for name in ("log", "cells", "keys"):
        (tmp_path / name).mkdir(mode=0o700)
    migrate(load_settings(tmp_path).database_url())
    return tmp_path


@pytest.fixture
def zone(home: Path) -> Iterator[Zone]:
    opened = open_zone(home, "worker")
    yield opened
    opened.db.close()


def loaded(zone: Zone) -> list[str]:
    with zone.db.read() as tx:
        return [str(one.body["policy"]) for one in search(tx, Query(action="policy.loaded", newest_first=False))]


def longer_policy() -> RetentionPolicy:
    text = (POLICIES / "kr-default.yaml").read_text(encoding="utf-8").replace("years: 2", "years: 5")
    return parse(text, "longer.yaml")


def test_the_policy_is_recorded_when_it_is_first_loaded_and_when_it_changes(zone: Zone) -> None:
    assert retention.announce_policy(zone, WORKER)
    assert not retention.announce_policy(zone, WORKER)
    changed = replace(zone, retention=longer_policy())
    assert retention.announce_policy(changed, WORKER)
    assert retention.announce_policy(zone, WORKER)
    first, second = zone.retention.digest, changed.retention.digest
    assert loaded(zone) == [first, second, first]


def test_the_settings_name_the_policy_and_a_wrong_one_stops_the_start(home: Path) -> None:
    (home / "mine.yaml").write_text(
        (POLICIES / "kr-default.yaml").read_text(encoding="utf-8").replace("years: 3", "years: 10"), encoding="utf-8"
    )
    (home / FILE_NAME).write_text("retention:\n  policy: mine.yaml\n", encoding="utf-8")
    zone = open_zone(home, "cli")
    assert zone.retention.longest == 10
    zone.db.close()
    (home / FILE_NAME).write_text("retention:\n  policy: nowhere.yaml\n", encoding="utf-8")
    with pytest.raises(RetentionPolicyInvalid, match=r"nowhere\.yaml"):
        open_zone(home, "cli")
    (home / FILE_NAME).write_text("retention:\n  years: 1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="line 2"):
        open_zone(home, "cli")


def test_a_policy_that_does_not_fit_the_data_of_the_zone_is_refused(zone: Zone, tmp_path: Path) -> None:
    document = yaml.safe_load((POLICIES / "kr-default.yaml").read_text(encoding="utf-8"))
    document["sensitive"]["value"] = False
    mild = replace(zone, retention=parse(yaml.safe_dump(document), "mild.yaml"))
    retention.announce_policy(mild, WORKER)
    data = tmp_path / "datasets" / "records"
    data.mkdir(parents=True)
    (data / "a.csv").write_text("a\n1\n", encoding="utf-8")
    about = ("records", "진료기록", "Records", "병원", 10)
    zone.registry.register_dataset(*about, data, sensitive=True, demo=True, by=CLI, source=HERE)
    with pytest.raises(RetentionPolicyInvalid, match="2 years"):
        retention.announce_policy(mild, WORKER)
    retention.announce_policy(zone, WORKER)


def invited(zone: Zone, handle: str) -> str:
    zone.registry.invite(handle, "김민수", "kim@hospital.example", [], "ko", by=CLI, source=HERE)
    return zone.registry.person(handle).ref


def test_the_worker_finishes_an_erasure_that_another_process_began(zone: Zone) -> None:
    ref = invited(zone, "minji")
    name = zone.cells.put(b"1 + 1", ref)
    with zone.db.begin() as tx:
        erasure.destroy(tx, ref, datetime.now(UTC))
    assert cleaning.due(zone.db, zone.log.directory)
    retention.keep(zone, WORKER)
    assert cleaning.due(zone.db, zone.log.directory) == []
    assert name not in dict(zone.cells.names())


def test_the_worker_erases_again_whom_an_old_backup_brings_back(zone: Zone, home: Path) -> None:
    ref = invited(zone, "minji")
    with sqlite3.connect(home / "backup.db") as copy, sqlite3.connect(home / "ansim.db") as source:
        source.backup(copy)
    zone.registry.repeat_erasure(ref, source=HERE)
    retention.keep(zone, WORKER)
    zone.db.close()
    for path in home.glob("ansim.db*"):
        path.unlink()
    (home / "backup.db").rename(home / "ansim.db")
    assert zone.registry.person_by_ref(ref).name == "김민수"
    retention.keep(zone, WORKER)
    assert zone.registry.person_by_ref(ref).name == erased_handle(ref)
    with zone.db.read() as tx:
        again = search(tx, Query(action="privacy.erased"))[0]
    assert again.body["reason"] == "restored_backup"
    assert b"kim@hospital.example" not in (home / "ansim.db").read_bytes()


def test_the_hub_forgets_whoever_the_registry_does_not_know_any_more(zone: Zone) -> None:
    invited(zone, "minji")
    known = [*(f"gone-{n}" for n in range(60)), "minji"]
    removed: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            removed.append(request.url.path.rsplit("/", 1)[1])
            return httpx.Response(404 if len(removed) == 1 else 204)
        start, limit = int(request.url.params["offset"]), int(request.url.params["limit"])
        return httpx.Response(200, json=[{"name": name} for name in known[start : start + limit]])

    hub = HubApi("http://hub", "token")
    hub._client = httpx.Client(base_url="http://hub/hub/api", transport=httpx.MockTransport(answer))
    retention.forget_hub_users(zone, hub)
    assert removed == known[:-1]


def test_an_event_about_the_policy_says_the_years_of_each_class(zone: Zone) -> None:
    retention.announce_policy(zone, WORKER)
    with zone.db.read() as tx:
        (said,) = search(tx, Query(action="policy.loaded"))
    assert said.body["detail"]["years"] == {"access": 2, "rights": 3, "pseudonymisation": 3}
