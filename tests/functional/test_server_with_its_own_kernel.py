"""What of the playbook only a kernel takes, on a machine of its own: it is applied, holds, and outlives a restart.

Alone: `pytest -m long tests/functional/test_server_with_its_own_kernel.py`, as root. It needs no engine, but `apt-get
install --no-install-recommends qemu-system-x86 ansible-core mmdebstrap`; the first run makes the machine's disk, for
which it needs the network. Where there is no KVM the processor is emulated, and all of it takes many times longer.
"""

from __future__ import annotations

import http.client
import json
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub_config.bundle.making import pack
from hub_config.home_helper.calls import Call, line_of
from hub_config.processes import REPOSITORY
from hub_config.settings import load_settings
from hub_config.systemd.sandbox import SANDBOXES
from hub_config.systemd.units import homes_unit
from tests.functional.test_server_installation import KEEPERS, changed
from tests.functional.virtual_server import SHUT, SLOWER, VirtualServer, virtual_server

pytestmark = [pytest.mark.long, pytest.mark.timeout(1200 * SLOWER)]

PLAY, GIVEN = "tests/functional/what_a_kernel_takes.yml", {"ansim_apt_update": False}
ZONE, PROGRAM = "/var/lib/ansim", "/opt/ansim/program"
HOME = "ws_abcdefghijklmnop"
CANARY = "canary-of-a-home-5c1e77"
ASK = """
import socket, sys
asked = socket.socket(socket.AF_UNIX)
asked.connect("/run/ansim-homes/homes.sock")
asked.sendall(sys.argv[1].encode())
print(asked.makefile().readline())
"""
#: A program of 32 bits (ELF) that asks the kernel to take off nothing: mov eax, 22; xor ebx, ebx; int 0x80; and ends.
CODE = bytes.fromhex("b816000000 31db cd80 b801000000 cd80")
CALLS_OF_32_BITS = (
    b"\x7fELF\1\1\1"
    + bytes(9)
    + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, 0x8048054, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    + struct.pack("<IIIIIIII", 1, 0, 0x8048000, 0x8048000, 84 + len(CODE), 84 + len(CODE), 5, 0x1000)
    + CODE
)
#: Who is root in a container, on the server; what such a one has inside no file's rights keep him from.
ROOT_INSIDE = (
    *("setpriv", "--reuid", "1879048192", "--regid", "1879048192", "--clear-groups"),
    *("--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"),
)
SETTING = re.compile(r"^(-?)([a-z0-9._*]+) = (\S+)$", re.MULTILINE)
ASSOCIATION = re.compile(r"-w (\S+) |(?:dir|path)=(\S+)")


@pytest.fixture(scope="module")
def server() -> Iterator[VirtualServer]:
    with virtual_server("12") as made:
        yield made


def records(server: VirtualServer, key: str, call: str, *further: str) -> int:
    """Count what the kernel recorded of a system call under a key."""
    words = ("ausearch", "--input-logs", "--raw", "--word", "-k", key, "-sc", call, *further)
    return server.do(*words, check=False).stdout.count("type=SYSCALL")


def answers(port: int) -> bool:
    """Say whether a web server answers at a port of this machine that leads into the other."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=5 + SLOWER)
    try:
        asked.request("HEAD", "/")
        return asked.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def the_kernel_watches_everything(server: VirtualServer) -> None:
    wanted = server.do("cat", "/etc/audit/rules.d/60-ansim.rules").stdout
    loaded = server.do("auditctl", "-l").stdout
    assert len(loaded.splitlines()) == len(re.findall(r"^-[aw] ", wanted, re.MULTILINE)), loaded
    assert set(ASSOCIATION.findall(wanted)) == set(ASSOCIATION.findall(loaded))
    assert {"/run/docker.sock", f"{ZONE}/datasets", f"{ZONE}/keys"} <= {a or b for a, b in ASSOCIATION.findall(loaded)}
    assert "enabled 1" in server.do("auditctl", "-s").stdout


def the_kernel_has_every_setting(server: VirtualServer) -> None:
    """A pattern of the file is every interface of the machine, those of later too."""
    settings = SETTING.findall(server.do("cat", "/etc/sysctl.d/99-zz-ansim.conf").stdout)
    assert len(settings) >= 20
    places = " ".join(f"/proc/sys/{name.replace('.', '/')}" for _, name, _ in settings)
    said = server.do("sh", "-c", f"grep -sH '' {places} || true").stdout
    found = [line.split(":", 1) for line in said.splitlines()]
    for may_lack, name, value in settings:
        place = re.compile(f"/proc/sys/{name.replace('.', '/').replace('*', '[^/]+')}")
        values = {text for path, text in found if place.fullmatch(path)}
        assert values == {value} or (may_lack and not values), (name, values)


def nobody_comes_in_who_is_not_named(server: VirtualServer) -> None:
    """Let somebody listen behind a door that is led in from outside, with the wall and without."""
    server.do("systemd-run", "--unit", "listens", "python3", "-m", "http.server", str(SHUT), "-d", "/mnt")
    inside = f'import urllib.request as r; r.urlopen("http://127.0.0.1:{SHUT}/")'
    server.do("sh", "-c", f"for i in $(seq 100); do python3 -c '{inside}' && exit 0; sleep 1; done; exit 1")
    assert not answers(server.ports[SHUT])
    server.do("nft", "insert", "rule", "inet", "ansim", "input", "tcp", "dport", str(SHUT), "accept")
    assert answers(server.ports[SHUT]), "without the wall somebody answers"
    server.do("systemctl", "reload", "nftables")
    assert not answers(server.ports[SHUT])
    server.do("systemctl", "stop", "listens")


# One story: each test goes on where the one before it ended.


def test_the_playbook_takes_what_a_kernel_has_to_take(server: VirtualServer) -> None:
    assert changed(server.play(PLAY, given=GIVEN)) > 10


def test_a_second_play_changes_nothing(server: VirtualServer) -> None:
    said = server.play(PLAY, given=GIVEN)
    assert changed(said) == 0, said


def test_the_kernel_watches_what_the_rules_name(server: VirtualServer) -> None:
    the_kernel_watches_everything(server)


def test_who_reads_data_and_is_not_the_zone_leaves_a_record(server: VirtualServer) -> None:
    server.as_zone("sh", "-c", f"echo secret >{ZONE}/datasets/some")
    written = records(server, "ansim-data", "openat")
    assert written > 0
    server.as_zone("cat", f"{ZONE}/datasets/some")
    assert records(server, "ansim-data", "openat") == written, "the zone reads its data all day"
    server.do("cat", f"{ZONE}/datasets/some")
    assert records(server, "ansim-data", "openat") == written + 1
    server.do(*ROOT_INSIDE, "cat", f"{ZONE}/datasets/some")
    assert records(server, "ansim-data", "openat") == written + 2, "and whoever comes out of a container as its root"
    workspaces = [word.replace("1879048192", "200001") for word in ROOT_INSIDE]
    server.do(*workspaces, "cat", f"{ZONE}/datasets/some")
    assert records(server, "ansim-data", "openat") == written + 2, "a workspace reads its data all day"


def test_whoever_comes_in_and_mounts_leaves_a_record_as_root_and_with_a_program_of_32_bits(
    server: VirtualServer,
) -> None:
    before = records(server, "ansim-mount", "mount")
    server.do("mount", "-t", "tmpfs", "none", "/mnt")
    server.do("umount", "/mnt")
    assert records(server, "ansim-mount", "mount") > before, "who comes in as root has the number 0"
    octal = "".join(f"\\{byte:03o}" for byte in CALLS_OF_32_BITS)
    server.do("sh", "-c", f"printf '{octal}' >/root/calls && chmod 700 /root/calls && /root/calls")
    said = server.do("ausearch", "--input-logs", "--raw", "-k", "ansim-mount").stdout
    assert "arch=40000003 syscall=22" in said


def test_who_speaks_to_the_engine_and_is_not_its_helper_leaves_a_record(server: VirtualServer) -> None:
    before = records(server, "ansim-engine", "connect")
    server.do("docker", "ps")
    spoken = records(server, "ansim-engine", "connect")
    assert spoken > before
    assert server.as_zone("docker", "ps", check=False).returncode != 0
    assert records(server, "ansim-engine", "connect", "--success", "no") > 0


def test_the_kernel_has_every_setting_of_the_file_while_the_engine_runs(server: VirtualServer) -> None:
    assert server.do("systemctl", "is-active", "docker").stdout.strip() == "active"
    the_kernel_has_every_setting(server)


def test_what_the_packet_filter_does_not_name_does_not_come_in(server: VirtualServer) -> None:
    nobody_comes_in_who_is_not_named(server)


def test_the_clock_is_kept_by_the_servers_of_the_inventory(server: VirtualServer) -> None:
    assert server.do("systemctl", "is-active", "chrony").stdout.strip() == "active"
    assert "time.kriss.re.kr" in server.do("cat", "/etc/chrony/sources.d/ansim.sources").stdout
    server.do("chronyc", "-n", "tracking")


def test_the_engine_is_the_distributions_on_the_file_system_of_a_server(server: VirtualServer) -> None:
    about = json.loads(server.do("docker", "info", "--format", "{{json .}}").stdout)
    assert about["Driver"] == "overlay2"
    assert about["CgroupVersion"] == "2"
    assert {"name=seccomp,profile=default", "name=apparmor"} <= {*about["SecurityOptions"]}


def test_the_keeper_of_homes_is_walled_in_as_its_unit_says(server: VirtualServer, tmp_path: Path) -> None:
    (tmp_path / "ansim.yaml").write_text(
        "machine: {run_by: systemd}\nworkspace: {homes: encrypted}\n", encoding="utf-8"
    )
    pack(tmp_path / "program.tar")
    server.send(tmp_path / "program.tar", PROGRAM)
    unit = homes_unit(replace(load_settings(tmp_path), home=Path(ZONE))).text
    unit = unit.replace(sys.executable, "/usr/bin/python3").replace(str(REPOSITORY), PROGRAM)
    server.write("/etc/systemd/system/ansim-homes.service", unit)
    told: dict[str, Any] = {"home": ZONE, "callers": [int(server.do("id", "-u", "ansim").stdout)]}
    server.write("/etc/ansim/home-helper.json", json.dumps(told))
    server.do("install", "-d", "-o", "ansim-homes", "-g", "ansim-homes", "-m", "700", f"{ZONE}/homes")
    server.do("systemctl", "daemon-reload")
    server.do("systemctl", "start", "ansim-homes", check=False)
    shown = dict(line.split("=", 1) for line in server.do("systemctl", "show", "ansim-homes").stdout.splitlines())
    assert {name: shown[name] for name in KEEPERS} == KEEPERS, server.do("journalctl", "-u", "ansim-homes").stdout
    status = server.do("cat", f"/proc/{shown['MainPID']}/status").stdout
    assert "CapEff:\t0000000000200000" in status, "the kernel's own word: CAP_SYS_ADMIN and nothing else"
    said = server.do("systemd-analyze", "security", "--no-pager", "ansim-homes.service").stdout
    rated = re.search(r"for ansim-homes\.service: ([0-9.]+)", said)
    assert rated is not None, said[-300:]
    assert float(rated[1]) <= SANDBOXES["homes"].exposure


def test_a_home_is_full_at_its_size_and_a_copy_of_it_is_unreadable_without_its_key(server: VirtualServer) -> None:
    def keeper(call: Call) -> dict[str, Any]:
        said = json.loads(server.as_zone("python3", "-c", ASK, line_of(call).decode()).stdout)
        return dict(said["said"])

    place, image = f"{ZONE}/workspaces/{HOME}", f"{ZONE}/homes/images/{HOME}.img"
    for directory, mode in (
        (f"{ZONE}/workspaces", "710"),
        (place, "710"),
        (f"{place}/home", "0"),
        (f"{place}/outbox", "0"),
    ):
        server.do("install", "-d", "-o", "ansim", "-g", "ansim-gate", "-m", mode, directory)
    assert keeper(Call("able"))["able"], "it tries everything on a small image first"
    assert keeper(Call("make", HOME, gib=1))["made"]
    assert keeper(Call("open", HOME))["state"] == "open"
    mounted = server.do("findmnt", "-no", "FSTYPE,OPTIONS", f"{place}/home").stdout
    assert " ".join(mounted.split()).startswith("ext4 rw,nosuid,nodev"), "the machine sees what the keeper mounted"
    server.do("sh", "-c", f"echo {CANARY} >{place}/home/{CANARY}; sync")
    assert "No space left on device" in server.do("fallocate", "-l", "2G", f"{place}/home/big", check=False).stderr
    server.do("rm", "-f", f"{place}/home/big")
    assert keeper(Call("close", HOME))["state"] == "closed"
    assert server.do("grep", "-q", CANARY, image, check=False).returncode == 1
    server.do("cp", "--sparse=always", image, "/root/copy.img")  # as a thief of the disk has it
    assert keeper(Call("open", HOME))["state"] == "open"
    assert server.do("cat", f"{place}/home/{CANARY}").stdout.strip() == CANARY
    assert keeper(Call("destroy", HOME))["state"] == "none"
    assert server.do("ls", f"{ZONE}/homes/images", f"{ZONE}/homes/keys").stdout.split() == [
        f"{ZONE}/homes/images:",
        f"{ZONE}/homes/keys:",
    ]
    server.do("mount", "-o", "loop", "/root/copy.img", "/mnt")
    names = server.do("find", "/mnt/files").stdout
    read = server.do("sh", "-c", "find /mnt/files -type f -exec cat {} +", check=False)
    server.do("umount", "/mnt")
    assert len(names.splitlines()) == 4
    assert CANARY not in names + read.stdout
    assert "Required key not available" in read.stderr


def test_all_of_it_comes_back_with_the_machine(server: VirtualServer) -> None:
    before = server.started()
    server.do("systemctl", "reboot", check=False)
    server.wait(unlike=before)
    the_kernel_watches_everything(server)
    the_kernel_has_every_setting(server)
    nobody_comes_in_who_is_not_named(server)
    for unit in ("docker", "chrony", "auditd", "nftables"):
        assert server.do("systemctl", "is-active", unit, check=False).stdout.strip() == "active", unit
    assert server.do("systemctl", "--failed", "--no-legend").stdout == ""
