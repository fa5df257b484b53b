"""Take a wall away and the probe turns red: otherwise a probe that holds proves nothing."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from docker.types import Mount, Ulimit

from hub_config.probe.table import BY_ID, INSIDE
from hub_config.shared_space import shared_ref
from hub_config.workspace_container import MASKED_PATHS, NO_NEW_PRIVILEGES, READ_ONLY_PATHS
from tests.integration.hub.probe_bench import (
    MARK,
    OWN_MARK,
    SPACE,
    Bench,
    Change,
    Gate,
    absent_gate,
    boundless_gate,
    open_gate,
)
from tests.rights import as_root

pytestmark = [
    pytest.mark.engine,
    as_root,
]
#: What needs the zone's own gate behind the sockets; its controls are the tests with a gate without walls.
AT_THE_GATE = {name for name in INSIDE if name.startswith("sock.")} - {
    "sock.abstract", "sock.listed", "sock.engine", "sock.directory", "sock.replace", "sock.content",
}  # fmt: skip
OPEN = "seccomp=unconfined"
NAME_SERVER = "127.0.0.11"  # of this machine, like all of 127.0.0.0/8


@dataclass(frozen=True, slots=True)
class Control:
    """A wall that is taken away, how, and the probes that must notice."""

    wall: str
    red: tuple[str, ...]
    change: Change
    gate: Gate | None = None


def control(wall: str, red: str, *, gate: Gate | None = None) -> Callable[[Change], Change]:
    def register(change: Change) -> Change:
        CONTROLS.append(Control(wall, tuple(red.split()), change, gate))
        return change

    return register


CONTROLS: list[Control] = []


def bind(host: dict[str, Any], source: Path, target: str) -> None:
    host["mounts"] = [m for m in host["mounts"] if m["Target"] != target]
    host["mounts"].append(Mount(target=target, source=str(source), type="bind", read_only=False))


def goes_out() -> bool:
    """Say whether this machine has a route to elsewhere."""
    lines = Path("/proc/net/route").read_text().splitlines()[1:]
    return any(line.split()[1] == "00000000" for line in lines)


@control(
    "the machine's network",
    "net.interfaces net.routes net.host_loopback net.host_addresses net.dns_names net.dns_servers sock.abstract"
    " sock.listed" + (" net.outside net.metadata net.dns_encrypted" if goes_out() else ""),
)
def share_network(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    host["network_mode"], create["network_disabled"], host["dns"] = "host", False, [NAME_SERVER]
    create.pop("hostname")
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((NAME_SERVER, 53))
    LISTENERS.append(server)
    threading.Thread(target=answer_names, args=(server,), daemon=True).start()


def answer_names(server: socket.socket) -> None:
    """Answer every question for an address with one that is nobody's."""
    while True:
        try:
            query, asker = server.recvfrom(512)
        except OSError:
            return
        question = query[12:]
        end = question.index(b"\0") + 5
        answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([198, 51, 100, 9])
        kind = question[end - 4 : end - 2]
        count = 1 if kind == b"\0\x01" else 0
        head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, count, 0, 0)
        server.sendto(head + question[:end] + answer * count, asker)


@control(
    "the filter of system calls",
    "priv.filter kern.io_uring kern.keyring kern.old_calls kern.user_namespace proc.ptrace proc.memory"
    " net.other_families file.run_from_tmp file.data_signals",
)
def no_filter(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    host["security_opt"] = [NO_NEW_PRIVILEGES, OPEN]


@control(
    "the user, the capabilities and the filter",
    "priv.identity priv.capabilities priv.gain priv.make_setuid file.make_devices kern.observers kern.namespaces"
    " kern.mounts kern.machine kern.messages kern.handles kern.cgroup_mount net.raw_sockets net.other_namespace",
)
def all_powers(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    create["user"] = "0:0"
    host["cap_drop"], host["security_opt"] = [], [OPEN]
    host["cap_add"] = [
        "SYS_ADMIN",
        "SYS_CHROOT",
        "NET_RAW",
        "NET_ADMIN",
        "MKNOD",
        "SYSLOG",
        "SYS_RAWIO",
        "DAC_READ_SEARCH",
    ]


@control("the root of a workspace", "file.upwards")
def machine_below(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    bind(host, scratch.parent, str(scratch.parent))


@control("the clock", "kern.clock")
def clock(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    all_powers(host, create, scratch)
    host["cap_add"] = ["SYS_TIME"]


@control("the bar on new privileges", "priv.no_new_privileges")
def new_privileges(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    host["security_opt"] = ["seccomp=unconfined"]


@control("the read-only root", "file.root file.mounts")
def writable_root(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    host["read_only"], create["user"] = False, "0:0"
    host["cap_drop"] = []


@control("the read-only data", "file.data_write file.mounts")
def writable_data(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    copy = scratch / "own-data"
    copy.mkdir(exist_ok=True)
    (copy / "mark.txt").write_text(OWN_MARK)
    for path in (copy, copy / "mark.txt"):
        path.chmod(0o777)
    bind(host, copy, "/data/own-data")


@control("the read-only data, where rights and another kernel stand in the way", "file.data_write file.mounts")
def data_kept_by_rights(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    writable_data(host, create, scratch)
    (scratch / "own-data" / "mark.txt").chmod(0o644)
    (scratch / "own-data").chmod(0o755)
    create["facts"] = {"own_kernel": True}


@control("the file system of one's own over the data", "file.data_signals")
def shared_inodes(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    bind(host, scratch.parent / "data", "/data/own-data")


@control("the read-only inbox", "file.inbox_write")
def writable_inbox(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    box = scratch / "inbox"
    box.mkdir(exist_ok=True)
    box.chmod(0o777)
    bind(host, box, "/inbox")


@control("the zone's hold of its sockets", "sock.directory sock.content")
def writable_sockets(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    run = scratch / "run"
    run.mkdir(exist_ok=True)
    (run / "more.txt").touch()
    run.chmod(0o777)
    bind(host, run, "/zone")


@control("the way to the zone's sockets", "sock.replace")
def replaceable_sockets(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    run = scratch / "empty"
    run.mkdir(exist_ok=True)
    run.chmod(0o777)
    bind(host, run, "/zone")


@control("the wall between projects", "file.other_project file.datasets")
def other_data(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    other = scratch / "other"
    other.mkdir(exist_ok=True)
    (other / "patients.txt").write_text(MARK)
    bind(host, other, "/data/other")


@control("the wall between shared spaces", "file.other_shared file.other_project")
def other_space(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    other = scratch / shared_ref("next") / "shared"
    other.mkdir(parents=True, exist_ok=True)
    (other / "plan.txt").write_text(MARK)
    bind(host, other, "/mnt")


@control("the wall between groups", "file.other_shared priv.identity")
def other_group(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    host["group_add"] = [*host["group_add"], str(SPACE.gid + 1)]


@control("the engine's socket", "sock.engine")
def engine_socket(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    listen(host, scratch / "docker.sock", "/run/docker.sock")


@control("the resolver's socket", "sock.engine")
def resolver_socket(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    listen(host, scratch / "resolver.sock", "/run/systemd/resolve/io.systemd.Resolve")


def listen(host: dict[str, Any], place: Path, target: str) -> None:
    place.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(place))
    server.listen()
    place.chmod(0o666)
    LISTENERS.append(server)
    bind(host, place, target)


LISTENERS: list[socket.socket] = []


@control("the machine's processes", "proc.host proc.neighbour")
def share_processes(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    host["pid_mode"], create["user"] = "host", "0:0"
    host["cap_drop"] = []


@control("the machine's queues", "proc.ipc")
def share_queues(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    host["ipc_mode"], host["security_opt"] = "host", [OPEN]
    host.pop("shm_size")


@control(
    "the covers of the kernel's files",
    "kern.masked kern.proc_sys kern.core_pattern file.data_signals"
    + (" kern.sysrq" if Path("/proc/sysrq-trigger").exists() else ""),
)
def uncovered(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    host["extra"] = {"MaskedPaths": [], "ReadonlyPaths": []}
    create["user"], host["cap_drop"] = "0:0", []


@control("the kernel's settings in /sys", "kern.sys_writable kern.cgroup_files")
def writable_sys(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    power, group = scratch / "power", scratch / "group"
    for folder, name in ((power, "state"), (group, "release_agent")):
        folder.mkdir(exist_ok=True)
        (folder / name).touch()
        (folder / name).chmod(0o666)
    host["extra"] = {
        "MaskedPaths": [p for p in MASKED_PATHS if p != "/sys/power"],
        "ReadonlyPaths": list(READ_ONLY_PATHS),
    }
    bind(host, power, "/sys/power")
    bind(host, group, "/sys/fs/cgroup/memory" if Path("/sys/fs/cgroup/memory").is_dir() else "/sys/fs/cgroup")


@control("the devices", "file.devices file.open_devices")
def more_devices(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    host["devices"], create["user"] = ["/dev/loop-control:/dev/loop-control:rwm"], "0:0"
    host["cap_drop"] = []


@control("programs in temporary files", "file.run_from_tmp")
def programs_in_tmp(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    host["tmpfs"] = {"/tmp": "rw,exec,mode=1777"}


@control("the limits of temporary files", "limit.temporary")
def large_tmp(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    host["tmpfs"] = {"/tmp": "rw,noexec,nosuid,nodev,size=2g,mode=1777"}
    create["facts"] = {"tmp_bytes": 16 * 1024**2}  # so that writing more fits into the memory of this workspace


@control("the limits of the machine", "limit.memory limit.processes limit.files limit.processor")
def no_limits(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    for name in ("mem_limit", "memswap_limit", "pids_limit", "cpu_quota", "cpu_period"):
        host.pop(name)
    host["ulimits"] = [Ulimit(name="nofile", soft=8000, hard=8000)]
    create["facts"] = {"cpus": 0.1}  # a share that a busy process has on a loaded machine too


@control("secrets kept out", "secret.environment secret.files secret.command_lines")
def secrets_inside(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    place = scratch / "keys"
    place.mkdir(exist_ok=True)
    (place / "id").write_text("-----BEGIN " + "PRIVATE KEY-----\n")
    bind(host, place, "/run/keys")
    create["environment"] = {**create["environment"], "JUPYTERHUB_API_TOKEN": "ab" * 16, "TOKEN_LINE": "cd" * 16}
    create["entrypoint"], create["command"] = ["sh", "-c", "sleep 600; true", "ef" * 16], []


@control("programs that run as their owner", "priv.setuid_files priv.file_capabilities priv.tools")
def setuid_programs(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    place = scratch / "bin"
    place.mkdir(exist_ok=True)
    program = place / "sudo"
    program.write_bytes(b"#!/bin/sh\n")
    program.chmod(0o4755)
    # capability.h: version 2, not effective, CAP_NET_RAW permitted
    os.setxattr(program, "security.capability", bytes.fromhex("0000000200200000000000000000000000000000"))
    bind(host, place, "/usr/local/bin")


@control(
    "a gate that asks who calls",
    "sock.identity sock.unlisted sock.packages sock.oversized sock.smuggled sock.early sock.flood sock.log_flood",
    gate=open_gate,
)
@control("a gate with a limit", "sock.oversized", gate=boundless_gate)
@control(
    "a gate that is there",
    "sock.identity sock.unlisted sock.packages sock.oversized sock.smuggled sock.flood",
    gate=absent_gate,
)
def every_wall(host: dict[str, Any], create: dict[str, Any], scratch: Path) -> None:
    return


@pytest.fixture(scope="module")
def bench(engine: Any, small_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    made = Bench(engine, small_image, tmp_path_factory.mktemp("probe"))
    yield made
    made.close()
    for server in LISTENERS:
        server.close()


def red(found: dict[str, dict[str, Any]]) -> set[str]:
    """Return the probes that say that a wall is broken; advice is none."""
    return {name for name, answer in found.items() if answer["held"] is False and not BY_ID[name].advice}


def test_a_workspace_with_every_wall_holds_every_attack(bench: Bench) -> None:
    found = bench.attack(sorted(set(INSIDE) - AT_THE_GATE - {"sock.content", "sock.directory", "sock.replace"}))
    assert {name: found[name] for name in red(found)} == {}


@pytest.mark.long
@pytest.mark.parametrize("one", CONTROLS, ids=lambda one: one.wall)
def test_a_wall_that_is_taken_away_turns_its_probes_red(bench: Bench, one: Control) -> None:
    found = bench.attack(list(one.red), one.change, gate=one.gate)
    assert {name: found[name] for name in set(one.red) - red(found)} == {}
