"""A server as the engine and the zone describe it, with a workspace as the zone made it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docker.types import ContainerConfig, HostConfig

from hub_config.probe.host.base import NOTEBOOK, Server
from hub_config.settings import Settings
from hub_config.shared_space import SharedSpace
from hub_config.workspace_container import container_for, covered_paths, create_arguments, host_arguments
from registry.model import Limits, Project, ProjectStatus, WorkPermit, Workspace
from registry.model import Mount as RegisteredMount

NOW = datetime(2026, 11, 22, tzinfo=UTC)

REF = "ws_" + "a" * 16
UID, GID = 200_003, 200_001
PROJECT = "kidney"
#: What engines write into the configuration of a container beside what they were told (version 20.10).
UNSAID: dict[str, Any] = {
    "Binds": None, "ContainerIDFile": "", "PortBindings": None, "AutoRemove": False, "VolumeDriver": "",
    "VolumesFrom": None, "CapAdd": None, "Dns": None, "DnsOptions": None, "DnsSearch": None, "ExtraHosts": None,
    "Cgroup": "", "Links": None, "PidMode": "", "Privileged": False, "PublishAllPorts": False, "UTSMode": "",
    "UsernsMode": "", "Runtime": "runc", "ConsoleSize": [0, 0], "Isolation": "", "CpuShares": 0, "NanoCpus": 0,
    "CgroupParent": "", "BlkioWeight": 0, "BlkioWeightDevice": None, "CpuRealtimePeriod": 0, "CpuRealtimeRuntime": 0,
    "CpusetCpus": "", "CpusetMems": "", "Devices": None, "DeviceCgroupRules": None, "DeviceRequests": None,
    "KernelMemory": 0, "KernelMemoryTCP": 0, "MemoryReservation": 0, "MemorySwappiness": None,
    "OomKillDisable": False, "CpuCount": 0, "CpuPercent": 0, "IOMaximumIOps": 0, "IOMaximumBandwidth": 0,
}  # fmt: skip
INFO: dict[str, Any] = {
    "SecurityOptions": ["name=seccomp,profile=default", "name=userns", "name=apparmor"],
    "RegistryConfig": {"InsecureRegistryCIDRs": ["127.0.0.0/8"]},
    "Runtimes": {"runsc": {}},
    "LiveRestoreEnabled": True,
    "ServerVersion": "27.1.0",
}
ID, EARLIER, FOREIGN = ("sha256:" + letter * 64 for letter in "abc")


def inspected(home: Path, runtime: str | None = None) -> dict[str, Any]:
    """Return what an engine says of a workspace that the zone made."""
    own, space = home / "workspaces" / REF, SharedSpace(PROJECT, GID)
    permit = WorkPermit(
        workspace=Workspace(REF, "p_" + "a" * 16, PROJECT, UID),
        project=Project(PROJECT, "과제", "Project", "purpose", NOW, NOW, ProjectStatus.ACTIVE, Limits()),
        mounts=(RegisteredMount("lab", 1, home / "datasets" / "lab", "ab" * 32, 1),),
        limits=Limits(),
        ends_at=NOW,
    )
    told = container_for(
        permit, own, image=ID, prefix="/user/hana/kidney/", language="ko", zone="z", intent="i", runtime=runtime,
        shared=space,
    )  # fmt: skip
    host = {**HostConfig(version="1.41", **host_arguments(told)), **covered_paths()}
    arguments = create_arguments(told)
    name = arguments.pop("name")
    config: Any = {**ContainerConfig("1.41", command=None, **arguments)}  # type: ignore[arg-type]  # the image's own
    config["Env"] = [*config["Env"], "PATH=/bin"]
    said = {"Name": f"/{name}", "Id": "c" * 64, "Image": ID, "Config": config}
    plain: dict[str, Any] = json.loads(json.dumps({**said, "HostConfig": {**UNSAID, **host}}))
    return plain


def server(home: Path, info: Mapping[str, Any] = INFO, *containers: Mapping[str, Any]) -> Server:
    image = {"Id": ID, "Config": {"User": "1000:1000", "Env": ["PATH=/bin"]}}
    images = {ID: NOTEBOOK, EARLIER: NOTEBOOK, FOREIGN: ""}
    return Server(Settings(home=home), info, containers or (inspected(home),), image, ID, (os.getpid(),), images)
