"""The database of a zone, SQLite in a file or PostgreSQL: what is committed is durable."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, DateTime, Dialect, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.types import TypeDecorator

from audit.errors import DatabaseUnusable

if TYPE_CHECKING:
    import psycopg

READ_ONLY = "ansim_read_only"
BUSY_MILLISECONDS = 30_000
CACHE_KIBIBYTES = 16_384
LOCK_MILLISECONDS = BUSY_MILLISECONDS
"""On PostgreSQL whoever waits for a lock gives up as on SQLite: nobody waits for ever behind a session left open."""
REACHING: Mapping[str, str] = {
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""What libpq is told unless the URL says otherwise (PostgreSQL, 34.1.2): a server that has gone without a word is
noticed within half a minute, so that whoever waits is told, and the next connection finds the one that took over.
"""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: stored in UTC, always timezone-aware in Python; a naive datetime is a programmer's error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into what the database keeps."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a moment without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment aware, also from SQLite, which keeps no zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """One SQLAlchemy engine with the zone's rules for transactions."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, url: str) -> Database:
        """Open `sqlite:///PATH` or `postgresql+psycopg://…`.

        Raises: DatabaseUnusable — for any other database, and for SQLite in memory, where nothing is durable.
        """
        try:
            backend = make_url(url)
        except ArgumentError as error:
            raise DatabaseUnusable(str(error)) from None
        match backend.get_backend_name():
            case "sqlite" if backend.database not in (None, "", ":memory:"):
                return cls(_sqlite_engine(url))
            case "postgresql":
                return cls(_postgresql_engine(backend))
            case name:
                raise DatabaseUnusable(f"{name} without a file, or a database this zone does not know")

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Run the block in a write transaction: committed durably at its end, rolled back if it raises."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Run the block on one unchanging state of the database; writing in it fails."""
        with self.engine.connect() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            else:
                connection.execution_options(**{READ_ONLY: True})
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _postgresql_engine(url: URL) -> Engine:
    reaching = {name: value for name, value in REACHING.items() if name not in url.query}
    engine = create_engine(url, pool_pre_ping=True, connect_args=reaching, hide_parameters=True)
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: psycopg.Connection[Any], _record: Any) -> None:
    connection.execute(f"SET lock_timeout = {LOCK_MILLISECONDS}")
    connection.commit()  # otherwise the first rollback takes it back


def _sqlite_engine(url: str) -> Engine:
    # Values of a statement stand in no error, so they get into no log by one.
    engine = create_engine(url, connect_args={"timeout": BUSY_MILLISECONDS / 1000}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "checkin", _allow_writes)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver must not begin transactions on its own: it would begin them DEFERRED and too late.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    if cursor.execute("PRAGMA journal_mode=WAL").fetchone()[0] != "wal":
        raise DatabaseUnusable("SQLite cannot use its write-ahead log on this file system")
    # FULL, not NORMAL: with NORMAL a power cut loses events that were acknowledged.
    cursor.execute("PRAGMA synchronous=FULL")
    # An entry touches some ten pages, several at random places: with the 2 MiB of the default they are read and
    # written again and again.
    cursor.execute(f"PRAGMA cache_size=-{CACHE_KIBIBYTES}")
    cursor.execute("PRAGMA foreign_keys=ON")
    # What is deleted is overwritten: an erased value must not stay readable in the file.
    cursor.execute("PRAGMA secure_delete=ON")
    # Otherwise REPLACE removes a row without asking the trigger that refuses it.
    cursor.execute("PRAGMA recursive_triggers=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get(READ_ONLY):
        connection.exec_driver_sql("PRAGMA query_only=ON")
        connection.exec_driver_sql("BEGIN DEFERRED")
    else:
        # IMMEDIATE: the index of the next entry is read and written under one lock.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _allow_writes(connection: sqlite3.Connection | None, _record: Any) -> None:
    if connection is not None:
        connection.execute("PRAGMA query_only=OFF")
