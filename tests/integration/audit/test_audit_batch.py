"""Events that share a transaction are written together, and are in the log as if each had come alone."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from audit.errors import EventRefused
from audit.event import Actor
from audit.verify import verify
from tests.integration.audit.audit_world import BOB, World, an_event

GATE = "gate"
BY_BOB = Actor.person(BOB, ("researcher",))


def test_a_batch_gives_each_event_the_next_index(world: World) -> None:
    world.log.record(an_event())
    events = [an_event(detail={"n": n}, intent_id=None) for n in range(300)]
    appended = world.log.record_all([(event, GATE) for event in events])
    world.log.settle()
    assert [world.log.wait(one.event_id) for one in appended] == list(range(1, 301))
    assert world.log.unseal(300) == {"source.ip": "203.0.113.7"}
    world.log.checkpoint()
    assert not world.verify().problems


def test_an_event_that_is_known_already_is_not_entered_again_by_a_batch(world: World) -> None:
    known, fresh = an_event(), an_event()
    world.log.record(known)
    appended = world.log.record_all([(event, "portal") for event in (fresh, known, fresh)])
    world.log.settle()
    assert [world.log.wait(one.event_id) for one in appended] == [1, 0, 1]
    assert world.size() == 2


def test_a_batch_with_an_event_that_is_refused_leaves_nothing(world: World) -> None:
    with pytest.raises(EventRefused):
        world.log.record_all([(an_event(), GATE), (an_event(reason="A sentence."), GATE)])
    assert world.size() == 0


def test_a_batch_seals_nothing_under_a_key_that_was_destroyed_meanwhile(world: World) -> None:
    world.log.record(an_event(actor=BY_BOB))
    with world.db.begin() as tx:  # another process; this one still remembers the key
        tx.execute(text("UPDATE audit_key SET wrapped = NULL, shredded_at = 'now' WHERE subject = :s"), {"s": BOB})
    world.log.record_all([(an_event(actor=BY_BOB, detail={"n": n}), GATE) for n in range(3)])
    world.log.settle()
    assert [world.log.unseal(index) for index in (1, 2, 3)] == [{"source.ip": "203.0.113.7"}] * 3
    with world.db.read() as tx:
        assert tx.scalar(text("SELECT count(*) FROM audit_key WHERE wrapped IS NOT NULL")) == 1


def test_a_link_that_leads_elsewhere_is_found_however_many_links_there_are(usual_world: World) -> None:
    """The verifier asks by what links lead to, and by number: one that is replaced is wrong in both."""
    world = usual_world
    world.fill(600)
    world.log.checkpoint()
    world.tamper(
        "UPDATE audit_link SET ref = 'p_cccccccccccccccc' WHERE idx = 77 AND kind = 'person'",
        "INSERT INTO audit_link VALUES ('request', 'er_aaaaaaaaaaaaaaaa', 501)",
    )
    found = verify(world.db, world.verifier, world.home / "log").problems
    assert [(problem.code, problem.index) for problem in found] == [("entry.links", 77), ("entry.links", 501)]


@pytest.mark.sqlite("a column of PostgreSQL holds values of its own type only")
@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE audit_entry SET actor_ref = CAST(actor_ref AS BLOB) WHERE idx = 7", "entry.columns"),
        ("UPDATE audit_entry SET project = CAST(project AS BLOB) WHERE idx = 7", "entry.columns"),
        ("UPDATE audit_link SET ref = CAST(ref AS BLOB) WHERE idx = 7 AND kind = 'person'", "entry.links"),
    ],
)
def test_a_column_that_holds_the_right_bytes_as_another_type_is_found(
    usual_world: World, statement: str, code: str
) -> None:
    """SQLite would not find it when it is searched for."""
    world = usual_world
    world.fill(20)
    world.log.checkpoint()
    world.tamper(statement)
    assert [(problem.code, problem.index) for problem in world.verify().problems] == [(code, 7)]
