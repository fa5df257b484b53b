"""The cosignatures that a log has collected: kept beside its checkpoints, never in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from audit.body import timestamp
from audit.errors import NotInLog
from audit.note import Verifier
from audit.tables import audit_checkpoint, audit_cosignature
from audit.witness.policy import WitnessPolicy

_PAGE = 100


def newest(tx: Connection) -> tuple[int, str] | None:
    """Return size and note of the largest checkpoint, or None before the first."""
    table = audit_checkpoint.c
    row = tx.execute(select(table.size, table.note).order_by(table.size.desc()).limit(1)).first()
    return None if row is None else (row.size, row.note)


def cosigned_note(tx: Connection, size: int) -> str:
    """Return the checkpoint of a size with every cosignature that was collected for it.

    Raises: NotInLog — if there is no checkpoint of this size.
    """
    note: str | None = tx.scalar(select(audit_checkpoint.c.note).where(audit_checkpoint.c.size == size))
    if note is None:
        raise NotInLog(f"no checkpoint of size {size}")
    table = audit_cosignature.c
    lines: Sequence[str] = tx.scalars(select(table.line).where(table.size == size).order_by(table.key_id)).all()
    return note + "".join(lines)


def witnessed_note(tx: Connection, policy: WitnessPolicy, index: int) -> str | None:
    """Return the smallest checkpoint that covers an entry and satisfies a policy, with its cosignatures.

    None if there is none; where the policy asks for no cosignature, that is every entry.
    """
    last = index
    while policy.asks:
        sizes = tx.scalars(
            select(audit_cosignature.c.size)
            .where(audit_cosignature.c.size > last)
            .distinct()
            .order_by("size")
            .limit(_PAGE)
        ).all()
        for size in sizes:
            note = cosigned_note(tx, size)
            if policy.satisfied_by(note):
                return note
        if len(sizes) < _PAGE:
            break
        last = sizes[-1]
    return None


def last_witnessed(tx: Connection, policy: WitnessPolicy) -> tuple[int, str] | None:
    """Return size and note of the largest checkpoint that satisfies a policy, with its cosignatures.

    None if there is none, and where the policy asks for no cosignature.
    """
    size_of = audit_cosignature.c.size
    below: int | None = None
    while policy.asks:
        chosen = select(size_of).distinct().order_by(size_of.desc()).limit(_PAGE)
        sizes = tx.scalars(chosen if below is None else chosen.where(size_of < below)).all()
        for size in sizes:
            if policy.satisfied_by(note := cosigned_note(tx, size)):
                return size, note
        if len(sizes) < _PAGE:
            break
        below = sizes[-1]
    return None


def last_cosigned(tx: Connection, verifier: Verifier) -> int:
    """Return the largest size that a witness has cosigned, as far as this log knows."""
    table = audit_cosignature.c
    size: int | None = tx.scalar(select(func.max(table.size)).where(table.key_id == verifier.key_id.hex()))
    return 0 if size is None else size


def keep_line(tx: Connection, size: int, verifier: Verifier, line: str, at: datetime) -> None:
    """Keep a verified cosignature; the first of a witness for a size is the one that stays."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    row = {"size": size, "key_id": verifier.key_id.hex(), "line": line, "created_at": timestamp(at)}
    tx.execute(insert(audit_cosignature).values(**row).on_conflict_do_nothing())
