"""The compliance officer's pages: state of the log, search, timelines, single entries, receipts.

Every reading of other people's records is an entry itself (`log.searched`), written before anything is shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import RedirectResponse, Response

from audit.catalogue import CATALOGUE
from audit.checkpoint import unverified_checkpoint
from audit.errors import AuditError, NotInLog
from audit.event import Event, Object, Subjects
from audit.search import Query, entry, search, timeline
from audit.verification import Verification
from portal.errors import Missing
from portal.i18n import N_
from portal.navigation import Crumb
from portal.queries import SearchForm, as_query, log_form
from portal.records import FAMILIES, OUTCOMES, handles, told
from portal.visit import Visit, plain
from registry.text import Text

PAGE = 50  # entries on a page of results
TIMELINE = 200  # entries on a page of a timeline
LOG = Object("log", "audit")
START = Crumb(N_("Audit log"), "/compliance")

KINDS: Mapping[str, Text] = {
    "person": Text("사용자", "Person"),
    "dataset": Text("데이터셋", "Dataset"),
    "project": Text("과제", "Project"),
    "request": Text("반출신청", "Egress request"),
}
"""What has a timeline."""

ANY = Text("전체", "any")


def overview(visit: Visit) -> Response:
    """Show the state of the log and the search form."""
    zone = visit.zone
    with zone.db.read() as tx:
        size = zone.log.size(tx)
        last = search(tx, Query(action="log.verified", limit=1))
    values = {
        "size": size,
        "checkpoint": _checkpoint(visit),
        "verified": told(last[0], handles(zone.registry)) if last else None,
        "run": visit.portal.verifications.last,
        "form": SearchForm(),
        **_choices(visit),
    }
    return visit.page("compliance.html", values, crumbs=(Crumb(N_("Audit log")),))


def find(visit: Visit) -> Response:
    """Show the entries that a search finds, one page of them."""
    zone, form = visit.zone, log_form(visit)
    query = as_query(zone.registry, form, limit=PAGE + 1)
    with zone.db.read() as tx:
        entries = search(tx, query)
    shown, more = entries[:PAGE], len(entries) > PAGE
    _log_reading(visit, {"form": form.as_dict()}, len(shown))
    naming = handles(zone.registry)
    values = {
        "form": form,
        **_choices(visit),
        "found": [told(one, naming) for one in shown],
        "next_address": form.address(after=shown[-1].index) if more else None,
    }
    return visit.page("compliance_search.html", values, crumbs=(START, Crumb(N_("Search"))))


def follow(visit: Visit) -> Response:
    """Show everything that happened to or through one person, dataset, project or request, in order.

    Raises: Missing — for a kind of thing that has no timeline.
    """
    zone, kind, ref = visit.zone, visit.path("kind"), visit.path("ref")
    if kind not in KINDS:
        raise Missing(Text("이런 종류의 시간순 기록은 없습니다.", "There are no timelines of this kind."))
    after = int(visit.query("after")) if visit.query("after").isdecimal() else None
    of: dict[str, Any] = {kind: ref}
    with zone.db.read() as tx:
        entries = timeline(tx, **of, after=after, limit=TIMELINE + 1)
    shown, more = entries[:TIMELINE], len(entries) > TIMELINE
    _log_reading(visit, {"timeline": kind, "of": ref}, len(shown))
    naming = handles(zone.registry)
    values = {
        "kind": kind,
        "kind_text": KINDS[kind],
        "ref": ref,
        "handle": naming(ref) if kind == "person" else None,
        "events": [told(one, naming) for one in shown],
        "next_after": shown[-1].index if more else None,
    }
    return visit.page("timeline.html", values, crumbs=(START, Crumb(N_("Timeline"))))


def show(visit: Visit) -> Response:
    """Show one entry whole, with its sealed values.

    Raises: Missing — if there is no such entry.
    """
    zone, index = visit.zone, visit.request.path_params["index"]
    try:
        with zone.db.read() as tx:
            one = entry(tx, index)
    except NotInLog as error:
        raise _no_entry() from error
    _log_reading(visit, {"entry": str(index)}, 1)
    values = {
        "event": told(one, handles(zone.registry)),
        "component": one.component,
        "body": json.dumps(one.body, ensure_ascii=False, indent=2, sort_keys=True),
        "leaf_hash": one.leaf_hash.hex(),
        **_opened(visit, index, one.body),
    }
    return visit.page("entry.html", values, crumbs=(START, Crumb(str(index))))


def receipt(visit: Visit) -> Response:
    """Return the receipt of one entry as a file; anyone can check it without this zone.

    Raises: Missing — if there is no such entry.
    """
    index = visit.request.path_params["index"]
    try:
        proof = visit.zone.log.receipt(index)
    except NotInLog as error:
        raise _no_entry() from error
    visit.zone.log.record(
        Event("log.exported", visit.actor, LOG, Subjects.none(), visit.source, detail={"receipt_of": index})
    )
    return plain(proof, filename=f"ansim-entry-{index}.tlog-proof")


def verify_now(visit: Visit) -> Response:
    """Begin to recompute the whole log; the page shows how far it is."""
    zone, actor, source = visit.zone, visit.actor, visit.source

    def report(outcome: Verification | None) -> None:
        zone.log.record(
            Event(
                "log.verified",
                actor,
                LOG,
                Subjects.none(),
                source,
                outcome="ok" if outcome is not None and outcome.ok else "failed",
                reason=_why(outcome),
                detail=_found(outcome),
            )
        )

    home = zone.settings.home
    visit.portal.verifications.start(zone.db, zone.log.directory, home / "keys" / "log.vkey", report)
    return RedirectResponse("/compliance", 303)


def _choices(visit: Visit) -> dict[str, object]:
    """Return what the lists of the search form offer."""
    registry = visit.zone.registry
    families: dict[str, list[tuple[str, Text]]] = {}
    for spec in CATALOGUE.values():
        families.setdefault(spec.action.partition(".")[0], []).append((spec.action, Text(spec.ko, spec.en)))
    projects, datasets = registry.projects(), registry.datasets()
    return {
        "projects": projects,
        "datasets": datasets,
        "project_options": [("", ANY), *((one.id, one.title) for one in projects)],
        "dataset_options": [("", ANY), *((one.id, one.title) for one in datasets)],
        "action_groups": [(FAMILIES.get(family, Text(family, family)), specs) for family, specs in families.items()],
        "outcome_options": [("", ANY), *OUTCOMES.items()],
    }


def _why(outcome: Verification | None) -> str | None:
    if outcome is None:
        return "verification_broke"
    return None if outcome.ok else outcome.verdict


def _found(outcome: Verification | None) -> dict[str, str | int]:
    if outcome is None:
        return {}
    return {"size": outcome.size, "covered": outcome.covered, "root": outcome.root.hex()}


def _log_reading(visit: Visit, question: Mapping[str, object], found: int) -> None:
    """Record what was looked for; the question itself is sealed, as it may name people."""
    sealed = {"question": json.dumps(question, ensure_ascii=False, sort_keys=True)}
    visit.zone.log.record(
        Event("log.searched", visit.actor, LOG, Subjects.none(), visit.source, detail={"found": found}, sealed=sealed)
    )


def _checkpoint(visit: Visit) -> tuple[int, str] | None:
    """Return size and root of the last signed checkpoint."""
    try:
        note = (visit.zone.log.directory / "checkpoint").read_text(encoding="utf-8")
        head = unverified_checkpoint(note)
    except (OSError, AuditError):
        return None
    return head.size, head.root.hex()


def _opened(visit: Visit, index: int, body: Mapping[str, object]) -> dict[str, object]:
    """Return the sealed values of an entry and the code of its cell, or that they are gone."""
    detail = body.get("detail")
    code_name = detail.get("code") if isinstance(detail, Mapping) else None
    values: dict[str, object] = {"sealed": {}, "code": None, "lost": False}
    try:
        values["sealed"] = visit.zone.log.unseal(index)
        if isinstance(code_name, str) and body["action"] == "cell.sent":
            values["code"] = visit.zone.cells.get(code_name).decode("utf-8", "replace")
    except AuditError:
        values["lost"] = True
    return values


def _no_entry() -> Missing:
    return Missing(Text("이 번호의 기록이 없습니다.", "There is no entry with this number."))
