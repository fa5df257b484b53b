"""Holds every workspace that runs against the whole request that the zone makes, as the helper before the engine does.

From what the engine says of a container only what tells one workspace from another is taken; everything else is
described anew. What the zone does not say must be empty, whatever its name: nothing can be added that no rule names.
Workspaces live through upgrades: one that an earlier version made is held against what every version has held to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from docker.constants import DEFAULT_DOCKER_API_VERSION

from hub_config.engine_helper.containers import DEVICE_LIMITS, described, differences
from hub_config.engine_helper.errors import Refused
from hub_config.engine_helper.helper_settings import HelperSettings
from hub_config.engine_helper.places import below
from hub_config.probe.host.base import Answer, Server
from hub_config.probe.host.earlier import differing_from_all
from hub_config.runtimes import GVISOR
from hub_config.workspace_container import DESCRIPTION, HOME, description

#: The recommendation of the CIS Docker Benchmark that a difference has to do with.
CIS: Mapping[str, str] = MappingProxyType(
    {
        "User": "4.1", "CapAdd": "5.4", "CapDrop": "5.4", "Privileged": "5.5", "Binds": "5.6", "Mounts": "5.6",
        "create.mount": "5.6", "NetworkMode": "5.10", "Memory": "5.11", "MemorySwap": "5.11", "CpuQuota": "5.12",
        "create.limits": "5.11", "ReadonlyRootfs": "5.13", "PortBindings": "5.14", "RestartPolicy": "5.15",
        "PidMode": "5.16", "IpcMode": "5.17", "Devices": "5.18", "Ulimits": "5.19", "UTSMode": "5.21",
        "SecurityOpt": "5.22", "CgroupParent": "5.24", "PidsLimit": "5.28", "UsernsMode": "5.30",
    }
)  # fmt: skip


def containers(server: Server) -> Answer:
    """Hold every workspace that runs against the request that the zone makes for it."""
    if not server.containers:
        return None, "no workspace runs"
    before = [one for one in server.containers if _is_before(one, server)]
    found = {name for one in server.containers for name in _found(one, server)} | _twice(server.containers)
    words = [f"{name} (CIS {CIS[name]})" if name in CIS else name for name in sorted(found)]
    seen = f"{len(server.containers)} workspaces, each as a whole; differing: {', '.join(words) or 'none'}"
    return not found, f"{seen}; {len(before)} from the version before: start them anew" if before else seen


def _is_before(container: Mapping[str, Any], server: Server) -> bool:
    """Say whether a container says that another version made it, or runs an image that the zone built earlier."""
    label = (container["Config"].get("Labels") or {}).get(DESCRIPTION)
    return label != description() or server.before(container)


def _found(container: Mapping[str, Any], server: Server) -> list[str]:
    try:
        told = _told(container, server)
        return (differing_from_all if _is_before(container, server) else _differing)(container, told, server)
    except Refused as refused:
        return [refused.code]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return ["not a workspace"]


def _differing(container: Mapping[str, Any], told: HelperSettings, server: Server) -> list[str]:
    """Return the names of what a container says differently. Raises: Refused, KeyError — for what is no workspace."""
    config, host = container["Config"], container["HostConfig"]
    request = {**config, "HostConfig": host}
    ours = described(request, container["Name"].removeprefix("/"), told, DEFAULT_DOCKER_API_VERSION).body
    wanted, given = _said(ours["HostConfig"]), _said(host)
    to_all = _full(server.given_to_all({limit["Name"] for limit in wanted["Ulimits"]}))
    given["Ulimits"] = [limit for limit in given.get("Ulimits", []) if limit not in to_all]
    if "Runtime" not in wanted and given.get("Runtime") == server.runtime:
        del given["Runtime"]
    if wanted.get("Runtime") == GVISOR:
        given.pop("CgroupnsMode", None)  # the engine's own default: gVisor makes its control groups itself
    image = [
        one for one in server.image.get("Config", {}).get("Env") or [] if _name(one) not in map(_name, ours["Env"])
    ]
    one = {"HostConfig": wanted, "User": ours["User"], "Env": sorted([*ours["Env"], *image])}
    other = {"HostConfig": given, "User": config["User"], "Env": sorted(config["Env"])}
    return [name.removeprefix("HostConfig.") for name in differences(one, other)]


def _told(container: Mapping[str, Any], server: Server) -> HelperSettings:
    """Return the directories that this container may see: the zone's own, or those of the range that a probe made."""
    settings = server.settings if server.real is None else server.real.settings
    mounts = container["HostConfig"].get("Mounts") or []
    source = next((str(m.get("Source")) for m in mounts if m.get("Target") == HOME), "")
    made = server.settings.home.glob("probe/range-*")
    ranges = [place for place in made if below(source, (str(place / "workspaces"),))]
    home, roots = (ranges[0], (ranges[0] / "data",)) if ranges else (settings.home, settings.dataset_roots())
    return HelperSettings(
        zone=(container["Config"].get("Labels") or {}).get("ansim.zone", ""),
        home=str(home),
        notebook=container["Image"],
        scanner="",
        callers=(),
        dataset_roots=tuple(map(str, roots)),
    )


def _said(host: Mapping[str, Any]) -> dict[str, Any]:
    """Return a host configuration without what says nothing: an engine writes each key that was not given as empty."""
    return {key: _full(value) for key, value in host.items() if key not in DEVICE_LIMITS and _full(value)}


def _full(value: Any) -> Any:
    """Leave out numbers of zero, no and nothing; an empty text or list may belong to a key that says enough."""
    if isinstance(value, Mapping):
        return {key: _full(one) for key, one in value.items() if one not in (None, 0)}
    if isinstance(value, list):
        return [_full(one) for one in value if one not in (None, 0)]
    return value


def _name(variable: str) -> str:
    return variable.partition("=")[0]


def _twice(containers: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return what is given twice: the number of a workspace to another one, the group of a project to another one."""
    owners: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in containers:
        labels = one["Config"].get("Labels") or {}
        owners["User of another workspace", one["Config"]["User"]].add(labels.get("ansim.workspace", ""))
        for group in one["HostConfig"].get("GroupAdd") or []:
            owners["GroupAdd of another project", group].add(labels.get("ansim.project", ""))
    return {kind for (kind, _), those in owners.items() if len(those) > 1}
