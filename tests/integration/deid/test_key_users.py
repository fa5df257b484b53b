"""Every key has somebody who needs it, and an end: killed at any step, no key goes early and none lives on unlisted."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.event import Subjects
from audit.search import Query, search
from deid import key_users
from deid.errors import DataError, KeptByExtract, KeyInUse, UsageError
from deid.key_adoption import CUT_OFF, adopt
from deid.key_database import connected
from deid.key_destruction import destroy_key, record_of
from deid.key_life import lives
from deid.key_users import KeyUser, after_day, begin, last_day, note, undo, users
from deid.keys import KeyStore
from deid.policy import parse_policy
from deid.service import DeidDesk
from deid.sources import open_table
from hub_config.processes import REPOSITORY
from tests.integration.audit.audit_world import World
from tests.integration.deid import killed_while_using_keys as killed

NOW = datetime.now(UTC)


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "additional")


def a_user(store: KeyStore, days: float = 30, **changes: Any) -> KeyUser:
    ref = key_users.new_user_ref()
    given = {"owner": ref, "kind": "by_hand", "dataset": "hospital", "project": "cardio", "by_ref": "cli", **changes}
    return KeyUser(ref=ref, domain="cardio", version=1, noted_at=NOW, until=NOW + timedelta(days=days), **given)


@pytest.fixture
def zone(tmp_path: Path) -> tuple[World, KeyStore, DeidDesk]:
    (tmp_path / "people.csv").write_text("id\n900101-1234567\n", encoding="utf-8")
    return killed.opened(tmp_path)


@pytest.mark.parametrize(
    ("steps", "deaths_at_least"),
    [pytest.param((3, 8), 4, id="two steps"), pytest.param((), 21, id="every step", marks=pytest.mark.long)],
)
def test_killed_at_any_step_no_key_is_destroyed_early_and_none_lives_on_unlisted(
    tmp_path: Path, steps: tuple[int, ...], deaths_at_least: int
) -> None:
    command = [sys.executable, "-m", killed.__name__, str(tmp_path), *map(str, steps)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    deaths = [json.loads(line) for line in done.stdout.splitlines()]
    assert sum(death["killed"] for death in deaths) >= deaths_at_least
    for death in deaths:
        step = f"{death['act']} killed at step {death['step']}"
        assert all(death["ends"]), f"{step}: a key has no end"
        assert death["unfinished"] == [], f"{step}: the worker left a destruction half done"
        assert death["destroyed"] == [not death["living"]], f"{step}: a key lives exactly as long as a user of it"
        if death["b"]:
            assert "insurer" in death["living"], f"{step}: the file is there, so its key has to be"
        if death["destroyed"] == [True]:
            assert death["outcomes"].count("ok") == 1, f"{step}: a destruction is reported once"
            assert death["told"], f"{step}: the record names the entry of the log"
            assert (death["served"], death["owners"]) == (["hospital"], 1), f"{step}: the record names whom it served"


def test_a_file_made_by_hand_is_noted_before_it_is_there_and_keeps_the_key_of_an_ordered_one(store: KeyStore) -> None:
    ordered, by_hand = a_user(store, -1, kind="ordered", owner="x_aaaaaaaaaaaaaaaa"), a_user(store, 5)
    begun = begin(store, by_hand)
    note(store, ordered)
    assert begun.made
    assert not begin(store, a_user(store)).made
    assert not any(life.due(NOW) for life in lives(store))
    with pytest.raises(KeyInUse, match=by_hand.ref):
        destroy_key(store, "cardio", 1, by="worker", why="x", event_id="e")
    for one in users(store):
        key_users.end(store, one.ref, by="p", why="x", at=NOW)
    (life,) = lives(store)
    assert life.due(datetime.now(UTC))
    destroy_key(store, "cardio", 1, by="worker", why="x", event_id="e")
    record = record_of(store, "cardio", 1)
    assert set(record.owners) >= {"x_aaaaaaaaaaaaaaaa", by_hand.ref}


def test_what_an_ordered_extract_needs_ends_with_the_extract_and_by_nobody_alone(
    zone: tuple[World, KeyStore, DeidDesk],
) -> None:
    _world, store, desk = zone
    begin(store, ordered := a_user(store, 5, kind="ordered", owner="x_aaaaaaaaaaaaaaaa"))
    note(store, twin := a_user(store, 5, kind="ordered", owner="x_bbbbbbbbbbbbbbbb"))
    for one in (ordered, twin):
        key_users.written(store, one.ref, "ab" * 32)
    given: dict[str, Any] = {"by": killed.BY, "source": killed.HERE}
    for owner in (None, twin.owner):
        with pytest.raises(KeptByExtract, match=ordered.owner):
            desk.end_use(ordered.ref, "x", **given, of_extract=owner)
    # An extract whose file has the same bytes is another extract.
    assert [one.ref for one in key_users.of_owner(store, ordered.owner, ["ab" * 32])] == [ordered.ref]
    assert desk.end_use(ordered.ref, "x", **given, of_extract=ordered.owner).ended_at is not None


def test_what_two_people_decided_ends_the_uses_with_the_key(store: KeyStore) -> None:
    begin(store, a_user(store))
    destroy_key(store, "cardio", 1, by="p_agreed", why="결정", event_id="e", decided=True)
    (one,) = users(store)
    assert (one.ended_by, one.ended_why) == ("p_agreed", "결정")


def test_a_run_that_fails_leaves_neither_a_use_nor_the_key_that_was_made_for_it(
    tmp_path: Path, zone: tuple[World, KeyStore, DeidDesk]
) -> None:
    _world, store, desk = zone
    broken = parse_policy(killed.POLICY.replace("id:", "other:"))
    subjects = Subjects.datasets([("hospital", 1, 1)])
    given: dict[str, Any] = {"by": killed.BY, "source": killed.HERE, "subjects": subjects}
    with pytest.raises(DataError):
        desk.make_extract(broken, open_table(tmp_path / "people.csv"), tmp_path / "x.parquet", **given)
    assert store.records() == []
    assert users(store) == []
    killed.made(tmp_path, desk, "a.parquet", "hospital")
    with pytest.raises(DataError):
        desk.make_extract(broken, open_table(tmp_path / "people.csv"), tmp_path / "x.parquet", **given)
    assert [one.dataset for one in users(store)] == ["hospital"]
    assert store.existing("cardio", 1)


def test_taking_back_a_use_never_takes_the_key_of_somebody_who_came_meanwhile(store: KeyStore) -> None:
    first, second = a_user(store), a_user(store)
    made = begin(store, first).made
    begin(store, second)
    undo(store, first, made=made)
    assert store.existing("cardio", 1)
    assert [one.ref for one in users(store)] == [second.ref]


def test_no_use_begins_after_its_own_end(store: KeyStore) -> None:
    with pytest.raises(UsageError, match="ended already"):
        begin(store, a_user(store, -1))
    assert store.records() == []
    day = last_day(NOW + timedelta(days=3))
    assert last_day(after_day(day)) == day


def test_a_book_out_of_a_backup_is_brought_up_to_what_the_log_says(
    tmp_path: Path, zone: tuple[World, KeyStore, DeidDesk]
) -> None:
    world, store, desk = zone
    killed.made(tmp_path, desk, "a.parquet", "hospital")
    shutil.copytree(store.directory, tmp_path / "backup")
    killed.made(tmp_path, desk, "b.parquet", "insurer")
    first, second = users(store)
    desk.end_use(first.ref, "끝", by=killed.BY, source=killed.HERE)
    shutil.rmtree(store.directory)
    shutil.copytree(tmp_path / "backup", store.directory)
    assert [one.ref for one in users(store)] == [first.ref]
    assert adopt(world.log, store, NOW) == 1
    told = {one.ref: one for one in users(store)}
    assert told[first.ref].ended_why == "끝"
    assert replace(told[second.ref], noted_at=second.noted_at) == second, "every other fact of it comes back"
    assert adopt(world.log, store, NOW) == 0


def test_a_changed_entry_of_the_log_ends_no_use(tmp_path: Path, zone: tuple[World, KeyStore, DeidDesk]) -> None:
    world, store, desk = zone
    killed.made(tmp_path, desk, "a.parquet", "hospital")
    killed.made(tmp_path, desk, "b.parquet", "insurer")
    first, second = users(store)
    desk.end_use(first.ref, "끝", by=killed.BY, source=killed.HERE)
    world.log.settle()
    world.tamper(
        f"UPDATE audit_entry SET body = CAST(replace(CAST(body AS TEXT), '{first.ref}', '{second.ref}') AS BLOB)"
        " WHERE action = 'deid.key_use_ended'"
    )
    adopt(world.log, store, NOW)
    assert [one.dataset for one in users(store) if one.ended_at is None] == ["insurer"]


def test_what_an_earlier_version_noted_and_what_nobody_noted_gets_an_end(
    tmp_path: Path, zone: tuple[World, KeyStore, DeidDesk]
) -> None:
    world, store, desk = zone
    for domain in ("cardio", "neuro"):
        store.key(domain, 1)
    with connected(store.directory) as database:
        database.execute(
            "CREATE TABLE key_use (domain TEXT, version INTEGER, extract_sha256 TEXT, dataset TEXT, project TEXT,"
            " until TEXT, PRIMARY KEY (domain, version, extract_sha256))"
        )
        row = ("cardio", 1, "a" * 64, "hospital", "cardio", "2030-01-01T00:00:00.000000Z")
        database.execute("INSERT INTO key_use VALUES (?, ?, ?, ?, ?, ?)", row)
    store = KeyStore(store.directory)
    assert adopt(world.log, store, NOW) == 1
    # What was noted by its digest alone is the extract's that has the file, and ends with it.
    assert key_users.of_owner(store, "x_bbbbbbbbbbbbbbbb", ["b" * 64]) == []
    (moved,) = key_users.of_owner(store, "x_aaaaaaaaaaaaaaaa", ["a" * 64])
    ends = {life.domain: life.until for life in lives(store)}
    assert ends["cardio"] == datetime(2030, 1, 1, tzinfo=UTC)
    assert ends["neuro"] is not None
    assert ends["neuro"] > NOW + timedelta(days=300)
    assert KeyStore(store.directory), "a second opening finds nothing to bring over"
    assert len(users(store)) == 2
    desk.end_use(moved.ref, "끝", by=killed.BY, source=killed.HERE, of_extract="x_aaaaaaaaaaaaaaaa")
    assert not key_users.needed(store, "cardio", 1)
    desk.destroy_key("cardio", 1, "끝", by=killed.BY, source=killed.HERE)
    assert record_of(store, "cardio", 1).extracts == ("a" * 64,)


def test_an_announced_file_that_was_never_reported_keeps_its_key_when_the_book_forgot_it(
    tmp_path: Path, zone: tuple[World, KeyStore, DeidDesk]
) -> None:
    world, store, desk = zone
    killed.made(tmp_path, desk, "a.parquet", "hospital")
    with world.db.read() as tx:
        (intent,) = search(tx, Query(action="deid.extract", outcome="intent"))
    world.tamper("DELETE FROM audit_entry WHERE outcome = 'ok'")
    with connected(store.directory) as database:
        database.execute("DELETE FROM key_user")
    adopt(world.log, store, intent.ts + CUT_OFF)
    (told,) = users(store)
    assert (told.ref, told.extract_sha256) == (intent.body["detail"]["use"], None)
