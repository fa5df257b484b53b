"""Legal holds: what is on hold is neither erased nor pruned until two people lift it. Events only, no table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from audit.body import OBJECT_REFS
from audit.errors import RetentionRefused
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.retention.facts import Hold, holds
from audit.retention.people import check_pair
from audit.text import Text

KINDS: Mapping[str, Text] = MappingProxyType(
    {
        "person": Text("이용자", "person"),
        "project": Text("과제", "project"),
        "dataset": Text("데이터셋", "dataset"),
        "request": Text("반출신청", "egress request"),
        "log": Text("감사 기록 전체", "the whole log"),
    }
)
"""What can be put on hold."""

WHOLE_LOG = "audit"

REASONS: Mapping[str, Text] = MappingProxyType(
    {
        "litigation": Text("소송 또는 분쟁", "litigation or dispute"),
        "investigation": Text("수사 또는 조사", "investigation"),
        "order_of_authority": Text("감독기관의 자료 보전 요구", "order of the authority to preserve"),
        "internal_audit": Text("내부 감사", "internal audit"),
        "incident": Text("침해사고 조사", "analysis of an incident"),
    }
)
"""Why something is put on hold, as the log names it."""

LIFT_REASON = "hold_ended"


def set_hold(
    log: AuditLog,
    kind: str,
    ref: str,
    reason: str,
    *,
    by: Actor,
    confirmed_by: Actor,
    source: Source,
    note: str | None = None,
) -> int:
    """Put something on hold and return the entry by which it is lifted; `note` is sealed.

    Raises: RetentionRefused — for something that cannot be put on hold, an unknown reason, or a pair of people that may
    not decide it.
    """
    check_target(kind, ref)
    if reason not in REASONS:
        raise RetentionRefused("reason_unknown", _unknown(Text("사유", "reasons"), REASONS))
    check_pair(by, confirmed_by, ref)
    return log.record(
        Event(
            "hold.set",
            by,
            Object(kind, ref),
            _subjects(kind, ref),
            source,
            reason=reason,
            detail={"confirmed_by": confirmed_by.ref},
            sealed={"note": note} if note else {},
        )
    )


def lift_hold(log: AuditLog, index: int, *, by: Actor, confirmed_by: Actor, source: Source) -> int:
    """Lift the hold that an entry set and return the index of the entry that says so.

    Raises: RetentionRefused — if that entry set no hold that is in force, or for a pair that may not decide it.
    """
    hold = _in_force(log, index)
    check_pair(by, confirmed_by, hold.ref)
    return log.record(
        Event(
            "hold.lifted",
            by,
            Object(hold.kind, hold.ref),
            _subjects(hold.kind, hold.ref),
            source,
            reason=LIFT_REASON,
            intent_id=hold.event_id,
            detail={"confirmed_by": confirmed_by.ref, "hold": hold.index},
        )
    )


def check_target(kind: str, ref: str) -> None:
    """Accept what can be put on hold.

    Raises: RetentionRefused — for another kind, or a reference that such a thing cannot have.
    """
    if kind not in KINDS:
        raise RetentionRefused("kind_unknown", _unknown(Text("대상", "targets"), KINDS))
    right = ref == WHOLE_LOG if kind == "log" else re.fullmatch(OBJECT_REFS[kind], ref, re.ASCII)
    if not right:
        raise RetentionRefused(
            "reference_wrong",
            Text(f"{KINDS[kind].ko}의 참조가 아닙니다: {ref[:64]}", f"not the reference of a {kind}: {ref[:64]}"),
        )


def _in_force(log: AuditLog, index: int) -> Hold:
    with log.db.read() as tx:
        found = [hold for hold in holds(tx) if hold.index == index]
    if not found:
        raise RetentionRefused(
            "no_such_hold",
            Text(f"{index}번 기록은 효력 있는 보존 조치가 아닙니다.", f"Entry {index} sets no hold that is in force."),
        )
    return found[0]


def _subjects(kind: str, ref: str) -> Subjects:
    return Subjects.person(ref) if kind == "person" else Subjects.none()


def _unknown(what: Text, known: Mapping[str, Text]) -> Text:
    names = ", ".join(known)
    return Text(f"{what.ko}은(는) 다음 중 하나여야 합니다: {names}", f"known {what.en} are: {names}")
