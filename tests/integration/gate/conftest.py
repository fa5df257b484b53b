"""Zones under test for the gate."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.gate.browsing import Receiver
from tests.integration.gate.harness import QUICK, ZoneUnderTest, running
from tests.integration.gate.jupyter_of_image import installed

BUDGET = {"session_bytes": 60_000_000, "answer_seconds": 4}


@pytest.fixture(scope="session")
def jupyter() -> Path:
    """The command of a real JupyterLab: the notebook image's own wheels in an environment of its own."""
    named = os.environ.get("ANSIM_TEST_JUPYTER")
    if named:
        return Path(named)
    return installed()


@pytest.fixture(scope="session")
def root() -> None:
    """The gate gives away rights that only root has."""
    if os.geteuid() != 0:
        pytest.fail("needs root: the gate starts as root and becomes another user")


@pytest.fixture(scope="module")
def bare_zone(root: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZoneUnderTest]:
    """A running zone whose workspaces a test plays itself: hub, gate and log, but no Jupyter."""
    yield from running(tmp_path_factory.mktemp("zone"), Path("/nonexistent"), QUICK | BUDGET)


@pytest.fixture(scope="module")
def zone(jupyter: Path, root: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZoneUnderTest]:
    """A running zone with one workspace of alice, shared by the tests of a module."""
    yield from running(tmp_path_factory.mktemp("zone"), jupyter, QUICK)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server of somebody else, which hears what a page sends out."""
    server = Receiver()
    yield server
    server.shutdown()
    server.server_close()
