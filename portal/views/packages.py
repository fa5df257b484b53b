"""Packages in the portal: what a project may install, asking for more, and the operators' decisions."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from portal.errors import WrongInput, advice_of, reason_of
from portal.i18n import N_
from portal.marks import Mark
from portal.navigation import OPERATORS, Crumb
from portal.package_desk import packages_of
from portal.records import handles
from portal.visit import Visit
from registry.errors import RegistryError
from registry.model import ProjectStatus, Role
from registry.packages.model import State
from registry.text import Text

MARKS: Mapping[State, Mark] = {
    State.ASKED: Mark(N_("Waits for a decision"), "clock", "note"),
    State.APPROVED: Mark(N_("Allowed"), "passed", "ok"),
    State.REFUSED: Mark(N_("Not allowed"), "cross", "stop"),
    State.REVOKED: Mark(N_("No longer allowed"), "return", "warn"),
}
DECISIONS: Mapping[str, State] = {"approve": State.APPROVED, "refuse": State.REFUSED, "revoke": State.REVOKED}


def overview(visit: Visit, refusal: RegistryError | WrongInput | None = None) -> Response:
    """Show what the person's projects may install, or to operators every request."""
    desk, registry = packages_of(visit.zone), visit.zone.registry
    deciding = visit.has(*OPERATORS)
    own = _own(visit)
    mine = {one.id: one.title for one in registry.projects() if one.id in own and one.status is ProjectStatus.ACTIVE}
    requests = [one for one in desk.requests() if deciding or one.project in mine]
    naming, wheels = handles(registry), desk.shelf.wheels()
    here = {one.package for one in wheels}
    allowances = {project: desk.allowance(project) for project in {*mine, *(one.project for one in requests)}}
    values = {
        "deciding": deciding,
        "waiting": [one for one in requests if one.state is State.ASKED],
        "decided": [one for one in requests if one.state is not State.ASKED],
        "marks": MARKS,
        "who": {one.ref: naming(one.asked_by) if one.asked_by else None for one in requests},
        "titles": {one.id: one.title for one in registry.projects()},
        "here": here,
        "lists": [
            (
                project,
                title,
                allowances[project],
                [one for one in wheels if one.package in allowances[project].packages],
            )
            for project, title in sorted(mine.items())
        ],
        "choices": [(id, Text(f"{title.ko} ({id})", f"{title.en} ({id})")) for id, title in sorted(mine.items())],
        "typed": {name: str(visit.form.get(name) or "") for name in ("project", "package", "reason")},
        "refusal": reason_of(refusal) if refusal else None,
        "advice": advice_of(refusal) if refusal else None,
    }
    crumbs = (Crumb(N_("Packages")),)
    return visit.page("packages.html", values, crumbs=crumbs, status=422 if refusal else 200)


def ask(visit: Visit) -> Response:
    """Ask for a package; what cannot be taken is said on the page, which keeps the words."""
    try:
        project, name, why = visit.field("project"), visit.field("package"), visit.field("reason")
        packages_of(visit.zone).ask(visit.person, project, name, why, source=visit.source, by=visit.actor)
    except (RegistryError, WrongInput) as error:
        return overview(visit, error)
    return visit.go("/packages", N_("The package was asked for. You will be told of the decision."))


def decide(visit: Visit) -> Response:
    """Allow, refuse or take back."""
    desk, ref = packages_of(visit.zone), visit.path("ref")
    try:
        state = DECISIONS.get(visit.field("decision"))
        if state is None:
            raise WrongInput(Text("결정을 고르십시오.", "Choose a decision."))
        if state is State.REVOKED:
            desk.revoke(ref, by=visit.actor, source=visit.source)
        else:
            desk.decide(ref, state, visit.field("answer", required=False), by=visit.actor, source=visit.source)
    except (RegistryError, WrongInput) as error:
        return overview(visit, error)
    return visit.go("/packages", N_("The decision is on record."))


def _own(visit: Visit) -> frozenset[str]:
    """Return the projects in which the person works now."""
    working = {Role.RESEARCHER, Role.PROJECT_LEAD}
    found = visit.zone.registry.memberships(visit.person.ref)
    return frozenset(one.project for one in found if one.role in working and one.in_force(visit.now))
