"""What a machine must have before anything is made: each fault is one sentence, a next step and exit code 3."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from audit.text import Text
from hub_config.errors import EnvironmentMissing
from hub_config.settings import ZoneSettings

GIGABYTE = 1_000_000_000
FIRST_START_BYTES = 6 * GIGABYTE  # wheels 0.3 GB, images 1.6 GB with their build layers, demo data, room to work
LATER_START_BYTES = 1 * GIGABYTE
OLDEST_PYTHON = (3, 11)
SYSTEMS = Text("Debian 12 이상 또는 Ubuntu 24.04 이상을 쓰십시오.", "Use Debian 12 or later, or Ubuntu 24.04 or later.")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is about to be started, and where."""

    home: Path
    zone: ZoneSettings
    hub_port: int
    first: bool


def check_root(plan: Plan) -> None:
    """The engine, the mounts and the gate's own user need root."""
    if os.geteuid() != 0:
        raise EnvironmentMissing(
            Text(
                "구역은 root로 시작해야 합니다. 컨테이너 엔진을 다루고 게이트의 사용자를 만듭니다.",
                "The zone must be started by root: it drives the container engine and makes the gate's own user.",
            ),
            hint=Text("`sudo make up`을 실행하십시오.", "Run `sudo make up`."),
        )


def check_python(plan: Plan) -> None:
    """The locked environment is resolved for Python 3.11 and later."""
    if sys.version_info < OLDEST_PYTHON:
        raise EnvironmentMissing(
            Text(
                "Python {version}은 오래되었습니다. 3.11 이상이 필요합니다.",
                "Python {version} is too old: 3.11 or later is needed.",
            ).format(version=f"{sys.version_info.major}.{sys.version_info.minor}"),
            hint=SYSTEMS,
        )


def check_system(plan: Plan) -> None:
    """Packages come from the distribution, so it has to be one that we know."""
    if sys.platform != "linux" or shutil.which("apt-get") is None:
        raise EnvironmentMissing(
            Text(
                "Debian도 Ubuntu도 아닌 컴퓨터입니다. apt-get이 없습니다.",
                "This machine is neither Debian nor Ubuntu: apt-get is missing.",
            ),
            hint=SYSTEMS,
        )


def check_disk(plan: Plan) -> None:
    """A full disk is found before anything is half-made."""
    needed = FIRST_START_BYTES if plan.first else LATER_START_BYTES
    place = next(p for p in (plan.home, *plan.home.parents) if p.exists())
    free = shutil.disk_usage(place).free
    if free < needed:
        raise EnvironmentMissing(
            Text(
                "{place}의 남은 공간: {free:.1f} GB. {needed:.0f} GB가 필요합니다.",
                "Only {free:.1f} GB are free at {place}; {needed:.0f} GB are needed.",
            ).format(free=free / GIGABYTE, needed=needed / GIGABYTE, place=place),
            hint=Text(
                "공간을 비우거나, ANSIM_HOME을 더 큰 디스크의 디렉터리로 정하십시오.",
                "Free some space, or set ANSIM_HOME to a directory on a larger disk.",
            ),
        )


def check_ports(plan: Plan) -> None:
    """Both ports of the zone must be free."""
    for port, key in ((plan.zone.port, "zone.port"), (plan.hub_port, "hub.port")):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((plan.zone.bind, port))
            except OSError as error:
                raise EnvironmentMissing(
                    Text(
                        "{bind}의 포트 {port}번을 다른 프로그램이 쓰고 있습니다.",
                        "Port {port} on {bind} is taken by another program.",
                    ).format(port=port, bind=plan.zone.bind),
                    hint=Text(
                        "그 프로그램을 멈추거나, {file}에서 {key} 값을 빈 포트로 바꾸십시오"
                        "(첫 시작 전이면 `make up PORT={other}`).",
                        "Stop that program, or set {key} in {file} to a free port"
                        " (before the first start: `make up PORT={other}`).",
                    ).format(key=key, file=plan.home / "ansim.yaml", other=port + 20),
                ) from error


CHECKS: tuple[Callable[[Plan], None], ...] = (check_system, check_python, check_root, check_ports, check_disk)


def check_machine(plan: Plan) -> None:
    """Walk every check.

    Raises: EnvironmentMissing — for the first that fails.
    """
    for check in CHECKS:
        check(plan)


def ensure_gate_user(name: str) -> None:
    """Make the gate's own system user: no password, no shell, no home."""
    import pwd

    try:
        pwd.getpwnam(name)
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent",
             "--shell", "/usr/sbin/nologin", name],
            check=True,
        )  # fmt: skip
