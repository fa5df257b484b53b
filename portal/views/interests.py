"""Conflicts of interest in the portal: declared by checkers for themselves, or by an operator for somebody."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from egress_review.errors import EgressError
from egress_review.review import CHECKER_ROLES
from portal.errors import WrongInput, advice_of, reason_of
from portal.i18n import N_
from portal.marks import Mark
from portal.navigation import CHECKERS, COMPLIANCE, OPERATORS, Crumb
from portal.records import handles
from portal.visit import Visit
from registry.errors import RegistryError
from registry.model import PersonStatus, ProjectStatus
from registry.text import Text

KINDS: Mapping[str, Mark] = {
    "declared": Mark(N_("declared"), "alert", "warn"),
    "recused": Mark(N_("stepped back"), "return", ""),
}


def overview(visit: Visit, refusal: EgressError | RegistryError | WrongInput | None = None) -> Response:
    """Show what is on record, a checker's own or everybody's, and the form that adds to it."""
    registry, everybody = visit.zone.registry, visit.has(*OPERATORS, *COMPLIANCE)
    naming, titles = handles(registry), {one.id: one.title for one in registry.projects()}
    rows = [
        (one, naming(one.person_ref) or one.person_ref, titles.get(one.project), KINDS[one.kind])
        for one in visit.zone.desk.interests()
        if everybody or one.person_ref == visit.person.ref
    ]
    values = {
        "rows": list(reversed(rows)),
        "everybody": everybody,
        "projects": [
            (one.id, Text(f"{one.title.ko} ({one.id})", f"{one.title.en} ({one.id})"))
            for one in registry.projects()
            if one.status is ProjectStatus.ACTIVE
        ],
        "people": _people(visit),
        "may_declare": visit.has(*CHECKERS, *OPERATORS),
        "typed": {name: str(visit.form.get(name) or "") for name in ("handle", "project", "reason")},
        "refusal": reason_of(refusal) if refusal else None,
        "advice": advice_of(refusal) if refusal else None,
    }
    crumbs = (*_way(visit), Crumb(N_("Conflicts of interest")))
    return visit.page("interests.html", values, crumbs=crumbs, status=422 if refusal else 200)


def declare(visit: Visit) -> Response:
    """Declare an interest; what cannot be done is said on the form, which keeps its words."""
    try:
        handle = visit.field("handle", required=False) or visit.person.handle
        person = visit.person if handle == visit.person.handle else visit.zone.registry.person(handle)
        visit.zone.desk.declare_interest(
            visit.person, person.ref, visit.field("project"), visit.field("reason"), source=visit.source
        )
    except (EgressError, RegistryError, WrongInput) as error:
        return overview(visit, error)
    return visit.go("/interests", N_("The interest is on record."))


def _way(visit: Visit) -> tuple[Crumb, ...]:
    """Return the page from which this person came."""
    if visit.has(*CHECKERS):
        return (Crumb(N_("Egress and ingress review"), "/review"),)
    return (Crumb(N_("People"), "/people"),) if visit.has(*OPERATORS) else ()


def _people(visit: Visit) -> list[tuple[str, Text]]:
    """Return for whom the person may declare: an operator for every checker; nobody else is asked whom it is about."""
    if not visit.has(*OPERATORS):
        return []
    known = visit.zone.registry.people()
    return [
        (one.handle, Text(*[f"{one.name} ({one.handle})"] * 2))
        for one in known
        if one.status is PersonStatus.ACTIVE and one.has(*CHECKER_ROLES)
    ]
