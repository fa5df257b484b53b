"""Finding entries: by what they say, and as the timeline of a person, a dataset, a project or a request.

Pages follow the index of the last entry seen, so a page is as cheap at the end of the log as at its
beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, literal, select, type_coerce
from sqlalchemy.types import LargeBinary

from audit.body import moment, parse, timestamp
from audit.errors import MalformedBody, NotInLog
from audit.event import Outcome
from audit.merkle import leaf_hash
from audit.tables import audit_entry, audit_link

MAX_LIMIT = 1000
_UNKNOWN_TIME = datetime.fromtimestamp(0, UTC)
_entry = audit_entry.c


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for; every condition that is given must hold."""

    actor: str | None = None
    project: str | None = None
    object: str | None = None
    dataset: str | None = None
    person: str | None = None
    """In whose timeline the entry stands, as actor, object or data subject."""
    action: str | None = None
    """An action, or its first part with a dot: "egress." finds all of them."""
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Exclusive."""
    text: str | None = None
    """A part of the body as written."""
    after: int | None = None
    """Continue behind this index, in the direction of the query."""
    limit: int = 100
    newest_first: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log."""

    index: int
    id: str
    ts: datetime
    component: str
    body: Mapping[str, Any]
    leaf_hash: bytes
    intact: bool = True
    """Whether the body has the hash stored with it; of a body that is none, only the columns are shown."""


def search(tx: Connection, query: Query) -> list[Entry]:
    """Return the entries that a query describes, at most `query.limit` (and never more than `MAX_LIMIT`)."""
    statement = _page(query.after, query.limit, newest_first=query.newest_first).where(*_conditions(tx, query))
    for kind, ref in (("project", query.project), ("dataset", query.dataset), ("person", query.person)):
        if ref is not None:
            statement = statement.where(_linked(kind, ref))
    return [_to_entry(row) for row in tx.execute(statement)]


def timeline(
    tx: Connection,
    *,
    person: str | None = None,
    dataset: str | None = None,
    project: str | None = None,
    request: str | None = None,
    after: int | None = None,
    limit: int = 200,
    newest_first: bool = False,
) -> list[Entry]:
    """Return what happened to or through one person, dataset, project or request, in order."""
    given = {"person": person, "dataset": dataset, "project": project, "request": request}
    conditions = [_linked(kind, ref) for kind, ref in given.items() if ref is not None]
    if not conditions:
        raise TypeError("a timeline is of a person, a dataset, a project or a request")
    statement = _page(after, limit, newest_first=newest_first).where(*conditions)
    return [_to_entry(row) for row in tx.execute(statement)]


def entry(tx: Connection, index: int) -> Entry:
    """Return one entry.

    Raises: NotInLog — if there is none of this index.
    """
    row = tx.execute(select(audit_entry).where(_entry.idx == index)).first()
    if row is None:
        raise NotInLog(f"no entry {index}")
    return _to_entry(row)


def open_intents(tx: Connection, before: datetime, *, limit: int = MAX_LIMIT) -> list[Entry]:
    """Return announcements from before a moment whose outcome was never recorded, oldest first."""
    answered = select(audit_link.c.idx).where(audit_link.c.kind == "intent", audit_link.c.ref == _entry.event_id)
    statement = _page(None, limit, newest_first=False).where(
        _entry.outcome == "intent", _entry.ts < timestamp(before), ~answered.exists()
    )
    return [_to_entry(row) for row in tx.execute(statement)]


def _page(after: int | None, limit: int, *, newest_first: bool) -> Select[Any]:
    order = _entry.idx.desc() if newest_first else _entry.idx.asc()
    statement = select(audit_entry).order_by(order).limit(max(0, min(limit, MAX_LIMIT)))
    if after is None:
        return statement
    return statement.where(_entry.idx < after if newest_first else _entry.idx > after)


def _conditions(tx: Connection, query: Query) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.actor is not None:
        conditions.append(_entry.actor_ref == query.actor)
    if query.object is not None:
        conditions.append(_entry.object_ref == query.object)
    if query.action is not None:
        matches = _entry.action.startswith(query.action, autoescape=True)
        conditions.append(matches if query.action.endswith(".") else _entry.action == query.action)
    if query.outcome is not None:
        conditions.append(_entry.outcome == query.outcome)
    if query.since is not None:
        conditions.append(_entry.ts >= timestamp(query.since))
    if query.until is not None:
        conditions.append(_entry.ts < timestamp(query.until))
    if query.text:
        conditions.append(_contains(tx, query.text.encode("utf-8", "replace")))
    return conditions


def _contains(tx: Connection, part: bytes) -> ColumnElement[bool]:
    """Return a condition that the body contains these bytes."""
    needle = literal(part, LargeBinary)
    if tx.dialect.name == "postgresql":
        return func.position(needle.op("IN")(type_coerce(_entry.body, LargeBinary))) > 0
    return func.instr(_entry.body, needle) > 0


def _linked(kind: str, ref: str) -> ColumnElement[bool]:
    links = select(audit_link.c.idx).where(audit_link.c.kind == kind, audit_link.c.ref == ref)
    return _entry.idx.in_(links)


def _to_entry(row: Row[Any]) -> Entry:
    data, stored = bytes(row.body), bytes(row.leaf_hash)
    try:
        body = parse(data)
        return Entry(
            row.idx, body["id"], moment(body["ts"]), body["component"], body, stored, leaf_hash(data) == stored
        )
    except (MalformedBody, ValueError):
        # One damaged row must not hide the others from whoever investigates it.
        return Entry(row.idx, row.event_id, _UNKNOWN_TIME, row.component, _from_columns(row), stored, intact=False)


def _from_columns(row: Row[Any]) -> dict[str, Any]:
    """Return what the search columns say, in the shape of a body."""
    thing = {"kind": row.object_kind, "ref": row.object_ref}
    return {
        "v": 0,
        "id": row.event_id,
        "ts": row.ts,
        "component": row.component,
        "action": row.action,
        "outcome": row.outcome,
        "actor": {"kind": "system", "ref": row.actor_ref},
        "object": thing if row.project is None else {**thing, "project": row.project},
        "subjects": {"kind": "none"},
        "source": {"host": ""},
    }
