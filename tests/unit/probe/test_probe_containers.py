"""Looks at the workspaces that run: one that differs in anything from what the zone makes is found."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub_config.probe.host import containers, zone
from hub_config.probe.host.base import RealZone
from hub_config.settings import Settings
from hub_config.shared_space import shared_ref
from hub_config.workspace_container import DESCRIPTION, HOME, NO_NEW_PRIVILEGES
from tests.unit.probe.host_controls import controlled
from tests.unit.probe.probed_server import EARLIER, FOREIGN, GID, INFO, PROJECT, REF, UID, inspected, server

ZONE = Path("/srv/zone")
Change = Callable[[dict[str, Any]], object]


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
    "memory locked without a limit": lambda container: container["HostConfig"]["Ulimits"].append(
        {"Name": "memlock", "Hard": -1, "Soft": -1}
    ),
    "files without a limit": said(Ulimits=[{"Name": "nofile", "Hard": -1, "Soft": -1}, {"Name": "core"}]),
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


def test_a_workspace_as_the_zone_makes_it_is_found_so() -> None:
    assert looked_at() == (True, "1 workspaces, each as a whole; differing: none")


@pytest.mark.parametrize("name", sorted(CHANGES))
@controlled("host.containers")
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
    "the machine's name", "the machine's users", "the machine's control groups", "another control group", "a device",
    "every device",
    "a processor of pictures", "no security options", "no filter", "a filter that lets all pass", "one option more",
    "memory locked without a limit", "files without a limit", "no limit of files", "a core dump",
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


@pytest.mark.parametrize("made", [lambda: inspected(ZONE), of_the_version_before], ids=["now", "the version before"])
def test_limits_that_an_engine_gives_everybody_are_not_the_zones(made: Callable[[], dict[str, Any]]) -> None:
    container, of_all = made(), {"Name": "nproc", "Hard": 4096, "Soft": 0}
    container["HostConfig"]["Ulimits"].append(of_all)
    own = tuple(container["HostConfig"]["Ulimits"])
    assert looked_at(container)[0] is False
    assert containers.containers(replace(server(ZONE, INFO, container), limits=own))[0] is True
    for more in ({"Name": "memlock", "Hard": -1, "Soft": -1}, {**of_all, "Hard": -1}):
        container["HostConfig"]["Ulimits"][-1] = more
        held, words = containers.containers(replace(server(ZONE, INFO, container), limits=own))
        assert (held, "Ulimits (CIS 5.19)" in words) == (False, True)


def test_control_groups_of_the_machine_are_the_version_befores_only_where_the_engine_knows_no_others() -> None:
    container = of_the_version_before()
    container["HostConfig"]["CgroupnsMode"] = "host"
    for version, held in (("1", True), ("2", False)):
        assert containers.containers(server(ZONE, {**INFO, "CgroupVersion": version}, container))[0] is held


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
