"""An empty registry on the usual kind of database, and one on each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.registry.registry_house import House, open_house


@pytest.fixture
def house(usual_url: str, tmp_path: Path) -> Iterator[House]:
    """A registry in an empty database."""
    made = open_house(usual_url, tmp_path)
    yield made
    made.db.close()


@pytest.fixture
def each_house(database_url: str, tmp_path: Path) -> Iterator[House]:
    """A registry in a database of each kind in turn."""
    made = open_house(database_url, tmp_path)
    yield made
    made.db.close()
