"""The record of processing activities (GDPR art. 30) for the compliance officer: on a page, and as a file."""

from __future__ import annotations

from starlette.responses import Response

from audit.processing.html_out import html_copy
from audit.processing.making import COLUMNS, Zone, copy, register_of, show
from audit.processing.record import TITLE, Origin, Row, gaps
from audit.searching.asking import check_reason
from audit.searching.copies import MOST_ROWS
from portal.i18n import N_
from portal.navigation import Crumb
from portal.views.asking import START, handed, officer, wanted_of
from portal.visit import Visit

PAGE = "html"


def overview(visit: Visit) -> Response:
    """Show the record; that it was read is recorded first."""
    record = show(_zone(visit), officer(visit))
    parts: dict[str, list[Row]] = {}
    for row in record:
        parts.setdefault(row.part.say(visit.language), []).append(row)
    values = {
        "title": TITLE,
        "parts": parts,
        "gaps": gaps(record),
        "unknown": Origin.UNKNOWN,
        "columns": [column.title for column in COLUMNS[1:]],
        "most": MOST_ROWS,
        "copy_action": "/compliance/processing/copy",
        "fields": {},
        "page_too": True,
    }
    return visit.page("processing.html", values, crumbs=(START, Crumb(N_("Record of processing"))))


def download(visit: Visit) -> Response:
    """Hand the record over as a file; why is recorded first.

    Raises: WrongInput — for another form. QuestionRefused — without a reason. FontMissing — for a PDF.
    """
    if visit.form.get("form") == PAGE:
        reason = check_reason(str(visit.form.get("reason") or ""))
        made = copy(_zone(visit), officer(visit), PAGE, reason)
        name = f"ansim-processing-{made.made_at:%Y%m%d-%H%M%S}.html"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(html_copy(made, visit.language), media_type="text/html; charset=utf-8", headers=headers)
    form, reason = wanted_of(visit)
    return handed(visit, copy(_zone(visit), officer(visit), form, reason), form, (), reason)


def _zone(visit: Visit) -> Zone:
    zone = visit.zone
    return Zone(zone.log, zone.settings.home, register_of(zone.registry), zone.retention)
