"""A log from before there was pruning gets the conditional guards, and loses them again on the way back."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from audit.db import Database
from audit.guards import MESSAGE
from hub_config.migrate import configuration

LINK = "INSERT INTO audit_link (kind, ref, idx) VALUES ('person', 'p', 5)"
REMOVE = "DELETE FROM audit_link"
DECLARE = "INSERT INTO audit_pruning (minimum, event_id, declared_at) VALUES (256, 'e', 'now')"


def run(url: str, *statements: str) -> None:
    db = Database.open(url)
    try:
        with db.begin() as tx:
            for statement in statements:
                tx.execute(text(statement))
    finally:
        db.close()


def test_rows_of_an_earlier_version_go_only_below_a_declared_minimum(database_url: str) -> None:
    config = configuration(database_url)
    command.upgrade(config, "0003")
    run(database_url, LINK)
    with pytest.raises(DBAPIError, match=MESSAGE):
        run(database_url, REMOVE)
    command.upgrade(config, "0004")
    with pytest.raises(DBAPIError, match=MESSAGE):
        run(database_url, REMOVE)
    run(database_url, DECLARE, REMOVE, LINK)
    command.downgrade(config, "0003")
    with pytest.raises(DBAPIError, match=MESSAGE):
        run(database_url, REMOVE)
    command.upgrade(config, "0004")
    with pytest.raises(DBAPIError, match=MESSAGE):
        run(database_url, REMOVE)
