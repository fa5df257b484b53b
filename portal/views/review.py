"""The checker's pages: the queue, and one screen for one decision."""

from __future__ import annotations

from starlette.responses import Response

from egress_review.model import Action, Choice
from egress_review.review import check_independent
from portal.errors import WrongInput
from portal.i18n import N_
from portal.marks import Mark
from portal.navigation import Crumb
from portal.preview import address
from portal.requests import VERDICTS, lines, path_of, rows, view_of
from portal.visit import Visit
from registry.text import Text

START = Crumb(N_("Egress review"), "/review")

CHOICES: tuple[tuple[Choice, Mark], ...] = (
    (Choice.APPROVE, Mark(N_("Approve"), "passed", "ok")),
    (Choice.CHANGES, Mark(N_("Ask for changes"), "return", "warn")),
    (Choice.REJECT, Mark(N_("Reject"), "cross", "stop")),
)


def queue(visit: Visit) -> Response:
    """List what waits for this checker, the oldest first."""
    values = {"requests": rows(reversed(visit.zone.desk.queue(visit.person)))}
    return visit.page("review_queue.html", values, crumbs=(Crumb(N_("Egress review")),))


def show(visit: Visit) -> Response:
    """Show everything that a decision needs on one screen.

    Raises: Denied — with the reason, for the author, members of the project, and others. NotFound.
    """
    ref = visit.path("ref")
    view = visit.zone.desk.view(visit.person, ref)
    request = view.request
    member = visit.zone.registry.is_member(visit.person.ref, request.project)
    check_independent(visit.person, request, is_member=member)
    state = view_of(request)
    files = request.files
    chosen = visit.query("file") or (files[0].sha256 if files else "")
    file = request.file(chosen) if Action.PREVIEW in view.actions else None
    values = {
        "view": view,
        "request": request,
        "state": state,
        "mark": Mark("", state.icon, state.tone),
        "steps": path_of(state),
        "files": [(one, view.report_of(one.sha256)) for one in files],
        "lines": lines,
        "verdicts": VERDICTS,
        "Action": Action,
        "choices": CHOICES,
        "base": f"/review/{ref}",
        "shown": file,
        "preview_address": address(visit, ref, file.sha256) if file else None,
        "people": sum(use.people for use in request.datasets),
        "own_votes": {sha256: choice for one in view.reviews if one.own for sha256, choice in one.votes.items()},
    }
    return visit.page("review.html", values, crumbs=(START, Crumb(request.title)))


def vote(visit: Visit) -> Response:
    """Cast the votes on every file, bound to the round that was shown.

    Raises: WrongInput, Invalid, Denied, Conflict.
    """
    ref = visit.path("ref")
    votes = {
        name.removeprefix("vote-"): as_choice(str(value))
        for name, value in visit.form.items()
        if name.startswith("vote-")
    }
    visit.zone.desk.vote(
        visit.person,
        ref,
        votes,
        visit.field("comment", required=False),
        _round(visit),
        visit.field("confirm", required=False),
        source=visit.source,
    )
    return visit.go(f"/review/{ref}", N_("Your vote was recorded."))


def decide(visit: Visit) -> Response:
    """Return a request to its author, reject it, or revoke its release, with a reason.

    Raises: WrongInput, Invalid, Denied, Conflict.
    """
    ref, desk = visit.path("ref"), visit.zone.desk
    person, reason, source = visit.person, visit.field("reason"), visit.source
    match visit.form.get("decision"):
        case "return":
            desk.return_to_author(person, ref, reason, source=source)
        case "reject":
            desk.reject(person, ref, reason, source=source)
        case "revoke":
            desk.revoke(person, ref, reason, visit.field("confirm", required=False), source=source)
        case _:
            raise WrongInput(Text("그런 결정은 없습니다.", "There is no such decision."))
    return visit.go("/review", N_("The decision was recorded."))


def as_choice(value: str) -> Choice:
    """Return a vote by its code name.

    Raises: WrongInput — if there is none.
    """
    try:
        return Choice(value)
    except ValueError as error:
        raise WrongInput(Text("그런 의견은 없습니다.", "There is no such vote.")) from error


def _round(visit: Visit) -> int:
    value = visit.form.get("round")
    if not isinstance(value, str) or not value.isdecimal():
        raise WrongInput(Text("몇 번째 심사인지 알 수 없습니다.", "The round is missing."))
    return int(value)
