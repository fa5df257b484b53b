"""What the hub's integration tests share: a small image that needs no registry."""

from __future__ import annotations

import io
import shutil
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

#: Images of the zone that hold a shell, then a static shell of the machine.
CANDIDATES = ("ansim/base:latest", "ansim/notebook:latest")


@pytest.fixture(scope="session")
def engine() -> Iterator[Any]:
    """The container engine of this machine."""
    try:
        client = docker.from_env(timeout=120)
        client.ping()
    except docker.errors.DockerException:
        pytest.skip("no container engine answers")
    yield client
    client.close()


@pytest.fixture(scope="session")
def small_image(engine: Any) -> Iterator[str]:
    """The id of an image whose command sleeps: of the zone's base image if it was built, else of busybox."""
    name = f"ansim-test/sleeper:{uuid.uuid4().hex[:8]}"
    for candidate in CANDIDATES:
        if engine.images.list(candidate):
            base = engine.images.get(candidate)
            container = engine.api.create_container(base.id, ["/bin/true"], network_disabled=True)
            engine.api.commit(
                container["Id"], *name.split(":"), conf={"Cmd": ["sleep", "3600"], "Entrypoint": []}
            )
            engine.api.remove_container(container["Id"])
            break
    else:
        shell = shutil.which("busybox")
        if shell is None:
            pytest.skip("neither an image of the zone nor a static busybox is here")
        engine.api.import_image_from_data(
            shell_archive(Path(shell)),
            *name.split(":"),
            changes=['CMD ["/bin/sleep", "3600"]', "ENV PATH=/bin"],
        )
    yield str(engine.images.get(name).id)
    engine.images.remove(name, force=True)


def shell_archive(shell: Path) -> bytes:
    """Return a root file system that holds one static shell under the names the tests call."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for directory in (
            "bin",
            "data",
            "home",
            "home/researcher",
            "outbox",
            "proc",
            "sys",
            "dev",
            "tmp",
            "zone",
        ):
            entry = tarfile.TarInfo(directory)
            # The engine gives a temporary file system the mode that the image has at its place.
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if directory == "tmp" else 0o755
            archive.addfile(entry)
        archive.add(shell, "bin/busybox")
        for name in ("cat", "env", "id", "ls", "mount", "sh", "sleep", "touch", "wget"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
    return data.getvalue()
