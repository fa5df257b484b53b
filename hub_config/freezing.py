"""Carries out what the registry says about frozen projects: connections first, then containers, then the record.

The gate is told the whole list, so one that started anew is right again after a second. Containers are killed, not
stopped: what a researcher saved lies on the host, and a kernel that is asked to end first could go on for seconds.

Three duties, for each neighbour one: an engine or a hub that hangs keeps no order from the gate.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import docker
import httpx2 as httpx
from docker.errors import APIError, DockerException
from requests.exceptions import RequestException
from sqlalchemy.exc import SQLAlchemyError

from audit.canonical import JSON
from audit.errors import AuditError
from audit.event import Actor, Event, Object, Source, Subjects
from hub_config.gate_control import GateControl
from hub_config.hub_api import HubApi
from hub_config.troubles import Troubles
from registry.errors import NotFound
from registry.freezing import Freeze

if TYPE_CHECKING:
    from hub_config.zone import Zone

log = logging.getLogger("ansim.freezing")

SECONDS = 0.25  # between two looks of the worker: well below the two seconds within which connections end
REMIND_SECONDS = 1.0  # so that a gate that started anew, and a start under way, are caught
GATE_SECONDS = 5.0  # for an answer; a browser that hangs has half a second
ENGINE_SECONDS = 10  # for each call; the engine's own client would wait for a minute
TIDY_SECONDS = 1.0
AT_ONCE = 8  # calls of the engine; more are slower on two processors
FROZEN = "project_frozen"
AWAY = (httpx.HTTPError, DockerException, RequestException)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """What carrying out one freeze did; times in milliseconds from when it began."""

    project: str
    workspaces: tuple[str, ...]
    """Those that had connections at the gate, or a container."""
    connections_ms: int
    containers_ms: int
    failed: tuple[str, ...] = ()
    """Who did not answer: the gate, the engine, the log."""

    @property
    def complete(self) -> bool:
        """Whether nothing of the project is left, and the log says so."""
        return not self.failed


@dataclass(slots=True)
class Freezer:
    """Keeps frozen projects frozen; one per process that does so."""

    zone: Zone
    gate: GateControl
    hub: HubApi
    actor: Actor
    _done: frozenset[str] = frozenset()
    _told: frozenset[str] | None = None
    """What the gate holds; None while that is not known."""
    _failed: set[str] = field(default_factory=set)
    _reminded: float = 0.0
    _held: float = 0.0
    _cut: deque[tuple[str, str]] = field(default_factory=deque)
    """Projects and workspaces that the gate has cut, as it says so."""
    _unnamed: dict[str, set[str]] = field(default_factory=dict)
    """By project: those of them that no event has named yet."""
    _refused: dict[str, set[str]] = field(default_factory=dict)
    """By project: workspaces that have ended, and that the log did not take."""
    _untidy: deque[str] = field(default_factory=deque)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    """One order to the gate at a time: an older list must not come after a newer one."""
    _troubles: Troubles = field(default_factory=lambda: Troubles(log))

    def tell(self) -> None:
        """Tell the gate, if it has not been told or may have forgotten. This is all that one duty does.

        Raises: httpx.HTTPError — if the gate does not answer.
        """
        with self._turn:
            # Read when it is this one's turn, so that an order of before cannot undo one of after.
            frozen = frozenset(one.project for one in self.zone.registry.freezes())
            fresh = frozen != self._told
            if not fresh and (not frozen or time.monotonic() - self._reminded <= REMIND_SECONDS):
                return
            self._told = None
            cut = self.gate.freeze(frozen)
            self._told, self._reminded = frozen, time.monotonic()
            for ref in cut:
                owner = self._owner(ref)
                if owner is not None:
                    self._cut.append((owner[1], ref))

    def look(self) -> None:
        """Carry out what was decided since the last look, and hold what was decided before."""
        freezes = self.zone.registry.freezes()
        frozen = frozenset(one.project for one in freezes)
        self._done &= frozen
        fresh = [one for one in freezes if one.project not in self._done]
        if fresh:
            for outcome in self.carry_out(fresh):
                self._done |= {outcome.project} if outcome.complete else set()
        elif frozen and time.monotonic() - self._held > REMIND_SECONDS:
            self._hold(frozen)

    def carry_out(self, fresh: Iterable[Freeze]) -> list[CutOff]:
        """End everything of newly frozen projects, connections and containers at the same time, and record it."""
        begun, freezes = time.monotonic(), list(fresh)
        failed: list[str] = []
        killed: dict[str, list[str]] = {}
        with ThreadPoolExecutor(1, thread_name_prefix="freeze") as beside:
            killing = beside.submit(kill_containers, self.zone.zone_id, [one.project for one in freezes])
            try:
                self.tell()
            except httpx.HTTPError as error:
                # What such a gate still forwards nobody knows; it is told again at once, and here at the next look.
                failed.append("gate")
                self._troubles.away("a freeze at the gate", error)
            else:
                self._troubles.worked("a freeze at the gate")
            connections = _since(begun)
            try:
                killed = killing.result()
            except AWAY as error:
                failed.append("engine")
                self._troubles.away("a freeze at the engine", error)
            else:
                self._troubles.worked("a freeze at the engine")
        containers = _since(begun)
        outcomes = []
        for one in freezes:
            ended = self._cut_of(one.project) | set(killed.get(one.project, ()))
            self._untidy.extend(sorted(ended))
            outcome = CutOff(
                project=one.project,
                workspaces=tuple(sorted(ended | self._refused.pop(one.project, set()))),
                connections_ms=connections,
                containers_ms=containers,
                failed=tuple(failed),
            )
            recorded = self._try(one.project, outcome.workspaces, partial(self._record, one, outcome))
            outcomes.append(outcome if recorded else replace(outcome, failed=(*failed, "log")))
        return outcomes

    def _cut_of(self, project: str) -> set[str]:
        while self._cut:
            name, ref = self._cut.popleft()
            self._unnamed.setdefault(name, set()).add(ref)
        return self._unnamed.pop(project, set())

    def _hold(self, frozen: frozenset[str]) -> None:
        """End what began while the freeze was decided."""
        self._held = time.monotonic()
        late = kill_containers(self.zone.zone_id, frozen)
        for project in frozen:
            ended = self._cut_of(project) | set(late.get(project, ())) | self._refused.pop(project, set())
            self._try(project, ended, partial(self._record_cuts, project, ended))

    def _try(self, project: str, ended: Iterable[str], record: Callable[[], None]) -> bool:
        """Record what ended; what the log does not take is named by the next look, and holds up no other project."""
        record_of = f"the record of the freeze of {project}"
        try:
            record()
        except (AuditError, SQLAlchemyError) as error:
            self._refused[project] = set(ended)
            self._troubles.away(record_of, error)
            return False
        self._troubles.worked(record_of)
        return True

    def _record(self, freeze: Freeze, outcome: CutOff) -> None:
        if outcome.failed and outcome.project in self._failed:
            self._record_cuts(outcome.project, outcome.workspaces)
            return  # said once; it is tried again until it works
        if outcome.complete and not outcome.workspaces and self._said(freeze):
            return  # a worker that started anew finds it carried out, which is no news
        self._record_cuts(outcome.project, outcome.workspaces, self._carried_out(outcome))
        self._failed = self._failed | {outcome.project} if outcome.failed else self._failed - {outcome.project}

    def _record_cuts(self, project: str, ended: Iterable[str], *more: Event) -> None:
        """Record all of it or nothing, so that what is tried again is neither doubled nor missing."""
        cuts = [self._event("workspace.cut", Object("workspace", ref, project), reason=FROZEN) for ref in ended]
        if events := [*cuts, *more]:
            self.zone.log.record_all([(event, self.zone.log.component) for event in events])

    def _carried_out(self, outcome: CutOff) -> Event:
        detail: dict[str, JSON] = {
            "workspaces": len(outcome.workspaces),
            "connections_ms": outcome.connections_ms,
            "containers_ms": outcome.containers_ms,
        }
        about = Object("project", outcome.project, outcome.project)
        return self._event("project.cut_off", about, reason="_".join(outcome.failed) or None, detail=detail)

    def _said(self, freeze: Freeze) -> bool:
        """Say whether the last word of the log about a freeze is that it was carried out."""
        if freeze.project in self._failed:
            return False
        last = self.zone.registry.cut_off(freeze)
        return last is not None and last.body["outcome"] == "ok"

    def _event(self, action: str, about: Object, *, reason: str | None, detail: dict[str, JSON] | None = None) -> Event:
        failed = action == "project.cut_off" and reason is not None
        return Event(
            action,
            self.actor,
            about,
            Subjects.none(),
            Source(None),
            outcome="failed" if failed else "ok",
            reason=reason,
            detail=detail or {},
        )

    def _owner(self, ref: str) -> tuple[str, str] | None:
        registry = self.zone.registry
        try:
            workspace = registry.workspace_by_ref(ref)
            return registry.person_by_ref(workspace.person_ref).handle, workspace.project
        except NotFound:
            return None

    def tidy(self) -> None:
        """Have the hub tidy up after workspaces that have ended; without it, it finds out by itself."""
        while self._untidy:
            owner = self._owner(self._untidy.popleft())
            with contextlib.suppress(httpx.HTTPError):
                if owner is not None:
                    self.hub.stop(*owner)


def kill_containers(zone_id: str, projects: Iterable[str]) -> dict[str, list[str]]:
    """Kill and remove every workspace container of these projects; return the workspaces by project.

    Raises: DockerException, RequestException — if the engine does not answer, or keeps one.
    """
    client = docker.from_env(timeout=ENGINE_SECONDS)
    try:
        found = [
            one
            for project in projects
            for one in client.api.containers(
                all=True, filters={"label": [f"ansim.zone={zone_id}", f"ansim.project={project}"]}
            )
            if "ansim.workspace" in one["Labels"]
        ]
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="freeze") as threads:
            running = [one["Id"] for one in found if one["State"] == "running"]
            list(threads.map(lambda name: gone_already(client.api.kill, name), running))
            list(
                threads.map(lambda one: gone_already(client.api.remove_container, one["Id"], v=True, force=True), found)
            )
    finally:
        client.close()
    killed: dict[str, list[str]] = {}
    for one in found:
        killed.setdefault(one["Labels"]["ansim.project"], []).append(one["Labels"]["ansim.workspace"])
    return killed


def gone_already(act: Callable[..., Any], name: str, **how: Any) -> None:
    """Do something to a container; one that has ended, or that somebody else is removing, is no error."""
    try:
        act(name, **how)
    except APIError as error:
        if error.status_code not in (404, 409):
            raise


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
