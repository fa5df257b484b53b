"""Extracts: what was done to raw data, how risky it is, the adequacy review, and the forms that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from deid.records.desk import Acting
from deid.records.errors import RecordError
from deid.records.forms import ROLE_TEXT, Form, Naming, record_form, review_form
from deid.records.model import KIND_TEXT, USE_TEXT, VERDICT_TEXT, Extract, Verdict
from deid.records.pdf import form_pdf
from deid.records.risk_rows import FIGURES, MET, figures
from deid.records.rules import CHECKLIST
from deid.records.service import ExtractDesk
from deid.records.workflow import NEXT_TEXT, State
from portal.errors import Missing, WrongInput
from portal.extract_desk import desk_of
from portal.i18n import N_
from portal.marks import EXTRACT
from portal.navigation import MAKERS, STEWARDS, Crumb
from portal.refusals import kept, refused, status_of
from portal.views.synthetic import shown_report
from portal.visit import Visit
from registry.errors import RegistryError
from registry.text import Text

START = Crumb(N_("Extracts"), "/extracts")
CODE = 4
"""Letters of the reference that are typed to confirm."""


def overview(visit: Visit) -> Response:
    """List every extract, the newest first."""
    rows = [(one, EXTRACT[one.state]) for one in _desk(visit).every()]
    return visit.page("extracts.html", {"rows": rows}, crumbs=(Crumb(START.label),))


def show(visit: Visit, refusal: Exception | None = None) -> Response:
    """Show one extract: what was done to each column, the risk before and after, its reviews, and what comes next.

    After a refused verdict with why, and with what was typed. Raises: NotFound.
    """
    desk = _desk(visit)
    extract = desk.get(visit.path("ref"))
    return _page(visit, desk, extract, refusal)


def submit(visit: Visit) -> Response:
    """Ask for the adequacy review.

    Raises: NotFound, Denied, Conflict.
    """
    extract = _desk(visit).submit(visit.path("ref"), by=_by(visit))
    return visit.go(f"/extracts/{extract.ref}", N_("The adequacy review was asked for."))


@kept(show, RecordError)
def review(visit: Visit) -> Response:
    """Find an extract adequate or not, confirmed by typing; the binding names what the reviewer looked at.

    Raises: WrongInput, NotFound, Denied, Conflict, Invalid.
    """
    ref = visit.path("ref")
    try:
        verdict = Verdict(visit.field("verdict"))
    except ValueError as error:
        raise WrongInput(Text("판정을 고르십시오.", "Choose a verdict.")) from error
    if visit.field("confirm").lower() != ref[-CODE:]:
        raise WrongInput(
            Text(f"확인 문자 {ref[-CODE:]}를 그대로 입력하십시오.", f"Type the code {ref[-CODE:]} to confirm.")
        )
    _desk(visit).review(
        ref,
        verdict,
        binding=visit.field("binding"),
        reason=visit.field("reason"),
        conditions=visit.field("conditions", required=False),
        checked=visit.chosen("checked"),
        by=_by(visit),
    )
    return visit.go(f"/extracts/{ref}", N_("The verdict is recorded."))


def register(visit: Visit) -> Response:
    """Make a reviewed extract a version of its dataset.

    Raises: NotFound, Denied, Conflict, Invalid.
    """
    extract = _desk(visit).register(visit.path("ref"), by=_by(visit))
    return visit.go(f"/extracts/{extract.ref}", N_("The extract is a version of its dataset now."))


def form(visit: Visit) -> Response:
    """Show the record of pseudonymisation or the review as a page to print, or hand it over as a PDF.

    Raises: NotFound, Missing — no such form. FontMissing.
    """
    desk = _desk(visit)
    extract = desk.get(visit.path("ref"))
    shown = _form(visit, desk, extract)
    if visit.query("as") == "pdf":
        data = form_pdf(shown, visit.language, fonts=[visit.zone.settings.home / "fonts"])
        name = f'attachment; filename="ansim-{extract.ref}-{visit.path("kind")}.pdf"'
        return Response(data, media_type="application/pdf", headers={"Content-Disposition": name})
    crumbs = (START, Crumb(extract.ref, f"/extracts/{extract.ref}"), Crumb(shown.title))
    return visit.page("extract_form.html", {"form": shown, "extract": extract}, crumbs=crumbs)


def _form(visit: Visit, desk: ExtractDesk, extract: Extract) -> Form:
    match visit.path("kind"):
        case "record":
            return record_form(extract, desk.usages(extract), visit.language, _naming(visit))
        case "review":
            return review_form(extract, visit.language, _naming(visit))
        case _:
            raise Missing(Text("이 이름의 서식은 없습니다.", "There is no form of this name."))


def _page(visit: Visit, desk: ExtractDesk, extract: Extract, refusal: Exception | None) -> Response:
    by, run = _by(visit), extract.run
    names = _naming(visit)
    values: dict[str, Any] = {
        "extract": extract,
        "mark": EXTRACT[extract.state],
        "marks": EXTRACT,
        "next": NEXT_TEXT[extract.state],
        "run": run,
        "name": names,
        "kind": KIND_TEXT[extract.draft.kind],
        "use": USE_TEXT[extract.draft.use],
        "role_text": ROLE_TEXT,
        "verdict_text": VERDICT_TEXT,
        "verdicts": [(verdict.value, VERDICT_TEXT[verdict]) for verdict in Verdict],
        "checklist": CHECKLIST,
        "usages": desk.usages(extract),
        "risk": _risk(visit, extract),
        "synthetic": shown_report(run.synthetic if run else None, visit.language),
        "intact": _intact(desk, extract),
        "code": extract.ref[-CODE:],
        "may_submit": extract.state is State.PROCESSED and visit.has(*MAKERS),
        "may_register": extract.state is State.ADEQUATE and visit.has(*STEWARDS),
        "reviewing": extract.state is State.IN_REVIEW,
        "why_not": desk.why_not(extract, by=by) if extract.state is State.IN_REVIEW else None,
        **refused(visit, refusal, f"/extracts/{extract.ref}"),
    }
    return visit.page("extract.html", values, crumbs=(START, Crumb(extract.ref)), status=status_of(refusal))


def _risk(visit: Visit, extract: Extract) -> list[Mapping[str, Any]]:
    """Return the risk of each table as rows and drawings; tables without quasi-identifiers come last."""
    if extract.run is None:
        return []
    found = [
        {
            "table": table,
            "figures": [(FIGURES[name], old, new) for name, old, new in figures(risk, visit.language)],
            "criteria": [(one, MET[one["met"]]) for one in risk["criteria"]],
            "pictures": risk["pictures"][visit.language],
        }
        for table, risk in extract.run.risk["tables"].items()
    ]
    return sorted(found, key=lambda one: (not one["criteria"], not one["pictures"]))


def _intact(desk: ExtractDesk, extract: Extract) -> bool | None:
    """Return whether the files are still those of the run; None where there is nothing to compare."""
    try:
        now = desk.manifest_now(extract)
    except RegistryError:
        return False
    return None if now is None or extract.run is None else now == extract.run.manifest_sha256


def _desk(visit: Visit) -> ExtractDesk:
    return desk_of(visit.zone, visit.portal.clock)


def _by(visit: Visit) -> Acting:
    return Acting(visit.actor, visit.person.ref, visit.source)


def _naming(visit: Visit) -> Naming:
    known = {person.ref: person.name for person in visit.zone.registry.people()}
    return lambda ref: known.get(ref, ref)
