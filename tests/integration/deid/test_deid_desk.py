"""An extract and its record are one: what cannot be recorded is not made, and what was made is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.db import Database
from audit.errors import AuditError
from audit.event import Actor, Source, Subjects
from audit.search import Query, search
from deid.errors import DataError, KeyInUse, KeyStoreError
from deid.key_users import users
from deid.keys import KeyStore
from deid.policy import Policy, parse_policy
from deid.service import DeidDesk
from deid.sources import open_table
from tests.databases import refuse_entries
from tests.integration.audit.audit_world import World, new_world

MAKER, OTHER = Actor.person("p_aaaaaaaaaaaaaaaa", ("deid_operator",)), Actor.person("p_bbbbbbbbbbbbbbbb")
POLICY = """
version: 1
name: t
dataset: hospital
project: cardio
purpose: statistics
order: source
columns:
  id: {role: direct, action: pseudonym_one_way, reason: r}
  age: {role: quasi, action: keep, reason: r}
"""


@pytest.fixture
def world(usual_url: str, tmp_path: Path) -> Iterator[World]:
    made = new_world(Database.open(usual_url), tmp_path, usual_url)
    yield made
    made.db.close()


@pytest.fixture
def desk(world: World) -> DeidDesk:
    return DeidDesk(world.log, KeyStore(world.home / "additional"))


@pytest.fixture
def source_file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("id,age\n홍길동,40\n성춘향,18\n", encoding="utf-8")
    return path


def make(desk: DeidDesk, policy: Policy, source: Path, target: Path) -> None:
    subjects = Subjects.datasets([("hospital", 1, 2)])
    desk.make_extract(policy, open_table(source), target, by=MAKER, source=Source(None), subjects=subjects)


def events(world: World) -> list[tuple[str, str]]:
    with world.db.read() as tx:
        found = search(tx, Query(action="deid.", newest_first=False))
    return [(entry.body["action"], entry.body["outcome"]) for entry in found]


def test_an_extract_is_announced_made_and_reported_with_its_hash(
    world: World, desk: DeidDesk, source_file: Path, tmp_path: Path
) -> None:
    make(desk, parse_policy(POLICY), source_file, tmp_path / "out.parquet")
    assert events(world) == [("deid.extract", "intent"), ("deid.extract", "ok")]
    with world.db.read() as tx:
        last = search(tx, Query(action="deid.extract", outcome="ok"))[0].body
    assert last["policy"] == parse_policy(POLICY).digest
    assert last["detail"]["rows"] == 2
    assert len(last["object"]["sha256"]) == 64
    world.log.checkpoint()
    assert world.verify().ok


def test_a_failed_extract_is_recorded_without_a_value_of_the_data(
    world: World, desk: DeidDesk, source_file: Path, tmp_path: Path
) -> None:
    broken = parse_policy(POLICY.replace("action: keep", "action: round, params: {to: 10}"))
    source_file.write_text("id,age\n홍길동,마흔\n", encoding="utf-8")
    with pytest.raises(DataError):
        make(desk, broken, source_file, tmp_path / "out.parquet")
    assert events(world) == [("deid.extract", "intent"), ("deid.extract", "failed")]
    assert "마흔".encode() not in b"".join(world.body(index) for index in range(world.size()))
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize("which", ["intent", "ok"])
def test_what_cannot_be_recorded_is_not_made(
    world: World, desk: DeidDesk, source_file: Path, tmp_path: Path, which: str
) -> None:
    with world.db.begin() as tx:
        refuse_entries(tx, f'"outcome":"{which}"')
    with pytest.raises(AuditError):
        make(desk, parse_policy(POLICY), source_file, tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_a_shared_domain_needs_two_people_and_is_recorded(
    world: World, desk: DeidDesk, source_file: Path, tmp_path: Path
) -> None:
    shared = parse_policy(POLICY + "linkage_domain: registry-study\n")
    with pytest.raises(KeyStoreError):
        make(desk, shared, source_file, tmp_path / "out.parquet")
    with pytest.raises(KeyStoreError):
        desk.approve_linkage("registry-study", "cardio", requested_by=MAKER, by=MAKER, source=Source(None))
    assert events(world) == []
    desk.approve_linkage("registry-study", "cardio", requested_by=MAKER, by=OTHER, source=Source(None))
    make(desk, shared, source_file, tmp_path / "out.parquet")
    assert events(world)[0] == ("deid.linkage_approved", "ok")


def test_destroying_a_key_is_recorded_before_it_happens_and_ends_its_tokens(
    world: World, desk: DeidDesk, source_file: Path, tmp_path: Path
) -> None:
    make(desk, parse_policy(POLICY), source_file, tmp_path / "a.parquet")
    (use,) = users(KeyStore(world.home / "additional"))
    with pytest.raises(KeyInUse, match=use.ref):
        desk.destroy_key("cardio", 1, "보유기간이 끝남", by=MAKER, source=Source(None))
    desk.end_use(use.ref, "다 씀", by=MAKER, source=Source(None))
    record = desk.destroy_key("cardio", 1, "보유기간이 끝남", by=MAKER, source=Source(None))
    assert record.destroyed_by == MAKER.ref
    with pytest.raises(KeyStoreError, match="destroyed"):
        make(desk, parse_policy(POLICY), source_file, tmp_path / "b.parquet")
    make(desk, parse_policy(POLICY + "key_version: 2\n"), source_file, tmp_path / "b.parquet")
    ended = [event for event in events(world) if event[0] != "deid.extract"]
    assert ended == [
        ("deid.key_destroyed", "denied"),
        ("deid.key_use_ended", "ok"),
        ("deid.key_destroyed", "intent"),
        ("deid.key_destroyed", "ok"),
    ]
    with pytest.raises(KeyStoreError, match="no key"):
        desk.destroy_key("neuro", 1, "x", by=MAKER, source=Source(None))
