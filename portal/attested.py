"""Who outside the zone holds the signed state of the log, as its officer reads it: witnesses and time stamps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from audit.attesters import Attester, attester
from audit.log import AuditLog
from audit.tables import audit_attester
from audit.timestamps.stamping import last_stamp
from audit.witness.cosignatures import last_cosigned, last_witnessed, newest
from registry.text import Text

_TSA = Text("시점확인", "time stamp")
_WITNESS = Text("증인", "witness")


@dataclass(frozen=True, slots=True)
class Attested:
    """One of them: up to where it has signed, and since when it fails."""

    kind: Text
    name: str
    size: int
    """How many entries the newest checkpoint covers that it signed; 0 if it never did."""
    behind: int
    """How many entries were signed by the log since."""
    answered_at: datetime | None
    failing_since: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Outside:
    """All of them."""

    rows: tuple[Attested, ...]
    asks: bool
    """Whether a policy asks for witnesses."""
    quorum: int
    """How many entries the newest checkpoint covers that has the cosignatures which the policy asks for."""


def outside(tx: Connection, log: AuditLog) -> Outside:
    """Return how it stands with everybody who attests the log from outside."""
    head = newest(tx)
    size, policy = 0 if head is None else head[0], log.witnesses
    rows = [
        _row(
            _WITNESS,
            one.name,
            last_cosigned(tx, one.verifier),
            size,
            attester(tx, "witness", one.verifier.key_id.hex()),
        )
        for one in policy.witnesses
    ]
    for url in tx.scalars(select(audit_attester.c.ref).where(audit_attester.c.kind == "tsa")).all():
        stamp = last_stamp(tx, url)
        rows.append(_row(_TSA, url, 0 if stamp is None else stamp[0], size, attester(tx, "tsa", url)))
    witnessed = last_witnessed(tx, policy) if policy.asks else None
    return Outside(tuple(rows), policy.asks, 0 if witnessed is None else witnessed[0])


def _row(kind: Text, name: str, covered: int, size: int, state: Attester) -> Attested:
    behind = max(0, size - covered)
    return Attested(kind, name, covered, behind, state.answered_at, state.failing_since, state.reason)
