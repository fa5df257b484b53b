"""The scanner image with the rules of this checkout, built once per version on the one that the zone built."""

from __future__ import annotations

import io
import tarfile

import docker
import pytest
from docker.errors import DockerException, ImageNotFound

from egress_review.engine_version import MANIFEST, engine_version, manifest

BASE = "ansim/scanner:latest"
DOCKERFILE = f"FROM {BASE}\nUSER 0\nRUN rm -rf /opt/ansim\nCOPY ansim /opt/ansim\nUSER 65534:65534\n"


def scanner_image() -> str:
    """The name of the image; the test is skipped where the zone's own was never built."""
    name = f"ansim-test/scanner:{engine_version()[:12]}"
    try:
        engine = docker.from_env()
        engine.images.get(BASE)
    except ImageNotFound:
        pytest.fail("the scanner image is not built: make up")
    except DockerException as error:
        pytest.fail(f"no container engine: {error}")
    try:
        engine.images.get(name)
    except ImageNotFound:
        engine.images.build(fileobj=_context(), custom_context=True, tag=name, rm=True, network_mode="none")
    finally:
        engine.close()
    return name


def _context() -> io.BytesIO:
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        _add(archive, "Dockerfile", DOCKERFILE.encode())
        for name in manifest():
            _add(archive, f"ansim/{name}", (MANIFEST.parent.parent / name).read_bytes())
    context.seek(0)
    return context


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o644
    archive.addfile(entry, io.BytesIO(data))
