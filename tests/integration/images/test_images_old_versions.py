"""Old versions of an image go; the current one, the one before, and whatever is used or young stay."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import tarfile
import time
import uuid
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from images.engine_build import forget_old

pytestmark = pytest.mark.engine
NOW = dt.timedelta(seconds=-5)


@pytest.fixture
def engine() -> Iterator[Any]:
    with contextlib.closing(docker.from_env(timeout=60)) as client:
        yield client


@pytest.fixture
def repository(engine: Any) -> Iterator[str]:
    """Four versions of an image that nobody else has, the first of them used by a container."""
    name = f"ansim-test/ageing-{uuid.uuid4().hex[:8]}"
    for number in range(4):
        engine.api.import_image_from_data(root(number), name, str(number), changes=['CMD ["/x"]'])
        time.sleep(1.1)  # the engine notes whole seconds where it matters here
    container = engine.api.create_container(f"{name}:0", ["/x"])
    yield name
    engine.api.remove_container(container["Id"])
    for image in engine.images.list(name):
        for tag in image.tags:
            engine.images.remove(tag, force=True)


def root(number: int) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        entry = tarfile.TarInfo(f"version-{number}")
        archive.addfile(entry)
    return data.getvalue()


def tags(engine: Any, repository: str) -> set[str]:
    return {tag.rpartition(":")[2] for image in engine.images.list(repository) for tag in image.tags}


def test_only_what_nobody_needs_is_removed(engine: Any, repository: str) -> None:
    current = engine.images.get(f"{repository}:3").id
    assert forget_old(engine, repository, current) == []  # young: another zone may be about to use them
    assert forget_old(engine, repository, current, young=NOW) == [f"{repository}:1"]
    assert tags(engine, repository) == {"0", "2", "3"}
