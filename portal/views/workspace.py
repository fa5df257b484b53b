"""A person's workspace in a project: start, progress, open, stop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.responses import RedirectResponse, Response

from egress_review.model import Action
from portal.hub import WorkspaceState, WorkspaceView
from portal.i18n import N_
from portal.marks import WORKSPACE
from portal.navigation import Crumb
from portal.requests import rows
from portal.visit import Visit
from registry.errors import Denied, NotFound
from registry.model import Dataset, Project, WorkPermit
from registry.text import Text

REFRESH_SECONDS = 2
STARTABLE = frozenset({WorkspaceState.STOPPED, WorkspaceState.FAILED})
CHANGING = frozenset({WorkspaceState.STARTING, WorkspaceState.STOPPING})


@dataclass(frozen=True, slots=True)
class WorkCard:
    """One project of a person: what may be done in it now, or why nothing may, or why nothing starts."""

    project: Project
    ends_at: datetime
    permit: WorkPermit | None
    refusal: Denied | None
    workspace: WorkspaceView | None
    """None while the hub does not answer."""
    datasets: tuple[tuple[Dataset, int], ...]


def work_card(visit: Visit, project: Project, workspace: WorkspaceView | None) -> WorkCard:
    """Ask the registry what the person may do in a project."""
    registry, person = visit.zone.registry, visit.person
    try:
        permit: WorkPermit | None = registry.may_work(person.handle, project.id, begins=False)
        refusal = None
    except Denied as error:
        permit, refusal = None, error
    if permit is not None and (workspace is None or workspace.state in STARTABLE):
        refusal = _not_now(visit)  # what runs is not touched by maintenance
    mounts = permit.mounts if permit else ()
    return WorkCard(
        project=project,
        ends_at=permit.ends_at if permit else project.ends_at,
        permit=permit,
        refusal=refusal,
        workspace=workspace,
        datasets=tuple((registry.dataset(mount.dataset), mount.version) for mount in mounts),
    )


def _not_now(visit: Visit) -> Denied | None:
    try:
        visit.zone.registry.check_may_begin()
    except Denied as refusal:
        return refusal
    return None


def workspace(visit: Visit) -> Response:
    """Show the state of the workspace; the page renews itself while the state changes."""
    project = _own_project(visit)
    present = visit.portal.hub.workspace(visit.person.handle, project.id)
    card, state = work_card(visit, project, present), present.state
    address = open_address(visit, project.id)
    go = visit.query("go") == "1"
    started = present.started_at
    values = {
        "card": card,
        "present": present,
        "mark": WORKSPACE[state],
        "State": WorkspaceState,
        "open_address": address,
        "refresh": f"{REFRESH_SECONDS}" if state in CHANGING else None,
        "forward": address if state is WorkspaceState.OPEN and go else None,
        "elapsed": max(0, round((visit.now - started).total_seconds())) if started else 0,
    }
    return visit.page("workspace.html", values, crumbs=(Crumb(project.title.text(visit.language)),))


def egress(visit: Visit) -> Response:
    """Show what belongs beside a workspace: what lies in the outbox, how requests stand, and what to change.

    Raises: NotFound. Denied — for who may not work in the project now.
    """
    project, desk = _own_project(visit), visit.zone.desk
    workspace = visit.zone.registry.may_work(visit.person.handle, project.id, begins=False).workspace
    views = [view for view in desk.requests_of(visit.person) if view.request.project == project.id]
    values = {
        "project": project,
        "outbox": desk.list_outbox(workspace),
        "requests": rows(views),
        "to_mend": [view for view in views if view.messages and Action.RESUBMIT in view.actions],
    }
    return visit.page("workspace_egress.html", values, crumbs=(Crumb(project.title.text(visit.language)),))


def start(visit: Visit) -> Response:
    """Start the workspace, if the registry says yes; the page that follows shows how far it is.

    Raises: Denied — with the registry's reason. HubRefused, HubUnavailable.
    """
    project = _own_project(visit)
    visit.zone.registry.may_work(visit.person.handle, project.id)
    visit.portal.hub.start(visit.person.handle, project.id, by=visit.person.ref, address=visit.source.ip)
    return RedirectResponse(f"/projects/{project.id}/workspace?go=1", 303)


def stop(visit: Visit) -> Response:
    """Stop the workspace; a person may always stop their own.

    Raises: HubRefused, HubUnavailable.
    """
    project = _own_project(visit)
    visit.portal.hub.stop(visit.person.handle, project.id)
    return visit.go(f"/projects/{project.id}/workspace", N_("The workspace is being stopped. Your files stay."))


def open_address(visit: Visit, project_id: str) -> str:
    """Return where the workspace opens in the browser."""
    return f"{visit.zone.settings.origin('work')}/user/{visit.person.handle}/{project_id}/lab"


def _own_project(visit: Visit) -> Project:
    """Return the project of the path.

    Raises: NotFound — also for a project that the person never had a part in: its existence is not theirs to know.
    """
    registry, project_id = visit.zone.registry, visit.path("project")
    if not registry.is_member(visit.person.ref, project_id):
        raise not_yours()
    return registry.project(project_id)


def not_yours() -> NotFound:
    """Return the answer to a project of others, the same as to one that does not exist."""
    return NotFound("project_unknown", Text("참여하는 과제가 아닙니다.", "You take no part in such a project."))
