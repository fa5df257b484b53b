"""Looks at the server: each finds what it looks for when it is made so."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from docker.types import ContainerConfig, HostConfig

from hub_config.probe import memory
from hub_config.probe.host import containers, engine, zone
from hub_config.probe.host.base import NOTEBOOK, Look, RealZone, Server
from hub_config.settings import HubSettings, Settings, ZoneSettings
from hub_config.shared_space import SharedSpace, shared_ref
from hub_config.workspace_container import (
    DESCRIPTION,
    HOME,
    NO_NEW_PRIVILEGES,
    container_for,
    covered_paths,
    create_arguments,
    host_arguments,
)
from registry.model import Limits, Project, ProjectStatus, WorkPermit, Workspace
from registry.model import Mount as RegisteredMount
from tests.rights import as_root

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
Change = Callable[[dict[str, Any]], object]


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


def mount(container: dict[str, Any], target: str) -> dict[str, Any]:
    found: dict[str, Any] = next(m for m in container["HostConfig"]["Mounts"] if m["Target"] == target)
    return found


def said(**changed: Any) -> Change:
    return lambda container: container["HostConfig"].update(changed)


def variable(text: str) -> Change:
    return lambda container: container["Config"]["Env"].append(text)


def of_mount(target: str, **changed: Any) -> Change:
    return lambda container: mount(container, target).update(changed)


def mounted(source: str, target: str) -> Change:
    own = {"Type": "bind", "Source": source, "Target": target, "ReadOnly": True}
    return lambda container: container["HostConfig"]["Mounts"].append(own)


def overlaid(text: str, by: str) -> Change:
    def change(container: dict[str, Any]) -> None:
        options = mount(container, "/data/lab")["VolumeOptions"]["DriverConfig"]["Options"]
        assert text in options["o"]
        options["o"] = options["o"].replace(text, by)

    return change


#: Each change takes one wall of a container away.
CHANGES: Mapping[str, Change] = {
    "a capability": said(CapAdd=["SYS_ADMIN"]),
    "capabilities kept": said(CapDrop=[]),
    "privileged": said(Privileged=True),
    "the machine by the old way of mounts": said(Binds=["/:/host:rw"]),
    "the engine's socket by it": said(Binds=["/var/run/docker.sock:/run/docker.sock"]),
    "the volumes of another": said(VolumesFrom=["other"]),
    "a directory of the machine": mounted("/etc", "/mnt"),
    "the keys of the zone as a dataset": mounted("/srv/zone/keys", "/data/keys"),
    "the keys of the zone in place of the home": of_mount(HOME, Source="/srv/zone/keys"),
    "the home of another": of_mount(HOME, Source="/srv/zone/workspaces/ws_" + "b" * 16 + "/home"),
    "data that can be written": lambda container: container["HostConfig"]["Mounts"].append(
        {"Type": "bind", "Source": "/srv/zone/datasets/other", "Target": "/data/other"}
    ),
    "data in a file system that can be written": overlaid("ro,", "rw,"),
    "data over another directory": overlaid("/datasets/lab", "/keys"),
    "an inbox that can be written": of_mount("/inbox", ReadOnly=False),
    "sockets that can be written": of_mount("/zone", ReadOnly=False),
    "a mount that comes back": of_mount(HOME, BindOptions={"Propagation": "shared"}),
    "another project's space": of_mount("/shared", Source="/srv/zone/workspaces/sh_" + "b" * 16 + "/shared"),
    "the group of root": said(GroupAdd=["0"]),
    "one more group": said(GroupAdd=[str(GID), "0"]),
    "a network": said(NetworkMode="bridge"),
    "memory without a limit": said(Memory=0),
    "swap": said(MemorySwap=-1),
    "processors without a limit": said(CpuQuota=0),
    "processes without a limit": said(PidsLimit=0),
    "a root that can be written": said(ReadonlyRootfs=False),
    "a port": said(PortBindings={"80/tcp": []}),
    "a port of any number": said(PublishAllPorts=True),
    "a restart": said(RestartPolicy={"Name": "always"}),
    "the machine's processes": said(PidMode="host"),
    "the machine's queues": said(IpcMode="host"),
    "the machine's name": said(UTSMode="host"),
    "the machine's users": said(UsernsMode="host"),
    "the machine's control groups": said(CgroupnsMode="host"),
    "another control group": said(CgroupParent="/other"),
    "a device": said(Devices=[{"PathOnHost": "/dev/sda", "PathInContainer": "/dev/sda", "CgroupPermissions": "rwm"}]),
    "every device": said(DeviceCgroupRules=["a *:* rwm"]),
    "a processor of pictures": said(DeviceRequests=[{"Driver": "nvidia", "Count": -1}]),
    "no limit of files": said(Ulimits=[]),
    "a million files": said(Ulimits=[{"Name": "nofile", "Hard": 10**6, "Soft": 10**6}, {"Name": "core"}]),
    "a core dump": said(Ulimits=[{"Name": "nofile", "Hard": 4096, "Soft": 4096}, {"Name": "core", "Hard": -1}]),
    "no security options": said(SecurityOpt=[]),
    "no filter": said(SecurityOpt=[NO_NEW_PRIVILEGES, "seccomp=unconfined"]),
    "a filter that lets all pass": said(SecurityOpt=[NO_NEW_PRIVILEGES, 'seccomp={"defaultAction":"SCMP_ACT_ALLOW"}']),
    "one option more": lambda container: container["HostConfig"]["SecurityOpt"].append("label=disable"),
    "new privileges": lambda container: container["HostConfig"]["SecurityOpt"].remove(NO_NEW_PRIVILEGES),
    "nothing covered": said(MaskedPaths=[]),
    "one path uncovered": lambda container: container["HostConfig"]["MaskedPaths"].remove("/proc/kcore"),
    "nothing read-only": said(ReadonlyPaths=[]),
    "programs in temporary files": said(Tmpfs={"/tmp": "rw,exec,mode=1777"}),
    "one more temporary place": lambda container: container["HostConfig"]["Tmpfs"].update({"/run": ""}),
    "a setting of the kernel": said(Sysctls={"net.ipv4.ip_forward": "1"}),
    "a key that no rule names": said(NewlyInvented={"host": True}),
    "another runtime": said(Runtime="other"),
    "the number of root": lambda container: container["Config"].update(User="0:0"),
    "the group of root as its own": lambda container: container["Config"].update(User=f"{UID}:0"),
    "a secret of the hub": variable("JUPYTERHUB_API_TOKEN=x"),
    "another name": lambda container: container.update(Name="/other"),
    "no workspace": lambda container: container["Config"].update(Labels={}),
}
INFO: dict[str, Any] = {
    "SecurityOptions": ["name=seccomp,profile=default", "name=userns", "name=apparmor"],
    "RegistryConfig": {"InsecureRegistryCIDRs": ["127.0.0.0/8"]},
    "Runtimes": {"runsc": {}},
    "LiveRestoreEnabled": True,
    "ServerVersion": "27.1.0",
}
ID, EARLIER, FOREIGN = ("sha256:" + letter * 64 for letter in "abc")


def server(home: Path, info: Mapping[str, Any] = INFO, *containers: Mapping[str, Any]) -> Server:
    image = {"Id": ID, "Config": {"User": "1000:1000", "Env": ["PATH=/bin"]}}
    images = {ID: NOTEBOOK, EARLIER: NOTEBOOK, FOREIGN: ""}
    return Server(Settings(home=home), info, containers or (inspected(home),), image, ID, (os.getpid(),), images)


ZONE = Path("/srv/zone")


def test_a_workspace_as_the_zone_makes_it_is_found_so() -> None:
    assert looked_at() == (True, "1 workspaces, each as a whole; differing: none")


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_a_workspace_that_differs_in_one_thing_is_found(name: str) -> None:
    container = inspected(ZONE)
    CHANGES[name](container)
    held, words = looked_at(container)
    assert held is False, words


def looked_at(*given: Mapping[str, Any]) -> tuple[bool | None, str]:
    return containers.containers(server(ZONE, INFO, *given))


def of_the_version_before() -> dict[str, Any]:
    """Return a workspace as the version before made it: by another filter, other covers, data mounted as it lies."""
    container = inspected(ZONE)
    del container["Config"]["Labels"][DESCRIPTION]
    container["Image"] = EARLIER
    data = mount(container, "/data/lab")
    data.clear()
    data |= {"Type": "bind", "Source": str(ZONE / "datasets" / "lab"), "Target": "/data/lab", "ReadOnly": True}
    filtered = 'seccomp={"defaultAction":"SCMP_ACT_ERRNO"}'
    covers = ["/proc/kcore", "/proc/keys"]
    container["HostConfig"] |= {"MaskedPaths": covers, "SecurityOpt": [NO_NEW_PRIVILEGES, filtered], "CgroupnsMode": ""}
    return container


BEFORE = "1 from the version before: start them anew"
#: What a container of an earlier version may not say either.
NEVER = (
    "a capability", "capabilities kept", "privileged", "the machine by the old way of mounts",
    "the engine's socket by it", "the volumes of another", "a directory of the machine",
    "the keys of the zone as a dataset", "the keys of the zone in place of the home", "the home of another",
    "data that can be written", "another project's space", "the group of root", "one more group", "a network",
    "memory without a limit", "processors without a limit", "processes without a limit",
    "a root that can be written", "a port", "a port of any number", "the machine's processes", "the machine's queues",
    "the machine's name", "the machine's users", "another control group", "a device", "every device",
    "a processor of pictures", "no security options", "no filter", "a filter that lets all pass", "one option more",
    "new privileges", "nothing covered", "one path uncovered", "a setting of the kernel", "another runtime",
    "the number of root", "the group of root as its own", "another name", "no workspace",
)  # fmt: skip


def test_a_workspace_that_lives_through_an_upgrade_is_no_broken_wall() -> None:
    held, words = looked_at(of_the_version_before())
    assert held is True, words
    assert words.endswith(BEFORE)
    overlaid_then = inspected(ZONE)
    overlaid_then["Config"]["Labels"][DESCRIPTION] = "0" * 64
    overlaid_then["HostConfig"]["MaskedPaths"].append("/proc/of_then")
    assert looked_at(overlaid_then)[0] is True
    overlaid_then["Config"]["Labels"][DESCRIPTION] = inspected(ZONE)["Config"]["Labels"][DESCRIPTION]
    assert looked_at(overlaid_then)[0] is False


@pytest.mark.parametrize("name", NEVER)
def test_a_workspace_of_the_version_before_that_lacks_a_wall_of_every_version_is_found(name: str) -> None:
    container = of_the_version_before()
    CHANGES[name](container)
    held, words = looked_at(container)
    assert held is False, words


@pytest.mark.parametrize("text", ["ro,", "/datasets/lab", "/workspaces/"])
def test_data_of_the_version_before_lies_over_nothing_else_either(text: str) -> None:
    container = inspected(ZONE)
    del container["Config"]["Labels"][DESCRIPTION]
    overlaid(text, {"ro,": "rw,"}.get(text, "/keys/"))(container)
    assert looked_at(container)[0] is False


def test_an_image_that_the_zone_built_before_runs_on_and_another_does_not() -> None:
    for image, held in ((EARLIER, True), (FOREIGN, False), ("sha256:" + "d" * 64, False)):
        container = of_the_version_before()
        container["Image"] = image
        assert looked_at(container)[0] is held
        assert zone.image_is_ours(server(ZONE, INFO, container))[0] is held


def test_workspaces_of_the_zone_beside_are_held_against_that_ones_directories(tmp_path: Path) -> None:
    attacked, own = server(tmp_path / "zone-probe"), inspected(tmp_path / "zone")
    real = RealZone(Settings(home=tmp_path / "zone"), "z")
    assert containers.containers(replace(attacked, containers=(own,)))[0] is False
    assert containers.containers(replace(attacked, containers=(own,), real=real))[0] is True
    made = inspected(tmp_path / "zone-probe" / "probe" / "range-1")
    (tmp_path / "zone-probe" / "probe" / "range-1").mkdir(parents=True)
    mount(made, "/data/lab")["VolumeOptions"]["DriverConfig"]["Options"]["o"] = mount(made, "/data/lab")[
        "VolumeOptions"
    ]["DriverConfig"]["Options"]["o"].replace("/datasets/", "/data/")
    assert containers.containers(replace(attacked, containers=(made,), real=real))[0] is True


def test_limits_that_an_engine_gives_everybody_are_not_the_zones() -> None:
    container = inspected(ZONE)
    container["HostConfig"]["Ulimits"].append({"Name": "nproc", "Hard": 4096, "Soft": 4096})
    assert looked_at(container)[0] is True


def test_the_servers_users_are_gvisors_alone_to_map() -> None:
    own = inspected(ZONE, runtime="runsc")
    assert own["HostConfig"]["UsernsMode"] == "host"
    assert looked_at(own)[0] is True
    own["HostConfig"]["Runtime"] = "runc"
    assert looked_at(own)[0] is False


def test_a_number_or_a_group_that_two_have_is_found() -> None:
    one, other = inspected(ZONE), inspected(ZONE)
    text = json.dumps(other).replace(REF, "ws_" + "b" * 16).replace(f"{UID}:{UID}", f"{UID + 1}:{UID + 1}")
    assert looked_at(one, json.loads(text))[0] is True
    same_number = json.loads(text.replace(f"{UID + 1}:{UID + 1}", f"{UID}:{UID}"))
    assert looked_at(one, same_number) == (
        False, "2 workspaces, each as a whole; differing: User of another workspace",
    )  # fmt: skip
    other_project = text.replace(PROJECT, "heart").replace(shared_ref(PROJECT), shared_ref("heart"))
    assert looked_at(one, json.loads(other_project.replace(f'"{GID}"', f'"{GID + 1}"')))[0] is True
    assert "GroupAdd of another project" in looked_at(one, json.loads(other_project))[1]


@pytest.mark.parametrize(
    ("look", "change"),
    [
        (engine.userns, {"SecurityOptions": ["name=seccomp"]}),
        (engine.mandatory_access, {"SecurityOptions": ["name=seccomp"]}),
        (engine.engine_filter, {"SecurityOptions": []}),
        (engine.engine_registries, {"RegistryConfig": {"InsecureRegistryCIDRs": ["10.0.0.0/8"]}}),
        (engine.gvisor, {"Runtimes": {"runc": {}}}),
        (engine.live_restore, {"LiveRestoreEnabled": False}),
        (engine.engine_version, {"ServerVersion": "20.10.24+dfsg1"}),
        (engine.engine_version, {"ServerVersion": "25.0.3"}),
    ],
)
def test_an_engine_that_lacks_something_is_found(tmp_path: Path, look: Look, change: Mapping[str, Any]) -> None:
    assert look(server(tmp_path))[0] is True
    assert look(server(tmp_path, info={**deepcopy(INFO), **change}))[0] is False


def test_a_workspace_whose_root_is_root_on_the_server_is_found_whatever_the_engine_says(tmp_path: Path) -> None:
    good = server(tmp_path)
    own = (
        {"State": {"Pid": os.getpid()}},
    )  # the test's own: no name space of users, or one that a machine was made in
    table = Path("/proc/self/uid_map").read_text(encoding="ascii").split()
    seen = engine.userns(Server(good.settings, INFO, own, good.image, ID, ()))
    assert seen[0] is (table[1] != "0")
    assert f"root of a workspace is {table[1]} " in seen[1]


def test_an_image_with_a_secret_or_for_root_or_another_one_is_found(tmp_path: Path) -> None:
    good = server(tmp_path)
    assert zone.image_plain(good)[0] is True
    assert zone.image_is_ours(good)[0] is True
    for config in (
        {"User": "1000", "Env": ["API_TOKEN=x"]},
        {"User": "", "Env": []},
        {"User": "1000", "ExposedPorts": {"80": {}}},
    ):
        bad = Server(good.settings, INFO, good.containers, {"Id": ID, "Config": config}, ID, ())
        assert zone.image_plain(bad)[0] is False
    other = Server(good.settings, INFO, good.containers, good.image, "sha256:" + "b" * 64, ())
    assert zone.image_is_ours(other)[0] is False


@as_root
def test_a_home_that_others_may_open_is_found(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/") and folder.stat().st_uid == os.geteuid() and str(folder).startswith("/tmp/"):
            folder.chmod(0o711)
    (tmp_path / "ansim.yaml").write_text("")
    (tmp_path / "ansim.yaml").chmod(0o600)
    assert zone.home_closed(server(tmp_path))[0] is True
    (tmp_path / "ansim.yaml").chmod(0o644)
    assert zone.home_closed(server(tmp_path))[0] is False


@as_root
def test_orders_that_anybody_may_give_the_gate_are_found(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as control:
        control.bind(str(run / "gate.sock"))
        control.listen()
        for directory, mode, held in ((0o700, 0o666, True), (0o711, 0o600, True), (0o711, 0o666, False)):
            run.chmod(directory)
            (run / "gate.sock").chmod(mode)
            said = "PermissionError" if held else "done"
            assert zone.gate_orders(server(tmp_path)) == (held, f"connect: {said}")


def test_a_port_of_the_zone_that_others_can_reach_is_found(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as inner, socket.create_server(("", 0)) as outer:
        ports = [one.getsockname()[1] for one in (inner, outer)]
        door, hub = ZoneSettings(port=ports[0]), HubSettings(port=1)
        there = server(tmp_path)
        good = Server(Settings(home=tmp_path, zone=door, hub=hub), INFO, (), there.image, ID, ())
        bad = Server(Settings(home=tmp_path, zone=ZoneSettings(port=ports[1]), hub=hub), INFO, (), there.image, ID, ())
        assert zone.loopback_only(good) == (True, "1 ports of the zone listen, beyond loopback: 0")
        assert zone.loopback_only(bad) == (False, "1 ports of the zone listen, beyond loopback: 1")


@as_root
def test_an_engines_socket_that_others_may_use_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "docker.sock"
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(engine, "SOCKET", place)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        for mode, owner, held in ((0o660, 0, True), (0o666, 0, False), (0o660, 12345, False)):
            place.chmod(mode)
            os.chown(place, owner, 0)
            assert engine.engine_socket(server(tmp_path))[0] is held, (mode, owner)


def test_an_engine_that_takes_orders_by_network_is_found(tmp_path: Path) -> None:
    words = ["dockerd", "-c", "import time; time.sleep(60)", "--host=tcp://0.0.0.0:2375"]
    child = subprocess.Popen(words, executable=sys.executable)
    try:
        while "tcp" not in Path(f"/proc/{child.pid}/cmdline").read_text():
            time.sleep(0.01)  # it is still a copy of this process
        held, words_seen = engine.engine_tcp(server(tmp_path))
    finally:
        child.kill()
        child.wait()
    assert held is False, words_seen


@as_root
def test_a_gate_that_runs_as_root_is_found(tmp_path: Path) -> None:
    assert zone.gate_user(server(tmp_path))[0] is False


def test_a_value_in_the_memory_of_a_process_is_found_and_another_is_not() -> None:
    # The child makes the value, so that it stands in its memory and not on its command line.
    code = "import sys; held = bytearray(b'needle-' * 3 + b'x'); print('ready', flush=True); sys.stdin.read()"
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        child.stdout.readline()
        hits, searched = memory.found_in(
            [child.pid], {"there": b"needle-needle-needle-x", "not": b"needle-needle-needle-y"}
        )
    finally:
        child.kill()
        child.communicate()
    assert hits["there"] > 0
    assert hits["not"] == 0
    assert searched > 0
