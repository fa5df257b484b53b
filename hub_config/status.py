"""What runs and what is missing, as values that the command line prints."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from audit.cli_context import language_of
from audit.errors import AuditError
from audit.outward.standing import Standing
from audit.space import Room
from audit.text import Text
from hub_config import maintaining, requests_check, reviewing
from hub_config.gate_control import GateControl
from hub_config.outward import standings_of
from hub_config.processes import answers, process_table
from hub_config.room import log_space
from hub_config.settings import Settings, load_settings
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
    review: Text | None = None
    """What is wrong with the monthly reviews; it makes no process ill."""
    requests: Text | None = None
    """Which requests are not as the audit log has them, while nobody has looked into it."""
    maintenance: Text | None = None
    """What is announced; it makes no process ill."""

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
        document |= {"outward": sent, "space": space, "review": _name(self.review), "requests": _name(self.requests)}
        return {**document, "maintenance": None if self.maintenance is None else self.maintenance.en}

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
            free = f"{self.room.gibibytes} GiB"
            level = said(LEVELS[self.room.level], self.room.level)
            table.add_row(
                said("기록의 디스크", "disk of the log"),
                "–",
                said(f"{level}, {free} 남음", f"{level}, {free} free"),
                "–",
            )
        if self.maintenance is not None:
            table.add_row(said("점검", "maintenance"), "–", self.maintenance.say(language), "–")
        if self.review is not None:
            table.add_row(said("월 점검", "monthly review"), "–", self.review.say(language), "–")
        if self.requests is not None:
            table.add_row(said("신청", "requests"), "–", self.requests.say(language), "–")
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
    announced = maintaining.maintenance_of(settings)
    return Status(
        home=home,
        running=running,
        url=url,
        processes=rows,
        outward=sent,
        room=room,
        review=review,
        requests=None if changed is None else changed[0],
        maintenance=None if announced is None else announced.said(ZoneInfo(settings.zone.time_zone)),
    )


def _name(text: Text | None) -> str | None:
    """Return what a program reads of a sentence."""
    return None if text is None else text.en


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


def room_of(settings: Settings) -> Room | None:
    """Return how much is left on the disk of the log; None before there is one."""
    try:
        return log_space(settings).look()
    except AuditError:
        return None
