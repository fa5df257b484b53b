"""The container engine and the kernel of the server."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hub_config.disk_limits import disk_below
from hub_config.engine_helper.containers import DEVICE_LIMITS
from hub_config.probe.host.base import Answer, Server, text_of
from hub_config.runtimes import GVISOR
from hub_config.user_mapping import kernels, maps_users, outside
from hub_config.workspace_container import HOME

SOCKET = Path("/var/run/docker.sock")
CONFIGURATION = "/etc/docker/daemon.json"
#: The first releases in which names are not looked up for networks without a way out (moby 47538).
FIXED = {20: (99, 0, 0), 23: (23, 0, 11), 24: (99, 0, 0), 25: (25, 0, 4)}


def engine_socket(server: Server) -> Answer:
    """Read owner and rights of the socket."""
    if os.environ.get("DOCKER_HOST") or not SOCKET.exists():
        return None, "the engine is not reached at its usual socket"
    found = SOCKET.stat()
    good = found.st_uid == 0 and not found.st_mode & (stat.S_IROTH | stat.S_IWOTH)
    return good, f"owner {found.st_uid}, mode {stat.S_IMODE(found.st_mode):o}"


def engine_tcp(server: Server) -> Answer:
    """Read the command line of the engine for addresses of the network."""
    commands = [c for c in _commands(server) if c and Path(c[0]).name == "dockerd"]
    if not commands:
        return None, "no engine runs on this server"
    open_ = [word for command in commands for word in command if "tcp://" in word]
    config = text_of(server.place(CONFIGURATION)) or ""
    return not open_ and "tcp://" not in config, f"{len(commands)} engines, at network addresses: {len(open_)}"


def _commands(server: Server) -> list[list[str]]:
    processes = [entry for entry in server.place("/proc").iterdir() if entry.name.isdigit()]
    return [(text_of(process / "cmdline") or "").split("\0") for process in processes]


def engine_filter(server: Server) -> Answer:
    """Read the engine's security options."""
    options = [o.partition(",")[0].removeprefix("name=") for o in server.info.get("SecurityOptions") or []]
    return "seccomp" in options, "options: " + ", ".join(options)


def engine_registries(server: Server) -> Answer:
    """Read the registries that the engine trusts without TLS."""
    config = server.info.get("RegistryConfig") or {}
    cidrs = [c for c in config.get("InsecureRegistryCIDRs") or [] if not c.startswith(("127.", "::1"))]
    return not cidrs, f"beyond loopback: {len(cidrs)}"


def userns(server: Server) -> Answer:
    """Read whether numbers of users are mapped, and of each workspace what the kernel makes of its root."""
    if not maps_users(server.info):
        return (
            False,
            "root in a container would be root on the server; docs/how-to/run-the-probe.md says how to map users",
        )
    tables = [text_of(f"/proc/{c.get('State', {}).get('Pid', 0)}/uid_map") for c in server.containers]
    roots = {outside(0, kernels(table)) for table in tables if table}
    seen = ", ".join(sorted("nobody" if root is None else str(root) for root in roots)) or "not seen"
    return 0 not in roots, f"mapped; root of a workspace is {seen} on the server"


def mandatory_access(server: Server) -> Answer:
    """Read whether a mandatory access control is in force."""
    found = [o for o in server.info.get("SecurityOptions") or [] if "apparmor" in o or "selinux" in o]
    return bool(found), ", ".join(found) or "neither AppArmor nor SELinux"


def gvisor(server: Server) -> Answer:
    """Read whether the engine knows gVisor's runtime."""
    known = GVISOR in (server.info.get("Runtimes") or {})
    return (
        known,
        "runsc is registered" if known else "apt-get install runsc, and register it (docs/how-to/run-the-probe.md)",
    )


def live_restore(server: Server) -> Answer:
    """Read whether containers outlive the engine."""
    on = bool(server.info.get("LiveRestoreEnabled"))
    return on, "on" if on else "off"


def icc(server: Server) -> Answer:
    """Read whether the default bridge lets containers talk; workspaces are on none."""
    config = (text_of(server.place(CONFIGURATION)) or "").replace(" ", "")
    given = any("--icc=false" in command or "--bridge=none" in command for command in _commands(server))
    off = given or '"icc":false' in config or '"bridge":"none"' in config
    return off, "off" if off else "on; workspaces are on no network"


def engine_version(server: Server) -> Answer:
    """Compare the engine with the releases in which the leak was closed."""
    said = str(server.info.get("ServerVersion", "0"))
    numbers = tuple(
        int(n) for n in "".join(c if c.isdigit() or c == "." else " " for c in said).split()[0].split(".")[:3]
    )
    fixed = FIXED.get(numbers[0], (0, 0, 0)) if numbers[0] < 26 else (0, 0, 0)
    return numbers >= fixed, f"{said}; workspaces are on no network"


def engine_audit(server: Server) -> Answer:
    """Look for rules about the engine in the system's audit."""
    rules = server.place("/etc/audit/rules.d")
    if not rules.is_dir():
        return False, "auditd is not installed"
    found = any("docker" in (text_of(path) or "") for path in rules.glob("*.rules"))
    return found, "rules about docker" if found else "no rule about docker"


def partition(server: Server) -> Answer:
    """Compare the engine's directory with the root of the server."""
    place = server.place(str(server.info.get("DockerRootDir", "/var/lib/docker")))
    if not place.exists():
        return None, "the engine keeps its files elsewhere"
    own = place.stat().st_dev != server.root.stat().st_dev
    return own, "a disk of its own" if own else "on the disk of the system"


def kernel_pointers(server: Server) -> Answer:
    """Read two settings of the kernel."""
    names = ("kptr_restrict", "dmesg_restrict")
    values = {name: text_of(server.place(f"/proc/sys/kernel/{name}")) for name in names}
    return all(v not in (None, "0") for v in values.values()), ", ".join(f"{n}={v}" for n, v in values.items())


def ptrace_scope(server: Server) -> Answer:
    """Read the setting of Yama."""
    value = text_of(server.place("/proc/sys/kernel/yama/ptrace_scope"))
    return value not in (None, "0"), f"ptrace_scope={value}"


def unprivileged_bpf(server: Server) -> Answer:
    """Read the setting of BPF."""
    value = text_of(server.place("/proc/sys/kernel/unprivileged_bpf_disabled"))
    return value in (None, "1", "2"), f"unprivileged_bpf_disabled={value}"


def swap_encrypted(server: Server) -> Answer:
    """Read the list of swap areas."""
    areas = [line.split()[0] for line in (text_of(server.place("/proc/swaps")) or "").splitlines()[1:]]
    plain = [a for a in areas if not a.startswith("/dev/zram") and not _encrypted(server, _disk_named(server, a))]
    return not plain, f"{len(areas)} areas, in the clear: {len(plain)}"


def _disk_named(server: Server, area: str) -> str:
    """Return the kernel's name of a device, which `/dev/mapper` calls otherwise."""
    named = (p for p in server.place("/sys/block").glob("dm-*") if f"/dev/mapper/{text_of(p / 'dm' / 'name')}" == area)
    return next(named, Path(area)).name


def _encrypted(server: Server, disk: str) -> bool:
    """Say whether a disk is an encrypted one, or lies on none but such: a plain volume has a mapping as well."""
    block = server.place(f"/sys/block/{disk}")
    if (text_of(block / "dm" / "uuid") or "").startswith("CRYPT-"):
        return True
    below = [entry.name for entry in (block / "slaves").glob("*")]
    return bool(below) and all(_encrypted(server, one) for one in below)


def disk_rate(server: Server) -> Answer:
    """Look whether each workspace is limited on the disk of its home, in every way that the engine knows."""
    if not server.containers:
        return None, "no workspace runs"
    disks = [_disk(c["HostConfig"]) for c in server.containers]
    if None in disks:
        return False, "the disk of the zone has no device of its own, so the engine cannot limit it"
    free = [d for c, d in zip(server.containers, disks, strict=True) if not _is_limited(c["HostConfig"], str(d))]
    if free:
        return False, f"workspaces without a limit on their disk: {len(free)} of {len(disks)}"
    buffered = "; what is written through a buffer passes them: cgroup version 1" if server.shares_cgroups else ""
    return True, f"limits on reading and writing of {', '.join(sorted({str(d) for d in disks}))}{buffered}"


def _disk(host: Mapping[str, Any]) -> Path | None:
    home = next((str(m.get("Source")) for m in host.get("Mounts") or () if m.get("Target") == HOME), "/")
    return disk_below(Path(home).parent)


def _is_limited(host: Mapping[str, Any], disk: str) -> bool:
    given = [{limit["Path"]: limit["Rate"] for limit in host.get(name) or ()} for name in DEVICE_LIMITS]
    return all(one.get(disk, 0) > 0 for one in given)
