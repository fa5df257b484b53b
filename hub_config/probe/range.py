"""A range: a gate of the zone's own making with nobody behind it but the probe, and workspaces exactly as researchers'.

Container, limits, filter, mounts, sockets, gate program, gate user and settings are the zone's; only the port, the
hub, the portal and the record are the probe's, because it signs in as two people, stops the record and floods it.
docs/adr/0016 says why.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import docker
import httpx2 as httpx

from audit.refs import new_event_id, new_ref
from audit.text import Text
from hub_config.errors import ZoneError
from hub_config.gate.calls import BURST, PER_SECOND
from hub_config.gate_control import SOCKET
from hub_config.homes import ZoneHomes, shut_all
from hub_config.probe.bait import Bait
from hub_config.probe.host.base import RealZone
from hub_config.probe.signals import reading
from hub_config.probe.stand_ins import Hub, Portal
from hub_config.processes import accepts, answers, child_environment, gate_config, process_table
from hub_config.runtimes import GVISOR
from hub_config.settings import HubSettings, Settings
from hub_config.shared_space import SharedSpace, shared_ref
from hub_config.supervisor import read_state, running_pid
from hub_config.workspace_container import (
    OPEN_FILES,
    SHARED_MEMORY_BYTES,
    TMP_BYTES,
    WorkspaceContainer,
    container_for,
)
from hub_config.workspace_events import Running
from hub_config.workspace_runner import WorkspaceRunner
from registry.model import Limits, Mount, Project, ProjectStatus, WorkPermit, Workspace

HANDLE, OTHER_HANDLE = "probe", "probe-other"
PROJECT, NEIGHBOUR = "probe-own", "probe-next"
DATASET, DATA_FILE = "probe-data", "mark.txt"
LIMITS = Limits(memory_bytes=1024**3)  # half of what a project has, for an attack that fills it
UIDS = (1_990_001, 1_990_002)  # far above those that the registry gives out
GROUPS = (1_990_011, 1_990_012)  # of what they share: each is attacked as one who joined a project second
SESSION_BYTES, MESSAGE_BYTES = 24_000_000, 4_000_000  # small, so that going over them costs little
START_SECONDS = 60
CALL_SECONDS = 60  # longer than any attack takes: what a steady rate lets through meanwhile


class ProbeFailed(ZoneError):
    """The probe itself could not be made ready; nothing is said of the walls."""

    hint = Text(
        "`ansim doctor`를 실행하십시오. 분석환경을 시작하는 구역은 점검됩니다. 이미지는 `make up`이 만듭니다.",
        "Run `ansim doctor`; a zone that starts workspaces can be probed. `make up` builds the images.",
    )


@dataclass(slots=True)
class Range:
    """What stands while a probe runs."""

    settings: Settings
    zone_settings: Settings
    engine: docker.DockerClient
    label: str
    image: str
    hub: Hub
    bait: Bait
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    canary: str = field(default_factory=lambda: f"ansim-mark-{secrets.token_hex(12)}")
    own_canary: str = field(default_factory=lambda: f"ansim-mark-{secrets.token_hex(12)}")
    gate_token: str = field(default_factory=lambda: secrets.token_hex(32))
    runtime: str | None = None
    real: RealZone | None = None
    own: str = ""
    neighbour: str = ""
    """The references of the two workspaces, once they are made."""
    running: Running | None = None
    """The own one as the gate knows it."""

    @property
    def home(self) -> Path:
        """The directory of the range."""
        return self.settings.home

    def permit(self, project: str) -> WorkPermit:
        """Return the permit of one of the two workspaces; a real one is the registry's."""
        now = datetime.now(UTC)
        number = (PROJECT, NEIGHBOUR).index(project)
        dataset = DATASET if project == PROJECT else f"{DATASET}-next"
        return WorkPermit(
            workspace=Workspace(new_ref("ws"), "p_" + "a" * 16, project, UIDS[number]),
            project=Project(project, project, project, "probe", now, now, ProjectStatus.ACTIVE, LIMITS),
            mounts=(Mount(dataset, 1, self.home / "data" / project, "0" * 64, 1),),
            limits=LIMITS,
            ends_at=now + timedelta(hours=1),
        )

    def container(self, permit: WorkPermit) -> WorkspaceContainer:
        """Return the container that a permit allows, as the spawner describes it."""
        return container_for(
            permit,
            self.home / "workspaces" / permit.workspace.ref,
            image=self.image,
            prefix=prefix_of(permit.project.id),
            language="en",
            zone=self.label,
            intent=new_event_id(),
            runtime=self.runtime,
            shared=self.shared(permit.project.id),
        )

    def shared(self, project: str) -> SharedSpace | None:
        """Return what the workspaces of one of the two projects share, where projects of the zone do."""
        gid = GROUPS[(PROJECT, NEIGHBOUR).index(project)]
        return SharedSpace(project, gid) if self.settings.workspace.shared else None

    def running_of(self, container: WorkspaceContainer) -> Running:
        """Return what the gate is told of a workspace."""
        return Running(
            workspace=container.workspace,
            person="p_" + "a" * 16,
            handle=HANDLE,
            project=container.project,
            prefix=container.prefix,
            ends_at=None,
            language="en",
            datasets=((DATASET, 1, 1),),
        )

    def gate_pids(self) -> list[int]:
        """Return the gates that run: the range's and, where it is up, the zone's."""
        ours = [self.children["gate"].pid]
        zone = read_state(self.zone_settings.home).get("children", {}).get("gate")
        return [*ours, *([int(zone)] if zone and running_pid(self.zone_settings.home) else [])]

    def runner(self) -> WorkspaceRunner:
        """Return what brings workspaces up and takes them down."""

        async def call(method: str, /, *arguments: Any, **named: Any) -> Any:
            return await asyncio.to_thread(getattr(self.engine.api, method), *arguments, **named)

        return WorkspaceRunner(call, self.settings)

    def facts(self, container: WorkspaceContainer, foreign: list[int]) -> dict[str, Any]:
        """Return what the attacks inside are told; it holds no secret and no value of any data."""
        disk = os.statvfs(self.home)
        return {
            **self.bait.facts(),
            "workspace": container.workspace,
            "own_kernel": self.runtime == GVISOR,
            "uid": container.uid,
            "foreign_pids": foreign,
            "dataset": DATASET,
            "data_file": DATA_FILE,
            "canary_backwards": self.canary[::-1],
            "own_canary_backwards": self.own_canary[::-1],
            "shared_gid": 0 if container.shared is None else container.shared.gid,
            "other_shared": shared_ref(NEIGHBOUR),
            "other_gid": GROUPS[1],
            "host_path": str(self.home),
            "calls": BURST + int(PER_SECOND * CALL_SECONDS),
            "connections": 256 + 32,  # browser connections and calls: hub_config.gate.config, .workspace
            "memory_bytes": container.limits.memory_bytes,
            "pids": container.limits.pids,
            "cpus": container.limits.cpus,
            "open_files": OPEN_FILES,
            "tmp_bytes": TMP_BYTES,
            "shm_bytes": SHARED_MEMORY_BYTES,
            "disk_bytes": disk.f_blocks * disk.f_frsize,
            "quota_bytes": self.settings.workspace.home_gib << 30 if self.homes.kept() else 0,
            "shared_bytes": self.settings.workspace.shared_gib << 30 if self.homes.kept() else 0,
        }

    @property
    def homes(self) -> ZoneHomes:
        """The homes of the range, encrypted where the zone's are."""
        return ZoneHomes(self.settings)

    def start(self, name: str, arguments: list[str], environment: dict[str, str]) -> None:
        """Start a child of the range."""
        table = process_table(self.settings, gate_token=self.gate_token)
        kept = child_environment(self.settings, replace(table[0], environment=environment))
        with (self.home / f"{name}.log").open("ab") as log:
            self.children[name] = subprocess.Popen(
                arguments, cwd=self.home, env=kept, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )


def prefix_of(project: str) -> str:
    """Return the path of a workspace on the work host."""
    return f"/user/{HANDLE}/{project}/"


def range_settings(zone: Settings, home: Path, hub_port: int) -> Settings:
    """Return the zone's settings with the range's own home, port and hub, and small budgets."""
    door = replace(zone.zone, bind="127.0.0.1", port=_free_port(), scheme="http")
    gate = replace(zone.gate, front_ends=(), session_bytes=SESSION_BYTES, message_bytes=MESSAGE_BYTES)
    machine = replace(zone.machine, home_helper="")
    return replace(zone, home=home, zone=door, hub=HubSettings(port=hub_port), gate=gate, machine=machine)


@contextlib.asynccontextmanager
async def opened(
    zone: Settings, image: str, label: str, runtime: str | None = None, real: RealZone | None = None
) -> AsyncIterator[Range]:
    """Make the range of a zone ready and take everything away afterwards.

    Raises: ProbeFailed — if its gate or its record does not start.
    """
    with contextlib.ExitStack() as stack:
        home = stack.enter_context(_directory(zone))
        hub = Hub(HANDLE)
        stack.callback(hub.close)
        bait = Bait()
        stack.callback(bait.close)
        engine = docker.from_env(timeout=120)
        stack.callback(engine.close)
        made = Range(
            range_settings(zone, home, hub.port), zone, engine, label, image, hub, bait, runtime=runtime, real=real
        )
        stack.callback(_end, made)
        remove_containers(engine, label)
        stack.callback(remove_containers, engine, label)
        portal = Portal(home / "run")
        stack.callback(portal.close)
        for project, mark in ((PROJECT, made.own_canary), (NEIGHBOUR, made.canary)):
            lay_data(home / "data" / project, mark)
        # Two projects may have the same data; here somebody else does, and reads it all the time.
        stack.enter_context(reading(home / "data" / PROJECT / DATA_FILE))
        await _start(made)
        yield made


def lay_data(place: Path, mark: str) -> None:
    """Make data whose rights let everybody write, so that only the way they are mounted keeps a workspace from it."""
    place.mkdir(parents=True)
    (place / DATA_FILE).write_text(mark + "\n", encoding="ascii")
    (place / DATA_FILE).chmod(0o666)
    place.chmod(0o777)


async def _start(made: Range) -> None:
    gate = pwd.getpwnam(made.settings.gate.user)
    record = [sys.executable, "-m", "hub_config.probe.record", str(gate.pw_uid), str(gate.pw_gid)]
    made.start("record", record, {})
    config = {"ANSIM_GATE_TOKEN": made.gate_token, "ANSIM_GATE_CONFIG": gate_config(made.settings)}
    made.start("gate", [sys.executable, "-m", "hub_config.gate"], config)
    for helper in process_table(made.settings, gate_token=""):
        if helper.name == "homes":
            made.start("homes", list(helper.arguments), dict(helper.environment))
            await _until(made, "homes", partial(answers, made.settings, helper))
    await _until(made, "record", (made.home / "run" / "audit.sock").exists)
    await _until(made, "gate", lambda: accepts(socket.AF_INET, ("127.0.0.1", made.settings.zone.port)))
    await asyncio.to_thread(_tell_filled, made.home)


def _tell_filled(home: Path) -> None:
    """Tell the gate that it knows everything, as the hub does after a start."""
    here = os.open(home, os.O_PATH | os.O_DIRECTORY)
    transport = httpx.HTTPTransport(uds=f"/proc/self/fd/{here}/{SOCKET}")
    try:
        with httpx.Client(transport=transport, base_url="http://gate", timeout=START_SECONDS) as client:
            instance = client.get("/health").json()["instance"]
            client.put("/filled", json={"instance": instance}).raise_for_status()
    finally:
        os.close(here)


async def _until(made: Range, name: str, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if made.children[name].poll() is not None or time.monotonic() > deadline:
            said = (made.home / f"{name}.log").read_text(encoding="utf-8", errors="replace")[-400:]
            raise ProbeFailed(f"The probe's own {name} did not start: {said}")
        await asyncio.sleep(0.05)


def _end(made: Range) -> None:
    for child in reversed(made.children.values()):
        child.terminate()
    for child in made.children.values():
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextlib.contextmanager
def _directory(zone: Settings) -> Iterator[Path]:
    """Make the directory of a range, passable for the gate as the zone's own."""
    group = pwd.getpwnam(zone.gate.user).pw_gid
    top = zone.home / "probe"
    home = top / f"range-{secrets.token_hex(4)}"
    for path, mode in ((top, 0o710), (home, 0o710), (home / "run", 0o770), (home / "workspaces", 0o710)):
        path.mkdir(exist_ok=True)
        os.chown(path, 0, group)
        path.chmod(mode)
    try:
        yield home
    finally:
        shut_all(home)
        shutil.rmtree(home, ignore_errors=True)


def remove_containers(engine: docker.DockerClient, label: str) -> None:
    """Remove what a probe started, also one that was killed."""
    for container in engine.containers.list(all=True, filters={"label": f"ansim.zone={label}"}, ignore_removed=True):
        with contextlib.suppress(docker.errors.NotFound):
            container.remove(force=True, v=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as tried:
        return int(tried.getsockname()[1])
