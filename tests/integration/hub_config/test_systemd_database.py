"""The database of a production zone: its processes append to the log and can change nothing in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from audit.db import Database
from audit.log import AuditLog, LogKeys
from audit.retention.database_roles import GRANTS
from hub_config.settings import DatabaseSettings, Settings
from hub_config.systemd.database_rights import GROWS
from hub_config.systemd.migrating import bring_up_to_date
from tests.integration.audit.audit_world import ORIGIN, an_event

pytestmark = pytest.mark.long  # a server of its own
TABLES = {"audit_entry": "idx", "audit_link": "idx", "audit_tile": "level", "audit_checkpoint": "size"}


@dataclass(frozen=True, slots=True)
class Made:
    """A database that its owner migrated."""

    settings: Settings
    socket: str
    home: Path

    def as_zone(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(host=self.socket, user="production_zone", dbname="production", autocommit=True)


@pytest.fixture(scope="module")
def made(postgresql_socket: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    home = tmp_path_factory.mktemp("production")
    with psycopg.connect(host=postgresql_socket, user="postgres", dbname="postgres", autocommit=True) as server:
        server.execute("CREATE ROLE production_owner LOGIN")
        server.execute("CREATE ROLE production_zone LOGIN NOINHERIT")
        for name in GRANTS:  # as the playbook makes them: the owner may make none
            server.execute(f"CREATE ROLE {name} NOLOGIN")
            server.execute(f"GRANT {name} TO production_zone")
        server.execute("CREATE DATABASE production OWNER production_owner")
    place = f"@/production?host={postgresql_socket}"
    urls = [f"postgresql+psycopg://production_{who}{place}" for who in ("zone", "owner")]
    yield Made(Settings(home=home, database=DatabaseSettings(url=urls[0], owner_url=urls[1])), postgresql_socket, home)
    with psycopg.connect(host=postgresql_socket, user="postgres", dbname="postgres", autocommit=True) as server:
        server.execute("DROP DATABASE production WITH (FORCE)")
        server.execute("DROP ROLE IF EXISTS audit_append, audit_sequence, audit_read")
        server.execute("DROP ROLE production_zone, production_owner")


def test_the_owner_migrates_once_and_a_second_run_changes_nothing(made: Made) -> None:
    assert bring_up_to_date(made.settings)
    assert not bring_up_to_date(made.settings)


def test_rights_that_a_run_did_not_come_to_give_are_given_by_the_next(made: Made) -> None:
    owner = psycopg.connect(host=made.socket, user="production_owner", dbname="production", autocommit=True)
    with owner as connection:
        connection.execute("REVOKE ALL ON audit_entry FROM production_zone")
        connection.execute("GRANT DELETE ON audit_link TO production_zone")
    assert not bring_up_to_date(made.settings)
    with made.as_zone() as connection:
        assert connection.execute("SELECT count(*) FROM audit_entry").fetchone() == (0,)
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("DELETE FROM audit_link")


def test_the_owner_makes_no_roles(made: Made) -> None:
    owner = psycopg.connect(host=made.socket, user="production_owner", dbname="production", autocommit=True)
    with owner as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("CREATE ROLE mine LOGIN")


def test_the_zones_role_records_and_enters_what_it_recorded(made: Made) -> None:
    database = Database.open(made.settings.database.url)
    (made.home / "log").mkdir(exist_ok=True)
    keys = LogKeys.load_or_create(made.home / "keys")
    log = AuditLog(database, keys, component="portal", origin=ORIGIN, log_dir=made.home / "log")
    for number in range(3):
        log.record(an_event(detail={"n": number}), wait="durable")
    log.sequencer.drain()
    log.checkpoint()
    database.close()
    with made.as_zone() as connection:
        assert connection.execute("SELECT count(*) FROM audit_entry").fetchone() == (3,)


@pytest.mark.parametrize("table", [name for name in GROWS if name in TABLES])
@pytest.mark.parametrize("attack", ["UPDATE {t} SET {c} = {c}", "DELETE FROM {t}", "TRUNCATE {t}", "DROP TABLE {t}"])
def test_who_holds_the_zones_role_changes_nothing_in_the_tree(made: Made, table: str, attack: str) -> None:
    with made.as_zone() as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(attack.format(t=table, c=TABLES[table]))


@pytest.mark.parametrize(
    "attack",
    [
        "CREATE TABLE mine (a int)",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SET ROLE production_owner",
        "CREATE ROLE mine SUPERUSER",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ],
)
def test_who_holds_the_zones_role_makes_itself_no_further_rights(made: Made, attack: str) -> None:
    with made.as_zone() as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(attack)


def test_a_right_that_the_zones_role_gives_itself_is_not_there(made: Made) -> None:
    with made.as_zone() as connection:
        connection.execute("GRANT DELETE ON audit_entry TO production_zone")  # PostgreSQL warns and grants nothing
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("DELETE FROM audit_entry")
