"""The demo data, generated once for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub_config.demo.omop import write_gibleed
from hub_config.demo.population import write_population


@pytest.fixture(scope="session")
def gibleed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hospital data set as a workspace sees it at /data/gibleed."""
    directory = tmp_path_factory.mktemp("data") / "gibleed"
    directory.mkdir()
    write_gibleed(directory)
    return directory


@pytest.fixture(scope="session")
def population(gibleed: Path) -> Path:
    """The floating population, beside the hospital data set."""
    directory = gibleed.parent / "floating-population"
    directory.mkdir()
    write_population(directory)
    return directory
