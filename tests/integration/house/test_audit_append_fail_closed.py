"""No durable append, no action: with a log that cannot be written, no use case of the house changes anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from audit.db import Database
from audit.errors import NotDurable
from tests.databases import refuse_entries
from tests.integration.egress_review.egress_house import Zone
from tests.integration.house import house_desk, house_registry
from tests.integration.registry.registry_house import House

# What a refused sign-in leaves: the attempt is counted before it is judged, so that a broken log helps nobody guess.
COUNTED = ("throttle", "attempt")


def state(db: Database) -> dict[str, list[Any]]:
    """Return every row of the zone but those of the log's own tables and of counted attempts."""
    with db.read() as tx:
        names = [name for name in inspect(tx).get_table_names() if not name.startswith("audit_")]
        return {
            name: sorted(map(repr, tx.execute(text(f"SELECT * FROM {name}"))))
            for name in names
            if not any(word in name for word in COUNTED)
        }


def files(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def refused(db: Database, act: Callable[[], object]) -> None:
    """Break the log, act, and fail if anything was done or if whoever acted was not told."""
    before = state(db)
    with db.begin() as tx:
        refuse_entries(tx)
        entries = tx.scalar(text("SELECT count(*) FROM audit_entry"))
    with pytest.raises(NotDurable):
        act()
    assert state(db) == before
    with db.read() as tx:
        assert tx.scalar(text("SELECT count(*) FROM audit_entry")) == entries


@pytest.mark.parametrize("name", sorted(house_registry.USES.known))
def test_the_registry_changes_nothing_that_is_not_recorded(house: House, name: str) -> None:
    refused(house.db, house_registry.USES.known[name].prepare(house))


@pytest.mark.parametrize("name", sorted(house_desk.USES.known))
def test_the_desk_changes_nothing_that_is_not_recorded(zone: Zone, name: str) -> None:
    act = house_desk.USES.known[name].prepare(zone)
    before = files(zone.home / "releases")
    refused(zone.house.db, act)
    assert files(zone.home / "releases") == before
