"""What holds for every test: how long it may take, what runs beside it, and what is shown when it fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.databases import (
    CHOSEN,
    database_url,
    on_postgresql,
    postgresql_url,
    usual_database,
    usual_databases,
    usual_url,
)
from tests.postgresql_server import postgresql_socket
from tests.what_failed import (
    keep_basetemp,
    pytest_collectreport,
    pytest_runtest_logreport,
    pytest_runtest_makereport,
    pytest_runtest_setup,
)

__all__ = [
    "database_url",
    "keep_basetemp",
    "postgresql_socket",
    "postgresql_url",
    "pytest_collectreport",
    "pytest_runtest_logreport",
    "pytest_runtest_makereport",
    "pytest_runtest_setup",
    "usual_database",
    "usual_databases",
    "usual_url",
]

#: The same examples each time, so that a change is judged by what it changed; `ANSIM_EXPLORE=1` looks for new ones.
EXPLORING = "ANSIM_EXPLORE" in os.environ
# How fast an example runs is no promise of a property test.
settings.register_profile("zone", deadline=None, derandomize=not EXPLORING)
settings.load_profile("zone")

LONG_SECONDS = 3600
"""How long a long test may hang; it says itself what it promises about time."""
SHARED = {
    "tests/functional/test_disk_fills.py": "disk",
    "tests/functional/test_faults_engine.py": "engine",
    "tests/functional/test_backup_on_a_server.py": "servers",
    "tests/functional/test_faults_on_a_server.py": "servers",
    "tests/functional/test_front_server.py": "servers",
    "tests/functional/test_playbook_": "servers",
    "tests/functional/test_server_": "servers",
    "tests/functional/test_witness_server.py": "servers",
    "tests/functional/": "zone",
    "tests/integration/gate/lab/": "lab",
    "tests/integration/hub/": "hub",
}
"""Files whose tests share what is costly to start, and so run in one process, by how their paths begin; the first that
fits counts. Bare servers have an engine of their own each, and share the wheels and images of a bundle.
"""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give a long test time, and refuse one that neither `make test` nor `make test-long` would run."""
    long = item.get_closest_marker("long") is not None
    unit = item.nodeid.startswith("tests/unit/")
    if (long and unit) or (item.get_closest_marker("timed") and not long):
        raise pytest.UsageError(f"{item.nodeid}: a timed test must be marked long too, and a unit test is never long")
    if long and not item.get_closest_marker("timeout"):
        item.add_marker(pytest.mark.timeout(LONG_SECONDS))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a round on PostgreSQL, take the tests whose database may be of either kind; the others were tried before."""
    for item in items:
        if (mark := item.get_closest_marker("sqlite")) and not mark.args:
            raise pytest.UsageError(f"{item.nodeid}: say why it is about SQLite alone")
    if on_postgresql():
        either = [item for item in items if CHOSEN in fixtures_of(item) and not item.get_closest_marker("sqlite")]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(either)])
        items[:] = either


def fixtures_of(item: pytest.Item) -> frozenset[str]:
    """Return every fixture that a test rests on."""
    return frozenset(getattr(item, "fixturenames", ()))


class Groups(LoadScopeScheduling):  # type: ignore[misc]  # the base class carries no types
    """Gives whole groups to processes (pytest-xdist's own groups are lost with pytest 9)."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Groups | None:
    """Return who decides which process runs what under `--dist loadscope`."""
    return Groups(config, log) if config.getvalue("dist") == "loadscope" else None


def group_of(file: str) -> str:
    """Return the group of a test file: those of one group run one after another, in one process."""
    for start, group in SHARED.items():
        if file.startswith(start):
            return group
    return Path(file).stem
