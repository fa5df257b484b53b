"""A database that is away is said in a sentence, whatever the error was; an error of the program never is."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors

from audit.db import Database
from audit.errors import NotDurable
from hub_config.database_away import away, fault_of
from hub_config.settings import DatabaseSettings, Settings


def wrapped(error: Exception, *, lost: bool = False) -> sa.exc.DBAPIError:
    """Return an error of the driver as SQLAlchemy hands it on."""
    kind = sa.exc.OperationalError if isinstance(error, psycopg.OperationalError | sqlite3.OperationalError) else None
    return (kind or sa.exc.ProgrammingError)("SELECT 1", {}, error, connection_invalidated=lost)


@pytest.mark.parametrize(
    "error",
    [
        wrapped(psycopg.OperationalError("connection refused")),
        wrapped(errors.AdminShutdown("terminating connection"), lost=True),
        wrapped(errors.CannotConnectNow("the database system is starting up")),
        wrapped(errors.TooManyConnections("sorry, too many clients already")),
        sa.exc.TimeoutError("QueuePool limit reached"),
    ],
)
def test_a_server_that_is_gone_is_said(error: Exception) -> None:
    said = away(error)
    assert said is not None
    assert said.exit_code == 3
    assert "reached" in str(said.reason)


def test_a_cause_is_found_behind_what_the_log_made_of_it() -> None:
    refused = NotDurable("the database could not commit")
    refused.__cause__ = wrapped(psycopg.OperationalError("server closed the connection unexpectedly"), lost=True)
    assert away(refused) is not None


@pytest.mark.parametrize("error", [errors.LockNotAvailable("canceling"), errors.QueryCanceled("timeout")])
def test_waiting_too_long_is_another_sentence(error: psycopg.OperationalError) -> None:
    said = away(wrapped(error))
    assert said is not None
    assert "gave up waiting" in str(said.reason)


@pytest.mark.parametrize(
    "error",
    [
        wrapped(errors.UndefinedTable("no such table")),
        wrapped(errors.UniqueViolation("duplicate key")),
        wrapped(sqlite3.OperationalError("no such table: person")),
        ValueError("a defect"),
    ],
)
def test_a_defect_stays_one(error: Exception) -> None:
    assert away(error) is None


def test_a_busy_file_is_waited_for_and_then_said(tmp_path: Path) -> None:
    path = tmp_path / "ansim.db"
    with sqlite3.connect(path, isolation_level=None) as holder, sqlite3.connect(path, timeout=0.01) as other:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError) as raised:
            other.execute("CREATE TABLE t (a)")
    said = away(wrapped(raised.value))
    assert said is not None
    assert "gave up waiting" in str(said.reason)


def test_the_doctor_is_told_of_a_database_that_does_not_answer(tmp_path: Path) -> None:
    nowhere = f"postgresql+psycopg://nobody@/nothing?host={tmp_path}"
    fault = fault_of(Settings(home=tmp_path, database=DatabaseSettings(url=nowhere)))
    assert fault is not None
    reason, hint = fault
    assert "연결할 수 없습니다" in reason.ko
    assert "systemctl status postgresql" in hint.en
    here = Settings(home=tmp_path, database=DatabaseSettings(url=f"sqlite:///{tmp_path / 'ansim.db'}"))
    assert fault_of(here) is None


def test_a_server_that_went_without_a_word_is_noticed_and_the_url_has_the_last_word() -> None:
    """What libpq is given: read off the arguments of the connection, for a dead peer takes minutes to try."""
    asked: dict[str, object] = {}
    db = Database.open("postgresql+psycopg://a@/b?host=/nowhere&connect_timeout=3")

    @sa.event.listens_for(db.engine, "do_connect")
    def _stop(dialect: object, record: object, args: object, named: dict[str, object]) -> None:
        asked.update(named)
        raise psycopg.OperationalError("not needed")

    with pytest.raises(sa.exc.OperationalError), db.engine.connect():
        pass
    assert asked["connect_timeout"] == "3"
    assert asked["tcp_user_timeout"] == "30000"
