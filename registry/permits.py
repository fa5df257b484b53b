"""May this person work in this project now? A table of conditions, and every one must hold. Pure.

What no condition knows is refused: a status, role or fact that is missing or new is a denial.
Conditions about the membership come before those about the project: a stranger learns nothing about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from registry.errors import Denied
from registry.model import (
    Dataset,
    DatasetVersion,
    Grant,
    Membership,
    Mount,
    Person,
    PersonStatus,
    Project,
    ProjectStatus,
    Role,
)
from registry.text import Text

FROZEN = Text(
    ko="과제가 동결되어 있습니다. 아무것도 지워지지 않았으며, 동결이 풀리면 이어서 할 수 있습니다.",
    en="The project is frozen. Nothing was deleted, and everything goes on from here once the freeze is lifted.",
)
FROZEN_HINT = Text(
    ko="까닭과 해제 시기는 과제 책임자나 운영자에게 문의하십시오.",
    en="Ask the project lead or an operator why, and until when.",
)
WORKING_PERSON = frozenset({PersonStatus.ACTIVE})
WORKING_PROJECT = frozenset({ProjectStatus.ACTIVE})
WORKING_ROLES = frozenset({Role.RESEARCHER, Role.PROJECT_LEAD})


@dataclass(frozen=True, slots=True)
class Held:
    """A grant with the dataset and version it is about, as far as the registry knows them."""

    grant: Grant
    dataset: Dataset | None
    version: DatasetVersion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything the decision looks at. The default of each fact is its absence, which denies; of `frozen` it is the
    absence of a freeze, and the other facts deny where nobody looked.
    """

    at: datetime
    demo_zone: bool
    notice_version: str
    person: Person | None = None
    project: Project | None = None
    frozen: bool = False
    memberships: tuple[Membership, ...] = ()
    grants: tuple[Held, ...] = ()

    def own(self) -> tuple[Membership, ...]:
        """The person's memberships in this project that were not revoked."""
        if self.person is None or self.project is None:
            return ()
        return tuple(
            one
            for one in self.memberships
            if one.person_ref == self.person.ref and one.project == self.project.id and one.revoked_at is None
        )

    def working(self) -> tuple[Membership, ...]:
        """Those of `own` that are in force and open a workspace."""
        return tuple(one for one in self.own() if one.in_force(self.at) and one.role in WORKING_ROLES)

    def granted(self) -> tuple[Held, ...]:
        """The project's grants that are in force."""
        if self.project is None:
            return ()
        return tuple(
            held for held in self.grants if held.grant.project == self.project.id and held.grant.in_force(self.at)
        )

    def renewals(self, grant: Grant) -> tuple[Grant, ...]:
        """Every grant of the same version of the same dataset to this project that was not revoked."""
        same = (grant.project, grant.dataset, grant.version)
        return tuple(
            held.grant
            for held in self.grants
            if held.grant.revoked_at is None and (held.grant.project, held.grant.dataset, held.grant.version) == same
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that must be true, and what is said when it is not."""

    code: str
    holds: Callable[[Facts], bool]
    reason: Text
    hint: Text | None = None


_NOT_A_MEMBER = Text(
    ko="이 이름의 과제에 참여하고 있지 않습니다.",
    en="You are not a member of a project with this name.",
)

CONDITIONS: tuple[Condition, ...] = (
    Condition(
        "person_unknown",
        lambda facts: facts.person is not None,
        Text(ko="등록된 사용자가 아닙니다.", en="There is no such person in this zone."),
    ),
    Condition(
        "person_not_active",
        lambda facts: facts.person is not None and facts.person.status in WORKING_PERSON,
        Text(ko="계정이 활성 상태가 아닙니다.", en="The account is not active."),
        Text(
            ko="운영자에게 계정 상태를 문의하십시오.",
            en="Ask an operator about the state of the account.",
        ),
    ),
    Condition(
        "notice_not_accepted",
        lambda facts: facts.person is not None and facts.person.notice_version == facts.notice_version,
        Text(
            ko="기록에 관한 안내를 아직 확인하지 않았습니다.",
            en="The current notice about what is recorded has not been accepted.",
        ),
        Text(
            ko="포털에서 안내를 읽고 확인한 뒤 다시 시작하십시오.",
            en="Read and accept the notice in the portal, then start again.",
        ),
    ),
    Condition("project_unknown", lambda facts: facts.project is not None, _NOT_A_MEMBER),
    Condition("not_a_member", lambda facts: bool(facts.own()), _NOT_A_MEMBER),
    Condition(
        "membership_not_in_force",
        lambda facts: any(one.in_force(facts.at) for one in facts.own()),
        Text(
            ko="과제 참여 기간이 아닙니다.",
            en="Your membership in this project has not begun or has ended.",
        ),
    ),
    Condition(
        "role_opens_no_workspace",
        lambda facts: bool(facts.working()),
        Text(
            ko="이 과제에서 맡은 역할로는 분석환경을 열 수 없습니다.",
            en="Your role in this project does not open a workspace.",
        ),
    ),
    Condition(
        "project_not_active",
        lambda facts: facts.project is not None and facts.project.status in WORKING_PROJECT,
        Text(ko="과제가 종료되었습니다.", en="The project is closed."),
    ),
    Condition("project_frozen", lambda facts: not facts.frozen, FROZEN, FROZEN_HINT),
    Condition(
        "project_not_started",
        lambda facts: facts.project is not None and facts.project.starts_at <= facts.at,
        Text(ko="과제 이용기간이 아직 시작되지 않았습니다.", en="The project's period has not begun yet."),
    ),
    Condition(
        "project_ended",
        lambda facts: facts.project is not None and facts.at < facts.project.ends_at,
        Text(ko="과제 이용기간이 끝났습니다.", en="The project's period has ended."),
    ),
    Condition(
        "no_grant_in_force",
        lambda facts: bool(facts.granted()),
        Text(
            ko="이 과제에 지금 유효한 데이터 이용 승인이 없습니다.",
            en="No grant of data to this project is in force.",
        ),
        Text(
            ko="과제 책임자를 통해 데이터 제공 책임자에게 승인을 요청하십시오.",
            en="Ask, through the project lead, a data controller for a grant.",
        ),
    ),
    Condition(
        "dataset_unknown",
        lambda facts: all(
            held.dataset is not None
            and held.version is not None
            and held.dataset.id == held.version.dataset == held.grant.dataset
            and held.version.number == held.grant.version
            for held in facts.granted()
        ),
        Text(
            ko="승인된 데이터셋 버전이 등록되어 있지 않습니다.",
            en="A granted dataset version is not registered.",
        ),
    ),
    Condition(
        "dataset_not_of_this_zone",
        lambda facts: all(
            held.dataset is not None and held.dataset.demo is facts.demo_zone for held in facts.granted()
        ),
        Text(
            ko="시범 구역에는 시범 데이터만, 실제 구역에는 실제 데이터만 연결할 수 있습니다.",
            en="A demo zone mounts demo data only, and a real zone never does.",
        ),
    ),
    Condition(
        "dataset_granted_twice",
        lambda facts: (
            len({held.grant.dataset for held in facts.granted()})
            == len({(held.grant.dataset, held.grant.version) for held in facts.granted()})
        ),
        Text(
            ko="같은 데이터셋의 두 버전이 동시에 승인되어 있습니다.",
            en="Two versions of one dataset are granted at the same time.",
        ),
        Text(
            ko="쓰지 않을 버전의 승인을 거두도록 데이터 제공 책임자에게 요청하십시오.",
            en="Ask a data controller to revoke the grant that is not needed.",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Permission:
    """The yes of the decision: what may be mounted, and the earliest known end."""

    project: Project
    mounts: tuple[Mount, ...]
    ends_at: datetime


def decide(facts: Facts) -> Permission:
    """The permission that the facts give.

    Raises: Denied — with the first condition that does not hold.
    """
    for condition in CONDITIONS:
        if not condition.holds(facts):
            raise Denied(condition.code, condition.reason, hint=condition.hint)
    if facts.project is None:
        raise AssertionError("the conditions let a missing project pass")
    return Permission(
        project=facts.project,
        mounts=_mounts(facts.granted()),
        ends_at=_earliest_end(facts, facts.project),
    )


def check_still_mounted(permitted: Iterable[Mount], mounted: Iterable[tuple[str, int]]) -> None:
    """Accepts a running workspace if everything it mounts is still permitted.

    Raises: Denied — a mount cannot be taken out of a running container, so the container must end.
    """
    allowed = {(mount.dataset, mount.version) for mount in permitted}
    if not allowed.issuperset(mounted):
        raise Denied(
            "grant_ended",
            Text(
                ko="이 분석환경에 연결된 데이터의 이용 승인이 끝났습니다.",
                en="The grant of a dataset that is mounted in this workspace has ended.",
            ),
            hint=Text(
                ko="남은 데이터로 계속하려면 분석환경을 다시 시작하십시오.",
                en="Start the workspace again to go on with the remaining data.",
            ),
        )


def _mounts(granted: tuple[Held, ...]) -> tuple[Mount, ...]:
    found = {
        held.dataset.id: Mount(
            dataset=held.dataset.id,
            version=held.version.number,
            path=held.version.path,
            manifest_sha256=held.version.manifest_sha256,
            people=held.dataset.people,
        )
        for held in granted
        if held.dataset is not None and held.version is not None
    }
    return tuple(found[dataset] for dataset in sorted(found))


def _earliest_end(facts: Facts, project: Project) -> datetime:
    """The first moment at which, as far as is known now, something that is held today stops."""
    of_membership = _covered(
        facts.at, [(one.starts_at, one.ends_at) for one in facts.own() if one.role in WORKING_ROLES]
    )
    of_grants = [
        _covered(facts.at, [(one.starts_at, one.ends_at) for one in facts.renewals(held.grant)])
        for held in facts.granted()
    ]
    return min(project.ends_at, of_membership, *of_grants)


def _covered(at: datetime, periods: Iterable[tuple[datetime, datetime]]) -> datetime:
    """The end of the unbroken time from `at` that the periods cover: a renewal in time is no end."""
    end = at
    for start, stop in sorted(periods):
        if start <= end:
            end = max(end, stop)
    return end
