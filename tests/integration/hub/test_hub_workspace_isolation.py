"""Two real containers, made exactly as the spawner makes them: what they can reach, and what they share."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from audit.refs import new_event_id, new_ref
from egress_review.inbox import Parcel, deliver, take_back
from hub_config.disk_limits import (
    OPERATIONS_PER_SECOND,
    READ_BYTES_PER_SECOND,
    WRITE_BYTES_PER_SECOND,
    disk_below,
)
from hub_config.engine_helper.containers import DEVICE_LIMITS
from hub_config.workspace_container import container_for, covered_paths, create_arguments, host_arguments
from hub_config.workspace_files import make_workspace
from registry.model import Limits, Mount, Project, ProjectStatus, WorkPermit, Workspace
from tests.rights import as_root

pytestmark = [
    pytest.mark.engine,
    as_root,
]
NOW = datetime(2026, 11, 21, tzinfo=UTC)
GATE = 64_000
RATES = {
    "BlkioDeviceReadBps": READ_BYTES_PER_SECOND,
    "BlkioDeviceWriteBps": WRITE_BYTES_PER_SECOND,
    "BlkioDeviceReadIOps": OPERATIONS_PER_SECOND,
    "BlkioDeviceWriteIOps": OPERATIONS_PER_SECOND,
}


class Pair:
    """Two projects of one person, each with its workspace running."""

    def __init__(self, engine: Any, home: Path, image: str) -> None:
        self._engine = engine
        self.containers: dict[str, Any] = {}
        self.directories: dict[str, Path] = {}
        zone = f"test-{uuid.uuid4().hex[:8]}"
        data = home / "datasets" / "gibleed"
        data.mkdir(parents=True)
        (data / "people.csv").write_text("id\n1\n")
        (home / "workspaces").mkdir()
        limits = Limits(memory_bytes=64 * 1024**2, cpus=0.5, pids=32)
        for number, project in enumerate(("gibleed", "traffic")):
            permit = WorkPermit(
                workspace=Workspace(new_ref("ws"), "p_aaaaaaaaaaaaaaaa", project, 300_000 + number),
                project=Project(project, "과제", "Project", "purpose", NOW, NOW, ProjectStatus.ACTIVE, limits),
                mounts=(Mount("gibleed", 1, data, "ab" * 32, 1),) if project == "gibleed" else (),
                limits=limits,
                ends_at=NOW,
            )
            uid = permit.workspace.uid
            directory = make_workspace(home, permit.workspace.ref, uid=uid, gate_uid=GATE, gate_gid=GATE, seed=None)
            container = container_for(
                permit,
                directory,
                image=image,
                prefix=f"/user/minsu/{project}/",
                language="ko",
                zone=zone,
                intent=new_event_id(),
            )
            host = {**engine.api.create_host_config(**host_arguments(container)), **covered_paths()}
            made = engine.api.create_container(host_config=host, **create_arguments(container))
            self.containers[project] = engine.containers.get(made["Id"])
            self.directories[project] = directory
            self.containers[project].start()

    def sh(self, project: str, command: str) -> tuple[int, str]:
        """Run a command in one of the two and return its code and output."""
        code, output = self.containers[project].exec_run(["sh", "-c", command])
        return int(code), output.decode()

    def close(self) -> None:
        """Remove both."""
        for container in self.containers.values():
            container.remove(force=True, v=True)


@pytest.fixture(scope="module")
def pair(engine: Any, small_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    pair = Pair(engine, tmp_path_factory.mktemp("home"), small_image)
    yield pair
    pair.close()


def test_two_projects_of_one_person_share_nothing(pair: Pair) -> None:
    for place in ("/home/researcher", "/outbox", "/tmp", "/dev/shm"):
        assert pair.sh("gibleed", f"touch {place}/mine && ls {place}") == (0, "mine\n"), place
        assert "mine" not in pair.sh("traffic", f"ls -a {place}")[1]
    own, other = (pair.directories[p] for p in ("gibleed", "traffic"))
    assert (own / "home" / "mine").exists()
    assert not (other / "home" / "mine").exists()
    assert pair.sh("gibleed", "id -u")[1] != pair.sh("traffic", "id -u")[1]


def test_a_dataset_is_seen_by_the_project_that_has_the_grant_only_and_never_written(pair: Pair) -> None:
    assert pair.sh("gibleed", "cat /data/gibleed/people.csv") == (0, "id\n1\n")
    assert pair.sh("gibleed", "touch /data/gibleed/new")[0] != 0
    assert pair.sh("traffic", "ls /data/gibleed")[0] != 0


def test_what_comes_in_is_seen_at_once_by_one_workspace_which_cannot_change_it(pair: Pair, tmp_path: Path) -> None:
    own, source, request = pair.directories["gibleed"], tmp_path / "codes.csv", "er_aaaaaaaaaaaaaaaa"
    source.write_text("code\n1\n")
    parcel = Parcel("codes.csv", source, hashlib.sha256(source.read_bytes()).hexdigest(), source.stat().st_size)
    deliver(own.parent, own.name, request, [parcel])
    assert pair.sh("gibleed", f"cat /inbox/{request}/codes.csv") == (0, "code\n1\n")
    assert pair.sh("traffic", "ls -a /inbox")[1].split() == [".", ".."]
    lies = f"/inbox/{request}"
    for command in ("ln -s /etc /inbox/x", f"mv {lies} /inbox/y", f"rm {lies}/codes.csv", f"echo 2 > {lies}/codes.csv"):
        code, output = pair.sh("gibleed", command)
        assert code != 0, (command, output)
    take_back(own.parent, own.name, request)
    assert pair.sh("gibleed", "ls /inbox") == (0, "")


def test_there_is_no_interface_but_loopback(pair: Pair) -> None:
    assert pair.sh("gibleed", "ls /sys/class/net")[1].split() == ["lo"]
    assert len(pair.sh("gibleed", "cat /proc/net/route")[1].splitlines()) == 1


@pytest.mark.parametrize("place", ["/", "/etc", "/bin", "/zone", "/data", "/inbox"])
def test_nothing_else_is_writable(pair: Pair, place: str) -> None:
    assert pair.sh("gibleed", f"touch {place}/x")[0] != 0


def test_programs_cannot_be_run_from_the_temporary_directory(pair: Pair) -> None:
    code, output = pair.sh("gibleed", "cat /bin/cat > /tmp/cat; sh -c '/tmp/cat /dev/null'")
    assert code != 0, output


def test_no_capability_is_left_and_none_can_be_gained(pair: Pair) -> None:
    status = dict(
        line.split(":\t", 1) for line in pair.sh("gibleed", "cat /proc/self/status")[1].splitlines() if ":\t" in line
    )
    assert {status[f"Cap{kind}"].strip() for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"


def test_nothing_of_the_hub_is_in_the_environment(pair: Pair) -> None:
    names = {line.partition("=")[0] for line in pair.sh("gibleed", "env")[1].splitlines()}
    assert not {n for n in names if n.startswith(("JUPYTERHUB", "JPY"))}
    assert {"ANSIM_PREFIX", "ANSIM_PROJECT", "ANSIM_LANGUAGE"} <= names


def test_limits_are_in_force(pair: Pair, engine: Any) -> None:
    host = engine.api.inspect_container(pair.containers["gibleed"].id)["HostConfig"]
    assert (host["Memory"], host["MemorySwap"], host["PidsLimit"]) == (64 * 1024**2, 64 * 1024**2, 32)
    assert (host["CpuQuota"], host["CpuPeriod"], host["NetworkMode"]) == (50_000, 100_000, "none")
    assert host["ReadonlyRootfs"]
    assert not host["Privileged"]
    disk = disk_below(pair.directories["gibleed"])
    rates = {name: [(one["Path"], one["Rate"]) for one in host[name] or ()] for name in DEVICE_LIMITS}
    assert rates == {name: [(str(disk), RATES[name])] if disk else [] for name in DEVICE_LIMITS}
    if disk:
        said = kernels_limits(engine.api.inspect_container(pair.containers["gibleed"].id)["State"]["Pid"])
        assert all(str(rate) in said for rate in RATES.values()), said


def kernels_limits(pid: int) -> str:
    """Return what the kernel itself says of the limits on disks for a process, in either version of control groups."""
    groups = dict(line.split(":", 2)[1:] for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines())
    place = "blkio" + groups["blkio"] if "blkio" in groups else groups[""].lstrip("/")
    folder = Path("/sys/fs/cgroup") / place
    files = [*folder.glob("blkio.throttle.*_device"), *folder.glob("io.max")]
    return "\n".join(path.read_text() for path in files)
