"""Projects, datasets and grants, for operators and data controllers; and what a project's researchers read of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.responses import Response

from portal.i18n import N_
from portal.marks import IN_FORCE, NOT_YET, OVER, PROJECT, REVOKED, Mark
from portal.navigation import PROJECT_READERS, RESEARCHERS, Crumb
from portal.queries import as_day
from portal.views.people import as_role
from portal.views.workspace import not_yours
from portal.visit import Visit
from registry.access_policy import PROFILES
from registry.model import Grant, Membership, Role
from registry.roles import NAMES, PROJECT_ROLES

START = Crumb(N_("Projects"), "/projects")


def projects(visit: Visit) -> Response:
    """List the projects, and the form for a new one."""
    values = {"projects": visit.zone.registry.projects(), "marks": PROJECT}
    return visit.page("projects.html", values, crumbs=(Crumb(N_("Projects")),))


def add_project(visit: Visit) -> Response:
    """Open a project.

    Raises: WrongInput, Invalid, Denied, Conflict.
    """
    starts_at, ends_at = _period(visit)
    project = visit.zone.registry.add_project(
        visit.field("id"),
        visit.field("title_ko"),
        visit.field("title_en"),
        visit.field("purpose"),
        starts_at,
        ends_at,
        by=visit.actor,
        source=visit.source,
    )
    return visit.go(f"/projects/{project.id}", N_("The project was opened."))


def project(visit: Visit) -> Response:
    """Show one project: members, data, period, limits, access, and what may be changed; to its researchers less.

    Raises: NotFound — to a researcher also for a project of others.
    """
    registry = visit.zone.registry
    if not visit.has(*PROJECT_READERS):
        return _own_project(visit)
    shown = registry.project(visit.path("project"))
    freeze = registry.freeze_of(shown.id)
    people = {person.ref: person for person in registry.people()}
    values = {
        "project": shown,
        "mark": PROJECT[shown.status],
        "members": [(m, people[m.person_ref], held_mark(m, visit.now)) for m in registry.members(shown.id)],
        "grants": [(g, people.get(g.approved_by), held_mark(g, visit.now)) for g in registry.grants(shown.id)],
        "names": NAMES,
        "roles_choice": [(role.value, NAMES[role]) for role in sorted(PROJECT_ROLES, reverse=True)],
        "versions": [v for dataset in registry.datasets() for v in reversed(registry.versions(dataset.id))],
        "IN_FORCE": (IN_FORCE, NOT_YET),
        "freeze": freeze,
        "cut_off": None if freeze is None else registry.cut_off(freeze),
        **_access(visit, shown.id),
        "may_manage": visit.has(Role.OPERATOR),
        "may_grant": visit.has(Role.DATA_CONTROLLER),
        "may_audit": visit.has(Role.COMPLIANCE_OFFICER),
    }
    return visit.page("project.html", values, crumbs=(START, Crumb(shown.title.text(visit.language))))


def _own_project(visit: Visit) -> Response:
    """Show a researcher how workspaces of their project are accessed: nobody else's part, and no reason of a freeze."""
    registry, project_id = visit.zone.registry, visit.path("project")
    held = [m for m in registry.memberships(visit.person.ref) if m.project == project_id and m.in_force(visit.now)]
    if not any(m.role in RESEARCHERS for m in held):
        raise not_yours()
    shown = registry.project(project_id)
    values = {"project": shown, "mark": PROJECT[shown.status], **_access(visit, shown.id)}
    return visit.page("own_project.html", values, crumbs=(Crumb(shown.title.text(visit.language)),))


def _access(visit: Visit, project_id: str) -> dict[str, object]:
    """Return how people reach the workspaces of a project, and what runs them."""
    settings = visit.zone.settings
    return {
        "access": settings.access_of(project_id),
        "profiles": PROFILES,
        "own_kernel": settings.own_kernel(project_id),
    }


def close_project(visit: Visit) -> Response:
    """End a project for good.

    Raises: NotFound, Denied, Conflict.
    """
    project_id = visit.path("project")
    visit.zone.registry.close_project(project_id, by=visit.actor, source=visit.source)
    return visit.go(f"/projects/{project_id}", N_("The project was closed."))


def freeze_project(visit: Visit) -> Response:
    """Let a project stand still at once; the worker cuts and kills within seconds.

    Raises: WrongInput, NotFound, Invalid, Denied, Conflict.
    """
    project_id = visit.path("project")
    visit.zone.registry.freeze_project(project_id, visit.field("why"), by=visit.actor, source=visit.source)
    return visit.go(f"/projects/{project_id}", N_("The project is frozen. Its connections and workspaces end now."))


def unfreeze_project(visit: Visit) -> Response:
    """Let a frozen project go on.

    Raises: WrongInput, NotFound, Invalid, Denied, Conflict.
    """
    project_id = visit.path("project")
    visit.zone.registry.unfreeze_project(project_id, visit.field("why"), by=visit.actor, source=visit.source)
    return visit.go(f"/projects/{project_id}", N_("The freeze was lifted."))


def extend_project(visit: Visit) -> Response:
    """Change the last day of a project.

    Raises: WrongInput, NotFound, Invalid, Denied, Conflict.
    """
    project_id = visit.path("project")
    ends_at = as_day(visit.field("ends"), visit.portal.time_zone) + timedelta(days=1)
    visit.zone.registry.change_project(project_id, ends_at=ends_at, by=visit.actor, source=visit.source)
    return visit.go(f"/projects/{project_id}", N_("The period was changed."))


def add_member(visit: Visit) -> Response:
    """Give a person a part in a project.

    Raises: WrongInput, NotFound, Invalid, Denied, Conflict.
    """
    project_id, (starts_at, ends_at) = visit.path("project"), _period(visit)
    visit.zone.registry.add_member(
        project_id,
        visit.field("handle"),
        as_role(visit.field("role")),
        starts_at,
        ends_at,
        by=visit.actor,
        source=visit.source,
    )
    return visit.go(f"/projects/{project_id}", N_("The member was added."))


def remove_member(visit: Visit) -> Response:
    """End a person's part in a project; a running workspace ends with it.

    Raises: WrongInput, NotFound, Denied.
    """
    project_id = visit.path("project")
    visit.zone.registry.remove_member(
        project_id, visit.field("handle"), as_role(visit.field("role")), by=visit.actor, source=visit.source
    )
    return visit.go(f"/projects/{project_id}", N_("The membership was ended."))


def grant(visit: Visit) -> Response:
    """Approve the use of a dataset version by a project, as a data controller.

    Raises: WrongInput, NotFound, Invalid, Denied, Conflict.
    """
    project_id, (starts_at, ends_at) = visit.path("project"), _period(visit)
    dataset, _, number = visit.field("dataset").partition(":")
    visit.zone.registry.grant(
        dataset,
        int(number) if number.isdecimal() else 0,
        project_id,
        starts_at,
        ends_at,
        approver=visit.actor,
        source=visit.source,
    )
    return visit.go(f"/projects/{project_id}", N_("The use of the dataset was approved."))


def revoke_grant(visit: Visit) -> Response:
    """End a grant now; workspaces that mount its data end with it.

    Raises: NotFound, Denied, Conflict.
    """
    ended = visit.zone.registry.revoke_grant(visit.path("grant"), by=visit.actor, source=visit.source)
    return visit.go(f"/projects/{ended.project}", N_("The grant was revoked."))


def datasets(visit: Visit) -> Response:
    """List the datasets with their versions and the projects that may use them."""
    registry = visit.zone.registry
    grants = registry.grants()
    rows = [
        (
            dataset,
            registry.versions(dataset.id),
            [g for g in grants if g.dataset == dataset.id and g.in_force(visit.now)],
        )
        for dataset in registry.datasets()
    ]
    return visit.page("datasets.html", {"rows": rows}, crumbs=(Crumb(N_("Datasets")),))


def held_mark(held: Membership | Grant, now: datetime) -> Mark:
    """Return how a membership or grant stands now."""
    if held.revoked_at is not None:
        return REVOKED
    if held.in_force(now):
        return IN_FORCE
    return NOT_YET if now < held.starts_at else OVER


def _period(visit: Visit) -> tuple[datetime, datetime]:
    """Return the period of the form: from the first day until the end of the last, by the clocks of the zone."""
    zone = visit.portal.time_zone
    return as_day(visit.field("starts"), zone), as_day(visit.field("ends"), zone) + timedelta(days=1)
