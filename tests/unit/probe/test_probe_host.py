"""Looks at the server: each finds what it looks for when it is made so."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub_config import disk_limits
from hub_config.engine_helper.containers import DEVICE_LIMITS
from hub_config.probe import memory
from hub_config.probe.host import engine, zone
from hub_config.probe.host.base import Server
from hub_config.probe.host.looks import LOOKS
from hub_config.settings import HubSettings, Settings, ZoneSettings
from tests.rights import as_root
from tests.unit.probe.host_controls import controlled
from tests.unit.probe.probed_server import ID, INFO, inspected, server

#: What an engine without a wall says of itself.
ENGINES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("host.userns", {"SecurityOptions": ["name=seccomp"]}),
    ("host.mandatory_access", {"SecurityOptions": ["name=seccomp"]}),
    ("host.engine_filter", {"SecurityOptions": []}),
    ("host.engine_registries", {"RegistryConfig": {"InsecureRegistryCIDRs": ["10.0.0.0/8"]}}),
    ("host.gvisor", {"Runtimes": {"runc": {}}}),
    ("host.live_restore", {"LiveRestoreEnabled": False}),
    ("host.engine_version", {"ServerVersion": "20.10.24+dfsg1"}),
    ("host.engine_version", {"ServerVersion": "25.0.3"}),
)
DAEMON, RULES, KERNEL = "/etc/docker/daemon.json", "/etc/audit/rules.d/all.rules", "/proc/sys/kernel"
ENGINE, SWAPS = "/proc/812/cmdline", "/proc/swaps"
HIDDEN = {f"{KERNEL}/kptr_restrict": "1\n", f"{KERNEL}/dmesg_restrict": "1\n"}


def swapping(area: str, below: str = "") -> dict[str, str]:
    """A server that swaps there; `dm-1` is called `own` and made so, and the volume `dm-2` lies on it."""
    mapped = {"/sys/block/dm-1/dm/uuid": below, "/sys/block/dm-1/dm/name": "own\n", "/sys/block/dm-2/slaves/dm-1": ""}
    return {SWAPS: f"{AREAS}{area} partition 1 0 -2\n", **mapped}


AREAS = "Filename\tType\tSize\tUsed\tPriority\n"
#: The files of a server with a wall and of one without it; "->" is a link to elsewhere.
FILES: tuple[tuple[str, Mapping[str, str], Mapping[str, str]], ...] = (
    ("host.engine_tcp", {ENGINE: "/usr/bin/dockerd\0"}, {ENGINE: "/usr/bin/dockerd\0--host=tcp://0.0.0.0:2375\0"}),
    ("host.engine_tcp", {ENGINE: "dockerd\0"}, {ENGINE: "dockerd\0", DAEMON: '{"hosts": ["tcp://0.0.0.0:2375"]}'}),
    ("host.icc", {DAEMON: '{"icc": false}'}, {DAEMON: '{"icc": true}'}),
    ("host.icc", {DAEMON: '{"bridge": "none"}'}, {DAEMON: "{}"}),
    ("host.icc", {ENGINE: "dockerd\0--icc=false\0"}, {ENGINE: "dockerd\0--icc=true\0"}),
    ("host.icc", {ENGINE: "dockerd\0--bridge=none\0"}, {}),
    ("host.engine_audit", {RULES: "-w /usr/bin/dockerd -k docker\n"}, {RULES: "-w /etc/passwd -k users\n"}),
    ("host.engine_audit", {RULES: "-w /var/lib/docker -k docker\n"}, {}),
    ("host.partition", {"/var/lib/docker": "-> /proc"}, {"/var/lib/docker/overlay2": ""}),
    ("host.kernel_pointers", HIDDEN, {**HIDDEN, f"{KERNEL}/kptr_restrict": "0\n"}),
    ("host.kernel_pointers", HIDDEN, {**HIDDEN, f"{KERNEL}/dmesg_restrict": "0\n"}),
    ("host.kernel_pointers", HIDDEN, {}),
    ("host.ptrace_scope", {f"{KERNEL}/yama/ptrace_scope": "1\n"}, {f"{KERNEL}/yama/ptrace_scope": "0\n"}),
    ("host.ptrace_scope", {f"{KERNEL}/yama/ptrace_scope": "2\n"}, {}),
    *(
        ("host.unprivileged_bpf", good, {f"{KERNEL}/unprivileged_bpf_disabled": "0\n"})
        for good in ({f"{KERNEL}/unprivileged_bpf_disabled": "1\n"}, {f"{KERNEL}/unprivileged_bpf_disabled": "2\n"}, {})
    ),
    ("host.swap_encrypted", {SWAPS: AREAS}, {SWAPS: f"{AREAS}/dev/sda2 partition 1 0 -2\n"}),
    ("host.swap_encrypted", swapping("/dev/zram0"), swapping("/swapfile")),
    ("host.swap_encrypted", swapping("/dev/dm-1", "CRYPT-LUKS2-1"), swapping("/dev/dm-1", "LVM-1")),
    ("host.swap_encrypted", swapping("/dev/mapper/own", "CRYPT-PLAIN-1"), swapping("/dev/mapper/other", "CRYPT-1")),
    ("host.swap_encrypted", swapping("/dev/dm-2", "CRYPT-LUKS2-1"), swapping("/dev/dm-2", "LVM-1")),
)
controlled(*(row[0] for row in ENGINES), *(row[0] for row in FILES))


@pytest.mark.parametrize(("name", "change"), ENGINES)
def test_an_engine_that_lacks_something_is_found(tmp_path: Path, name: str, change: Mapping[str, Any]) -> None:
    assert LOOKS[name](server(tmp_path))[0] is True
    assert LOOKS[name](server(tmp_path, info={**deepcopy(INFO), **change}))[0] is False


@pytest.mark.parametrize(("name", "good", "bad"), FILES)
def test_a_server_whose_files_lack_something_is_found(
    tmp_path: Path, name: str, good: Mapping[str, str], bad: Mapping[str, str]
) -> None:
    for files, held in ((good, True), (bad, False)):
        root = laid(tmp_path / str(held), files)
        assert LOOKS[name](replace(server(tmp_path), root=root))[0] is held, files


def test_what_is_looked_at_is_this_server_where_no_other_is_given(tmp_path: Path) -> None:
    assert server(tmp_path).place("/proc/swaps") == Path("/proc/swaps")


def laid(root: Path, files: Mapping[str, str]) -> Path:
    (root / "proc").mkdir(parents=True)
    for name, content in files.items():
        place = root / name.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if content.startswith("-> "):
            place.symlink_to(content.removeprefix("-> "))
        else:
            place.write_text(content)
    return root


@as_root
@controlled("host.disk_rate")
def test_a_workspace_without_a_limit_on_its_disk_is_found_and_so_is_a_disk_that_takes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, number = LOOKS["host.disk_rate"], Path("/").stat().st_dev  # below which no home of this workspace is made
    disk = tmp_path / "dev" / "vda"
    disk.parent.mkdir()
    os.mknod(disk, stat.S_IFBLK | 0o600, os.makedev(7, 250))
    home = Path("/no such zone")
    limited = inspected(home)
    limited["HostConfig"] |= {name: [{"Path": str(disk), "Rate": 1}] for name in DEVICE_LIMITS}
    monkeypatch.setattr(disk_limits, "NUMBERS", tmp_path)
    monkeypatch.setattr(disk_limits, "DEVICES", disk.parent)
    assert look(server(home, INFO, limited)) == (
        False,
        "the disk of the zone has no device of its own, so the engine cannot limit it",
    )
    (tmp_path / disk.name).mkdir()
    (tmp_path / f"{os.major(number)}:{os.minor(number)}").symlink_to(tmp_path / disk.name)
    assert look(server(home, INFO, limited)) == (True, f"limits on reading and writing of {disk}")
    assert "buffer" in look(server(home, {**INFO, "CgroupVersion": "1"}, limited))[1]
    for name in DEVICE_LIMITS:
        for instead in ([], None, [{"Path": "/dev/another", "Rate": 1}], [{"Path": str(disk), "Rate": 0}]):
            free = deepcopy(limited)
            free["HostConfig"][name] = instead
            assert look(server(home, INFO, limited, free))[0] is False, (name, instead)
    assert look(Server(Settings(home=home), INFO, (), {}, ID, ()))[0] is None


def test_a_workspace_whose_root_is_root_on_the_server_is_found_whatever_the_engine_says(tmp_path: Path) -> None:
    good = server(tmp_path)
    own = (
        {"State": {"Pid": os.getpid()}},
    )  # the test's own: no name space of users, or one that a machine was made in
    table = Path("/proc/self/uid_map").read_text(encoding="ascii").split()
    seen = engine.userns(Server(good.settings, INFO, own, good.image, ID, ()))
    assert seen[0] is (table[1] != "0")
    assert f"root of a workspace is {table[1]} " in seen[1]


@controlled("host.image_plain", "host.image_is_ours")
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
@controlled("host.home_closed")
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
@controlled("host.gate_orders")
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


@controlled("host.loopback_only")
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
@controlled("host.engine_socket")
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
@controlled("host.gate_user")
def test_a_gate_that_runs_as_root_or_may_gain_rights_is_found(tmp_path: Path) -> None:
    assert zone.gate_user(server(tmp_path))[0] is False
    for word, held in (("--no-new-privs", True), ("", False)):
        words = ["setpriv", "--reuid=65534", "--clear-groups", *([word] if word else []), "sleep", "60"]
        child = subprocess.Popen(words)
        try:
            while Path(f"/proc/{child.pid}/comm").read_text() != "sleep\n":
                time.sleep(0.01)
            assert zone.gate_user(replace(server(tmp_path), gate_pids=(child.pid,)))[0] is held
        finally:
            child.kill()
            child.wait()


@pytest.fixture(scope="module")
def remembering() -> Iterator[int]:
    """A process that holds a few values; it makes them, so that they are in its memory and not on its command line."""
    code = "import sys; kept = [bytearray(b'needle-' * 3 + x) for x in (b'm', b'k', b'c')]; print(flush=True); input()"
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    yield child.pid
    child.kill()
    child.communicate()


def needle(letter: str) -> bytes:
    return ("needle-" * 3 + letter).encode()


def test_a_value_in_the_memory_of_a_process_is_found_and_another_is_not(remembering: int) -> None:
    hits, searched = memory.found_in([remembering], {"there": needle("m"), "not": needle("y")})
    assert hits["there"] > 0
    assert hits["not"] == 0
    assert searched > 0


@controlled("secret.memory", "secret.session")
@pytest.mark.parametrize(
    ("key", "cookie", "planted", "free"),
    [
        ("y", "z", "m", {"secret.memory": True, "secret.session": True}),
        ("k", "z", "m", {"secret.memory": False, "secret.session": True}),
        ("y", "c", "m", {"secret.memory": True, "secret.session": False}),
        ("y", "z", "x", {"secret.memory": False, "secret.session": False}),  # a search that finds nothing at all
    ],
)
def test_a_secret_or_a_session_in_the_memory_of_a_workspace_is_found(
    remembering: int, key: str, cookie: str, planted: str, free: Mapping[str, bool]
) -> None:
    found = memory.judged(
        [remembering],
        {"registry": needle(key), "gate token": needle("w")},
        cookie=needle(cookie),
        planted=needle(planted),
    )
    assert {name: held for name, (held, _) in found.items()} == free, found
