"""What the registry says about a request at this moment, read in the transaction that acts on it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select

from egress_review import tables as own_tables
from egress_review.errors import Denied, EgressError
from egress_review.model import Request, Vote
from egress_review.review import OWN_REQUEST, PROJECT_MEMBER, Demands, check_independent
from egress_review.terms import Policy
from registry import queries, tables
from registry.model import Person, PersonStatus, ProjectStatus
from registry.text import Text


@dataclass(frozen=True, slots=True)
class Ties:
    """What ties somebody to projects and requests, now and ever; no tie ends."""

    accounts: frozenset[str]
    """References of every account that is the same human as far as the zone can tell: the same mailbox."""
    projects: frozenset[str]
    """Projects of which any of these accounts is or was a member."""
    interests: frozenset[str]
    """Projects in which an interest was declared."""
    recused: frozenset[str]
    """Requests from whose review they have stepped back."""


def ties_of(tx: Connection, person_ref: str) -> Ties:
    """The ties of a person, at this moment."""
    accounts = accounts_of(tx, person_ref)
    part = tables.membership.c
    projects = tx.execute(select(part.project).where(part.person_ref.in_(accounts))).scalars()
    row = own_tables.interest.c
    declared = tx.execute(select(row.project, row.request_ref).where(row.person_ref.in_(accounts))).all()
    return Ties(
        accounts=accounts,
        projects=frozenset(projects),
        interests=frozenset(one.project for one in declared if one.request_ref is None),
        recused=frozenset(one.request_ref for one in declared if one.request_ref is not None),
    )


def accounts_of(tx: Connection, person_ref: str) -> frozenset[str]:
    """The accounts that share a mailbox with this one, itself among them.

    The registry knows people by reference and has no number of a person's identity, so the mailbox is what tells;
    `name+tag@host` and `name@host` are one. A second account under another address has to be declared.
    """
    row = tables.person.c
    email = tx.execute(select(row.email).where(row.ref == person_ref)).scalar() or ""
    name, _, host = email.strip().lower().rpartition("@")
    name = name.partition("+")[0]
    if not name or not host:
        return frozenset({person_ref})
    stored = func.lower(func.trim(row.email))
    same = or_(
        stored == f"{name}@{host}",
        stored.startswith(f"{name}+", autoescape=True) & stored.endswith(f"@{host}", autoescape=True),
    )
    return frozenset({person_ref, *tx.execute(select(row.ref).where(same)).scalars()})


def check_ties(request: Request, ties: Ties) -> None:
    """Refuse somebody whom anything ties to a request (invariant I1).

    Raises: Denied
    """
    if request.author_ref in ties.accounts:
        raise Denied("own_request", OWN_REQUEST)
    if request.project in ties.projects:
        raise Denied("project_member", PROJECT_MEMBER)
    if request.project in ties.interests:
        raise Denied("interest_declared", _INTEREST)
    if request.ref in ties.recused:
        raise Denied("recused", _RECUSED)


def is_untied(request: Request, ties: Ties) -> bool:
    """Whether nothing ties somebody to a request."""
    try:
        check_ties(request, ties)
    except EgressError:
        return False
    return True


def excluded(tx: Connection, request: Request, votes: Iterable[Vote]) -> frozenset[str]:
    """Whose votes do not count: of whom anything ties to the request, and of second accounts of one human."""
    void, counted = {request.author_ref}, set[str]()
    for ref in dict.fromkeys(vote.checker_ref for vote in sorted(votes, key=lambda vote: vote.at)):
        ties = ties_of(tx, ref)
        if not is_untied(request, ties) or counted & ties.accounts:
            void.add(ref)
        else:
            counted.add(ref)
    return frozenset(void)


def demands_of(tx: Connection, policy: Policy, request: Request, votes: Iterable[Vote]) -> Demands:
    """What the policy asks of those who approve, with the organisations that the registry knows now.

    Where somebody's organisation is not entered nobody knows that it is another one, so it does not count as one.
    """
    if not policy.other_organisation:
        return Demands(policy.required_roles)
    home = _organisation(tx, request.author_ref)
    voters = {vote.checker_ref for vote in votes}
    elsewhere = frozenset(ref for ref in voters if home and _organisation(tx, ref) not in ("", home))
    return Demands(policy.required_roles, elsewhere)


def _organisation(tx: Connection, person_ref: str) -> str:
    """The name as it is compared: without regard to case and to how its letters and spaces are written."""
    name = queries.person_by_ref(tx, person_ref).organisation
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def independent(tx: Connection, checker: Person, request: Request) -> Person:
    """The checker as the registry knows them now, if independent of the request (invariant I1).

    Raises: Denied
    """
    person = queries.person_by_ref(tx, checker.ref)
    if person.status is not PersonStatus.ACTIVE:
        raise Denied("not_active", Text(ko="계정이 활성 상태가 아닙니다.", en="The account is not active."))
    check_ties(request, ties_of(tx, person.ref))
    check_independent(person, request, is_member=False)
    return person


def check_first_account(tx: Connection, person: Person, votes: Iterable[Vote]) -> None:
    """Refuse the second account of somebody who has voted in the round: two votes are of two people (invariant I2).

    Raises: Denied
    """
    if (accounts_of(tx, person.ref) - {person.ref}) & {vote.checker_ref for vote in votes}:
        raise Denied("same_person", _SAME)


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
    held_by = queries.memberships(tx, project=request.project, person_ref=request.author_ref)
    if all(membership.revoked_at is not None for membership in held_by):
        raise Denied(
            "membership_revoked",
            Text(ko="신청자의 과제 참여가 취소되었습니다.", en="The author was removed from the project."),
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


_INTEREST = Text(
    ko="이 과제와의 이해관계가 등록되어 있어 심사할 수 없습니다.",
    en="An interest in this project is declared, so its requests are for others to review.",
)
_RECUSED = Text(ko="이 신청의 심사를 회피했습니다.", en="You have stepped back from reviewing this request.")
_SAME = Text(
    ko="같은 사람의 다른 계정으로 이미 의견을 냈습니다.", en="Another account of the same person has voted already."
)
