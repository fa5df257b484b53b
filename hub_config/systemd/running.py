"""What systemd says of the zone's units, in the form in which the supervisor says it of its children."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from audit.text import Text
from hub_config.errors import EnvironmentMissing
from hub_config.processes import process_table
from hub_config.settings import Settings
from hub_config.systemd.units import unit_name

PROPERTIES = ("Id", "ActiveState", "MainPID", "NRestarts")
SECONDS = 30


@dataclass(frozen=True, slots=True)
class UnitState:
    """One unit; `pid` is None while nothing of it runs."""

    name: str
    active: bool
    pid: int | None
    restarts: int


def unit_states(settings: Settings) -> Mapping[str, UnitState]:
    """Return the state of each process's unit, by the name of the process.

    Raises: EnvironmentMissing — if systemd does not run this machine.
    """
    names = [process.name for process in process_table(settings, gate_token="")]
    if shutil.which("systemctl") is None:
        raise EnvironmentMissing(
            Text(
                "구역은 systemd로 운영되는데 이 컴퓨터에는 systemd가 없습니다.",
                "The zone is run by systemd, and this machine has none.",
            ),
            hint=Text(
                "ansim.yaml에서 machine.run_by를 supervisor로 하거나, 구역이 있는 컴퓨터에서 실행하십시오.",
                "Set machine.run_by to supervisor in ansim.yaml, or ask on the zone's own machine.",
            ),
        )
    wanted = ",".join(PROPERTIES)
    command = ["systemctl", "show", "--property", wanted, *(unit_name(name) for name in names)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    if said.returncode != 0:
        silent = Text("systemd가 응답하지 않습니다: {said}", "systemd does not answer: {said}")
        raise EnvironmentMissing(silent.format(said=said.stderr.strip()[:200]))
    return {one.name: one for one in parse_states(said.stdout, names)}


def parse_states(text: str, names: Iterable[str]) -> list[UnitState]:
    """Return the states that `systemctl show` printed, one block for each unit."""
    by_unit = {unit_name(name): name for name in names}
    found = []
    for block in text.split("\n\n"):
        said = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if said.get("Id") in by_unit:
            pid = int(said.get("MainPID", "0"))
            active = said.get("ActiveState") in ("active", "activating", "reloading")
            found.append(UnitState(by_unit[said["Id"]], active, pid or None, int(said.get("NRestarts", "0"))))
    return found
