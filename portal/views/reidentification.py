"""Requests to lead tokens back to people: ask, read, agree, refuse.

Opening one takes two people at the zone's own machine; the portal has no key.
"""

from __future__ import annotations

from starlette.responses import Response

from deid.errors import Refused, UsageError
from deid.people import RegisteredPeople
from deid.reidentification.service import ReidentificationDesk
from deid.reidentification.standing import APPROVALS, DEFAULT_DAYS, GROUNDS, MAX_DAYS, MAX_TOKENS, Request
from portal.errors import WrongInput
from portal.i18n import N_
from portal.marks import REIDENTIFICATION
from portal.navigation import AGREEING, ASKERS, Crumb
from portal.records import handles
from portal.refusals import kept, refused, status_of
from portal.visit import Visit
from registry.text import Text

START = Crumb(N_("Re-identification"), "/reidentification")
_NUMBER = Text("한도와 기간은 숫자로 적으십시오.", "Limit and period are whole numbers.")


def overview(visit: Visit, refusal: Exception | None = None) -> Response:
    """List every request, the newest first, with a form to ask for those who may."""
    naming = handles(visit.zone.registry)
    rows = [(one, REIDENTIFICATION[one.state(visit.now)], naming(one.by)) for one in _desk(visit).requests()]
    values = {
        "rows": rows,
        "may_ask": visit.has(*ASKERS),
        "grounds": list(GROUNDS.items()),
        "most": MAX_TOKENS,
        "days": DEFAULT_DAYS,
        "max_days": MAX_DAYS,
        **refused(visit, refusal, START.address or "/"),
    }
    return visit.page("reidentifications.html", values, crumbs=(Crumb(START.label),), status=status_of(refusal))


def show(visit: Visit, refusal: Exception | None = None) -> Response:
    """Show one request with its reason, held against the log, and what the person may do with it.

    Raises: Refused — if there is none, or its record was changed.
    """
    desk = _desk(visit)
    request = desk.request(visit.path("ref"))
    naming = handles(visit.zone.registry)
    state = request.state(visit.now)
    values = {
        "one": request,
        "mark": REIDENTIFICATION[state],
        "ground": GROUNDS[request.wanted.ground],
        "reason": desk.reason(request.ref),
        "asker": naming(request.by) or request.by,
        "agreed": [naming(ref) or ref for ref in request.approved_by],
        "needed": APPROVALS,
        "may_agree": state == "asked" and visit.has(*AGREEING) and not _took_part(visit, request),
        "may_end": state in ("asked", "approved") and (request.by == visit.actor.ref or visit.has(*AGREEING)),
        **refused(visit, refusal, f"/reidentification/{request.ref}"),
    }
    return visit.page("reidentification.html", values, crumbs=(START, Crumb(request.ref)), status=status_of(refusal))


@kept(overview, Refused, UsageError)
def ask(visit: Visit) -> Response:
    """Ask to open tokens of an extract.

    Raises: WrongInput, UsageError — if the form asks for too much. Refused — if the person may not ask.
    """
    try:
        limit, days = int(visit.field("limit")), int(visit.field("days"))
    except ValueError:
        raise WrongInput(_NUMBER) from None
    made = _desk(visit).ask(
        visit.field("extract").strip().lower(),
        visit.field("tokens").split(),
        limit=limit,
        ground=visit.field("ground"),
        reason=visit.field("reason"),
        days=days,
        by=visit.actor,
        source=visit.source,
    )
    said = N_("The request was recorded. Two other people have to approve it.")
    return visit.go(f"/reidentification/{made.ref}", said)


@kept(show, Refused)
def approve(visit: Visit) -> Response:
    """Agree to a request.

    Raises: Refused — if the person may not, or the request does not wait.
    """
    done = _desk(visit).approve(visit.path("ref"), by=visit.actor, source=visit.source)
    return visit.go(f"/reidentification/{done.ref}", N_("Your approval was recorded."))


@kept(show, Refused)
def refuse(visit: Visit) -> Response:
    """Refuse a request, or take one's own back.

    Raises: Refused — if the person may do neither, or the request has ended.
    """
    done = _desk(visit).refuse(visit.path("ref"), visit.field("reason"), by=visit.actor, source=visit.source)
    return visit.go(f"/reidentification/{done.ref}", N_("The request was ended."))


def _took_part(visit: Visit, request: Request) -> bool:
    return visit.actor.ref in (request.by, *request.approved_by)


def _desk(visit: Visit) -> ReidentificationDesk:
    # Without the key store: the portal must not be able to open anything.
    return ReidentificationDesk(visit.zone.log, RegisteredPeople(visit.zone.registry))
