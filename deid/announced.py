"""An action on data that is announced in the audit log before it is done, and reported after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from audit.canonical import JSON
from audit.event import Actor, Event, Object, Outcome, Source, Subjects
from audit.log import AuditLog


@dataclass(frozen=True, slots=True)
class Announced:
    """The events of one action under one policy."""

    log: AuditLog
    action: str
    policy: str
    by: Actor
    subjects: Subjects
    source: Source
    on_behalf_of: str | None = None

    def record(
        self,
        outcome: Outcome,
        about: Object,
        *,
        intent_id: str | None = None,
        reason: str | None = None,
        detail: Mapping[str, JSON] = MappingProxyType({}),
    ) -> str:
        """Record one of them and return its id."""
        event = Event(
            self.action,
            self.by,
            about,
            self.subjects,
            self.source,
            on_behalf_of=self.on_behalf_of,
            outcome=outcome,
            reason=reason,
            intent_id=intent_id,
            policy=self.policy,
            detail=detail,
        )
        self.log.record(event)
        return event.id
