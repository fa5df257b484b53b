"""Requests that are not as the audit log has them: what differs, and who of two people has looked into it."""

from __future__ import annotations

from starlette.responses import Response

from egress_review.as_recorded import Compared
from egress_review.differences import Difference
from egress_review.errors import EgressError
from egress_review.workflow import OPEN_REVIEW
from portal.i18n import N_
from portal.marks import Mark
from portal.navigation import COMPLIANCE, Crumb
from portal.records import handles
from portal.refusals import kept, refused, status_of
from portal.requests import REQUEST_STATES
from portal.visit import Visit

DIFFERS = Mark(N_("Differs: stopped"), "alert", "stop")
WAITS = Mark(N_("As recorded again: waits for two people"), "clock", "warn")
GOES_ON = Mark(N_("As recorded, looked into"), "passed", "ok")


def overview(visit: Visit, refusal: Exception | None = None) -> Response:
    """Show every request about which there was an alarm, after a refusal with what was typed.

    Raises: Denied.
    """
    naming, officer = handles(visit.zone.registry), visit.has(*COMPLIANCE)
    rows = []
    for one in visit.zone.desk.alarmed(visit.person):
        looks = [(naming(look.actor), look.at) for look in one.told.looks]
        mine = any(look.actor == visit.person.ref for look in one.told.looks)
        state = REQUEST_STATES[one.request.state].text if one.request else None
        shown = [difference.text for difference in one.differences if officer or not is_blind(one, difference)]
        rows.append((one, mark_of(one), state, shown, len(one.differences) - len(shown), looks, mine))
    typed_for = visit.path("ref") if refusal else None
    values = {"rows": rows, "officer": officer, "refused": typed_for, **refused(visit, refusal, "/as-recorded")}
    crumbs = (Crumb(N_("Not as recorded")),)
    return visit.page("as_recorded.html", values, crumbs=crumbs, status=status_of(refusal))


@kept(overview, EgressError)
def look(visit: Visit) -> Response:
    """Record that the person looked into it, and what they found out.

    Raises: Denied, Conflict, Invalid, NotFound.
    """
    visit.zone.desk.look_into(visit.person, visit.path("ref"), visit.field("reason"), source=visit.source)
    return visit.go("/as-recorded", N_("That you looked into it is recorded."))


def mark_of(one: Compared) -> Mark:
    """How a request stands."""
    if one.differences:
        return DIFFERS
    return GOES_ON if one.holds else WAITS


def is_blind(one: Compared, difference: Difference) -> bool:
    """Whether a difference would tell a checker that somebody voted before they may know."""
    return one.request is not None and one.request.state in OPEN_REVIEW and difference.code.startswith("vote.")
