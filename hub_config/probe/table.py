"""The whole table: every wall with its probes, in the order of a report."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hub_config.probe.model import Probe, Wall
from hub_config.probe.walls import (
    cells,
    files,
    gate,
    host,
    kernel,
    limits,
    network,
    privileges,
    processes,
    secrets,
    sockets,
)

MODULES = (network, sockets, processes, kernel, privileges, files, limits, secrets, gate, cells, host)
WALLS: tuple[Wall, ...] = tuple(module.WALL for module in MODULES)
PROBES: tuple[Probe, ...] = tuple(probe for module in MODULES for probe in module.PROBES)
BY_ID: Mapping[str, Probe] = MappingProxyType({probe.id: probe for probe in PROBES})
#: What a kernel is asked for. Under gVisor a kernel of the workspace's own answers, which may say yes: the server is
#: not reached by it. Limits, mounts, sockets and networks are judged as ever.
OWN_KERNEL = frozenset(
    {probe.id for probe in PROBES if probe.wall == "kern"}
    | {"net.other_families", "proc.ptrace", "proc.memory", "priv.filter", "file.devices", "file.make_devices"}
    | {"file.open_devices", "file.run_from_tmp", "file.data_signals"}
)
#: Under gVisor the kernel of the workspace pays for what is taken, and is ended with everything in it: that would be
#: the end of the probe.
ENDS_GVISOR = frozenset({"limit.memory", "limit.processes"})
#: gVisor's kernel counts the time of processes by a clock of its own; the server counts what they had.
BY_SERVER = "limit.processor"
INSIDE: tuple[str, ...] = tuple(probe.id for probe in PROBES if probe.way == "inside")
