"""What the log itself says of its own retention: erasures, holds, declared prunings.

It is read from entries, not from tables of its own: a hold that somebody deletes from a table would be gone, one that
somebody deletes from the log is found by every verification.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Exists, case, func, select

from audit.body import Body, moment, parse, timestamp
from audit.errors import LogInconsistent, MalformedBody
from audit.sealing import subject_of
from audit.tables import audit_entry, audit_link, audit_pruning

_entry = audit_entry.c


@dataclass(frozen=True, slots=True)
class Erasure:
    """One erasure, as its entry says it."""

    index: int
    at: datetime
    person: str
    keys: tuple[str, ...]
    """The ids of the keys that were destroyed."""
    values: int
    """How many sealed values went with them."""


@dataclass(frozen=True, slots=True)
class Pruning:
    """The last declared pruning."""

    minimum: int
    """Entries below it may be gone."""
    event_id: str
    index: int | None
    """Where the declaration stands; None if the log has no such entry (any more), or not yet."""
    root: bytes | None
    """The root over the entries below the minimum, as the declaration says it."""
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold in force."""

    index: int
    """Its entry; a hold is lifted by naming it."""
    event_id: str
    kind: str
    """person, project, dataset, request, or log for all of it."""
    ref: str
    reason: str
    at: datetime
    by: str
    confirmed_by: str


def erasures(tx: Connection) -> list[Erasure]:
    """Return every erasure, in order."""
    found = []
    for index, body in _recorded(tx, "privacy.erased"):
        detail = body.get("detail", {})
        found.append(
            Erasure(
                index,
                moment(body["ts"]),
                body["object"]["ref"],
                tuple(detail.get("keys", ())),
                int(detail.get("values", 0)),
            )
        )
    return found


def erased_subjects(tx: Connection) -> dict[str, int]:
    """Return the index of the last erasure of each subject: sealed values of earlier entries are destroyed."""
    return {one.person: one.index for one in erasures(tx)}


def is_erased(body: Mapping[str, Any], field: str, index: int, erased: Mapping[str, int]) -> bool:
    """Return whether a sealed field of an entry was destroyed by a later erasure that the log names."""
    actor, thing = body["actor"], body["object"]
    subject = subject_of((actor["kind"], actor["ref"]), (thing["kind"], thing["ref"]), field)
    return index < erased.get(subject, -1)


def pruning(tx: Connection) -> Pruning | None:
    """Return the last declared pruning, or None if there was none."""
    table = audit_pruning.c
    row = tx.execute(select(table.minimum, table.event_id).order_by(table.minimum.desc()).limit(1)).first()
    if row is None:
        return None
    entry = tx.execute(select(_entry.idx, _entry.body).where(_entry.event_id == row.event_id)).first()
    body = None if entry is None else _parsed(entry.body)
    if entry is None or body is None or body["action"] != "log.pruned":
        return Pruning(row.minimum, row.event_id, None, None, None)
    root = bytes.fromhex(body["detail"]["root"]) if body["detail"]["minimum"] == row.minimum else None
    return Pruning(row.minimum, row.event_id, entry.idx, root, moment(body["ts"]))


def holds(tx: Connection) -> list[Hold]:
    """Return the holds in force, oldest first.

    Raises: LogInconsistent — if the entry of a hold is damaged: what it protects must not be lost with it.
    """
    lifted = {body.get("intent_id") for _index, body in _recorded(tx, "hold.lifted")}
    return [
        Hold(
            index=index,
            event_id=body["id"],
            kind=body["object"]["kind"],
            ref=body["object"]["ref"],
            reason=body.get("reason", ""),
            at=moment(body["ts"]),
            by=body["actor"]["ref"],
            confirmed_by=body.get("detail", {}).get("confirmed_by", ""),
        )
        for index, body in _recorded(tx, "hold.set", strict=True)
        if body["id"] not in lifted
    ]


def holds_on_person(tx: Connection, person: str) -> list[Hold]:
    """Return the holds that forbid to erase a person: on the person, on all, and on what the person had part in."""
    mine = audit_link.alias("mine")
    other = audit_link.alias("other")
    found = []
    for hold in holds(tx):
        together = (
            select(mine.c.idx)
            .join(other, other.c.idx == mine.c.idx)
            .where(mine.c.kind == "person", mine.c.ref == person, other.c.kind == hold.kind, other.c.ref == hold.ref)
        )
        if hold.kind == "log" or tx.execute(together.limit(1)).first() is not None:
            found.append(hold)
    return found


def project_of() -> ColumnElement[str | None]:
    """Return the project of an entry, in a query over `audit_entry`."""
    of_object = case((_entry.object_kind == "project", _entry.object_ref), else_=None)
    return func.coalesce(_entry.project, of_object)


def closed_before(at: datetime) -> Exists:
    """Return the condition that the project of an entry was closed before a moment."""
    closing = audit_entry.alias("closing")
    wanted = select(closing.c.idx).where(
        closing.c.action == "project.closed",
        closing.c.outcome == "ok",
        closing.c.object_ref == project_of(),
        closing.c.ts <= timestamp(at),
    )
    return wanted.correlate(audit_entry).exists()


def closed_at(tx: Connection, project: str) -> datetime | None:
    """Return when a project was closed; None while it is open."""
    wanted = select(_entry.ts).where(
        _entry.action == "project.closed", _entry.outcome == "ok", _entry.object_ref == project
    )
    found = tx.execute(wanted.order_by(_entry.idx.desc()).limit(1)).first()
    return None if found is None else moment(found[0])


def _recorded(tx: Connection, action: str, *, strict: bool = False) -> Iterator[tuple[int, Body]]:
    """Yield index and body of the entries of an action that was done, in order."""
    wanted = select(_entry.idx, _entry.body).where(_entry.action == action, _entry.outcome == "ok")
    for index, data in tx.execute(wanted.order_by(_entry.idx)).all():
        body = _parsed(data)
        if body is not None:
            yield index, body
        elif strict:
            raise LogInconsistent(f"entry {index} ({action}) is damaged")


def _parsed(data: bytes) -> Body | None:
    try:
        return parse(bytes(data))
    except MalformedBody:
        return None
