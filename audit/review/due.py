"""By when a month is signed, and what is said when it is not."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from audit.body import moment
from audit.event import Actor, Event, Object, Source, Subjects
from audit.review import store
from audit.review.policy import ReviewPolicy
from audit.review.working_hours import Month
from audit.tables import audit_entry

OVERDUE = "review.overdue"
MAX_MONTHS = 120  # looked back at most: longer than any record of access is kept
_LABEL = b"ansim-review-overdue/v1"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the reviews of a zone stand."""

    overdue: tuple[Month, ...]
    """Oldest first."""
    waiting: tuple[Month, ...]
    """Over and not signed, but still in time."""
    sign_by: date | None
    """The last day for the first month that waits."""


def this_month(policy: ReviewPolicy, now: datetime) -> Month:
    """Return the month in which a moment lies, where the zone is."""
    return Month.of(policy.hours.local(now).date())


def sign_by(month: Month, policy: ReviewPolicy) -> date:
    """Return the last day on which the review of a month is in time."""
    return month.next().first.replace(day=policy.sign_by_day)


def standing(tx: Connection, policy: ReviewPolicy, now: datetime) -> Standing:
    """Return where reviews stand: every month since the log began is reviewed once it is over."""
    first = tx.execute(select(audit_entry.c.ts).order_by(audit_entry.c.idx).limit(1)).scalar()
    if first is None:
        return Standing((), (), None)
    today = policy.hours.local(now).date()
    signed = {review.month for review in store.reviews(tx) if review.signed_at is not None}
    month, begun = Month.of(today).previous(), this_month(policy, moment(first))
    unsigned: list[Month] = []
    for _ in range(MAX_MONTHS):
        if month.first < begun.first:
            break
        if month not in signed:
            unsigned.insert(0, month)
        month = month.previous()
    overdue = tuple(m for m in unsigned if today > sign_by(m, policy))
    waiting = tuple(m for m in unsigned if today <= sign_by(m, policy))
    return Standing(overdue, waiting, sign_by(waiting[0], policy) if waiting else None)


def overdue_event(month: Month, policy: ReviewPolicy, origin: str) -> Event:
    """Return the event that a review is overdue; its id follows from log and month, so it is recorded once."""
    deadline = policy.hours.span(sign_by(month, policy), sign_by(month, policy)).until
    return Event(
        OVERDUE,
        Actor.system(),
        Object("log", f"review.{month}"),
        Subjects.none(),
        Source(ip=None, host="zone"),
        outcome="failed",
        reason="not_signed",
        detail={"month": str(month)},
        id=_event_id(origin, month, deadline),
    )


def announced(tx: Connection, month: Month) -> bool:
    """Say whether the log holds that a review is overdue."""
    row = audit_entry.c
    mine = select(row.idx).where(row.object_ref == f"review.{month}", row.action == OVERDUE)
    return tx.execute(mine.limit(1)).first() is not None


def _event_id(origin: str, month: Month, deadline: datetime) -> str:
    """Return a UUIDv7 whose time is the deadline and whose rest follows from log and month."""
    rest = hashlib.sha256(b"\0".join((_LABEL, origin.encode(), str(month).encode()))).digest()
    milliseconds = int(deadline.timestamp() * 1000)
    value = (milliseconds & (1 << 48) - 1) << 80 | int.from_bytes(rest[:10], "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))
