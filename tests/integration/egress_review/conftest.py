"""A zone on the usual kind of database, and one on each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import database_in
from tests.integration.egress_review.egress_house import Zone, copied_zone, open_zone


@pytest.fixture(scope="session")
def first_zone(usual_databases: None, tmp_path_factory: pytest.TempPathFactory) -> Zone:
    """A zone as it begins, made once and closed."""
    home = tmp_path_factory.mktemp("first-zone")
    made = open_zone(database_in(home), home)
    made.house.log.settle()
    made.house.db.close()
    return made


@pytest.fixture
def zone(first_zone: Zone, usual_database: None, tmp_path: Path) -> Iterator[Zone]:
    """A zone in a database of its own."""
    made = copied_zone(first_zone, tmp_path)
    yield made
    made.house.db.close()


@pytest.fixture
def each_zone(database_url: str, tmp_path: Path) -> Iterator[Zone]:
    """A zone in a database of each kind in turn."""
    made = open_zone(database_url, tmp_path)
    yield made
    made.house.db.close()
