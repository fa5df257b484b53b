"""Bringing a file into the own workspace: say what it is, upload it, and let two people decide."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.responses import Response

from egress_review.bringing import Incoming
from egress_review.errors import EgressError
from egress_review.model import Draft
from portal.errors import WrongInput, advice_of, reason_of
from portal.i18n import N_
from portal.navigation import Crumb
from portal.visit import Visit
from portal.zone import ZoneLike
from registry.errors import Denied, RegistryError
from registry.model import Person, Workspace
from registry.text import Text

WORDS = ("title", "purpose", "context")


def form(visit: Visit) -> Response:
    """Show the form; for a new round of a returned request, with what was said before.

    Raises: Denied — if the person may not work in the project now. NotFound.
    """
    workspace = _workspace(visit)
    again = visit.query("again")
    said = visit.zone.desk.draft_of(visit.person, again) if again else None
    return _form(visit, workspace, _words(said), again)


CLOSED = Text(
    "이 과제에는 파일을 반입할 수 없습니다. 필요하면 운영자에게 문의하십시오.",
    "No files are brought into this project. Ask an operator if you need one.",
)


def bring(visit: Visit) -> Response:
    """Hand the file in; what cannot be done is said on the form, which keeps the words but cannot keep the file.

    Raises: Denied — if the person may not work in the project now.
    """
    workspace = _workspace(visit)
    words = {name: str(visit.form.get(name) or "").strip() for name in WORDS}
    again = str(visit.form.get("again") or "").strip()
    try:
        request = visit.zone.desk.bring_in(
            visit.person, workspace, _incoming(visit), source=visit.source, again=again or None
        )
    except (EgressError, RegistryError, WrongInput) as error:
        return _form(visit, workspace, words, again, error=error)
    return visit.go(f"/requests/{request.ref}", N_("The file was handed in for review."))


def _incoming(visit: Visit) -> Incoming:
    upload = visit.form.get("content")
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise WrongInput(Text("반입할 파일을 고르십시오.", "Choose the file to bring in."))
    title, purpose, context = (visit.field(name) for name in WORDS)
    return Incoming(title, purpose, context, upload.filename, upload.file)


def _form(
    visit: Visit,
    workspace: Workspace,
    words: dict[str, str],
    again: str,
    *,
    error: EgressError | RegistryError | WrongInput | None = None,
) -> Response:
    project = visit.zone.registry.project(workspace.project)
    policy = visit.zone.desk.policy_for(workspace.project)
    values = {
        "project": project,
        "said_before": words,
        "again": again,
        "policy": policy,
        "most": visit.zone.desk.incoming_bytes,
        "refusal": reason_of(error) if error else None,
        "advice": advice_of(error) if error else None,
    }
    crumbs = (
        Crumb(project.title.text(visit.language), f"/projects/{project.id}/workspace"),
        Crumb(N_("Bring a file in")),
    )
    return visit.page("bring_in.html", values, crumbs=crumbs, status=422 if error else 200)


def _words(said: Draft | None) -> dict[str, str]:
    return {name: getattr(said, name) if said else "" for name in WORDS}


def _workspace(visit: Visit) -> Workspace:
    return own_workspace(visit.zone, visit.person, visit.path("project"))


def own_workspace(zone: ZoneLike, person: Person, project: str) -> Workspace:
    """Return the person's own workspace in a project, for a file to be brought into, and no other.

    Raises: Denied — if they may not work there now, or nothing is brought into that project.
    """
    workspace = zone.registry.may_work(person.handle, project, begins=False).workspace
    if zone.settings.access_of(workspace.project).uploads == "refuse":
        raise Denied("bringing_closed", CLOSED)
    return workspace
