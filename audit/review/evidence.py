"""What the rules look at: how often everybody did what, and the entries that are worth reading one by one.

Two queries over one index each: counts by quarter of an hour for everything, bodies for all but the bulk. So a
month of a million entries is reviewed in seconds, and no rule touches the database. Only columns and fields of
bodies that name nobody are read: sealed values stay sealed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, or_, select

from audit.body import moment, timestamp
from audit.digests import ADDRESS
from audit.review.working_hours import Span, WorkingHours
from audit.tables import audit_digest, audit_entry

QUARTER_MINUTES = 15  # every time zone differs from UTC by a multiple of it

#: What happens by the thousand and says the same each time; it is counted, not read, unless it was refused.
BULK = ("cell.sent", "contents.written", "output.shown", "session.signed_out", "workspace.opened", "workspace.stop")
#: What the rules also need from the days around a span, to judge what happened in it.
AROUND = (
    "egress.submitted",
    "egress.resubmitted",
    "egress.approved",
    "egress.released",
    "egress.revoked",
    "egress.expired",
    "egress.viewed",
    "egress.voted",
    "session.refused",
)
_FETCH = 2_000
_entry = audit_entry.c
_minute = func.substr(_entry.ts, 15, 2)
_quarter = (
    func.substr(_entry.ts, 1, 14)
    .concat(case((_minute < "15", "00"), (_minute < "30", "15"), (_minute < "45", "30"), else_="45"))
    .label("quarter")
)


@dataclass(frozen=True, slots=True)
class Volume:
    """How often one actor did one thing with one outcome within a quarter of an hour."""

    quarter: datetime
    actor: str
    action: str
    outcome: str
    count: int
    first: int
    """The lowest index among these entries."""
    last: int


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry, without anything that names a person."""

    index: int
    at: datetime
    action: str
    outcome: str = "ok"
    actor: str = ""
    object_kind: str = ""
    object: str = ""
    project: str | None = None
    person: bool = True
    """Whether the actor is a person."""
    roles: frozenset[str] = frozenset()
    session: str | None = None
    reason: str | None = None
    on_behalf_of: str | None = None
    round: int = 0
    count: int = 1
    """How many events the entry stands for."""
    choices: frozenset[str] = frozenset()
    """What was voted, over all files."""
    sealed: frozenset[str] = frozenset()
    """The names of its sealed fields."""
    size: int = 0
    """The size of the log that a verification covered."""
    handed_in: int = 0
    """Bytes of the files that a hand-in brought."""


@dataclass(frozen=True, slots=True)
class Place:
    """From where a session acted: `address` tells two addresses apart and says neither."""

    index: int
    at: datetime
    actor: str
    session: str
    address: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a time: the log up to some size."""

    span: Span
    hours: WorkingHours
    volumes: tuple[Volume, ...] = ()
    """Of the span."""
    facts: tuple[Fact, ...] = ()
    """Of the span and of the days around it, which some rules need to judge what happened in it."""
    places: tuple[Place, ...] | None = ()
    """None where nobody looked."""
    until: datetime | None = None
    """The last moment that the log knows of; what may still happen after it is held against nobody."""
    unreadable: tuple[int, ...] = field(default=())
    """Entries whose body is none: damage, which the verifier names."""

    def days(self) -> Mapping[datetime, date]:
        """Return on which day of the zone each quarter of an hour lies."""
        return {at: self.hours.local(at).date() for at in {v.quarter for v in self.volumes}}

    def outside(self) -> Mapping[datetime, bool]:
        """Return which quarters of an hour lie outside the working hours."""
        return {at: self.hours.outside(at) for at in {v.quarter for v in self.volumes}}

    def inside(self, *actions: str) -> Iterator[Fact]:
        """Yield the facts of the span with one of these actions, of any without them."""
        return (f for f in self.facts if f.at in self.span and (not actions or f.action in actions))


def gather(tx: Connection, span: Span, around: tuple[timedelta, timedelta], hours: WorkingHours, size: int) -> Evidence:
    """Return what the first `size` entries say of a span, and of the days before and behind it."""
    before = Span(span.since - around[0], span.since)
    behind = Span(span.until, span.until + around[1])
    found: list[Fact] = []
    unreadable: list[int] = []
    for part, actions in ((before, AROUND), (span, ()), (behind, AROUND)):
        for fact in facts(tx, part, size, actions):
            unreadable.append(fact) if isinstance(fact, int) else found.append(fact)
    return Evidence(
        span=span,
        hours=hours,
        volumes=tuple(volumes(tx, span, size)),
        facts=tuple(found),
        places=places(tx, span, size),
        until=_last_moment(tx, size),
        unreadable=tuple(unreadable),
    )


def volumes(tx: Connection, span: Span, size: int) -> Iterator[Volume]:
    """Yield how often everybody did what in a span, of the first `size` entries."""
    counts = (func.count(), func.min(_entry.idx), func.max(_entry.idx))
    statement = select(_quarter, _entry.actor_ref, _entry.action, _entry.outcome, *counts).where(*_within(span, size))
    rows = tx.execute(statement.group_by("quarter", _entry.actor_ref, _entry.action, _entry.outcome))
    quarters: dict[str, datetime] = {}
    for quarter, actor, action, outcome, count, first, last in rows.yield_per(_FETCH):
        at = quarters.get(quarter)
        if at is None:
            at = quarters[quarter] = moment(f"{quarter}:00.000000Z")
        yield Volume(at, actor, action, outcome, count, first, last)


def facts(tx: Connection, span: Span, size: int, actions: tuple[str, ...] = ()) -> Iterator[Fact | int]:
    """Yield the facts of a span among the first `size` entries; of a body that is none, the index."""
    worth = _entry.action.in_(actions) if actions else or_(_entry.outcome == "denied", _entry.action.not_in(BULK))
    columns = (_entry.idx, _entry.ts, _entry.action, _entry.outcome, _entry.actor_ref)
    about = (_entry.object_kind, _entry.object_ref, _entry.project, _entry.body)
    rows = tx.execute(select(*columns, *about).where(*_within(span, size), worth))
    for index, ts, action, outcome, actor, kind, ref, project, data in rows.yield_per(_FETCH):
        try:
            said = _said(json.loads(bytes(data)))
            yield Fact(index, moment(ts), action, outcome, actor, kind, ref, project, **said)
        except (ValueError, TypeError, AttributeError, KeyError):
            yield index


def places(tx: Connection, span: Span, size: int) -> tuple[Place, ...]:
    """Return from where sessions acted, of people with more than one address: the others changed none.

    Addresses are told apart by their keyed digests, which say nothing and go with their subject's key.
    """
    table = audit_digest.c
    several = (
        select(table.key_id)
        .where(table.kind == ADDRESS)
        .group_by(table.key_id)
        .having(func.count(table.digest.distinct()) > 1)
    )
    joined = audit_entry.join(audit_digest, (table.event_id == _entry.event_id) & (table.kind == ADDRESS))
    statement = select(_entry.idx, _entry.ts, _entry.actor_ref, _entry.body, table.digest).select_from(joined)
    rows = tx.execute(statement.where(*_within(span, size), table.key_id.in_(several)))
    return tuple(_placed(rows.yield_per(_FETCH)))


def _placed(rows: Iterable[Any]) -> Iterator[Place]:
    for index, ts, actor, data, address in rows:
        try:
            session = json.loads(bytes(data))["actor"].get("session")
            if session is not None:
                yield Place(index, moment(ts), actor, str(session), bytes(address).hex())
        except (ValueError, TypeError, AttributeError, KeyError):
            continue  # named as unreadable where it is a fact


def _within(span: Span, size: int) -> tuple[ColumnElement[bool], ...]:
    return _entry.ts >= timestamp(span.since), _entry.ts < timestamp(span.until), _entry.idx < size


def _last_moment(tx: Connection, size: int) -> datetime | None:
    """Return when the last of the first `size` entries was made."""
    last = tx.execute(select(_entry.ts).where(_entry.idx < size).order_by(_entry.idx.desc()).limit(1)).scalar()
    return None if last is None else moment(last)


def _said(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a body that the rules judge by."""
    actor, detail = body["actor"], body.get("detail", {})
    votes = detail.get("votes")
    return {
        "person": actor["kind"] == "person",
        "roles": frozenset(actor.get("roles", ())),
        "session": actor.get("session"),
        "reason": body.get("reason"),
        "on_behalf_of": body.get("on_behalf_of"),
        "round": _number(detail.get("round"), 0),
        "count": _number(detail.get("count"), 1),
        "choices": frozenset(map(str, votes.values())) if isinstance(votes, dict) else frozenset(),
        "sealed": frozenset(body.get("c", ())),
        "size": _number(detail.get("size"), 0),
        "handed_in": sum(_number(one.get("size"), 0) for one in _files(detail.get("files"))),
    }


def _files(value: object) -> list[Mapping[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _number(value: object, absent: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else absent
