"""The way of an extract: one table of moves that the code walks, the docs show and the tests hold to.

What is not in the table is refused. The review comes before the mount on every way through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from audit.text import Text
from deid.records.errors import Conflict


class State(StrEnum):
    """Where an extract stands."""

    DRAFT = "draft"
    PROCESSED = "processed"
    IN_REVIEW = "in_review"
    ADEQUATE = "adequate"
    INADEQUATE = "inadequate"
    MOUNTABLE = "mountable"
    EXPIRED = "expired"
    DESTROYED = "destroyed"


class Party(StrEnum):
    """Who takes a move."""

    MAKER = "maker"
    REVIEWER = "reviewer"
    STEWARD = "steward"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Move:
    """One legal step: from where to where, who takes it, and what the audit log says."""

    source: State
    target: State
    by: Party
    event: str


_S, _M, _R, _T, _Y = State, Party.MAKER, Party.REVIEWER, Party.STEWARD, Party.SYSTEM

MOVES: tuple[Move, ...] = (
    Move(_S.DRAFT, _S.PROCESSED, _M, "extract.processed"),
    Move(_S.PROCESSED, _S.PROCESSED, _M, "extract.processed"),
    Move(_S.INADEQUATE, _S.PROCESSED, _M, "extract.processed"),
    Move(_S.PROCESSED, _S.IN_REVIEW, _M, "extract.submitted"),
    Move(_S.IN_REVIEW, _S.ADEQUATE, _R, "extract.reviewed"),
    Move(_S.IN_REVIEW, _S.INADEQUATE, _R, "extract.reviewed"),
    Move(_S.ADEQUATE, _S.MOUNTABLE, _T, "extract.admitted"),
    Move(_S.MOUNTABLE, _S.EXPIRED, _Y, "extract.expired"),
    *(Move(source, _S.DESTROYED, _T, "extract.destroyed") for source in _S if source is not _S.DESTROYED),
)

ROLES: Mapping[Party, frozenset[str]] = MappingProxyType(
    {
        _M: frozenset({"deid_operator"}),
        _R: frozenset({"adequacy_reviewer"}),
        _T: frozenset({"operator", "data_controller"}),
        _Y: frozenset(),
    }
)
"""The roles of the zone with which a person takes a move, by their names in the registry."""


def move_for(source: State, event: str, target: State | None = None) -> Move:
    """Return the move that `event` makes from `source`; `target` chooses between two outcomes.

    Raises: Conflict — if there is no such move.
    """
    for move in MOVES:
        if (move.source, move.event) == (source, event) and target in (None, move.target):
            return move
    state = STATE_TEXT[source]
    raise Conflict(
        "wrong_state",
        Text(f"지금 상태({state.ko})에서는 할 수 없습니다.", f"This cannot be done while the extract is: {state.en}."),
    )


def can(source: State, event: str) -> bool:
    """Return whether the table has a move by `event` from `source`."""
    return any((move.source, move.event) == (source, event) for move in MOVES)


STATE_TEXT: Mapping[State, Text] = MappingProxyType(
    {
        _S.DRAFT: Text("작성 중", "draft"),
        _S.PROCESSED: Text("가명처리됨", "processed"),
        _S.IN_REVIEW: Text("적정성 검토 중", "in adequacy review"),
        _S.ADEQUATE: Text("적정", "found adequate"),
        _S.INADEQUATE: Text("부적정", "found inadequate"),
        _S.MOUNTABLE: Text("이용 가능", "mountable"),
        _S.EXPIRED: Text("처리 기간 만료", "expired"),
        _S.DESTROYED: Text("파기됨", "destroyed"),
    }
)
NEXT_TEXT: Mapping[State, Text] = MappingProxyType(
    {
        _S.DRAFT: Text("가명처리 담당자가 추출본을 만듭니다.", "A de-identification operator makes the extract."),
        _S.PROCESSED: Text(
            "가명처리 담당자가 결과를 확인하고 적정성 검토를 요청합니다.",
            "The de-identification operator looks at the result and asks for the adequacy review.",
        ),
        _S.IN_REVIEW: Text(
            "처리하지도 이용하지도 않는 적정성 검토자가 판정합니다.",
            "An adequacy reviewer who neither made nor will use it decides.",
        ),
        _S.ADEQUATE: Text(
            "운영자나 데이터 제공 책임자가 데이터셋으로 등록합니다.",
            "An operator or data controller registers it as a version of the dataset.",
        ),
        _S.INADEQUATE: Text(
            "가명처리 담당자가 사유에 따라 정책을 고쳐 다시 만듭니다.",
            "The de-identification operator corrects the policy as the reason says, and makes it anew.",
        ),
        _S.MOUNTABLE: Text("승인된 과제가 이용할 수 있습니다.", "The project may use it once it is granted."),
        _S.EXPIRED: Text(
            "파기할 때입니다. 더는 분석환경에 연결되지 않습니다.",
            "It is time to destroy it; nothing mounts it any more.",
        ),
        _S.DESTROYED: Text("기록만 남아 있습니다.", "Only its record remains."),
    }
)
PARTY_TEXT: Mapping[Party, Text] = MappingProxyType(
    {
        _M: Text("가명처리 담당자", "de-identification operator"),
        _R: Text("적정성 검토자", "adequacy reviewer"),
        _T: Text("운영자 또는 데이터 제공 책임자", "operator or data controller"),
        _Y: Text("자동 처리", "the zone"),
    }
)


def mermaid() -> str:
    """Return the table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> draft: extract.drafted (maker)"]
    lines += [f"    {m.source} --> {m.target}: {m.event} ({m.by})" for m in MOVES]
    return "\n".join([*lines, "    destroyed --> [*]"]) + "\n"
