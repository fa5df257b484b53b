"""The walls of the zone as the last probe found them, for compliance officers and operators."""

from __future__ import annotations

from starlette.responses import Response

from portal.i18n import N_
from portal.navigation import Crumb
from portal.probe_picture import picture
from portal.probe_report import VERDICTS, read_report
from portal.visit import Visit


def overview(visit: Visit) -> Response:
    """Show the last report, in a picture and in words."""
    report = read_report(visit.zone.settings.home)
    values = {
        "report": report,
        "picture": None if report is None else picture(report, visit.language),
        "verdicts": VERDICTS,
        "shown": [] if report is None else [v for v in VERDICTS if v != "held" and report.having(v)],
    }
    return visit.page("probe.html", values, crumbs=(Crumb(N_("Walls")),))
