"""Synthetic extracts in the portal: choose what they are made of, watch the making, read the report, hand it on."""

from __future__ import annotations

from typing import Any, get_args

from starlette.responses import Response

from deid.errors import DeidError
from deid.records.desk import Acting
from deid.records.drawn import plain
from deid.records.model import KIND_TEXT, USE_TEXT, Document, Use
from deid.records.service import ExtractDesk
from deid.records.synthetic_jobs import Job, JobState, check_policy
from deid.records.synthetic_rows import risk_head, risk_rows, tables_of, use_head, use_rows
from deid.synth.picture import pictures
from deid.synth.shape import BESIDE, LEGEND, Shape, shape_charts
from deid.synth.words import LIMIT_FROM, MEANINGS, RISKS, STAGES
from portal.errors import WrongInput, advice_of, reason_of
from portal.extract_desk import desk_of
from portal.i18n import N_, Language
from portal.marks import JOB
from portal.navigation import Crumb
from portal.synthetic_forms import ENGINE_TEXT, WORDS, Chosen, chosen, draft_of, policy_of, written_in
from portal.synthetic_forms import tables_of as files_of
from portal.visit import Visit
from registry.errors import RegistryError

START = Crumb(N_("Synthetic extracts"), "/synthetic")
REFRESH_SECONDS = 3
USES: tuple[Use, ...] = tuple(use for use in get_args(Use) if use != "third_party")
Refusal = DeidError | RegistryError | WrongInput


def overview(visit: Visit) -> Response:
    """List what was asked for, the latest first."""
    desk = _desk(visit)
    titles = {one.ref: one.draft.title for one in desk.every()}
    rows = [(job, JOB[job.state], titles[job.extract]) for job in desk.synthetic_jobs()]
    return visit.page("synthetic.html", {"rows": rows}, crumbs=(Crumb(START.label),))


def new(visit: Visit) -> Response:
    """Show which registered tables there are, or the form for those that were chosen.

    Raises: WrongInput, NotFound. DataError — if a chosen file is no table.
    """
    files = visit.request.query_params.getlist("file")
    if not files:
        return _choosing(visit)
    return _form(visit, chosen(visit, visit.query("source"), files))


def ask(visit: Visit) -> Response:
    """Write the order down and have the worker make it; what is wrong is said on the form.

    Raises: WrongInput — for files that are not registered. NotFound.
    """
    source = chosen(visit, visit.field("source"), visit.chosen("files"))
    desk = _desk(visit)
    try:
        draft = draft_of(visit, source)
        policy = policy_of(visit, draft.dataset, draft.project)
        # What cannot be made must not be asked for: the policy is read before anything is written down.
        check_policy(draft, policy, source.paths)
        extract = desk.draft(draft, by=_by(visit))
        job = desk.ask_synthetic(extract.ref, policy, source.paths, by=_by(visit))
    except (DeidError, RegistryError, WrongInput) as error:
        return _form(visit, source, error)
    return visit.go(f"/synthetic/{job.ref}", N_("The extract will be made."))


def show(visit: Visit) -> Response:
    """Show how a job stands; while it is open the page comes again by itself, afterwards it is the report.

    Raises: NotFound.
    """
    desk = _desk(visit)
    job = desk.synthetic_job(visit.path("ref"))
    extract = desk.get(job.extract)
    made = job.state is JobState.MADE and extract.run is not None
    kept = extract.run.synthetic if made and extract.run else job.report
    # Where limits come from stands in the report; in those of earlier versions it does not.
    sources = {risk["name"]: risk.get("source") for _, found in tables_of(kept) for risk in found["risks"]}
    values = {
        "job": job,
        "mark": JOB[job.state],
        "extract": extract,
        "refresh": REFRESH_SECONDS if job.open else None,
        "stage": STAGES.get(job.stage or ""),
        "left": job.seconds_left(visit.now),
        "report": shown_report(kept, visit.language),
        "meanings": [(RISKS[name], text, sources.get(name)) for name, text in MEANINGS.items()],
        "limit_from": LIMIT_FROM,
    }
    return visit.page("synthetic_job.html", values, crumbs=(START, Crumb(extract.draft.title.say(visit.language))))


def change(visit: Visit) -> Response:
    """Show the policy of a job that has ended, to be changed and tried again.

    Raises: NotFound.
    """
    return _changing(visit, _desk(visit).synthetic_job(visit.path("ref")))


def ask_again(visit: Visit) -> Response:
    """Make the same extract by another policy; what is wrong is said on the form.

    Raises: NotFound, Denied, Conflict.
    """
    desk = _desk(visit)
    job = desk.synthetic_job(visit.path("ref"))
    draft = desk.get(job.extract).draft
    try:
        policy = policy_of(visit, draft.dataset, draft.project)
        found = desk.ask_synthetic(job.extract, policy, job.sources, by=_by(visit))
    except (DeidError, WrongInput) as error:
        return _changing(visit, job, error)
    return visit.go(f"/synthetic/{found.ref}", N_("The extract will be made."))


def cancel(visit: Visit) -> Response:
    """Have the work stopped.

    Raises: NotFound, Denied, Conflict.
    """
    job = _desk(visit).cancel_synthetic(visit.path("ref"), by=_by(visit))
    return visit.go(f"/synthetic/{job.ref}", N_("It was cancelled; nothing of it stays."))


def shown_report(report: Document | None, language: Language) -> list[dict[str, Any]]:
    """Return the report on each table as rows and a drawing."""
    return [
        {
            "table": table,
            "pictures": [plain(chart) for chart in pictures(found, language)],
            "risk_head": risk_head(language),
            "risks": [(row, found["risks"][n]["verdict"]) for n, row in enumerate(risk_rows(found, language))],
            "use_head": use_head(language),
            "uses": list(use_rows(found, language)),
            "columns": sorted(found["use"]["columns"].items(), key=lambda one: one[1]),
            "beside": _beside(found, language),
            "beside_title": BESIDE.say(language),
            "legend": LEGEND.say(language),
            "rows": found["rows"],
            "held_out": found["held_out_rows"],
            "engine": found["engine"],
        }
        for table, found in tables_of(report)
    ]


def _beside(found: Document, language: Language) -> list[Document]:
    """Return each column's distribution beside the real one as drawings; reports of earlier versions have none."""
    return [
        plain(chart) for chart in shape_charts([Shape.read(one) for one in found.get("shapes", [])], language, beside=1)
    ]


def _choosing(visit: Visit) -> Response:
    registry = visit.zone.registry
    sources = [
        (one, version, files_of(version))
        for one in registry.datasets()
        for version in registry.versions(one.id)
        if files_of(version)
    ]
    return visit.page("synthetic_source.html", {"sources": sources}, crumbs=(START, Crumb(N_("Choose the source"))))


def _form(visit: Visit, source: Chosen, error: Refusal | None = None) -> Response:
    from deid.synth.skeleton import skeleton

    written = {name: str(visit.form.get(name) or "") for name in (*WORDS, *_POLICY, "kind", "target")}
    about = next(one for one in visit.zone.registry.datasets() if one.id == source.version.dataset)
    projects = [(one.id, one.title) for one in visit.zone.registry.projects()]
    if not visit.form:
        written |= {"terms": skeleton(source.tables()), "name": f"{about.id} synthetic"[:60], "delta": "0.00001"}
        written |= {"title_ko": f"{about.title_ko} (합성)", "title_en": f"{about.title_en} (synthetic)"}
        written |= {"id": f"{about.id}-syn"[:30]}
    values = {
        "source": source,
        "about": about,
        "written": written,
        "projects": projects,
        "kinds": [(kind.value, text) for kind, text in KIND_TEXT.items()],
        "uses": [(use, USE_TEXT[use]) for use in USES],
        **_refused(error),
    }
    crumbs = (START, Crumb(N_("Choose the source"), "/synthetic/new"), Crumb(N_("Make a synthetic extract")))
    return visit.page("synthetic_form.html", values, crumbs=crumbs, status=422 if error else 200)


_POLICY = ("name", "terms", "engine", "epsilon", "delta", "rows")


def _changing(visit: Visit, job: Job, error: Refusal | None = None) -> Response:
    written = {name: str(visit.form.get(name) or "") for name in _POLICY}
    if not visit.form:
        written |= {"terms": written_in(job.policy), "name": job.extract, "delta": "0.00001"}
    values = {"job": job, "written": written, **_refused(error)}
    crumbs = (START, Crumb(job.ref, f"/synthetic/{job.ref}"), Crumb(N_("Change the policy")))
    return visit.page("synthetic_again.html", values, crumbs=crumbs, status=422 if error else 200)


def _refused(error: Refusal | None) -> dict[str, Any]:
    return {
        "refusal": reason_of(error) if error else None,
        "advice": advice_of(error) if error else None,
        "engines": list(ENGINE_TEXT.items()),
    }


def _desk(visit: Visit) -> ExtractDesk:
    return desk_of(visit.zone, visit.portal.clock)


def _by(visit: Visit) -> Acting:
    return Acting(visit.actor, visit.person.ref, visit.source)
