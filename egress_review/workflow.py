"""The way of an egress request: one table of moves that the code walks, the docs show and the tests hold to.

    move = move_for(State.APPROVED, "egress.releasing", Party.SYSTEM)
    move.target

What is not in the table is refused. A final state has no move out of it but revocation, which is possible for ever.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from egress_review.errors import Conflict
from registry.text import Text


class State(StrEnum):
    """Where a request stands."""

    DRAFT = "draft"
    SCANNING = "scanning"
    BLOCKED = "blocked"
    SCAN_FAILED = "scan_failed"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    """Enough people have voted and they do not agree, or an exception needs a senior checker: they consolidate."""
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    RELEASING = "releasing"
    RELEASE_FAILED = "release_failed"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    EXPIRED = "expired"
    ABANDONED = "abandoned"
    """Nobody took it further for longer than the policy allows; its files are removed."""


class Party(StrEnum):
    """Who takes a move."""

    AUTHOR = "author"
    CHECKER = "checker"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Move:
    """One legal step: from where to where, who takes it, what the audit log says, and what it demands."""

    source: State
    target: State
    by: Party
    event: str
    needs_text: bool = False
    """The step needs a reason that people can read."""

    @property
    def gets_on(self) -> bool:
        """Whether the step is one that everybody may know of and that brings the request on.

        A vote that decides nothing must not show (invariant I6); a machine that tries again gets nowhere.
        """
        if (self.source, self.target) in _RETRIES:
            return False
        return self.source is not self.target or self.by is Party.AUTHOR


_S, _A, _C, _Y = State, Party.AUTHOR, Party.CHECKER, Party.SYSTEM
_RETRIES = frozenset({(_S.RELEASE_FAILED, _S.RELEASING), (_S.RELEASING, _S.RELEASE_FAILED)})

CAN_LIE_IDLE = (_S.DRAFT, _S.SCAN_FAILED, _S.IN_REVIEW, _S.REVIEWED, _S.RETURNED, _S.RELEASE_FAILED)
"""Open states in which a request can wait for ever; the machine leaves the others at its next look."""

MOVES: tuple[Move, ...] = (
    Move(_S.DRAFT, _S.DRAFT, _A, "egress.draft_saved"),
    Move(_S.DRAFT, _S.SCANNING, _A, "egress.submitted"),
    Move(_S.RETURNED, _S.SCANNING, _A, "egress.resubmitted"),
    Move(_S.SCANNING, _S.IN_REVIEW, _Y, "egress.scanned"),
    Move(_S.SCANNING, _S.BLOCKED, _Y, "egress.blocked"),
    Move(_S.SCANNING, _S.SCAN_FAILED, _Y, "egress.scan_failed"),
    Move(_S.SCAN_FAILED, _S.IN_REVIEW, _Y, "egress.scanned"),
    Move(_S.SCAN_FAILED, _S.BLOCKED, _Y, "egress.blocked"),
    Move(_S.SCAN_FAILED, _S.SCAN_FAILED, _Y, "egress.scan_failed"),
    Move(_S.IN_REVIEW, _S.IN_REVIEW, _C, "egress.voted"),
    Move(_S.IN_REVIEW, _S.REVIEWED, _C, "egress.voted"),
    Move(_S.REVIEWED, _S.REVIEWED, _C, "egress.voted"),
    Move(_S.IN_REVIEW, _S.APPROVED, _C, "egress.approved"),
    Move(_S.REVIEWED, _S.APPROVED, _C, "egress.approved"),
    Move(_S.IN_REVIEW, _S.RETURNED, _C, "egress.returned", needs_text=True),
    Move(_S.REVIEWED, _S.RETURNED, _C, "egress.returned", needs_text=True),
    Move(_S.REVIEWED, _S.REJECTED, _C, "egress.rejected", needs_text=True),
    Move(_S.APPROVED, _S.RELEASING, _Y, "egress.releasing"),
    Move(_S.RELEASE_FAILED, _S.RELEASING, _Y, "egress.releasing"),
    Move(_S.APPROVED, _S.RETURNED, _Y, "egress.returned"),
    Move(_S.RELEASE_FAILED, _S.RETURNED, _Y, "egress.returned"),
    Move(_S.RELEASING, _S.RELEASED, _Y, "egress.released"),
    Move(_S.RELEASING, _S.RELEASED, _Y, "ingress.released"),
    Move(_S.RELEASING, _S.RELEASE_FAILED, _Y, "egress.release_failed"),
    Move(_S.RELEASED, _S.EXPIRED, _Y, "egress.expired"),
    *(
        Move(source, _S.WITHDRAWN, _A, "egress.withdrawn")
        for source in (_S.DRAFT, _S.SCANNING, _S.SCAN_FAILED, _S.IN_REVIEW, _S.REVIEWED, _S.RETURNED)
    ),
    *(
        Move(source, _S.REVOKED, _C, "egress.revoked", needs_text=True)
        for source in (_S.APPROVED, _S.RELEASE_FAILED, _S.RELEASED, _S.EXPIRED)
    ),
    *(Move(source, _S.ABANDONED, _Y, "egress.abandoned") for source in CAN_LIE_IDLE),
)

FINAL = frozenset((_S.BLOCKED, _S.REJECTED, _S.WITHDRAWN, _S.REVOKED, _S.EXPIRED, _S.ABANDONED))
"""States in which nothing is left to do; an expired release can still be revoked."""

OPEN_REVIEW = frozenset((_S.IN_REVIEW, _S.REVIEWED))
"""States in which checkers vote."""

ANSWERED = OPEN_REVIEW | {_S.RETURNED}
"""States in which reviewers and the author may say something."""


def move_for(source: State, event: str, by: Party, target: State | None = None) -> Move:
    """The move that `event` makes from `source` when that party takes it; `target` chooses between two outcomes.

    Raises: Conflict — if there is no such move.
    """
    for move in MOVES:
        if (move.source, move.event, move.by) == (source, event, by) and target in (None, move.target):
            return move
    raise _wrong(source)


def check_state(state: State, among: Collection[State]) -> None:
    """Refuse what makes no move of its own in any other state.

    Raises: Conflict
    """
    if state not in among:
        raise _wrong(state)


def _wrong(state: State) -> Conflict:
    return Conflict(
        "wrong_state",
        Text(
            ko=f"지금 상태({STATE_TEXT[state].ko})에서는 할 수 없습니다.",
            en=f"This cannot be done while the request is: {STATE_TEXT[state].en}.",
        ),
    )


def can(source: State, event: str, by: Party) -> bool:
    """Whether the table lets that party make `event` from `source`."""
    return any((move.source, move.event, move.by) == (source, event, by) for move in MOVES)


STATE_TEXT: dict[State, Text] = {
    State.DRAFT: Text("작성 중", "draft"),
    State.SCANNING: Text("자동 점검 중", "being checked by machine"),
    State.BLOCKED: Text("차단됨", "blocked"),
    State.SCAN_FAILED: Text("자동 점검 실패", "machine check failed"),
    State.IN_REVIEW: Text("심사 중", "in review"),
    State.REVIEWED: Text("의견 조정 중", "reviewers consolidate"),
    State.RETURNED: Text("보완 요청", "returned for changes"),
    State.APPROVED: Text("승인됨", "approved"),
    State.REJECTED: Text("반려됨", "rejected"),
    State.RELEASING: Text("반출 처리 중", "being released"),
    State.RELEASE_FAILED: Text("반출 처리 실패", "release failed"),
    State.RELEASED: Text("반출됨", "released"),
    State.WITHDRAWN: Text("철회됨", "withdrawn"),
    State.REVOKED: Text("반출 취소됨", "revoked"),
    State.EXPIRED: Text("수령 기간 만료", "expired"),
    State.ABANDONED: Text("방치되어 종료됨", "abandoned"),
}


def mermaid() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> draft: egress.drafted (author)"]
    lines += [f"    {m.source} --> {m.target}: {m.event} ({m.by})" for m in MOVES]
    lines += [f"    {state} --> [*]" for state in State if state in FINAL]
    return "\n".join(lines) + "\n"
