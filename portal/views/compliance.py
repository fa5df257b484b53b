"""The compliance officer's first page and single entries: state of the log, verification, sealed values, receipts."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.responses import RedirectResponse, Response

from audit.checkpoint import unverified_checkpoint
from audit.clock.keeping import last_kept
from audit.clock.reading import told as told_of_clock
from audit.errors import AuditError, NotInLog
from audit.event import Event, Object, Subjects
from audit.search import Entry, Query, entry, search
from audit.searching import saved
from audit.searching.answers import QUESTIONS
from audit.searching.wording import SEALED, whose
from audit.verification import Verification
from portal.attested import outside
from portal.errors import Missing
from portal.i18n import N_
from portal.lines import lines_of
from portal.navigation import Crumb
from portal.queries import SearchForm
from portal.records import handles, told
from portal.views.asking import KINDS, START, choices, names, officer
from portal.visit import Visit, plain
from registry.text import Text

LOG = Object("log", "audit")


def overview(visit: Visit) -> Response:
    """Show the state of the log, the questions, the search form and the saved searches."""
    zone, known = visit.zone, names(visit)
    with zone.db.read() as tx:
        size = zone.log.size(tx)
        last = search(tx, Query(action="log.verified", limit=1))
        kept = saved.every(tx, visit.person.ref)
        attested = outside(tx, zone.log)
        clock = next(iter(last_kept(tx)), None)
    values = {
        "size": size,
        "checkpoint": _checkpoint(visit),
        "verified": told(last[0], handles(zone.registry)) if last else None,
        "run": visit.portal.verifications.last,
        "outside": attested,
        "clock": None if clock is None else (clock, told_of_clock(clock.reading)),
        "form": SearchForm(),
        "kinds": KINDS,
        "questions": QUESTIONS,
        "saved": [(one, known.people.get(one.owner)) for one in kept],
        "mine": visit.person.ref,
        **choices(visit, known),
    }
    return visit.page("compliance.html", values, crumbs=(Crumb(N_("Audit log")),))


def show(visit: Visit) -> Response:
    """Show one entry whole, but for its sealed values.

    Raises: Missing — if there is no such entry.
    """
    try:
        one = officer(visit).open(visit.request.path_params["index"])
    except NotInLog as error:
        raise _no_entry() from error
    return _entry_page(visit, one, {"sealed": {}, "code": None, "lost": False, "opened": False})


def unseal(visit: Visit) -> Response:
    """Show one entry with its sealed values; that they are shown is recorded first, for those whose they are.

    Raises: Missing — if there is no such entry.
    """
    index = visit.request.path_params["index"]
    try:
        with visit.zone.db.read() as tx:
            one = entry(tx, index)
        officer(visit).unsealed(index)
    except NotInLog as error:
        raise _no_entry() from error
    return _entry_page(visit, one, {**_opened(visit, index, one.body), "opened": True})


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


def _entry_page(visit: Visit, one: Entry, values: Mapping[str, object]) -> Response:
    known = names(visit)
    (line,) = lines_of(visit.zone.log, [one], known)
    code = one.body.get("detail", {}).get("code")
    shown = {
        "line": line,
        "event": line.told,
        "whose": whose(one.body, known),
        "component": one.component,
        "event_id": one.id,
        "sealed_words": SEALED,
        "sealed_names": sorted(one.body.get("c", {})),
        "has_code": one.body["action"] == "cell.sent" and isinstance(code, str),
        "body": json.dumps(one.body, ensure_ascii=False, indent=2, sort_keys=True),
        "leaf_hash": one.leaf_hash.hex(),
        **values,
    }
    return visit.page("entry.html", shown, crumbs=(START, Crumb(str(one.index))))


def _why(outcome: Verification | None) -> str | None:
    if outcome is None:
        return "verification_broke"
    return None if outcome.ok else outcome.verdict


def _found(outcome: Verification | None) -> dict[str, str | int]:
    if outcome is None:
        return {}
    return {"size": outcome.size, "covered": outcome.covered, "root": outcome.root.hex()}


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
        sealed = visit.zone.log.unseal(index)
        names = body.get("c")
        values |= {"sealed": sealed, "lost": isinstance(names, Mapping) and names.keys() != sealed.keys()}
        if isinstance(code_name, str) and body["action"] == "cell.sent":
            values["code"] = visit.zone.cells.get(code_name).decode("utf-8", "replace")
    except AuditError:
        values["lost"] = True
    return values


def _no_entry() -> Missing:
    return Missing(Text("이 번호의 기록이 없습니다.", "There is no entry with this number."))
