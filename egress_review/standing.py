"""What the registry says about a request at this moment, read in the transaction that acts on it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from egress_review.errors import Denied
from egress_review.model import Request, Vote
from egress_review.review import check_independent
from registry import queries, tables
from registry.model import Person, PersonStatus, ProjectStatus
from registry.text import Text


def is_member(tx: Connection, person_ref: str, project: str) -> bool:
    """Whether a person takes part in a project or ever did: the conflict of interest does not end."""
    return bool(queries.memberships(tx, project=project, person_ref=person_ref))


def excluded(tx: Connection, request: Request, votes: Iterable[Vote]) -> frozenset[str]:
    """Whose votes do not count: the author's, and those of anybody who is or was in the project."""
    voters = {vote.checker_ref for vote in votes}
    return frozenset({request.author_ref, *(ref for ref in voters if is_member(tx, ref, request.project))})


def independent(tx: Connection, checker: Person, request: Request) -> Person:
    """The checker as the registry knows them now, if independent of the request (invariant I1).

    Raises: Denied
    """
    person = queries.person_by_ref(tx, checker.ref)
    if person.status is not PersonStatus.ACTIVE:
        raise Denied("not_active", Text(ko="계정이 활성 상태가 아닙니다.", en="The account is not active."))
    check_independent(person, request, is_member=is_member(tx, person.ref, request.project))
    return person


def check_standing(tx: Connection, request: Request) -> None:
    """Refuse to go on with a request whose ground is gone (invariant I10).

    The end of a period alone does not stop a review that began in time; a revocation does.
    Raises: Denied
    """
    if queries.project(tx, request.project).status is not ProjectStatus.ACTIVE:
        raise Denied("project_closed", Text(ko="과제가 종료되었습니다.", en="The project is closed."))
    if queries.person_by_ref(tx, request.author_ref).status is not PersonStatus.ACTIVE:
        raise Denied(
            "author_not_active",
            Text(ko="신청자의 계정이 활성 상태가 아닙니다.", en="The account of the author is not active."),
        )
    table = tables.access_grant
    standing = queries.grants(tx, table.c.project == request.project, table.c.revoked_at.is_(None))
    held = {(grant.dataset, grant.version) for grant in standing}
    for use in request.datasets:
        if (use.dataset, use.version) not in held:
            reason = Text(
                ko=f"데이터 이용 승인이 취소되었습니다: {use.dataset}",
                en=f"The grant for the data was revoked: {use.dataset}.",
            )
            raise Denied("grant_revoked", reason)
