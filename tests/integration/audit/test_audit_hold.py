"""Legal holds: two people set and lift them, the log itself says which are in force."""

from __future__ import annotations

from typing import Any

import pytest

from audit.body import parse
from audit.errors import LogInconsistent, RetentionRefused
from audit.event import Actor
from audit.retention import facts, holding
from audit.retention.facts import Hold
from tests.integration.audit.audit_world import ALICE, REQUEST, World
from tests.integration.audit.audit_years import HERE, OFFICER, OPERATOR

PAIR: dict[str, Any] = {"by": OFFICER, "confirmed_by": OPERATOR, "source": HERE}
TARGETS = [("person", ALICE), ("project", "gibleed"), ("dataset", "omop"), ("request", REQUEST), ("log", "audit")]


def in_force(world: World) -> list[Hold]:
    with world.db.read() as tx:
        return facts.holds(tx)


@pytest.mark.parametrize(("kind", "ref"), TARGETS)
def test_a_hold_is_in_force_from_setting_to_lifting(world: World, kind: str, ref: str) -> None:
    index = holding.set_hold(world.log, kind, ref, "litigation", **PAIR)
    (hold,) = in_force(world)
    assert (hold.index, hold.kind, hold.ref, hold.reason) == (index, kind, ref, "litigation")
    assert (hold.by, hold.confirmed_by) == (OFFICER.ref, OPERATOR.ref)
    lifted = holding.lift_hold(world.log, index, **PAIR)
    assert in_force(world) == []
    assert parse(world.body(lifted))["intent_id"] == hold.event_id


def test_several_holds_on_one_thing_are_lifted_one_by_one(world: World) -> None:
    first, second = (holding.set_hold(world.log, "project", "gibleed", "incident", **PAIR) for _ in range(2))
    holding.lift_hold(world.log, first, **PAIR)
    assert [hold.index for hold in in_force(world)] == [second]


def test_a_hold_is_lifted_once(world: World) -> None:
    index = holding.set_hold(world.log, "log", "audit", "litigation", **PAIR)
    holding.lift_hold(world.log, index, **PAIR)
    for wrong in (index, index + 1, 99):
        with pytest.raises(RetentionRefused) as refused:
            holding.lift_hold(world.log, wrong, **PAIR)
        assert refused.value.code == "no_such_hold"


@pytest.mark.parametrize(
    ("kind", "ref", "reason", "code"),
    [
        ("person", "minji", "litigation", "reference_wrong"),
        ("person", "김민수", "litigation", "reference_wrong"),
        ("project", "No Such", "litigation", "reference_wrong"),
        ("log", "other", "litigation", "reference_wrong"),
        ("workspace", "ws_aaaaaaaaaaaaaaaa", "litigation", "kind_unknown"),
        ("project", "gibleed", "because", "reason_unknown"),
    ],
)
def test_what_cannot_be_put_on_hold_is_refused(world: World, kind: str, ref: str, reason: str, code: str) -> None:
    with pytest.raises(RetentionRefused) as refused:
        holding.set_hold(world.log, kind, ref, reason, **PAIR)
    assert refused.value.code == code
    assert world.size() == 0


def test_one_person_alone_neither_sets_nor_lifts(world: World) -> None:
    index = holding.set_hold(world.log, "log", "audit", "litigation", **PAIR)
    for by, confirmed_by in ((OFFICER, OFFICER), (OFFICER, Actor.person(ALICE, ("researcher",)))):
        pair: dict[str, Any] = {"by": by, "confirmed_by": confirmed_by, "source": HERE}
        with pytest.raises(RetentionRefused):
            holding.set_hold(world.log, "log", "audit", "litigation", **pair)
        with pytest.raises(RetentionRefused):
            holding.lift_hold(world.log, index, **pair)
    assert [hold.index for hold in in_force(world)] == [index]


def test_nobody_decides_about_a_hold_on_themselves(world: World) -> None:
    with pytest.raises(RetentionRefused) as refused:
        holding.set_hold(world.log, "person", OPERATOR.ref, "litigation", **PAIR)
    assert refused.value.code == "own_record"


def test_a_note_is_sealed(world: World) -> None:
    index = holding.set_hold(world.log, "project", "gibleed", "litigation", note="서울중앙지법 2026가합1", **PAIR)
    assert "2026" not in str(parse(world.body(index))["c"])
    assert world.log.unseal(index) == {"note": "서울중앙지법 2026가합1"}


def test_both_people_have_the_hold_in_their_timelines(world: World) -> None:
    index = holding.set_hold(world.log, "project", "gibleed", "litigation", **PAIR)
    with world.db.read() as tx:
        rows = tx.exec_driver_sql(f"SELECT ref FROM audit_link WHERE idx = {index} AND kind = 'person'")
        assert {row[0] for row in rows} == {OFFICER.ref, OPERATOR.ref}


def test_a_hold_whose_entry_was_damaged_is_not_taken_for_lifted(world: World) -> None:
    index = holding.set_hold(world.log, "project", "gibleed", "litigation", **PAIR)
    world.tamper("UPDATE audit_entry SET body = :junk WHERE idx = :index", junk=b"{}", index=index)
    with pytest.raises(LogInconsistent, match=r"hold\.set"):
        in_force(world)
