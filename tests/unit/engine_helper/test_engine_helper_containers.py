"""A container is made as the zone describes it; a request that differs in one word is refused."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docker.models.containers import _create_container_args  # type: ignore[attr-defined]
from docker.types import ContainerConfig, HostConfig
from hypothesis import given
from hypothesis import strategies as st

from egress_review.container import ContainerScanner
from hub_config.engine_helper.containers import allowed
from hub_config.engine_helper.errors import Refused
from hub_config.engine_helper.helper_settings import HelperSettings
from hub_config.shared_space import SharedSpace, shared_ref
from hub_config.workspace_container import (
    Bind,
    WorkspaceContainer,
    covered_paths,
    create_arguments,
    host_arguments,
    layered,
)
from registry.forms import check_limits
from registry.model import LEAST, MOST, Limits

VERSION = "1.41"
REF = "ws_" + "a" * 16
HOME = "/srv/zone"
SETTINGS = HelperSettings(
    zone="0123456789ab",
    home=HOME,
    notebook="sha256:" + "1" * 64,
    scanner="sha256:" + "2" * 64,
    callers=(990,),
    dataset_roots=(f"{HOME}/datasets", "/data/shared"),
)


def workspace(**changed: Any) -> WorkspaceContainer:
    own = Path(HOME, "workspaces", REF)
    values: dict[str, Any] = {
        "workspace": REF,
        "project": "kidney",
        "uid": 200_003,
        "image": SETTINGS.notebook,
        "prefix": "/user/hana/kidney/",
        "language": "ko",
        "zone": SETTINGS.zone,
        "intent": "0199",
        "limits": Limits(),
        "binds": (
            Bind(own / "home", "/home/researcher", read_only=False),
            Bind(own / "outbox", "/outbox", read_only=False),
            Bind(own / "inbox", "/inbox", read_only=True),
            Bind(own / "run", "/zone", read_only=True),
            Bind(Path(HOME, "datasets", "lab"), "/data/lab", read_only=True, layer=own / "empty"),
        ),
    }
    return WorkspaceContainer(**{**values, **changed})


def asked(container: WorkspaceContainer) -> dict[str, Any]:
    """The request that docker-py makes of what the spawner tells it."""
    host = {**HostConfig(version=VERSION, **host_arguments(container)), **covered_paths()}
    arguments = {key: value for key, value in create_arguments(container).items() if key != "name"}
    config = ContainerConfig(VERSION, command=None, **arguments)  # type: ignore[arg-type]
    return dict(json.loads(json.dumps({**config, "HostConfig": host})))


def scan(directory: str = f"{HOME}/vault/incoming/scan-1") -> dict[str, Any]:
    scanner = ContainerScanner(SETTINGS.scanner, labels={"ansim.zone": SETTINGS.zone})
    options = {"image": SETTINGS.scanner, "command": None, "version": VERSION, **scanner._options(Path(directory))}
    return dict(json.loads(json.dumps(ContainerConfig(VERSION, **_create_container_args(options)))))


def laid(source: str, layer: str = f"{HOME}/workspaces/{REF}/empty") -> str:
    """The options of the file system through which a workspace would see a directory."""
    return layered(Path(source), Path(layer))


def put(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The request with one value changed; `path` is dotted."""
    changed: Any = copy.deepcopy(body)
    *way, last = path.split(".")
    at = changed
    for step in way:
        at = at[int(step) if step.isdigit() else step]
    at[int(last) if last.isdigit() else last] = value
    return dict(changed)


NAME = f"ansim-{REF}"


def test_a_workspace_of_the_spawner_is_taken_word_for_word() -> None:
    body = asked(workspace())
    made = allowed(body, NAME, SETTINGS, VERSION)
    assert made.body == body
    assert {f"{HOME}/datasets/lab", f"{HOME}/workspaces/{REF}/empty"} < set(made.places)


def test_the_helper_starts_what_the_registry_takes() -> None:
    for limits in (LEAST, MOST):
        body = asked(workspace(limits=check_limits(limits)))
        assert allowed(body, NAME, SETTINGS, VERSION).body == body


@pytest.mark.parametrize(
    ("name", "held"), [("자료\u30001", True), ("a\u00a0b", True), ("a\tb", False), ("a\u202eb", False)]
)
def test_a_directory_may_have_any_blank_in_its_name_and_no_control_character(name: str, held: bool) -> None:
    own = workspace().binds
    body = asked(workspace(binds=(*own[:-1], replace(own[-1], source=Path(HOME, "datasets", name)))))
    if held:
        assert allowed(body, NAME, SETTINGS, VERSION).body == body
        return
    with pytest.raises(Refused):
        allowed(body, NAME, SETTINGS, VERSION)


SPACE = SharedSpace("kidney", 200_001)
SHARED_BIND = Bind(Path(HOME, "workspaces", SPACE.ref, "shared"), "/shared", read_only=False)


def sharing(**changed: Any) -> dict[str, Any]:
    own = workspace()
    return asked(workspace(**{"shared": SPACE, "binds": (*own.binds, SHARED_BIND), **changed}))


def test_a_workspace_that_shares_with_its_project_is_taken_word_for_word() -> None:
    body = sharing()
    made = allowed(body, NAME, SETTINGS, VERSION)
    assert made.body == body
    assert str(SHARED_BIND.source) in made.places


@pytest.mark.parametrize(
    "body",
    [
        sharing(project="liver"),
        put(sharing(), "HostConfig.Mounts.5.Source", f"{HOME}/workspaces/{shared_ref('liver')}/shared"),
        put(sharing(), "HostConfig.GroupAdd", ["200001", "200002"]),
        put(sharing(), "HostConfig.GroupAdd", ["docker"]),
        put(sharing(), "HostConfig.GroupAdd", ["0"]),
        put(sharing(), "HostConfig.GroupAdd", []),
        put(sharing(), "HostConfig.Mounts.5.ReadOnly", True),
        put(asked(workspace()), "HostConfig.GroupAdd", ["200001"]),
    ],
    ids=["another project's", "another space", "two groups", "a name", "root's", "none", "read-only", "a group alone"],
)
def test_the_space_of_another_project_and_any_other_group_are_refused(body: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        allowed(body, NAME, SETTINGS, VERSION)


def test_a_scan_of_the_desk_is_taken_word_for_word() -> None:
    body = scan()
    assert allowed(body, "", SETTINGS, VERSION).body == body


@given(st.floats(0.01, 64), st.integers(16, 4096), st.integers(64 * 2**20, 64 * 2**30))
def test_any_limits_of_a_project_are_taken(cpus: float, pids: int, memory: int) -> None:
    body = asked(workspace(limits=Limits(memory_bytes=memory, cpus=cpus, pids=pids)))
    assert allowed(body, NAME, SETTINGS, VERSION).body["HostConfig"] == body["HostConfig"]


DATA = "HostConfig.Mounts.4.VolumeOptions.DriverConfig.Options"
#: What an attacker who holds the hub would ask for, one thing at a time.
ATTACKS: dict[str, tuple[str, Any]] = {
    "privileged": ("HostConfig.Privileged", True),
    "a capability": ("HostConfig.CapAdd", ["SYS_ADMIN"]),
    "no capability dropped": ("HostConfig.CapDrop", []),
    "the network of the host": ("HostConfig.NetworkMode", "host"),
    "a network of its own": ("HostConfig.NetworkMode", "bridge"),
    "the processes of the host": ("HostConfig.PidMode", "host"),
    "the memory of the host": ("HostConfig.IpcMode", "host"),
    "the users of the host": ("HostConfig.UsernsMode", "host"),
    "the groups of the host": ("HostConfig.CgroupnsMode", "host"),
    "a device": (
        "HostConfig.Devices",
        [{"PathOnHost": "/dev/vda", "PathInContainer": "/d", "CgroupPermissions": "rwm"}],
    ),
    "device rules": ("HostConfig.DeviceCgroupRules", ["a *:* rwm"]),
    "no seccomp": ("HostConfig.SecurityOpt", ["no-new-privileges:true", "seccomp=unconfined"]),
    "new privileges": ("HostConfig.SecurityOpt.0", "no-new-privileges:false"),
    "no apparmor": ("HostConfig.SecurityOpt.0", "apparmor=unconfined"),
    "a writable root": ("HostConfig.ReadonlyRootfs", False),
    "nothing masked": ("HostConfig.MaskedPaths", []),
    "writable proc": ("HostConfig.ReadonlyPaths", []),
    "a bind beside the mounts": ("HostConfig.Binds", ["/:/host"]),
    "volumes of another": ("HostConfig.VolumesFrom", ["other"]),
    "root": ("User", "0:0"),
    "a system user": ("User", "990:990"),
    "the group of the engine": ("User", "200003:110"),
    "another group": ("HostConfig.GroupAdd", ["docker"]),
    "another image": ("Image", "sha256:" + "3" * 64),
    "an image by name": ("Image", "ansim/notebook:latest"),
    "another program": ("Entrypoint", ["/bin/sh"]),
    "another command": ("Cmd", ["sh"]),
    "a secret variable": ("Env.0", "LD_PRELOAD=/outbox/x.so"),
    "another zone": ("Labels.ansim.zone", "ffffffffffff"),
    "the helper's own label": ("Labels.ansim.binds", "{}"),
    "a runtime": ("HostConfig.Runtime", "io.containerd.runc.v2"),
    "a restart": ("HostConfig.RestartPolicy", {"Name": "always"}),
    "no limit of memory": ("HostConfig.Memory", 0),
    "a negative limit": ("HostConfig.PidsLimit", -1),
    "a truth for a number": ("HostConfig.PidsLimit", True),
    "a cgroup of the host": ("HostConfig.CgroupParent", "/"),
    "a kernel setting": ("HostConfig.Sysctls", {"kernel.core_pattern": "|/x"}),
    "the root as home": ("HostConfig.Mounts.0.Source", "/"),
    "the keys as data": (f"{DATA}.o", laid(f"{HOME}/keys")),
    "a way around": (f"{DATA}.o", laid(f"{HOME}/datasets/../keys")),
    "all data": (f"{DATA}.o", laid(f"{HOME}/datasets")),
    "the keys beneath data": (f"{DATA}.o", laid(f"{HOME}/datasets/lab", f"{HOME}/keys")),
    "the keys beside data": (f"{DATA}.o", laid(f"{HOME}/datasets/lab") + f":{HOME}/keys"),
    "data to write to": (f"{DATA}.o", laid(f"{HOME}/datasets/lab") + ",upperdir=/etc,workdir=/tmp"),
    "programs in data": (f"{DATA}.o", laid(f"{HOME}/datasets/lab").replace("noexec,", "")),
    "another file system": (f"{DATA}.type", "ext4"),
    "a disk": (f"{DATA}.device", "/dev/vda"),
    "a named volume": ("HostConfig.Mounts.4.Source", "ansim-lab"),
    "data as a plain mount": (
        "HostConfig.Mounts.4",
        {"Target": "/data/lab", "Source": f"{HOME}/datasets/lab", "Type": "bind", "ReadOnly": True},
    ),
    "sockets to write to": ("HostConfig.Mounts.3.ReadOnly", False),
    "shared mounts": ("HostConfig.Mounts.3.BindOptions.Propagation", "rshared"),
    "another kind of mount": ("HostConfig.Mounts.3.Type", "volume"),
    "a volume driver": ("HostConfig.Mounts.3.VolumeOptions", {"DriverConfig": {"Name": "local"}}),
    "a mount elsewhere": ("HostConfig.Mounts.4.Target", "/etc"),
    "a neighbour's home": ("HostConfig.Mounts.0.Source", f"{HOME}/workspaces/ws_{'b' * 16}/home"),
    "log driver": ("HostConfig.LogConfig", {"Type": "syslog", "Config": {"syslog-address": "tcp://x"}}),
    "a health check": ("Healthcheck", {"Test": ["CMD", "x"]}),
    "a network by configuration": ("NetworkingConfig", {"EndpointsConfig": {"bridge": {}}}),
    "an unknown key": ("HostConfig.Tomorrow", True),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_workspace_that_differs_is_refused(attack: str) -> None:
    path, value = ATTACKS[attack]
    body = asked(workspace())
    if path.startswith("Labels."):
        body["Labels"][path.removeprefix("Labels.")] = value
    else:
        body = put(body, path, value)
    with pytest.raises(Refused):
        allowed(body, NAME, SETTINGS, VERSION)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("HostConfig.Binds.0", "/:/scan:ro"),
        ("HostConfig.Binds.0", f"{HOME}/keys:/scan:ro"),
        ("HostConfig.Binds.0", f"{HOME}/vault:/scan:ro"),
        ("HostConfig.Binds.0", f"{HOME}/vault/incoming/scan-1:/scan:rw"),
        ("HostConfig.Binds.0", f"{HOME}/vault/incoming/scan-1:/etc:ro"),
        ("HostConfig.Binds", [f"{HOME}/vault/incoming/scan-1:/scan:ro", "/:/host"]),
        ("HostConfig.NetworkMode", "host"),
        ("HostConfig.Privileged", True),
        ("User", "0:0"),
        ("Entrypoint", ["/bin/sh"]),
        ("Image", SETTINGS.notebook),
    ],
)
def test_a_scan_that_differs_is_refused(path: str, value: Any) -> None:
    with pytest.raises(Refused):
        allowed(put(scan(), path, value), "", SETTINGS, VERSION)


@pytest.mark.parametrize("name", ["", "ansim-ws_" + "b" * 16, "other", NAME + "x"])
def test_a_workspace_has_no_name_but_its_own(name: str) -> None:
    with pytest.raises(Refused):
        allowed(asked(workspace()), name, SETTINGS, VERSION)


@pytest.mark.parametrize("body", [None, [], {}, {"Labels": None}, {"Labels": {}, "HostConfig": []}, "x", 1])
def test_what_describes_no_container_is_refused(body: Any) -> None:
    with pytest.raises(Refused):
        allowed(body, NAME, SETTINGS, VERSION)


def test_a_workspace_has_each_of_its_directories_and_none_twice() -> None:
    whole = workspace()
    own = whole.binds[:4]
    for missing in range(4):
        # With data beside them the set is no part of the four, and is not the four either.
        body = asked(workspace(binds=(*own[:missing], *own[missing + 1 :], whole.binds[4])))
        with pytest.raises(Refused):
            allowed(body, NAME, SETTINGS, VERSION)
    for doubled in range(5):
        with pytest.raises(Refused):
            allowed(asked(workspace(binds=(*whole.binds, whole.binds[doubled]))), NAME, SETTINGS, VERSION)
