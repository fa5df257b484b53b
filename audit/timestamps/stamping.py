"""The zone's side of time stamps: one a day and one after each release, asked for again until it comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from audit.attesters import attester, note_answer, note_failure
from audit.body import timestamp
from audit.errors import AuditError, MalformedToken, TimestampRefused
from audit.log import AuditLog, utc_now
from audit.tables import audit_checkpoint, audit_entry, audit_timestamp
from audit.timestamps.tokens import Fetch, Trust, fetch, obtain
from audit.witness.cosignatures import newest

DAILY = timedelta(days=1)
RETRY = timedelta(minutes=5)
#: What is stamped at once: afterwards a file is outside, and when it left may matter in court.
RELEASES = ("egress.released",)


@dataclass(frozen=True, slots=True)
class Stamp:
    """One token as it is kept."""

    size: int
    tsa: str
    token: bytes
    """A DER TimeStampResp of RFC 3161."""
    created_at: str
    note: str
    """The checkpoint that it is over."""


def stamps(tx: Connection) -> list[Stamp]:
    """Return every token, the smallest tree first."""
    table, signed = audit_timestamp.c, audit_checkpoint.c
    rows = tx.execute(
        select(table.size, table.tsa, table.token, table.created_at, signed.note)
        .join(audit_checkpoint, signed.size == table.size)
        .order_by(table.size, table.tsa)
    )
    return [Stamp(row.size, row.tsa, bytes(row.token), row.created_at, row.note) for row in rows]


def last_stamp(tx: Connection, tsa: str) -> tuple[int, datetime] | None:
    """Return size and time of the last token of an authority."""
    table = audit_timestamp.c
    chosen = select(table.size, table.created_at).where(table.tsa == tsa).order_by(table.size.desc()).limit(1)
    row = tx.execute(chosen).first()
    return None if row is None else (row.size, datetime.fromisoformat(row.created_at))


@dataclass(frozen=True, slots=True)
class TimestampRounds:
    """The duty of a worker: one round stamps the newest checkpoint if that is due."""

    log: AuditLog
    url: str
    trust: Trust
    patience: timedelta = timedelta(hours=12)
    """How long an authority may fail before that is recorded."""
    clock: Callable[[], datetime] = utc_now
    fetch: Fetch = field(default=fetch)

    def run(self) -> None:
        """Stamp the newest checkpoint if it is due."""
        self.stamp()

    def stamp(self, *, at_once: bool = False) -> bool:
        """Stamp the newest checkpoint if it is due, or in any case; return whether a token came and holds."""
        now = self.clock()
        with self.log.db.read() as tx:
            head, last, state = newest(tx), last_stamp(tx, self.url), attester(tx, "tsa", self.url)
            if head is None or not (at_once or self._due(tx, head[0], last, now)):
                return False
        recently = state.tried_at is not None and timedelta() <= now - state.tried_at < RETRY
        if state.failing_since is not None and recently and not at_once:
            return False
        size, note = head
        if last is not None and last[0] == size:
            return True
        try:
            token, _ = obtain(self.url, note, self.trust, self.fetch)
        except AuditError as error:
            note_failure(self.log, state, _code(error), self.clock(), patience=self.patience)
            return False
        with self.log.db.begin() as tx:
            row = {"size": size, "tsa": self.url, "token": token, "created_at": timestamp(self.clock())}
            tx.execute(audit_timestamp.insert().values(**row))
        note_answer(self.log, state, size, self.clock())
        return True

    @staticmethod
    def _due(tx: Connection, size: int, last: tuple[int, datetime] | None, now: datetime) -> bool:
        if last is None or now - last[1] >= DAILY or now < last[1]:
            return True
        table = audit_entry.c
        released = select(table.idx).where(table.action.in_(RELEASES), table.idx >= last[0], table.idx < size).limit(1)
        return tx.scalar(released) is not None


def _code(error: AuditError) -> str:
    if isinstance(error, TimestampRefused):
        return str(error)
    return "answer_malformed" if isinstance(error, MalformedToken) else "token_not_trusted"
