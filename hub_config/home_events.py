"""The audit events in the life of an encrypted home: that it was made, and that its key was destroyed.

Opening and closing are part of a workspace's start and stop, which have events of their own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from audit.canonical import JSON
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.refs import new_event_id
from hub_config.home_helper.errors import HomeError, HomeRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One of the two ends of a home's life, as the log is told of it."""

    action: Literal["workspace.home_made", "workspace.home_destroyed"]
    workspace: str
    project: str
    actor: Actor
    subjects: Subjects
    source: Source
    on_behalf_of: str | None = None
    why: str | None = None


@dataclass(slots=True)
class Ended:
    """What an end turns out to be.

    `key` is the public name of the key; `lingers` says that somebody still has mounted what has no key any more.
    """

    key: str = ""
    lingers: bool = False


@contextlib.contextmanager
def life(log: AuditLog, of: Life) -> Iterator[Ended]:
    """Announce what is about to be done, durably, and record how it ended.

    Raises: AuditError — before anything was done, if the log cannot be written.
    """
    intent = new_event_id()
    about = Event(
        action=of.action,
        actor=of.actor,
        object=Object("workspace", of.workspace, of.project),
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
    detail: dict[str, JSON] = {"key": ended.key} if ended.key else {}
    if ended.lingers:
        detail["lingers"] = True
    done = replace(about, id=new_event_id(), outcome="ok", intent_id=intent, detail=detail)
    log.record(done, wait="durable")
