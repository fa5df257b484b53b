"""Separation of duties: which roles may meet in one person, and who may make which change."""

from __future__ import annotations

import itertools

import pytest

from audit.catalogue import CATALOGUE
from registry.errors import Denied, Invalid
from registry.model import Role
from registry.roles import (
    AUTHORITY,
    IN_ONE_PROJECT,
    IN_THE_ZONE,
    NAMES,
    PERSON_ROLES,
    PROJECT_ROLES,
    check_authority,
    check_no_clash,
    check_person_role,
    check_project_role,
)

FORBIDDEN_IN_THE_ZONE = {
    frozenset(pair)
    for pair in (
        (Role.OPERATOR, Role.CHECKER),
        (Role.OPERATOR, Role.SENIOR_CHECKER),
        (Role.COMPLIANCE_OFFICER, Role.CHECKER),
        (Role.COMPLIANCE_OFFICER, Role.SENIOR_CHECKER),
        (Role.COMPLIANCE_OFFICER, Role.OPERATOR),
        (Role.COMPLIANCE_OFFICER, Role.DATA_CONTROLLER),
        (Role.OPERATOR, Role.RESEARCHER),
        (Role.OPERATOR, Role.PROJECT_LEAD),
        (Role.COMPLIANCE_OFFICER, Role.RESEARCHER),
        (Role.COMPLIANCE_OFFICER, Role.PROJECT_LEAD),
    )
}
FORBIDDEN_IN_ONE_PROJECT = {
    frozenset(pair)
    for pair in (
        (Role.DEID_OPERATOR, Role.ADEQUACY_REVIEWER),
        (Role.DEID_OPERATOR, Role.RESEARCHER),
        (Role.DEID_OPERATOR, Role.PROJECT_LEAD),
        (Role.ADEQUACY_REVIEWER, Role.RESEARCHER),
        (Role.ADEQUACY_REVIEWER, Role.PROJECT_LEAD),
    )
}


@pytest.mark.parametrize(("held", "wanted"), list(itertools.permutations(Role, 2)))
def test_exactly_the_named_pairs_are_forbidden_in_both_orders(held: Role, wanted: Role) -> None:
    for table, forbidden in (
        (IN_THE_ZONE, FORBIDDEN_IN_THE_ZONE),
        (IN_ONE_PROJECT, FORBIDDEN_IN_ONE_PROJECT),
    ):
        if frozenset((held, wanted)) in forbidden:
            with pytest.raises(Denied) as refusal:
                check_no_clash(table, [held], wanted)
            assert refusal.value.code == "incompatible_roles"
        else:
            check_no_clash(table, [held], wanted)


def test_every_role_has_a_place_and_a_name_in_both_languages() -> None:
    assert set(Role) == PERSON_ROLES | PROJECT_ROLES
    assert set(NAMES) == set(Role)
    assert all(name.ko and name.en for name in NAMES.values())


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_refused_where_it_does_not_belong(role: Role) -> None:
    if role in PERSON_ROLES:
        check_person_role(role)
    else:
        with pytest.raises(Invalid):
            check_person_role(role)
    if role in PROJECT_ROLES:
        check_project_role(role, [role])
    else:
        with pytest.raises(Invalid):
            check_project_role(role, [role])


@pytest.mark.parametrize("role", [Role.DEID_OPERATOR, Role.ADEQUACY_REVIEWER])
def test_a_specialist_role_in_a_project_takes_the_zone_wide_role_first(role: Role) -> None:
    with pytest.raises(Denied) as refusal:
        check_project_role(role, set(Role) - {role})
    assert refusal.value.code == "not_qualified"


def test_only_actions_of_the_catalogue_have_an_authority() -> None:
    assert set(AUTHORITY) <= set(CATALOGUE)


@pytest.mark.parametrize("action", sorted(CATALOGUE))
def test_nobody_but_the_named_roles_may_make_a_change(action: str) -> None:
    for role in Role:
        if role in AUTHORITY.get(action, frozenset()):
            check_authority(action, [role])
        else:
            with pytest.raises(Denied):
                check_authority(action, [role])


def test_a_compliance_officer_changes_nothing() -> None:
    changed = {action for action, roles in AUTHORITY.items() if Role.COMPLIANCE_OFFICER in roles}
    # Looking at a dataset's files and being the second pair of eyes of a reset, an identity, an erasure or a program's
    # account change no right.
    assert changed == {
        "dataset.checked",
        "person.second_factor_reset_confirmed",
        "person.identity_confirmed",
        "person.password_reset_confirmed",
        "privacy.erased",
        "service.confirmed",
    }
