"""The way of a review: one table of moves that the code walks, the documentation shows and the tests hold to.

What is not in the table is refused. No move leads back to an earlier state: whoever wants another report of a
month makes another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from audit.review.errors import ReviewRefused
from audit.text import Text


class State(StrEnum):
    """Where a review stands."""

    DRAFT = "draft"
    """Of a month that is not over: to look at, never to sign."""
    MADE = "made"
    SIGNED = "signed"
    SUPERSEDED = "superseded"


class Party(StrEnum):
    """Who takes a move."""

    ANYONE = "anyone"
    """Whoever may run the command or press the button: the report follows from the log, not from its maker."""
    OFFICER = "compliance_officer"


@dataclass(frozen=True, slots=True)
class Move:
    """One legal step: from where (None: there was nothing) to where, who takes it, when, and what the log says."""

    source: State | None
    target: State
    by: Party
    event: str
    when: Text


MOVES: tuple[Move, ...] = (
    Move(None, State.DRAFT, Party.ANYONE, "review.made", Text("달이 끝나기 전", "before the month is over")),
    Move(None, State.MADE, Party.ANYONE, "review.made", Text("달이 끝난 뒤", "after the month is over")),
    Move(State.MADE, State.MADE, Party.OFFICER, "review.noted", Text("항목마다 의견 기록", "a finding for an item")),
    Move(
        State.MADE,
        State.SIGNED,
        Party.OFFICER,
        "review.signed",
        Text("모든 항목에 의견이 있을 때", "when every item has a finding"),
    ),
    Move(State.DRAFT, State.SUPERSEDED, Party.ANYONE, "review.made", Text("같은 달의 새 보고서", "a newer report")),
    Move(State.MADE, State.SUPERSEDED, Party.ANYONE, "review.made", Text("같은 달의 새 보고서", "a newer report")),
    Move(
        State.SIGNED,
        State.SUPERSEDED,
        Party.OFFICER,
        "review.signed",
        Text("같은 달의 새 보고서에 서명할 때", "when a newer report of the month is signed"),
    ),
)

NAMES: Mapping[State, Text] = {
    State.DRAFT: Text("진행 중인 달", "month not over"),
    State.MADE: Text("점검 대기", "to be reviewed"),
    State.SIGNED: Text("서명 완료", "signed"),
    State.SUPERSEDED: Text("새 보고서로 대체됨", "superseded"),
}
assert NAMES.keys() == set(State)


def move_for(source: State | None, target: State, event: str) -> Move:
    """Return the move of the table.

    Raises: ReviewRefused — if there is none.
    """
    for move in MOVES:
        if (move.source, move.target, move.event) == (source, target, event):
            return move
    where = Text("없음", "none") if source is None else NAMES[source]
    raise ReviewRefused(
        Text(
            f"지금 상태({where.ko})에서는 할 수 없습니다.",
            f"This cannot be done while the review is: {where.en}.",
        )
    )


def mermaid() -> str:
    """Return the table as a state diagram."""
    lines = ["stateDiagram-v2"]
    for move in MOVES:
        source = "[*]" if move.source is None else move.source.value
        lines.append(f"    {source} --> {move.target.value}: {move.event}")
    return "\n".join(lines) + "\n"
