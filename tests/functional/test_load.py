"""The load test itself, small: a zone at work answers without an error, loses nothing and does not only grow.

The real one is `make bench-load`; its figures are in docs/reference/load.md.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from hub_config.load_figures import costs
from hub_config.processes import REPOSITORY

pytestmark = [pytest.mark.long, pytest.mark.engine]

SMALL = ("--people", "6", "--workspaces", "2", "--checkers", "2", "--events", "10", "--minutes", "1.5", "--pause", "3")


@pytest.mark.parametrize("database", [(), ("--postgresql",)], ids=["sqlite", "postgresql"])
def test_a_zone_at_work_makes_no_error_and_loses_nothing(database: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.load", "day", *SMALL, *database]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    day = json.loads((REPOSITORY / "build" / "load.json").read_text(encoding="utf-8"))["day"]
    assert day["errors"] == 0
    assert day["requests"] >= 1
    assert day["votes"] >= 1
    assert set(day["processes"]) == {"audit", "gate", "hub", "portal", "worker"}
    assert {"home", "queue", "cell", "submit", "event of the gate"} <= set(day["kinds"])


def test_the_growth_of_a_zone_can_be_measured() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.load", "growth", "--steps", "2"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = costs(json.loads((REPOSITORY / "build" / "load.json").read_text(encoding="utf-8"))["growth"])
    assert found.base_mb > 100
    assert 20 < found.workspace_mb < 600
    assert 100 < found.event_bytes < 30_000
    assert 1 <= found.released_disk < 10
