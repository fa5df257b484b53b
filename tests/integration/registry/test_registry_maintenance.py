"""Maintenance of the zone: nothing new begins, what runs goes on, and the record says who announced it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from registry.desk import CLI
from registry.errors import Conflict, Denied, Invalid
from registry.maintenance import KINDS, LONGEST
from registry.model import Role
from tests.integration.registry.registry_house import DAY, HOME, House


def test_nothing_new_begins_and_what_runs_goes_on(house: House) -> None:
    account = house.at_work()
    house.registry.may_work("minji", "gibleed")
    house.registry.begin_maintenance("upgrade", house.clock() + DAY, by=CLI, source=HOME)
    with pytest.raises(Denied) as refusal:
        house.registry.may_work("minji", "gibleed")
    assert refusal.value.code == "zone_in_maintenance"
    assert KINDS["upgrade"].ko in refusal.value.reason.ko
    assert KINDS["upgrade"].en in refusal.value.reason.en
    house.registry.may_work("minji", "gibleed", begins=False)
    house.registry.running_allowed(account.person.ref, "gibleed")
    house.registry.end_maintenance(by=CLI, source=HOME)
    house.registry.may_work("minji", "gibleed")


def test_it_ends_when_somebody_says_so_and_not_by_the_clock(house: House) -> None:
    house.registry.begin_maintenance("database", house.clock() + timedelta(hours=1), by=CLI, source=HOME)
    house.clock.pass_by(hours=2)
    announced = house.registry.maintenance()
    assert announced is not None
    assert announced.overdue(house.clock())
    with pytest.raises(Denied, match="work on the database"):
        house.registry.check_may_begin()


def test_announced_again_it_has_the_new_end_and_begins_where_it_began(house: House) -> None:
    first = house.registry.begin_maintenance("hardware", house.clock() + DAY, by=CLI, source=HOME)
    house.clock.pass_by(hours=1)
    again = house.registry.begin_maintenance("fault", house.clock() + DAY, "a disk is late", by=CLI, source=HOME)
    assert (again.since, again.kind) == (first.since, "fault")
    assert "a disk is late" in again.said().ko
    assert house.registry.maintenance() == again
    begun = house.entries("zone.maintenance_begun")
    assert [(one["reason"], one["detail"]["again"]) for one in begun] == [("hardware", False), ("fault", True)]
    assert "a disk is late" not in str(begun)


def test_the_note_keeps_to_one_line_and_the_end_to_a_month(house: House) -> None:
    soon = house.clock() + DAY
    wrong = [
        ("holiday", soon, ""),
        ("upgrade", house.clock(), ""),
        ("upgrade", house.clock() + LONGEST + DAY, ""),
        ("upgrade", soon, "two\nlines"),
    ]
    for kind, until, note in wrong:
        with pytest.raises(Invalid):
            house.registry.begin_maintenance(kind, until, note, by=CLI, source=HOME)
    assert house.registry.maintenance() is None
    house.registry.begin_maintenance("upgrade", soon, "new\u00a0disk\u2028at\u3000noon", by=CLI, source=HOME)
    announced = house.registry.maintenance()
    assert announced is not None
    assert "new disk at noon" in announced.said().ko
    house.registry.end_maintenance(by=CLI, source=HOME)
    with pytest.raises(Conflict):
        house.registry.end_maintenance(by=CLI, source=HOME)


def test_only_an_operator_announces_it(house: House) -> None:
    operator = house.join("taeyang", Role.OPERATOR)
    officer = house.join("sora", Role.COMPLIANCE_OFFICER)
    with pytest.raises(Denied):
        house.registry.begin_maintenance("upgrade", house.clock() + DAY, by=officer.actor, source=HOME)
    house.registry.begin_maintenance("upgrade", house.clock() + DAY, by=operator.actor, source=HOME)
    with pytest.raises(Denied):
        house.registry.end_maintenance(by=officer.actor, source=HOME)
    assert house.registry.maintenance() is not None
