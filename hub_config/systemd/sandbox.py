"""What each unit of the zone may do, as tables; every right beyond the common walls has its reason beside it.

`systemd-analyze security` gives each unit at most 2.5 of 10, which a test holds it to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

ZONE_USER = "ansim"
ENGINE_USER = "ansim-engine"
HOMES_USER = "ansim-homes"
HIGHEST_EXPOSURE = 2.5

#: For every unit. Not here: PrivateNetwork (they listen on loopback), PrivateUsers (the kernel's word on who is at the
#: other end of a socket needs the machine's users), MemoryDenyWriteExecute (pyarrow and DuckDB compile as they run).
COMMON: Mapping[str, str] = MappingProxyType(
    {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateMounts": "yes",
        "ProtectKernelTunables": "yes",
        "ProtectKernelModules": "yes",
        "ProtectKernelLogs": "yes",
        "ProtectControlGroups": "yes",
        "ProtectClock": "yes",
        "ProtectHostname": "yes",
        "ProtectProc": "invisible",
        "RestrictNamespaces": "yes",
        "RestrictRealtime": "yes",
        "RestrictSUIDSGID": "yes",
        "LockPersonality": "yes",
        "RemoveIPC": "yes",
        "SystemCallArchitectures": "native",
        "UMask": "0077",
        "LimitCORE": "0",  # a core dump would be a copy of keys and data
    }
)
ENGINE_SOCKETS = ("/run/docker.sock", "/run/containerd")
#: What a unit does not see whose capabilities pass permissions by: the machine's own secrets, and the sockets of those
#: who obey whoever gets through. The engine's own directories are for nobody, the helper asks at the socket.
SECRETS = (
    *("/etc/shadow", "/etc/gshadow", "/etc/ssh", "/etc/ssl/private", "/etc/letsencrypt"),
    *("/etc/ansim/tls", "/etc/ansim/gate.env", "/root", "/var/log", "/var/backups", "/var/lib/postgresql"),
    *("/var/lib/docker", "/var/lib/containerd", "/run/docker", "/run/containerd", "/run/log"),
    *("/run/systemd/private", "/run/podman", "/run/crio", "/run/libvirt", "/run/snapd.socket", "/run/credentials"),
)
#: It has 60 MB at work and some 150 MB with 200 browsers. Each WebSocket may hold one large output (64 MB at most); a
#: workspace has 32 of them, so that nobody fills it alone, and takes apart one held output at a time. Beyond it starts
#: anew in a second, which signs everybody out, and a machine of 8 GB still has its workspaces.
GATE_MEMORY = "3G"
#: What gives a unit a mount name space of its own, where nothing that it mounts is seen by anybody else.
PRIVATE_MOUNTS = frozenset(
    {"ProtectSystem", "ProtectHome", "PrivateTmp", "PrivateMounts", "ProtectKernelTunables", "ProtectKernelModules"}
    | {"ProtectKernelLogs", "ProtectControlGroups", "ProtectProc", "ProtectHostname"}
)
PASSES_PERMISSIONS = frozenset({"CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH"})
#: Images and keys of encrypted homes are their helper's alone. Whoever passes permissions by would read the keys and
#: write into the images; and who owns the directory above cannot move aside what is a mount point where he runs.
HOMES = "homes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """What one unit has that others have not; `reason` stands in the unit, above its rights."""

    user: str = ZONE_USER
    groups: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    families: tuple[str, ...] = ("AF_UNIX", "AF_INET", "AF_INET6")
    outside: bool = False
    """Whether it may speak to other machines; who runs in front of it is on this one."""
    devices: bool = False
    calls: tuple[str, ...] = ()
    """System calls beyond `@system-service` without the privileged ones."""
    hidden: tuple[str, ...] = ()
    """Directories below the zone's home that it does not see."""
    unwritten: tuple[str, ...] = ()
    """Directories below the zone's home that it reads and does not write, whatever its capabilities pass by."""
    writes: bool = True
    """Whether it writes below the zone's home."""
    mounts: tuple[str, ...] = ()
    """Devices that it mounts file systems from for the whole machine; then it has no mount name space of its own."""
    memory: str = ""
    """The most memory it may have; nothing for who serves nobody outside the zone."""
    exposure: float = HIGHEST_EXPOSURE
    """The most that `systemd-analyze security` may give."""
    reason: str


SANDBOXES: Mapping[str, Sandbox] = MappingProxyType(
    {
        "audit": Sandbox(
            groups=("gate",),
            calls=("@chown",),
            outside=True,
            hidden=(HOMES,),
            reason="gives its socket to the gate's group; a PostgreSQL server may be another machine",
        ),
        "gate": Sandbox(
            user="gate",
            hidden=("keys", "vault", "releases", "datasets", "cells", "log", "logs", "images", "sessions", HOMES),
            memory=GATE_MEMORY,
            reason="no right beyond its own user: it faces browsers and workspaces, and sees neither keys nor data",
        ),
        "hub": Sandbox(
            groups=("gate",),
            capabilities=("CAP_CHOWN", "CAP_FOWNER", "CAP_DAC_OVERRIDE"),
            calls=("@chown",),
            outside=True,
            hidden=(HOMES,),
            reason="makes the directories of a workspace and gives them to its user; asks an identity provider",
        ),
        "portal": Sandbox(
            groups=("gate",),
            capabilities=("CAP_DAC_READ_SEARCH",),
            calls=("@chown",),
            outside=True,
            hidden=(HOMES,),
            reason="reads what a workspace hands in, which is its user's; gives its socket to the gate",
        ),
        "worker": Sandbox(
            groups=("gate",),
            capabilities=("CAP_CHOWN", "CAP_FOWNER", "CAP_DAC_OVERRIDE"),
            calls=("@chown",),
            outside=True,
            unwritten=(HOMES,),
            reason="brings files into workspaces and removes ended ones; sends mail, the record and backups",
        ),
        "engine": Sandbox(
            user=ENGINE_USER,
            groups=("docker",),
            capabilities=("CAP_DAC_READ_SEARCH",),
            families=("AF_UNIX",),
            devices=True,
            hidden=("keys", "log", "cells", "sessions", HOMES),
            writes=False,
            reason="walks to the directories it mounts, which are closed to it; reads the name of the disk",
        ),
        "homes": Sandbox(
            user=HOMES_USER,
            groups=("gate", "disk"),
            capabilities=("CAP_SYS_ADMIN",),
            families=("AF_UNIX",),
            mounts=("/dev/loop-control rw", "block-loop rw"),
            calls=("@mount", "capset"),
            exposure=3.5,
            reason="mounts the encrypted homes, where everybody has to see them; takes references, never a path",
        ),
    }
)


def settings_of(sandbox: Sandbox, *, home: str, gate_user: str, written: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return the lines of a unit's [Service] section that wall it in, in order.

    `written` are directories beyond the zone's home that this one writes too; one that is not there keeps nothing back.
    """
    names = {"gate": gate_user}
    lines = [("User", names.get(sandbox.user, sandbox.user))]
    if sandbox.memory:
        lines += [("MemoryMax", sandbox.memory), ("MemorySwapMax", "0")]
    if sandbox.groups:
        lines.append(("SupplementaryGroups", " ".join(names.get(group, group) for group in sandbox.groups)))
    lines += [(name, value) for name, value in COMMON.items() if not (sandbox.mounts and name in PRIVATE_MOUNTS)]
    rights = " ".join(sandbox.capabilities)
    lines += [("CapabilityBoundingSet", rights), ("AmbientCapabilities", rights)]
    lines.append(("RestrictAddressFamilies", " ".join(sandbox.families)))
    if sandbox.families == ("AF_UNIX",) and not sandbox.mounts:
        lines.append(("PrivateNetwork", "yes"))
    if not sandbox.outside:
        lines += [("IPAddressDeny", "any"), ("IPAddressAllow", "localhost")]
    lines.append(("DevicePolicy", "closed") if sandbox.devices or sandbox.mounts else ("PrivateDevices", "yes"))
    lines += [("DeviceAllow", device) for device in sandbox.mounts]
    lines += [("SystemCallFilter", "@system-service"), ("SystemCallFilter", "~@privileged")]
    lines += [("SystemCallFilter", call) for call in sandbox.calls]
    if sandbox.mounts:
        return lines
    places = " ".join([home, *(f"-{place}" for place in written)])
    lines.append(("ReadWritePaths" if sandbox.writes else "ReadOnlyPaths", places))
    if sandbox.unwritten:
        lines.append(("ReadOnlyPaths", " ".join(f"-{home}/{name}" for name in sandbox.unwritten)))
    closed = [f"-{home}/{name}" for name in sandbox.hidden]
    engine = () if "docker" in sandbox.groups else ENGINE_SOCKETS
    # Through /proc/PID/root a process sees what another of its user does: who shares the user of one has its walls.
    alone = sandbox.user != ZONE_USER and PASSES_PERMISSIONS.isdisjoint(sandbox.capabilities)
    secrets = () if alone else SECRETS
    closed += [f"-{path}" for path in dict.fromkeys((*engine, *secrets))]
    lines.append(("InaccessiblePaths", " ".join(closed)))
    return lines
