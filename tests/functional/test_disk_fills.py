"""A disk that fills in the middle of a start or of an image build: one sentence, and nothing half-made."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from hub_config.processes import REPOSITORY
from hub_config.supervisor import leftovers, running_pid
from images import engine_build
from images.errors import ImageError
from tests.functional.conftest import run_ansim, zone_port
from tests.functional.own_engine import own_engine

pytestmark = pytest.mark.engine

BASE = "ansim/base:latest"
GIBIBYTE = 1024**3


@contextlib.contextmanager
def small_disk(place: Path, size: int) -> Iterator[Path]:
    """A disk of its own at `place`; the file behind it takes only the room that is written to."""
    image = place.with_suffix(".ext4")
    with image.open("wb") as file:
        file.truncate(size)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)
    place.mkdir()
    subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        image.unlink()


def fill(disk: Path) -> Path:
    """Take all room that is left, without writing it, and return the file that holds it."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        for step in (GIBIBYTE, 1024**2, 4096):
            with contextlib.suppress(OSError):
                while True:
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, step)
    return filler


@pytest.mark.long
def test_a_disk_that_fills_during_the_first_start_is_said_and_the_next_start_goes_on(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8 * GIBIBYTE) as disk:
        home = disk / "zone"
        command = [sys.executable, "-m", "hub_config.cli", "up", "--empty", "--port", zone_port()]
        environment = {**os.environ, "ANSIM_HOME": str(home), "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
        start = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not (home / "ansim.yaml").exists() and start.poll() is None:
            time.sleep(0.01)
        filler = fill(disk)
        _, said = start.communicate(timeout=240)
        assert start.returncode == 3, said
        assert len(said.strip().splitlines()) == 2, said
        assert str(disk) in said
        assert "full" in said
        assert running_pid(home) is None
        assert leftovers(home) == []
        filler.unlink()
        try:
            assert "operator" in run_ansim(home, "up", "--empty").stdout
            assert run_ansim(home, "status").returncode == 0
        finally:
            run_ansim(home, "down", check=False)


def test_an_engine_whose_disk_fills_keeps_no_half_made_image(tmp_path: Path) -> None:
    archive = tmp_path / "base.tar"
    with archive.open("wb") as file:
        subprocess.run(["docker", "save", BASE], stdout=file, check=True)
    with (
        small_disk(tmp_path / "disk", GIBIBYTE) as disk,
        own_engine(disk / "data") as engine,
        contextlib.closing(docker.DockerClient(engine.host, timeout=120)) as client,
    ):
        filler = fill(disk)
        os.truncate(filler, filler.stat().st_size - 60 * 1024**2)  # less than half of what the image takes
        with pytest.raises(ImageError, match="disk of the container engine is full"):
            engine_build.load(client, archive, BASE)
        assert client.images.list(all=True) == []
        os.truncate(filler, filler.stat().st_size - 340 * 1024**2)
        base = engine_build.load(client, archive, BASE)
        greedy = "RUN head -c 600000000 /dev/urandom > /fat\n"
        with pytest.raises(ImageError, match="disk of the container engine is full"):
            engine_build.build(client, context(tmp_path, greedy), base=BASE, labels={})
        assert [image.id for image in client.images.list(all=True)] == [base.id]
        assert client.containers.list(all=True) == []


def context(place: Path, instruction: str) -> Path:
    """Return a build context of one Dockerfile on the given base."""
    text = f"ARG BASE\nFROM ${{BASE}}\nLABEL ansim.stage=final\nUSER 0\n{instruction}".encode()
    target = place / "context.tar"
    with tarfile.open(target, "w") as archive:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return target
