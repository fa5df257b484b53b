"""Containers of the real images, started as the zone starts them."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container

from hub_config.images import build_all
from images.manifest import ImageInfo

PREFIX = "/user/alice/gibleed/"
UID = 200_123  # no entry in any passwd file


@pytest.fixture(scope="session")
def built_images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ImageInfo]:
    """The images of this checkout; those that are there are not built again."""
    home = os.environ.get("ANSIM_TEST_HOME")
    return build_all(Path(home) if home else tmp_path_factory.mktemp("home"), say=print)


@dataclass(frozen=True)
class Running:
    """A running workspace container and the directories it sees."""

    container: Container
    home: Path
    outbox: Path

    def run(self, *command: str, user: str = "") -> tuple[int, str]:
        """The exit status and output of a command in the container."""
        status, output = self.container.exec_run(list(command), user=user or f"{UID}:{UID}")
        return status, output.decode()

    def python(self, code: str) -> str:
        """The output of a Python program in the container; a failure fails the test."""
        status, output = self.run("python", "-c", code)
        assert status == 0, output
        return output


@pytest.fixture(scope="session")
def notebook(built_images: dict[str, ImageInfo]) -> Iterator[Running]:
    """One workspace: no network, read-only, no capability, a user that the image does not know."""
    folder = Path(tempfile.mkdtemp(prefix="ansim-"))
    folder.chmod(0o711)
    for name, owner in (("home", UID), ("outbox", UID), ("run", 0)):
        (folder / name).mkdir(mode=0o755 if owner == 0 else 0o700)
        os.chown(folder / name, owner, owner)
    client = docker.from_env()
    container = client.containers.run(
        built_images["notebook"].id,
        detach=True,
        network_mode="none",
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges:true"],
        init=True,
        user=f"{UID}:{UID}",
        pids_limit=256,
        mem_limit="2g",
        memswap_limit="2g",
        tmpfs={"/tmp": "rw,noexec,nosuid,nodev,size=256m,mode=1777"},
        environment={"ANSIM_PREFIX": PREFIX, "ANSIM_LANGUAGE": "ko", "JUPYTERHUB_API_TOKEN": "must-not-arrive"},
        volumes={
            str(folder / "home"): {"bind": "/home/researcher", "mode": "rw"},
            str(folder / "outbox"): {"bind": "/outbox", "mode": "rw"},
            str(folder / "run"): {"bind": "/zone", "mode": "ro"},
        },
    )
    running = Running(container, folder / "home", folder / "outbox")
    try:
        wait_for_jupyter(running)
        yield running
    finally:
        container.remove(force=True)
        client.close()
        shutil.rmtree(folder)


def wait_for_jupyter(running: Running, seconds: float = 90) -> None:
    """Wait until the server in the container answers."""
    deadline = time.monotonic() + seconds
    ask = f"import urllib.request as r; r.urlopen('http://127.0.0.1:8888{PREFIX}api', timeout=5)"
    while running.run("python", "-c", ask)[0] != 0:
        assert time.monotonic() < deadline, running.container.logs().decode()
        time.sleep(0.3)
