"""Promises about the engine: a missing one is one sentence, and only what we started is stopped."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub_config import images
from hub_config.engine import EngineMissing, connect, engine_answers, remove_zone_containers, stop_engine
from hub_config.errors import ZoneError
from images import wheelhouse
from images.errors import ImageError, NoSpace
from images.wheel_lock import Wheel, WheelLock


@pytest.fixture
def no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing answers."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/absent.sock")


@pytest.fixture
def program() -> Iterator[subprocess.Popen[bytes]]:
    """A running program that ends when it is told to."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def started(pid: int) -> str:
    """The start of a process as the kernel counts it."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]


@pytest.mark.usefixtures("no_engine")
def test_a_machine_without_an_engine_is_told_what_to_do() -> None:
    assert not engine_answers()
    with pytest.raises(EngineMissing) as refusal:
        connect()
    assert "make up" in str(refusal.value.hint)
    assert refusal.value.exit_code == 3


@pytest.mark.usefixtures("no_engine")
def test_without_an_engine_a_zone_has_no_containers() -> None:
    assert remove_zone_containers("zone") == 0


def test_an_engine_that_we_did_not_start_is_left_alone(tmp_path: Path, program: subprocess.Popen[bytes]) -> None:
    assert not stop_engine(tmp_path / "absent")
    state = tmp_path / "engine.pid"
    state.write_text(f"{program.pid} 12345\n", encoding="ascii")  # the pid was ours once and is another's now
    assert not stop_engine(state)
    assert program.poll() is None
    assert not state.exists()


def test_an_engine_that_we_started_is_stopped(tmp_path: Path, program: subprocess.Popen[bytes]) -> None:
    state = tmp_path / "engine.pid"
    state.write_text(f"{program.pid} {started(program.pid)}\n", encoding="ascii")
    assert stop_engine(state)
    assert program.wait(timeout=5) != 0
    assert not state.exists()


def test_a_full_disk_is_found_before_the_build_begins(tmp_path: Path) -> None:
    with pytest.raises(NoSpace, match="GB free and the build needs"):
        images._check_space(tmp_path / "not" / "there", 10**18)


def test_a_failed_build_reaches_the_command_line_as_one_sentence_and_a_step() -> None:
    assert issubclass(images.ImageBuildFailed, ZoneError)
    assert images.ImageBuildFailed.exit_code == 3


def test_a_full_cache_needs_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    file = tmp_path / "some_thing-1.0-py3-none-any.whl"
    file.write_bytes(b"content")
    digest = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"
    wheel = Wheel("some-thing", "1.0", digest)
    assert wheelhouse.fill(WheelLock((wheel,)), tmp_path, print) == {wheel: file}


def test_a_wheel_that_is_not_the_locked_one_is_never_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tmp_path / "index" / "some-thing"
    index.mkdir(parents=True)
    wheel = index / "some_thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as content:
        content.writestr("some_thing-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: some-thing\nVersion: 1.0\n")
        content.writestr("some_thing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        content.writestr("some_thing-1.0.dist-info/RECORD", "")
    (index / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>', encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())
    cache = tmp_path / "cache"
    with pytest.raises(ImageError, match="serves another file than the lock names"):
        wheelhouse.fill(WheelLock((Wheel("some-thing", "1.0", "0" * 64),)), cache, print)
    assert not list(cache.glob("*"))
