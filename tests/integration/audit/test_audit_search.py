"""A compliance officer finds the whole story of a person, a dataset, a project or a request in one question."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.errors import NotInLog
from audit.event import Actor, Object, Source, Subjects
from audit.log import AuditLog
from audit.search import MAX_LIMIT, Query, entry, open_intents, search, timeline
from tests.integration.audit.audit_world import ALICE, BOB, ORIGIN, REQUEST, World, a_request_event, an_event

START = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)


@pytest.fixture
def story(world: World) -> World:
    """The first release, one event a minute."""
    times = (START + timedelta(minutes=n) for n in range(1000))
    log = AuditLog(world.db, world.keys, component="portal", origin=ORIGIN, clock=lambda: next(times))
    bob = Actor.person(BOB, ("checker",))
    for event in (
        an_event("session.signed_in", object=Object("session", "s1"), subjects=Subjects.none()),
        an_event("workspace.start"),
        an_event("cell.sent"),
        a_request_event("egress.submitted", sealed={"title": "표 1"}),
        a_request_event("egress.voted", actor=bob),
        an_event(
            "egress.viewed", actor=bob, object=Object("file", "a" * 64, project="gibleed"), detail={"request": REQUEST}
        ),
        a_request_event("egress.released", actor=Actor.service("worker"), source=Source(None), outcome="failed"),
        an_event("grant.approved", actor=bob, object=Object("dataset", "population"), subjects=Subjects.person(ALICE)),
        an_event(
            "cell.sent", object=Object("workspace", "ws_bbbbbbbbbbbbbbbb", project="other"), subjects=Subjects.none()
        ),
    ):
        log.record(event)
    return world


def found(world: World, **conditions: Any) -> list[int]:
    with world.db.read() as tx:
        return [e.index for e in search(tx, Query(newest_first=False, **conditions))]


# What is asked, and the indexes of the entries that answer.
QUESTIONS: list[tuple[dict[str, Any], list[int]]] = [
    ({}, list(range(9))),
    ({"actor": BOB}, [4, 5, 7]),
    ({"person": ALICE}, [0, 1, 2, 3, 7, 8]),
    ({"project": "gibleed"}, [1, 2, 3, 4, 5, 6]),
    ({"dataset": "gibleed"}, [1, 2, 3, 4, 5, 6]),
    ({"dataset": "population"}, [7]),
    ({"object": REQUEST}, [3, 4, 6]),
    ({"action": "cell.sent"}, [2, 8]),
    ({"action": "egress."}, [3, 4, 5, 6]),
    ({"action": "egress"}, []),
    ({"action": "%."}, []),
    ({"outcome": "failed"}, [6]),
    ({"since": START + timedelta(minutes=7)}, [7, 8]),
    ({"until": START + timedelta(minutes=2)}, [0, 1]),
    ({"text": "population"}, [7]),
    ({"text": '"a' + "a" * 63 + '"'}, [5]),
    ({"text": "표 1"}, []),
    ({"after": 6}, [7, 8]),
    ({"limit": 2}, [0, 1]),
    ({"actor": ALICE, "project": "other", "action": "cell."}, [8]),
    ({"actor": ALICE, "outcome": "failed"}, []),
    ({"actor": "' OR 1=1 --"}, []),
]


def test_entries_are_found_by_what_they_say(story: World) -> None:
    for conditions, indexes in QUESTIONS:
        assert found(story, **conditions) == indexes, conditions


def test_the_newest_come_first_and_pages_follow_each_other(story: World) -> None:
    with story.db.read() as tx:
        first = search(tx, Query(limit=4))
        second = search(tx, Query(limit=4, after=first[-1].index))
    assert [e.index for e in first + second] == [8, 7, 6, 5, 4, 3, 2, 1]


TIMELINES: list[tuple[dict[str, Any], list[int]]] = [
    ({"request": REQUEST}, [3, 4, 5, 6]),
    ({"person": BOB}, [4, 5, 7]),
    ({"person": ALICE}, [0, 1, 2, 3, 7, 8]),
    ({"dataset": "gibleed"}, [1, 2, 3, 4, 5, 6]),
    ({"project": "gibleed"}, [1, 2, 3, 4, 5, 6]),
    ({"project": "gibleed", "person": BOB}, [4, 5]),
    ({"request": "er_unknown"}, []),
]


def test_a_timeline_tells_the_whole_story_in_order(story: World) -> None:
    with story.db.read() as tx:
        for of, indexes in TIMELINES:
            assert [e.index for e in timeline(tx, **of)] == indexes
            assert [e.index for e in timeline(tx, **of, newest_first=True)] == indexes[::-1]
            assert [e.index for e in timeline(tx, **of, after=4, limit=1)] == [i for i in indexes if i > 4][:1]


def test_a_timeline_is_of_something(story: World) -> None:
    with story.db.read() as tx, pytest.raises(TypeError):
        timeline(tx)


def test_an_entry_says_what_was_recorded(story: World) -> None:
    with story.db.read() as tx:
        one = entry(tx, 3)
        assert (one.index, one.component, one.ts) == (3, "portal", START + timedelta(minutes=3))
        assert one.body["object"] == {"kind": "request", "ref": REQUEST, "project": "gibleed"}
        assert one.id == one.body["id"]
        assert len(one.leaf_hash) == 32
        with pytest.raises(NotInLog):
            entry(tx, 9)


@pytest.mark.parametrize("damage", ["body", "hash", "end"])
def test_a_damaged_entry_is_shown_as_such_and_hides_no_other(usual_world: World, damage: str) -> None:
    usual_world.fill(3)
    if damage == "hash":
        usual_world.tamper("UPDATE audit_entry SET leaf_hash = x'00' WHERE idx = 1")
    else:
        body = b"x" if damage == "body" else usual_world.body(1) + b" "
        usual_world.tamper("UPDATE audit_entry SET body = :body WHERE idx = 1", body=body)
    with usual_world.db.read() as tx:
        entries = search(tx, Query(newest_first=False))
    assert [(e.index, e.intact, e.body["action"]) for e in entries] == [
        (0, True, "cell.sent"),
        (1, False, "cell.sent"),
        (2, True, "cell.sent"),
    ]


def test_a_page_is_never_longer_than_the_limit_of_the_log(story: World) -> None:
    assert found(story, limit=MAX_LIMIT * 10) == list(range(9))
    assert found(story, limit=-1) == []


def test_an_announcement_without_an_outcome_is_found(world: World) -> None:
    announced = [an_event("workspace.start", outcome="intent") for _ in range(3)]
    for event in announced:
        world.log.record(event)
    world.log.record(an_event("workspace.start", intent_id=announced[1].id))
    with world.db.read() as tx:
        later = datetime.now(UTC) + timedelta(minutes=1)
        assert [e.index for e in open_intents(tx, later)] == [0, 2]
        assert open_intents(tx, later - timedelta(hours=1)) == []
