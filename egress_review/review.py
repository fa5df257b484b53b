"""Decisions of a review, pure: who may vote, what the votes come to, what each person may see.

- A vote counts for exactly what it was cast on: file, context, policy, round. Any change voids it.
- Two distinct people at least; never the author, never anybody who is or was a member of the project.
- Nobody sees another vote of a round before having cast an own one; the author never sees who voted.
- Approving what a rule flagged takes a reason and a senior checker among those who approve.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from egress_review.errors import Denied
from egress_review.model import Choice, Message, Request, Visibility, Vote
from egress_review.workflow import OPEN_REVIEW
from registry.model import Person, Role
from registry.text import Text

CHECKER_ROLES = frozenset((Role.CHECKER, Role.SENIOR_CHECKER))

REMARK = "egress.commented"
"""The event of a remark that moves nothing."""
AUTHOR = "researcher"
"""The role under which an author is shown."""

OWN_REQUEST = Text(ko="자신의 신청은 심사할 수 없습니다.", en="Nobody reviews a request of their own.")
PROJECT_MEMBER = Text(
    ko="과제의 현재 또는 이전 참여자는 그 과제의 반출을 심사할 수 없습니다.",
    en="Present and former members of a project do not review what leaves it.",
)


class Decision(StrEnum):
    """What the votes of a round come to."""

    OPEN = "open"
    APPROVED = "approved"
    CONFLICT = "conflict"
    NEEDS_SENIOR = "needs_senior"
    NEEDS_ROLE = "needs_role"
    """Enough people approve, and none of them holds a role that the policy asks for."""
    NEEDS_OTHER_ORGANISATION = "needs_other_organisation"
    """Enough people approve, all from the author's own organisation."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Exactly what the votes of a round must have been cast on."""

    round: int
    context_hash: str
    policy_digest: str
    files: frozenset[str]
    """SHA-256 of each output file."""
    exceptions: bool
    """Whether a deciding rule is flagged or not checked on some file."""

    @classmethod
    def of(cls, request: Request, *, exceptions: bool) -> Binding:
        """What votes on the request as it stands bind to."""
        files = frozenset(file.sha256 for file in request.outputs)
        return cls(request.round, request.context_hash, request.policy_digest, files, exceptions)


@dataclass(frozen=True, slots=True)
class Demands:
    """What a policy asks of those who approve beside their number."""

    roles: tuple[str, ...] = ()
    """Each must be held by one of them at least."""
    elsewhere: frozenset[str] | None = None
    """Who belongs to another organisation than the author; None where the policy does not ask for one of them."""


NO_DEMANDS = Demands()


@dataclass(frozen=True, slots=True)
class Ballot:
    """One checker's latest complete set of votes."""

    checker_ref: str
    roles: tuple[str, ...]
    choices: Mapping[str, Choice]
    comment: str

    @property
    def approves(self) -> bool:
        """Whether every file is approved."""
        return all(choice is Choice.APPROVE for choice in self.choices.values())


def ballots(votes: Iterable[Vote], binding: Binding) -> tuple[Ballot, ...]:
    """The latest complete ballots that bind to the request as it stands; anything else is void."""
    latest: dict[str, dict[str, Vote]] = {}
    for vote in sorted(votes, key=lambda v: v.revision):
        cast_on = (vote.round, vote.context_hash, vote.policy_digest)
        if cast_on == (binding.round, binding.context_hash, binding.policy_digest) and vote.sha256 in binding.files:
            latest.setdefault(vote.checker_ref, {})[vote.sha256] = vote
    return tuple(
        Ballot(
            checker,
            next(iter(cast.values())).roles,
            {sha256: vote.choice for sha256, vote in cast.items()},
            next(iter(cast.values())).comment,
        )
        for checker, cast in sorted(latest.items())
        if set(cast) == binding.files
    )


def decide(
    cast: Iterable[Ballot],
    binding: Binding,
    required: int,
    excluded: frozenset[str],
    demands: Demands = NO_DEMANDS,
) -> Decision:
    """What the ballots come to; `excluded` are the author and all members of the project, ever."""
    counted = [ballot for ballot in cast if ballot.checker_ref not in excluded]
    if not binding.files or len(counted) < required:
        return Decision.OPEN
    if not all(ballot.approves for ballot in counted):
        return Decision.CONFLICT
    if binding.exceptions and not any(Role.SENIOR_CHECKER.value in ballot.roles for ballot in counted):
        return Decision.NEEDS_SENIOR
    held = {role for ballot in counted for role in ballot.roles}
    if not held.issuperset(demands.roles):
        return Decision.NEEDS_ROLE
    if demands.elsewhere is not None and demands.elsewhere.isdisjoint(ballot.checker_ref for ballot in counted):
        return Decision.NEEDS_OTHER_ORGANISATION
    return Decision.APPROVED


def check_independent(person: Person, request: Request, *, is_member: bool) -> None:
    """Refuse anybody who is not an independent checker of this request.

    Raises: Denied
    """
    if person.ref == request.author_ref:
        raise Denied("own_request", OWN_REQUEST)
    if is_member:
        raise Denied("project_member", PROJECT_MEMBER)
    if not person.has(*CHECKER_ROLES):
        raise Denied(
            "not_a_checker",
            Text(ko="반출심사는 심사자 역할이 있어야 합니다.", en="Reviewing needs the role of checker."),
        )


def own_votes(votes: Iterable[Vote], person_ref: str, binding: Binding) -> list[Vote]:
    """The votes of one person that were cast on exactly this, in all revisions."""
    cast_on = (binding.round, binding.context_hash, binding.policy_digest)
    return [
        vote
        for vote in votes
        if vote.checker_ref == person_ref
        and (vote.round, vote.context_hash, vote.policy_digest) == cast_on
        and vote.sha256 in binding.files
    ]


def sees_others(person_ref: str, request: Request, votes: Iterable[Vote]) -> bool:
    """Whether a checker sees the votes of others: not in an open round before casting an own vote."""
    if request.state not in OPEN_REVIEW:
        return True
    return any(vote.checker_ref == person_ref and vote.round == request.round for vote in votes)


def reads_message(message: Message, person_ref: str, request: Request, *, author: bool, knows: bool) -> bool:
    """Whether somebody who may see a request may read a remark on it.

    The author reads no private remark, and a checker's shared one when the turn has ended. A checker who has not
    voted in an open round reads no remark of that round by another checker: it would tell that, and what, they think.
    """
    if message.by_ref is not None and message.by_ref == person_ref:
        return True
    by_reviewer = message.kind == REMARK and message.by_role != AUTHOR
    open_turn = message.round == request.round and request.state in OPEN_REVIEW
    if author:
        return message.visibility is Visibility.ALL and not (by_reviewer and open_turn)
    return knows or not (by_reviewer and open_turn)
