"""Everything that a decision needs, put together for one screen: files, findings at their cells, what came before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from egress_review.earlier import Version
from egress_review.findings import FileReport, Passed
from egress_review.model import Action, Choice, RequestFile, RequestView
from egress_review.presets import PRESETS
from egress_review.screen import Screen
from egress_review.showing import Shown
from egress_review.terms import BUDGET_DAYS
from egress_review.workflow import State
from portal.i18n import N_
from portal.marks import Mark
from portal.preview import address
from portal.requests import VERDICTS, lines, path_of, view_of
from portal.visit import Visit

CHOICES: tuple[tuple[Choice, Mark], ...] = (
    (Choice.APPROVE, Mark(N_("Approve"), "passed", "ok")),
    (Choice.CHANGES, Mark(N_("Ask for changes"), "return", "warn")),
    (Choice.REJECT, Mark(N_("Reject"), "cross", "stop")),
)

LOW_RISK = N_("Low risk: %(rules)s rules passed, none was left out.")
"""The comment that a vote on a low-risk request is filled in with."""

TYPED = ("comment", "reason", "remark", "about", "visibility", "unseen")
"""What a refused form keeps; a confirmation is typed anew."""


@dataclass(frozen=True, slots=True)
class FileCard:
    """One file as the screen shows it."""

    file: RequestFile
    report: FileReport | None
    shown: Shown
    last: Version | None
    places: Mapping[int, str]
    """Addresses of the findings that stand at a place, by the identity of the finding."""

    def link(self, finding: object) -> str:
        """Where on this page the cell of a finding is shown; empty for one about the whole file."""
        return self.places.get(id(finding), "")


def page_values(visit: Visit, screen: Screen) -> dict[str, Any]:
    """Return what the screen of one request shows."""
    view, request, ref = screen.view, screen.view.request, screen.view.request.ref
    state = view_of(request)
    cards = [_card(visit, screen, file) for file in request.files]
    return {
        "view": view,
        "request": request,
        "state": state,
        "mark": Mark("", state.icon, state.tone),
        "steps": path_of(state, request.direction),
        "cards": cards,
        "outputs": [card for card in cards if card.file.kind == "output"],
        "evidence": [card for card in cards if card.file.kind == "supporting"],
        "lines": lines,
        "verdicts": VERDICTS,
        "Action": Action,
        "State": State,
        "voted": any(one.own for one in view.reviews),
        "choices": CHOICES,
        "base": f"/review/{ref}",
        "budget": visit.zone.desk.budget_of(request.project) if request.direction == "egress" else (),
        "budget_days": BUDGET_DAYS,
        "people": sum(use.people for use in request.datasets),
        "own_votes": _chosen(visit)
        or {sha256: choice for one in view.reviews if one.own for sha256, choice in one.votes.items()},
        "filled_comment": visit.text(LOW_RISK, rules=_rules_passed(view)) if _low_risk(view) else "",
        "typed": {name: str(visit.form.get(name) or "") for name in TYPED},
        "ticked": visit.chosen("preset"),
        "refused_form": "vote" if _chosen(visit) else "decide",
        "unseen": [card for card in cards if card.file.kind == "output" and card.shown.unseen],
        "shown_in_votes": screen.shown_in_votes,
        "releases": screen.releases,
        "left_meanwhile": screen.left_meanwhile,
        "on_their_way": screen.on_their_way,
        "mine": visit.person.ref in screen.takers,
        "other_takers": len(screen.takers - {visit.person.ref}),
        "presets": list(PRESETS.values()),
        "before": screen.before,
        "after": screen.after,
        **_frame(visit, screen, cards),
    }


def _low_risk(view: RequestView) -> bool:
    """Say whether somebody who has not voted finds filled in what was checked; the vote itself never is."""
    return view.tier == "low" and view.request.state is State.IN_REVIEW and not any(one.own for one in view.reviews)


def _rules_passed(view: RequestView) -> int:
    findings = (one for report in view.report.files for one in report.findings) if view.report else ()
    return len({one.rule for one in findings if isinstance(one, Passed)})


def _chosen(visit: Visit) -> dict[str, str]:
    """Return the votes of a form that was refused."""
    return {name.removeprefix("vote-"): str(visit.form[name]) for name in visit.form if name.startswith("vote-")}


def _card(visit: Visit, screen: Screen, file: RequestFile) -> FileCard:
    view = screen.view
    report = view.report_of(file.sha256)
    places = {}
    if report is not None and Action.PREVIEW in view.actions:
        for mark in visit.zone.desk.marks(report):
            spot = mark.spot
            at = f"{spot.part}.{spot.row}.{spot.column}"
            base = f"/review/{view.request.ref}"
            places[id(mark.finding)] = f"{base}?file={file.sha256}&page={spot.page}&at={at}#preview"
    return FileCard(file, report, screen.shown[file.sha256], screen.last.get(file.sha256), places)


def _frame(visit: Visit, screen: Screen, cards: list[FileCard]) -> dict[str, Any]:
    """Return what the frame on the screen shows: a page of a file, a comparison, or nothing."""
    request, may_look = screen.view.request, Action.PREVIEW in screen.view.actions
    chosen = visit.query("file") or (request.files[0].sha256 if request.files else "")
    card = next((one for one in cards if one.file.sha256 == chosen), None) if may_look else None
    against = visit.query("against")
    if card is None:
        return {"shown": None, "preview_address": None, "against": None}
    if against:
        known = {one.last.key: one.last for one in cards if one.last} | {
            file.key: file for release in screen.releases for file in release.files
        }
        if against in known:
            src = address(visit, request.ref, card.file.sha256, against=against)
            return {"shown": card.file, "preview_address": src, "against": known[against]}
    page, at = visit.query("page"), visit.query("at")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 9 else 1
    place = at if len(at) < 40 and all(part.isascii() and part.isdecimal() for part in at.split(".")) else ""
    src = address(visit, request.ref, card.file.sha256, page=number, at=place)
    return {"shown": card.file, "preview_address": src, "against": None}
