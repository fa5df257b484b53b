"""The container of a workspace as a value: every limit, mount and variable, before an engine is asked.

The table is closed: what it does not name is absent. There is no network, no capability, no writable path but
the two directories of this workspace, the one of its project and a small temporary one, and no variable of the hub.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from docker.types import DriverConfig, LogConfig, Ulimit
from docker.types import Mount as EngineMount

from hub_config.disk_limits import disk_limits
from hub_config.runtimes import GVISOR
from hub_config.seccomp import security_option
from hub_config.shared_space import FOLDER, SHARED, SharedSpace
from registry.model import Limits, WorkPermit

HOME = "/home/researcher"
OUTBOX = "/outbox"
INBOX = "/inbox"
ZONE = "/zone"
DATA = "/data"
DESCRIPTION = "ansim.description"
"""The label that says by which description of workspaces a container was made."""
LAYER = "empty"
"""The directory of a workspace that data is laid over: a file system that only reads wants two."""
OVERLAY = "ro,nosuid,nodev,noexec,lowerdir="
#: Options as `layered` of any version writes them: whatever else they say, nothing can be written.
LAYERED = re.compile(r"ro,(?:(?:nosuid|nodev|noexec),)*lowerdir=((?:\\.|[^\\,])+)")
NO_NEW_PRIVILEGES = "no-new-privileges:true"
START = "/opt/ansim/start"
TMP_BYTES = 512 * 1024**2  # counted against the memory limit, so a full /tmp cannot fill the host's disk
SHARED_MEMORY_BYTES = 64 * 1024**2
OPEN_FILES = 4096
#: What the kernel tells about the machine and its other users: covered beside what engines cover of their own accord.
MASKED_PATHS = (
    *("/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/key-users", "/proc/latency_stats"),
    *("/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/schedstat", "/proc/scsi", "/proc/kallsyms"),
    *("/proc/kmsg", "/proc/kpagecount", "/proc/kpageflags", "/proc/kpagecgroup", "/proc/modules", "/proc/slabinfo"),
    *("/proc/vmallocinfo", "/proc/vmstat", "/proc/pagetypeinfo", "/proc/buddyinfo", "/proc/zoneinfo", "/proc/iomem"),
    *("/proc/ioports", "/proc/interrupts", "/proc/softirqs", "/proc/diskstats", "/proc/partitions", "/proc/swaps"),
    *("/proc/config.gz", "/proc/pressure", "/proc/sysvipc", "/proc/driver", "/proc/mtrr", "/proc/crypto"),
    *("/proc/locks", "/proc/fs", "/proc/sys/fs/file-nr", "/proc/sys/fs/inode-nr"),
    *("/proc/sys/fs/inode-state", "/proc/sys/fs/dentry-state"),
    *("/sys/firmware", "/sys/devices/virtual/powercap", "/sys/devices/virtual/dmi", "/sys/devices/virtual/block"),
    *("/sys/devices/virtual/bdi", "/sys/devices/virtual/workqueue", "/sys/devices/virtual/thermal"),
    *("/sys/devices/system/node", "/sys/devices/platform", "/sys/devices/LNXSYSTM:00", "/sys/dev"),
    *("/sys/kernel", "/sys/module", "/sys/power", "/sys/hypervisor", "/sys/bus", "/sys/block", "/sys/fs/bpf"),
    *("/sys/fs/ext4", "/sys/fs/xfs", "/sys/fs/btrfs", "/sys/fs/f2fs", "/sys/fs/fuse", "/sys/fs/nfs", "/sys/fs/pstore"),
)
#: Disks and cards hang below these, one for each bus of the machine.
BUSES = (Path("/sys/devices"), "pci*")
READ_ONLY_PATHS = ("/proc/bus", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_MAX_THREADS")


@dataclass(frozen=True, slots=True)
class Bind:
    """One directory of the host that the container sees."""

    source: Path
    target: str
    read_only: bool
    layer: Path | None = None
    """An empty directory; with it the source is seen through a file system of this container's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceContainer:
    """Everything the engine is told about one workspace; `image` is an id, never a name that can move."""

    workspace: str
    project: str
    uid: int
    image: str
    prefix: str
    language: str
    zone: str
    intent: str
    limits: Limits
    binds: tuple[Bind, ...]
    runtime: str | None = None
    """The engine's runtime; None is its own."""
    shared: SharedSpace | None = None
    """The space of its project, in whose group it is; `binds` shows it."""

    @property
    def name(self) -> str:
        """The container's name: the reference belongs to one person in one project, and names neither."""
        return container_name(self.workspace)


def container_name(workspace: str) -> str:
    """Return the name of a workspace's container."""
    return f"ansim-{workspace}"


def container_for(
    permit: WorkPermit,
    directory: Path,
    *,
    image: str,
    prefix: str,
    language: str,
    zone: str,
    intent: str,
    runtime: str | None = None,
    shared: SharedSpace | None = None,
) -> WorkspaceContainer:
    """Describe the container that a permit allows; `directory` is the workspace's own below ANSIM_HOME."""
    own: tuple[Bind, ...] = (
        Bind(directory / "home", HOME, read_only=False),
        Bind(directory / "outbox", OUTBOX, read_only=False),
        Bind(directory / "inbox", INBOX, read_only=True),
        Bind(directory / "run", ZONE, read_only=True),
    )
    if shared is not None:
        own += (Bind(directory.parent / shared.ref / FOLDER, SHARED, read_only=False),)
    layer = directory / LAYER
    data = tuple(Bind(m.path, f"{DATA}/{m.dataset}", read_only=True, layer=layer) for m in permit.mounts)
    return WorkspaceContainer(
        workspace=permit.workspace.ref,
        project=permit.project.id,
        uid=permit.workspace.uid,
        image=image,
        prefix=prefix,
        language=language,
        zone=zone,
        intent=intent,
        limits=permit.limits,
        binds=own + data,
        runtime=runtime,
        shared=shared,
    )


def environment(container: WorkspaceContainer) -> dict[str, str]:
    """Return the whole environment; whoever runs code in a workspace reads it, so it holds no secret."""
    threads = str(max(1, math.ceil(container.limits.cpus)))
    return {
        "ANSIM_LANGUAGE": container.language,
        "ANSIM_PREFIX": container.prefix,
        "ANSIM_PROJECT": container.project,
        "HOME": HOME,
        "LANG": "C.UTF-8",
        "USER": "researcher",
        # Libraries count the host's cores and would start a thread for each of them.
        **dict.fromkeys(THREAD_VARIABLES, threads),
    }


def labels(container: WorkspaceContainer) -> dict[str, str]:
    """Return the labels by which the worker and the next start find a container that a crash left behind."""
    return {
        "ansim.zone": container.zone,
        "ansim.workspace": container.workspace,
        "ansim.project": container.project,
        "ansim.prefix": container.prefix,
        "ansim.intent": container.intent,
        DESCRIPTION: description(),
    }


@cache
def description() -> str:
    """Return a digest of what every workspace is told alike: a container with another one is of another version."""
    binds = (Bind(Path("/w"), HOME, read_only=False), Bind(Path("/d"), DATA, read_only=True, layer=Path("/l")))
    told = []
    for runtime in (None, GVISOR):
        any_of_them = WorkspaceContainer(
            workspace="", project="", uid=1, image="", prefix="", language="", zone="", intent="", limits=Limits(),
            binds=binds, runtime=runtime, shared=SharedSpace("", 1),
        )  # fmt: skip
        host = host_arguments(any_of_them)
        kept = {key: value for key, value in host.items() if not key.startswith("device_")}  # the machine's own
        told.append([kept, environment(any_of_them), MASKED_PATHS, READ_ONLY_PATHS])
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def host_arguments(container: WorkspaceContainer) -> dict[str, Any]:
    """Return the arguments of docker-py's `create_host_config`; each line closes a way out or to disturb."""
    limits = container.limits
    return {
        "auto_remove": False,  # the exit code of a workspace that died is read before it is removed
        "cap_drop": ["ALL"],
        # Its own: the names of control groups hold the engine's ids. gVisor has its own in any case.
        "cgroupns": None if container.runtime == GVISOR else "private",
        "cpu_period": 100_000,
        "cpu_quota": int(limits.cpus * 100_000),
        "init": True,
        "ipc_mode": "private",
        "log_config": LogConfig(type="json-file", config={"max-size": "1m", "max-file": "2"}),
        "mem_limit": limits.memory_bytes,
        "memswap_limit": limits.memory_bytes,  # equal to mem_limit: no swap, so no data on the host's disk
        "mounts": [_mount(b) for b in container.binds],
        "network_mode": "none",
        "oom_score_adj": 500,  # under memory pressure a workspace goes before the zone
        "pids_limit": limits.pids,
        "privileged": False,
        "read_only": True,
        "restart_policy": {"Name": "no"},
        "runtime": container.runtime,
        # gVisor maps users itself, and who opens files for it must pass directories that a container's root may not.
        **({"userns_mode": "host"} if container.runtime == GVISOR else {}),
        "security_opt": [NO_NEW_PRIVILEGES, security_option()],
        "shm_size": SHARED_MEMORY_BYTES,
        "tmpfs": {"/tmp": f"rw,noexec,nosuid,nodev,size={TMP_BYTES},mode=1777"},  # noqa: S108 — in the container
        "ulimits": [
            Ulimit(name="nofile", soft=OPEN_FILES, hard=OPEN_FILES),
            Ulimit(name="core", soft=0, hard=0),  # a core dump would be a copy of the data
        ],
        **({} if container.shared is None else {"group_add": [str(container.shared.gid)]}),
        **disk_limits(container.binds[0].source.parent),  # the whole disk, also where a home is mounted on its own
    }


def covered_paths() -> dict[str, list[str]]:
    """Return what a host configuration says of `/proc` and `/sys`; docker-py has no argument for it."""
    place, pattern = BUSES
    buses = sorted(str(path) for path in place.glob(pattern))
    return {"MaskedPaths": [*MASKED_PATHS, *buses], "ReadonlyPaths": list(READ_ONLY_PATHS)}


def _mount(bind: Bind) -> EngineMount:
    """Return a mount as the engine takes it.

    Data lies in a file system of the container's own. Two projects with the same dataset would share its inodes
    otherwise, and with them locks and notices of each other's reading: a fast way to talk that no record sees. The
    engine makes the volume with the container and removes it with it. It has no name, which the engine lets nobody
    make read-only; the file system itself is.
    """
    if bind.layer is None:
        return EngineMount(
            target=bind.target, source=str(bind.source), type="bind", read_only=bind.read_only, propagation="rprivate"
        )
    options = {"type": "overlay", "device": "overlay", "o": layered(bind.source, bind.layer)}
    driver = DriverConfig(name="local", options=options)
    return EngineMount(target=bind.target, source=None, type="volume", no_copy=True, driver_config=driver)


def layered(source: Path, layer: Path) -> str:
    """Return the options of the file system through which a container sees data."""
    return OVERLAY + ":".join(re.sub(r"([\\:,])", r"\\\1", str(path)) for path in (source, layer))


def layers_of(options: str) -> tuple[str, ...]:
    """Return the directories that options lay over each other, as `layered` names them; none of any other options."""
    found = LAYERED.fullmatch(options)
    places = re.findall(r"(?:\\.|[^\\:])+", found[1]) if found else ()
    return tuple(re.sub(r"\\(.)", r"\1", place) for place in places)


def layered_source(options: str, layer: Path) -> Path:
    """Return the source that options name, if `layered` makes the same of it.

    Raises: ValueError — if not.
    """
    source = Path(*layers_of(options)[:1])
    if layered(source, layer) != options:
        raise ValueError("not the options of a dataset")
    return source


def create_arguments(container: WorkspaceContainer) -> dict[str, Any]:
    """Return the arguments of docker-py's `create_container`, without the host configuration."""
    return {
        "image": container.image,
        "name": container.name,
        "hostname": "workspace",
        "user": f"{container.uid}:{container.uid}",
        "working_dir": HOME,
        "environment": environment(container),
        "labels": labels(container),
        "network_disabled": True,
        "stdin_open": False,
        "tty": False,
        # The image's own init asks to inherit orphans, which gVisor does not know; the engine's init has them anyway.
        **({"entrypoint": [START]} if container.runtime == GVISOR else {}),
    }


def event_detail(container: WorkspaceContainer, permit: WorkPermit) -> Mapping[str, Any]:
    """Return what the log keeps of a start: image, mounts, limits, dataset versions; no path of the host."""
    return {
        "image": container.image,
        "mounts": [[b.target, "ro" if b.read_only else "rw"] for b in container.binds],
        "limits": {
            "memory_bytes": container.limits.memory_bytes,
            "millicpus": round(container.limits.cpus * 1000),
            "pids": container.limits.pids,
        },
        "datasets": [[m.dataset, m.version, m.manifest_sha256] for m in permit.mounts],
        **({} if container.runtime is None else {"runtime": container.runtime}),
        **({} if container.shared is None else {"shared": container.shared.ref}),
    }
