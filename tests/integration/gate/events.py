"""Reads the log of a zone under test, as its owner."""

from __future__ import annotations

import time
from typing import Any

from audit.cells import CellStore
from audit.db import Database
from audit.keys import LogKeys
from audit.search import Query, search
from tests.integration.gate.harness import ZoneUnderTest


def events(zone: ZoneUnderTest, action: str) -> list[dict[str, Any]]:
    """Return the bodies of all events of an action, oldest first."""
    db = Database.open(f"sqlite:///{zone.home / 'ansim.db'}")
    try:
        with db.read() as tx:
            return [dict(e.body) for e in search(tx, Query(action=action, newest_first=False, limit=1000))]
    finally:
        db.engine.dispose()


def codes(zone: ZoneUnderTest) -> list[bytes]:
    """Return the code of every cell that was recorded, oldest first."""
    cells = CellStore(zone.home / "cells", LogKeys.load_or_create(zone.home / "keys").cells)
    return [cells.get(event["detail"]["code"]) for event in events(zone, "cell.sent")]


def within(seconds: float, since: float) -> bool:
    """Say whether something took no longer than it may."""
    return time.monotonic() - since <= seconds
