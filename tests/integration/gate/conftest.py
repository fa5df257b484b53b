"""Zones under test for the gate."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from images import sources
from images.debian_archive import sha256_of
from images.wheel_lock import parse_wheel_lock
from images.wheelhouse import fill
from tests.integration.gate.harness import ZoneUnderTest

QUICK = {"validate_seconds": 1, "grace_seconds": 4, "answer_seconds": 2}
BUDGET = {"session_bytes": 60_000_000}
WANTED = ("jupyterlab", "ipykernel")


@pytest.fixture(scope="session")
def jupyter() -> Path:
    """The command of a real JupyterLab: the notebook image's own wheels in an environment of its own."""
    named = os.environ.get("ANSIM_TEST_JUPYTER")
    if named:
        return Path(named)
    lock = sources.IMAGES / "notebook" / "requirements.lock"
    home = sources.cache_root() / f"test-jupyter-{sha256_of(lock)[:12]}"
    command = home / "bin" / "jupyter-lab"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        house = fill(parse_wheel_lock(lock.read_text(), name=lock.name), sources.wheel_cache(), print)
        wheels = needed({wheel.name: path for wheel, path in house.items()})
        # The lock is resolved for the Python of the image.
        python = shutil.which("python3.11") or sys.executable
        subprocess.run([python, "-m", "venv", str(home)], check=True)
        # Whatever is installed here was held to its hash by the wheelhouse; pip looks nowhere else.
        pip = [str(home / "bin" / "pip"), "install", "--quiet", "--no-index", "--no-deps"]
        subprocess.run([*pip, *map(str, wheels)], check=True)
        (home / "complete").touch()
    return command


def needed(wheels: Mapping[str, Path]) -> list[Path]:
    """Return the wheels of a house that the wanted packages need, directly or not."""
    names, waiting = set[str](), list(WANTED)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in names or name not in wheels:  # not in the house: needed on another system only
            continue
        names.add(name)
        with zipfile.ZipFile(wheels[name]) as wheel:
            [metadata] = [n for n in wheel.namelist() if n.count("/") == 1 and n.endswith(".dist-info/METADATA")]
            asked = message_from_bytes(wheel.read(metadata)).get_all("Requires-Dist", [])
        waiting += [r.name for r in map(Requirement, asked) if r.marker is None or r.marker.evaluate({"extra": ""})]
    return [wheels[name] for name in sorted(names)]


@pytest.fixture(scope="session")
def root() -> None:
    """The gate gives away rights that only root has."""
    if os.geteuid() != 0:
        pytest.fail("needs root: the gate starts as root and becomes another user")


@pytest.fixture(scope="module")
def bare_zone(root: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZoneUnderTest]:
    """A running zone whose workspaces a test plays itself: hub, gate and log, but no Jupyter."""
    running = ZoneUnderTest(tmp_path_factory.mktemp("zone"), Path("/nonexistent"), limits=QUICK | BUDGET)
    try:
        running.start_audit()
        running.start_gate()
        running.start_hub()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def zone(jupyter: Path, root: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZoneUnderTest]:
    """A running zone with one workspace of alice, shared by the tests of a module."""
    running = ZoneUnderTest(tmp_path_factory.mktemp("zone"), jupyter, limits=QUICK)
    try:
        running.start_audit()
        running.start_gate()
        running.start_hub()
        yield running
    finally:
        running.stop()
