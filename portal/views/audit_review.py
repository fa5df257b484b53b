"""The monthly review: the officer reads the report item by item, records findings, and signs it off.

Whoever opens an item is recorded, as for every other reading of the record; reasons that are sealed are opened here
alone, and that they were opened is recorded too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, cast

from starlette.responses import Response

from audit.body import moment
from audit.canonical import JSON
from audit.errors import AuditError
from audit.event import Event, Object, Subjects
from audit.review.due import sign_by, this_month
from audit.review.errors import ReviewAltered, ReviewError, ReviewMissing
from audit.review.pdf_out import report_pdf
from audit.review.service import Opened, ReviewDesk
from audit.review.store import VERDICTS, Verdict
from audit.review.tables_out import Reader, report_csv
from audit.review.workflow import NAMES, State
from audit.review.working_hours import DAY, Month
from audit.searching.asking import check_reason
from audit.store import entry_of_event
from egress_review.errors import EgressError
from portal import charts
from portal.errors import Missing, WrongInput
from portal.formats import number
from portal.i18n import N_
from portal.navigation import Crumb
from portal.records import handles
from portal.review_desk import desk_of, month_name
from portal.review_rows import RULE, Part, lines, parts
from portal.visit import Visit
from registry.text import Text

START = Crumb(N_("Monthly review"), "/monthly-reviews")
MARKS: Mapping[State, tuple[str, str]] = {
    State.DRAFT: ("", "clock"),
    State.MADE: ("warn", "pen"),
    State.SIGNED: ("ok", "seal"),
    State.SUPERSEDED: ("", "refresh"),
}
REASONED = "downloads"
View = Callable[[Visit], Response]


def _desk(visit: Visit) -> ReviewDesk:
    return desk_of(visit.zone, visit.portal.clock)


def explained(view: View) -> View:
    """Return a view whose refusals are pages that say why."""

    @functools.wraps(view)
    def answer(visit: Visit) -> Response:
        try:
            return view(visit)
        except ReviewMissing as error:
            raise Missing(_own(error.reason)) from error
        except ReviewAltered as error:
            values = {"reason": _own(error.reason)}
            return visit.page("monthly_review_altered.html", values, crumbs=(START,), status=409)
        except ReviewError as error:
            raise WrongInput(_own(error.reason)) from error

    return answer


@explained
def overview(visit: Visit) -> Response:
    """Show where each month stands, what is due, and the button that makes a report."""
    desk = _desk(visit)
    standing = desk.standing()
    rows = [(review, NAMES[review.state], MARKS[review.state]) for review in desk.reviews()]
    this = this_month(desk.policy, visit.now)
    values = {
        "rows": rows,
        "overdue": standing.overdue,
        "waiting": [(month, sign_by(month, desk.policy)) for month in standing.waiting],
        "choices": [(str(month), month_name(month)) for month in _months(this)],
        "chosen": str(this.previous()),
        "policy": desk.policy,
        "month_name": month_name,
    }
    return visit.page("monthly_reviews.html", values, crumbs=(Crumb(N_("Monthly review")),))


@explained
def make(visit: Visit) -> Response:
    """Make the report of a month."""
    month = _month(visit.field("month"))
    review = _desk(visit).make(month, by=visit.actor, source=visit.source)
    return visit.go(f"/monthly-reviews/{review.month}", N_("The report is made."))


@explained
def show(visit: Visit) -> Response:
    """Show the report of a month, and one of its items if the address names it."""
    desk, month = _desk(visit), _month(visit.path("month"))
    try:
        opened = desk.open(month, int(visit.query("version")) if visit.query("version").isdecimal() else None)
    except ReviewMissing:
        return _nothing_yet(visit, month)
    every = parts(opened, desk.policy)
    item = next((part for part in every if part.id == visit.query("item")), None)
    _log_reading(visit, opened, item)
    versions = [one for one in desk.reviews(month) if one.version != opened.review.version]
    newest = all(one.version < opened.review.version for one in versions)
    values = {
        "opened": opened,
        "review": opened.review,
        "content": opened.report.content,
        "title": month_name(month),
        "state": NAMES[opened.review.state],
        "mark": MARKS[opened.review.state],
        "open": opened.review.state is State.MADE,
        "rules": [part for part in every if part.id.startswith(RULE)],
        "items": [part for part in every if not part.id.startswith(RULE)],
        "item": item,
        "wanted": set(opened.report.to_be_judged),
        "verdicts": [(name, _own(text)) for name, text in VERDICTS.items()],
        "signed_at": moment(opened.review.signed_at) if opened.review.signed_at else None,
        "signer": handles(visit.zone.registry)(opened.review.signed_by or ""),
        "chart": _chart(visit, opened),
        "not_checked": [_own(desk.policy.rules[rule].title) for rule in opened.report.content["not_checked"]],
        "versions": versions,
        "of_version": "" if newest else f"version={opened.review.version}&",
        **(_item(visit, opened, item) if item else {}),
    }
    crumbs = (START, Crumb(str(month), f"/monthly-reviews/{month}" if item else None))
    return visit.page(
        "monthly_review.html", values, crumbs=(*crumbs, Crumb(_said(visit, item.title))) if item else crumbs
    )


@explained
def note(visit: Visit) -> Response:
    """Record what the officer found about an item, and go on to the next that waits."""
    desk, month = _desk(visit), _month(visit.path("month"))
    opened = desk.open(month)
    verdict = cast(Verdict, visit.field("finding"))
    text = visit.field("comment", required=False)
    desk.note(opened.review, visit.field("item"), verdict, text, officer=visit.actor, source=visit.source)
    missing = desk.open(month).missing
    goal = f"/monthly-reviews/{month}" + (f"?item={missing[0]}#item" if missing else "#sign")
    return visit.go(goal, N_("The finding is recorded."))


@explained
def sign(visit: Visit) -> Response:
    """Sign the review off."""
    desk, month = _desk(visit), _month(visit.path("month"))
    review = desk.open(month).review
    desk.sign(review, visit.field("confirm"), officer=visit.actor, source=visit.source)
    return visit.go(f"/monthly-reviews/{month}", N_("The review is signed. Nothing of it can be changed any more."))


@explained
def copy(visit: Visit) -> Response:
    """Hand over the report as a table, for a reason that is recorded.

    Raises: WrongInput — without a reason.
    """
    desk, month = _desk(visit), _month(visit.path("month"))
    opened = desk.open(month)
    reason = visit.field("reason")
    try:
        check_reason(reason)
    except AuditError as error:
        raise WrongInput(Text(error.text("ko"), error.text("en"))) from error
    rows = sum(len(item["rows"]) for item in opened.report.content["items"])
    form = "pdf" if visit.form.get("as") == "pdf" else "csv"
    detail: dict[str, JSON] = {"form": form, "rows": rows, "review": opened.review.ref, "report": opened.report.sha256}
    naming = handles(visit.zone.registry)
    titles = {rule.id: rule.title for rule in desk.policy.rules.values()}
    reader = Reader(visit.language, titles, lambda ref: naming(ref) or ref)
    # Drawn before it is recorded: a machine without a font must not leave a record of a copy that nobody got.
    if form == "pdf":
        data, kind = report_pdf(opened, reader, fonts=[visit.zone.settings.home / "fonts"]), "application/pdf"
    else:
        data, kind = report_csv(opened, reader).encode(), "text/csv; charset=utf-8"
    _record(visit, "log.downloaded", detail, reason=reason)
    name = f'attachment; filename="ansim-review-{month}.{form}"'
    return Response(data, media_type=kind, headers={"Content-Disposition": name})


def _nothing_yet(visit: Visit, month: Month) -> Response:
    values = {"month": month, "title": month_name(month)}
    return visit.page("monthly_review_none.html", values, crumbs=(START, Crumb(str(month))))


def _item(visit: Visit, opened: Opened, item: Part) -> dict[str, object]:
    reasons = _reasons(visit, opened) if item.id == REASONED else {}
    shown = lines(opened, item.id, handles(visit.zone.registry), reasons)
    note_index = None
    if item.judged is not None:
        with visit.zone.db.read() as tx:
            entry = entry_of_event(tx, item.judged.event_id)
        note_index = None if entry is None else entry[0]
    return {
        "lines": shown,
        "has": {
            name: any(getattr(line, name) not in (None, (), "") for line in shown)
            for name in ("who", "what", "about", "count", "notes", "reason")
        },
        "rows_left": item.count - len(shown),
        "judged_note": visit.zone.log.unseal(note_index).get("note") if note_index is not None else None,
        "judged_by": handles(visit.zone.registry)(item.judged.by) if item.judged else None,
    }


def _reasons(visit: Visit, opened: Opened) -> dict[int, str]:
    """Return why things were downloaded, opened for this officer; that they were opened is recorded first."""
    rows = opened.report.items[REASONED]["rows"]
    sealed = [row["index"] for row in rows if row["reason"] == "sealed"]
    if sealed:
        detail: dict[str, JSON] = {"entries": len(sealed), "fields": ["reason"], "review": opened.review.ref}
        _record(visit, "log.unsealed", detail)
    found: dict[int, str] = {}
    for row in rows:
        try:
            if row["reason"] == "sealed":
                found[row["index"]] = visit.zone.log.unseal(row["index"]).get("reason", "")
            elif row["reason"] == "request":
                request = visit.zone.desk.view(visit.person, row["object"]).request
                found[row["index"]] = f"{request.title} — {request.purpose}"
        except (AuditError, EgressError):
            continue  # the value was erased, or the request is not in this database
    return found


def _chart(visit: Visit, opened: Opened) -> object:
    text, month = visit.text, opened.review.month
    by_day = {row["day"]: row["entries"] for row in opened.report.content["totals"]["by_day"]}
    days = [month.first + n * DAY for n in range((month.last - month.first).days + 1)]
    counts = tuple(by_day.get(day.isoformat(), 0) for day in days)
    series = [charts.Series(text("Entries"), "c1", counts)]
    labels = [str(day.day) for day in days]
    about = text("Each column is a day; its height is the number of entries.")
    return charts.columns(text("Entries by day"), about, labels, series, lambda n: number(n, visit.language))


def _log_reading(visit: Visit, opened: Opened, item: Part | None) -> None:
    detail: dict[str, JSON] = {"kind": "review", "review": opened.review.ref}
    if item is not None:
        detail["item"] = item.id
    _record(visit, "log.viewed", detail)


def _record(visit: Visit, action: str, detail: Mapping[str, JSON], **sealed: str) -> None:
    log, none = Object("log", "audit"), Subjects.none()
    visit.zone.log.record(Event(action, visit.actor, log, none, visit.source, detail=detail, sealed=sealed))


def _months(this: Month) -> list[Month]:
    """Return the months of the last year, the latest first."""
    found = [this]
    while len(found) < 13:
        found.append(found[-1].previous())
    return found


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError as error:
        raise WrongInput(Text("달은 2026-10처럼 씁니다.", "Write months as 2026-10.")) from error


def _said(visit: Visit, text: Text) -> str:
    return text.ko if visit.language == "ko" else text.en


def _own(text: Any) -> Text:
    return Text(text.ko, text.en)
