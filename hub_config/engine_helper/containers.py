"""What a request to create a container must say, to the letter.

The helper takes from a request only what tells one workspace or scan from another: reference, user, limits, which
directories. From these it makes the whole request itself, with the description that the zone uses too, and refuses one
that differs anywhere. What it sends to the engine is its own.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker.models.containers import _create_container_args  # type: ignore[attr-defined]  # the scanner's own call
from docker.types import ContainerConfig, HostConfig

from egress_review.container import INSIDE, LABEL, ContainerScanner
from hub_config.engine_helper.errors import Refused
from hub_config.engine_helper.helper_settings import HelperSettings
from hub_config.engine_helper.places import below
from hub_config.runtimes import GVISOR
from hub_config.shared_space import FOLDER, SHARED, SharedSpace
from hub_config.workspace_container import (
    HOME,
    INBOX,
    LAYER,
    OUTBOX,
    ZONE,
    Bind,
    WorkspaceContainer,
    container_name,
    covered_paths,
    create_arguments,
    host_arguments,
    layered_source,
)
from registry.model import Limits

REF = re.compile(r"ws_[a-z2-7]{16}")
DATASET = re.compile(r"/data/[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
OWN = {HOME: ("home", False), OUTBOX: ("outbox", False), INBOX: ("inbox", True), ZONE: ("run", True)}
#: Limits of a disk are named by its device, which not every sandbox shows: the helper sets its own.
DEVICE_LIMITS = ("BlkioDeviceReadBps", "BlkioDeviceWriteBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps")
LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
PREFIX = re.compile(r"/user/[^/\s\0]{1,200}/[A-Za-z0-9._-]{1,100}/")
CPU_PERIOD = 100_000
MOST_OPTIONS = 4000  # of a mount: the kernel takes a page


@dataclass(frozen=True, slots=True)
class Container:
    """A request that may go to the engine; `name` is empty where the engine names it."""

    name: str
    body: Mapping[str, Any]
    places: tuple[str, ...]


def allowed(given: Any, name: str, settings: HelperSettings, version: str) -> Container:
    """Return the request that the engine is sent in place of the one given.

    Raises: Refused — unless the given one says exactly what the zone says of a workspace or a scan.
    """
    try:
        labels = dict(given["Labels"])
        made = _scan(given, name, settings, version) if LABEL in labels else described(given, name, settings, version)
        host = {key: value for key, value in given["HostConfig"].items() if key not in DEVICE_LIMITS}
        asked = {**given, "HostConfig": host}
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise Refused("create.form", "The request does not describe a container of the zone.") from error
    ours = {key: value for key, value in made.body["HostConfig"].items() if key not in DEVICE_LIMITS}
    differing = differences({**made.body, "HostConfig": ours}, asked)
    if differing:
        raise Refused(f"create.{differing[0]}", f"A container of the zone differs in: {', '.join(differing)}.")
    return made


def differences(ours: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """Return the names of what two requests say differently, the host configuration key by key."""
    pairs = {**{k: (ours.get(k), given.get(k)) for k in {*ours, *given} - {"HostConfig"}}}
    host, asked = ours["HostConfig"], given["HostConfig"]
    pairs |= {f"HostConfig.{k}": (host.get(k), asked.get(k)) for k in {*host, *asked}}
    return sorted(name for name, (one, other) in pairs.items() if not same(one, other))


def same(one: Any, other: Any) -> bool:
    """Say whether two JSON values are equal, types too: to Python `True` equals 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def described(given: Any, name: str, settings: HelperSettings, version: str) -> Container:
    """Return the whole request that the zone makes for the workspace that a request tells of.

    Raises: Refused, KeyError, TypeError, ValueError — for what is no workspace.
    """
    labels, host = given["Labels"], given["HostConfig"]
    variables = dict(one.split("=", 1) for one in given["Env"])
    ref = _matching(labels["ansim.workspace"], REF)
    project = _text(labels["ansim.project"])
    shared = _shared(host, project, settings)
    container = WorkspaceContainer(
        workspace=ref,
        project=project,
        uid=_between(int(given["User"].split(":")[0]), settings.lowest_uid, 2**31 - 1),
        image=settings.notebook,
        prefix=_matching(variables["ANSIM_PREFIX"], PREFIX),
        language=_matching(variables["ANSIM_LANGUAGE"], LANGUAGE),
        zone=settings.zone,
        intent=_text(labels["ansim.intent"]),
        limits=_limits(host, settings),
        binds=tuple(_bind(mount, ref, shared, settings) for mount in host["Mounts"]),
        runtime=GVISOR if host.get("Runtime") == GVISOR else None,
        shared=shared,
    )
    targets = [bind.target for bind in container.binds]
    if name != container_name(ref) or not set(OWN) <= set(targets) or len(set(targets)) != len(targets):
        raise Refused("create.name", "A workspace has its own name and its own directories, each of them once.")
    arguments = create_arguments(container)
    arguments.pop("name")
    body: Any = ContainerConfig(version, command=None, **arguments)  # type: ignore[arg-type]  # none is the image's
    host = {**HostConfig(version=version, **host_arguments(container)), **covered_paths()}
    return Container(name, _plain({**body, "HostConfig": host}), _places(container.binds))


def _places(binds: Sequence[Bind]) -> tuple[str, ...]:
    """Return every directory of the server that a container would see, data with what it is laid over."""
    return tuple(dict.fromkeys(str(p) for b in binds for p in (b.source, b.layer) if p is not None))


def _limits(host: Mapping[str, Any], settings: HelperSettings) -> Limits:
    quota = _between(host["CpuQuota"], 1, settings.most_cpus * CPU_PERIOD)
    return Limits(
        memory_bytes=_between(host["Memory"], 1, settings.most_memory),
        cpus=_cpus(quota),
        pids=_between(host["PidsLimit"], 1, settings.most_pids),
    )


def _cpus(quota: int) -> float:
    """Return the share of processors that has this quota; a quotient may lie a hair below it."""
    cpus = quota / CPU_PERIOD
    while int(cpus * CPU_PERIOD) < quota:
        cpus = math.nextafter(cpus, math.inf)
    return cpus


def _shared(host: Mapping[str, Any], project: str, settings: HelperSettings) -> SharedSpace | None:
    """Return the space that the workspaces of a project share, if this one is to see it: it is in one group then."""
    if all(mount["Target"] != SHARED for mount in host["Mounts"]):
        return None
    return SharedSpace(project, _between(int(_one(host["GroupAdd"])), settings.lowest_uid, 2**31 - 1))


def _bind(mount: Mapping[str, Any], ref: str, shared: SharedSpace | None, settings: HelperSettings) -> Bind:
    """Return a mount that the zone makes; a target is no free choice, and neither is who may write."""
    target, own = mount["Target"], Path(settings.home, "workspaces", ref)
    if target in OWN:
        folder, read_only = OWN[target]
        return Bind(own / folder, target, read_only)
    if target == SHARED and shared is not None:
        return Bind(Path(settings.home, "workspaces", shared.ref, FOLDER), target, read_only=False)
    if DATASET.fullmatch(target):
        layer, options = own / LAYER, _text(mount["VolumeOptions"]["DriverConfig"]["Options"]["o"], most=MOST_OPTIONS)
        source = str(layered_source(options, layer))
        if below(source, settings.dataset_roots) and source not in settings.dataset_roots:
            return Bind(Path(source), target, read_only=True, layer=layer)
    raise Refused(
        "create.mount", "A workspace sees its own directories, its project's and registered data, and nothing else."
    )


def _scan(given: Any, name: str, settings: HelperSettings, version: str) -> Container:
    source, inside, mode = _one(given["HostConfig"]["Binds"]).rsplit(":", 2)
    vault = str(Path(settings.home, "vault"))
    if name or inside != INSIDE or mode != "ro" or not below(source, (vault,)) or source == vault:
        raise Refused("create.mount", "A scan sees one directory of the vault, and cannot write to it.")
    scanner = ContainerScanner(settings.scanner, labels={"ansim.zone": settings.zone})
    options = {"image": settings.scanner, "command": None, "version": version, **scanner._options(Path(source))}
    body = ContainerConfig(version, **_create_container_args(options))
    return Container(name, _plain(body), (source,))


def _plain(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request as it goes over the line."""
    return dict(json.loads(json.dumps(body)))


def _one(values: Sequence[str]) -> str:
    (value,) = values
    return value


def _text(value: Any, most: int = 200) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= most or _has_controls(value):
        raise ValueError("not a short text")
    return value


def _has_controls(text: str) -> bool:
    """Say whether a text has more than letters, signs and blanks; any blank may stand in the name of a directory."""
    return any(unicodedata.category(letter).startswith("C") for letter in text)


def _matching(value: Any, pattern: re.Pattern[str]) -> str:
    if pattern.fullmatch(_text(value)) is None:
        raise ValueError("not of that form")
    return str(value)


def _between(value: Any, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise Refused("create.limits", "A limit of the container is not one that the zone sets.")
    return value
