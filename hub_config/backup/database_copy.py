"""A copy of the whole database at one moment, made while the zone works, and its way back.

SQLite: its online backup; a copy without the subjects' keys is then one file. PostgreSQL: pg_dump and pg_restore in the
custom format, which read one snapshot of the database. Owners and rights are not in it: those of the server it was made
on may not be there, and who brings it back gives them anew (`hub_config.systemd.migrating`).
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import SQLAlchemyError

from audit.key_rows import take_out
from audit.text import Text
from hub_config.backup.errors import NoRoom, Refused, ToolFailed, Unusable
from hub_config.backup.tools import failure, find
from hub_config.full_disk import is_disk_full

COPY_FILE, DUMP_FILE = "database.sqlite", "database.dump"
_CLIENT = "postgresql-client"
_BRING_BACK = ("--no-owner", "--no-acl", "--exit-on-error", "--single-transaction")

_NO_TRIAL = Text("백업을 시험 복원할 수 없습니다: {error}.", "The backup cannot be tried: {error}.")
_NO_TRIAL_HINT = Text(
    "database.url의 역할이 소유하는 {name} 데이터베이스를 만들거나(플레이북이 하는 일입니다) 그 역할에 CREATEDB 권한을"
    " 주십시오. 그래야 백업마다 시험 복원을 합니다.",
    "Make a database {name} that belongs to the role of database.url, as the playbook does, or give that role the right"
    " CREATEDB, so that every backup is restored on trial.",
)
_TRIAL_LOCK = 0x616E73696D
"""PostgreSQL's number for "a backup is tried here", so that two are tried one after the other."""
_EMPTY = "DO $$ BEGIN DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public; END $$"
"""Both or neither: without its schema nothing would come back into it."""
_NOT_BACK = Text(
    "데이터베이스 사본이 복원되지 않습니다: {error}", "The copy of the database does not come back: {error}"
)
_UNREACHED = Text("데이터베이스에 연결할 수 없습니다: {error}.", "The database cannot be reached: {error}.")
_FILLED = Text("데이터베이스에 이미 표가 {n}개 있습니다.", "The database holds {n} tables already.")
_FILLED_HINT = Text("구역에 쓸 빈 데이터베이스를 만드십시오.", "Make an empty database for the zone.")
_DATABASE_FULL = Text("데이터베이스 서버의 디스크가 가득 찼습니다.", "The disk of the database server is full.")


def copy(url: str, directory: Path) -> Path:
    """Write the database as it is now into a directory, without the keys of subjects; return the file.

    Raises: ToolFailed — if PostgreSQL's tools cannot. sqlite3.Error — if the file cannot be read.
    """
    backend = make_url(url)
    if backend.get_backend_name() == "postgresql":
        target = directory / DUMP_FILE
        _postgresql(backend, "pg_dump", "--format=custom", "--exclude-table-data=audit_key", f"--file={target}")
        target.chmod(0o600)
        return target
    target = directory / COPY_FILE
    target.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(f"file:{backend.database}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(target)) as made,
    ):
        source.backup(made, pages=4096)
        made.execute("PRAGMA journal_mode = DELETE")
    target.chmod(0o600)
    take_out(target)
    return target


def bring_back(copied: Path, url: str) -> None:
    """Write a copy into the empty place that a URL names.

    Raises: Refused — if something is there already. ToolFailed — if it cannot be written.
    """
    backend = make_url(url)
    if (backend.get_backend_name() == "postgresql") != (copied.name == DUMP_FILE):
        told = Text(
            "백업에 든 {name} 파일이 ansim.yaml의 database.url과 맞지 않습니다.",
            "The backup holds {name}, which does not fit database.url in ansim.yaml.",
        )
        raise Refused(told.format(name=copied.name))
    if copied.name == DUMP_FILE:
        _refuse_filled(url)
        _postgresql(backend, "pg_restore", *_BRING_BACK, str(copied))
        return
    target = Path(str(backend.database))
    if target.exists():
        told = Text("이미 데이터베이스가 있습니다: {target}", "There is a database at {target} already.")
        raise Refused(told.format(target=target))
    target.parent.mkdir(parents=True, exist_ok=True)
    copied.replace(target)
    target.chmod(0o600)


@dataclass(frozen=True, slots=True)
class Scratch:
    """A database for a moment, and where it is."""

    url: str


@contextmanager
def on_trial(copied: Path, url: str) -> Iterator[Scratch]:
    """Bring a copy back into a database that is gone afterwards.

    Raises: Unusable — if it does not come back. ToolFailed — if PostgreSQL gives no room for a trial.
    """
    if copied.name == COPY_FILE:
        yield Scratch(f"sqlite:///{copied}")
        return
    with _room(make_url(url)) as room:
        trial = room.render_as_string(hide_password=False)
        try:
            bring_back(copied, trial)
        except NoRoom:
            raise
        except ToolFailed as error:
            raise Unusable(_NOT_BACK.format(error=error)) from error
        yield Scratch(trial)


@contextmanager
def _room(backend: URL) -> Iterator[URL]:
    """Yield an empty database: the one kept for trials beside the zone's, or where the role may make one, a new one.

    Raises: ToolFailed — if there is neither.
    """
    kept, made = f"{backend.database}_trial", f"ansim_trial_{uuid4().hex[:12]}"
    try:
        with _server(backend) as server:
            known = server.exec_driver_sql("SELECT FROM pg_database WHERE datname = %s", (kept,)).first()
            if known is None:
                server.exec_driver_sql(f"CREATE DATABASE {made}")
    except SQLAlchemyError as error:
        raise _no_trial(error, kept) from error
    if known is not None:
        with _emptied(backend.set(database=kept)) as room:
            yield room
        return
    try:
        yield backend.set(database=made)
    finally:
        with _server(backend) as server:
            server.exec_driver_sql(f"DROP DATABASE IF EXISTS {made} WITH (FORCE)")


@contextmanager
def _emptied(room: URL) -> Iterator[URL]:
    """Empty the database that is kept for trials, before and after; whatever a killed trial left goes with it.

    Raises: ToolFailed — if the role of the zone may not come in or not empty it.
    """
    engine = create_engine(room, isolation_level="AUTOCOMMIT")
    try:
        try:
            held = engine.connect()
            held.exec_driver_sql(f"SELECT pg_advisory_lock({_TRIAL_LOCK})")
            held.exec_driver_sql(_EMPTY)
        except SQLAlchemyError as error:
            raise _no_trial(error, str(room.database)) from error
        with held:
            try:
                yield room
            finally:
                held.exec_driver_sql(_EMPTY)
    finally:
        engine.dispose()


def _no_trial(error: SQLAlchemyError, kept: str) -> ToolFailed:
    if is_disk_full(error):
        return NoRoom(_DATABASE_FULL)
    return ToolFailed(_NO_TRIAL.format(error=type(error).__name__), hint=_NO_TRIAL_HINT.format(name=kept))


@contextmanager
def _server(backend: URL) -> Iterator[Connection]:
    """Connect for statements that are no part of a transaction."""
    engine = create_engine(backend, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _refuse_filled(url: str) -> None:
    engine = create_engine(url)
    try:
        names = inspect(engine).get_table_names()
    except SQLAlchemyError as error:
        raise ToolFailed(_UNREACHED.format(error=type(error).__name__)) from error
    finally:
        engine.dispose()
    if names:
        raise Refused(_FILLED.format(n=len(names)), hint=_FILLED_HINT)


def _postgresql(backend: URL, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL on a database; the password goes by the environment, not past other users' eyes."""
    # Made anew: `set` takes no password away, and one that is hidden as *** would be taken for it.
    place = (backend.host, backend.port, backend.database, backend.query)
    plain = URL.create("postgresql", backend.username, None, *place).render_as_string()
    # In English, so that a full disk is recognised.
    environment = {**os.environ, "LC_ALL": "C", **({"PGPASSWORD": str(backend.password)} if backend.password else {})}
    command = [find(program, _CLIENT), f"--dbname={plain}", *arguments]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise failure(program, ended.stderr)
