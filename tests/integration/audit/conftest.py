"""A log in a fresh database of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.db import Database
from tests.integration.audit.audit_world import World, new_world


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A log in an empty database of each kind."""
    made = new_world(Database.open(database_url), tmp_path, database_url)
    yield made
    made.db.close()


@pytest.fixture
def postgresql_world(postgresql_url: str, tmp_path: Path) -> Iterator[World]:
    """A log in an empty PostgreSQL database, for what only that kind does."""
    made = new_world(Database.open(postgresql_url), tmp_path, postgresql_url)
    yield made
    made.db.close()


@pytest.fixture
def usual_world(usual_url: str, tmp_path: Path) -> Iterator[World]:
    """A log in an empty database of the usual kind, for what does not depend on it."""
    made = new_world(Database.open(usual_url), tmp_path, usual_url)
    yield made
    made.db.close()
