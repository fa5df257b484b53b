"""How review goes, as charts: for checkers without names, for compliance officers with them."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from portal import review_charts as charts
from portal.i18n import N_
from portal.navigation import CHECKERS, COMPLIANCE, Crumb
from portal.records import handles
from portal.visit import Visit
from registry.text import Text

DAYS = (30, 90, 365)


def figures(visit: Visit) -> Response:
    """Show the charts of a period.

    Raises: Denied.
    """
    days = next((n for n in DAYS if visit.query("days") == str(n)), DAYS[0])
    desk, language = visit.zone.desk, visit.language
    found = desk.figures(visit.person, visit.now - timedelta(days=days), visit.now)
    drawn = [
        charts.turnaround(found, language),
        charts.refusals(found, language),
        charts.agreement(found, language),
    ]
    officer = visit.has(*COMPLIANCE)
    if officer:
        naming = handles(visit.zone.registry)
        drawn += [
            charts.speed(found, language, naming),
            charts.workload(found, desk.workload(visit.person), language, naming),
        ]
    values = {
        "figures": drawn,
        "officer": officer,
        "periods": [(n, Text(f"최근 {n}일", f"Last {n} days"), n == days) for n in DAYS],
        "checker": visit.has(*CHECKERS),
    }
    return visit.page("review_figures.html", values, crumbs=(Crumb(N_("How review goes")),))
