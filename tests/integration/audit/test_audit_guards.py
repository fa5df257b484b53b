"""What was written cannot be changed by accident, on either database."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from audit.guards import APPEND_ONLY_TABLES, MESSAGE, guard_statements
from audit.tables import metadata
from tests.integration.audit.audit_world import World, an_event

COLUMNS = {
    "audit_entry": "body",
    "audit_link": "ref",
    "audit_tile": "root",
    "audit_checkpoint": "note",
    "audit_sidecar": "nonce",
    "audit_key": "subject",
}


@pytest.fixture
def full(world: World) -> World:
    world.fill(256)
    world.log.checkpoint()
    return world


def test_rows_cannot_be_changed_or_removed(full: World) -> None:
    for table, column in COLUMNS.items():
        with full.db.read() as tx:
            assert tx.scalar(text(f"SELECT count(*) FROM {table}"))
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError, match=MESSAGE), full.db.begin() as tx:
                tx.execute(text(statement))


@pytest.mark.sqlite("REPLACE is a word of SQLite")
def test_no_row_is_replaced_by_another(usual_world: World) -> None:
    usual_world.fill(2)
    with pytest.raises(DBAPIError, match=MESSAGE), usual_world.db.begin() as tx:
        tx.execute(text("REPLACE INTO audit_entry SELECT * FROM audit_entry WHERE idx = 1"))


def test_tables_cannot_be_emptied(full: World) -> None:
    # SQLite has no TRUNCATE; its DELETE of all rows asks the trigger.
    statement = "TRUNCATE" if full.db.engine.dialect.name == "postgresql" else "DELETE FROM"
    for table in COLUMNS:
        with pytest.raises(DBAPIError, match=MESSAGE), full.db.begin() as tx:
            tx.execute(text(f"{statement} {table}"))


def test_a_key_can_only_be_destroyed_and_only_openly(full: World) -> None:
    for change in (
        "wrapped = NULL",
        "shredded_at = 'now'",
        "wrapped = NULL, shredded_at = 'now', subject = 'zone'",
        "wrapped = NULL, shredded_at = 'now', key_id = 'k'",
    ):
        with pytest.raises(DBAPIError, match=MESSAGE), full.db.begin() as tx:
            tx.execute(text(f"UPDATE audit_key SET {change}"))


def test_a_destroyed_key_stays_destroyed(full: World) -> None:
    with full.db.begin() as tx:
        tx.execute(text("UPDATE audit_key SET wrapped = NULL, shredded_at = 'now'"))
    with pytest.raises(DBAPIError, match=MESSAGE), full.db.begin() as tx:
        tx.execute(text("UPDATE audit_key SET wrapped = NULL, shredded_at = 'later'"))


def test_a_migration_can_make_the_guards_and_make_them_again(database_url: str) -> None:
    # As a migration does: tables without their events, then the statements.
    engine = create_engine(database_url)
    with engine.begin() as tx:
        for table in metadata.sorted_tables:
            table.create(tx)
        for _ in range(2):
            for statement in guard_statements(engine.dialect.name):
                tx.execute(text(statement))
        tx.execute(text("INSERT INTO audit_link (kind, ref, idx) VALUES ('person', 'p', 0)"))
    with pytest.raises(DBAPIError, match=MESSAGE), engine.begin() as tx:
        tx.execute(text("DELETE FROM audit_link"))
    engine.dispose()


def test_making_the_tables_again_changes_nothing(world: World) -> None:
    world.log.record(an_event())
    metadata.create_all(world.db.engine)
    assert set(inspect(world.db.engine).get_table_names()) >= {*APPEND_ONLY_TABLES, "audit_key"}
    assert world.size() == 1
