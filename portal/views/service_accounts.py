"""Accounts of programs: an operator asks, a second person confirms, the token is shown once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from starlette.responses import Response

from portal.errors import WrongInput, advice_of, reason_of
from portal.i18n import N_
from portal.marks import Mark
from portal.navigation import OPERATORS, STEWARDS, Crumb
from portal.queries import as_day
from portal.visit import Visit
from registry.errors import RegistryError
from registry.model import PersonStatus, ProjectStatus
from registry.scopes import SCOPES
from registry.service_accounts import Wanted

HOME = "/service-accounts"
MARKS: Mapping[str, Mark] = {
    "asked": Mark(N_("Waits for a second person"), "clock", "note"),
    "no_token": Mark(N_("Confirmed, without a token"), "key", "note"),
    "active": Mark(N_("Active"), "passed", "ok"),
    "expired": Mark(N_("Over"), "cross"),
    "revoked": Mark(N_("Revoked"), "cross", "warn"),
}
TYPED = ("name", "purpose", "owner", "project", "addresses", "ends")


def overview(visit: Visit, refusal: RegistryError | WrongInput | None = None) -> Response:
    """Show every account, and to operators the form that asks for one."""
    registry = visit.zone.registry
    everybody = registry.people()
    values = {
        "accounts": [(one, MARKS[state := one.state(visit.now)], state) for one in registry.service_accounts()],
        "handles": {one.ref: one.handle for one in everybody},
        "scopes": SCOPES,
        "asks": visit.has(*OPERATORS),
        "revokes": visit.has(*STEWARDS),
        "owners": [
            (one.handle, f"{one.name} ({one.handle})") for one in everybody if one.status is PersonStatus.ACTIVE
        ],
        "projects": [one for one in registry.projects() if one.status is ProjectStatus.ACTIVE],
        "typed": {name: str(visit.form.get(name) or "") for name in TYPED},
        "chosen": visit.chosen("scope"),
        "refusal": reason_of(refusal) if refusal else None,
        "advice": advice_of(refusal) if refusal else None,
    }
    crumbs = (Crumb(N_("Accounts of programs")),)
    return visit.page("service_accounts.html", values, crumbs=crumbs, status=422 if refusal else 200)


def ask(visit: Visit) -> Response:
    """Ask for an account; what cannot be taken is said on the page, which keeps the words."""
    try:
        wanted = Wanted(
            name=visit.field("name"),
            purpose=visit.field("purpose"),
            owner=visit.field("owner"),
            scopes=visit.chosen("scope"),
            addresses=visit.field("addresses").replace(",", " ").split(),
            until=as_day(visit.field("ends"), visit.portal.time_zone) + timedelta(days=1),
            project=visit.field("project", required=False) or None,
        )
        visit.zone.registry.request_service_account(wanted, by=visit.actor, source=visit.source)
    except (RegistryError, WrongInput) as error:
        return overview(visit, error)
    return visit.go(HOME, N_("The account was asked for. A second person has to confirm it."))


def confirm(visit: Visit) -> Response:
    """Confirm an account as the second person.

    Raises: NotFound, Denied, Conflict.
    """
    visit.zone.registry.confirm_service_account(visit.path("name"), by=visit.actor, source=visit.source)
    return visit.go(HOME, N_("The account was confirmed."))


def token(visit: Visit) -> Response:
    """Make a token; it is shown on the answer and nowhere else.

    Raises: NotFound, Denied, Conflict.
    """
    registry, name = visit.zone.registry, visit.path("name")
    made = registry.issue_service_token(name, by=visit.actor, source=visit.source)
    crumbs = (Crumb(N_("Accounts of programs"), HOME), Crumb(name))
    return visit.page("service_token.html", {"account": registry.service_account(name), "token": made}, crumbs=crumbs)


def revoke(visit: Visit) -> Response:
    """End an account for good.

    Raises: NotFound, Denied, Conflict.
    """
    visit.zone.registry.revoke_service_account(visit.path("name"), by=visit.actor, source=visit.source)
    return visit.go(HOME, N_("The account was revoked."))
