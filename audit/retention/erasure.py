"""Erasure: when the values of a person may be destroyed, and destroying them.

What is destroyed are the person's key, and with it the sealed values, the index of addresses and the cells; the
entries stay, say only opaque references, and every proof over them still holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from sqlalchemy import Connection, case, delete, func, select, update

from audit.body import moment, timestamp
from audit.canonical import JSON
from audit.catalogue import CATALOGUE
from audit.errors import RetentionRefused
from audit.retention.deadlines import day, years_later
from audit.retention.facts import Hold, closed_at, holds_on_person, project_of
from audit.retention.holding import KINDS
from audit.retention.policy import RetentionPolicy
from audit.tables import audit_digest, audit_entry, audit_key, audit_link, audit_sidecar
from audit.text import LANGUAGES, Text

REASONS: Mapping[str, Text] = MappingProxyType(
    {
        "request_of_person": Text(
            "정보주체의 삭제 요구 (개인정보 보호법 제36조)", "request of the person (PIPA art. 36)"
        ),
        "retention_over": Text("보유기간 경과 (개인정보 보호법 제21조)", "the retention period is over (PIPA art. 21)"),
        "purpose_fulfilled": Text("처리 목적 달성 (개인정보 보호법 제21조)", "the purpose is fulfilled (PIPA art. 21)"),
        "order_of_authority": Text("법원 또는 감독기관의 명령", "order of a court or of the authority"),
    }
)
"""Why people are erased, as the log names it."""

_OPEN_END = datetime.max.replace(tzinfo=UTC)
OWN_FAMILIES = ("privacy.", "hold.")
"""Actions that are about the erasure itself: they need no value of the person, or asking would postpone itself."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Entries of one action that still need the person's values."""

    action: str
    last: datetime
    """The time of the last of them."""
    until: datetime | None
    """Until when the law keeps it; None as long as the project is open on whose closing the period begins."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Whether a person may be erased, and what would go."""

    person: str
    duties: tuple[Duty, ...]
    """What forbids it now, the longest first."""
    holds: tuple[Hold, ...]
    keys: int
    values: int

    @property
    def possible_from(self) -> datetime | None:
        """Return from when the law allows it; None if it does already, or if that is not known yet."""
        return self.duties[0].until if self.duties else None

    def check(self) -> None:
        """Accept an erasure that nothing forbids.

        Raises: RetentionRefused — with the reason and the date from which it will be possible.
        """
        if self.holds:
            raise RetentionRefused("legal_hold", _held(self.holds), self.possible_from)
        if self.duties:
            raise RetentionRefused("retention_not_over", _too_early(self.duties[0]), self.possible_from)


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What an erasure destroyed: names only, nothing of the values."""

    keys: tuple[str, ...]
    values: int
    commitments: bytes
    """SHA-256 over the commitments whose values went, in order."""

    def detail(self) -> dict[str, JSON]:
        """Return what the event says of it."""
        return {"keys": list(self.keys), "values": self.values, "commitments": self.commitments.hex()}


def plan(tx: Connection, person: str, policy: RetentionPolicy, now: datetime) -> Plan:
    """Return whether the values of a person may be destroyed now."""
    duties = sorted(_duties(tx, person, policy, now), key=lambda duty: duty.until or _OPEN_END, reverse=True)
    live = select(audit_key.c.key_id).where(audit_key.c.subject == person, audit_key.c.wrapped.is_not(None))
    keys = list(tx.scalars(live))
    values = tx.scalar(select(func.count()).select_from(audit_sidecar).where(audit_sidecar.c.key_id.in_(keys)))
    return Plan(person, tuple(duties), tuple(holds_on_person(tx, person)), len(keys), values or 0)


def destroy(tx: Connection, person: str, at: datetime) -> Destroyed:
    """Destroy the key of a person, the sealed values under it and the index of them, in the caller's transaction.

    Whether it may be done is for the caller to ask before (`plan`); that it was done is for the caller to record.
    """
    mine = audit_key.c.subject == person
    live = mine & audit_key.c.wrapped.is_not(None)
    keys = list(tx.scalars(select(audit_key.c.key_id).where(live).with_for_update().order_by(audit_key.c.key_id)))
    tx.execute(update(audit_key).where(live).values(wrapped=None, shredded_at=timestamp(at)))
    every = select(audit_key.c.key_id).where(mine)
    gone = hashlib.sha256()
    values = 0
    for commitment in _commitments(tx, person):
        gone.update(commitment)
        values += 1
    tx.execute(delete(audit_sidecar).where(audit_sidecar.c.key_id.in_(every)))
    tx.execute(delete(audit_digest).where(audit_digest.c.key_id.in_(every)))
    return Destroyed(tuple(keys), values, gone.digest())


def _commitments(tx: Connection, person: str) -> Iterator[bytes]:
    keys = select(audit_key.c.key_id).where(audit_key.c.subject == person)
    table = audit_sidecar.c
    yield from map(bytes, tx.scalars(select(table.commitment).where(table.key_id.in_(keys)).order_by(table.commitment)))


def _duties(tx: Connection, person: str, policy: RetentionPolicy, now: datetime) -> Iterator[Duty]:
    """Yield, for each action that names the person, its last entry if the law still needs it."""
    entry, link = audit_entry.c, audit_link.c
    waits = entry.action.in_([action for action in CATALOGUE if policy.after_the_project(action)])
    mine = (
        select(entry.action, entry.ts, case((waits, project_of()), else_=None).label("of_project"))
        .join(audit_link, link.idx == entry.idx)
        .where(link.kind == "person", link.ref == person)
        .subquery()
    )
    named = select(mine.c.action, mine.c.of_project, func.max(mine.c.ts)).group_by(mine.c.action, mine.c.of_project)
    for action, of_project, ts in tx.execute(named).all():
        if action.startswith(OWN_FAMILIES):
            continue
        last = moment(ts)
        begins = last if of_project is None else closed_at(tx, of_project)
        until = None if begins is None else years_later(max(last, begins), policy.years(action))
        if until is None or until > now:
            yield Duty(action, last, until)


def _too_early(duty: Duty) -> Text:
    spec = CATALOGUE.get(duty.action)
    said = Text(duty.action, duty.action) if spec is None else Text(spec.ko, spec.en)
    if duty.until is None:
        return Text(
            f"과제가 종료되어야 보유기간이 시작되는 기록이 있습니다 ({said.ko}, {day(duty.last)}).",
            f"The period of a record begins when its project is closed ({said.en}, {day(duty.last)}).",
        )
    return Text(
        f"법정 보유기간이 지나지 않았습니다. 마지막 기록({said.ko}, {day(duty.last)})은"
        f" {day(duty.until)}까지 보관해야 하며, 그날부터 파기할 수 있습니다.",
        f"The legal retention period is not over: the last record ({said.en}, {day(duty.last)}) is kept until"
        f" {day(duty.until)}; from then on it is possible.",
    )


def _held(holds: tuple[Hold, ...]) -> Text:
    named = [(KINDS[hold.kind], "" if hold.kind == "log" else f" {hold.ref}") for hold in holds]
    ko, en = (", ".join(f"{kind.say(language)}{ref}" for kind, ref in named) for language in LANGUAGES)
    numbers = ", ".join(str(hold.index) for hold in holds)
    return Text(
        f"보존 조치가 있어 파기할 수 없습니다 (대상: {ko}; 기록 번호: {numbers}).",
        f"A legal hold forbids it (on: {en}; entry {numbers}).",
    )
