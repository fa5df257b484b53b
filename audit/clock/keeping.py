"""Writes down how right the clock was: a row beside each checkpoint, an event when that changes.

The offset changes with every checkpoint, so an entry for each would call for the next checkpoint without end, and a
line in the checkpoint would make it another format (docs/adr/0024). The rows are append-only but in no tree; that the
clock went wrong or right is in the tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from audit.body import timestamp
from audit.canonical import JSON
from audit.clock.reading import UNREAD, Reading, State
from audit.clock.sources import TimeSource
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.search import Query, search
from audit.tables import audit_clock

WRONG, RIGHT = "log.clock_off", "log.clock_right"
_SAYS: Mapping[str, State] = {WRONG: "off", RIGHT: "right"}


@dataclass(frozen=True, slots=True)
class Kept:
    """What was known of the clock when one checkpoint was signed."""

    size: int
    """How many entries the checkpoint covers."""
    reading: Reading
    read_at: datetime


def last_kept(tx: Connection, *, limit: int = 1) -> list[Kept]:
    """Return what was kept beside the newest checkpoints, the newest first."""
    return [_kept(row) for row in tx.execute(select(audit_clock).order_by(audit_clock.c.size.desc()).limit(limit))]


def furthest(tx: Connection, since: datetime) -> Kept | None:
    """Return the largest offset from a moment on; None if none was read."""
    table = audit_clock.c
    known = select(audit_clock).where(table.offset_us.is_not(None), table.read_at >= timestamp(since))
    row = tx.execute(known.order_by(func.abs(table.offset_us).desc(), table.size).limit(1)).first()
    return None if row is None else _kept(row)


class ClockWatch:
    """The watch of one process; what was told last is read from the log, so that a restart tells nothing twice."""

    def __init__(self, log: AuditLog, source: TimeSource) -> None:
        self._log = log
        self._source = source
        self._told: State | None = None

    def look(self) -> Reading:
        """Ask how right the clock is, and record it if that is other than what was recorded last.

        A clock of which nothing was ever known is nobody's news; one that was right and can no longer be asked is.

        Raises: NotDurable — if it could not be recorded.
        """
        reading = self._source.read() or UNREAD
        told = self._told or self._last_told()
        now: State = "off" if reading.state == "unknown" and told == "right" else reading.state
        if now not in ("unknown", told):
            self._log.record(_event(now, reading), wait="durable")
            told = now
        self._told = told
        return reading

    def _last_told(self) -> State:
        self._log.settle()  # what was told a moment ago, by a process that then ended
        with self._log.db.read() as tx:
            found = [entry for action in _SAYS for entry in search(tx, Query(action=action, limit=1))]
        last = max(found, key=lambda entry: entry.index, default=None)
        return "unknown" if last is None else _SAYS[last.body["action"]]


def _event(state: State, reading: Reading) -> Event:
    known = {"offset_us": reading.offset_us, "error_us": reading.error_us}
    detail: dict[str, JSON] = {name: value for name, value in known.items() if value is not None}
    wrong = state == "off"
    return Event(
        WRONG if wrong else RIGHT,
        Actor.system(),
        Object("log", "audit"),
        Subjects.none(),
        Source(ip=None),
        outcome="failed" if wrong else "ok",
        reason=(reading.reason or "unread") if wrong else None,
        detail={"source": reading.source, **detail},
    )


def _kept(row: object) -> Kept:
    found = Reading(row.source, row.synchronised, row.offset_us, row.error_us)  # type: ignore[attr-defined]
    return Kept(row.size, found, datetime.fromisoformat(row.read_at))  # type: ignore[attr-defined]
