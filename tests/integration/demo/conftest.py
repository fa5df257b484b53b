"""Zones with and without the demo world, and a way to run a notebook on the data of a permit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.demo.demo_zone import World, a_zone

NEEDS_THE_IMAGE = {"zone", "figure"}


@pytest.fixture
def empty_world(usual_database: None, tmp_path: Path) -> World:
    """A demo zone into which nothing has been loaded."""
    return World(a_zone(tmp_path / "zone"))


@pytest.fixture(scope="session")
def world(usual_databases: None, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A demo zone with the demo world; tests leave it as it is."""
    made = World(a_zone(tmp_path_factory.mktemp("demo") / "zone"))
    made.load()
    return made


@pytest.fixture
def run_cells(world: World, tmp_path: Path) -> Callable[..., Path]:
    """Runs a notebook's cells on the data of a permit, as its workspace would see it; returns the outbox."""

    def run(project: str, cells: list[dict[str, Any]], *, until: str | None = None) -> Path:
        data, outbox = tmp_path / "data", tmp_path / "outbox"
        data.mkdir()
        outbox.mkdir()
        for mount in world.zone.registry.may_work("minji", project).mounts:
            (data / mount.dataset).symlink_to(mount.path)
        wanted = [cell for cell in cells if not NEEDS_THE_IMAGE & set(cell["metadata"].get("tags", []))]
        sources = ["".join(cell["source"]) for cell in wanted if cell["cell_type"] == "code"]
        if until is not None:
            sources = sources[: next(i for i, source in enumerate(sources) if until in source) + 1]
        environment = {"PATH": os.environ["PATH"], "ANSIM_DATA": str(data), "ANSIM_OUTBOX": str(outbox)}
        subprocess.run([sys.executable, "-c", "\n\n".join(sources)], env=environment, check=True, timeout=120)
        return outbox

    return run
