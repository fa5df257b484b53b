"""Which roles exist where, which may not meet in one person, and who may make which change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from registry.errors import Denied, Invalid
from registry.model import Role
from registry.text import Text

PERSON_ROLES = frozenset(
    {
        Role.RESEARCHER,
        Role.CHECKER,
        Role.SENIOR_CHECKER,
        Role.DATA_CONTROLLER,
        Role.DEID_OPERATOR,
        Role.ADEQUACY_REVIEWER,
        Role.COMPLIANCE_OFFICER,
        Role.OPERATOR,
    }
)
"""Roles that a person holds in the whole zone. As one of these, researcher says that the person is approved
to do research here; what may be worked on still takes a membership."""

PROJECT_ROLES = frozenset({Role.RESEARCHER, Role.PROJECT_LEAD, Role.DEID_OPERATOR, Role.ADEQUACY_REVIEWER})
"""Roles that a person holds in one project, through a membership."""

QUALIFIED_BY: Mapping[Role, Role] = MappingProxyType(
    {Role.DEID_OPERATOR: Role.DEID_OPERATOR, Role.ADEQUACY_REVIEWER: Role.ADEQUACY_REVIEWER}
)
"""Project roles that need the zone-wide role first."""

NAMES: Mapping[Role, Text] = MappingProxyType(
    {
        Role.RESEARCHER: Text(ko="연구자", en="researcher"),
        Role.PROJECT_LEAD: Text(ko="과제 책임자", en="project lead"),
        Role.CHECKER: Text(ko="반출 심사자", en="checker"),
        Role.SENIOR_CHECKER: Text(ko="선임 반출 심사자", en="senior checker"),
        Role.DATA_CONTROLLER: Text(ko="데이터 제공 책임자", en="data controller"),
        Role.DEID_OPERATOR: Text(ko="가명처리 담당자", en="de-identification operator"),
        Role.ADEQUACY_REVIEWER: Text(ko="적정성 검토자", en="adequacy reviewer"),
        Role.COMPLIANCE_OFFICER: Text(ko="준법감시 담당자", en="compliance officer"),
        Role.OPERATOR: Text(ko="운영자", en="operator"),
    }
)
"""How roles are called on screen."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Two groups of roles that one person may not hold together, and why."""

    one: frozenset[Role]
    other: frozenset[Role]
    reason: Text

    def hits(self, held: Role, wanted: Role) -> bool:
        """Whether holding `held` forbids `wanted`; the order does not matter."""
        return (held in self.one and wanted in self.other) or (held in self.other and wanted in self.one)


_VOTING = frozenset({Role.CHECKER, Role.SENIOR_CHECKER})
_USING = frozenset({Role.RESEARCHER, Role.PROJECT_LEAD})

IN_THE_ZONE: tuple[Clash, ...] = (
    Clash(
        frozenset({Role.OPERATOR}),
        _VOTING,
        Text(
            ko="운영자는 설비를 다루므로 반출 심사에 표를 던질 수 없습니다.",
            en="An operator controls the machines and therefore has no vote in egress review.",
        ),
    ),
    Clash(
        frozenset({Role.COMPLIANCE_OFFICER}),
        _VOTING,
        Text(
            ko="준법감시 담당자는 모든 기록을 보지만 반출 심사에 표를 던지지 않습니다.",
            en="The compliance officer reads every record and never votes.",
        ),
    ),
    Clash(
        frozenset({Role.COMPLIANCE_OFFICER}),
        frozenset({Role.OPERATOR, Role.DATA_CONTROLLER}),
        Text(
            ko="준법감시 담당자는 기록을 살필 뿐 아무것도 바꾸지 않으므로, 바꿀 수 있는 역할을 겸할 수 없습니다.",
            en="The compliance officer changes nothing and cannot hold a role that changes the zone.",
        ),
    ),
    Clash(
        frozenset({Role.OPERATOR, Role.COMPLIANCE_OFFICER}),
        _USING,
        Text(
            ko="운영자와 준법감시 담당자는 데이터를 이용하는 과제 구성원이 될 수 없습니다.",
            en="An operator or compliance officer cannot be a member of a project that uses data.",
        ),
    ),
)
"""Pairs that may not meet in one person, wherever in the zone the roles are held."""

IN_ONE_PROJECT: tuple[Clash, ...] = (
    # 가명처리자, 적정성 검토자, 이용자의 분리: the PIPC guideline wants three different people.
    Clash(
        frozenset({Role.DEID_OPERATOR}),
        _USING | {Role.ADEQUACY_REVIEWER},
        Text(
            ko="같은 과제에서 가명처리한 사람은 적정성을 검토하거나 데이터를 이용할 수 없습니다.",
            en="Who pseudonymises for a project can neither review its adequacy nor use its data.",
        ),
    ),
    Clash(
        frozenset({Role.ADEQUACY_REVIEWER}),
        _USING,
        Text(
            ko="같은 과제에서 적정성을 검토한 사람은 데이터를 이용할 수 없습니다.",
            en="Who reviews the adequacy of a project's data cannot use that data.",
        ),
    ),
)
"""Pairs that may not meet in one person within one project, now or in its past."""

AUTHORITY: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "person.invited": frozenset({Role.OPERATOR}),
        "person.suspended": frozenset({Role.OPERATOR}),
        "person.reinstated": frozenset({Role.OPERATOR}),
        "person.closed": frozenset({Role.OPERATOR}),
        "person.role_granted": frozenset({Role.OPERATOR}),
        "person.role_revoked": frozenset({Role.OPERATOR}),
        "person.second_factor_reset_requested": frozenset({Role.OPERATOR}),
        "person.second_factor_reset_confirmed": frozenset(
            {Role.OPERATOR, Role.COMPLIANCE_OFFICER, Role.DATA_CONTROLLER}
        ),
        "person.password_reset_requested": frozenset({Role.OPERATOR}),
        "person.password_reset_confirmed": frozenset({Role.OPERATOR, Role.COMPLIANCE_OFFICER, Role.DATA_CONTROLLER}),
        "person.emergency_sealed": frozenset({Role.OPERATOR}),
        "person.identity_given": frozenset({Role.OPERATOR}),
        "person.identity_requested": frozenset({Role.OPERATOR}),
        "person.identity_confirmed": frozenset({Role.OPERATOR, Role.COMPLIANCE_OFFICER, Role.DATA_CONTROLLER}),
        "person.identity_removed": frozenset({Role.OPERATOR}),
        "service.requested": frozenset({Role.OPERATOR}),
        "service.confirmed": frozenset({Role.OPERATOR, Role.COMPLIANCE_OFFICER, Role.DATA_CONTROLLER}),
        "service.token_issued": frozenset({Role.OPERATOR}),
        "service.revoked": frozenset({Role.OPERATOR, Role.DATA_CONTROLLER}),
        "project.created": frozenset({Role.OPERATOR}),
        "project.changed": frozenset({Role.OPERATOR}),
        "project.closed": frozenset({Role.OPERATOR}),
        "project.frozen": frozenset({Role.OPERATOR, Role.DATA_CONTROLLER}),
        "project.unfrozen": frozenset({Role.OPERATOR}),
        "zone.maintenance_begun": frozenset({Role.OPERATOR}),
        "zone.maintenance_ended": frozenset({Role.OPERATOR}),
        "membership.granted": frozenset({Role.OPERATOR}),
        "membership.revoked": frozenset({Role.OPERATOR}),
        "dataset.registered": frozenset({Role.OPERATOR, Role.DATA_CONTROLLER}),
        "dataset.version_added": frozenset({Role.OPERATOR, Role.DATA_CONTROLLER}),
        "dataset.checked": frozenset({Role.OPERATOR, Role.DATA_CONTROLLER, Role.COMPLIANCE_OFFICER}),
        "grant.approved": frozenset({Role.DATA_CONTROLLER}),
        "grant.revoked": frozenset({Role.OPERATOR, Role.DATA_CONTROLLER}),
        "person.affiliated": frozenset({Role.OPERATOR}),
        # `egress_review.governing` leaves the policy of a dataset to its controllers.
        "egress.policy_assigned": frozenset({Role.OPERATOR, Role.DATA_CONTROLLER}),
        "egress.policy_simulated": frozenset({Role.OPERATOR, Role.DATA_CONTROLLER}),
        "privacy.erasure_requested": frozenset({Role.OPERATOR, Role.DATA_CONTROLLER}),
        "privacy.erased": frozenset({Role.COMPLIANCE_OFFICER}),
        "package.approved": frozenset({Role.OPERATOR}),
        "package.refused": frozenset({Role.OPERATOR}),
        "package.revoked": frozenset({Role.OPERATOR}),
        "package.shelved": frozenset({Role.OPERATOR}),
        "package.unshelved": frozenset({Role.OPERATOR}),
    }
)
"""Who may make which change, by its name in the audit log. An action that is not here is nobody's."""

NEEDS_A_PERSON = frozenset(
    {
        "person.second_factor_reset_confirmed",
        "person.password_reset_confirmed",
        "person.identity_confirmed",
        "service.confirmed",
        "privacy.erasure_requested",
        "privacy.erased",
    },
)
"""Changes that no service and no command line makes: human beings who prove to be there make them."""


def check_person_role(role: Role) -> None:
    """Accepts roles that are held in the whole zone.

    Raises: Invalid — for a role that exists in a project only.
    """
    if role not in PERSON_ROLES:
        raise Invalid(
            "role_is_in_projects",
            Text(
                ko="이 역할은 과제 구성원에게만 줄 수 있습니다: {role}",
                en="This role is held in a project only: {role}",
            ).fill(role=role.value),
        )


def check_project_role(role: Role, held: Iterable[Role]) -> None:
    """Accepts roles that a person with the zone-wide roles `held` may take in a project.

    Raises: Invalid — for a role that projects do not have. Denied — when the zone-wide role is missing.
    """
    if role not in PROJECT_ROLES:
        raise Invalid(
            "role_is_in_zone",
            Text(
                ko="이 역할은 과제 안에서 줄 수 없습니다: {role}",
                en="Projects do not have this role: {role}",
            ).fill(role=role.value),
        )
    needed = QUALIFIED_BY.get(role)
    if needed is not None and needed not in frozenset(held):
        raise Denied(
            "not_qualified",
            Text(
                ko="먼저 구역 전체의 역할을 받아야 합니다: {role}",
                en="The person must first hold this role in the zone: {role}",
            ).fill(role=needed.value),
        )


def check_no_clash(table: tuple[Clash, ...], held: Iterable[Role], wanted: Role) -> None:
    """Accepts `wanted` beside the roles `held` unless `table` forbids one of the pairs.

    Raises: Denied — with the reason of the pair.
    """
    for role in held:
        for clash in table:
            if clash.hits(role, wanted):
                raise Denied("incompatible_roles", clash.reason)


def check_authority(action: str, held: Iterable[Role]) -> None:
    """Accepts `action` from somebody who holds one of the roles that `AUTHORITY` names for it.

    Raises: Denied — absence in the table is denial.
    """
    allowed = AUTHORITY.get(action, frozenset())
    if allowed.isdisjoint(held):
        raise Denied(
            "no_authority",
            Text(
                ko="이 일을 할 수 있는 역할이 없습니다.",
                en="You hold no role that may do this.",
            ),
        )
