"""Which look at the server belongs to which probe."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hub_config.probe.host import containers, engine, images, zone
from hub_config.probe.host.base import Look

LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "host.gate_user": zone.gate_user,
        "host.gate_orders": zone.gate_orders,
        "host.home_closed": zone.home_closed,
        "host.loopback_only": zone.loopback_only,
        "host.containers": containers.containers,
        "host.image_is_ours": zone.image_is_ours,
        "host.image_plain": zone.image_plain,
        "host.engine_socket": engine.engine_socket,
        "host.engine_tcp": engine.engine_tcp,
        "host.engine_filter": engine.engine_filter,
        "host.engine_registries": engine.engine_registries,
        "host.userns": engine.userns,
        "host.mandatory_access": engine.mandatory_access,
        "host.gvisor": engine.gvisor,
        "host.live_restore": engine.live_restore,
        "host.icc": engine.icc,
        "host.engine_version": engine.engine_version,
        "host.engine_audit": engine.engine_audit,
        "host.partition": engine.partition,
        "host.kernel_pointers": engine.kernel_pointers,
        "host.ptrace_scope": engine.ptrace_scope,
        "host.unprivileged_bpf": engine.unprivileged_bpf,
        "host.swap_encrypted": engine.swap_encrypted,
        "host.disk_rate": engine.disk_rate,
        "host.image_debian": images.image_debian,
        "host.image_python": images.image_python,
    }
)
