"""What runs and what is missing, as values that the command line prints."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from audit.cli_context import language_of
from audit.errors import AuditError
from audit.outward.standing import Standing
from audit.space import Room
from audit.text import Text
from hub_config import engine, requests_check, reviewing
from hub_config.errors import ZoneError
from hub_config.gate_control import GateControl
from hub_config.identity import checking
from hub_config.outward import standings_of
from hub_config.preflight import CHECKS, Plan
from hub_config.probe.standing import read_standing
from hub_config.processes import answers, process_table
from hub_config.room import log_space
from hub_config.settings import FILE_NAME, Settings, ZoneSettings, load_settings
from hub_config.supervisor import read_state, running_pid
from hub_config.systemd.running import unit_states

LEVELS: Mapping[str, str] = {"ample": "넉넉함", "low": "부족", "exhausted": "없음"}


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
    outward: tuple[Standing, ...] = ()
    room: Room | None = None
    """How much is left on the disk of the log."""
    review: str | None = None
    """What is wrong with the monthly reviews; it makes no process ill."""
    requests: str | None = None
    """Which requests are not as the audit log has them, while nobody has looked into it."""

    @property
    def healthy(self) -> bool:
        """True when the supervisor runs and every process answers."""
        return self.running and all(p.answers for p in self.processes)

    def document(self) -> dict[str, object]:
        """Return the status as JSON values."""
        rows = [{"name": p.name, "pid": p.pid, "answers": p.answers, "restarts": p.restarts} for p in self.processes]
        sent = [one.document() for one in self.outward]
        space = None if self.room is None else self.room.document()
        document = {"home": str(self.home), "running": self.running, "url": self.url, "processes": rows}
        return {**document, "outward": sent, "space": space, "review": self.review, "requests": self.requests}

    def table(self) -> Table:
        """Return the status as a table for a terminal."""
        language = language_of()

        def said(ko: str, en: str) -> str:
            return Text(ko, en).say(language)

        table = Table(title=f"{self.url} · {said('실행 중', 'running') if self.running else said('중지', 'stopped')}")
        for heading in (said("프로세스", "process"), "pid", said("응답", "answers"), said("재시작", "restarts")):
            table.add_column(heading)
        for p in self.processes:
            table.add_row(
                p.name, str(p.pid or "–"), said("예", "yes") if p.answers else said("아니요", "no"), str(p.restarts)
            )
        if self.room is not None:
            free = f"{self.room.free / 1024**3:.1f} GiB"
            level = said(LEVELS[self.room.level], self.room.level)
            table.add_row(
                said("기록의 디스크", "disk of the log"),
                "–",
                said(f"{level}, {free} 남음", f"{level}, {free} free"),
                "–",
            )
        if self.review is not None:
            table.add_row(said("월 점검", "monthly review"), "–", self.review, "–")
        if self.requests is not None:
            table.add_row(said("신청", "requests"), "–", self.requests, "–")
        for one in self.outward:
            late = said(f"예, {one.behind}건 밀림", f"yes, {one.behind} behind")
            state = said(f"아니요: {one.position.error}", f"no: {one.position.error}") if one.position.failing else late
            table.add_row(f"→ {one.target.name}", "–", state, str(one.position.failures))
        return table


def status(home: Path) -> Status:
    """Look at the zone without changing anything.

    Raises: SettingsError — if there is no zone in `home`.
    """
    settings = load_settings(home)
    running, state = what_runs(settings)
    rows = tuple(
        ProcessState(
            name=p.name,
            pid=state.get("children", {}).get(p.name),
            answers=running and answers(settings, p) and (p.name != "gate" or gate_is_filled(home)),
            restarts=state.get("restarts", {}).get(p.name, 0),
        )
        for p in process_table(settings, gate_token="")
    )
    sent = tuple(standings_of(settings))
    url, room = settings.origin("zone"), room_of(settings)
    fault = reviewing.fault_of(settings)
    review = None if fault is None else fault[0]
    changed = requests_check.fault_of(settings)
    return Status(
        home=home,
        running=running,
        url=url,
        processes=rows,
        outward=sent,
        room=room,
        review=review,
        requests=None if changed is None else changed[0],
    )


def what_runs(settings: Settings) -> tuple[bool, Mapping[str, Any]]:
    """Return whether the zone runs, and pids and restarts by process: of the supervisor, or of systemd's units."""
    if settings.machine.run_by == "supervisor":
        return running_pid(settings.home) is not None, read_state(settings.home)
    units = unit_states(settings)
    pids = {name: unit.pid for name, unit in units.items() if unit.pid is not None}
    restarts = {name: unit.restarts for name, unit in units.items()}
    return any(unit.active for unit in units.values()), {"children": pids, "restarts": restarts}


def gate_is_filled(home: Path) -> bool:
    """Say whether the gate knows what runs; one that does not turns everybody away and is no help yet."""
    with contextlib.closing(GateControl(home)) as gate:
        return gate.healthy()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One check of this machine, with what to do if it failed."""

    check: str
    ok: bool
    reason: Text | str = ""
    hint: Text | str = ""


def diagnose(home: Path) -> list[Diagnosis]:
    """Walk the checks that a start makes, all of them, without changing anything."""
    first = not (home / FILE_NAME).exists()
    zone = ZoneSettings() if first else load_settings(home).zone
    hub_port = zone.port + 1 if first else load_settings(home).hub.port
    plan = Plan(home=home, zone=zone, hub_port=hub_port, first=first)
    running = not first and what_runs(load_settings(home))[0]
    rows = []
    for check in CHECKS:
        name = check.__name__.removeprefix("check_").replace("_", " ")
        if name == "ports" and running:
            rows.append(Diagnosis(name, ok=True, reason="held by this zone"))
            continue
        try:
            check(plan)
        except ZoneError as error:
            rows.append(Diagnosis(name, ok=False, reason=error.reason, hint=error.hint))
        else:
            rows.append(Diagnosis(name, ok=True))
    answering = engine.engine_answers()
    reason = "" if answering else "no container engine answers; `make up` installs the distribution's"
    rows.append(Diagnosis("container engine", ok=answering, reason=reason))
    rows += [] if first else [diagnosis_of(one) for one in standings_of(load_settings(home))]
    rows += [] if first else [diagnosis_of_room(room_of(load_settings(home)))]
    rows += [] if first else [diagnosis_of_reviews(load_settings(home))]
    rows += [] if first else [diagnosis_of_requests(load_settings(home))]
    rows += [] if first else [diagnosis_of_walls(home)]
    rows += [] if first else [diagnosis_of_provider(load_settings(home))]
    rows += [] if first else [diagnosis_of_envelope(load_settings(home))]
    return rows


def diagnosis_of_walls(home: Path) -> Diagnosis:
    """Say what the last probe found, and what it advises; a zone that was never probed is no fault."""
    last = read_standing(home)
    if last is None:
        return Diagnosis("walls", ok=True, reason="not probed yet", hint="`ansim probe` attacks them.")
    advice = f"advised, missing: {', '.join(last.lacking)}" if last.lacking else ""
    reason = f"broken: {', '.join(last.broken)}" if last.broken else advice
    return Diagnosis("walls", ok=not last.broken, reason=reason, hint="See docs/how-to/run-the-probe.md.")


def diagnosis_of_provider(settings: Settings) -> Diagnosis:
    """Say whether the provider that vouches for people answers as the settings expect."""
    fault = checking.fault_of(settings)
    reason, hint = fault or ("" if settings.oidc.on else "none is set", "")
    return Diagnosis("sign-in by a provider", ok=fault is None, reason=reason, hint=hint)


def diagnosis_of_envelope(settings: Settings) -> Diagnosis:
    """Say whether the emergency account's envelope is closed; a zone where people sign in elsewhere needs one."""
    name = "emergency account"
    account = checking.emergency_account(settings)
    if account is None:
        needed = settings.oidc.on or settings.directory.on
        reason = "never sealed" + (", but people sign in elsewhere" if needed else "")
        return Diagnosis(name, ok=not needed, reason=reason, hint=SEAL if needed else "")
    opened = "" if account.opened_at is None else f"opened {account.opened_at:%Y-%m-%d %H:%M} UTC"
    return Diagnosis(name, ok=not opened, reason=opened, hint=SEAL if opened else "")


SEAL = "`ansim registry person seal-emergency` makes a new envelope; docs/how-to/keep-an-emergency-account.md."


def room_of(settings: Settings) -> Room | None:
    """Return how much is left on the disk of the log; None before there is one."""
    try:
        return log_space(settings).look()
    except AuditError:
        return None


def diagnosis_of_reviews(settings: Settings) -> Diagnosis:
    """Say whether every month was reviewed in time."""
    fault = reviewing.fault_of(settings)
    reason, hint = fault or ("", "")
    return Diagnosis("monthly review", ok=fault is None, reason=reason, hint=hint)


def diagnosis_of_requests(settings: Settings) -> Diagnosis:
    """Say whether requests are as the audit log has them, as far as it was found out."""
    fault = requests_check.fault_of(settings)
    reason, hint = fault or ("", "")
    return Diagnosis("requests as recorded", ok=fault is None, reason=reason, hint=hint)


def diagnosis_of_room(room: Room | None) -> Diagnosis:
    """Say whether the log has room."""
    if room is None or room.level == "ample":
        return Diagnosis("space for the log", ok=True)
    reason = f"{room.free / 1024**3:.1f} GiB are free: " + (
        "nothing new is begun" if room.level == "exhausted" else "the log will soon refuse new actions"
    )
    return Diagnosis("space for the log", ok=False, reason=reason, hint="Free space on the disk of the zone.")


def diagnosis_of(one: Standing) -> Diagnosis:
    """Say whether a system that the record is sent to takes it."""
    name, place = f"outward {one.target.name}", one.position
    if place.failing_since is None:
        return Diagnosis(name, ok=True)
    reason = f"{place.error} since {place.failing_since:%Y-%m-%d %H:%M} UTC, {one.behind} entries behind"
    return Diagnosis(name, ok=False, reason=reason, hint="It is tried again by itself; nothing is skipped.")
