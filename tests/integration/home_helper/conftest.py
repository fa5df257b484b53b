"""A helper for homes in its own process, with the rights that it keeps, over real loop devices and real encryption."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hub_config.home_helper.client import HomeClient
from hub_config.home_helper.mounts import mounted
from hub_config.home_helper.told import VARIABLE
from hub_config.processes import REPOSITORY
from tests.patience import PATIENCE

OWN, OTHER = "ws_" + "a" * 16, "ws_" + "b" * 16


@dataclass(slots=True)
class Keeper:
    """A home directory of a zone, the helper over it, and the client that the zone asks with."""

    home: Path
    client: HomeClient
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start the helper and wait until it answers."""
        told = {"home": str(self.home), "callers": [0], "most_gib": 8, "socket": str(self.home / "run" / "homes.sock")}
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), VARIABLE: json.dumps(told)}
        command = [sys.executable, "-m", "hub_config.home_helper"]
        self.process = subprocess.Popen(command, env=environment, cwd="/")
        deadline = time.monotonic() + PATIENCE
        while not (self.home / "run" / "homes.sock").exists():
            assert self.process.poll() is None, "the helper ended"
            assert time.monotonic() < deadline, "the helper does not answer"
            time.sleep(0.02)

    def kill(self) -> None:
        """End the helper as a power cut would; what it mounted stays, as the kernel keeps it."""
        self.process.kill()
        self.process.wait()
        (self.home / "run" / "homes.sock").unlink(missing_ok=True)

    def place(self, ref: str, name: str = "home") -> Path:
        """Where the zone sees a directory of a workspace."""
        return self.home / "workspaces" / ref / name

    def image(self, ref: str) -> Path:
        """The image of a home."""
        return self.home / "homes" / "images" / f"{ref}.img"

    def mounts(self) -> list[str]:
        """What is mounted below this zone."""
        return sorted(point for point in mounted() if point.startswith(f"{self.home}/"))


def prepare(home: Path) -> None:
    """Make the directories that the zone makes before it asks for a home."""
    shutil.rmtree(home / "workspaces", ignore_errors=True)
    for ref in (OWN, OTHER):
        for name in ("home", "outbox"):
            (home / "workspaces" / ref / name).mkdir(parents=True, mode=0o700)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keeper]:
    """One helper for a module: starting a process costs more than anything that it does."""
    home = tmp_path_factory.mktemp("kept").resolve()
    (home / "run").mkdir()
    made = Keeper(home, HomeClient(home / "run" / "homes.sock"))
    made.start()
    yield made
    made.process.terminate()
    made.process.wait(PATIENCE)


@pytest.fixture
def keeper(running: Keeper) -> Iterator[Keeper]:
    """A helper that keeps no home yet."""
    prepare(running.home)
    yield running
    unmount_all(running.home)
    for ref in (OWN, OTHER):
        running.client.destroy(ref)


def unmount_all(home: Path) -> None:
    """Take away what a test left mounted."""
    for point in sorted(mounted(), reverse=True):
        if point.startswith(f"{home}/"):
            subprocess.run(["umount", "--lazy", point], check=False, capture_output=True)
