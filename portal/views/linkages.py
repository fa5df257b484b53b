"""Linkage domains: ask that a project's pseudonyms meet those of others, read, decide, end.

The portal has no key: what two people decide here, the worker carries out. A preview needs the source data, so it is
made at the zone's own machine; what it told is shown here to those who decide.
"""

from __future__ import annotations

from starlette.responses import Response

from deid.errors import Refused, UsageError
from deid.linkage.service import Linkage, LinkageDesk
from deid.linkage.telling import PREVIEWS
from deid.people import RegisteredPeople
from portal.i18n import N_
from portal.marks import LINKAGE
from portal.navigation import AGREEING, ASKERS, Crumb
from portal.records import handles
from portal.refusals import kept, refused, status_of
from portal.visit import Visit
from registry.errors import NotFound
from registry.model import ProjectStatus

START = Crumb(N_("Linking projects"), "/linkages")
_OPEN = ("approved", "in_force")


def overview(visit: Visit, refusal: Exception | None = None) -> Response:
    """List the domains that are in force, every request, and a form to ask for those who may."""
    found = _desk(visit).linkages()
    naming = handles(visit.zone.registry)
    domains = sorted({one.domain for one in found if one.state in _OPEN})
    projects = [one for one in visit.zone.registry.projects() if one.status is ProjectStatus.ACTIVE]
    values = {
        "domains": [
            (domain, sorted(one.project for one in found if one.domain == domain and one.state in _OPEN))
            for domain in domains
        ],
        "rows": [(one, LINKAGE[one.state], naming(one.requested_by)) for one in found],
        "may_ask": visit.has(*ASKERS),
        "projects": [(one.id, one.title) for one in projects],
        **refused(visit, refusal, START.address or "/"),
    }
    return visit.page("linkages.html", values, crumbs=(Crumb(START.label),), status=status_of(refusal))


def show(visit: Visit, refusal: Exception | None = None) -> Response:
    """Show one request with its reason, held against the log, and what the person may do with it.

    Raises: Refused — if there is none, or its record was changed.
    """
    desk = _desk(visit)
    one = desk.linkage(visit.path("ref"))
    naming = handles(visit.zone.registry)
    mine = one.requested_by == visit.actor.ref
    values = {
        "one": one,
        "mark": LINKAGE[one.state],
        "reason": desk.reason(one.ref),
        "asker": naming(one.requested_by) or one.requested_by,
        "approver": (naming(one.approved_by) or one.approved_by) if one.approved_by else None,
        "others": [project for project in desk.projects(one.domain) if project != one.project],
        "previews": [told.say() for told in desk.previews(one.domain)],
        "most": PREVIEWS,
        "may_agree": one.state == "asked" and visit.has(*AGREEING) and not mine,
        "may_refuse": one.state == "asked" and (mine or visit.has(*AGREEING)),
        "may_end": one.state in _OPEN and (mine or visit.has(*AGREEING)),
        **refused(visit, refusal, f"/linkages/{one.ref}"),
    }
    return visit.page("linkage.html", values, crumbs=(START, Crumb(one.ref)), status=status_of(refusal))


@kept(overview, Refused, UsageError, NotFound)
def ask(visit: Visit) -> Response:
    """Ask that a project's pseudonyms be made in a shared domain.

    Raises: WrongInput, UsageError — if the form is not complete. NotFound — for an unknown project. Refused — if the
    person may not ask.
    """
    domain, project, reason = visit.field("domain"), visit.field("project"), visit.field("reason")
    visit.zone.registry.project(project)
    made = _desk(visit).ask(domain, project, reason, by=visit.actor, source=visit.source)
    return visit.go(f"/linkages/{made.ref}", N_("The request was recorded. Another person has to approve it."))


@kept(show, Refused)
def approve(visit: Visit) -> Response:
    """Agree to a request.

    Raises: Refused — if the person may not, or the request does not wait.
    """
    done = _desk(visit).approve(visit.path("ref"), by=visit.actor, source=visit.source)
    said = N_("Your approval was recorded. Policies of the project may name the domain within some minutes.")
    return visit.go(f"/linkages/{done.ref}", said)


@kept(show, Refused)
def refuse(visit: Visit) -> Response:
    """Refuse a request, or take one's own back.

    Raises: WrongInput. Refused — if the person may do neither, or it does not wait.
    """
    done = _desk(visit).refuse(visit.path("ref"), visit.field("reason"), by=visit.actor, source=visit.source)
    return _over(visit, done)


@kept(show, Refused)
def end(visit: Visit) -> Response:
    """End a linkage that is in force.

    Raises: WrongInput. Refused — if it is not, or the person may not.
    """
    done = _desk(visit).end(visit.path("ref"), visit.field("reason"), by=visit.actor, source=visit.source)
    return _over(visit, done)


def _over(visit: Visit, done: Linkage) -> Response:
    said = N_("The linkage was ended.") if done.state == "ended" else N_("The request was ended.")
    return visit.go(f"/linkages/{done.ref}", said)


def _desk(visit: Visit) -> LinkageDesk:
    # Without the key store: the portal must not be able to make a pseudonym.
    return LinkageDesk(visit.zone.log, RegisteredPeople(visit.zone.registry))
