"""The additional information: which keys stand behind tokens, and their end before its time, decided by two people.

The portal has no key and destroys none; the worker carries out what two people decided here.
"""

from __future__ import annotations

from starlette.responses import Response

from deid.errors import Refused, UsageError
from deid.key_ends import KeyEnd, KeyEnds, KeyUse
from deid.people import RegisteredPeople
from portal.errors import WrongInput
from portal.i18n import N_
from portal.marks import KEY, KEY_END
from portal.navigation import AGREEING, ASKERS, Crumb
from portal.records import handles
from portal.refusals import kept, refused, status_of
from portal.visit import Visit
from registry.text import Text

START = Crumb(N_("Additional information"), "/additional-information")
_CHOOSE = Text("파기할 키를 고르십시오.", "Choose the key.")


def overview(visit: Visit, refusal: Exception | None = None) -> Response:
    """List every key with its extracts, every request, and a form to ask for those who may."""
    desk = _desk(visit)
    keys, requests = desk.keys(), desk.requests()
    pending = {one.name: one for one in requests if one.state in ("asked", "approved")}
    naming = handles(visit.zone.registry)
    open_keys = [key for key in keys if key.destroyed_at is None and key.name not in pending]
    values = {
        "keys": [(key, KEY[_state(key, pending)]) for key in keys],
        "requests": [(one, KEY_END[one.state], naming(one.by)) for one in requests],
        "may_ask": visit.has(*ASKERS),
        "open_keys": [(key.name, Text(key.name, key.name)) for key in open_keys],
        **refused(visit, refusal, START.address or "/"),
    }
    return visit.page("key_ends.html", values, crumbs=(Crumb(START.label),), status=status_of(refusal))


def show(visit: Visit, refusal: Exception | None = None) -> Response:
    """Show one request with its reason, held against the log, and what the person may do with it.

    Raises: Refused — if there is none, or its record was changed.
    """
    desk = _desk(visit)
    one = desk.request(visit.path("ref"))
    naming = handles(visit.zone.registry)
    waits = one.state == "asked"
    values = {
        "one": one,
        "mark": KEY_END[one.state],
        "use": desk.use(one.domain, one.version),
        "reason": desk.reason(one.ref),
        "asker": naming(one.by) or one.by,
        "approver": (naming(one.approved_by) or one.approved_by) if one.approved_by else None,
        "may_agree": waits and visit.has(*AGREEING) and one.by != visit.actor.ref,
        "may_end": waits and (one.by == visit.actor.ref or visit.has(*AGREEING)),
        **refused(visit, refusal, f"/additional-information/{one.ref}"),
    }
    return visit.page("key_end.html", values, crumbs=(START, Crumb(one.ref)), status=status_of(refusal))


@kept(overview, Refused, UsageError)
def ask(visit: Visit) -> Response:
    """Ask that a key be destroyed, confirmed by typing its name.

    Raises: WrongInput, UsageError — if the form is not complete. Refused — if the person may not ask.
    """
    name = visit.field("key")
    domain, mark, version = name.rpartition(" v")
    if not mark or not version.isascii() or not version.isdigit():
        raise WrongInput(_CHOOSE)
    _confirmed(visit, name)
    made = _desk(visit).ask(domain, int(version), visit.field("reason"), by=visit.actor, source=visit.source)
    said = N_("The request was recorded. Another person has to approve it.")
    return visit.go(f"/additional-information/{made.ref}", said)


@kept(show, Refused)
def approve(visit: Visit) -> Response:
    """Agree to the end of a key, confirmed by typing its name.

    Raises: WrongInput. Refused — if the person may not, or the request does not wait.
    """
    desk = _desk(visit)
    one: KeyEnd = desk.request(visit.path("ref"))
    _confirmed(visit, one.name)
    done = desk.approve(one.ref, by=visit.actor, source=visit.source)
    said = N_("Your approval was recorded. The key is destroyed within some minutes.")
    return visit.go(f"/additional-information/{done.ref}", said)


@kept(show, Refused)
def refuse(visit: Visit) -> Response:
    """Refuse a request, or take one's own back.

    Raises: Refused — if the person may do neither, or it does not wait.
    """
    done = _desk(visit).refuse(visit.path("ref"), visit.field("reason"), by=visit.actor, source=visit.source)
    return visit.go(f"/additional-information/{done.ref}", N_("The request was ended."))


def _confirmed(visit: Visit, name: str) -> None:
    if visit.field("confirm").strip() != name:
        raise WrongInput(
            Text(f"확인을 위해 {name}을(를) 그대로 입력하십시오.", f"Type {name} to confirm."),
        )


def _state(key: KeyUse, pending: dict[str, KeyEnd]) -> str:
    if key.destroyed_at is not None:
        return "destroyed"
    return "ending" if key.name in pending else "in_use"


def _desk(visit: Visit) -> KeyEnds:
    return KeyEnds(visit.zone.log, RegisteredPeople(visit.zone.registry))
