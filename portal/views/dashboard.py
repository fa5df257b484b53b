"""The dashboard: what happens in the zone as charts, and whether the record is in good health.

Opening it is an entry itself, as every reading of the record. Operators see how the zone is used; who the people are
is shown to compliance officers alone.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from starlette.responses import Response

from audit.body import moment
from audit.db import Database
from audit.event import Event, Object, Subjects
from audit.review.overview import Counting, Overview
from audit.review.working_hours import DAY, Month, WorkingHours
from audit.search import Query, search
from audit.tables import audit_attester, audit_checkpoint
from portal import dashboard_charts as figures
from portal.i18n import N_
from portal.navigation import COMPLIANCE, Crumb
from portal.records import Told, handles, nobody, told
from portal.review_desk import month_name, policy_of
from portal.visit import Visit
from registry.text import Text

DAYS = (7, 30, 90)
MONTHS = 3
USUAL = 30


@dataclass(frozen=True, slots=True)
class Period:
    """A time that the dashboard can show."""

    address: str
    label: Text
    first: date
    last: date
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """How the record itself stands."""

    size: int
    signed: int
    """How many entries the last checkpoint covers."""
    signed_at: datetime | None
    verified: Told | None
    attesters: int
    failing: int

    @property
    def unsigned(self) -> int:
        """How many entries no checkpoint covers yet."""
        return max(0, self.size - self.signed)


@functools.lru_cache(maxsize=4)
def counting(db: Database, hours: WorkingHours) -> Counting:
    """Return what counts the days of a database, one for each process."""
    return Counting(db, hours)


def dashboard(visit: Visit) -> Response:
    """Show the charts of a period."""
    policy = policy_of(visit.zone.settings.home)
    periods = _periods(visit, policy.hours.local(visit.now).date())
    period = next(one for one in periods if one.chosen)
    overview = counting(visit.zone.db, policy.hours).overview(period.first, period.last, visit.now)
    officer = visit.has(*COMPLIANCE)
    _log_reading(visit, period)
    language = visit.language
    naming = handles(visit.zone.registry)
    drawn = [
        figures.refusals(overview, language),
        figures.hours(overview, language, policy.hours),
        *([figures.people(overview, language, naming)] if officer else []),
        figures.funnel(overview, language),
        figures.waits(overview, language),
    ]
    values = {
        "periods": periods,
        "period": period,
        "activity": figures.activity(overview, language),
        "figures": drawn,
        "numbers": _numbers(overview),
        "health": _health(visit),
        "officer": officer,
    }
    return visit.page("dashboard.html", values, crumbs=(Crumb(N_("Dashboard")),))


def _periods(visit: Visit, today: date) -> list[Period]:
    """Return the periods to choose from; the one that the address names is chosen, thirty days otherwise."""
    found = [Period(f"?days={n}", Text(f"최근 {n}일", f"Last {n} days"), today - (n - 1) * DAY, today) for n in DAYS]
    month = Month.of(today)
    for _ in range(MONTHS):
        name = month_name(month)
        found.append(Period(f"?month={month}", name, month.first, min(month.last, today)))
        month = month.previous()
    asked = {f"?days={visit.query('days')}", f"?month={visit.query('month')}"}
    address = next((one.address for one in found if one.address in asked), f"?days={USUAL}")
    return [Period(one.address, one.label, one.first, one.last, chosen=one.address == address) for one in found]


def _numbers(overview: Overview) -> list[tuple[str, Text, int]]:
    """Return the four numbers above the charts, each with its icon."""
    late = sum(late for _, late in overview.people().values())
    return [
        ("log", Text("기록", "Entries"), overview.entries),
        ("users", Text("이용한 사람", "People"), len(overview.people())),
        ("cross", Text("거부", "Refusals"), sum(overview.refusals().values())),
        ("egress", Text("반출", "Releases"), overview.funnel()["egress.released"]),
        ("clock", Text("업무시간 외", "Outside working hours"), late),
    ]


def _health(visit: Visit) -> Health:
    zone = visit.zone
    table = audit_checkpoint.c
    with zone.db.read() as tx:
        size = zone.log.size(tx)
        last = tx.execute(select(table.size, table.created_at).order_by(table.size.desc()).limit(1)).first()
        attesters, failing = tx.execute(
            select(func.count(), func.count(audit_attester.c.failing_since)).select_from(audit_attester)
        ).one()
        verified = search(tx, Query(action="log.verified", limit=1))
    return Health(
        size=size,
        signed=last.size if last else 0,
        signed_at=moment(last.created_at) if last else None,
        verified=told(verified[0], nobody) if verified else None,
        attesters=attesters,
        failing=failing,
    )


def _log_reading(visit: Visit, period: Period) -> None:
    detail = {"kind": "dashboard", "from": period.first.isoformat(), "until": period.last.isoformat()}
    log, none = Object("log", "audit"), Subjects.none()
    visit.zone.log.record(Event("log.viewed", visit.actor, log, none, visit.source, detail=detail))
