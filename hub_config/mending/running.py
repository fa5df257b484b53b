"""What a killed zone leaves behind: sockets that nobody answers, a state that is no longer true, processes, containers;
and units of systemd that stand still."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import docker
import docker.errors

from audit.text import Text
from hub_config.engine import ZONE_LABEL, EngineMissing, connect
from hub_config.errors import EnvironmentMissing
from hub_config.keys import ZONE_ID_FILE
from hub_config.left_volumes import left_volumes, remove_left
from hub_config.mending.mend import Mend
from hub_config.processes import accepts
from hub_config.settings import Settings
from hub_config.status import what_runs
from hub_config.supervisor import STATE, end_leftovers, leftovers, running_pid
from hub_config.systemd.running import unit_states
from hub_config.systemd.units import unit_name

OVER = ("exited", "dead", "created")
"""States of a container in which nothing of a workspace runs."""
SECONDS = 120


def stale_sockets(settings: Settings) -> Iterator[Mend]:
    """Find sockets that nobody answers, of a zone that does not run."""
    if what_runs(settings)[0]:
        return
    for path in sorted((settings.home / "run").glob("*.sock")):
        if stat.S_ISSOCK(path.lstat().st_mode) and not _answers(path):
            what = Text("응답하지 않는 소켓을 지웁니다: {path}", "Remove a socket that nobody answers: {path}")
            yield Mend("socket_removed", what.format(path=path), path.unlink)


def _answers(path: Path) -> bool:
    # A relative path: the absolute one may be longer than the 107 bytes a Unix socket address holds.
    directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        return accepts(socket.AF_UNIX, f"/proc/self/fd/{directory}/{path.name}")
    finally:
        os.close(directory)


def stale_state(settings: Settings) -> Iterator[Mend]:
    """Find what a killed supervisor said of itself, and the processes that outlived it."""
    if settings.machine.run_by != "supervisor" or running_pid(settings.home) is not None:
        return
    state = settings.home / STATE
    if state.exists():
        what = Text("더는 사실이 아닌 실행 상태를 지웁니다: {path}", "Remove a state that is no longer true: {path}")
        yield Mend("state_removed", what.format(path=state), state.unlink)
    if left := leftovers(settings.home):
        what = Text(
            "죽은 구역이 남긴 프로세스를 끝냅니다: {pids}", "End processes that a killed zone left behind: {pids}"
        )
        said = what.format(pids=", ".join(map(str, sorted(left))))
        yield Mend("processes_ended", said, partial(end_leftovers, settings.home))


def left_containers(settings: Settings) -> Iterator[Mend]:
    """Find containers of this zone in which nothing runs any more; what runs is the hub's and the worker's to end.

    A workspace's files lie in directories of the host, so that nothing is lost with its container. While the zone runs,
    a container that was only made may be about to start: then those alone are found that ran and ended.
    """
    try:
        zone_id = (settings.home / "keys" / ZONE_ID_FILE).read_text(encoding="ascii")
        client = connect(timeout=30)
    except (OSError, EngineMissing):
        return
    running = what_runs(settings)[0]
    filters = {"label": f"{ZONE_LABEL}={zone_id}", "status": ["exited", "dead"] if running else list(OVER)}
    with contextlib.closing(client):
        try:
            found = client.api.containers(all=True, filters=filters)
        except docker.errors.DockerException:
            return  # the helper of a server lists nothing to whom it does not know
    for one in found:
        name = one["Labels"].get("ansim.workspace", one["Id"][:12])
        what = Text("끝난 분석환경의 컨테이너를 지웁니다: {name}", "Remove the container of an ended workspace: {name}")
        yield Mend("container_removed", what.format(name=name), partial(_remove, one["Id"]))


def left_data(settings: Settings) -> Iterator[Mend]:
    """Find file systems of workspaces that the engine kept; a server's helper removes them itself when it starts."""
    if settings.machine.engine_helper:
        return
    try:
        with contextlib.closing(connect(timeout=30)) as client:
            count = len(left_volumes(client.api, settings.home))
    except (EngineMissing, docker.errors.DockerException):
        return
    if count:
        what = Text("끝난 분석환경이 남긴 볼륨을 지웁니다: {count}개", "Remove volumes of ended workspaces: {count}")
        yield Mend("volumes_removed", what.format(count=count), partial(_remove_left, settings.home))


def _remove_left(home: Path) -> None:
    with contextlib.closing(connect(timeout=60)) as client:
        remove_left(client.api, home)


def _remove(container: str) -> None:
    with contextlib.closing(connect(timeout=60)) as client, contextlib.suppress(docker.errors.NotFound):
        client.api.remove_container(container, v=True)  # without force: one that was started meanwhile stays


def stopped_units(settings: Settings) -> Iterator[Mend]:
    """Find units of a zone that systemd runs, and that do not run."""
    if settings.machine.run_by != "systemd":
        return
    for one in unit_states(settings).values():
        if not one.active:
            what = Text("멈춘 유닛을 시작합니다: {unit}", "Start a unit that stands still: {unit}")
            yield Mend("unit_started", what.format(unit=unit_name(one.name)), partial(_start, unit_name(one.name)))


def _start(unit: str) -> None:
    subprocess.run(["systemctl", "reset-failed", unit], capture_output=True, timeout=SECONDS, check=False)
    done = subprocess.run(["systemctl", "start", unit], capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode != 0:
        silent = Text("시작되지 않습니다: {said}", "It does not start: {said}")
        raise EnvironmentMissing(silent.format(said=done.stderr.strip()[:200]))
