"""The container engine and the kernel of the server."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from hub_config.disk_limits import disk_of
from hub_config.probe.host.base import Answer, Server, text_of
from hub_config.runtimes import GVISOR
from hub_config.user_mapping import kernels, maps_users, outside

SOCKET = Path("/var/run/docker.sock")
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
    commands = [c for c in _commands() if c and Path(c[0]).name == "dockerd"]
    if not commands:
        return None, "no engine runs on this server"
    open_ = [word for command in commands for word in command if "tcp://" in word]
    config = text_of("/etc/docker/daemon.json") or ""
    return not open_ and "tcp://" not in config, f"{len(commands)} engines, at network addresses: {len(open_)}"


def _commands() -> list[list[str]]:
    pids = [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [(text_of(f"/proc/{pid}/cmdline") or "").split("\0") for pid in pids]


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
    config = (text_of("/etc/docker/daemon.json") or "").replace(" ", "")
    given = any("--icc=false" in command or "--bridge=none" in command for command in _commands())
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
    rules = Path("/etc/audit/rules.d")
    if not rules.is_dir():
        return False, "auditd is not installed"
    found = any("docker" in (text_of(str(path)) or "") for path in rules.glob("*.rules"))
    return found, "rules about docker" if found else "no rule about docker"


def partition(server: Server) -> Answer:
    """Compare the engine's directory with the root of the server."""
    place = Path(str(server.info.get("DockerRootDir", "/var/lib/docker")))
    if not place.exists():
        return None, "the engine keeps its files elsewhere"
    own = place.stat().st_dev != Path("/").stat().st_dev
    return own, "a disk of its own" if own else "on the disk of the system"


def kernel_pointers(server: Server) -> Answer:
    """Read two settings of the kernel."""
    values = {name: text_of(f"/proc/sys/kernel/{name}") for name in ("kptr_restrict", "dmesg_restrict")}
    return all(v not in (None, "0") for v in values.values()), ", ".join(f"{n}={v}" for n, v in values.items())


def ptrace_scope(server: Server) -> Answer:
    """Read the setting of Yama."""
    value = text_of("/proc/sys/kernel/yama/ptrace_scope")
    return value not in (None, "0"), f"ptrace_scope={value}"


def unprivileged_bpf(server: Server) -> Answer:
    """Read the setting of BPF."""
    value = text_of("/proc/sys/kernel/unprivileged_bpf_disabled")
    return value in (None, "1", "2"), f"unprivileged_bpf_disabled={value}"


def swap_encrypted(server: Server) -> Answer:
    """Read the list of swap areas."""
    areas = [line.split()[0] for line in (text_of("/proc/swaps") or "").splitlines()[1:]]
    plain = [a for a in areas if not a.startswith(("/dev/dm-", "/dev/mapper/", "/dev/zram"))]
    return not plain, f"{len(areas)} areas, in the clear: {len(plain)}"


def disk_rate(server: Server) -> Answer:
    """Look for the limits of the probe's own workspace."""
    if disk_of(server.settings.home) is None:
        return False, "the disk of the zone has no device of its own, so the engine cannot limit it"
    limited = all(c["HostConfig"].get("BlkioDeviceWriteBps") for c in server.containers)
    return limited and bool(server.containers), "limits on reading and writing" if limited else "no limit"
