"""The walls of the zone as the last probe found them, for compliance officers and operators."""

from __future__ import annotations

from starlette.responses import Response

from portal.i18n import N_
from portal.navigation import Crumb
from portal.probe_picture import picture
from portal.probe_report import VERDICTS, read_reports
from portal.visit import Visit


def overview(visit: Visit) -> Response:
    """Show the last report about each runtime, in a picture and in words."""
    reports, missing = read_reports(visit.zone)
    values = {
        "reports": [(report, picture(report, visit.language)) for report in reports],
        "missing": missing,
        "verdicts": VERDICTS,
    }
    return visit.page("probe.html", values, crumbs=(Crumb(N_("Walls")),))
