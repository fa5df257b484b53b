"""Grants and work: who approves, who gets in, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from audit.event import Actor, Event, Object, Outcome, Subjects
from registry.access import FIRST_UID
from registry.desk import CLI, as_actor
from registry.errors import Conflict, Denied, NotFound
from registry.model import Role, WorkPermit
from tests.integration.registry.registry_house import DAY, HOME, Account, House


def denied(house: House, handle: str = "minji") -> str:
    with pytest.raises(Denied) as refusal:
        house.registry.may_work(handle, "gibleed")
    return refusal.value.code


def test_a_member_with_a_grant_works_until_the_earliest_end(house: House) -> None:
    house.at_work()
    permit = house.registry.may_work("minji", "gibleed")
    assert permit.ends_at == house.registry.grants("gibleed")[0].ends_at
    assert [(mount.dataset, mount.version) for mount in permit.mounts] == [("omop", 1)]
    assert permit.mounts[0].path == house.home / "datasets" / "omop"
    assert permit.mounts[0].manifest_sha256 == house.registry.version("omop", 1).manifest_sha256
    assert permit.limits == permit.project.limits


ENDINGS: dict[str, tuple[Callable[[House], object], str]] = {
    "person suspended": (
        lambda house: house.registry.suspend("minji", by=CLI, source=HOME),
        "person_not_active",
    ),
    "person closed": (lambda house: house.registry.close("minji", by=CLI, source=HOME), "person_not_active"),
    "member removed": (
        lambda house: house.registry.remove_member("gibleed", "minji", by=CLI, source=HOME),
        "not_a_member",
    ),
    "project closed": (
        lambda house: house.registry.close_project("gibleed", by=CLI, source=HOME),
        "project_not_active",
    ),
    "project frozen": (
        lambda house: house.registry.freeze_project("gibleed", "a leak is suspected", by=CLI, source=HOME),
        "project_frozen",
    ),
    "grant revoked": (
        lambda house: house.registry.revoke_grant(house.registry.grants("gibleed")[0].ref, by=CLI, source=HOME),
        "no_grant_in_force",
    ),
    "grant over": (lambda house: house.clock.pass_by(days=10), "no_grant_in_force"),
    "membership over": (lambda house: house.clock.pass_by(days=20), "membership_not_in_force"),
}


@pytest.mark.parametrize("ending", list(ENDINGS))
def test_work_ends_with_any_right_it_needs_for_new_and_running_workspaces(house: House, ending: str) -> None:
    account = house.at_work()
    house.registry.may_work("minji", "gibleed")
    house.registry.running_allowed(account.person.ref, "gibleed")
    end, code = ENDINGS[ending]
    end(house)
    assert denied(house) == code
    with pytest.raises(Denied) as refusal:
        house.registry.running_allowed(account.person.ref, "gibleed")
    assert refusal.value.code == code


def test_a_new_notice_must_be_accepted_before_the_next_work(house: House) -> None:
    account = house.at_work()
    newer = house.reopened(notice_version="2027-1")
    with pytest.raises(Denied) as refusal:
        newer.may_work("minji", "gibleed")
    assert refusal.value.code == "notice_not_accepted"
    assert "안내" in refusal.value.text("ko")
    newer.accept_notice(account.person, "2027-1", source=HOME)
    newer.may_work("minji", "gibleed")


def test_strangers_and_unknown_projects_are_denied(house: House) -> None:
    house.at_work()
    house.join("junho")
    assert denied(house, "nobody") == "person_unknown"
    assert denied(house, "junho") == "not_a_member"
    with pytest.raises(Denied) as refusal:
        house.registry.may_work("minji", "nothing")
    assert refusal.value.code == "project_unknown"
    assert house.registry.workspaces() == []


def started(house: House, permit: WorkPermit, outcome: Outcome = "intent") -> None:
    """Records a start as the hub does."""
    mounts = [(mount.dataset, mount.version, mount.people) for mount in permit.mounts]
    house.log.record(
        Event(
            "workspace.start",
            Actor.service("hub"),
            Object("workspace", permit.workspace.ref, permit.project.id),
            Subjects.datasets(mounts),
            HOME,
            outcome,
        )
    )


def test_a_running_workspace_ends_with_one_grant_of_several(house: House) -> None:
    ref = house.at_work().person.ref
    house.dataset("population")
    second = house.grant(house.accounts["sunhee"], "population")
    permit = house.registry.may_work("minji", "gibleed")
    mounted = [(mount.dataset, mount.version) for mount in permit.mounts]
    assert mounted == [("omop", 1), ("population", 1)]
    started(house, permit)
    house.registry.running_allowed(ref, "gibleed", mounted)
    assert house.registry.running_allowed(ref, "gibleed") == permit
    house.registry.revoke_grant(second.ref, by=CLI, source=HOME)
    for seen in (mounted, None):
        with pytest.raises(Denied) as refusal:
            house.registry.running_allowed(ref, "gibleed", seen)
        assert refusal.value.code == "grant_ended"
    house.registry.running_allowed(ref, "gibleed", mounted[:1])


def test_a_workspace_started_again_after_a_grant_ended_goes_on_with_the_rest(house: House) -> None:
    ref = house.at_work().person.ref
    house.dataset("population")
    second = house.grant(house.accounts["sunhee"], "population")
    started(house, house.registry.may_work("minji", "gibleed"))
    house.registry.revoke_grant(second.ref, by=CLI, source=HOME)
    fewer = house.registry.may_work("minji", "gibleed")
    started(house, fewer, "failed")
    with pytest.raises(Denied):
        house.registry.running_allowed(ref, "gibleed")
    started(house, fewer)
    started(house, fewer, "ok")
    assert house.registry.running_allowed(ref, "gibleed") == fewer


def test_asking_about_a_running_workspace_writes_nothing(house: House) -> None:
    account = house.at_work()
    size = len(house.entries())
    with pytest.raises(Denied) as refusal:
        house.registry.running_allowed(account.person.ref, "gibleed")
    assert refusal.value.code == "workspace_unknown"
    assert house.registry.workspaces() == []
    assert len(house.entries()) == size


def test_a_workspace_is_one_person_in_one_project_with_a_number_of_its_own(house: House) -> None:
    one, other = house.join("minji"), house.join("junho")
    house.project()
    house.project("other")
    made = [
        house.registry.workspace(account.person.ref, project)
        for account in (one, other)
        for project in ("gibleed", "other")
    ]
    assert [workspace.uid for workspace in made] == [FIRST_UID + number for number in range(4)]
    assert len({workspace.ref for workspace in made}) == 4
    assert house.registry.workspace(one.person.ref, "gibleed") == made[0]
    assert house.registry.workspace_by_ref(made[3].ref) == made[3]
    assert house.registry.workspaces() == made
    looks: list[Callable[[], object]] = [
        lambda: house.registry.workspace("p_aaaaaaaaaaaaaaaa", "gibleed"),
        lambda: house.registry.workspace(one.person.ref, "nothing"),
        lambda: house.registry.workspace_by_ref("ws_aaaaaaaaaaaaaaaa"),
    ]
    for look in looks:
        with pytest.raises(NotFound):
            look()


def a_project_with_data(house: House, *roles: Role) -> Account:
    house.project()
    house.dataset()
    return house.join("sunhee", *roles)


def test_a_grant_needs_a_data_controller(house: House) -> None:
    somebody = a_project_with_data(house, Role.OPERATOR)
    with pytest.raises(Denied):
        house.grant(somebody)
    with pytest.raises(Denied) as refusal:
        house.registry.grant(
            "omop", 1, "gibleed", house.clock(), house.clock() + DAY, approver=somebody.actor, by=CLI, source=HOME
        )
    assert refusal.value.code == "approver_no_controller"


def test_a_grant_comes_from_outside_the_project(house: House) -> None:
    controller = a_project_with_data(house, Role.DATA_CONTROLLER)
    house.member("sunhee")
    house.registry.remove_member("gibleed", "sunhee", by=CLI, source=HOME)
    with pytest.raises(Denied) as refusal:
        house.grant(controller)
    assert refusal.value.code == "approver_is_member"


def test_nobody_approves_in_the_name_of_another(house: House) -> None:
    controller = a_project_with_data(house, Role.DATA_CONTROLLER)
    other = house.join("other", Role.DATA_CONTROLLER)
    with pytest.raises(Denied) as refusal:
        house.registry.grant(
            "omop",
            1,
            "gibleed",
            house.clock(),
            house.clock() + DAY,
            approver=controller.actor,
            by=other.actor,
            source=HOME,
        )
    assert refusal.value.code == "approval_of_another"


def test_an_approval_written_down_at_the_command_line_names_both(house: House) -> None:
    controller = a_project_with_data(house, Role.DATA_CONTROLLER)
    house.registry.grant(
        "omop", 1, "gibleed", house.clock(), house.clock() + DAY, approver=controller.actor, by=CLI, source=HOME
    )
    last = house.last()
    assert (last["actor"]["ref"], last["on_behalf_of"]) == ("cli", controller.person.ref)
    assert last["subjects"]["datasets"][0]["id"] == "omop"


def test_two_versions_are_not_granted_for_the_same_time(house: House) -> None:
    controller = a_project_with_data(house, Role.DATA_CONTROLLER)
    house.registry.add_version("omop", house.files("omop-2"), by=CLI, source=HOME)
    first = house.grant(controller)
    with pytest.raises(Conflict):
        house.grant(controller, version=2)
    house.registry.revoke_grant(first.ref, by=controller.actor, source=HOME)
    assert house.grant(controller, version=2).version == 2


def test_a_grant_is_revoked_once(house: House) -> None:
    controller = a_project_with_data(house, Role.DATA_CONTROLLER)
    grant = house.grant(controller)
    assert house.registry.revoke_grant(grant.ref, by=controller.actor, source=HOME).revoked_at == house.clock()
    with pytest.raises(Conflict):
        house.registry.revoke_grant(grant.ref, by=controller.actor, source=HOME)
    with pytest.raises(NotFound):
        house.registry.revoke_grant("g_aaaaaaaaaaaaaaaa", by=controller.actor, source=HOME)
    assert house.registry.grants() == house.registry.grants("gibleed")


def test_a_grant_of_what_does_not_exist_is_not_found(house: House) -> None:
    controller = a_project_with_data(house, Role.DATA_CONTROLLER)
    for dataset, version, project in (("nothing", 1, "gibleed"), ("omop", 2, "gibleed"), ("omop", 1, "nothing")):
        with pytest.raises(NotFound):
            house.registry.grant(
                dataset,
                version,
                project,
                house.clock(),
                house.clock() + DAY,
                approver=controller.actor,
                source=HOME,
            )


def test_a_researcher_grants_and_revokes_nothing(house: House) -> None:
    account = house.at_work()
    grant = house.registry.grants("gibleed")[0]
    with pytest.raises(Denied):
        house.registry.revoke_grant(grant.ref, by=account.actor, source=HOME)
    with pytest.raises(Denied):
        house.grant(account)
    stranger = Actor.person("p_aaaaaaaaaaaaaaaa", ["data_controller"])
    with pytest.raises(Denied):
        house.registry.revoke_grant(grant.ref, by=stranger, source=HOME)


def test_warnings_come_a_day_and_an_hour_before_the_end_and_once_each(house: House) -> None:
    account = house.at_work()
    end = house.registry.may_work("minji", "gibleed").ends_at
    given: list[str] = []
    for hours in (30, 24, 23, 2, 1, 0.5, 0.1, 0, -1):
        house.clock.now = end - DAY * hours / 24
        for permit, person, lead in house.registry.ending_soon(house.clock()):
            assert (permit.ends_at, person.handle) == (end, "minji")
            given.append(f"{hours} {lead}")
    assert given == ["24 day", "1 hour"]
    assert [body["detail"]["lead"] for body in house.entries("workspace.warned")] == ["day", "hour"]
    messages = house.registry.messages(account.person.ref)
    assert [one.code for one in messages] == ["ends_in_a_hour", "ends_in_a_day"]
    korean_time = f"{end + timedelta(hours=9):%Y-%m-%d %H:%M}"
    assert korean_time in messages[0].content.text("ko")
    assert korean_time in messages[0].content.text("en")


def test_a_moved_end_is_warned_of_anew(house: House) -> None:
    house.at_work()
    end = house.registry.may_work("minji", "gibleed").ends_at
    house.clock.now = end - DAY / 2
    assert len(house.registry.ending_soon(house.clock())) == 1
    house.registry.grant("omop", 1, "gibleed", end, end + DAY, approver=house.accounts["sunhee"].actor, source=HOME)
    assert house.registry.ending_soon(house.clock()) == []
    house.clock.now = end + DAY - DAY / 48
    assert [lead for _, _, lead in house.registry.ending_soon(house.clock())] == ["hour"]


def test_nobody_is_warned_of_work_that_is_not_allowed_anyway(house: House) -> None:
    house.at_work()
    end = house.registry.may_work("minji", "gibleed").ends_at
    house.registry.suspend("minji", by=CLI, source=HOME)
    assert house.registry.ending_soon(end - DAY / 48) == []


def test_an_actor_carries_the_roles_of_the_person(house: House) -> None:
    account = house.join("sunhee", Role.DATA_CONTROLLER)
    assert as_actor(account.person, "s1") == Actor(account.person.ref, "person", ("data_controller",), "s1")
