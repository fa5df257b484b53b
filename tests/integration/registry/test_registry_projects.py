"""Projects, their members, and the parts that may not meet in one person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from audit.event import Actor
from registry.desk import CLI
from registry.errors import Conflict, Denied, Invalid, NotFound
from registry.model import Limits, ProjectStatus, Role
from tests.integration.registry.registry_house import DAY, HOME, House


def test_a_project_is_opened_changed_and_closed_for_good(house: House) -> None:
    project = house.project()
    longer = house.registry.change_project("gibleed", ends_at=project.ends_at + DAY, by=CLI, source=HOME)
    assert longer.ends_at == project.ends_at + DAY
    smaller = house.registry.change_project(
        "gibleed", limits=Limits(memory_bytes=1024**3, cpus=0.5, pids=100), by=CLI, source=HOME
    )
    assert (smaller.ends_at, smaller.limits.cpus) == (longer.ends_at, 0.5)
    assert house.last()["detail"]["cpu_thousandths"] == 500
    assert house.registry.close_project("gibleed", by=CLI, source=HOME).status is ProjectStatus.CLOSED
    assert [body["action"] for body in house.entries("project.")] == [
        "project.created",
        "project.changed",
        "project.changed",
        "project.closed",
    ]
    late: list[Any] = [
        lambda: house.registry.close_project("gibleed", by=CLI, source=HOME),
        lambda: house.registry.change_project("gibleed", by=CLI, source=HOME),
        lambda: house.project(),
    ]
    for attempt in late:
        with pytest.raises(Conflict):
            attempt()


def test_a_project_ends_after_it_starts(house: House) -> None:
    with pytest.raises(Invalid):
        house.project(days=0)
    house.project()
    with pytest.raises(Invalid):
        house.registry.change_project("gibleed", ends_at=house.clock() - DAY, by=CLI, source=HOME)


def test_unknown_projects_and_people_are_not_found(house: House) -> None:
    house.join("minji")
    with pytest.raises(NotFound):
        house.registry.project("nothing")
    with pytest.raises(NotFound):
        house.member("minji", project_id="nothing")
    house.project()
    with pytest.raises(NotFound):
        house.member("nobody")
    with pytest.raises(NotFound):
        house.registry.remove_member("gibleed", "minji", by=CLI, source=HOME)


def test_a_membership_and_its_end_are_recorded_without_names(house: House) -> None:
    account = house.join("minji")
    house.project()
    house.member("minji")
    granted = house.last()
    assert granted["object"]["project"] == "gibleed"
    assert granted["subjects"] == {"kind": "person", "refs": [account.person.ref]}
    assert granted["detail"]["role"] == "researcher"
    house.registry.remove_member("gibleed", "minji", by=CLI, source=HOME)
    assert house.last()["object"] == granted["object"]
    with pytest.raises(NotFound):
        house.registry.remove_member("gibleed", "minji", by=CLI, source=HOME)


def test_who_was_a_member_stays_one_for_conflicts_of_interest(house: House) -> None:
    account = house.join("haneul", Role.CHECKER)
    house.project()
    house.project("other")
    assert not house.registry.is_member(account.person.ref, "gibleed")
    house.member("haneul")
    assert house.registry.is_member(account.person.ref, "gibleed")
    house.registry.remove_member("gibleed", "haneul", by=CLI, source=HOME)
    assert house.registry.is_member(account.person.ref, "gibleed")
    house.clock.pass_by(days=400)
    assert house.registry.is_member(account.person.ref, "gibleed")
    assert not house.registry.is_member(account.person.ref, "other")
    assert [one.project for one in house.registry.memberships(account.person.ref)] == ["gibleed"]
    assert len(house.registry.members("gibleed")) == 1


def test_the_same_part_twice_at_the_same_time_is_refused(house: House) -> None:
    house.join("minji")
    house.project()
    house.member("minji")
    with pytest.raises(Conflict):
        house.member("minji")
    house.member("minji", Role.PROJECT_LEAD)
    removed = house.registry.remove_member("gibleed", "minji", Role.RESEARCHER, by=CLI, source=HOME)
    assert [one.role for one in removed] == [Role.RESEARCHER]
    house.member("minji")


@pytest.mark.parametrize("first", [Role.DEID_OPERATOR, Role.ADEQUACY_REVIEWER, Role.RESEARCHER])
@pytest.mark.parametrize("second", [Role.DEID_OPERATOR, Role.ADEQUACY_REVIEWER, Role.RESEARCHER])
def test_who_pseudonymised_reviewed_or_used_does_no_other_of_these_ever(
    house: House, first: Role, second: Role
) -> None:
    if first is second:
        return
    house.join("minji", Role.DEID_OPERATOR, Role.ADEQUACY_REVIEWER)
    house.project()
    house.project("other")
    house.member("minji", first)
    house.registry.remove_member("gibleed", "minji", by=CLI, source=HOME)
    with pytest.raises(Denied) as refusal:
        house.member("minji", second)
    assert refusal.value.code == "incompatible_roles"
    house.member("minji", second, "other")


def test_a_specialist_part_takes_the_zone_wide_role(house: House) -> None:
    house.join("minji")
    house.project()
    with pytest.raises(Denied) as refusal:
        house.member("minji", Role.DEID_OPERATOR)
    assert refusal.value.code == "not_qualified"
    with pytest.raises(Invalid):
        house.member("minji", Role.CHECKER)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.COMPLIANCE_OFFICER])
def test_operators_and_compliance_officers_use_no_data(house: House, role: Role) -> None:
    house.join("taeyang", role)
    house.project()
    with pytest.raises(Denied):
        house.member("taeyang")
    assert (house.last()["action"], house.last()["outcome"]) == ("membership.granted", "denied")


def test_who_approved_data_for_a_project_does_not_join_it(house: House) -> None:
    house.at_work()
    with pytest.raises(Denied) as refusal:
        house.member("sunhee")
    assert refusal.value.code == "approved_a_grant"


def test_a_member_cannot_add_members(house: House) -> None:
    account = house.at_work()
    house.join("junho")
    now = house.clock()
    with pytest.raises(Denied):
        house.registry.add_member(
            "gibleed", "junho", Role.RESEARCHER, now, now + timedelta(days=1), by=account.actor, source=HOME
        )
    with pytest.raises(Denied):
        house.registry.close_project("gibleed", by=Actor.person(account.person.ref, ["operator"]), source=HOME)


def test_a_closed_person_joins_no_project(house: House) -> None:
    house.join("minji")
    house.project()
    house.registry.close("minji", by=CLI, source=HOME)
    with pytest.raises(Conflict):
        house.member("minji")
