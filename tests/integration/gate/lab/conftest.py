"""One zone for all tests of this folder, which run in one process (`tests/conftest.py`)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.integration.gate.harness import QUICK, Browser, ZoneUnderTest, running
from tests.integration.gate.lab.browsing import NOTEBOOK


@pytest.fixture(scope="session")
def zone(jupyter: Path, root: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZoneUnderTest]:
    """A running zone with one workspace of alice, shared by all files of this folder."""
    yield from running(tmp_path_factory.mktemp("zone"), jupyter, QUICK)


@pytest.fixture(scope="session")
def prefix(zone: ZoneUnderTest) -> str:
    """The prefix of alice's running workspace."""
    return zone.start_workspace("alice", "gibleed")


@pytest.fixture
async def alice(zone: ZoneUnderTest, prefix: str) -> AsyncIterator[Browser]:
    """Alice's browser, signed in."""
    async with Browser(zone) as browser:
        await browser.sign_in("alice", prefix)
        yield browser


@pytest.fixture
async def kernel(alice: Browser, prefix: str) -> str:
    """The path of the channels of a running kernel."""
    status, session = await alice.call("POST", prefix, "api/sessions", NOTEBOOK)
    assert status == 201, session
    return f"api/kernels/{session['kernel']['id']}/channels"
