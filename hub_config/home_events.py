"""The audit events in the life of an encrypted home or space: made, filled from a plain one, and its key destroyed.

Opening and closing are part of a workspace's start and stop, which have events of their own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from audit.canonical import JSON
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.refs import new_event_id
from hub_config.home_helper.errors import HomeError, HomeRefused

Action = Literal[
    "workspace.home_made",
    "workspace.home_encrypted",
    "workspace.plain_home_destroyed",
    "workspace.home_destroyed",
    "workspace.shared_made",
    "workspace.shared_encrypted",
    "workspace.plain_shared_destroyed",
    "workspace.shared_destroyed",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One of the turns of a home's life, as the log is told of it; that of a shared space has no `workspace`."""

    action: Action
    workspace: str | None
    project: str
    actor: Actor
    subjects: Subjects
    source: Source
    on_behalf_of: str | None = None
    why: str | None = None

    @property
    def object(self) -> Object:
        """What the event is about: the workspace, or the project whose space it is."""
        kind, ref = ("project", self.project) if self.workspace is None else ("workspace", self.workspace)
        return Object(kind, ref, self.project)


@dataclass(slots=True)
class Ended:
    """What such a turn turns out to be; `more` is added to the detail of the event.

    `key` is the public name of the key; `lingers` says that somebody still has mounted what has no key any more.
    """

    key: str = ""
    lingers: bool = False
    more: dict[str, JSON] = field(default_factory=dict)


@contextlib.contextmanager
def life(log: AuditLog, of: Life) -> Iterator[Ended]:
    """Announce what is about to be done, durably, and record how it ended.

    Raises: AuditError — before anything was done, if the log cannot be written.
    """
    intent = new_event_id()
    about = Event(
        action=of.action,
        actor=of.actor,
        object=of.object,
        subjects=of.subjects,
        source=of.source,
        outcome="intent",
        reason=of.why,
        on_behalf_of=of.on_behalf_of,
    )
    log.record(replace(about, id=intent), wait="durable")
    ended = Ended()
    try:
        yield ended
    except (HomeError, OSError) as error:
        why = error.code if isinstance(error, HomeRefused) else "helper_away"
        log.record(replace(about, id=new_event_id(), outcome="failed", reason=why, intent_id=intent), wait="durable")
        raise
    detail: dict[str, JSON] = {**ended.more, "key": ended.key} if ended.key else {**ended.more}
    if ended.lingers:
        detail["lingers"] = True
    done = replace(about, id=new_event_id(), outcome="ok", intent_id=intent, detail=detail)
    log.record(done, wait="durable")
