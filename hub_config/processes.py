"""The processes of an embedded zone as one table: how each starts and how one can tell that it answers."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from hub_config.home_helper.told import EMBEDDED_SOCKET, VARIABLE
from hub_config.homes import ZoneHomes
from hub_config.settings import Settings

SUPERVISED = "ANSIM_SUPERVISED"  # marks a child of a zone's supervisor, so that no other process is ever ended
#: What a child has from whoever started the zone; the last three say which container engine is meant.
KEPT = ("PATH", "LANG", "TZ", "DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Process:
    """One child of the supervisor; `answers` is a Unix socket below ANSIM_HOME or a loopback port."""

    name: str
    arguments: tuple[str, ...]
    answers: str | int | None
    environment: Mapping[str, str]


def process_table(settings: Settings, *, gate_token: str) -> tuple[Process, ...]:
    """Return the processes in the order in which they start; they stop in the reverse order.

    The audit writer comes first, because nothing may happen that cannot be logged.
    """
    serve = (sys.executable, "-m", "hub_config.serve")
    gate_environment = {"ANSIM_GATE_TOKEN": gate_token, "ANSIM_GATE_CONFIG": gate_config(settings)}
    return (
        Process("audit", (*serve, "audit"), "run/audit.sock", {}),
        *_home_helper(settings),
        Process("gate", (sys.executable, "-m", "hub_config.gate"), "run/gate.sock", gate_environment),
        Process("hub", (*serve, "hub"), settings.hub.port, {}),
        Process("portal", (*serve, "portal"), "run/portal.sock", {}),
        Process("worker", (*serve, "worker"), None, {}),
    )


def _home_helper(settings: Settings) -> tuple[Process, ...]:
    """Return the helper that mounts homes, where the supervisor runs the zone and there are homes to mount.

    Under systemd it is a unit of its own kind: hub_config.systemd.units.
    """
    if settings.machine.run_by == "systemd" or not ZoneHomes(settings).kept():
        return ()
    told = {"home": str(settings.home), "callers": [os.geteuid()], "socket": str(settings.home / EMBEDDED_SOCKET)}
    command = (sys.executable, "-m", "hub_config.home_helper")
    return (Process("homes", command, EMBEDDED_SOCKET, {VARIABLE: json.dumps(told)}),)


def gate_config(settings: Settings) -> str:
    """Return what the gate is told of the settings: it can read neither the settings file nor a key."""
    document = {
        "domain": settings.zone.domain,
        "bind": settings.zone.bind,
        "port": settings.zone.port,
        "scheme": settings.zone.scheme,
        "hub_url": settings.hub_url(),
        "demo": settings.zone.demo,
        "time_zone": settings.zone.time_zone,
        **asdict(settings.gate),
    }
    return json.dumps(document, sort_keys=True)


def child_environment(settings: Settings, process: Process) -> dict[str, str]:
    """Return the whole environment of a child: nothing of the caller's but PATH, the locale and the engine."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {
        **kept,
        "ANSIM_HOME": str(settings.home),
        SUPERVISED: str(settings.home),
        "HOME": str(settings.home),
        "PYTHONUNBUFFERED": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONPATH": str(REPOSITORY),
        **process.environment,
    }


def answers(settings: Settings, process: Process) -> bool:
    """Say whether a connection to the process is accepted; a process without an address always answers."""
    if process.answers is None:
        return True
    if isinstance(process.answers, int):
        return accepts(socket.AF_INET, ("127.0.0.1", process.answers))
    # A relative path: the absolute one may be longer than the 107 bytes a Unix socket address holds.
    directory = os.open(settings.home, os.O_PATH | os.O_DIRECTORY)
    try:
        return accepts(socket.AF_UNIX, f"/proc/self/fd/{directory}/{process.answers}")
    finally:
        os.close(directory)


def accepts(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    """Say whether something listens at an address."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(address)
        except OSError:
            return False
        return True
