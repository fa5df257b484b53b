"""The one place that gives a test its database: SQLite, and PostgreSQL in the second round of `make test-long`.

The database belongs to a directory, so that a second process, or another part of a zone, finds the same one.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, text

from hub_config.settings import FILE_NAME
from tests.postgresql_server import ACCOUNT

KIND = "ANSIM_TEST_DATABASE"
"""The environment variable that says which kind tests take that are about neither: "sqlite", or "postgresql"."""
SERVER = "ANSIM_TEST_SERVER"
"""The directory of the socket of the server, for processes that a test starts."""
CHOSEN = "usual_databases"
"""The fixture behind every database that may be of either kind; a second round takes the tests that use it."""


def on_postgresql() -> bool:
    """Return whether this round is on PostgreSQL."""
    return os.environ.get(KIND, "sqlite") == "postgresql"


def database_in(home: Path, name: str = "ansim.db") -> str:
    """Return the URL of the database of a directory; it is empty at first."""
    if not on_postgresql():
        return f"sqlite:///{home / name}"
    database = _name(home / name)
    with _server() as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is None:
            server.execute(f"CREATE DATABASE {database}")
    return _url(database)


def copy_home(first: Path, home: Path, name: str = "ansim.db") -> None:
    """Copy a directory with its database, which nobody may have open."""
    shutil.copytree(first, home, dirs_exist_ok=True)
    if not on_postgresql():
        return
    source, target = _name(first / name), _name(home / name)
    with _server() as server:
        # Files are copied as they are: with the log written ahead it takes four times as long.
        server.execute(f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY FILE_COPY")
    if (settings := home / FILE_NAME).exists():
        settings.write_text(settings.read_text(encoding="utf-8").replace(source, target), encoding="utf-8")


def usual_settings(home: Path, settings: str, database: str = "") -> str:
    """Return the settings of a zone that is to stand in a directory, with the database given or the usual one."""
    url = database or (database_in(home) if on_postgresql() else "")
    return settings.replace("sqlite:///ansim.db", url) if url else settings


@pytest.fixture(scope="session")
def usual_databases(request: pytest.FixtureRequest) -> Iterator[None]:
    """Make it possible to take a database of the usual kind."""
    if not on_postgresql():
        yield
        return
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(SERVER, request.getfixturevalue("postgresql_socket"))
        yield


@pytest.fixture
def usual_database(usual_databases: None) -> Iterator[None]:
    """Let a test have databases of the usual kind, and remove them when it is over."""
    before = _databases()
    yield
    for database in _databases() - before:
        with _server() as server:
            server.execute(f"DROP DATABASE {database} WITH (FORCE)")


@pytest.fixture
def usual_url(usual_database: None, tmp_path: Path) -> str:
    """Return the URL of an empty database, for tests to which the kind does not matter."""
    return database_in(tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ansim.db'}"
    return fresh_schema(request.getfixturevalue("postgresql_socket"))


@pytest.fixture
def postgresql_url(postgresql_socket: str) -> str:
    """Return the URL of an empty PostgreSQL database."""
    return fresh_schema(postgresql_socket)


def fresh_schema(directory: str) -> str:
    """Return the URL of a new schema; not a database: that has a thousand times more files."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(host=directory, user=ACCOUNT, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    return f"postgresql+psycopg://{ACCOUNT}@/postgres?host={directory}&options=-csearch_path%3D{name}"


def without_guards(tx: Connection, *tables: str) -> None:
    """Take the guards of tables away, of all if none is named, as only the owner of the database can."""
    if tx.dialect.name == "sqlite":
        found = tx.execute(text("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")).all()
        guards = [(name, table, "") for name, table in found]
    else:
        of_schema = (
            "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE NOT tgisinternal AND relnamespace = current_schema()::regnamespace"
        )
        guards = [(name, table, f" ON {table}") for name, table in tx.execute(text(of_schema)).all()]
    for name, table, where in guards:
        if not tables or table in tables:
            tx.execute(text(f"DROP TRIGGER {name}{where}"))


def without_references(connection: Connection) -> None:
    """Let rows go to which others point, as only the owner of the database can."""
    if connection.dialect.name == "sqlite":
        connection.rollback()
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys=OFF")  # which counts outside of a transaction only
    else:
        connection.execute(text("SET LOCAL session_replication_role = replica"))


def by_hand(tx: Connection, *statements: str) -> None:
    """Run statements as they stand, with bytes written as x'00', as somebody at the prompt of the database would."""
    for statement in statements:
        tx.execution_options(no_parameters=True).exec_driver_sql(spelled(tx, statement))


def spelled(tx: Connection, statement: str) -> str:
    """Return a statement with its bytes, written as x'00', as the database writes them."""
    if tx.dialect.name == "sqlite":
        return statement
    return re.sub(r"\bx'([0-9a-f]*)'", r"'\\x\1'::bytea", statement)


def refuse_entries(tx: Connection, holding: str = "") -> None:
    """From now on the log cannot be written; or no event in whose JSON the given text stands."""
    if tx.dialect.name == "sqlite":
        refused = f"WHEN instr(NEW.body, CAST('{holding}' AS BLOB)) " if holding else ""
        statements: Sequence[str] = [
            f"CREATE TRIGGER broken BEFORE INSERT ON audit_entry {refused}BEGIN SELECT RAISE(ABORT, 'full'); END"
        ]
    else:
        refused = f"WHEN (position(convert_to('{holding}', 'UTF8') IN NEW.body) > 0) " if holding else ""
        statements = [
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$",
            *(
                f"CREATE TRIGGER broken BEFORE INSERT ON {table} FOR EACH ROW {refused}EXECUTE FUNCTION broken()"
                for table in ("audit_pending", "audit_entry")
            ),
        ]
    for statement in statements:
        tx.exec_driver_sql(statement)


def accept_entries(tx: Connection) -> None:
    """The log can be written again."""
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql("DROP TRIGGER broken")
    else:
        tx.exec_driver_sql("DROP FUNCTION broken() CASCADE")


def _name(file: Path) -> str:
    return f"t_{hashlib.sha256(str(file.absolute()).encode()).hexdigest()[:40]}"


def _url(database: str) -> str:
    return f"postgresql+psycopg://{ACCOUNT}@/{database}?host={os.environ[SERVER]}"


def _server() -> psycopg.Connection[tuple[object, ...]]:
    if SERVER not in os.environ:
        pytest.fail(f"a test that takes a database of either kind needs the fixture `{CHOSEN}`, or one that uses it")
    return psycopg.connect(host=os.environ[SERVER], user=ACCOUNT, dbname="postgres", autocommit=True)


def _databases() -> set[str]:
    if not on_postgresql():
        return set()
    with _server() as server:
        return {str(name) for (name,) in server.execute("SELECT datname FROM pg_database WHERE datname LIKE 't\\_%'")}
