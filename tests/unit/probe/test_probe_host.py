"""Looks at the server: each finds what it looks for when it is made so."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from hub_config.probe import memory
from hub_config.probe.host import engine, zone
from hub_config.probe.host.base import Look, Server
from hub_config.settings import HubSettings, Settings, ZoneSettings
from tests.rights import as_root
from tests.unit.probe.probed_server import ID, INFO, server


@pytest.mark.parametrize(
    ("look", "change"),
    [
        (engine.userns, {"SecurityOptions": ["name=seccomp"]}),
        (engine.mandatory_access, {"SecurityOptions": ["name=seccomp"]}),
        (engine.engine_filter, {"SecurityOptions": []}),
        (engine.engine_registries, {"RegistryConfig": {"InsecureRegistryCIDRs": ["10.0.0.0/8"]}}),
        (engine.gvisor, {"Runtimes": {"runc": {}}}),
        (engine.live_restore, {"LiveRestoreEnabled": False}),
        (engine.engine_version, {"ServerVersion": "20.10.24+dfsg1"}),
        (engine.engine_version, {"ServerVersion": "25.0.3"}),
    ],
)
def test_an_engine_that_lacks_something_is_found(tmp_path: Path, look: Look, change: Mapping[str, Any]) -> None:
    assert look(server(tmp_path))[0] is True
    assert look(server(tmp_path, info={**deepcopy(INFO), **change}))[0] is False


def test_a_workspace_whose_root_is_root_on_the_server_is_found_whatever_the_engine_says(tmp_path: Path) -> None:
    good = server(tmp_path)
    own = (
        {"State": {"Pid": os.getpid()}},
    )  # the test's own: no name space of users, or one that a machine was made in
    table = Path("/proc/self/uid_map").read_text(encoding="ascii").split()
    seen = engine.userns(Server(good.settings, INFO, own, good.image, ID, ()))
    assert seen[0] is (table[1] != "0")
    assert f"root of a workspace is {table[1]} " in seen[1]


def test_an_image_with_a_secret_or_for_root_or_another_one_is_found(tmp_path: Path) -> None:
    good = server(tmp_path)
    assert zone.image_plain(good)[0] is True
    assert zone.image_is_ours(good)[0] is True
    for config in (
        {"User": "1000", "Env": ["API_TOKEN=x"]},
        {"User": "", "Env": []},
        {"User": "1000", "ExposedPorts": {"80": {}}},
    ):
        bad = Server(good.settings, INFO, good.containers, {"Id": ID, "Config": config}, ID, ())
        assert zone.image_plain(bad)[0] is False
    other = Server(good.settings, INFO, good.containers, good.image, "sha256:" + "b" * 64, ())
    assert zone.image_is_ours(other)[0] is False


@as_root
def test_a_home_that_others_may_open_is_found(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/") and folder.stat().st_uid == os.geteuid() and str(folder).startswith("/tmp/"):
            folder.chmod(0o711)
    (tmp_path / "ansim.yaml").write_text("")
    (tmp_path / "ansim.yaml").chmod(0o600)
    assert zone.home_closed(server(tmp_path))[0] is True
    (tmp_path / "ansim.yaml").chmod(0o644)
    assert zone.home_closed(server(tmp_path))[0] is False


@as_root
def test_orders_that_anybody_may_give_the_gate_are_found(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as control:
        control.bind(str(run / "gate.sock"))
        control.listen()
        for directory, mode, held in ((0o700, 0o666, True), (0o711, 0o600, True), (0o711, 0o666, False)):
            run.chmod(directory)
            (run / "gate.sock").chmod(mode)
            said = "PermissionError" if held else "done"
            assert zone.gate_orders(server(tmp_path)) == (held, f"connect: {said}")


def test_a_port_of_the_zone_that_others_can_reach_is_found(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as inner, socket.create_server(("", 0)) as outer:
        ports = [one.getsockname()[1] for one in (inner, outer)]
        door, hub = ZoneSettings(port=ports[0]), HubSettings(port=1)
        there = server(tmp_path)
        good = Server(Settings(home=tmp_path, zone=door, hub=hub), INFO, (), there.image, ID, ())
        bad = Server(Settings(home=tmp_path, zone=ZoneSettings(port=ports[1]), hub=hub), INFO, (), there.image, ID, ())
        assert zone.loopback_only(good) == (True, "1 ports of the zone listen, beyond loopback: 0")
        assert zone.loopback_only(bad) == (False, "1 ports of the zone listen, beyond loopback: 1")


@as_root
def test_an_engines_socket_that_others_may_use_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "docker.sock"
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(engine, "SOCKET", place)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        for mode, owner, held in ((0o660, 0, True), (0o666, 0, False), (0o660, 12345, False)):
            place.chmod(mode)
            os.chown(place, owner, 0)
            assert engine.engine_socket(server(tmp_path))[0] is held, (mode, owner)


def test_an_engine_that_takes_orders_by_network_is_found(tmp_path: Path) -> None:
    words = ["dockerd", "-c", "import time; time.sleep(60)", "--host=tcp://0.0.0.0:2375"]
    child = subprocess.Popen(words, executable=sys.executable)
    try:
        while "tcp" not in Path(f"/proc/{child.pid}/cmdline").read_text():
            time.sleep(0.01)  # it is still a copy of this process
        held, words_seen = engine.engine_tcp(server(tmp_path))
    finally:
        child.kill()
        child.wait()
    assert held is False, words_seen


@as_root
def test_a_gate_that_runs_as_root_is_found(tmp_path: Path) -> None:
    assert zone.gate_user(server(tmp_path))[0] is False


def test_a_value_in_the_memory_of_a_process_is_found_and_another_is_not() -> None:
    # The child makes the value, so that it stands in its memory and not on its command line.
    code = "import sys; held = bytearray(b'needle-' * 3 + b'x'); print('ready', flush=True); sys.stdin.read()"
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        child.stdout.readline()
        hits, searched = memory.found_in(
            [child.pid], {"there": b"needle-needle-needle-x", "not": b"needle-needle-needle-y"}
        )
    finally:
        child.kill()
        child.communicate()
    assert hits["there"] > 0
    assert hits["not"] == 0
    assert searched > 0
