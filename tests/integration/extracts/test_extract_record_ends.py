"""The record of pseudonymisation stays until three years after destruction, and then goes, unless somebody holds it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from audit.db import Database
from audit.errors import NotDurable
from audit.event import Actor, Source
from audit.retention import holding
from deid.records import tables
from deid.records.errors import Denied as NotAllowed
from deid.records.errors import NotFound
from deid.records.intake import refuse_grant, refuse_mount
from deid.records.model import Extract
from hub_config.migrate import configuration
from tests.databases import refuse_entries
from tests.integration.extracts.extract_world import World

PAIR = {
    "by": Actor.person("p_" + "a" * 16, ["compliance_officer"]),
    "confirmed_by": Actor.person("p_" + "b" * 16, ["operator"]),
    "source": Source(None),
}


def destroyed(world: World) -> Extract:
    """An extract that was destroyed now."""
    extract = world.mountable()
    return world.desk.destroy(extract.ref, "연구가 끝났습니다.", by=world.by("sunhee"))


def later(world: World, years: int, seconds: int = 0) -> None:
    world.now[0] = world.now[0].replace(year=world.now[0].year + years) + timedelta(seconds=seconds)


def rows(world: World, ref: str) -> dict[str, int]:
    with world.db.read() as tx:
        found = {
            name: tx.execute(text(f"SELECT count(*) FROM {name} WHERE ref = :ref"), {"ref": ref}).scalar()
            for name in tables.GUARDED
        }
    return {name: int(count or 0) for name, count in found.items()}


def test_the_record_goes_three_years_after_destruction_and_not_a_second_before(world: World) -> None:
    kept, gone = world.processed(), destroyed(world)
    assert gone.destruction is not None
    later(world, 3, seconds=-1)
    assert world.desk.forget(3) == []
    assert world.desk.get(gone.ref).destruction == gone.destruction
    later(world, 0, seconds=1)
    assert world.desk.forget(3) == [gone.ref]
    with pytest.raises(NotFound):
        world.desk.get(gone.ref)
    assert rows(world, gone.ref) == dict.fromkeys(tables.GUARDED, 0) | {"deid_extract_removal": 1}
    assert world.desk.get(kept.ref) == kept, "what was not destroyed has no end"
    (entry,) = world.entries("extract.record_removed")
    assert (entry["outcome"], entry["actor"]["ref"]) == ("ok", "worker")
    assert (entry["detail"]["extract"], entry["detail"]["years"]) == (gone.ref, 3)
    assert world.desk.forget(3) == []


def test_a_longer_period_of_the_policy_counts_and_a_shorter_one_never(world: World) -> None:
    extract = destroyed(world)
    later(world, 2)
    assert world.desk.forget(1) == []
    later(world, 2)
    assert world.desk.forget(5) == []
    later(world, 1)
    assert world.desk.forget(5) == [extract.ref]


def test_after_the_29th_of_february_the_record_stays_until_the_first_of_march(world: World) -> None:
    world.now[0] = datetime(2026, 11, 22, 12, tzinfo=UTC)
    extract = world.processed()
    world.now[0] = datetime(2028, 2, 29, 12, tzinfo=UTC)
    world.desk.destroy(extract.ref, "연구가 끝났습니다.", by=world.by("sunhee"))
    world.now[0] = datetime(2031, 2, 28, 23, 59, tzinfo=UTC)
    assert world.desk.forget(3) == []
    world.now[0] = datetime(2031, 3, 1, tzinfo=UTC)
    assert world.desk.forget(3) == [extract.ref]


@pytest.mark.parametrize("kind", ["dataset", "project", "person", "log"])
def test_what_is_on_legal_hold_stays_until_two_people_lift_it(world: World, kind: str) -> None:
    extract = destroyed(world)
    held = {"dataset": "hospital", "project": "cardio", "person": extract.reviews[0].by_ref, "log": "audit"}[kind]
    index = holding.set_hold(world.log, kind, held, "litigation", **PAIR)  # type: ignore[arg-type]
    holding.set_hold(world.log, "project", "other", "litigation", **PAIR)  # type: ignore[arg-type]
    later(world, 4)
    assert world.desk.forget(3) == []
    assert world.desk.get(extract.ref).ref == extract.ref
    holding.lift_hold(world.log, index, **PAIR)  # type: ignore[arg-type]
    assert world.desk.forget(3) == [extract.ref]


def test_a_version_whose_record_has_gone_comes_not_alive_again(world: World) -> None:
    extract = destroyed(world)
    later(world, 3)
    world.desk.forget(3)
    assert extract.version is not None
    with world.db.read() as tx:
        with pytest.raises(NotAllowed) as refused:
            refuse_mount(tx, "hospital", extract.version, world.now[0])
        with pytest.raises(NotAllowed):
            refuse_grant(tx, "hospital", extract.version, "cardio", world.now[0], world.now[0])
        refuse_mount(tx, "hospital", extract.version + 1, world.now[0])
    assert refused.value.code == "extract_ended"


def test_the_database_lets_go_of_a_declared_record_and_of_no_other(world: World) -> None:
    other, extract = world.processed(), destroyed(world)
    for name in tables.GUARDED:
        for statement in (f"DELETE FROM {name}", f"UPDATE {name} SET ref = 'x'"):
            if name == "deid_extract_removal":
                continue
            with pytest.raises(DatabaseError, match="append-only"), world.db.begin() as tx:
                tx.exec_driver_sql(statement)
    later(world, 3)
    world.desk.forget(3)
    with pytest.raises(DatabaseError, match="append-only"), world.db.begin() as tx:
        tx.exec_driver_sql("DELETE FROM deid_extract_removal")
    with pytest.raises(DatabaseError, match="append-only"), world.db.begin() as tx:
        tx.exec_driver_sql("DELETE FROM deid_extract_move")
    assert rows(world, other.ref)["deid_extract_move"] == 2
    assert rows(world, extract.ref)["deid_extract_move"] == 0


def test_what_cannot_be_recorded_is_not_removed(world: World) -> None:
    extract = destroyed(world)
    before = rows(world, extract.ref)
    later(world, 3)
    with world.db.begin() as tx:
        refuse_entries(tx)
    with pytest.raises(NotDurable):
        world.desk.forget(3)
    assert rows(world, extract.ref) == before


def test_on_postgresql_it_is_the_same(postgresql_world: World) -> None:
    world = postgresql_world
    extract = destroyed(world)
    with pytest.raises(DatabaseError, match="append-only"), world.db.begin() as tx:
        tx.exec_driver_sql("DELETE FROM deid_extract_review")
    later(world, 3)
    assert world.desk.forget(3) == [extract.ref]
    assert rows(world, extract.ref) == dict.fromkeys(tables.GUARDED, 0) | {"deid_extract_removal": 1}


@pytest.fixture
def migrated(database_url: str) -> Iterator[tuple[str, Database]]:
    command.upgrade(configuration(database_url), "0013")
    db = Database.open(database_url)
    yield database_url, db
    db.close()


MOVE = "INSERT INTO deid_extract_move VALUES ('x_1', 1, 'draft', 'p', '2026-11-21 12:00:00', 'e')"
EXTRACT = (
    "INSERT INTO deid_extract VALUES ('x_1', 'd', 'p', 't', 't', 'o', 1, TRUE, 'k', 'p', 'b', 's', 'n', 'u', '[]',"
    " 'e', '2026-11-21 12:00:00', 'p', '2026-11-21 12:00:00')"
)
DECLARE = (
    "INSERT INTO deid_extract_removal VALUES ('x_1', 'd', NULL, '2026-11-21 12:00:00', '2029-11-21 12:00:00', 'e')"
)


def test_records_of_an_earlier_version_get_the_new_guards_and_the_old_ones_back(migrated: tuple[str, Database]) -> None:
    url, db = migrated

    def run(*statements: str) -> None:
        with db.begin() as tx:
            for statement in statements:
                tx.execute(text(statement))

    run(EXTRACT, MOVE)
    command.upgrade(configuration(url), "0014")
    with pytest.raises(DatabaseError, match="append-only"):
        run("DELETE FROM deid_extract_move")
    run(DECLARE, "DELETE FROM deid_extract_move", MOVE)
    command.downgrade(configuration(url), "0013")
    with pytest.raises(DatabaseError, match="append-only"):
        run("DELETE FROM deid_extract_move")
