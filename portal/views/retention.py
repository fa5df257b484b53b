"""Retention and erasure: how long entries are kept and why, what is on hold, what was erased, what may be pruned.

The officer looks and confirms erasures; holds and prunings take two people at the command line.
"""

from __future__ import annotations

from starlette.responses import Response

from audit.retention import erasure, holding, pruning
from audit.retention.state import state
from portal.i18n import N_
from portal.navigation import Crumb
from portal.records import handles
from portal.visit import Visit


def overview(visit: Visit) -> Response:
    """Show periods with their sources, waiting erasures, holds, and what was erased and pruned."""
    zone = visit.zone
    with zone.db.read() as tx:
        found = state(tx, zone.retention, visit.now)
    naming = handles(zone.registry)
    values = {
        "found": found,
        "waiting": [(one, naming(one.requested_by)) for one in zone.registry.erasure_requests()],
        "erasure_reasons": erasure.REASONS,
        "holds": [(hold, naming(hold.ref) if hold.kind == "person" else None) for hold in found.holds],
        "hold_kinds": holding.KINDS,
        "hold_reasons": holding.REASONS,
        "prune": pruning.command(zone.db),
    }
    return visit.page("retention.html", values, crumbs=(Crumb(N_("Retention and erasure")),))


def confirm(visit: Visit) -> Response:
    """Confirm an erasure as the second person; what the transaction leaves behind the worker removes within a minute.

    Raises: NotFound, Conflict, Denied — also before the end of the legal period and under a hold.
    """
    visit.zone.registry.erase_person(visit.path("handle"), visit.zone.retention, by=visit.actor, source=visit.source)
    return visit.go("/retention", N_("The person was erased. Every proof of the log still holds."))


def request(visit: Visit) -> Response:
    """Ask for the erasure of a person whose account is closed; a compliance officer has to confirm it.

    Raises: NotFound, Invalid, Conflict, Denied — also before the end of the legal period and under a hold.
    """
    handle = visit.path("handle")
    visit.zone.registry.request_erasure(
        handle, visit.field("reason"), visit.zone.retention, by=visit.actor, source=visit.source
    )
    return visit.go(f"/people/{handle}", N_("The erasure was requested. A compliance officer has to confirm it."))
