"""Declared pruning: the oldest entries lose their bodies once nothing needs them; their hashes stay for ever.

It is the pruning of C2SP tlog-tiles: a minimum index, below which bodies may be gone while the tree stays as it is, so
every receipt and every checkpoint still verifies. The minimum is a multiple of the width of a tile, because the leaf
hashes of full tiles are kept apart from the entries. It is declared in the log first, with the root over what goes;
then the rows go in batches, so that a pruning which was interrupted is simply continued.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, text

from audit.body import moment, parse, timestamp
from audit.catalogue import CATALOGUE
from audit.db import Database
from audit.errors import MalformedBody, RetentionRefused
from audit.event import Actor, Event, Object, Source, Subjects
from audit.log import AuditLog
from audit.retention.database_roles import PERMITTED
from audit.retention.deadlines import day, years_earlier, years_later
from audit.retention.facts import Hold, closed_before, holds, project_of
from audit.retention.people import check_pair
from audit.retention.policy import RetentionPolicy
from audit.store import TILE_WIDTH
from audit.tables import (
    audit_digest,
    audit_discard,
    audit_entry,
    audit_key,
    audit_link,
    audit_pruning,
    audit_sidecar,
)
from audit.text import Text
from audit.tree import Tree

BATCH = 40 * TILE_WIDTH  # entries removed in one transaction; writers wait a fraction of a second for it
_entry = audit_entry.c

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Stop:
    """What a pruning cannot pass."""

    index: int
    """The first entry that must stay."""
    code: str
    """before, retention_not_over, legal_hold or newest."""
    reason: Text


@dataclass(frozen=True, slots=True)
class Plan:
    """How far the log may be pruned."""

    present: int
    """The minimum that is declared already."""
    minimum: int
    """The minimum that may be declared now; equal to `present` if nothing may go."""
    stop: Stop | None
    """What stands at or behind the minimum; None in an empty log."""
    next_from: datetime | None
    """From when the next tile of entries may go, as far as periods alone decide; None while it is not full."""


def plan(tx: Connection, policy: RetentionPolicy, now: datetime, before: datetime | None = None) -> Plan:
    """Return how far the log may be pruned now, and before a moment if that is given."""
    present = declared(tx)
    stops = [stop for stop in _stops(tx, policy, now, before, present) if stop is not None]
    first = min(stops, key=lambda stop: stop.index, default=None)
    reach = present if first is None else first.index
    return Plan(present, max(present, reach - reach % TILE_WIDTH), first, _next_from(tx, policy, present))


def declared(tx: Connection) -> int:
    """Return the declared minimum: 0 before the first pruning."""
    return tx.scalar(select(func.coalesce(func.max(audit_pruning.c.minimum), 0))) or 0


def declare(
    log: AuditLog,
    policy: RetentionPolicy,
    before: datetime,
    now: datetime,
    *,
    by: Actor,
    confirmed_by: Actor,
    source: Source,
    db: Database | None = None,
) -> Plan:
    """Declare in the log that entries from before a moment are removed, as far as nothing forbids it.

    `db` is the log's database as another role, where that of the log is not permitted to declare.

    Raises: RetentionRefused — if nothing may go: the moment is within a legal period, or a hold or a younger entry is
    in the way; and for a pair of people that may not decide it.
    """
    check_pair(by, confirmed_by)
    with (db or log.db).begin() as tx:
        found = plan(tx, policy, now, before)
        check(found, policy, now, before)
        event = Event(
            "log.pruned",
            by,
            Object("log", "audit"),
            Subjects.none(),
            source,
            policy=policy.digest,
            detail={
                "minimum": found.minimum,
                "previous": found.present,
                "root": Tree(tx).root(found.minimum).hex(),
                "before": timestamp(before),
                "confirmed_by": confirmed_by.ref,
            },
        )
        log.append(tx, event)
        row = {"minimum": found.minimum, "event_id": event.id, "declared_at": timestamp(now)}
        tx.execute(insert(audit_pruning).values(**row))
    log.wait(event.id)
    return found


def check(found: Plan, policy: RetentionPolicy, now: datetime, before: datetime) -> None:
    """Accept a plan by which something may go.

    Raises: RetentionRefused — with what is in the way.
    """
    earliest = years_earlier(now, policy.shortest)
    if before > earliest:
        text = _WITHIN.format(years=policy.shortest, day=day(earliest))
        raise RetentionRefused("retention_not_over", text, years_later(before, policy.shortest))
    if found.minimum <= found.present:
        code, reason = ("nothing_to_prune", _NOTHING) if found.stop is None else (found.stop.code, found.stop.reason)
        raise RetentionRefused(code, reason, found.next_from)


_OPEN_PROJECT = Text(
    "{index}번은 가명처리 기록입니다. 과제가 종료되고 보유기간이 지날 때까지 보관해야 합니다.",
    "Entry {index} records a pseudonymisation; it is kept until its project is closed and the period then is over.",
)
_WITHIN = Text(
    "법정 보유기간({years}년)이 지나지 않은 기록은 파기할 수 없습니다. {day} 이전의 기록만 가능합니다.",
    "Entries within the legal period ({years} years) stay; only those from before {day} may go.",
)
_NOTHING = Text("파기할 수 있는 기록이 없습니다.", "There is nothing that may go.")


def permitted(db: Database) -> bool:
    """Return whether the role of this database may declare and remove; where tables have an owner, it alone may."""
    if db.engine.dialect.name == "sqlite":
        return True
    with db.read() as tx:
        return bool(tx.scalar(text(PERMITTED)))


def command(db: Database) -> str:
    """Return how it is begun at a terminal of this zone; where tables have an owner, by root, who connects as it."""
    return f"{'' if permitted(db) else 'sudo '}ansim audit prune --before"


def left_over(db: Database) -> bool:
    """Return whether something still stands below the declared minimum."""
    with db.read() as tx:
        return remains(tx)


def remains(tx: Connection) -> bool:
    """Return whether something still stands below the declared minimum."""
    return tx.execute(select(_entry.idx).where(_entry.idx < declared(tx)).limit(1)).first() is not None


def remove_pruned(db: Database, progress: Progress = lambda done, total: None) -> int:
    """Remove what stands below the declared minimum, batch by batch, and return how many entries went.

    Interrupted, it goes on where it was when it is called again; called again, it does nothing.
    """
    gone = 0
    with db.read() as tx:
        minimum = declared(tx)
        total = tx.scalar(select(func.count()).select_from(audit_entry).where(_entry.idx < minimum)) or 0
        keys = list(tx.scalars(select(audit_key.c.key_id).order_by(audit_key.c.key_id))) if total else []
    for key_id in keys:
        with db.begin() as tx:
            _remove_digests(tx, key_id, minimum)
    while True:
        with db.begin() as tx:
            start = tx.scalar(select(func.min(_entry.idx)).where(_entry.idx < minimum))
            if start is None:
                return gone
            gone += _remove(tx, min(start + BATCH, minimum))
        progress(gone, total)


def _remove(tx: Connection, end: int) -> int:
    """Remove the entries before `end` with all that belongs to them."""
    rows = tx.execute(select(_entry.event_id, _entry.body).where(_entry.idx < end)).all()
    commitments = [{"commitment": c} for row in rows for c in _commitments(bytes(row.body))]
    if commitments:
        tx.execute(insert(audit_discard), commitments)
        discarded = select(audit_discard.c.commitment)
        tx.execute(delete(audit_sidecar).where(audit_sidecar.c.commitment.in_(discarded)))
        tx.execute(delete(audit_discard))
    tx.execute(delete(audit_link).where(audit_link.c.idx < end))
    tx.execute(delete(audit_entry).where(_entry.idx < end))
    return len(rows)


def _remove_digests(tx: Connection, key_id: str, minimum: int) -> None:
    """Remove what makes the entries below a minimum findable; by key, as the index is ordered."""
    events = select(_entry.event_id).where(_entry.idx < minimum)
    tx.execute(delete(audit_digest).where(audit_digest.c.key_id == key_id, audit_digest.c.event_id.in_(events)))


def _commitments(body: bytes) -> list[bytes]:
    try:
        return [bytes.fromhex(value) for value in parse(body).get("c", {}).values()]
    except MalformedBody:
        return []


def _stops(
    tx: Connection, policy: RetentionPolicy, now: datetime, before: datetime | None, start: int
) -> list[Stop | None]:
    """Return the first entry from `start` that each rule keeps."""
    found = [_too_young(tx, policy, now, start)]
    if before is not None:
        index = _first(tx, start, _entry.ts >= timestamp(before))
        reason = Text(f"{day(before)} 이후의 기록입니다.", f"It is from {day(before)} or later.")
        found.append(None if index is None else Stop(index, "before", reason))
    found += [_held(tx, hold, start) for hold in holds(tx)]
    # The newest entry always stays: it is what says where the log ends.
    newest = tx.scalar(select(func.max(_entry.idx)))
    found.append(None if newest is None else Stop(newest, "newest", _NOTHING))
    return found


def _too_young(tx: Connection, policy: RetentionPolicy, now: datetime, start: int) -> Stop | None:
    """Return the first entry whose period is not over."""
    found: list[Stop] = []
    for years in sorted({period.years for period in policy.periods.values()}):
        actions = [action for action in CATALOGUE if policy.years(action) == years]
        kept: ColumnElement[bool] = _entry.action.in_(actions)
        if years == policy.longest:
            kept = kept | _entry.action.not_in(list(CATALOGUE))
        index = _first(tx, start, kept, _entry.ts > timestamp(years_earlier(now, years)))
        if index is not None:
            found.append(Stop(index, "retention_not_over", _period(tx, index, years)))
    if (open_project := _of_open_project(tx, policy, now, start)) is not None:
        found.append(open_project)
    return min(found, key=lambda stop: stop.index, default=None)


def _of_open_project(tx: Connection, policy: RetentionPolicy, now: datetime, start: int) -> Stop | None:
    """Return the first entry whose period has not begun, or is not over, because of when its project was closed."""
    actions = [action for action in CATALOGUE if policy.after_the_project(action)]
    over = closed_before(years_earlier(now, policy.periods["pseudonymisation"].years))
    index = _first(tx, start, _entry.action.in_(actions), project_of().is_not(None), ~over)
    return None if index is None else Stop(index, "retention_not_over", _OPEN_PROJECT.format(index=index))


def _period(tx: Connection, index: int, years: int) -> Text:
    at = moment(tx.execute(select(_entry.ts).where(_entry.idx == index)).scalar_one())
    until = day(years_later(at, years))
    return Text(
        f"{index}번 기록({day(at)})은 {years}년, 곧 {until}까지 보관해야 합니다.",
        f"Entry {index} ({day(at)}) is kept for {years} years, until {until}.",
    )


def _held(tx: Connection, hold: Hold, start: int) -> Stop | None:
    reason = Text(
        f"보존 조치({hold.index}번 기록)의 대상입니다.", f"It is under the legal hold that entry {hold.index} set."
    )
    if hold.kind == "log":
        return Stop(start, "legal_hold", reason)
    link = audit_link.c
    wanted = select(func.min(link.idx)).where(link.kind == hold.kind, link.ref == hold.ref, link.idx >= start)
    index = tx.scalar(wanted)
    return None if index is None else Stop(index, "legal_hold", reason)


def _first(tx: Connection, start: int, *conditions: object) -> int | None:
    wanted = select(_entry.idx).where(_entry.idx >= start, *conditions).order_by(_entry.idx).limit(1)  # type: ignore[arg-type]
    found = tx.execute(wanted).first()
    return None if found is None else int(found[0])


def _next_from(tx: Connection, policy: RetentionPolicy, present: int) -> datetime | None:
    """Return when the periods of all entries in the next tile are over."""
    wanted = select(_entry.action, _entry.ts).where(_entry.idx >= present, _entry.idx < present + TILE_WIDTH)
    rows = tx.execute(wanted).all()
    if len(rows) < TILE_WIDTH:
        return None
    return max(years_later(moment(ts), policy.years(action)) for action, ts in rows)
