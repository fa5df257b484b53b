"""The checker's pages: the queue, one screen for one decision, and the code behind a result."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from starlette.responses import Response

from egress_review.code_behind import MOST_CELLS
from egress_review.errors import EgressError, Invalid
from egress_review.model import Choice, Visibility
from egress_review.presets import with_presets
from egress_review.workflow import OPEN_REVIEW
from portal.errors import WrongInput, advice_of, answer_for, reason_of
from portal.i18n import N_
from portal.navigation import Crumb
from portal.queue_filter import AGES, DUE, WHOSE, filter_of, page_of
from portal.requests import REQUEST_STATES
from portal.review_page import page_values
from portal.visit import Visit
from registry.text import Text

START = Crumb(N_("Egress and ingress review"), "/review")
ANY = Text("전체", "any")


def queue(visit: Visit) -> Response:
    """List what waits for this checker, the oldest first, as far as it passes the filters of the address."""
    waiting = visit.zone.desk.waiting(visit.person)
    wanted = filter_of(visit.request.query_params)
    projects = sorted({one.project for one in waiting})
    values = {
        "queue": page_of(waiting, wanted, visit.now),
        "wanted": wanted,
        "all_waiting": len(waiting),
        "mine": sum(one.mine for one in waiting),
        "marks": REQUEST_STATES,
        "states": [("", ANY), *((state.value, REQUEST_STATES[state].text) for state in sorted(OPEN_REVIEW))],
        "projects": [("", ANY), *((project, Text(project, project)) for project in projects)],
        "ages": [(value, label) for value, (label, _) in AGES.items()],
        "whose": list(WHOSE.items()),
        "due": list(DUE.items()),
    }
    return visit.page("review_queue.html", values, crumbs=(Crumb(N_("Egress and ingress review")),))


def show(visit: Visit, refusal: EgressError | WrongInput | None = None) -> Response:
    """Show everything that a decision needs on one screen; after a refusal with what was typed.

    Raises: Denied — with the reason, for the author, members of the project, and others. NotFound.
    """
    screen = visit.zone.desk.screen(visit.person, visit.path("ref"))
    crumbs = (START, Crumb(screen.view.request.title))
    values = page_values(visit, screen) | {
        "refusal": reason_of(refusal) if refusal else None,
        "advice": advice_of(refusal) if refusal else None,
        # After a form was refused the address is that of the form, at which there is nothing to read.
        "address": f"/review/{screen.view.request.ref}",
    }
    return visit.page("review.html", values, crumbs=crumbs, status=answer_for(refusal).status if refusal else 200)


def kept(handler: Callable[[Visit], Response]) -> Callable[[Visit], Response]:
    """Have a refusal said on the screen of the request, where nothing that was typed is lost.

    Who may no longer see that screen is told so on a page of its own.
    """

    @wraps(handler)
    def answer(visit: Visit) -> Response:
        try:
            return handler(visit)
        except (EgressError, WrongInput) as error:
            return show(visit, error)

    return answer


@kept
def vote(visit: Visit) -> Response:
    """Cast the votes on every file, bound to the round that was shown.

    Raises: WrongInput, Invalid, Denied, Conflict.
    """
    ref, desk = visit.path("ref"), visit.zone.desk
    votes = {
        name.removeprefix("vote-"): as_choice(str(value))
        for name, value in visit.form.items()
        if name.startswith("vote-")
    }
    round = _round(visit)
    _check_seen(visit, ref, {sha256 for sha256, choice in votes.items() if choice is Choice.APPROVE})
    comment = with_presets(visit.field("comment", required=False), visit.chosen("preset"), visit.language)
    confirm = visit.field("confirm", required=False)
    desk.vote(visit.person, ref, votes, comment, round, confirm, source=visit.source)
    return visit.go(f"/review/{ref}", N_("Your vote was recorded."))


@kept
def decide(visit: Visit) -> Response:
    """Return a request to its author, reject it, or revoke its release, with a reason.

    Raises: WrongInput, Invalid, Denied, Conflict.
    """
    ref, desk = visit.path("ref"), visit.zone.desk
    person, reason, source = visit.person, _reason(visit, ref), visit.source
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


def take(visit: Visit) -> Response:
    """Take a request upon oneself.

    Raises: NotFound, Denied, Conflict.
    """
    visit.zone.desk.take(visit.person, visit.path("ref"), source=visit.source)
    return _back(visit, N_("You have taken the request. Others still see it."))


@kept
def remark(visit: Visit) -> Response:
    """Say something to the other reviewers, or to the author too, about the request or one of its files.

    Raises: WrongInput, NotFound, Denied, Conflict, Invalid.
    """
    ref = visit.path("ref")
    shared = visit.form.get("visibility") == Visibility.ALL.value
    visit.zone.desk.comment(
        visit.person,
        ref,
        visit.field("remark"),
        source=visit.source,
        visibility=Visibility.ALL if shared else Visibility.REVIEWERS,
        file=str(visit.form.get("about") or ""),
    )
    return visit.go(f"/review/{ref}#said", N_("The remark was recorded."))


@kept
def recuse(visit: Visit) -> Response:
    """Step back from a review, with a reason.

    Raises: WrongInput, NotFound, Denied, Conflict, Invalid.
    """
    visit.zone.desk.recuse(visit.person, visit.path("ref"), visit.field("reason"), source=visit.source)
    return visit.go("/review", N_("You have stepped back from this review."))


def give_back(visit: Visit) -> Response:
    """Give a request back.

    Raises: NotFound, Denied, Conflict.
    """
    visit.zone.desk.give_back(visit.person, visit.path("ref"), source=visit.source)
    return _back(visit, N_("You have given the request back."))


def code(visit: Visit) -> Response:
    """Show the cells that ran before a request was handed in; that they are shown is recorded first.

    Raises: NotFound, Denied, Invalid.
    """
    ref, reason = visit.path("ref"), visit.field("reason")
    desk, cells = visit.zone.desk, visit.zone.cells
    found = desk.code_behind(visit.person, ref, reason, cells=cells, source=visit.source)
    request = desk.content_of(visit.person, ref)
    values = {"request": request, "cells": found, "reason": reason, "most": MOST_CELLS}
    crumbs = (START, Crumb(request.title, f"/review/{ref}"), Crumb(N_("Code that ran")))
    return visit.page("review_code.html", values, crumbs=crumbs)


def _check_seen(visit: Visit, ref: str, approved: set[str]) -> None:
    """Have an approval of pages that were never shown said aloud; what was shown, the zone counts itself.

    Raises: Invalid.
    """
    shown = visit.zone.desk.shown_to(visit.person, ref)
    files = {file.sha256: file.name for file in visit.zone.desk.content_of(visit.person, ref).files}
    unseen = [(sha256, one.unseen) for sha256, one in shown.items() if sha256 in approved and one.unseen]
    missing = [f"{files.get(sha256, sha256[:12])}: {pages}" for sha256, pages in unseen]
    if missing and visit.form.get("unseen") != "yes":
        raise Invalid(
            "unseen_not_confirmed",
            Text(
                f"보지 않은 쪽이 있습니다({'; '.join(missing)})."
                " 미리보기로 모두 보거나, 보지 않고 승인함을 표시하십시오.",
                f"You were not shown every page ({'; '.join(missing)}). Look at all of them, or tick that you approve"
                " without.",
            ),
        )


def _reason(visit: Visit, ref: str) -> str:
    """Return what the author will read: what was typed, and the ticked reasons in the author's language.

    Raises: WrongInput — if there is neither.
    """
    chosen = visit.chosen("preset")
    typed = visit.field("reason", required=not chosen)
    if not chosen:
        return typed
    author = visit.zone.registry.person_by_ref(visit.zone.desk.content_of(visit.person, ref).author_ref)
    return with_presets(typed, chosen, author.language)


def _back(visit: Visit, message: str) -> Response:
    """Lead back to where the button stood."""
    return visit.go("/review" if visit.form.get("next") == "queue" else f"/review/{visit.path('ref')}", message)


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
