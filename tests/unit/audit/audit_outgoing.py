"""Entries on their way out, without a log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from audit.body import build, check
from audit.canonical import dump
from audit.event import Actor, Event, Object, Source, Subjects
from audit.merkle import leaf_hash
from audit.outward.ocsf import Outgoing
from audit.search import Entry

ORIGIN = "ansim.example/audit"
AT = datetime(2026, 11, 21, 3, 4, 5, 678901, tzinfo=UTC)
ALICE = "p_aaaaaaaaaaaaaaaa"
REQUEST = "er_aaaaaaaaaaaaaaaa"
SHA256 = "ab" * 32


def entry_of(event: Event, index: int = 7, **changes: Any) -> Entry:
    """The entry of an event, as the log would keep it."""
    commitments = {name: bytes(32) for name in event.sealed}
    body = check(build(event, at=AT, component="portal", commitments=commitments))
    given: dict[str, Any] = {"leaf_hash": leaf_hash(dump(body)), "intact": True} | changes
    return Entry(index, body["id"], AT, "portal", body, **given)


def an_event(action: str = "egress.voted", **changes: Any) -> Event:
    """An ordinary event of a person about a request, with whatever a test is about replaced."""
    given: dict[str, Any] = {
        "object": Object("request", REQUEST, project="gibleed"),
        "subjects": Subjects.datasets([("gibleed", 1, 2694)]),
        "source": Source(None, host="zone1"),
    } | changes
    actor = given.pop("actor", Actor.person(ALICE, ("checker",)))
    return Event(action, actor, **given)


def outgoing(event: Event | None = None, index: int = 7, **changes: Any) -> Outgoing:
    """The same, on its way out."""
    return Outgoing(entry_of(event or an_event(), index, **changes), ORIGIN)
