"""The conditions of a query in SQL, each with the set of entries that an index finds for it, if one does.

A condition is written twice: as a test of one row, and as a source of indexes. Which condition becomes the source
of a search is decided by counting (`audit.searching.plan`), because neither database knows how unevenly people,
projects and actions are spread over a log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.types import LargeBinary

from audit.body import parse, timestamp
from audit.errors import MalformedBody, QuestionRefused
from audit.searching.query import Query
from audit.text import Text

LINKED = ("person", "project", "dataset", "request", "file")
"""Fields of a query that name something with a timeline."""

Addresses = Callable[[Connection, str], Sequence[tuple[str, bytes]]]
"""Returns key id and digest of a network address for each subject who used it; whoever has their keys provides it."""

_EVENT_ID = re.compile("[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: a test of the row `e`, and what finds its entries by an index."""

    test: str
    """`{idx}` stands for the index of the entry, so that what needs no more is tested before a row is read."""
    values: Mapping[str, Any] = field(default_factory=dict)
    source: str | None = None
    """A SELECT of `idx`; None where only reading the rows tells."""
    ordered: bool = True
    """Whether the index yields the source by rising idx, so that a page can stop early."""


def conditions(tx: Connection, query: Query, addresses: Addresses | None = None) -> list[Condition]:
    """Return the conditions of a query.

    Raises: QuestionRefused — if it asks for an address and nobody here can find one.
    """
    found = [_link(kind, ref) for kind in LINKED if (ref := getattr(query, kind)) is not None]
    found += _columns(query)
    if query.correlation is not None:
        found.append(_correlated(tx, query.correlation))
    if query.address is not None:
        found.append(_address(tx, query.address, addresses))
    if query.text:
        found.append(_text(tx, query.text))
    return found


def _link(kind: str, ref: str) -> Condition:
    where = f"kind = '{kind}' AND ref = :{kind}"
    return Condition(
        f"EXISTS ({_indexes('audit_link', where)} AND idx = {{idx}})",
        {kind: ref},
        _indexes("audit_link", where),
    )


def _columns(query: Query) -> Iterator[Condition]:
    for column, value in (("actor_ref", query.actor), ("object_ref", query.object)):
        if value is not None:
            yield _equal(column, value)
    if query.action is not None:
        yield _group(query.action) if query.action.endswith(".") else _equal("action", query.action)
    if query.actions:
        values = {f"action{n}": action for n, action in enumerate(query.actions)}
        where = f"action IN ({', '.join(f':{name}' for name in values)})"
        yield Condition(f"e.{where}", values, _indexes("audit_entry", where), ordered=False)
    if query.outcome is not None:
        # The index holds only what did not simply succeed; neither database infers that from the value.
        source = None if query.outcome == "ok" else _indexes("audit_entry", "outcome <> 'ok' AND outcome = :outcome")
        yield Condition("e.outcome = :outcome", {"outcome": query.outcome}, source)
    if query.component is not None:
        # The index of times has the component too: it is read whole, but it is a tenth of the table.
        where = "component = :component"
        source = _indexes("audit_entry", where)
        yield Condition(f"e.{where}", {"component": query.component}, source, ordered=False)
    if query.since is not None or query.until is not None:
        yield _period(query)


def _equal(column: str, value: str) -> Condition:
    where = f"{column} = :{column}"
    return Condition(f"e.{where}", {column: value}, _indexes("audit_entry", where))


def _group(prefix: str) -> Condition:
    # The dot sorts before the slash, and nothing between them stands in an action.
    values = {"first": prefix, "last": prefix[:-1] + "/"}
    where = "{0}action >= :first AND {0}action < :last"
    return Condition(where.format("e."), values, _indexes("audit_entry", where.format("")), ordered=False)


def _period(query: Query) -> Condition:
    parts, values = [], {}
    if query.since is not None:
        parts.append("{0}ts >= :since")
        values["since"] = timestamp(query.since)
    if query.until is not None:
        parts.append("{0}ts < :until")
        values["until"] = timestamp(query.until)
    where = " AND ".join(parts)
    # Times rise with indexes only as long as no clock is set back, so the period stays a test of its own.
    return Condition(where.format("e."), values, _indexes("audit_entry", where.format("")), ordered=False)


def _correlated(tx: Connection, event_id: str) -> Condition:
    root = _root(tx, event_id)
    source = (
        "SELECT idx FROM audit_entry WHERE event_id = :root"
        " UNION SELECT idx FROM audit_link WHERE kind = 'intent' AND ref = :root"
    )
    return Condition(f"{{idx}} IN ({source})", {"root": root}, source, ordered=False)


def _root(tx: Connection, event_id: str) -> str:
    """Return the id of the announcement that an event belongs to: its own, if it is none's outcome."""
    if not _EVENT_ID.fullmatch(event_id):
        return event_id
    data = tx.execute(text("SELECT body FROM audit_entry WHERE event_id = :id"), {"id": event_id}).scalar()
    try:
        return event_id if data is None else str(parse(bytes(data)).get("intent_id", event_id))
    except MalformedBody:
        return event_id


def _address(tx: Connection, address: str, addresses: Addresses | None) -> Condition:
    if addresses is None:
        raise QuestionRefused(
            Text("여기에서는 접속지 주소로 찾을 수 없습니다.", "Addresses cannot be looked for here.")
        )
    found = addresses(tx, address)
    keys, digests = [key for key, _ in found], [digest for _, digest in found]
    if tx.dialect.name == "postgresql":
        values: dict[str, Any] = {"address_keys": keys, "addressed": digests}
        test = "g.digest = ANY(CAST(:addressed AS bytea[]))"
        source = (
            "SELECT x.idx FROM unnest(CAST(:address_keys AS text[]), CAST(:addressed AS bytea[])) v(key_id, digest)"
            " JOIN audit_digest g ON g.key_id = v.key_id AND g.kind = 'address' AND g.digest = v.digest"
            " JOIN audit_entry x ON x.event_id = g.event_id"
        )
    else:
        # However many people share an address, it is two values that are bound.
        values = {"address_keys": json.dumps(keys), "addressed": json.dumps([one.hex().upper() for one in digests])}
        test = "hex(g.digest) IN (SELECT value FROM json_each(:addressed))"
        source = (
            "SELECT x.idx FROM json_each(:address_keys) v"  # noqa: S608
            f" CROSS JOIN audit_digest g ON g.key_id = v.value AND g.kind = 'address' AND {test}"
            " CROSS JOIN audit_entry x ON x.event_id = g.event_id"
        )
    # Whose digest it is needs no asking: under another key the same digest means nothing and does not occur.
    held = f"SELECT 1 FROM audit_digest g WHERE g.event_id = e.event_id AND g.kind = 'address' AND {test}"  # noqa: S608
    return Condition(f"EXISTS ({held})", values, source, ordered=False)


def _text(tx: Connection, part: str) -> Condition:
    needle = part.encode("utf-8", "replace")
    if tx.dialect.name == "postgresql":
        return Condition("position(:needle IN e.body) > 0", {"needle": needle})
    return Condition("instr(e.body, :needle) > 0", {"needle": needle})


def _indexes(table: str, where: str) -> str:
    """Return the SELECT of the indexes for which a condition holds; values are bound, never written into it."""
    return f"SELECT idx FROM {table} WHERE {where}"  # noqa: S608


def statement(sql: str, values: Mapping[str, Any]) -> Any:
    """Return SQL whose bytes are bound as such."""
    typed = [bindparam(name, type_=LargeBinary) for name, value in values.items() if isinstance(value, bytes)]
    return text(sql).bindparams(*typed) if typed else text(sql)
