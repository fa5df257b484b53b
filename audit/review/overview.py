"""What a dashboard shows, counted day by day: a day that is over never changes, so it is counted once.

Counts come from one index and hold no bodies; only refusals are read, for the rule that refused.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, func, select

from audit.body import moment, timestamp
from audit.db import Database
from audit.review.working_hours import DAY, Span, WorkingHours
from audit.tables import audit_entry

STEPS = ("egress.submitted", "egress.approved", "egress.rejected", "egress.returned", "egress.released")
SETTLED = timedelta(hours=1)  # after its end a day is kept: nothing is entered into it that long after
PERSON = "p_"
MAX_DAYS = 400
Key = TypeVar("Key")
_entry = audit_entry.c
_hour = func.substr(_entry.ts, 1, 13).label("hour")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an egress request."""

    at: datetime
    action: str
    request: str


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one day of the zone."""

    day: date
    actions: Mapping[str, int] = field(default_factory=dict)
    refusals: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """By action and reason."""
    hours: Mapping[int, int] = field(default_factory=dict)
    """What people did, by the hour of the zone's clock."""
    people: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """By person: how much they did, and how much of it outside working hours."""
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """What happened from one day to another."""

    days: tuple[Day, ...]

    @property
    def entries(self) -> int:
        """How many entries there are."""
        return sum(sum(day.actions.values()) for day in self.days)

    def families(self) -> Counter[str]:
        """Return how much happened by the first part of the action."""
        found: Counter[str] = Counter()
        for day in self.days:
            for action, count in day.actions.items():
                found[action.partition(".")[0]] += count
        return found

    def refusals(self) -> Counter[tuple[str, str]]:
        """Return how much was refused, by action and reason."""
        return _sum(day.refusals for day in self.days)

    def heat(self) -> Counter[tuple[int, int]]:
        """Return how much people did, by weekday (Monday is 0) and hour."""
        found: Counter[tuple[int, int]] = Counter()
        for day in self.days:
            for hour, count in day.hours.items():
                found[day.day.weekday(), hour] += count
        return found

    def people(self) -> dict[str, tuple[int, int]]:
        """Return by person how much they did, and how much of it outside working hours."""
        whole, late = (_sum({who: n[i] for who, n in day.people.items()} for day in self.days) for i in (0, 1))
        return {who: (count, late[who]) for who, count in whole.items()}

    def funnel(self) -> dict[str, int]:
        """Return how many requests came to each step in this time."""
        seen: dict[str, set[str]] = {}
        for step in self._steps():
            seen.setdefault(step.action, set()).add(step.request)
        return {action: len(seen.get(action, ())) for action in STEPS}

    def decision_times(self) -> list[timedelta]:
        """Return how long each decision of this time took since the request was last handed in, shortest first."""
        handed_in: dict[str, datetime] = {}
        times = []
        for step in self._steps():
            if step.action == "egress.submitted":
                handed_in[step.request] = step.at
            elif step.action != "egress.released" and step.request in handed_in:
                times.append(step.at - handed_in.pop(step.request))
        return sorted(times)

    def _steps(self) -> Iterator[Step]:
        steps = (step for day in self.days for step in day.steps)
        return iter(sorted(steps, key=lambda step: step.at))


class Counting:
    """Counts days and remembers those that are over; one of these serves all requests of a process."""

    def __init__(self, db: Database, hours: WorkingHours) -> None:
        self._db = db
        self._hours = hours
        self._known: dict[date, Day] = {}
        self._lock = threading.Lock()

    def overview(self, first: date, last: date, now: datetime) -> Overview:
        """Return what happened from the first to the last day; at most `MAX_DAYS` of them."""
        count = min((last - first).days + 1, MAX_DAYS)
        with self._db.read() as tx:
            days = tuple(self._day(tx, last - n * DAY, now) for n in reversed(range(count)))
        return Overview(days)

    def _day(self, tx: Connection, day: date, now: datetime) -> Day:
        with self._lock:
            known = self._known.get(day)
        if known is not None:
            return known
        counted = count_day(tx, day, self._hours)
        if self._hours.span(day, day).until + SETTLED < now:
            with self._lock:
                self._known[day] = counted
        return counted


def count_day(tx: Connection, day: date, hours: WorkingHours) -> Day:
    """Return what happened on a day of the zone."""
    span = hours.span(day, day)
    by_hour, people = _people(tx, span, hours)
    actions = select(_entry.action, func.count()).where(*_within(span)).group_by(_entry.action)
    return Day(
        day=day,
        actions=dict(tuple(row) for row in tx.execute(actions)),
        refusals=_refusals(tx, span),
        hours=by_hour,
        people=people,
        steps=tuple(_steps(tx, span)),
    )


def _people(tx: Connection, span: Span, hours: WorkingHours) -> tuple[Counter[int], dict[str, tuple[int, int]]]:
    statement = select(_hour, _entry.actor_ref, func.count()).where(*_within(span), _entry.actor_ref >= PERSON)
    rows = tx.execute(statement.where(_entry.actor_ref < "p`").group_by("hour", _entry.actor_ref))
    by_hour: Counter[int] = Counter()
    people: dict[str, tuple[int, int]] = {}
    for hour, who, count in rows:
        at = moment(f"{hour}:00:00.000000Z")
        by_hour[hours.local(at).hour] += count
        whole, late = people.get(who, (0, 0))
        people[who] = (whole + count, late + (count if hours.outside(at) else 0))
    return by_hour, people


def _refusals(tx: Connection, span: Span) -> Counter[tuple[str, str]]:
    statement = select(_entry.action, _entry.body).where(*_within(span), _entry.outcome == "denied")
    found: Counter[tuple[str, str]] = Counter()
    for action, data in tx.execute(statement):
        try:
            body = json.loads(bytes(data))
            found[action, str(body.get("reason", ""))] += int(body.get("detail", {}).get("count", 1))
        except (ValueError, AttributeError, TypeError):
            found[action, ""] += 1
    return found


def _steps(tx: Connection, span: Span) -> Iterator[Step]:
    statement = select(_entry.ts, _entry.action, _entry.object_ref).where(*_within(span), _entry.outcome == "ok")
    resubmitted = "egress.resubmitted"
    for ts, action, request in tx.execute(statement.where(_entry.action.in_((*STEPS, resubmitted)))):
        yield Step(moment(ts), "egress.submitted" if action == resubmitted else action, request)


def _within(span: Span) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _entry.ts >= timestamp(span.since), _entry.ts < timestamp(span.until)


def _sum(parts: Iterable[Mapping[Key, int]]) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for part in parts:
        found.update(part)
    return found
