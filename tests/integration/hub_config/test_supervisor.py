from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub_config.keys import load_or_create_keys
from hub_config.processes import REPOSITORY, Process
from hub_config.settings import HubSettings, ZoneSettings, load_settings, settings_text
from hub_config.supervisor import (
    Supervisor,
    end_leftovers,
    leftovers,
    only_supervisor,
    read_state,
    running_pid,
)
from tests.patience import PATIENCE
from tests.rights import as_root
from tests.small_disk import fill, small_disk

SERVER = """
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
import os
path = sys.argv[1]
if os.path.exists(path): os.unlink(path)
s.bind(path); s.listen()
time.sleep(600)
"""
RUN = """
import sys
from pathlib import Path
from hub_config.processes import Process
from hub_config.settings import load_settings
from hub_config import supervisor
code = sys.argv[2]
table = tuple(Process(n, (sys.executable, "-c", code, f"run/{n}.sock"), f"run/{n}.sock", {}) for n in ("one", "two"))
supervisor.process_table = lambda settings, gate_token: table
supervisor.Supervisor(load_settings(Path(sys.argv[1])), gate_token="").run()
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("run", "logs"):
        (tmp_path / name).mkdir()
    (tmp_path / "ansim.yaml").write_text(settings_text(ZoneSettings(), HubSettings()))
    return tmp_path


@pytest.fixture
def supervised(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    with supervising(home) as process:
        yield process


@contextlib.contextmanager
def supervising(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a supervisor of two processes."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(home), SERVER],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    wait_for(lambda: len(read_state(home).get("children", {})) == 2)
    yield process
    process.kill()
    process.wait()
    end_leftovers(home)


def wait_for(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@as_root
def test_on_a_full_disk_and_without_a_log_a_child_is_started_again_and_told_of_once_there_is_room(
    tmp_path: Path,
) -> None:
    with small_disk(tmp_path / "home", 1) as home:
        (home / "run").mkdir()
        (home / "ansim.yaml").write_text(settings_text(ZoneSettings(), HubSettings()))
        with supervising(home) as process:
            before = read_state(home)["children"]
            filler = fill(home)
            os.kill(before["one"], signal.SIGKILL)
            wait_for(lambda: len(found := leftovers(home)) == 2 and before["one"] not in found)
            assert read_state(home)["children"] == before
            filler.unlink()
            wait_for(lambda: set(read_state(home)["children"].values()) == set(leftovers(home)))
            assert process.poll() is None


def test_a_killed_child_is_started_again(home: Path, supervised: subprocess.Popen[bytes]) -> None:
    before = read_state(home)["children"]
    os.kill(before["one"], signal.SIGKILL)
    wait_for(lambda: read_state(home)["children"]["one"] != before["one"])
    assert read_state(home)["children"]["two"] == before["two"]


def test_a_stop_ends_every_child(home: Path, supervised: subprocess.Popen[bytes]) -> None:
    assert running_pid(home) == supervised.pid
    supervised.terminate()
    assert supervised.wait(PATIENCE) == 0
    assert leftovers(home) == []
    assert running_pid(home) is None


def test_children_of_a_killed_supervisor_are_found_and_ended(home: Path, supervised: subprocess.Popen[bytes]) -> None:
    supervised.kill()
    supervised.wait()
    end_leftovers(home)
    assert leftovers(home) == []
    assert running_pid(home) is None


def test_a_second_supervisor_is_refused(home: Path) -> None:
    with only_supervisor(home), pytest.raises(BlockingIOError), only_supervisor(home):
        pass


def test_keys_are_made_once_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    first = load_or_create_keys(tmp_path / "keys")
    again = load_or_create_keys(tmp_path / "keys")
    assert first.registry_secret == again.registry_secret
    assert first.hub_tokens == again.hub_tokens
    modes = {p.stat().st_mode & 0o777 for p in (tmp_path / "keys").iterdir()}
    assert modes == {0o600}


def test_the_process_table_gives_a_child_nothing_of_the_callers_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hub_config.processes import child_environment

    monkeypatch.setenv("SECRET_OF_THE_CALLER", "1")
    environment = child_environment(load_settings(home), Process("x", (), None, {}))
    assert "SECRET_OF_THE_CALLER" not in environment
    assert Supervisor(load_settings(home), gate_token="x") is not None
