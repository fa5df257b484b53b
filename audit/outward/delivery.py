"""Delivery of the record to one target: in order, at least once, never with a gap.

The position moves only after a batch has arrived, in a transaction of its own: a process that is killed in between
sends that batch again. An outage is recorded when it begins and when it ends, not at every attempt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, func, select

from audit.canonical import JSON
from audit.errors import DeliveryFailed
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog, utc_now
from audit.outward import cursor
from audit.outward.cursor import Position
from audit.outward.formats import message
from audit.outward.ocsf import Outgoing
from audit.outward.senders import Sender, sender_for
from audit.outward.target import Target
from audit.search import Entry, Query, search
from audit.tables import audit_entry

BATCH = 500

State = Literal["current", "failing", "waiting", "stopped"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one round of delivery came to."""

    state: State
    sent: int
    position: Position


class Outward:
    """Sends the record to one target."""

    def __init__(
        self,
        log: AuditLog,
        target: Target,
        *,
        sender: Sender | None = None,
        batch: int = BATCH,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._log = log
        self._target = target
        self._sender = sender or sender_for(target)
        self._batch = batch
        self._clock = clock

    def deliver(self, stop: Callable[[], bool] = lambda: False) -> Delivery:
        """Send what the target does not have yet, until it has everything, fails, or `stop` says so."""
        sent = 0
        while True:
            with self._log.db.read() as tx:
                position = cursor.read(tx, self._target.name)
            if not position.may_try(self._clock()):
                return Delivery("waiting", sent, position)
            if stop():
                return Delivery("stopped", sent, position)
            try:
                arrived = self._send(position)
            except DeliveryFailed as error:
                return Delivery("failing", sent, self._failed(position, error))
            if arrived is None:
                return Delivery("current", sent, position)
            self._arrived(position, arrived)
            sent += arrived - position.position

    def _send(self, position: Position) -> int | None:
        """Send the next batch and return the position behind it; None if there is nothing to send."""
        with self._log.db.read() as tx:
            entries = due(tx, position.position, self._batch)
        if not entries:
            return None
        self._sender.send([self._message(entry) for entry in entries])
        return entries[-1].index + 1

    def _message(self, entry: Entry) -> str:
        target = self._target
        return message(Outgoing(entry, self._log.origin), target.format, target.transport, target.language)

    def _arrived(self, before: Position, position: int) -> None:
        now = self._clock()
        after = Position(before.target, position, delivered_at=now, tried_at=now)
        with self._log.db.begin() as tx:
            if cursor.write(tx, before, after) and before.failing:
                facts: dict[str, JSON] = {"failures": before.failures}
                self._log.append(tx, self._event("log.delivery_resumed", before, facts))

    def _failed(self, before: Position, error: DeliveryFailed) -> Position:
        now = self._clock()
        after = replace(
            before,
            tried_at=now,
            failing_since=before.failing_since or now,
            failures=before.failures + 1,
            error=error.code,
        )
        with self._log.db.begin() as tx:
            if cursor.write(tx, before, after) and not before.failing:
                event = self._event("log.delivery_failed", before, {})
                self._log.append(tx, replace(event, outcome="failed", reason=error.code))
        return after

    def _event(self, action: str, position: Position, facts: dict[str, JSON]) -> Event:
        return Event(
            action,
            Actor.service(self._log.component),
            Object("log", "audit"),
            Subjects.none(),
            Source(ip=None),
            detail={"target": self._target.name, "position": position.position, **facts},
        )


def due(tx: Connection, position: int, limit: int) -> list[Entry]:
    """Return the next entries from a position without a gap between them.

    What was pruned before it could be sent is passed over: nothing of it is left to send.
    """
    entries = search(tx, Query(after=position - 1, newest_first=False, limit=limit))
    if entries and entries[0].index != position and entries[0].index != oldest(tx):
        raise DeliveryFailed("hole_in_log", f"entry {position} is missing")
    return [entry for number, entry in enumerate(entries) if entry.index == entries[0].index + number]


def oldest(tx: Connection) -> int | None:
    """Return the index of the first entry whose body is kept."""
    return tx.execute(select(func.min(audit_entry.c.idx))).scalar()
