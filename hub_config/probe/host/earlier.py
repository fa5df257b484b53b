"""Holds a workspace that an earlier version made against what every version has held to: no way out, no way in.

Filters, covers, limits and the way data is mounted differ from version to version; these do not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hub_config.engine_helper.containers import REF
from hub_config.engine_helper.helper_settings import HelperSettings
from hub_config.engine_helper.places import below
from hub_config.probe.host.base import NOTEBOOK, Server
from hub_config.runtimes import GVISOR
from hub_config.shared_space import shared_ref
from hub_config.workspace_container import NO_NEW_PRIVILEGES, container_name, layers_of

SAID: Mapping[str, Any] = {"CapDrop": ["ALL"], "IpcMode": "private", "NetworkMode": "none", "ReadonlyRootfs": True}
EMPTY = (
    *("Binds", "CapAdd", "CgroupParent", "DeviceCgroupRules", "DeviceRequests", "Devices", "PidMode", "PortBindings"),
    *("Privileged", "PublishAllPorts", "Sysctls", "UTSMode", "VolumesFrom"),
)
LIMITED = ("CpuQuota", "Memory", "PidsLimit")
LIMITS = ("core", "nofile")
COVERED = "/proc/kcore"
"""Covered by each version and each engine; where it is not, nothing is."""
FILTER = "seccomp="


def differing_from_all(container: Mapping[str, Any], told: HelperSettings, server: Server) -> list[str]:
    """Return the names of what no version of the zone has said. Raises: KeyError and its like — for no workspace."""
    config, host = container["Config"], container["HostConfig"]
    ref = config["Labels"]["ansim.workspace"]
    if REF.fullmatch(ref) is None or container["Name"] != f"/{container_name(ref)}":
        return ["create.name"]
    runtime = host.get("Runtime") or server.runtime
    numbers = [*config["User"].split(":"), *(host.get("GroupAdd") or [])]
    good = {
        **{name: host.get(name) == value for name, value in SAID.items()},
        **{name: not host.get(name) for name in EMPTY},
        **{name: (host.get(name) or 0) > 0 for name in LIMITED},
        "Image": container["Image"] == server.image_id or server.images.get(container["Image"]) == NOTEBOOK,
        "CgroupnsMode": host.get("CgroupnsMode") != "host" or runtime == GVISOR or server.shares_cgroups,
        "MaskedPaths": COVERED in (host.get("MaskedPaths") or []),
        "Mounts": all(_is_ours(mount, told, ref, config["Labels"]["ansim.project"]) for mount in host["Mounts"]),
        "Runtime": runtime in (GVISOR, server.runtime),
        "SecurityOpt": _filters(host.get("SecurityOpt") or []),
        "User": len(numbers) > 1 and all(int(number) >= told.lowest_uid for number in numbers),
        "Ulimits": _limits(host.get("Ulimits") or [], server),
        "UsernsMode": not host.get("UsernsMode") or (runtime == GVISOR and host["UsernsMode"] == "host"),
    }
    return sorted(name for name, held in good.items() if not held)


def _is_ours(mount: Mapping[str, Any], told: HelperSettings, ref: str, project: str) -> bool:
    """Say whether a mount shows directories of this workspace or its project, or data that only reads."""
    own = tuple(str(Path(told.home, "workspaces", name)) for name in (ref, shared_ref(project)))
    if mount["Type"] == "bind":
        source = mount["Source"]
        return below(source, own) or (mount.get("ReadOnly") is True and _is_data(source, told))
    driver = mount["VolumeOptions"]["DriverConfig"]
    if mount["Type"] != "volume" or mount.get("Source") or driver["Name"] != "local":
        return False
    options = driver["Options"]
    places = layers_of(options["o"])
    return options["type"] == "overlay" and bool(places) and all(below(p, own) or _is_data(p, told) for p in places)


def _limits(limits: Sequence[Mapping[str, Any]], server: Server) -> bool:
    """Say whether files are limited, nothing leaves a core dump, and no limit is added but the engine's for all."""
    to_all = server.given_to_all(LIMITS)
    ours = [limit for limit in limits if limit not in to_all]
    hard = {limit["Name"]: limit.get("Hard") or 0 for limit in ours}
    return sorted(limit["Name"] for limit in ours) == sorted(LIMITS) and hard["core"] == 0 and hard["nofile"] > 0


def _is_data(place: str, told: HelperSettings) -> bool:
    return below(place, told.dataset_roots) and place not in told.dataset_roots


def _filters(options: Sequence[str]) -> bool:
    """Say whether nothing gains privileges and system calls are filtered by a list of those allowed, and no more."""
    filters = [json.loads(one.removeprefix(FILTER)) for one in options if one.startswith(f"{FILTER}{{")]
    refusing = [one for one in filters if one["defaultAction"] == "SCMP_ACT_ERRNO"]
    return len(refusing) == 1 and len(options) == 2 and NO_NEW_PRIVILEGES in options
