"""How it stands with retention: what the command line and the portal show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from audit.catalogue import Retention
from audit.retention import erasure, holding, pruning
from audit.retention.deadlines import day
from audit.retention.facts import Erasure, Hold, Pruning, erasures, holds
from audit.retention.facts import pruning as last_pruning
from audit.retention.policy import FLOORS, RetentionPolicy
from audit.text import Text

CLASS_NAMES: dict[Retention, Text] = {
    "access": Text("접속기록", "access records"),
    "rights": Text("접근권한 내역", "history of access rights"),
    "pseudonymisation": Text("가명처리 기록", "records of pseudonymisation"),
}

UNFINISHED = Text(
    "선언된 파기가 아직 끝나지 않았습니다. 자동으로 이어지지 않으면(테이블의 소유자가 따로 있는 서버)"
    " `sudo ansim audit prune`을 다시 실행하십시오. 이어서 파기합니다.",
    "A declared pruning is not finished. Where it does not go on by itself (a server whose tables have an owner of"
    " their own) run `sudo ansim audit prune` again: it continues.",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One class of entries with its period and the floor below it."""

    name: Retention
    title: Text
    years: int
    source: Text
    floor: int


@dataclass(frozen=True, slots=True)
class State:
    """Everything about retention that an officer asks for."""

    policy: RetentionPolicy
    classes: tuple[Kept, ...]
    holds: tuple[Hold, ...]
    erasures: tuple[Erasure, ...]
    pruned: Pruning | None
    plan: pruning.Plan
    """How far the log may be pruned now."""
    left_over: bool
    """Whether a declared pruning has not removed everything yet."""

    def lines(self) -> list[Text]:
        """Return what a terminal shows."""
        lines = [Text(f"정책: {self.policy.title.ko}", f"policy: {self.policy.title.en}")]
        lines += [
            Text(
                f"  {one.title.ko}: {one.years}년 (법정 최소 {one.floor}년) · {one.source.ko}",
                f"  {one.title.en}: {one.years} years (floor {one.floor}) · {one.source.en}",
            )
            for one in self.classes
        ]
        lines += self.hold_lines()
        lines.append(Text(f"파기된 이용자: {len(self.erasures)}명", f"people erased: {len(self.erasures)}"))
        lines.append(Text(f"보관 중인 첫 기록: {self.plan.present}번", f"first entry kept: {self.plan.present}"))
        lines.append(_next(self.plan))
        return [*lines, UNFINISHED] if self.left_over else lines

    def hold_lines(self) -> list[Text]:
        """Return the holds in force as a terminal shows them."""
        if not self.holds:
            return [Text("효력 있는 보존 조치가 없습니다.", "No legal hold is in force.")]
        return [_hold_line(hold) for hold in self.holds]


def state(tx: Connection, policy: RetentionPolicy, now: datetime) -> State:
    """Return how it stands now."""
    floors = FLOORS[policy.sensitive]
    return State(
        policy=policy,
        classes=tuple(
            Kept(name, CLASS_NAMES[name], period.years, period.source, floors[name].years)
            for name, period in policy.periods.items()
        ),
        holds=tuple(holds(tx)),
        erasures=tuple(erasures(tx)),
        pruned=last_pruning(tx),
        plan=pruning.plan(tx, policy, now),
        left_over=pruning.remains(tx),
    )


def state_json(found: State) -> dict[str, Any]:
    """Return the state as `--json` prints it."""
    plan = found.plan
    return {
        "policy": {"name": found.policy.name, "digest": found.policy.digest, "sensitive": found.policy.sensitive},
        "classes": [
            {"name": one.name, "years": one.years, "floor": one.floor, "source": one.source.en} for one in found.classes
        ],
        "holds": [
            {
                "index": hold.index,
                "kind": hold.kind,
                "ref": hold.ref,
                "reason": hold.reason,
                "at": hold.at.isoformat(),
                "by": hold.by,
                "confirmed_by": hold.confirmed_by,
            }
            for hold in found.holds
        ],
        "erasures": [
            {"index": one.index, "at": one.at.isoformat(), "person": one.person, "values": one.values}
            for one in found.erasures
        ],
        "pruning": {
            "minimum": plan.present,
            "declared_at": None if found.pruned is None else found.pruned.index,
            "possible": plan.minimum,
            "left_over": found.left_over,
            "next_from": None if plan.next_from is None else plan.next_from.isoformat(),
            "stopped_by": None if plan.stop is None else {"index": plan.stop.index, "code": plan.stop.code},
        },
    }


def reason_of_erasure(code: str) -> Text:
    """Return why somebody was erased, as people read it."""
    return erasure.REASONS.get(code, Text(code, code))


def _hold_line(hold: Hold) -> Text:
    kind, reason = holding.KINDS[hold.kind], _reason(hold)
    tail = f"{hold.ref} · {{}} · {day(hold.at)}"
    return Text(
        f"  보존 조치 {hold.index}: {kind.ko} {tail.format(reason.ko)}",
        f"  hold {hold.index}: {kind.en} {tail.format(reason.en)}",
    )


def _reason(hold: Hold) -> Text:
    return holding.REASONS.get(hold.reason, Text(hold.reason, hold.reason))


def _next(plan: pruning.Plan) -> Text:
    if plan.minimum > plan.present:
        return Text(
            f"지금 파기할 수 있음: {plan.minimum - 1}번까지", f"may be pruned now: up to entry {plan.minimum - 1}"
        )
    if plan.next_from is None:
        return Text("다음 파기 가능일: 아직 없음", "next pruning: not yet")
    return Text(f"다음 파기 가능일: {day(plan.next_from)}", f"next pruning: from {day(plan.next_from)}")
