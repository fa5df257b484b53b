"""Everything that the database keeps of requests, in all their rounds, as it stands: what is held against the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, bindparam, select

from egress_review import store, tables
from egress_review.model import Group, Request, RequestFile


@dataclass(slots=True)
class Stored:
    """One request and its rows; `request` is None where only rows of it are left."""

    ref: str
    request: Request | None = None
    said: dict[int, Row[Any]] = field(default_factory=dict)
    files: dict[int, list[RequestFile]] = field(default_factory=dict)
    groups: dict[int, list[Row[Any]]] = field(default_factory=dict)
    reports: dict[int, Row[Any]] = field(default_factory=dict)
    votes: list[Row[Any]] = field(default_factory=list)
    release: Row[Any] | None = None
    receipt: Row[Any] | None = None
    collections: list[Row[Any]] = field(default_factory=list)
    purged: list[Row[Any]] = field(default_factory=list)
    recused: list[Row[Any]] = field(default_factory=list)

    def groups_of(self, round: int) -> dict[str, Group]:
        """The groups of one round with the names of their files."""
        files = self.files.get(round, [])
        return {
            row.name: Group(row.context, row.controls, tuple(f.name for f in files if f.group == row.name))
            for row in self.groups.get(round, ())
        }


def stored(tx: Connection, refs: Iterable[str]) -> dict[str, Stored]:
    """What is kept of these requests, in a dozen queries for all of them."""
    found: dict[str, Stored] = {}
    for some in store.batched(refs):
        kept = {ref: Stored(ref) for ref in some}
        for request in store.find(tx, tables.request.c.ref.in_(some)):
            kept[request.ref].request = request
        for rows_of, put in _PLACES:
            for row in tx.execute(rows_of, {"refs": some}):
                put(kept[row.request_ref], row)
        found |= kept
    return found


def _rows_of(table: Table) -> Select[Any]:
    """The rows of requests in a table; written once, since it is asked with every vote."""
    of_these = table.c.request_ref.in_(bindparam("refs", expanding=True))
    # Names of files and groups are hashed in this order; the rest is compared as sets.
    return select(table).where(of_these).order_by(*(table.c[name] for name in ("name",) if name in table.c))


def _put_said(kept: Stored, row: Row[Any]) -> None:
    kept.said[row.round] = row


def _put_file(kept: Stored, row: Row[Any]) -> None:
    file = RequestFile(row.name, row.sha256, row.size, row.kind, row.group_name)
    kept.files.setdefault(row.round, []).append(file)


def _put_group(kept: Stored, row: Row[Any]) -> None:
    kept.groups.setdefault(row.round, []).append(row)


def _put_report(kept: Stored, row: Row[Any]) -> None:
    kept.reports[row.round] = row


def _put_release(kept: Stored, row: Row[Any]) -> None:
    kept.release = row


def _put_receipt(kept: Stored, row: Row[Any]) -> None:
    kept.receipt = row


_PLACES: tuple[tuple[Select[Any], Callable[[Stored, Row[Any]], None]], ...] = (
    (_rows_of(tables.said), _put_said),
    (_rows_of(tables.file), _put_file),
    (_rows_of(tables.group), _put_group),
    (_rows_of(tables.report), _put_report),
    (_rows_of(tables.vote), lambda kept, row: kept.votes.append(row)),
    (_rows_of(tables.release), _put_release),
    (_rows_of(tables.receipt), _put_receipt),
    (_rows_of(tables.collection), lambda kept, row: kept.collections.append(row)),
    (_rows_of(tables.purged), lambda kept, row: kept.purged.append(row)),
    (_rows_of(tables.interest), lambda kept, row: kept.recused.append(row)),
)
"""Every table with rows of a request that the log has the like of, and where its rows go."""
