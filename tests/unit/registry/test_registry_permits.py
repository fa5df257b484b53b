"""The decision about work: everything must be known and in force; anything missing or new is a denial."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.errors import Denied
from registry.model import (
    Dataset,
    DatasetVersion,
    Grant,
    Limits,
    Membership,
    Person,
    PersonStatus,
    Project,
    ProjectStatus,
    Role,
)
from registry.permits import (
    CONDITIONS,
    WORKING_PERSON,
    WORKING_PROJECT,
    WORKING_ROLES,
    Facts,
    Held,
    check_still_mounted,
    decide,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def a_person(status: PersonStatus = PersonStatus.ACTIVE, notice: str | None = "1") -> Person:
    return Person("p_a", "minji", "김민지", "m@example.org", "ko", status, frozenset(), notice)


def a_project(
    status: ProjectStatus = ProjectStatus.ACTIVE,
    starts_at: datetime = NOW - DAY,
    ends_at: datetime = NOW + 30 * DAY,
) -> Project:
    return Project("gibleed", "과제", "Project", "purpose", starts_at, ends_at, status, Limits())


def a_membership(
    role: Role = Role.RESEARCHER,
    starts_at: datetime = NOW - DAY,
    ends_at: datetime = NOW + 20 * DAY,
    revoked_at: datetime | None = None,
    project: str = "gibleed",
    person_ref: str = "p_a",
) -> Membership:
    return Membership("m_a", project, person_ref, role, starts_at, ends_at, revoked_at)


def a_grant(
    dataset: str = "omop",
    number: int = 1,
    starts_at: datetime = NOW - DAY,
    ends_at: datetime = NOW + 10 * DAY,
    revoked_at: datetime | None = None,
    project: str = "gibleed",
    demo: bool = False,
) -> Held:
    return Held(
        Grant("g_a", dataset, number, project, starts_at, ends_at, "p_c", revoked_at),
        Dataset(dataset, "자료", "Data", "Hospital", 2694, True, demo),
        DatasetVersion(dataset, number, Path("/data") / dataset, "0" * 64, ()),
    )


def facts(**changes: Any) -> Facts:
    everything = Facts(
        at=NOW,
        demo_zone=False,
        notice_version="1",
        person=a_person(),
        project=a_project(),
        memberships=(a_membership(),),
        grants=(a_grant(),),
    )
    return replace(everything, **changes)


def denial(**changes: Any) -> str:
    with pytest.raises(Denied) as refusal:
        decide(facts(**changes))
    return refusal.value.code


def test_who_fulfils_everything_may_work_until_the_earliest_end() -> None:
    permission = decide(facts())
    assert permission.ends_at == NOW + 10 * DAY
    assert [(mount.dataset, mount.version, mount.people) for mount in permission.mounts] == [("omop", 1, 2694)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"person": None}, "person_unknown"),
        ({"person": a_person(notice=None)}, "notice_not_accepted"),
        ({"person": a_person(notice="0")}, "notice_not_accepted"),
        ({"project": None}, "project_unknown"),
        ({"memberships": ()}, "not_a_member"),
        ({"memberships": (a_membership(project="other"),)}, "not_a_member"),
        ({"memberships": (a_membership(person_ref="p_b"),)}, "not_a_member"),
        ({"memberships": (a_membership(revoked_at=NOW - DAY),)}, "not_a_member"),
        ({"memberships": (a_membership(starts_at=NOW + DAY),)}, "membership_not_in_force"),
        ({"memberships": (a_membership(ends_at=NOW),)}, "membership_not_in_force"),
        ({"project": a_project(starts_at=NOW + DAY)}, "project_not_started"),
        ({"project": a_project(ends_at=NOW)}, "project_ended"),
        ({"grants": ()}, "no_grant_in_force"),
        ({"grants": (a_grant(project="other"),)}, "no_grant_in_force"),
        ({"grants": (a_grant(revoked_at=NOW - DAY),)}, "no_grant_in_force"),
        ({"grants": (a_grant(starts_at=NOW + DAY),)}, "no_grant_in_force"),
        ({"grants": (a_grant(ends_at=NOW),)}, "no_grant_in_force"),
        ({"grants": (replace(a_grant(), dataset=None),)}, "dataset_unknown"),
        ({"grants": (replace(a_grant(), version=None),)}, "dataset_unknown"),
        ({"grants": (replace(a_grant(), version=a_grant(number=2).version),)}, "dataset_unknown"),
        ({"grants": (a_grant(demo=True),)}, "dataset_not_of_this_zone"),
        ({"demo_zone": True}, "dataset_not_of_this_zone"),
        ({"grants": (a_grant(), a_grant(number=2))}, "dataset_granted_twice"),
    ],
)
def test_each_missing_fact_is_a_denial_with_its_own_reason(changes: dict[str, Any], code: str) -> None:
    assert denial(**changes) == code


@pytest.mark.parametrize("status", [status for status in PersonStatus if status not in WORKING_PERSON])
def test_a_person_status_that_the_table_does_not_name_is_denied(status: PersonStatus) -> None:
    assert denial(person=a_person(status)) == "person_not_active"


@pytest.mark.parametrize("status", [status for status in ProjectStatus if status not in WORKING_PROJECT])
def test_a_project_status_that_the_table_does_not_name_is_denied(status: ProjectStatus) -> None:
    assert denial(project=a_project(status)) == "project_not_active"


@pytest.mark.parametrize("role", [role for role in Role if role not in WORKING_ROLES])
def test_a_role_that_the_table_does_not_name_opens_no_workspace(role: Role) -> None:
    assert denial(memberships=(a_membership(role),)) == "role_opens_no_workspace"


def test_a_stranger_cannot_tell_a_closed_project_from_none() -> None:
    with pytest.raises(Denied) as unknown:
        decide(facts(project=None))
    with pytest.raises(Denied) as closed:
        decide(facts(memberships=(), project=a_project(ProjectStatus.CLOSED)))
    assert unknown.value.reason == closed.value.reason


def test_every_condition_has_its_own_code_and_a_reason_in_both_languages() -> None:
    codes = [condition.code for condition in CONDITIONS]
    assert len(set(codes)) == len(codes)
    assert all(condition.reason.ko and condition.reason.en for condition in CONDITIONS)


def test_every_condition_decides_some_case() -> None:
    """No condition is dead: for each there are facts for which it is the first that fails."""
    cases: list[dict[str, Any]] = [
        {"person": None},
        {"person": a_person(PersonStatus.SUSPENDED)},
        {"person": a_person(notice=None)},
        {"project": None},
        {"memberships": ()},
        {"memberships": (a_membership(ends_at=NOW),)},
        {"memberships": (a_membership(Role.DEID_OPERATOR),)},
        {"project": a_project(ProjectStatus.CLOSED)},
        {"frozen": True},
        {"project": a_project(starts_at=NOW + DAY)},
        {"project": a_project(ends_at=NOW)},
        {"grants": ()},
        {"grants": (replace(a_grant(), version=None),)},
        {"demo_zone": True},
        {"grants": (a_grant(), a_grant(number=2))},
    ]
    assert [denial(**case) for case in cases] == [condition.code for condition in CONDITIONS]


def test_a_dataset_granted_twice_over_time_stays_until_the_later_end() -> None:
    renewed = (a_grant(ends_at=NOW + 2 * DAY), a_grant(ends_at=NOW + 9 * DAY))
    permission = decide(facts(grants=renewed))
    assert permission.ends_at == NOW + 9 * DAY
    assert len(permission.mounts) == 1


def test_a_renewal_that_follows_without_a_gap_is_no_end() -> None:
    renewal = a_grant(starts_at=NOW + 2 * DAY, ends_at=NOW + 9 * DAY)
    assert decide(facts(grants=(a_grant(ends_at=NOW + 2 * DAY), renewal))).ends_at == NOW + 9 * DAY
    late = a_grant(starts_at=NOW + 3 * DAY, ends_at=NOW + 9 * DAY)
    assert decide(facts(grants=(a_grant(ends_at=NOW + 2 * DAY), late))).ends_at == NOW + 2 * DAY
    more = (a_membership(ends_at=NOW + DAY), a_membership(starts_at=NOW + DAY, ends_at=NOW + 5 * DAY))
    assert decide(facts(memberships=more)).ends_at == NOW + 5 * DAY


def test_a_running_workspace_ends_with_the_grant_of_any_dataset_it_mounts() -> None:
    permission = decide(facts())
    check_still_mounted(permission.mounts, [("omop", 1)])
    for gone in (("omop", 2), ("population", 1)):
        with pytest.raises(Denied) as refusal:
            check_still_mounted(permission.mounts, [("omop", 1), gone])
        assert refusal.value.code == "grant_ended"


times = st.integers(-3, 3).map(lambda days: NOW + days * DAY)
before, after = times.map(lambda at: at - 2 * DAY), times.map(lambda at: at + 2 * DAY)
revocations = st.sampled_from([None, None, None, NOW])
ids = st.sampled_from(["gibleed", "gibleed", "gibleed", "x"])
people = (
    st.just(a_person())
    | st.none()
    | st.builds(a_person, st.sampled_from(PersonStatus), st.sampled_from(["1", "2", None]))
)
projects = st.just(a_project()) | st.none() | st.builds(a_project, st.sampled_from(ProjectStatus), before, after)
a_role = st.just(Role.RESEARCHER) | st.sampled_from(Role)
some_memberships = st.lists(st.builds(a_membership, a_role, before, after, revocations, ids), max_size=3).map(tuple)
some_grants = st.lists(
    st.builds(
        a_grant,
        st.sampled_from(["omop", "pop"]),
        st.sampled_from([1, 1, 1, 2]),
        before,
        after,
        revocations,
        ids,
        st.sampled_from([False, False, False, True]),
    ),
    max_size=3,
).map(tuple)
any_facts = st.builds(
    Facts,
    at=st.just(NOW) | times,
    demo_zone=st.sampled_from([False, False, False, False, True]),
    notice_version=st.just("1"),
    person=people,
    project=projects,
    memberships=st.just((a_membership(),)) | some_memberships,
    grants=st.just((a_grant(),)) | some_grants,
)


def test_the_facts_below_contain_permits_and_many_kinds_of_denial() -> None:
    seen = set()

    @settings(max_examples=500, derandomize=True, database=None)
    @given(any_facts)
    def collect(question: Facts) -> None:
        try:
            decide(question)
        except Denied as refusal:
            seen.add(refusal.code)
        else:
            seen.add("permitted")

    collect()
    assert "permitted" in seen
    assert len(seen) > 8


@given(any_facts)
def test_whoever_is_permitted_has_every_single_right_in_force(question: Facts) -> None:
    try:
        permission = decide(question)
    except Denied:
        return
    person, project, at = question.person, question.project, question.at
    assert person is not None
    assert project is not None
    assert person.status is PersonStatus.ACTIVE
    assert person.notice_version == "1"
    assert project.status is ProjectStatus.ACTIVE
    assert project.starts_at <= at < project.ends_at
    assert any(
        m.project == project.id and m.in_force(at) and m.role in {Role.RESEARCHER, Role.PROJECT_LEAD}
        for m in question.memberships
    )
    assert permission.mounts
    for mount in permission.mounts:
        assert any(
            held.grant.in_force(at) and held.grant.project == project.id and held.grant.dataset == mount.dataset
            for held in question.grants
        )
    assert at < permission.ends_at <= project.ends_at


@given(any_facts)
def test_at_the_end_that_is_known_the_same_permit_is_not_given_again(question: Facts) -> None:
    try:
        permission = decide(question)
    except Denied:
        return
    later = replace(question, at=permission.ends_at)
    try:
        then = decide(later)
    except Denied:
        return
    assert then.mounts != permission.mounts


@given(any_facts, st.data())
def test_taking_a_fact_away_never_turns_a_denial_into_a_permit(question: Facts, data: st.DataObject) -> None:
    try:
        decide(question)
    except Denied:
        lesser = replace(
            question,
            memberships=question.memberships[1:],
            person=data.draw(st.sampled_from([question.person, None])),
            project=data.draw(st.sampled_from([question.project, None])),
        )
        with pytest.raises(Denied):
            decide(lesser)


@pytest.mark.parametrize("name", ["person", "project", "memberships", "grants"])
def test_a_fact_that_is_left_out_denies(name: str) -> None:
    present = {one.name: getattr(facts(), one.name) for one in fields(Facts) if one.name != name}
    with pytest.raises(Denied):
        decide(Facts(**present))
