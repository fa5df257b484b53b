"""How it stands with those who attest from outside: witnesses and time-stamping authorities.

One row for each, which says what it has seen and since when it fails. A failure that lasts is recorded in the log once,
and so is its end: those events are what an alert is made from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, RowMapping, delete, select

from audit.body import timestamp
from audit.canonical import JSON
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.tables import audit_attester

Kind = Literal["witness", "tsa"]

EVENTS: dict[Kind, tuple[str, str]] = {
    "witness": ("log.witness_failed", "log.witness_resumed"),
    "tsa": ("log.timestamp_failed", "log.timestamp_resumed"),
}
MAX_REASON = 64


@dataclass(frozen=True, slots=True)
class Attester:
    """One of them, as it stands."""

    kind: Kind
    ref: str
    """The key id of a witness, the address of a time-stamping authority."""
    size: int = 0
    """The largest tree that it has attested."""
    tried_at: datetime | None = None
    answered_at: datetime | None = None
    failing_since: datetime | None = None
    reason: str | None = None
    alerted_at: datetime | None = None

    def answered(self, size: int, now: datetime) -> Attester:
        """Return it after an answer that holds."""
        return Attester(self.kind, self.ref, max(size, self.size), now, now)

    def failed(self, reason: str, now: datetime) -> Attester:
        """Return it after none."""
        since = self.failing_since or now
        return replace(self, tried_at=now, failing_since=since, reason=reason[:MAX_REASON])

    def must_alert(self, now: datetime, patience: timedelta, *, at_once: bool) -> bool:
        """Return whether a failure has to be recorded now."""
        if self.failing_since is None or self.alerted_at is not None:
            return False
        return at_once or now - self.failing_since >= patience


def attester(tx: Connection, kind: Kind, ref: str) -> Attester:
    """Return how it stands with one of them; one that was never asked has seen nothing."""
    table = audit_attester.c
    row = tx.execute(select(audit_attester).where(table.kind == kind, table.ref == ref)).mappings().first()
    return Attester(kind, ref) if row is None else _attester(kind, row)


def note_answer(log: AuditLog, was: Attester, size: int, now: datetime) -> None:
    """Keep that an attester answered; where its failing had been recorded, so is its end."""
    with log.db.begin() as tx:
        keep(tx, was.answered(size, now))
        if was.alerted_at is not None:
            log.append(tx, _event(log, EVENTS[was.kind][1], was, size))


def note_failure(
    log: AuditLog, was: Attester, reason: str, now: datetime, *, patience: timedelta, at_once: bool = False
) -> None:
    """Keep that an attester failed; what lasts longer than `patience`, or cannot wait, is recorded in the log."""
    now_is = was.failed(reason, now)
    with log.db.begin() as tx:
        if now_is.must_alert(now, patience, at_once=at_once):
            log.append(tx, _event(log, EVENTS[was.kind][0], now_is, was.size))
            now_is = replace(now_is, alerted_at=now)
        keep(tx, now_is)


def keep(tx: Connection, row: Attester) -> None:
    """Write the row of one attester."""
    table = audit_attester.c
    tx.execute(delete(audit_attester).where(table.kind == row.kind, table.ref == row.ref))
    moments = ("tried_at", "answered_at", "failing_since", "alerted_at")
    values = {name: None if (at := getattr(row, name)) is None else timestamp(at) for name in moments}
    fixed = {"kind": row.kind, "ref": row.ref, "size": row.size, "reason": row.reason}
    tx.execute(audit_attester.insert().values(**fixed, **values))


def _event(log: AuditLog, action: str, about: Attester, size: int) -> Event:
    # An address may be one that no body may hold; which authority it is, the status says.
    detail: dict[str, JSON] = {"size": size, **({"witness": about.ref} if about.kind == "witness" else {})}
    return Event(
        action,
        Actor.service(log.component),
        Object("log", "audit"),
        Subjects.none(),
        Source(ip=None),
        outcome="failed" if about.reason else "ok",
        reason=about.reason if about.failing_since and action.endswith("failed") else None,
        detail=detail,
    )


def _attester(kind: Kind, row: RowMapping) -> Attester:
    moments = [row[name] for name in ("tried_at", "answered_at", "failing_since", "alerted_at")]
    tried, answered, since, alerted = (None if text is None else datetime.fromisoformat(text) for text in moments)
    return Attester(kind, row["ref"], row["size"], tried, answered, since, row["reason"], alerted)
