"""The quick way to a body gives the very bytes of the plain way, or refuses what the plain way refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audit import body as bodies
from audit.assembly import assemble
from audit.body import Body
from audit.canonical import dump
from audit.columns import columns, links
from audit.errors import MalformedBody
from audit.event import Actor, Event, Object, Source, Subjects
from audit.refs import new_event_id

AT = datetime(2026, 11, 21, 13, 45, tzinfo=UTC)
ID = new_event_id()

WORDS = st.sampled_from(["researcher", "a-b", "p_aaaaaaaaaaaaaaaa", "ws_aaaaaaaaaaaaaaaa", "gibleed", "ok", "x.y", "C"])
WILD = WORDS | st.text(max_size=8) | st.sampled_from(["", '"', "\\", "김민수", "a b", "10.0.0.1", "\ud83d", "e\u0301"])
MAYBE = st.none() | WILD
NUMBERS = st.integers(-2, 10) | st.booleans() | st.just(2**53)
DETAILS = st.dictionaries(
    WILD | st.sampled_from(["n", "kind", "files", "request", "person"]),
    st.recursive(NUMBERS | WILD | st.none(), lambda i: st.lists(i, max_size=3) | st.dictionaries(WILD, i, max_size=2)),
    max_size=4,
)
ACTORS = st.builds(
    Actor, WILD, st.sampled_from(["person", "service", "system", "robot"]), st.lists(WILD, max_size=2).map(tuple), MAYBE
)
OBJECTS = st.builds(Object, st.sampled_from(["workspace", "project", "log", "nothing"]), WILD, MAYBE, MAYBE)
SUBJECTS = st.one_of(
    st.just(Subjects.none()),
    st.builds(Subjects.person, WILD),
    st.tuples(WILD, NUMBERS, NUMBERS).map(lambda row: Subjects("dataset", (row[0],), (row[1],), (row[2],))),
    st.just(Subjects("dataset")),
)
EVENTS = st.builds(
    Event,
    action=st.sampled_from(["cell.sent", "egress.voted", "no action"]),
    actor=ACTORS | st.just(Actor.person("p_aaaaaaaaaaaaaaaa", ("researcher",))),
    object=OBJECTS | st.just(Object("workspace", "ws_aaaaaaaaaaaaaaaa", "gibleed")),
    subjects=SUBJECTS,
    source=st.builds(Source, st.none(), WILD, MAYBE) | st.just(Source(None, "host")),
    outcome=st.sampled_from(["ok", "denied", "perhaps"]),
    reason=MAYBE,
    intent_id=st.none() | st.just(ID) | WILD,
    on_behalf_of=MAYBE,
    policy=MAYBE,
    detail=DETAILS,
    id=st.just(ID) | WILD,
)


def outcome_of(way: Any, event: Event, component: str, commitments: dict[str, bytes]) -> tuple[Body, bytes] | None:
    try:
        found: tuple[Body, bytes] = way(event, component, commitments)
    except MalformedBody:
        return None
    return found


def plain(event: Event, component: str, commitments: dict[str, bytes]) -> tuple[Body, bytes]:
    body = bodies.check(bodies.build(event, at=AT, component=component, commitments=commitments))
    return body, dump(body)


def quick(event: Event, component: str, commitments: dict[str, bytes]) -> tuple[Body, bytes]:
    found = assemble(event, at=AT, component=component, commitments=commitments)
    assert found.columns == columns(found.body)
    assert found.links == links(found.body)
    return found.body, found.data


GOOD = Event(
    "cell.sent",
    Actor.person("p_aaaaaaaaaaaaaaaa", ("b", "a"), "s1"),
    Object("workspace", "ws_aaaaaaaaaaaaaaaa", "gibleed"),
    Subjects.datasets([("gibleed", 1, 2694)]),
    Source("203.0.113.7", "host", "c0ffee"),
    outcome="intent",
    reason="why",
    intent_id=ID,
    on_behalf_of="p_bbbbbbbbbbbbbbbb",
    policy="0123",
    detail={"n": [1, {"x": None}], "word": "a", "true": True},
    id=ID,
)


@given(
    EVENTS, st.sampled_from(["portal", "gate", "No", ""]), st.dictionaries(WILD, st.binary(min_size=32, max_size=32))
)
@example(GOOD, "portal", {"source.ip": b"x" * 32, "name": b"y" * 32})
def test_the_quick_way_is_the_plain_way(event: Event, component: str, commitments: dict[str, bytes]) -> None:
    for _again in range(2):  # the second time from what was kept of the first
        assert outcome_of(quick, event, component, commitments) == outcome_of(plain, event, component, commitments)


def test_the_good_event_is_good() -> None:
    assert outcome_of(quick, GOOD, "portal", {}) is not None


@pytest.mark.parametrize("people", [True, 2694.0])
def test_what_only_equals_a_good_part_is_refused_like_before(people: Any) -> None:
    event = Event("cell.sent", GOOD.actor, GOOD.object, Subjects("dataset", ("gibleed",), (1,), (1,)), GOOD.source)
    quick(event, "portal", {})
    forged = Event(
        "cell.sent", GOOD.actor, GOOD.object, Subjects("dataset", ("gibleed",), (1,), (people,)), GOOD.source
    )
    with pytest.raises(MalformedBody):
        quick(forged, "portal", {})
    assert outcome_of(plain, forged, "portal", {}) is None
