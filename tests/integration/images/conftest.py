"""Containers of the real images, started as the zone starts them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from hub_config.images import build_all
from images.manifest import ImageInfo
from tests.integration.images.workspace import PREFIX, UID, Running, wait_for_jupyter


@pytest.fixture(scope="session")
def built_images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ImageInfo]:
    """The images of this checkout; those that are there are not built again."""
    home = os.environ.get("ANSIM_TEST_HOME")
    return build_all(Path(home) if home else tmp_path_factory.mktemp("home"), say=print)


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
