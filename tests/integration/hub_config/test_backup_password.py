"""A database that asks for a password, as one on a server of its own does, is copied, tried and brought back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub_config.backup.database_copy import bring_back, copy, on_trial
from hub_config.backup.errors import ToolFailed
from tests.postgresql_server import ACCOUNT, postgresql_server

PASSWORD = "the zone's, & 100%: /its own?"


@pytest.fixture(scope="module")
def server() -> Iterator[sa.URL]:
    """A server that lets its owner in, and the zone's role with its password alone."""
    with postgresql_server() as socket:
        owner = sa.URL.create("postgresql+psycopg", ACCOUNT, database="postgres", query={"host": socket})
        engine = sa.create_engine(owner, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            quoted = PASSWORD.replace("'", "''").replace("%", "%%")
            connection.exec_driver_sql(f"CREATE ROLE ansim LOGIN CREATEDB PASSWORD '{quoted}'")
            for name in ("ansim", "empty"):
                connection.exec_driver_sql(f"CREATE DATABASE {name} OWNER ansim")
            rules = Path(socket, "data", "pg_hba.conf")
            rules.write_text(f"local all {ACCOUNT} trust\nlocal all ansim scram-sha-256\n", encoding="utf-8")
            connection.exec_driver_sql("SELECT pg_reload_conf()")
        engine.dispose()
        yield owner.set(username="ansim", password=PASSWORD, database="ansim")


def kept_in(url: str) -> int:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        number: int = connection.execute(sa.text("SELECT number FROM kept")).scalar_one()
    engine.dispose()
    return number


def test_a_database_behind_a_password_is_copied_tried_and_brought_back(server: sa.URL, tmp_path: Path) -> None:
    url, empty = (server.set(database=name).render_as_string(hide_password=False) for name in ("ansim", "empty"))
    engine = sa.create_engine(url)
    with engine.begin() as tx:
        tx.execute(sa.text("CREATE TABLE audit_key (name text)"))
        tx.execute(sa.text("CREATE TABLE kept AS SELECT 7 AS number"))
    engine.dispose()
    copied = copy(url, tmp_path)
    with on_trial(copied, url) as trial:
        assert kept_in(trial.url) == 7
    bring_back(copied, empty)
    assert kept_in(empty) == 7


def test_a_wrong_password_is_refused_and_not_said(server: sa.URL, tmp_path: Path) -> None:
    with pytest.raises(ToolFailed, match="password authentication failed") as refused:
        copy(server.set(password="not this one").render_as_string(hide_password=False), tmp_path)
    assert "not this one" not in str(refused.value)
