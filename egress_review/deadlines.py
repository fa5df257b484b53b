"""When a request should be decided: so many business days after it came into review, by the calendar of the zone.

The day on which the review begins does not count (Civil Act of Korea, art. 157), nor do weekends, public holidays with
their substitute days, and the free days of the institution. What is due is due at the close of the last day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, select

from audit.review.working_hours import WorkingHours
from egress_review import tables
from egress_review.choosing import policy_for
from egress_review.terms import Policy
from egress_review.workflow import OPEN_REVIEW

KOREAN_HOURS = WorkingHours(ZoneInfo("Asia/Seoul"))
"""The calendar of a zone that keeps none of its own."""

_DAY = timedelta(days=1)
_LONGEST_HOLIDAY = 366


@dataclass(frozen=True, slots=True)
class Deadline:
    """When an open request came into review, and until when it should be decided."""

    ref: str
    round: int
    since: datetime
    due_at: datetime | None
    """None where the policy sets no deadline."""


def business_day_after(hours: WorkingHours, day: date, days: int) -> date:
    """The `days`-th business day after a day.

    Raises: ValueError — for a calendar in which a year has no business day.
    """
    free = 0
    while days > 0:
        day += _DAY
        free += 1
        if hours.is_working_day(day):
            days, free = days - 1, 0
        elif free > _LONGEST_HOLIDAY:
            raise ValueError("the calendar has no business days")
    return day


def due_at(hours: WorkingHours, since: datetime, days: int) -> datetime | None:
    """The end of the last business day for something that began then; None for no deadline. In UTC."""
    if days <= 0:
        return None
    last = business_day_after(hours, hours.local(since).date(), days)
    return datetime.combine(last, hours.closes, hours.zone).astimezone(UTC)


def is_near(hours: WorkingHours, due: datetime, now: datetime) -> bool:
    """Whether the last day has begun."""
    return hours.local(now).date() >= hours.local(due).date()


def deadlines(
    tx: Connection, hours: WorkingHours, zone: Policy, now: datetime, refs: Iterable[str] | None = None
) -> Mapping[str, Deadline]:
    """The deadlines of the requests in review, of all of them or of those named, in a few queries."""
    request, report = tables.request.c, tables.report.c
    of_round = and_(report.request_ref == request.ref, report.round == request.round)
    wanted = (
        select(request.ref, request.round, request.project, report.at)
        .join_from(tables.request, tables.report, of_round)
        .where(request.state.in_([state.value for state in OPEN_REVIEW]))
    )
    rows = tx.execute(wanted if refs is None else wanted.where(request.ref.in_(list(refs)))).all()
    days = {name: policy_for(tx, zone, name, now).review_days for name in {row.project for row in rows}}
    return {row.ref: Deadline(row.ref, row.round, row.at, due_at(hours, row.at, days[row.project])) for row in rows}
