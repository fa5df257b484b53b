"""How far each target has the record: one row per target, moved only by whoever saw it where it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from audit.body import moment, timestamp
from audit.tables import audit_outward

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=5)

_row = audit_outward.c


@dataclass(frozen=True, slots=True)
class Position:
    """Where a target stands; every entry before `position` has been delivered to it at least once."""

    target: str
    position: int = 0
    delivered_at: datetime | None = None
    tried_at: datetime | None = None
    failing_since: datetime | None = None
    failures: int = 0
    error: str | None = None

    @property
    def failing(self) -> bool:
        """Whether the last attempt failed."""
        return self.failing_since is not None

    def next_try(self) -> datetime | None:
        """Return when it may be tried again after failures; None if at any time."""
        if self.tried_at is None or not self.failures:
            return None
        doubled: int = 2 ** min(self.failures - 1, 16)
        return self.tried_at + min(LONGEST_PAUSE, FIRST_PAUSE * doubled)

    def may_try(self, now: datetime) -> bool:
        """Return whether the pause after the last failure is over."""
        pause_ends = self.next_try()
        return pause_ends is None or now >= pause_ends


def read(tx: Connection, target: str) -> Position:
    """Return where a target stands; one that was never sent anything stands at the beginning."""
    found = tx.execute(select(audit_outward).where(_row.target == target)).first()
    if found is None:
        return Position(target)
    return Position(
        found.target,
        found.position,
        _moment(found.delivered_at),
        _moment(found.tried_at),
        _moment(found.failing_since),
        found.failures,
        found.error,
    )


def write(tx: Connection, before: Position, after: Position) -> bool:
    """Replace a position; false if another process moved it meanwhile, which then knows better."""
    values = {
        "position": after.position,
        "delivered_at": _text(after.delivered_at),
        "tried_at": _text(after.tried_at),
        "failing_since": _text(after.failing_since),
        "failures": after.failures,
        "error": after.error,
    }
    same = (_row.target == before.target, _row.position == before.position, _row.failures == before.failures)
    if tx.execute(update(audit_outward).where(*same).values(**values)).rowcount == 1:
        return True
    if tx.execute(select(_row.target).where(_row.target == before.target)).first() is not None:
        return False
    tx.execute(insert(audit_outward).values(target=before.target, **values))
    return True


def _text(at: datetime | None) -> str | None:
    return None if at is None else timestamp(at)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else moment(text)
