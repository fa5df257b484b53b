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

from hub_config.errors import EnvironmentMissing
from hub_config.settings import ZoneSettings

GIGABYTE = 1_000_000_000
FIRST_START_BYTES = 6 * GIGABYTE  # wheels 0.3 GB, images 1.6 GB with their build layers, demo data, room to work
LATER_START_BYTES = 1 * GIGABYTE
OLDEST_PYTHON = (3, 11)


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
            "The zone must be started by root: it drives the container engine and gives the gate a user of its own.",
            hint="Run `sudo make up`.",
        )


def check_python(plan: Plan) -> None:
    """The locked environment is resolved for Python 3.11 and later."""
    if sys.version_info < OLDEST_PYTHON:
        raise EnvironmentMissing(
            f"Python {sys.version_info.major}.{sys.version_info.minor} is too old: 3.11 or later is needed.",
            hint="Use Debian 12 or later, or Ubuntu 24.04 or later.",
        )


def check_system(plan: Plan) -> None:
    """Packages come from the distribution, so it has to be one that we know."""
    if sys.platform != "linux" or shutil.which("apt-get") is None:
        raise EnvironmentMissing(
            "This machine is neither Debian nor Ubuntu: apt-get is missing.",
            hint="Use Debian 12 or later, or Ubuntu 24.04 or later.",
        )


def check_disk(plan: Plan) -> None:
    """A full disk is found before anything is half-made."""
    needed = FIRST_START_BYTES if plan.first else LATER_START_BYTES
    place = next(p for p in (plan.home, *plan.home.parents) if p.exists())
    free = shutil.disk_usage(place).free
    if free < needed:
        raise EnvironmentMissing(
            f"Only {free / GIGABYTE:.1f} GB are free at {place}; {needed / GIGABYTE:.0f} GB are needed.",
            hint="Free some space, or set ANSIM_HOME to a directory on a larger disk.",
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
                    f"Port {port} on {plan.zone.bind} is taken by another program.",
                    hint=f"Stop that program, or set {key} in {plan.home / 'ansim.yaml'} to a free port"
                    f" (before the first start: `make up PORT={port + 20}`).",
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
