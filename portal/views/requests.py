"""The author's pages: pick files, check first, submit; follow, resubmit, withdraw, collect."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.responses import FileResponse, Response

from egress_review.errors import EgressError
from egress_review.findings import Report
from egress_review.model import Action, Request
from egress_review.terms import BUDGET_DAYS
from egress_review.workflow import CAN_LIE_IDLE, State
from portal.errors import WrongInput, advice_of, reason_of
from portal.i18n import N_
from portal.marks import Mark
from portal.navigation import RESEARCHERS, Crumb
from portal.preview import address
from portal.request_forms import Filled, draft_of, filled, filled_of
from portal.requests import VERDICTS, is_busy, lines, path_of, rows, view_of
from portal.visit import Visit
from registry.errors import RegistryError
from registry.model import Project, Workspace

START = Crumb(N_("Egress and ingress"), "/requests")
REFRESH_SECONDS = 3
MOST_CHOSEN = 20  # files that a link may have chosen


def mine(visit: Visit) -> Response:
    """List the person's requests, newest first."""
    values = {"requests": rows(visit.zone.desk.requests_of(visit.person))}
    return visit.page("requests.html", values, crumbs=(Crumb(N_("Egress and ingress")),))


def new(visit: Visit) -> Response:
    """Show the form for a new request, or the projects to choose from; `way=in` leads to the form to bring one in."""
    projects = _projects(visit)
    chosen, comes_in = visit.query("project"), visit.query("way") == "in"
    if not chosen and len(projects) == 1:
        chosen = projects[0].id
    if not chosen:
        values = {"projects": projects, "comes_in": comes_in}
        return visit.page("choose_project.html", values, crumbs=(START, Crumb(N_("New"))))
    if comes_in:
        return visit.go(f"/projects/{chosen}/bring-in")
    workspace = visit.zone.registry.may_work(visit.person.handle, chosen, begins=False).workspace
    # A link of the workspace names files of the outbox; the form shows those that are there, chosen.
    named = visit.request.query_params.getlist("file")[:MOST_CHOSEN]
    return _form(visit, workspace, Filled(files=tuple(dict.fromkeys(named))))


def create(visit: Visit) -> Response:
    """Check the picked files, or submit them; what cannot be done is said on the form, which keeps its entries.

    Raises: Denied — if the person may not work in the project now.
    """
    # The desk asks again before it keeps anything, and says on the form what cannot begin now.
    workspace = visit.zone.registry.may_work(visit.person.handle, visit.field("project"), begins=False).workspace
    return _check_or(visit, workspace, None)


def show(visit: Visit) -> Response:
    """Show a request: where it stands, what was found, what was said, and what may be done now.

    Raises: Denied, NotFound.
    """
    return _show(visit, visit.path("ref"))


def edit(visit: Visit) -> Response:
    """Show the form for a draft, or for a new round of a returned request, filled with what was said last.

    Raises: Denied, NotFound.
    """
    request, workspace = _own(visit)
    if request.direction == "ingress":
        return visit.go(f"/projects/{request.project}/bring-in?again={request.ref}")
    said = visit.zone.desk.draft_of(visit.person, request.ref)
    return _form(visit, workspace, filled_of(said), request=request)


def resubmit(visit: Visit) -> Response:
    """Check the picked files again, keep the draft, hand it in, or submit a new round.

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


def copy(visit: Visit) -> Response:
    """Make a new draft of what an ended request said.

    Raises: Denied, NotFound, Conflict.
    """
    ref = visit.zone.desk.copy_to_draft(visit.person, visit.path("ref"), source=visit.source).ref
    return visit.go(f"/requests/{ref}/edit", N_("A new draft was made. Choose its files and submit it."))


def comment(visit: Visit) -> Response:
    """Say something to the reviewers, about the request or one of its files.

    Raises: WrongInput, Denied, NotFound, Conflict.
    """
    ref = visit.path("ref")
    file = visit.field("file", required=False)
    visit.zone.desk.comment(visit.person, ref, visit.field("text"), file=file, source=visit.source)
    return visit.go(f"/requests/{ref}", N_("Your remark was added."))


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
        "steps": path_of(state, request.direction),
        "files": [(one, view.report_of(one.sha256)) for one in (*request.outputs, *request.supporting)],
        "lines": lines,
        "verdicts": VERDICTS,
        "Action": Action,
        "State": State,
        "base": f"/requests/{ref}",
        "shown": file,
        "preview_address": address(visit, ref, file.sha256) if file else None,
        "refresh": REFRESH_SECONDS if is_busy(request) and not chosen else None,
        "own": request.author_ref == visit.person.ref,
        "draft": visit.zone.desk.draft_of(visit.person, ref) if Action.EDIT in view.actions else None,
        "ends_at": _ends_at(visit, request),
        "collection": visit.zone.desk.collection_of(ref) if Action.COLLECT in view.actions else None,
    }
    return visit.page("request.html", values, crumbs=(START, Crumb(request.title)))


def _check_or(visit: Visit, workspace: Workspace, request: Request | None) -> Response:
    """Run the pre-check for the form, or hand it in; a refusal is shown on the form."""
    form, desk, do = filled(visit), visit.zone.desk, visit.form.get("do")
    person, source = visit.person, visit.source
    try:
        if do == "check":
            names, supporting = list(form.files), list(form.supporting)
            report = desk.precheck(
                workspace, names, form.controls, supporting=supporting, context=form.context or None, source=source
            )
            return _form(visit, workspace, form, request=request, report=report)
        draft = draft_of(visit, form, complete=do != "save")
        if request is None:
            made = (desk.save_draft if do == "save" else desk.submit)(person, workspace, draft, source=source)
        elif request.state is not State.DRAFT:
            made = desk.resubmit(person, request.ref, draft, source=source)
        elif do == "save":
            made = desk.edit_draft(person, request.ref, draft, source=source)
        else:
            made = desk.submit_draft(person, request.ref, draft, source=source)
    except (EgressError, RegistryError, WrongInput) as error:
        return _form(visit, workspace, form, request=request, error=error)
    kept = made.state is State.DRAFT
    return visit.go(f"/requests/{made.ref}", N_("The draft was kept.") if kept else N_("The request was submitted."))


def _form(
    visit: Visit,
    workspace: Workspace,
    form: Filled,
    *,
    request: Request | None = None,
    report: Report | None = None,
    error: EgressError | RegistryError | WrongInput | None = None,
) -> Response:
    desk = visit.zone.desk
    values = {
        "project": visit.zone.registry.project(workspace.project),
        "filled": form,
        "request": request,
        "drafted": request is None or request.state is State.DRAFT,
        "outbox": desk.list_outbox(workspace),
        "report": report,
        "lines": lines,
        "verdicts": VERDICTS,
        "policy": desk.policy_for(workspace.project),
        "budget": desk.budget_of(workspace.project, but=request.ref if request else ""),
        "budget_days": BUDGET_DAYS,
        "refusal": reason_of(error) if error else None,
        "advice": advice_of(error) if error else None,
        "action": f"/requests/{request.ref}/edit" if request else "/requests/new",
    }
    drafted = request is not None and request.state is State.DRAFT
    here = Crumb(N_("Draft")) if drafted else Crumb(N_("New round")) if request else Crumb(N_("New"))
    return visit.page("request_form.html", values, crumbs=(START, here), status=422 if error else 200)


def _ends_at(visit: Visit, request: Request) -> datetime | None:
    """Return when an idle request ends, once its author was warned of it."""
    if request.warned_at is None or request.state not in CAN_LIE_IDLE:
        return None
    days = visit.zone.desk.policy_for(request.project).idle_days
    return (request.idle_since or request.changed_at) + timedelta(days=days)


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
    workspace = visit.zone.registry.may_work(visit.person.handle, request.project, begins=False).workspace
    return request, workspace
