"""What runs and what is missing, as values that the command line prints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from hub_config import engine
from hub_config.errors import ZoneError
from hub_config.preflight import CHECKS, Plan
from hub_config.processes import answers, process_table
from hub_config.settings import FILE_NAME, ZoneSettings, load_settings
from hub_config.supervisor import read_state, running_pid


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One process of the zone."""

    name: str
    pid: int | None
    answers: bool
    restarts: int


@dataclass(frozen=True, slots=True)
class Status:
    """The whole zone on this machine."""

    home: Path
    running: bool
    url: str
    processes: tuple[ProcessState, ...]

    @property
    def healthy(self) -> bool:
        """True when the supervisor runs and every process answers."""
        return self.running and all(p.answers for p in self.processes)

    def document(self) -> dict[str, object]:
        """Return the status as JSON values."""
        rows = [{"name": p.name, "pid": p.pid, "answers": p.answers, "restarts": p.restarts} for p in self.processes]
        return {"home": str(self.home), "running": self.running, "url": self.url, "processes": rows}

    def table(self) -> Table:
        """Return the status as a table for a terminal."""
        table = Table(title=f"{self.url} · {'running' if self.running else 'stopped'}")
        for heading in ("process", "pid", "answers", "restarts"):
            table.add_column(heading)
        for p in self.processes:
            table.add_row(p.name, str(p.pid or "–"), "yes" if p.answers else "no", str(p.restarts))
        return table


def status(home: Path) -> Status:
    """Look at the zone without changing anything.

    Raises: SettingsError — if there is no zone in `home`.
    """
    settings = load_settings(home)
    running = running_pid(home) is not None
    state = read_state(home)
    rows = tuple(
        ProcessState(
            name=p.name,
            pid=state.get("children", {}).get(p.name),
            answers=running and answers(settings, p),
            restarts=state.get("restarts", {}).get(p.name, 0),
        )
        for p in process_table(settings, gate_token="")
    )
    return Status(home=home, running=running, url=settings.origin("zone"), processes=rows)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One check of this machine, with what to do if it failed."""

    check: str
    ok: bool
    reason: str = ""
    hint: str = ""


def diagnose(home: Path) -> list[Diagnosis]:
    """Walk the checks that a start makes, all of them, without changing anything."""
    first = not (home / FILE_NAME).exists()
    zone = ZoneSettings() if first else load_settings(home).zone
    hub_port = zone.port + 1 if first else load_settings(home).hub.port
    plan = Plan(home=home, zone=zone, hub_port=hub_port, first=first)
    running = not first and running_pid(home) is not None
    rows = []
    for check in CHECKS:
        name = check.__name__.removeprefix("check_").replace("_", " ")
        if name == "ports" and running:
            rows.append(Diagnosis(name, ok=True, reason="held by this zone"))
            continue
        try:
            check(plan)
        except ZoneError as error:
            rows.append(Diagnosis(name, ok=False, reason=str(error), hint=error.hint))
        else:
            rows.append(Diagnosis(name, ok=True))
    answering = engine.engine_answers()
    reason = "" if answering else "no container engine answers; `make up` installs the distribution's"
    rows.append(Diagnosis("container engine", ok=answering, reason=reason))
    return rows
