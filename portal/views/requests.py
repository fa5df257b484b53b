"""The author's pages: pick files, check first, submit; follow, resubmit, withdraw, collect."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import FileResponse, Response

from egress_review.errors import EgressError
from egress_review.findings import Report
from egress_review.model import Action, Draft, Request
from portal.errors import WrongInput, advice_of, reason_of
from portal.i18n import N_
from portal.marks import Mark
from portal.navigation import RESEARCHERS, Crumb
from portal.preview import address
from portal.requests import VERDICTS, is_busy, lines, path_of, rows, view_of
from portal.visit import Visit
from registry.errors import RegistryError
from registry.model import Project, Workspace

START = Crumb(N_("Egress requests"), "/requests")
REFRESH_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Filled:
    """What the form holds when it is shown again."""

    title: str = ""
    purpose: str = ""
    context: str = ""
    controls: str = ""
    files: tuple[str, ...] = ()


def mine(visit: Visit) -> Response:
    """List the person's requests, newest first."""
    values = {"requests": rows(visit.zone.desk.requests_of(visit.person))}
    return visit.page("requests.html", values, crumbs=(Crumb(N_("Egress requests")),))


def new(visit: Visit) -> Response:
    """Show the form for a new request, or the projects to choose from."""
    projects = _projects(visit)
    chosen = visit.query("project")
    if not chosen and len(projects) == 1:
        chosen = projects[0].id
    if not chosen:
        return visit.page("choose_project.html", {"projects": projects}, crumbs=(START, Crumb(N_("New"))))
    workspace = visit.zone.registry.may_work(visit.person.handle, chosen).workspace
    return _form(visit, workspace, Filled())


def create(visit: Visit) -> Response:
    """Check the picked files, or submit them; what cannot be done is said on the form, which keeps its entries.

    Raises: Denied — if the person may not work in the project now.
    """
    workspace = visit.zone.registry.may_work(visit.person.handle, visit.field("project")).workspace
    return _check_or(visit, workspace, None)


def show(visit: Visit) -> Response:
    """Show a request: where it stands, what was found, what was said, and what may be done now.

    Raises: Denied, NotFound.
    """
    return _show(visit, visit.path("ref"))


def edit(visit: Visit) -> Response:
    """Show the form for a new round of a returned request, filled with the last one.

    Raises: Denied, NotFound.
    """
    request, workspace = _own(visit)
    names = tuple(file.name for file in request.files)
    filled = Filled(request.title, request.purpose, request.context, request.controls, names)
    return _form(visit, workspace, filled, request=request)


def resubmit(visit: Visit) -> Response:
    """Check the picked files again, or submit them as a new round.

    Raises: Denied, NotFound.
    """
    request, workspace = _own(visit)
    return _check_or(visit, workspace, request)


def withdraw(visit: Visit) -> Response:
    """Withdraw a request.

    Raises: Denied, NotFound, Conflict.
    """
    ref = visit.path("ref")
    visit.zone.desk.withdraw(visit.person, ref, source=visit.source)
    return visit.go(f"/requests/{ref}", N_("The request was withdrawn."))


def collect(visit: Visit) -> Response:
    """Hand the release package over; each collection is recorded.

    Raises: Denied, NotFound, Conflict.
    """
    ref = visit.path("ref")
    package = visit.zone.desk.collect(visit.person, ref, source=visit.source)
    return FileResponse(package, media_type="application/zip", filename=f"ansim-{ref}.zip")


def _show(visit: Visit, ref: str) -> Response:
    view = visit.zone.desk.view(visit.person, ref)
    request = view.request
    state = view_of(request)
    chosen = visit.query("file")
    file = request.file(chosen) if Action.PREVIEW in view.actions else None
    values = {
        "view": view,
        "request": request,
        "state": state,
        "mark": Mark("", state.icon, state.tone),
        "steps": path_of(state),
        "files": [(one, view.report_of(one.sha256)) for one in request.files],
        "lines": lines,
        "verdicts": VERDICTS,
        "Action": Action,
        "base": f"/requests/{ref}",
        "shown": file,
        "preview_address": address(visit, ref, file.sha256) if file else None,
        "refresh": REFRESH_SECONDS if is_busy(request) and not chosen else None,
        "own": request.author_ref == visit.person.ref,
    }
    return visit.page("request.html", values, crumbs=(START, Crumb(request.title)))


def _check_or(visit: Visit, workspace: Workspace, request: Request | None) -> Response:
    """Run the pre-check for the form, or hand it in; a refusal is shown on the form."""
    names = ("title", "purpose", "context", "controls")
    filled = Filled(
        **{name: str(visit.form.get(name) or "").strip() for name in names}, files=tuple(visit.chosen("files"))
    )
    desk = visit.zone.desk
    try:
        if visit.form.get("do") == "check":
            report = desk.precheck(workspace, list(filled.files), filled.controls, source=visit.source)
            return _form(visit, workspace, filled, request=request, report=report)
        draft = Draft(
            title=visit.field("title"),
            purpose=visit.field("purpose"),
            context=visit.field("context", required=False),
            controls=visit.field("controls", required=False),
            files=filled.files,
        )
        if request is None:
            ref = desk.submit(visit.person, workspace, draft, source=visit.source).ref
        else:
            ref = desk.resubmit(visit.person, request.ref, draft, source=visit.source).ref
    except (EgressError, RegistryError, WrongInput) as error:
        return _form(visit, workspace, filled, request=request, error=error)
    return visit.go(f"/requests/{ref}", N_("The request was submitted."))


def _form(
    visit: Visit,
    workspace: Workspace,
    filled: Filled,
    *,
    request: Request | None = None,
    report: Report | None = None,
    error: EgressError | RegistryError | WrongInput | None = None,
) -> Response:
    desk = visit.zone.desk
    values = {
        "project": visit.zone.registry.project(workspace.project),
        "filled": filled,
        "request": request,
        "outbox": desk.list_outbox(workspace),
        "report": report,
        "lines": lines,
        "verdicts": VERDICTS,
        "policy": desk.policy,
        "refusal": reason_of(error) if error else None,
        "advice": advice_of(error) if error else None,
        "action": f"/requests/{request.ref}/edit" if request else "/requests/new",
    }
    here = Crumb(N_("New round")) if request else Crumb(N_("New"))
    return visit.page("request_form.html", values, crumbs=(START, here), status=422 if error else 200)


def _projects(visit: Visit) -> list[Project]:
    """Return the projects in which the person may hand something in."""
    registry = visit.zone.registry
    held = {
        m.project for m in registry.memberships(visit.person.ref) if m.role in RESEARCHERS and m.in_force(visit.now)
    }
    return [registry.project(project) for project in sorted(held)]


def _own(visit: Visit) -> tuple[Request, Workspace]:
    """Return the person's own request and the workspace it came from.

    Raises: Denied, NotFound.
    """
    request = visit.zone.desk.view(visit.person, visit.path("ref")).request
    workspace = visit.zone.registry.may_work(visit.person.handle, request.project).workspace
    return request, workspace
