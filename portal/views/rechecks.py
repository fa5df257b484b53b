"""Releases that were drawn to be checked again: by a checker who had no part in them, with agreement or a reason."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from egress_review.errors import EgressError
from egress_review.rechecking import Recheck, Upheld
from portal.errors import WrongInput
from portal.i18n import N_
from portal.marks import Mark
from portal.navigation import CHECKERS, COMPLIANCE, Crumb
from portal.records import handles
from portal.refusals import kept, refused, status_of
from portal.visit import Visit
from registry.text import Text

MARKS: Mapping[bool | None, Mark] = {
    None: Mark(N_("waits"), "clock", "warn"),
    True: Mark(N_("agrees"), "passed", "ok"),
    False: Mark(N_("disagrees"), "cross", "stop"),
}
ANSWERS = {"agree": True, "disagree": False}


def overview(visit: Visit, refusal: Exception | None = None) -> Response:
    """Show what was drawn: to a checker what they may look at, to an officer all with its figures.

    After a refusal the form that was refused stands there as it was filled in.

    Raises: Denied.
    """
    every = visit.zone.desk.rechecks(visit.person)
    officer = visit.has(*COMPLIANCE)
    naming = handles(visit.zone.registry)
    values = {
        "waiting": [one for one in every if one.agrees is None],
        "rows": [
            _row(one, naming(one.checker_ref or "") if officer else None)
            for one in every
            if officer or one.agrees is not None
        ],
        "officer": officer,
        "checker": visit.has(*CHECKERS),
        "figures": Upheld.of(every),
        "refused": visit.path("ref") if refusal else None,
        **refused(visit, refusal, "/rechecks"),
    }
    return visit.page("rechecks.html", values, crumbs=(Crumb(N_("Second looks")),), status=status_of(refusal))


@kept(overview, EgressError)
def answer(visit: Visit) -> Response:
    """Record whether the checker agrees with a release.

    Raises: WrongInput, Denied, Conflict, Invalid, NotFound.
    """
    agrees = ANSWERS.get(str(visit.form.get("answer")))
    if agrees is None:
        raise WrongInput(Text("동의하는지 고르십시오.", "Choose whether you agree."))
    ref, reason = visit.path("ref"), visit.field("reason", required=False)
    visit.zone.desk.recheck(visit.person, ref, agrees, reason, source=visit.source)
    if agrees:
        return visit.go("/rechecks", N_("Your answer is recorded."))
    return visit.go(f"/review/{ref}", N_("Your answer is recorded and the officer is told. You can revoke it here."))


def _row(one: Recheck, who: str | None) -> tuple[Recheck, Mark, str | None]:
    return one, MARKS[one.agrees], who
