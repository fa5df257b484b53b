"""What the engine is told about a workspace."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from docker.types import HostConfig
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import encode
from hub_config import disk_limits
from hub_config.engine_helper.containers import DEVICE_LIMITS
from hub_config.runtimes import GVISOR
from hub_config.seccomp import security_option
from hub_config.workspace_container import (
    DESCRIPTION,
    OVERLAY,
    WorkspaceContainer,
    container_for,
    covered_paths,
    create_arguments,
    description,
    environment,
    event_detail,
    host_arguments,
    labels,
    layered,
    layered_source,
    layers_of,
)
from registry.model import Limits, Mount, Project, ProjectStatus, WorkPermit, Workspace
from tests.rights import as_root

NOW = datetime(2026, 11, 21, tzinfo=UTC)
HOST_CONFIG: Mapping[str, Any] = {
    "auto_remove": False,
    "cap_drop": ["ALL"],
    "cgroupns": "private",
    "cpu_period": 100_000,
    "cpu_quota": 150_000,
    "init": True,
    "ipc_mode": "private",
    "mem_limit": 2 * 1024**3,
    "memswap_limit": 2 * 1024**3,
    "network_mode": "none",
    "oom_score_adj": 500,
    "pids_limit": 256,
    "privileged": False,
    "read_only": True,
    "restart_policy": {"Name": "no"},
    "runtime": None,
    "security_opt": ["no-new-privileges:true", security_option()],
    "shm_size": 64 * 1024**2,
    "tmpfs": {"/tmp": "rw,noexec,nosuid,nodev,size=536870912,mode=1777"},
}


def a_permit(project: str = "gibleed", *, person: str = "p_aaaaaaaaaaaaaaaa", number: int = 1) -> WorkPermit:
    limits = Limits(memory_bytes=2 * 1024**3, cpus=1.5, pids=256)
    return WorkPermit(
        workspace=Workspace(f"ws_aaaaaaaaaaaaaaa{number}", person, project, 200_000 + number),
        project=Project(project, "과제", "Project", "purpose", NOW, NOW, ProjectStatus.ACTIVE, limits),
        mounts=(Mount("gibleed", 3, Path("/srv/zone/datasets/gibleed/3"), "ab" * 32, 2694),),
        limits=limits,
        ends_at=NOW,
    )


def a_container(permit: WorkPermit | None = None) -> WorkspaceContainer:
    permit = permit or a_permit()
    return container_for(
        permit,
        Path("/srv/zone/workspaces") / permit.workspace.ref,
        image="sha256:" + "cd" * 32,
        prefix=f"/user/minsu/{permit.project.id}/",
        language="ko",
        zone="0123456789ab",
        intent="018f0000-0000-7000-8000-000000000000",
    )


def test_only_gvisor_which_maps_users_itself_is_left_out_of_the_engines_mapping() -> None:
    assert "userns_mode" not in host_arguments(a_container())
    assert host_arguments(replace(a_container(), runtime=GVISOR))["userns_mode"] == "host"


def test_every_limit_reaches_the_engine_and_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_limits, "NUMBERS", Path("/nowhere"))  # a machine whose home has no disk of its own
    arguments = host_arguments(a_container())
    assert {k: v for k, v in arguments.items() if k in HOST_CONFIG} == HOST_CONFIG
    assert set(arguments) - set(HOST_CONFIG) == {"log_config", "mounts", "ulimits"}


@as_root
def test_the_limits_of_the_disk_below_the_homes_reach_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = Path("/").stat().st_dev  # /srv/zone is not there, so what counts is the disk of the root
    (tmp_path / f"{os.major(number)}:{os.minor(number)}").symlink_to(tmp_path / "sda")
    (tmp_path / "sda").mkdir()
    (tmp_path / "dev").mkdir()
    os.mknod(tmp_path / "dev" / "sda", stat.S_IFBLK | 0o600, os.makedev(7, 250))
    monkeypatch.setattr(disk_limits, "NUMBERS", tmp_path)
    monkeypatch.setattr(disk_limits, "DEVICES", tmp_path / "dev")
    assert not Path("/srv/zone").exists()
    told = HostConfig(version="1.41", **host_arguments(a_container()))
    rates = {name: told[name] for name in DEVICE_LIMITS}
    disk = str(tmp_path / "dev" / "sda")
    assert rates == {
        "BlkioDeviceReadBps": [{"Path": disk, "Rate": disk_limits.READ_BYTES_PER_SECOND}],
        "BlkioDeviceWriteBps": [{"Path": disk, "Rate": disk_limits.WRITE_BYTES_PER_SECOND}],
        "BlkioDeviceReadIOps": [{"Path": disk, "Rate": disk_limits.OPERATIONS_PER_SECOND}],
        "BlkioDeviceWriteIOps": [{"Path": disk, "Rate": disk_limits.OPERATIONS_PER_SECOND}],
    }


def test_log_of_a_container_cannot_fill_the_disk() -> None:
    log = host_arguments(a_container())["log_config"]
    assert log.type == "json-file"
    assert log.config == {"max-size": "1m", "max-file": "2"}


def test_no_core_dump_can_copy_the_data() -> None:
    limits = {u.name: (u.soft, u.hard) for u in host_arguments(a_container())["ulimits"]}
    assert limits == {"core": (0, 0), "nofile": (4096, 4096)}


def test_only_home_and_outbox_of_the_workspace_are_writable() -> None:
    mounts = {m["Target"]: (m["Source"], m["ReadOnly"]) for m in host_arguments(a_container())["mounts"][:-1]}
    own = "/srv/zone/workspaces/ws_aaaaaaaaaaaaaaa1"
    assert mounts == {
        "/home/researcher": (f"{own}/home", False),
        "/outbox": (f"{own}/outbox", False),
        "/inbox": (f"{own}/inbox", True),
        "/zone": (f"{own}/run", True),
    }


def test_data_is_seen_through_a_file_system_of_the_workspaces_own_which_nobody_can_write() -> None:
    one, other = (host_arguments(a_container(a_permit(number=number)))["mounts"][-1] for number in (1, 2))
    assert (one["Target"], one["Type"], one["VolumeOptions"]["NoCopy"]) == ("/data/gibleed", "volume", True)
    own, others = (m["VolumeOptions"]["DriverConfig"]["Options"] for m in (one, other))
    empty = "/srv/zone/workspaces/ws_aaaaaaaaaaaaaaa1/empty"
    assert own == {
        "type": "overlay",
        "device": "overlay",
        "o": f"ro,nosuid,nodev,noexec,lowerdir=/srv/zone/datasets/gibleed/3:{empty}",
    }
    assert own != others


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_the_source_of_data_is_read_back_from_the_options_whatever_its_name(name: str) -> None:
    source, layer = Path("/srv/data") / name, Path("/srv/zone/workspaces/ws_a/empty")
    assert layered_source(layered(source, layer), layer) == source
    assert layers_of(layered(source, layer)) == (str(source), str(layer))


@pytest.mark.parametrize(
    "options",
    [
        "ro,lowerdir=/srv/data/x:/srv/empty",
        f"{OVERLAY}/srv/data/x:/srv/empty,upperdir=/etc",
        f"{OVERLAY}/srv/data/x:/etc:/srv/empty",
        f"{OVERLAY}/srv/data/x",
        "",
    ],
)
def test_other_options_of_a_mount_are_not_those_of_data(options: str) -> None:
    with pytest.raises(ValueError, match="not the options"):
        layered_source(options, Path("/srv/empty"))


@pytest.mark.parametrize("options", ["rw,lowerdir=/srv/data/x:/srv/empty", f"{OVERLAY}/srv/data/x,upperdir=/etc", ""])
def test_a_file_system_that_can_be_written_lays_nothing_over_anything(options: str) -> None:
    assert layers_of(options) == ()


def test_every_bus_of_the_machine_is_covered() -> None:
    buses = {str(path) for path in Path("/sys/devices").glob("pci*")}
    assert buses <= set(covered_paths()["MaskedPaths"])


def test_environment_is_a_closed_list_without_secrets() -> None:
    assert environment(a_container()) == {
        "ANSIM_LANGUAGE": "ko",
        "ANSIM_PREFIX": "/user/minsu/gibleed/",
        "ANSIM_PROJECT": "gibleed",
        "HOME": "/home/researcher",
        "LANG": "C.UTF-8",
        "USER": "researcher",
        "MKL_NUM_THREADS": "2",
        "NUMEXPR_MAX_THREADS": "2",
        "OMP_NUM_THREADS": "2",
        "OPENBLAS_NUM_THREADS": "2",
    }


def test_container_runs_as_the_workspace_and_without_a_network() -> None:
    arguments = create_arguments(a_container())
    assert arguments["user"] == "200001:200001"
    assert arguments["network_disabled"] is True
    assert arguments["image"].startswith("sha256:")
    assert "command" not in arguments


def test_two_projects_of_one_person_share_no_writable_path_name_or_user() -> None:
    one, other = a_container(a_permit("gibleed")), a_container(a_permit("traffic", number=2))
    assert {b.source for b in one.binds if not b.target.startswith("/data")}.isdisjoint(b.source for b in other.binds)
    assert one.name != other.name
    assert one.uid != other.uid


@pytest.mark.parametrize("key", ["ansim.zone", "ansim.workspace", "ansim.project", "ansim.prefix", "ansim.intent"])
def test_labels_tell_the_worker_whose_container_it_is(key: str) -> None:
    assert labels(a_container())[key]


def test_a_label_tells_by_which_description_a_container_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    now = labels(a_container())[DESCRIPTION]
    assert now == labels(a_container(a_permit("traffic", number=2)))[DESCRIPTION]
    monkeypatch.setattr("hub_config.workspace_container.MASKED_PATHS", ("/proc/kcore",))
    assert description.__wrapped__() != now


def test_limits_of_control_groups_can_be_read() -> None:
    assert "/proc/cgroups" not in covered_paths()["MaskedPaths"]  # runtimes of Java find their memory by it


def test_event_names_image_mounts_limits_and_versions_but_no_path_of_the_host() -> None:
    detail = event_detail(a_container(), a_permit())
    encode(detail)  # no floats, no free text: the log would refuse them
    assert detail["limits"] == {"memory_bytes": 2 * 1024**3, "millicpus": 1500, "pids": 256}
    assert ["/data/gibleed", "ro"] in detail["mounts"]
    assert detail["datasets"] == [["gibleed", 3, "ab" * 32]]
    assert "/srv" not in str(detail)


def test_less_than_one_core_still_gets_one_thread() -> None:
    small = replace(a_container(), limits=Limits(cpus=0.25))
    assert environment(small)["OMP_NUM_THREADS"] == "1"
    assert host_arguments(small)["cpu_quota"] == 25_000
