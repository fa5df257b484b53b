"""The audit events around a workspace's life, and what the hub must remember to write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from audit.event import Actor, Event, Object, Outcome, Source, Subjects
from hub_config.home_events import Action, Life
from registry.access_policy import AccessPolicy
from registry.errors import Denied
from registry.model import Person, WorkPermit

HUB = Actor.service("hub")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A workspace that was started: enough to refill a restarted gate and to record the stop.

    `datasets` holds (id, version, number of people); `ends_at` is ISO 8601.
    """

    workspace: str
    person: str
    handle: str
    project: str
    prefix: str
    ends_at: str | None
    language: str
    datasets: tuple[tuple[str, int, int], ...]
    access: Mapping[str, Any] = field(default_factory=dict)
    """The policy of the project as the gate is told it."""

    def payload(self) -> dict[str, Any]:
        """Return what the gate is told about the workspace."""
        return {
            "handle": self.handle,
            "person_ref": self.person,
            "project": self.project,
            "prefix": self.prefix,
            "ends_at": self.ends_at,
            "language": self.language,
            "datasets": [list(d) for d in self.datasets],
            "access": dict(self.access),
        }

    def state(self) -> dict[str, Any]:
        """Return the form in which the hub's database keeps it."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Running:
        """Return what `state` was made from; the hub's database turns tuples into lists."""
        return cls(**{**state, "datasets": tuple((d[0], d[1], d[2]) for d in state["datasets"])})


def running(person: Person, permit: WorkPermit, *, prefix: str, access: AccessPolicy) -> Running:
    """Describe a workspace from the permit that allows it, and the policy of its project."""
    return Running(
        workspace=permit.workspace.ref,
        person=person.ref,
        handle=person.handle,
        project=permit.project.id,
        prefix=prefix,
        ends_at=_iso(permit.ends_at),
        language=person.language,
        datasets=tuple((m.dataset, m.version, m.people) for m in permit.mounts),
        access=access.payload(),
    )


def refused(actor: Actor, person: Person, project: str, denied: Denied, *, source: Source) -> Event:
    """Record that a start was refused, by the registry's code; there may be no workspace yet."""
    return Event(
        action="workspace.start",
        actor=actor,
        object=Object("person", person.ref, project),
        subjects=Subjects.none(),
        source=source,
        outcome="denied",
        reason=denied.code,
        on_behalf_of=person.ref if person.ref != actor.ref else None,
    )


def interrupted(workspace: str, project: str, intent_id: str) -> Event:
    """Record that a start was never finished: the hub was killed in the middle of it."""
    return Event(
        action="workspace.start",
        actor=HUB,
        object=Object("workspace", workspace, project),
        subjects=Subjects.none(),
        source=Source(ip=None),
        outcome="failed",
        reason="interrupted",
        intent_id=intent_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One start as the log sees it: an intent with the id `intent`, then an outcome that cites it."""

    actor: Actor
    workspace: Running
    source: Source
    detail: Mapping[str, Any]
    intent: str

    def announced(self) -> Event:
        """Return the event before anything is touched."""
        return replace(self._event("intent"), id=self.intent)

    def succeeded(self) -> Event:
        """Return the event once the workspace answers."""
        return replace(self._event("ok"), intent_id=self.intent)

    def failed(self, reason: str) -> Event:
        """Return the event after everything was undone."""
        return replace(self._event("failed"), intent_id=self.intent, reason=reason)

    def home_made(self) -> Life:
        """Return what the log is told of the home that is made for this start."""
        return self._life("workspace.home_made", self.workspace.workspace)

    def shared_made(self) -> Life:
        """Return what the log is told of the project's shared space that is made for this start."""
        return self._life("workspace.shared_made", None)

    def _life(self, action: Action, about: str | None) -> Life:
        workspace = self.workspace
        return Life(
            action=action,
            workspace=about,
            project=workspace.project,
            actor=self.actor,
            subjects=Subjects.datasets(workspace.datasets),
            source=self.source,
            on_behalf_of=workspace.person if workspace.person != self.actor.ref else None,
        )

    def _event(self, outcome: Outcome) -> Event:
        workspace = self.workspace
        return Event(
            action="workspace.start",
            actor=self.actor,
            object=Object("workspace", workspace.workspace, workspace.project),
            subjects=Subjects.datasets(workspace.datasets),
            source=self.source,
            outcome=outcome,
            on_behalf_of=workspace.person if workspace.person != self.actor.ref else None,
            detail=self.detail,
        )


def stop(
    workspace: Running,
    *,
    outcome: Outcome,
    reason: str | None = None,
    intent_id: str | None = None,
    container: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Event:
    """Record one end of a stop, or the end that a workspace found by itself.

    The hub is the actor: a service tells it to stop, and why is in that service's own event before this one.
    """
    return Event(
        action="workspace.stop",
        actor=HUB,
        object=Object("workspace", workspace.workspace, workspace.project),
        subjects=Subjects.datasets(workspace.datasets),
        source=Source(ip=None, container=container),
        outcome=outcome,
        reason=reason,
        intent_id=intent_id,
        on_behalf_of=workspace.person,
        detail=detail or {},
    )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
