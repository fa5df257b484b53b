"""On PostgreSQL a process can be given a role that appends and reads, and can change nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from audit.db import Database
from audit.errors import NotDurable
from audit.event import Source
from audit.log import AuditLog
from audit.retention.database_roles import APPEND, GRANTS, READ, SEQUENCE, role_statements
from audit.tables import metadata
from tests.integration.audit.audit_world import ORIGIN, World, an_event, new_world

WRITES = ("UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table}")
COLUMNS = {name: table.columns.keys()[-1] for name, table in metadata.tables.items()}


@pytest.fixture
def world(postgresql_socket: str, tmp_path: Path) -> Iterator[World]:
    """A log on PostgreSQL whose roles were made by the statements that the operator gets."""
    schema = f"roles_{tmp_path.name.replace('-', '_').lower()}"
    url = f"postgresql+psycopg://postgres@/postgres?host={postgresql_socket}&options=-csearch_path%3D{schema}"
    with psycopg.connect(host=postgresql_socket, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    made = new_world(Database.open(url), tmp_path, url)
    for _ in range(2):
        with made.db.begin() as tx:
            for statement in role_statements(schema):
                tx.execute(text(statement.replace(":", r"\:")))
    yield made
    made.db.close()


def as_role(world: World, role: str) -> Database:
    return Database.open(world.url.replace("options=", f"options=-crole%3D{role}%20"))


def log_as(world: World, role: str) -> AuditLog:
    return AuditLog(as_role(world, role), world.keys, component="portal", origin=ORIGIN, log_dir=world.home / "log")


@pytest.fixture
def appending(world: World) -> Iterator[AuditLog]:
    """The log as a process with the appending role has it."""
    log = log_as(world, APPEND)
    yield log
    log.db.close()


@pytest.fixture
def sequencing(world: World) -> Iterator[AuditLog]:
    log = log_as(world, SEQUENCE)
    yield log
    log.db.close()


def test_the_appending_role_records_and_the_sequencing_role_enters_it(
    world: World, appending: AuditLog, sequencing: AuditLog
) -> None:
    for number in range(260):
        event = an_event(detail={"n": number}, source=Source("203.0.113.9"), sealed={"note": "비고"})
        assert appending.record(event, wait="durable") is None
    sequencing.sequencer.drain()
    sequencing.checkpoint()
    assert world.size() == 260
    assert world.verify().verdict == "intact"
    assert world.log.unseal(0) == {"note": "비고", "source.ip": "203.0.113.9"}


def test_who_may_only_append_waits_for_the_sequencer_of_another_process(
    world: World, appending: AuditLog, sequencing: AuditLog
) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=sequencing.sequencer.run, args=(stop,))
    thread.start()
    try:
        assert [appending.record(an_event()) for _ in range(3)] == [0, 1, 2]
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("role", GRANTS)
@pytest.mark.parametrize("statement", WRITES)
def test_no_role_changes_removes_or_empties_what_was_recorded(world: World, role: str, statement: str) -> None:
    world.fill(2)
    db = as_role(world, role)
    try:
        for table, column in COLUMNS.items():
            # What waits in the outbox is no entry yet; taking it from there is the sequencer's work.
            if (role, table) == (SEQUENCE, "audit_pending") and not statement.startswith("TRUNCATE"):
                continue
            with pytest.raises(DBAPIError, match="permission denied"), db.begin() as tx:
                tx.execute(text(statement.format(table=table, column=column)))
    finally:
        db.close()


@pytest.mark.parametrize("role", GRANTS)
def test_no_role_takes_away_a_guard(world: World, role: str) -> None:
    db = as_role(world, role)
    try:
        for statement in (
            "DROP TRIGGER audit_entry_no_change ON audit_entry",
            "ALTER TABLE audit_entry DISABLE TRIGGER USER",
            "DROP TABLE audit_entry CASCADE",
            "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
            "SET session_replication_role = replica",
            f"GRANT {SEQUENCE} TO {APPEND}",
        ):
            refused = pytest.raises(DBAPIError, match=r"permission denied|must be owner|must have|ADMIN")
            with refused, db.begin() as tx:
                tx.execute(text(statement))
    finally:
        db.close()


def test_the_appending_role_enters_nothing_into_the_tree_itself(world: World) -> None:
    db = as_role(world, APPEND)
    try:
        for statement in (
            "INSERT INTO audit_entry SELECT * FROM audit_entry",
            "INSERT INTO audit_checkpoint (size, note, tail, created_at) VALUES (1, 'n', '', 'now')",
            "INSERT INTO audit_pruning (minimum, event_id, declared_at) VALUES (256, 'e', 'now')",
            "INSERT INTO audit_discard (commitment) VALUES ('')",
        ):
            with pytest.raises(DBAPIError, match="permission denied"), db.begin() as tx:
                tx.execute(text(statement))
    finally:
        db.close()


def test_the_reading_role_reads_everything_and_records_nothing(world: World) -> None:
    world.fill(3)
    log = log_as(world, READ)
    try:
        with log.db.read() as tx:
            assert log.size(tx) == 3
            for table in GRANTS[READ]["SELECT"]:
                tx.execute(text(f"SELECT count(*) FROM {table}"))
        with pytest.raises(NotDurable):
            log.record(an_event(), wait="durable")
    finally:
        log.db.close()


def test_the_roles_cannot_sign_in_by_themselves(world: World) -> None:
    with world.db.read() as tx:
        rows = tx.execute(text("SELECT rolname, rolcanlogin, rolsuper FROM pg_roles WHERE rolname LIKE 'audit_%'"))
        assert {tuple(row) for row in rows} == {(role, False, False) for role in GRANTS}


@pytest.mark.parametrize("schema", ["public; DROP TABLE x", "", 'a"b', "a-b"])
def test_a_schema_that_is_no_name_is_refused(schema: str) -> None:
    with pytest.raises(ValueError, match="schema"):
        role_statements(schema)


def test_every_table_of_the_log_was_thought_of() -> None:
    named = {table for grants in GRANTS.values() for tables in grants.values() for table in tables}
    owners_alone = set(metadata.tables) - named
    # What only the owner of the tables touches: erasing, pruning and what other systems and people keep.
    assert {"audit_discard"} <= owners_alone
    assert not {name for name in named if not re.fullmatch("audit_[a-z]+", name)}
