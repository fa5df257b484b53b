"""Finding entries: by what they say, and as the timeline of a person, a dataset, a project, a request or a file.

Pages follow the index of the last entry seen, so a page is as cheap at the end of the log as at its
beginning. `search` reads to the end of the log if it must; `look` stops at a budget and says where, for screens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from audit.body import moment, parse, timestamp
from audit.errors import MalformedBody, NotInLog
from audit.merkle import leaf_hash
from audit.searching.conditions import Addresses
from audit.searching.plan import Budget, plan
from audit.searching.query import MAX_LIMIT, Entry, Query
from audit.store import log_size
from audit.tables import audit_entry, audit_link

__all__ = ["MAX_LIMIT", "Entry", "Page", "Query", "entries_at", "entry", "look", "open_intents", "search", "timeline"]

_UNKNOWN_TIME = datetime.fromtimestamp(0, UTC)
_entry = audit_entry.c


@dataclass(frozen=True, slots=True)
class Page:
    """A part of an answer, in the order of the query."""

    entries: tuple[Entry, ...]
    more: bool
    """Whether further entries are known to match."""
    read_to: int | None
    """Where the budget ended the search: entries beyond this one were not looked at. None if it was complete."""

    @property
    def next_after(self) -> int | None:
        """Return behind which index the next page begins; None if there is none."""
        if self.more:
            return self.entries[-1].index
        return self.read_to


def search(tx: Connection, query: Query, addresses: Addresses | None = None) -> list[Entry]:
    """Return the entries that a query describes, at most `query.limit` (and never more than `MAX_LIMIT`).

    Raises: QuestionRefused — if it asks for an address and `addresses` is not given.
    """
    found = plan(tx, query, log_size(tx), addresses=addresses).run(tx, "e.idx", max(0, min(query.limit, MAX_LIMIT)))
    return entries_at(tx, [row.idx for row in found])


def look(tx: Connection, query: Query, *, budget: Budget | None = None, addresses: Addresses | None = None) -> Page:
    """Return one page of an answer without reading more of the log than a budget allows.

    Raises: QuestionRefused — as `search`.
    """
    limit = max(1, min(query.limit, MAX_LIMIT))
    found = plan(tx, query, log_size(tx), budget=budget or Budget(), addresses=addresses)
    rows = [row.idx for row in found.run(tx, "e.idx", limit + 1)]
    more = len(rows) > limit
    ended = found.low if query.newest_first else found.high - 1
    return Page(tuple(entries_at(tx, rows[:limit])), more, ended if found.cut and not more else None)


def timeline(
    tx: Connection,
    *,
    person: str | None = None,
    dataset: str | None = None,
    project: str | None = None,
    request: str | None = None,
    file: str | None = None,
    after: int | None = None,
    limit: int = 200,
    newest_first: bool = False,
) -> list[Entry]:
    """Return what happened to or through one person, dataset, project, request or file, in order."""
    of: Mapping[str, Any] = {"person": person, "dataset": dataset, "project": project, "request": request, "file": file}
    if all(ref is None for ref in of.values()):
        raise TypeError("a timeline is of a person, a dataset, a project, a request or a file")
    return search(tx, replace(Query(**of), after=after, limit=limit, newest_first=newest_first))


def entry(tx: Connection, index: int) -> Entry:
    """Return one entry.

    Raises: NotInLog — if there is none of this index.
    """
    # A number that no database takes is no entry's either.
    known = 0 <= index < 2**63
    row = tx.execute(select(audit_entry).where(_entry.idx == index)).first() if known else None
    if row is None:
        raise NotInLog(f"no entry {index}")
    return _to_entry(row)


def entries_at(tx: Connection, indexes: Sequence[int]) -> list[Entry]:
    """Return the entries of these indexes, in their order; one that is not there is left out."""
    found: dict[int, Entry] = {}
    for start in range(0, len(indexes), MAX_LIMIT):
        rows = tx.execute(select(audit_entry).where(_entry.idx.in_(indexes[start : start + MAX_LIMIT])))
        found.update((row.idx, _to_entry(row)) for row in rows)
    return [found[index] for index in indexes if index in found]


def open_intents(tx: Connection, before: datetime, *, limit: int = MAX_LIMIT) -> list[Entry]:
    """Return announcements from before a moment whose outcome was never recorded, oldest first."""
    answered = select(audit_link.c.idx).where(audit_link.c.kind == "intent", audit_link.c.ref == _entry.event_id)
    statement = (
        select(audit_entry)
        .where(_entry.outcome == "intent", _entry.ts < timestamp(before), ~answered.exists())
        .order_by(_entry.idx)
        .limit(max(0, min(limit, MAX_LIMIT)))
    )
    return [_to_entry(row) for row in tx.execute(statement)]


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
